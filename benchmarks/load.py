"""Load from wrk: many connections, a rotation of requests, and what the server's processor spent on them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from servers import CLIENT_CORE, Running, Unavailable, pinned

CONNECTIONS = 16
_SCRIPT = Path(__file__).with_name("load.lua")
_GRACE = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a rotation. `{n}` in the body becomes a number no other request has."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""

    def line(self) -> str:
        """The request as `load.lua` reads it."""
        headers = "|".join(f"{name}: {value}" for name, value in self.headers)
        return f"{self.method}\t{self.path}\t{headers}\t{self.body}"


@dataclass(frozen=True, slots=True)
class Rate:
    """What one server did in one round."""

    per_second: float
    cpu: float | None
    """Microseconds of user and system time a request; None where /proc does not tell."""

    def __str__(self) -> str:
        cpu = "" if self.cpu is None else f", {self.cpu:.0f} µs CPU"
        return f"{self.per_second / 1000:.1f}k/s{cpu}"


def middle(rates: Sequence[Rate]) -> Rate:
    """The median of several rounds."""
    cpu = [rate.cpu for rate in rates if rate.cpu is not None]
    return Rate(median(rate.per_second for rate in rates), median(cpu) if cpu else None)


def write_rotation(file: Path, rotation: Sequence[Asked]) -> Path:
    """Put a rotation where wrk finds it."""
    file.write_text("".join(f"{asked.line()}\n" for asked in rotation))
    return file


def load(server: Running, rotation: Path, *, seconds: int, first: int = 0) -> Rate:
    """Ask one server for a rotation with all connections. Raises Unavailable when it does not cope."""
    wrk = wrk_command()
    before = server.cpu()
    done = subprocess.run(
        [
            *pinned(CLIENT_CORE),
            wrk,
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{seconds}s",
            f"-s{_SCRIPT}",
            server.url,
            "--",
            str(rotation),
            str(first),
        ],
        capture_output=True,
        text=True,
        timeout=seconds + _GRACE,
        check=False,
    )
    after = server.cpu()
    result = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
    if result is None:
        raise Unavailable(f"wrk failed at {server.name}: {(done.stderr or done.stdout).strip()[-200:]}")
    count, duration, refused, late = map(int, result.split()[1:])
    if refused or late or not count:
        raise Unavailable(f"{server.name}: of {count} answers {refused} were refusals, {late} came too late")
    spent = None if before is None or after is None else (after - before) / count * 1e6
    return Rate(count / duration * 1e6, spent)


def wrk_command() -> str:
    """Where wrk is. Raises Unavailable, saying how to install it."""
    found = shutil.which("wrk")
    if found is None:
        raise Unavailable("wrk is not installed: apt-get install wrk (Debian, Ubuntu), brew install wrk (macOS)")
    return found
