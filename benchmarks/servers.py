"""Servers under measurement: each a process of its own, pinned to a core, that ends with its `with` block."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import orjson

SERVER_CORE, CLIENT_CORE = 0, 1
_START = 60
_STOP = 5


class Unavailable(Exception):
    """Something cannot be measured here; the text says why and what would help."""


def can_pin() -> bool:
    """Whether server and client get a core each."""
    return shutil.which("taskset") is not None and (os.cpu_count() or 1) > CLIENT_CORE


def pinned(core: int) -> list[str]:
    """The prefix of a command that stays on a core; empty where that is not possible."""
    return ["taskset", "-c", str(core)] if can_pin() else []


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Running:
    """A server process. `command` names the port as `{port}`; it is up when `probe` answers below 500."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        probe: str = "/",
        headers: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        pin: bool = True,
        start_limit: float = _START,
    ) -> None:
        self.name = name
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.first_answer = 0.0
        """Seconds from the start of the process to the end of its first answer."""
        self.first_cpu: float | None = None
        """Seconds of processor time it had taken by then."""
        self._headers = dict(headers or {})
        self._command = [part.replace("{port}", str(self.port)) for part in command]
        self._probe = probe
        self._cwd = cwd
        self._prefix = pinned(SERVER_CORE) if pin else []
        self._limit = start_limit
        self._process: subprocess.Popen[bytes] | None = None
        self._output = tempfile.TemporaryFile()  # noqa: SIM115

    def __enter__(self) -> Self:
        begin = time.perf_counter()
        self._process = subprocess.Popen(
            [*self._prefix, *self._command],
            cwd=self._cwd,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
        )
        try:
            self._wait(begin)
        except BaseException:
            self.__exit__()
            raise
        self.first_answer = time.perf_counter() - begin
        self.first_cpu = self.cpu()
        return self

    def __exit__(self, *_: object) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._output.close()

    def _wait(self, begin: float) -> None:
        assert self._process is not None
        while time.perf_counter() - begin < self._limit:
            if self._process.poll() is not None:
                raise Unavailable(f"{self.name} did not start: {self.output()}")
            try:
                if self.ask("GET", self._probe)[0] < http.client.INTERNAL_SERVER_ERROR:
                    return
            except OSError:
                time.sleep(0.001)
        raise Unavailable(f"{self.name} did not answer within {self._limit:.0f} s: {self.output()}")

    def ask(
        self, method: str, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """One request, with the server's headers unless others are given: status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            content = None if body is None else orjson.dumps(body)
            sent = {**(self._headers if headers is None else headers)}
            if body is not None:
                sent["content-type"] = "application/json"
            connection.request(method, path, content, sent)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def json(self, method: str, path: str, body: Any = None) -> Any:
        """A request that must succeed, its answer as JSON data. Raises Unavailable."""
        status, text = self.ask(method, path, body)
        if status >= http.client.BAD_REQUEST:
            raise Unavailable(f"{self.name}: {method} {path} was answered with {status}: {text[:200]!r}")
        return orjson.loads(text)

    def cpu(self) -> float | None:
        """Seconds of user and system time so far, all threads; None where /proc does not tell."""
        assert self._process is not None
        try:
            fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float | None:
        """Resident megabytes; None where /proc does not tell."""
        assert self._process is not None
        try:
            pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        except OSError:
            return None
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def output(self) -> str:
        """The end of what the server printed."""
        self._output.seek(0)
        text = self._output.read().decode("utf-8", "replace").strip()
        return text[-300:] or "it printed nothing"
