"""The rows on lines: one function for each, in the order of the list of goals."""

from __future__ import annotations

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Callable

import measure
from bench import Bench, Peer, Result, Row, bytes_of, seconds, spread
from measure import BenchmarkError, Command, Measure

ROWS: list[Row] = []
PIECE = "the peer works on a tenth of the data; compared by bytes a second"


def row(name: str, group: str, work: str) -> Callable:
    """Enters a function into the list of rows."""

    def enter(measured: Callable[[Bench, Row], list[Result]]) -> Callable:
        ROWS.append(Row(name, group, work, measured))
        return measured

    return enter


@row("start", "engine", "start to exit, one-stage pipeline, empty input")
def start(bench: Bench, row: Row) -> list[Result]:
    ours = bench.ours("start", "stages:\n  - trim\n", None)
    version = Command([bench.tool("mlr"), "--version"])
    both = {"ours": lambda: measure.run(ours), "mlr": lambda: measure.run(version)}
    measure.alternate(both, 3)
    found = measure.alternate(both, bench.runs * 10)
    told = spread(found["ours"]), spread(found["mlr"])
    return [
        row.limit("in itself", found["ours"].wall * 1e3, "ms", 5.0, ours=told[0]),
        row.ratio("mlr --version", found["ours"], found["mlr"], 1.0),
    ]


@row("pass", "engine", "cat F | X | cat, X a pass-through stage; worst against worst")
def passing(bench: Bench, row: Row) -> list[Result]:
    source = bench.data.whole("log")
    first, plain = Command(["cat", str(source)]), Command(["cat"])
    ours = bench.ours("pass", "stages:\n  - skip: 0\n", None)
    bench.same(Command(ours.argv, source), Command(plain.argv, source))

    def chain(middle: Command) -> Measure:
        return measure.run_chain([first, middle, plain])[1]

    found = measure.alternate(
        {"ours": lambda: chain(ours), "cat": lambda: chain(plain)}, max(bench.runs, 5)
    )
    mine, cat = found["ours"], found["cat"]
    told = spread(mine), spread(cat)
    return [
        row.limit("cat", cat.slowest / mine.slowest, "×", 1.0, at_most=False,
                  ours=told[0], theirs=told[1]),
        row.limit("CPU of cat", mine.cpu / cat.cpu, "× as much", 1.5,
                  ours=f"{mine.cpu:.2f} s", theirs=f"{cat.cpu:.2f} s"),
    ]


def against_rg(bench: Bench, row: Row, stage: str, pattern: str, goal: float) -> list[Result]:
    source = bench.data.whole("log")
    ours = bench.ours(row.name, f"stages:\n  - grep: {stage}\n", source)
    rg = Command([bench.tool("rg"), "-j1", "-N", "--no-config", "-e", pattern, str(source)])
    bench.same(ours, rg)
    amount = bytes_of(source)
    return bench.compare(row, ours, amount, [Peer("rg -j1", rg, goal, amount)])


@row("grep-rare", "engine", "grep of a literal that is rare")
def grep_rare(bench: Bench, row: Row) -> list[Result]:
    return against_rg(bench, row, "kibana-dashboard3", "kibana-dashboard3", 1.0)


@row("grep-most", "engine", "grep of a literal in most lines")
def grep_most(bench: Bench, row: Row) -> list[Result]:
    return against_rg(bench, row, "HTTP/1.1", "HTTP/1.1", 1.5)


@row("grep-status", "engine", "grep of a status by a pattern")
def grep_status(bench: Bench, row: Row) -> list[Result]:
    return against_rg(bench, row, "'\" 50[0-9] '", '" 50[0-9] ', 0.8)


@row("grep-words", "engine", "grep of ten words at once")
def grep_words(bench: Bench, row: Row) -> list[Result]:
    words = ["logstash", "xdotool", "favicon", "robots", "puppet", "solr", "kibana", "jquery",
             "presentations", "reset"]
    source = bench.data.whole("log")
    ours = bench.ours(row.name, f"stages:\n  - grep: {{pattern: [{', '.join(words)}]}}\n", source)
    rg = Command([bench.tool("rg"), "-j1", "-N", "--no-config", "-e", "|".join(words),
                  str(source)])
    bench.same(ours, rg)
    amount = bytes_of(source)
    return bench.compare(row, ours, amount, [Peer("rg -j1", rg, 0.8, amount)])


REPLACE = "replace: {pattern: '^([0-9.]+) - - \\[([^]]+)\\]', with: '$2 $1'}"
SED = r"s/^([0-9.]+) - - \[([^]]+)\]/\2 \1/"


@row("replace", "engine", "replace with captures")
def replace(bench: Bench, row: Row) -> list[Result]:
    source = bench.data.whole("log")
    ours = bench.ours(row.name, f"stages:\n  - {REPLACE}\n", source)
    sed = Command([bench.tool("sed"), "-E", SED], source)
    bench.same(ours, sed)
    amount = bytes_of(source)
    return bench.compare(row, ours, amount, [Peer("sed -E", sed, 5.0, amount)])


@row("cut", "engine", "cut of two fields")
def cut(bench: Bench, row: Row) -> list[Result]:
    source = bench.data.whole("log")
    ours = bench.ours(row.name, "stages:\n  - cut: {fields: '1,7', delimiter: ' '}\n", source)
    command = Command(["cut", "-d", " ", "-f", "1,7"], source)
    mawk = Command([bench.tool("mawk"), "{ print $1, $7 }"], source)
    bench.same(ours, command)
    bench.same(ours, mawk)
    amount = bytes_of(source)
    rivals = [Peer("cut", command, 3.0, amount), Peer("mawk", mawk, 5.0, amount)]
    return bench.compare(row, ours, amount, rivals)


@row("five", "engine", "grep, replace, cut, dedupe, head in one file, against a shell pipe")
def five(bench: Bench, row: Row) -> list[Result]:
    source = bench.data.whole("log")
    ours = bench.ours(
        row.name,
        "stages:\n  - grep: '\" 200 '\n"
        f"  - {REPLACE}\n"
        "  - cut: {fields: '3,5', delimiter: ' '}\n  - dedupe\n  - head: 1000000\n",
        source,
    )
    pipe = Command(
        ["sh", "-c", f"grep '\" 200 ' | sed -E '{SED}' | cut -d ' ' -f 3,5 | "
         "mawk '!seen[$0]++' | head -n 1000000"],
        source,
    )
    bench.same(ours, pipe)
    amount = bytes_of(source)
    return bench.compare(row, ours, amount, [Peer("grep|sed|cut|mawk|head", pipe, 3.0, amount)])


@row("hops", "engine", "eight more pass-through stages")
def hops(bench: Bench, row: Row) -> list[Result]:
    source = bench.data.whole("log")
    one = bench.ours("hops-1", "stages:\n" + "  - skip: 0\n", source)
    nine = bench.ours("hops-9", "stages:\n" + "  - skip: 0\n" * 9, source)
    bench.same(one, nine)
    found = bench.series(one=(one, 1), nine=(nine, 1))
    more = (found["nine"].wall / found["one"].wall - 1) * 100
    return [row.limit("one stage", more, "% more", 25.0,
                      ours=spread(found["nine"]), theirs=spread(found["one"]))]


@row("queue-1", "engine", "lines handed over singly, queue: 1")
def queue_1(bench: Bench, row: Row) -> list[Result]:
    many, few, more = 400_000, 40_000, 8

    def stages(count: int, source: int) -> Command:
        text = "stages:\n" + "  - {skip: 0, queue: 1}\n" * count
        return bench.ours(f"queue-1-{count}", text, bench.data.lines(source))

    def asyncio(count: int) -> Command:
        return bench.program("queue_asyncio.py", bench.data.lines(few), str(count))

    bench.same(stages(1 + more, few), asyncio(1 + more))
    found = bench.series(
        one=(stages(1, many), 1), nine=(stages(1 + more, many), 1),
        asyncio_one=(asyncio(1), 1), asyncio_nine=(asyncio(1 + more), 1),
    )
    hop = (found["nine"].wall - found["one"].wall) / (many * more)
    theirs = (found["asyncio_nine"].wall - found["asyncio_one"].wall) / (few * more)
    told = f"{hop * 1e9:.0f} ns a hop", f"{theirs * 1e9:.0f} ns a hop"
    return [
        row.limit("in itself", hop * 1e6, "µs a hop", 1.0, ours=told[0],
                  note="time of nine stages less that of one, for each line and stage"),
        row.limit("asyncio.Queue(1)", theirs / hop, "×", 3.0, at_most=False,
                  ours=told[0], theirs=told[1]),
    ]


@row("latency", "engine", "a line in to a line out, 100 lines a second, three stages")
def latency(bench: Bench, row: Row) -> list[Result]:
    ours = bench.ours(
        row.name, "stages:\n  - trim\n  - grep: item\n  - replace: {pattern: x, with: y}\n", None
    )

    def delays(argv: list[str], count: int) -> list[float]:
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            sent: list[float] = []
            taken: list[float] = []

            def receive() -> None:
                for _ in range(count):
                    if not process.stdout.readline():
                        return
                    taken.append(time.perf_counter())

            reader = threading.Thread(target=receive)
            reader.start()
            due = time.perf_counter() + 0.2
            for number in range(count):
                time.sleep(max(0.0, due - time.perf_counter()))
                due += 0.01
                sent.append(time.perf_counter())
                os.write(process.stdin.fileno(), b"item-%d\n" % number)
            process.stdin.close()
            reader.join()
        if len(taken) != count:
            raise BenchmarkError(f"{len(taken)} of {count} lines came back")
        return sorted(end - begin for begin, end in zip(sent, taken))

    count = 200 * bench.runs
    mine, cat = delays(list(ours.argv), count), delays(["cat"], count)
    told = [
        f"median {seconds(statistics.median(them))}, 99th {seconds(them[int(count * 0.99)])}, "
        f"most {seconds(them[-1])}"
        for them in (mine, cat)
    ]
    return [row.limit("99th percentile", mine[int(count * 0.99)] * 1e3, "ms", 1.0,
                      ours=told[0], theirs=told[1],
                      note="theirs: cat, by the same driver, with what the driver adds")]


@row("fanout-cpu", "engine", "ordered fanout: 2 of a CPU-bound stage, on two cores")
def fanout_cpu(bench: Bench, row: Row) -> list[Result]:
    heavy = "replace: {pattern: '(\\w)(\\w+)', with: '$2$1'}"
    cheap = "cut: {fields: '1,7', delimiter: ' '}"
    piece, whole = bench.data.piece("log"), bench.data.whole("log")

    def pair(name: str, stage: str, source) -> tuple[Command, Command]:
        return tuple(
            bench.ours(f"fanout-{name}-{workers}",
                       f"stages:\n  - {stage}\n    fanout: {workers}\n", source)
            for workers in (1, 2)
        )

    heavy_one, heavy_two = pair("heavy", heavy, piece)
    cheap_one, cheap_two = pair("cheap", cheap, whole)
    bench.same(heavy_one, heavy_two)
    bench.same(cheap_one, cheap_two)
    found = bench.series(a=(heavy_one, 1), b=(heavy_two, 1), c=(cheap_one, 1), d=(cheap_two, 1))
    loss = (found["d"].wall / found["c"].wall - 1) * 100
    return [
        row.ratio("fanout: 1, heavy work", found["b"], found["a"], 1.7),
        row.limit("fanout: 1, cheap work", loss, "% lost", 5.0,
                  ours=spread(found["d"]), theirs=spread(found["c"])),
    ]


@row("exec", "engine", "exec of /bin/true for each line, fanout: 2")
def execute(bench: Bench, row: Row) -> list[Result]:
    lines, few = 4_000, 400
    xargs, parallel = bench.tool("xargs"), bench.tool("parallel")
    echo = bench.ours("exec-echo", "stages:\n  - exec: [/bin/echo, '{}']\n    fanout: 2\n",
                      bench.data.lines(few))
    gnu = [parallel, "--will-cite", "-k", "-j2"]
    bench.same(echo, Command([*gnu, "/bin/echo"], bench.data.lines(few)))
    bench.same(echo, Command([xargs, "-n1", "/bin/echo"], bench.data.lines(few)))
    ours = bench.ours(row.name, "stages:\n  - exec: [/bin/true, '{}']\n    fanout: 2\n",
                      bench.data.lines(lines))
    rivals = [
        Peer("xargs -n1 -P2", Command([xargs, "-n1", "-P2", "/bin/true"],
                                      bench.data.lines(lines)), 1.2, lines),
        Peer("parallel -k -j2", Command([*gnu, "/bin/true"], bench.data.lines(few)), 5.0, few),
    ]
    return bench.compare(row, ours, lines, rivals,
                         "outputs compared with /bin/echo in the place of /bin/true")


@row("asyncio-lines", "engine", "grep, replace, cut line by line, against asyncio with queues")
def asyncio_lines(bench: Bench, row: Row) -> list[Result]:
    whole, piece = bench.data.whole("log"), bench.data.piece("log")
    text = (
        f"stages:\n  - grep: '\" 200 '\n  - {REPLACE}\n"
        "  - cut: {fields: '3,5', delimiter: ' '}\n"
    )
    singly = bench.program("lines_asyncio.py", piece)
    blocks = bench.program("blocks_asyncio.py", piece)
    bench.same(bench.ours(row.name, text, piece), singly)
    bench.same(bench.ours(row.name, text, piece), blocks)
    rivals = [
        Peer("asyncio, line by line", singly, 40.0, bytes_of(piece)),
        Peer("asyncio, lists of lines", blocks, None, bytes_of(piece)),
    ]
    return bench.compare(row, bench.ours(row.name, text, whole), bytes_of(whole), rivals, PIECE)


ITEMS = "stages:\n  - delay: 0s\n    fanout: 64\n"


@row("asyncio-items", "engine", "100,000 items through an asynchronous stage, 64 at once, in order")
def asyncio_items(bench: Bench, row: Row) -> list[Result]:
    source, count = bench.data.lines(100_000), 100_000
    ours = bench.ours(row.name, ITEMS, source)
    gather = bench.program("items_asyncio.py", source)
    bench.same(ours, gather)
    return bench.compare(row, ours, count, [Peer("asyncio.gather, Semaphore", gather, 40.0, count)],
                         "the whole process, start included")


@row("limit", "engine", "a time limit on an asynchronous stage")
def limit(bench: Bench, row: Row) -> list[Result]:
    count = 400_000
    source = bench.data.lines(count)
    without = bench.ours("limit-without", ITEMS, source)
    limited = bench.ours("limit-with", ITEMS + "    timeout: 60s\n", source)
    bench.same(without, limited)
    found = bench.series(plain=(without, count), limited=(limited, count))
    cost = (found["limited"].wall - found["plain"].wall) / count * 1e6
    return [row.limit("without a limit", cost, "µs an item", 0.5,
                      ours=spread(found["limited"]), theirs=spread(found["plain"]))]


EIGHT = (
    f"stages:\n  - trim\n  - grep: '\" 200 '\n  - {REPLACE}\n    fanout: 8\n"
    "  - cut: {fields: '3-', delimiter: ' '}\n  - skip: 0\n  - lower\n"
    "  - replace: {pattern: http, with: HTTP}\n  - grep: HTTP\n"
)


@row("memory", "engine", "memory for the whole file through eight stages, one of them fanout: 8")
def memory(bench: Bench, row: Row) -> list[Result]:
    ours = bench.ours(row.name, EIGHT, bench.data.whole("log"))
    measure.run(ours)
    found = bench.series(measure.run_watched, ours=(ours, 1))["ours"]
    return [row.limit("in itself", found.memory / 1024, "MiB", 48.0, ours=spread(found))]


@row("hung-line", "engine", "one hung line ahead of 10,000,000 in an ordered fan-out")
def hung_line(bench: Bench, row: Row) -> list[Result]:
    def stuck(count: int) -> Command:
        text = (
            "stages:\n  - exec: 'sleep 3; cat'\n    if: {grep: '^item-0$'}\n    fanout: 8\n"
        )
        return bench.ours(row.name, text, bench.data.lines(count))

    few, many = 100_000, 10_000_000
    bench.same(stuck(few), Command(["cat"], bench.data.lines(few)))
    found = bench.series(measure.run_watched, few=(stuck(few), 1), many=(stuck(many), 1))
    small, large = found["few"].memory / 1024, found["many"].memory / 1024
    return [row.limit("100,000 lines", large / small, "× the memory", 1.25,
                      ours=f"{large:.1f} MiB", theirs=f"{small:.1f} MiB",
                      note="the first line takes 3 s; flat is taken as at most 1.25 ×")]
