"""The rows on processes that stay up, on requests, on records and on tests."""

from __future__ import annotations

import csv
import json
import math
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import measure
from bench import Bench, Peer, Result, Row, bytes_of, spread
from measure import BenchmarkError, Command
from rows import PIECE, ROWS, row

__all__ = ["ROWS"]  # all of them, once those of this file are entered


@row("coprocess", "concurrency stages", "coprocess of cat, ordered, a time limit for each line")
def coprocess(bench: Bench, row: Row) -> list[Result]:
    lines, few = 100_000, 200

    def ours(count: int, workers: int) -> Command:
        text = f"stages:\n  - coprocess: [cat]\n    timeout: 1s\n    fanout: {workers}\n"
        return bench.ours(f"coprocess-{workers}", text, bench.data.lines(count))

    parallel = [bench.tool("parallel"), "--will-cite", "-k", "-j2", "--pipe", "-N1", "cat"]
    # A line has to be answered before its process gets the next: more processes than cores keep the
    # cores at work while answers are on their way.
    bench.same(ours(few, 8), Command(parallel, bench.data.lines(few)))
    found = bench.series(
        ours=(ours(lines, 8), lines), two=(ours(lines, 2), lines),
        parallel=(Command(parallel, bench.data.lines(few)), few),
    )
    return [
        row.limit("in itself", found["ours"].rate, "lines/s", 50_000, at_most=False,
                  ours=spread(found["ours"]),
                  note=f"fanout: 8; with fanout: 2 {found['two'].rate:,.0f} lines/s"),
        row.ratio("parallel -j2 --pipe -N1", found["two"], found["parallel"], None,
                  note="both with two processes"),
    ]


@row("pipe", "concurrency stages", "pipe with fanout: 2 over blocks of 1 MiB")
def pipe(bench: Bench, row: Row) -> list[Result]:
    source = bench.data.whole("log")
    ours = bench.ours(
        row.name,
        "stages:\n  - pipe: {command: [grep, -F, '\" 200 '], block: 1MiB}\n    fanout: 2\n",
        source,
    )
    parallel = Command(
        [bench.tool("parallel"), "--will-cite", "-k", "-j2", "--pipe", "--block", "1M",
         "grep -F '\" 200 '"],
        source,
    )
    bench.same(ours, parallel)
    amount = bytes_of(source)
    return bench.compare(row, ours, amount, [Peer("parallel -k --pipe", parallel, 5.0, amount)])


@contextmanager
def server(bench: Bench) -> Iterator[str]:
    """nginx that answers each path with the path; gives the start of its URLs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = bench.folder
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off; master_process off; error_log {folder}/nginx.log; pid {folder}/nginx.pid;\n"
        "events { worker_connections 1024; }\n"
        "http { access_log off; keepalive_requests 100000000; default_type text/plain;\n"
        f"  client_body_temp_path {folder}; proxy_temp_path {folder};\n"
        f"  fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};\n"
        f'  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "$uri\\n"; }} }} }}\n',
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [bench.tool("nginx"), "-p", str(folder), "-c", str(conf)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        else:
            raise BenchmarkError("nginx does not answer")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@row("http", "concurrency stages", "http, fanout: 64, a server on this machine")
def http(bench: Bench, row: Row) -> list[Result]:
    many, some, few = 100_000, 10_000, 1_000
    lines = bench.data.lines
    with server(bench) as base:
        text = f"stages:\n  - http: '{base}/{{}}'\n    fanout: 64\n    timeout: 10s\n"

        def aiohttp(count: int) -> Command:
            return bench.program("fetch_aiohttp.py", lines(count), base)

        def curl(parallel: int, count: int) -> Command:
            return Command([bench.tool("xargs"), f"-P{parallel}", "-I{}", bench.tool("curl"),
                            "-s", f"{base}/{{}}"], lines(count))

        bench.same(bench.ours(row.name, text, lines(few)), aiohttp(few))
        bench.same(bench.ours(row.name, text, lines(few)), curl(1, few))
        rivals = [
            Peer("aiohttp, Semaphore(64)", aiohttp(some), 5.0, some),
            Peer("xargs -P64 curl", curl(64, few), 20.0, few),
        ]
        return bench.compare(row, bench.ours(row.name, text, lines(many)), many, rivals,
                             "by requests a second; ours 100,000, aiohttp 10,000, curl 1,000")


@row("ndjson", "records", "NDJSON: two fields, filter, re-emit")
def ndjson(bench: Bench, row: Row) -> list[Result]:
    whole, piece = bench.data.whole("ndjson"), bench.data.piece("ndjson")
    text = "input: json\nstages:\n  - filter: this.added > 100\n  - select: [page, added]\n"
    jq = Command([bench.tool("jq"), "-c", "select(.added > 100) | {page, added}"], piece)
    orjson = bench.program("edits_orjson.py", piece)
    bench.same(bench.ours(row.name, text, piece), jq)
    bench.same(bench.ours(row.name, text, piece), orjson)
    rivals = [
        Peer("jq -c", jq, 30.0, bytes_of(piece)),
        Peer("orjson loop", orjson, 5.0, bytes_of(piece)),
    ]
    return bench.compare(row, bench.ours(row.name, text, whole), bytes_of(whole), rivals, PIECE)


def same_table(first: Path, second: Path) -> bool:
    """Equal as CSV: jq quotes every text, which says the same."""
    with open(first, newline="", encoding="utf-8") as left:
        with open(second, newline="", encoding="utf-8") as right:
            pairs = zip(csv.reader(left), csv.reader(right), strict=True)
            return all(one == other for one, other in pairs)


@row("ndjson-csv", "records", "NDJSON to five CSV columns")
def ndjson_csv(bench: Bench, row: Row) -> list[Result]:
    whole, piece = bench.data.whole("ndjson"), bench.data.piece("ndjson")
    columns = ["time", "channel", "page", "user", "added"]
    text = f"input: json\noutput: csv\nstages:\n  - select: [{', '.join(columns)}]\n"
    fields = ", ".join("." + name for name in columns)
    program = f"({json.dumps(columns)}, (inputs | [{fields}])) | @csv"
    jq = Command([bench.tool("jq"), "-rn", program], piece)
    mlr = Command([bench.tool("mlr"), "--ijsonl", "--ocsv", "cut", "-o", "-f",
                   ",".join(columns)], piece)
    bench.same(bench.ours(row.name, text, piece), jq, same_table)
    bench.same(bench.ours(row.name, text, piece), mlr)
    rivals = [
        Peer("jq -r @csv", jq, 20.0, bytes_of(piece)),
        Peer("mlr", mlr, 10.0, bytes_of(piece)),
    ]
    return bench.compare(row, bench.ours(row.name, text, whole), bytes_of(whole), rivals, PIECE)


def same_figures(source: Path, first: Path, second: Path) -> bool:
    """The same keys in the same order, the same means, and both p99 right by their definitions.

    Ours is at most 1 % off the value at place 0.99 * (n - 1), and mlr takes the one at 0.99 * n.
    """
    values: dict[str, list[int]] = {}
    with open(source, newline="", encoding="utf-8") as rows:
        for edit in csv.DictReader(rows):
            if int(edit["added"]) > 0:
                values.setdefault(edit["channel"], []).append(int(edit["added"]))

    def table(path: Path) -> list[tuple[str, float, float]]:
        with open(path, newline="", encoding="utf-8") as rows:
            return [(key, float(mean), float(p99)) for key, mean, p99 in list(csv.reader(rows))[1:]]

    mine, theirs = table(first), table(second)
    if [line[0] for line in mine] != list(values) or [line[0] for line in theirs] != list(values):
        return False
    for (key, mean, p99), (_, other_mean, other_p99) in zip(mine, theirs):
        ordered = sorted(values[key])
        place = 0.99 * (len(ordered) - 1)
        least, most = ordered[math.floor(place)], ordered[math.ceil(place)]
        if not math.isclose(mean, other_mean, rel_tol=1e-9):
            return False
        if not least * 0.989 <= p99 <= most * 1.011:
            return False
        if other_p99 != ordered[min(int(0.99 * len(ordered)), len(ordered) - 1)]:
            return False
    return True


@row("csv-aggregate", "records", "CSV: filter, then mean and p99 by key")
def csv_aggregate(bench: Bench, row: Row) -> list[Result]:
    whole, piece = bench.data.whole("csv"), bench.data.piece("csv")
    text = (
        "input: {format: csv, types: {added: int}}\noutput: csv\nstages:\n"
        "  - filter: this.added > 0\n"
        "  - aggregate:\n      by: {channel: this.channel}\n"
        "      fields: {mean: avg(this.added), p99: 'quantile(this.added, 0.99)'}\n"
    )
    mlr = Command([bench.tool("mlr"), "--icsv", "--ocsv", "filter", "$added > 0", "then",
                   "stats1", "-a", "mean,p99", "-f", "added", "-g", "channel"], piece)
    bench.same(bench.ours(row.name, text, piece), mlr,
               lambda first, second: same_figures(piece, first, second))
    return bench.compare(row, bench.ours(row.name, text, whole), bytes_of(whole),
                         [Peer("mlr", mlr, 5.0, bytes_of(piece))], PIECE)


def same_counts(first: Path, second: Path) -> bool:
    """The same counts; of those as frequent as the last, either may have chosen others."""
    mine = [json.loads(line) for line in first.read_text(encoding="utf-8").splitlines()]
    ours = [(line["count"], line["key"]) for line in mine]
    pairs = [line.split(None, 1) for line in second.read_text(encoding="utf-8").splitlines()]
    theirs = [(int(count), key) for count, key in pairs]
    last = ours[-1][0] if ours else 0
    return [count for count, _ in ours] == [count for count, _ in theirs] and {
        pair for pair in ours if pair[0] > last
    } == {pair for pair in theirs if pair[0] > last}


@row("count", "records", "count by a field, the first 20")
def count(bench: Bench, row: Row) -> list[Result]:
    source = bench.data.whole("log")
    ours = bench.ours(
        row.name,
        "stages:\n  - cut: {fields: '1', delimiter: ' '}\n  - count: {by: this, top: 20}\n", source
    )
    pipe = Command(
        ["sh", "-c", "cut -d ' ' -f 1 | sort | uniq -c | sort -rn | head -n 20"], source
    )
    bench.same(ours, pipe, same_counts)
    amount = bytes_of(source)
    return bench.compare(row, ours, amount,
                         [Peer("cut|sort|uniq -c|sort|head", pipe, 10.0, amount)],
                         "both cut the key from the line first")


@row("sort", "records", "sort with a budget of 256 MiB")
def sort(bench: Bench, row: Row) -> list[Result]:
    results = []
    for source, lines in ((bench.data.whole("log"), ""),
                          (bench.data.distinct(), ", no line twice")):
        ours = bench.ours(row.name, "stages:\n  - sort: {memory: 256MiB}\n", source,
                          TMPDIR=str(bench.folder))
        command = Command(["sort", "--parallel=2", "-S", "256M", "-T", str(bench.folder)], source)
        bench.same(ours, command)
        amount = bytes_of(source)
        peer = Peer("sort --parallel=2 -S 256M" + lines, command, 1.2, amount)
        results += bench.compare(row, ours, amount, [peer])
    return results


@row("compare", "records", "this.status >= 500, field already located")
def compare(bench: Bench, row: Row) -> list[Result]:
    lines, more = 1_000_000, 16
    source = bench.folder / "statuses"
    if not source.exists():
        with open(source, "w", encoding="ascii") as file:
            for number in range(lines):
                file.write(f'{{"id":{number},"status":{200 + number % 300}}}\n')

    def comparing(times: int) -> Command:
        terms = " || ".join(f"this.status >= {500 + number}" for number in range(times))
        return bench.ours(f"compare-{times}",
                          f"input: json\nstages:\n  - filter: '!({terms})'\n", source)

    bench.same(comparing(1), comparing(1 + more))
    found = bench.series(one=(comparing(1), 1), more=(comparing(1 + more), 1))
    cost = (found["more"].wall - found["one"].wall) / (lines * more) * 1e9
    return [row.limit("in itself", cost, "ns", 60.0, ours=spread(found["more"]),
                      theirs=spread(found["one"]),
                      note="time of 17 comparisons less that of one, by record and comparison")]


@row("tests", "tests", "1,000 small cases")
def tests(bench: Bench, row: Row) -> list[Result]:
    text = "stages:\n  - grep: a\n  - replace: {pattern: a, with: b}\ntests:\n"
    for number in range(1000):
        text += (
            f"  - name: case {number}\n    input: [a{number}, x]\n"
            f"    expect: {{output: [b{number}]}}\n"
        )
    command = Command([bench.streamline, "test", bench.pipeline("tests", text)])
    measure.run(command)
    found = bench.series(ours=(command, 1000))["ours"]
    return [row.limit("in itself", found.wall, "s", 2.0, ours=spread(found))]
