"""The peers: where they are, how they are installed, and which versions they have."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# command: (Debian package, how it tells its version)
PEERS = {
    "rg": ("ripgrep", ["--version"]),
    "grep": ("grep", ["--version"]),
    "sed": ("sed", ["--version"]),
    "mawk": ("mawk", ["-W", "version"]),
    "sort": ("coreutils", ["--version"]),
    "jq": ("jq", ["--version"]),
    "mlr": ("miller", ["--version"]),
    "parallel": ("parallel", ["--version"]),
    "xargs": ("findutils", ["--version"]),
    "curl": ("curl", ["--version"]),
    "nginx": ("nginx-light", ["-v"]),
}
LIBRARIES = ["aiohttp", "orjson"]


def find(command: str) -> str | None:
    """The path of a command; nginx is often where only the PATH of root looks."""
    return shutil.which(command, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


def missing() -> list[str]:
    return [name for name in PEERS if not find(name)]


def install_commands() -> None:
    packages = [PEERS[name][0] for name in missing()]
    if not packages:
        return
    privilege = [] if os.geteuid() == 0 else ["sudo"]
    print("installing", *packages, file=sys.stderr, flush=True)
    subprocess.run([*privilege, "apt-get", "update"], stdout=sys.stderr, check=False)
    subprocess.run(
        [*privilege, "apt-get", "install", "-y", "--no-install-recommends", *packages],
        stdout=sys.stderr, check=False,
    )


def has_libraries(python: str) -> bool:
    check = subprocess.run(
        [python, "-c", "import " + ", ".join(LIBRARIES)], capture_output=True, check=False
    )
    return check.returncode == 0


def python(folder: Path, install: bool) -> str:
    """A python3 that has aiohttp and orjson, if there is one or one may be made."""
    own = str(folder / "venv" / "bin" / "python3")
    for candidate in (own, sys.executable):
        if os.path.exists(candidate) and has_libraries(candidate):
            return candidate
    if not install:
        return sys.executable
    print("installing", *LIBRARIES, "into", folder / "venv", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=False)
    subprocess.run([own, "-m", "pip", "install", "-q", *LIBRARIES], check=False)
    return own if os.path.exists(own) and has_libraries(own) else sys.executable


def versions(python_path: str) -> dict[str, str]:
    """The first line of what each peer says of itself."""
    found = {}
    for name, (_, flag) in PEERS.items():
        path = find(name)
        if path:
            said = subprocess.run(
                [path, *flag], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, check=False,
            )
            lines = said.stdout.decode(errors="replace").strip().splitlines()
            found[name] = lines[0][:60] if lines else "?"
    told = "import sys; print('Python', sys.version.split()[0])"
    for library in LIBRARIES:
        told += f"\ntry:\n import {library}; print('{library}', {library}.__version__)"
        told += "\nexcept ImportError: pass"
    said = subprocess.run([python_path, "-c", told], capture_output=True, check=False)
    found["python3"] = ", ".join(said.stdout.decode().split("\n")).strip(", ")
    return found
