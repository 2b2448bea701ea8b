"""What was measured, as text for the reader, as JSON for keeping, as a table for README.md."""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import Result



@dataclass(frozen=True)
class Surroundings:
    """The machine and what ran on it."""

    processor: str
    cores: int
    load: float
    system: str
    streamline: str
    versions: dict[str, str]
    size: int
    data: str
    runs: int
    date: str


def surroundings(
    streamline: str, versions: dict[str, str], size: int, data: str, runs: int
) -> Surroundings:
    processor = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            processor = line.split(":", 1)[1].strip()
            break
    names = platform.freedesktop_os_release()
    release = platform.release().split("-")[0]
    return Surroundings(
        processor, os.cpu_count() or 1, os.getloadavg()[0],
        f"{names.get('PRETTY_NAME', 'Linux')}, Linux {release}",
        streamline, versions, size, data, runs,
        datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    )


def number(value: float) -> str:
    """Three digits, without an exponent."""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2}f}"


def figure(result: Result) -> str:
    return f"{number(result.figure)} {result.unit}"


def goal(result: Result) -> str:
    if result.goal is None:
        return "–"
    return f"{'≤' if result.at_most else '≥'} {result.goal:,g} {result.unit}"


def text(results: Sequence[Result]) -> str:
    """A few lines for a row."""
    lines = [f"{results[0].row}: {results[0].work}"]
    for result in results:
        lines.append(
            f"  {result.verdict:8}  {figure(result)}  goal {goal(result)}  ({result.against})"
        )
        if result.ours:
            lines.append(f"            ours   {result.ours}")
        if result.theirs:
            lines.append(f"            theirs {result.theirs}")
    for note in dict.fromkeys(result.note for result in results if result.note):
        lines.append(f"            {note}")
    return "\n".join(lines)


def opening(where: Surroundings) -> str:
    return (
        f"{where.date}; {where.processor}, {where.cores} cores, load {where.load:.1f}; "
        f"{where.system}\n{where.streamline}; {where.size / 1e6:,.0f} MB of data ({where.data}); "
        f"{where.runs} runs of each side in turn, medians (least – greatest)\n"
    )


def closing(results: Sequence[Result], failures: dict[str, str]) -> str:
    missed = [result for result in results if not result.reached]
    with_goal = [result for result in results if result.goal is not None]
    lines = [f"{len(with_goal) - len(missed)} of {len(with_goal)} goals reached"]
    for result in missed:
        lines.append(f"missed: {result.row} ({result.against}): {figure(result)}, {goal(result)}")
    for row, reason in failures.items():
        lines.append(f"not measured: {row}: {reason}")
    return "\n".join(lines)


def save(
    path: Path, where: Surroundings, results: Sequence[Result], failures: dict[str, str]
) -> None:
    kept = {
        "surroundings": where.__dict__,
        "results": [result.record() for result in results],
        "not_measured": failures,
    }
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def table(where: Surroundings, results: Sequence[Result], failures: dict[str, str]) -> str:
    """The table of README.md, and below it where its figures come from."""
    lines = ["| work | against | figure | goal | |", "| --- | --- | --- | --- | --- |"]
    for result in results:
        work = result.work.replace("|", "\\|")
        against = result.against.replace("|", "\\|")
        verdict = {"reached": "", "missed": "**missed**", "no goal": ""}[result.verdict]
        lines.append(f"| {work} | {against} | {figure(result)} | {goal(result)} | {verdict} |")
    lines.append("")
    lines += [f"Not measured: {row}.\n" for row in failures]
    versions = "; ".join(dict.fromkeys(where.versions.values()))
    lines.append(
        f"Measured {where.date} on {where.processor}, {where.cores} cores, with a load of "
        f"{where.load:.1f} at the start; {where.system}. {where.size / 1e6:,.0f} MB of data, "
        f"{where.runs} runs of each side in turn, medians. {where.streamline}; {versions}."
    )
    return "\n".join(lines)


def write_between(readme: Path, marks: str, body: str) -> bool:
    """Puts text between the marks of that name; false if the marks are not there."""
    first, last = f"<!-- {marks}: begin -->", f"<!-- {marks}: end -->"
    whole = readme.read_text(encoding="utf-8")
    before, begin, rest = whole.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        return False
    readme.write_text(f"{before}{first}\n{body}\n{last}{after}", encoding="utf-8")
    return True
