"""The data: an access log, NDJSON and CSV of a given size, made once and kept in a folder."""

from __future__ import annotations

import csv
import io
import json
import os
import random
from dataclasses import dataclass
from pathlib import Path

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "real"
COLUMNS = ["time", "channel", "page", "user", "added"]
UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "B": 1}


def size_of(text: str) -> int:
    """The number of bytes that '20MB' or '1GB' says."""
    for unit, factor in UNITS.items():
        if text.upper().endswith(unit):
            return int(float(text[: -len(unit)]) * factor)
    return int(text)


@dataclass(frozen=True)
class Data:
    """Where the files are. The pieces are for peers that would take minutes on the whole."""

    folder: Path
    size: int
    origin: str

    def whole(self, kind: str) -> Path:
        return self.part(kind, self.size)

    def piece(self, kind: str) -> Path:
        return self.part(kind, max(min(self.size, 10**7), self.size // 10))

    def part(self, kind: str, size: int) -> Path:
        """A file of about `size` bytes of whole lines; written if it is not there."""
        path = self.folder / f"{kind}-{self.origin}-{size}"
        if not path.exists():
            unfinished = path.with_suffix(".part")
            with open(unfinished, "wb") as file:
                repeat(file, self.head(kind), self.body(kind), size)
            os.replace(unfinished, path)
        return path

    def distinct(self) -> Path:
        """About as much of the log with a random address before each line, so that none repeats."""
        path = self.folder / f"distinct-{self.origin}-{self.size}"
        if not path.exists():
            draw = random.Random(1).getrandbits
            unfinished = path.with_suffix(".part")
            with open(self.whole("log"), "rb") as log, open(unfinished, "wb") as file:
                for line in log:
                    file.write(b"%d.%d.%d.%d " % (*draw(32).to_bytes(4, "big"),) + line)
            os.replace(unfinished, path)
        return path

    def lines(self, count: int) -> Path:
        """A file of so many short lines, all different."""
        path = self.folder / f"lines-{count}"
        if not path.exists():
            unfinished = path.with_suffix(".part")
            with open(unfinished, "w", encoding="ascii") as file:
                for number in range(count):
                    file.write(f"item-{number}\n")
            os.replace(unfinished, path)
        return path

    def head(self, kind: str) -> bytes:
        return (",".join(COLUMNS) + "\n").encode() if kind == "csv" else b""

    def body(self, kind: str) -> bytes:
        if kind == "log":
            return corpus("elastic_apache_logs.log") or generated_log()
        edits = corpus("wikiticker_first8000.ndjson") or generated_edits()
        return edits if kind == "ndjson" else as_csv(edits)


def prepare(folder: Path, size: int) -> Data:
    folder.mkdir(parents=True, exist_ok=True)
    return Data(folder, size, "corpora" if CORPORA.is_dir() else "generated")


def corpus(name: str) -> bytes | None:
    path = CORPORA / name
    if not path.exists():
        return None
    body = path.read_bytes()
    return body if body.endswith(b"\n") else body + b"\n"


def repeat(file: io.BufferedWriter, head: bytes, body: bytes, size: int) -> None:
    """Writes the body again and again, the last time up to the end of a line."""
    file.write(head)
    left = size - len(head)
    while left > len(body):
        file.write(body)
        left -= len(body)
    file.write(body[: body.rfind(b"\n", 0, max(left, 0)) + 1])


def as_csv(edits: bytes) -> bytes:
    """Five fields of each edit. Line breaks in a title would be another benchmark: they go."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for line in edits.splitlines():
        edit = json.loads(line)
        writer.writerow([str(edit[name]).replace("\n", " ") for name in COLUMNS])
    return text.getvalue().encode()


def generated_log() -> bytes:
    """10,000 lines of combined access log, with the same shape as the corpus has."""
    draw = random.Random(1)
    agents = [
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/32.0",
        "Mozilla/5.0 (Windows NT 6.1; WOW64; rv:27.0) Gecko/20100101 Firefox/27.0",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "UniversalFeedParser/4.2-pre-314-svn +http://feedparser.org/",
    ]
    paths = [f"/blog/tags/{draw.randrange(900)}" for _ in range(900)]
    paths += ["/favicon.ico", "/robots.txt", "/images/kibana-dashboard3.png", "/projects/xdotool"]
    hosts = [".".join(str(draw.randrange(1, 255)) for _ in range(4)) for _ in range(1750)]
    lines = []
    for number in range(10_000):
        status = draw.choices([200, 206, 301, 304, 404, 500], [9126, 45, 164, 445, 213, 7])[0]
        moment = f"{17 + number // 2500}/May/2015:{number // 420 % 24:02}:05:{number % 60:02}"
        referrer = draw.choice(["-", "http://semicomplete.com/", "http://www.google.com/search"])
        lines.append(
            f"{draw.choice(hosts)} - - [{moment} +0000] "
            f'"GET {draw.choice(paths)} HTTP/1.{draw.choices([0, 1], [1, 9])[0]}" '
            f'{status} {draw.randrange(200, 200_000)} "{referrer}" "{draw.choice(agents)}"\n'
        )
    return "".join(lines).encode()


def generated_edits() -> bytes:
    """8,000 edits as JSON on a line, with nulls, escapes and letters beyond ASCII."""
    draw = random.Random(2)
    wikis = ["en", "de", "vi", "ca", "ru", "fr", "ja", "zh", "es", "it"]
    words = ["Geschichte", "Œuvre", "Москва", "日本", "river", "list of", "talk", "été"]
    lines = []
    for number in range(8_000):
        added = int(draw.paretovariate(0.6)) % 50_000 if draw.random() < 0.7 else 0
        deleted = 0 if added else draw.randrange(500)
        title = f"{draw.choice(words)} {draw.choice(words)} {draw.randrange(4000)}"
        edit = {
            "time": f"2015-09-{11 + number % 2}T00:{number // 60 % 60:02}:{number % 60:02}.771Z",
            "channel": f"#{draw.choice(wikis)}.wikipedia", "cityName": None,
            "comment": f'/* {title} */ "{draw.choice(words)}"', "countryIsoCode": None,
            "countryName": None, "isAnonymous": draw.random() < 0.1, "isMinor": False,
            "isNew": False, "isRobot": draw.random() < 0.5, "isUnpatrolled": False,
            "metroCode": None, "namespace": "Main", "page": title, "regionIsoCode": None,
            "regionName": None, "user": f"User{draw.randrange(1500)}",
            "delta": added - deleted, "added": added, "deleted": deleted,
        }
        lines.append(json.dumps(edit, ensure_ascii=False, separators=(",", ":")) + "\n")
    return "".join(lines).encode()
