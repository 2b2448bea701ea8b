"""Running commands and measuring them: wall time, processor time, memory."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median


class BenchmarkError(Exception):
    """What makes a row impossible to measure, in words for the one who reads the report."""


@dataclass(frozen=True)
class Command:
    """A command, and the file it reads."""

    argv: Sequence[str]
    input: Path | None = None
    env: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join(self.argv)[:300]


@dataclass(frozen=True)
class Measure:
    """What one run took: seconds, and kilobytes at the most."""

    wall: float
    cpu: float
    memory: int


@dataclass(frozen=True)
class Series:
    """Runs of one side, each of which did `amount` of work (bytes, lines or items)."""

    runs: Sequence[Measure]
    amount: float = 1.0

    @property
    def wall(self) -> float:
        return median(run.wall for run in self.runs)

    @property
    def fastest(self) -> float:
        return min(run.wall for run in self.runs)

    @property
    def slowest(self) -> float:
        return max(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        return median(run.cpu for run in self.runs)

    @property
    def memory(self) -> int:
        return max(run.memory for run in self.runs)

    @property
    def rate(self) -> float:
        return self.amount / self.wall


def environment(extra: dict[str, str]) -> dict[str, str]:
    """The C locale, in which sort, sed and grep are fastest and sort orders by bytes."""
    return {**os.environ, "LC_ALL": "C", "PYTHONUNBUFFERED": "", **extra}


def drain(descriptor: int) -> None:
    """Throws away what a command writes, at next to no cost, and without being /dev/null.

    grep and others end at the first match where their output is /dev/null, so that is not it.
    """
    with open(os.devnull, "wb") as nowhere:
        try:
            while os.splice(descriptor, nowhere.fileno(), 1 << 20):
                pass
        except (AttributeError, OSError):
            while os.read(descriptor, 1 << 20):
                pass


class MemoryWatch(threading.Thread):
    """Reads now and then the most memory that a process has held.

    What wait4 tells is never less than what this driver holds, since a child begins as its copy;
    for small processes the kernel's own figure, read while they run, is the true one.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.status = Path(f"/proc/{pid}/status")
        self.over = threading.Event()
        self.most = 0
        self.start()

    def run(self) -> None:
        while not self.over.wait(0.005):
            try:
                told = self.status.read_text(encoding="ascii")
            except OSError:
                return
            for line in told.splitlines():
                if line.startswith("VmHWM"):
                    self.most = int(line.split()[1])

    def told(self, by_wait: int) -> int:
        """Kilobytes: the figure of wait4 where it says more than that of the driver."""
        self.over.set()
        self.join()
        floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return by_wait if by_wait > floor or not self.most else self.most


def run_watched(command: Command, limit: float = 1800.0) -> Measure:
    """As run, with the true memory of a small process; the reading costs a little time."""
    return run_chain([command], None, limit, watched=True)[0]


def run(command: Command, output: Path | None = None, limit: float = 1800.0) -> Measure:
    """Runs a command to its end.

    Its output goes into a file, or down a pipe and away. A status other than 0 is an error, and so
    is a run of more than `limit` seconds.
    """
    return run_chain([command], output, limit)[0]


def run_chain(
    commands: Sequence[Command], output: Path | None = None, limit: float = 1800.0,
    watched: bool = False,
) -> list[Measure]:
    """Runs commands joined by pipes; each measure has the time of the whole and its own CPU."""
    with tempfile.TemporaryFile() as errors:
        sink = open(output, "wb") if output else None
        began = time.perf_counter()
        started: list[subprocess.Popen[bytes]] = []
        for place, command in enumerate(commands):
            last = place == len(commands) - 1
            source = started[-1].stdout if started else open(command.input or os.devnull, "rb")
            started.append(
                subprocess.Popen(
                    command.argv,
                    stdin=source,
                    stdout=sink if last and sink else subprocess.PIPE,
                    stderr=errors,
                    env=environment(command.env),
                )
            )
            if source:
                source.close()
        watchdog = threading.Timer(limit, lambda: [process.kill() for process in started])
        watchdog.start()
        watch = MemoryWatch(started[-1].pid) if watched else None
        last_out = started[-1].stdout
        if last_out:
            drain(last_out.fileno())
            last_out.close()
        usages = []
        for process in started:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            usages.append(usage)
        wall = time.perf_counter() - began
        watchdog.cancel()
        if sink:
            sink.close()
        for process, command in zip(started, commands):
            if process.returncode != 0:
                errors.seek(0)
                said = errors.read().decode(errors="replace").strip()[-400:]
                raise BenchmarkError(f"{command}: status {process.returncode}: {said}")
    return [
        Measure(
            wall, usage.ru_utime + usage.ru_stime,
            watch.told(usage.ru_maxrss) if watch else usage.ru_maxrss,
        )
        for usage in usages
    ]


def alternate(
    sides: dict[str, Callable[[], Measure]], runs: int, amounts: dict[str, float] | None = None
) -> dict[str, Series]:
    """Runs all sides in turn, so that what else the machine does meets each of them."""
    taken: dict[str, list[Measure]] = {name: [] for name in sides}
    for _ in range(runs):
        for name, side in sides.items():
            taken[name].append(side())
    return {name: Series(them, (amounts or {}).get(name, 1.0)) for name, them in taken.items()}
