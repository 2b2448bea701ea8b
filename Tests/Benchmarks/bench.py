"""What every row needs: the binary, the data, the peers, and the ways to compare two sides."""

from __future__ import annotations

import filecmp
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import measure
import peers
from data import Data
from measure import BenchmarkError, Command, Series

PROGRAMS = Path(__file__).resolve().parent / "programs"


@dataclass(frozen=True)
class Result:
    """One goal of a row: what was measured, and what it was to be."""

    row: str
    work: str
    against: str
    figure: float
    unit: str
    goal: float | None
    at_most: bool
    ours: str
    theirs: str
    note: str = ""

    @property
    def reached(self) -> bool:
        if self.goal is None:
            return True
        return self.figure <= self.goal if self.at_most else self.figure >= self.goal

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return "no goal"
        return "reached" if self.reached else "missed"

    def record(self) -> dict[str, object]:
        return {**asdict(self), "reached": self.reached}


def seconds(value: float) -> str:
    return f"{value:.2f} s" if value >= 1 else f"{value * 1e3:.1f} ms"


def spread(series: Series) -> str:
    """Median, least and greatest, and the processor time, which other load disturbs less."""
    return (
        f"{seconds(series.wall)} ({seconds(series.fastest)} – {seconds(series.slowest)}), "
        f"CPU {seconds(series.cpu)}"
    )


@dataclass(frozen=True)
class Peer:
    """What stands on the other side, and the goal against it."""

    name: str
    command: Command
    goal: float | None
    amount: float = 1.0


Check = Callable[[Path, Path], bool]


@dataclass(frozen=True)
class Row:
    """What the rows are asked by: a name, a description, and how it is measured."""

    name: str
    group: str
    work: str
    measured: Callable[["Bench", "Row"], list[Result]]

    def limit(
        self, what: str, figure: float, unit: str, goal: float | None, *,
        at_most: bool = True, ours: str = "", theirs: str = "", note: str = "",
    ) -> Result:
        """A result that is a figure of its own rather than a ratio of two."""
        return Result(
            self.name, self.work, what, figure, unit, goal, at_most, ours, theirs, note
        )

    def ratio(
        self, peer: str, ours: Series, theirs: Series, goal: float | None, note: str = ""
    ) -> Result:
        """How many times as much work in the same time."""
        return Result(
            self.name, self.work, peer, ours.rate / theirs.rate, "×", goal, False,
            spread(ours), spread(theirs), note,
        )


@dataclass
class Bench:
    """Settings of a run of the benchmarks."""

    streamline: str
    data: Data
    folder: Path
    runs: int
    python: str

    def say(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def tool(self, name: str) -> str:
        path = peers.find(name)
        if not path:
            raise BenchmarkError(f"{name} is not there (Debian package {peers.PEERS[name][0]})")
        return path

    def pipeline(self, name: str, text: str) -> str:
        path = self.folder / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def ours(self, name: str, text: str, source: Path | None, **env: str) -> Command:
        """streamline with a pipeline file of this text."""
        return Command([self.streamline, "run", self.pipeline(name, text)], source, env)

    def program(self, name: str, source: Path, *arguments: str) -> Command:
        return Command([self.python, str(PROGRAMS / name), *arguments], source)

    def same(self, first: Command, second: Command, alike: Check = filecmp.cmp) -> None:
        """Runs both once, and refuses to go on unless their outputs are alike.

        It is the warm-up too: what is read lies in memory behind it.
        """
        left, right = self.folder / "output-ours", self.folder / "output-theirs"
        filecmp.clear_cache()
        measure.run(first, left)
        measure.run(second, right)
        if not (alike(left, right, False) if alike is filecmp.cmp else alike(left, right)):
            raise BenchmarkError(f"outputs differ: {left} of {first}; {right} of {second}")
        if left.stat().st_size == 0 and alike is filecmp.cmp and "true" not in str(second):
            raise BenchmarkError(f"both outputs are empty: {first}")
        left.unlink()
        right.unlink()

    def series(
        self, measured: Callable[[Command], measure.Measure] = measure.run,
        **sides: tuple[Command, float],
    ) -> dict[str, Series]:
        """Alternating runs of commands, each with the amount of work it does."""
        return measure.alternate(
            {name: lambda it=command: measured(it) for name, (command, _) in sides.items()},
            self.runs,
            {name: amount for name, (_, amount) in sides.items()},
        )

    def compare(
        self, row: Row, ours: Command, amount: float, rivals: list[Peer], note: str = ""
    ) -> list[Result]:
        """Measures ours and all rivals in turn; a ratio for each rival."""
        sides = {"ours": (ours, amount)}
        sides |= {peer.name: (peer.command, peer.amount) for peer in rivals}
        found = self.series(**sides)
        return [
            row.ratio(peer.name, found["ours"], found[peer.name], peer.goal, note)
            for peer in rivals
        ]


def bytes_of(path: Path) -> float:
    return float(path.stat().st_size)
