"""How cost grows: time and memory against the input, the stages, the fan-out, the line."""

from __future__ import annotations

import measure
from bench import Bench, seconds
from measure import Command, Series

THREE = (
    "stages:\n  - grep: '\" 200 '\n"
    "  - replace: {pattern: '^([0-9.]+) - - \\[([^]]+)\\]', with: '$2 $1'}\n"
    "  - cut: {fields: '3,5', delimiter: ' '}\n"
)


def measured(bench: Bench, command: Command) -> Series:
    measure.run(command)
    return Series([measure.run_watched(command) for _ in range(bench.runs)])


def tabulate(title: str, cases: list[tuple[str, Series]]) -> str:
    """Time as a bar too, so that straight and flat are seen; a space keeps equal sizes together."""
    longest = max(series.wall for _, series in cases)
    lines = [title]
    for label, series in cases:
        bar = "█" * max(1, round(30 * series.wall / longest))
        lines.append(
            f"  {label:>9}  {seconds(series.wall):>9}  {series.memory / 1024:6.1f} MiB  {bar}"
        )
    return "\n".join(lines)


def by_input(bench: Bench) -> str:
    cases, size = [], 10**6
    while size <= min(bench.data.size, 10**10):
        source = bench.data.part("log", size)
        command = bench.ours("growth-input", THREE, source)
        cases.append((f"{size // 10**6:,} MB", measured(bench, command)))
        size *= 10
    return tabulate("input size, three stages (grep, replace, cut)", cases)


def by_stages(bench: Bench) -> str:
    source, cases = bench.data.piece("log"), []
    for stages in (1, 2, 4, 8, 16, 32):
        text = "stages:\n" + "  - skip: 0\n" * stages
        command = bench.ours("growth-stages", text, source)
        cases.append((f"{stages} stages", measured(bench, command)))
    return tabulate(f"pass-through stages, {source.stat().st_size / 1e6:,.0f} MB", cases)


def by_fanout(bench: Bench) -> str:
    source, cases = bench.data.piece("log"), []
    for workers in (1, 2, 4, 8, 16, 32, 64, 128, 256):
        text = (
            "stages:\n  - replace: {pattern: '(\\w)(\\w+)', with: '$2$1'}\n"
            f"    fanout: {workers}\n"
        )
        command = bench.ours("growth-fanout", text, source)
        cases.append((f"{workers} at once", measured(bench, command)))
    return tabulate(
        f"fan-out of a CPU-bound replace, {source.stat().st_size / 1e6:,.0f} MB", cases
    )


def by_line(bench: Bench) -> str:
    cases, total = [], min(bench.data.size // 10, 10**8)
    total = max(total, 2 * 10**7)
    for length in (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000):
        source = bench.data.folder / f"length-{length}-{total}"
        if not source.exists():
            line = b"x" * length + b"\n"
            block = line * max(1, 2**20 // len(line))
            with open(source, "wb") as file:
                for _ in range(max(1, total // len(block))):
                    file.write(block)
        command = bench.ours("growth-line", "stages:\n  - skip: 0\n  - grep: x\n", source)
        cases.append((f"{length:,} B", measured(bench, command)))
    return tabulate(f"length of a line, {total / 1e6:,.0f} MB in each file, two stages", cases)


def tables(bench: Bench) -> str:
    return "\n\n".join(part(bench) for part in (by_input, by_stages, by_fanout, by_line))
