"""Which operations a test run called: counted as exchanges pass, gathered from all workers, kept as JSON.

`{provider: {operation: {"calls": n, "statuses": [200, 404], "tests": k}}}`; a file that exists is added to.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from harness.core.registry import Registry
from harness.testing.sandbox import Sandbox

if TYPE_CHECKING:
    from harness.core.journal import Exchange

_OUTPUT = "harness_exercised"


class Counts:
    """Calls, statuses and tests by provider and operation."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[str, dict[str, Any]]] = {}

    def add(self, provider: str, operation: str, *, calls: int, statuses: list[int], tests: int) -> None:
        """Add to what there is."""
        found = self._counts.setdefault(provider, {}).setdefault(operation, {"calls": 0, "statuses": [], "tests": 0})
        found["calls"] += calls
        found["statuses"] = sorted({*found["statuses"], *statuses})
        found["tests"] += tests

    def merge(self, other: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
        """Add what another run or worker counted. Raises ValueError for something else."""
        try:
            for provider, operations in other.items():
                for operation, found in operations.items():
                    self.add(
                        provider,
                        operation,
                        calls=found["calls"],
                        statuses=found["statuses"],
                        tests=found["tests"],
                    )
        except (AttributeError, KeyError, TypeError):
            raise ValueError("not a count of exercised operations") from None

    def text(self) -> bytes:
        """As JSON, in a fixed order."""
        return orjson.dumps(self._counts, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


class Exercised:
    """The pytest side: registered when --harness-exercised is given."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._file = Path(config.getoption("harness_exercised")).absolute()
        self._counts = Counts()
        self._lock = threading.Lock()
        self._test = ""
        self._seen: set[tuple[str, str, str]] = set()
        if not self._is_worker:
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                if self._file.exists():
                    self._counts.merge(orjson.loads(self._file.read_bytes()))
            except (OSError, ValueError) as error:
                raise pytest.UsageError(f"--harness-exercised: {self._file} cannot be added to: {error}") from None
        Registry.observers.append(self._observe)
        Sandbox.observers.append(self._read)

    @property
    def _is_worker(self) -> bool:
        return hasattr(self._config, "workerinput")

    def _read(self, sandbox: Sandbox) -> None:
        """Count what a sandbox on a server somewhere else was asked; what is asked in this process is observed."""
        if not sandbox.in_process:
            for exchange in sandbox.journal.outlines():
                self._count(exchange.provider, exchange.operation, exchange.status)

    def _observe(self, exchange: Exchange) -> None:
        self._count(exchange.provider, exchange.operation, exchange.status)

    def _count(self, provider: str, operation: str | None, status: int) -> None:
        if operation is None:
            return
        place = (provider, operation, self._test)
        with self._lock:
            self._counts.add(provider, operation, calls=1, statuses=[status], tests=int(place not in self._seen))
            self._seen.add(place)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Know which test is on."""
        self._test = nodeid

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker of pytest-xdist has ended (or died: then it tells nothing)."""
        told = getattr(node, "workeroutput", {}).get(_OUTPUT)
        if told is not None:
            self._counts.merge(orjson.loads(told))

    def pytest_sessionfinish(self) -> None:
        """A worker hands its counts over."""
        if self._is_worker:
            self._config.workeroutput[_OUTPUT] = self._counts.text().decode()  # type: ignore[attr-defined]

    def pytest_unconfigure(self) -> None:
        """The one process that has no controller writes the file."""
        Registry.observers.remove(self._observe)
        Sandbox.observers.remove(self._read)
        if not self._is_worker:
            partial = self._file.with_name(f"{self._file.name}.partial")
            partial.write_bytes(self._counts.text())
            partial.replace(self._file)
