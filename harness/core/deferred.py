"""Operations whose answer takes others: what a handler gives when it has to ask somebody, and cannot under the lock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.core.exchange import Response
    from harness.core.provider import Call, Provider


@dataclass(frozen=True, slots=True)
class Deferred:
    """What a handler gives in place of an answer: work to be done without the sandbox's lock, and what follows.

    `work` may call other providers, of this sandbox too, and the network; the call's documents are not for it.
    `finish` gets its outcome, under the lock and in a unit of work of its own, and answers as a handler does.
    """

    work: Callable[[], Any]
    finish: Callable[[Call, Any], Any]
    blocking: bool = False
    """Whether the work waits for somebody outside this process: an event loop then gives it a thread."""


class Pending:
    """A request whose handler has deferred its answer."""

    __slots__ = ("_call", "_deferred", "_provider")

    def __init__(self, provider: Provider, call: Call, deferred: Deferred) -> None:
        self._provider = provider
        self._call = call
        self._deferred = deferred

    @property
    def blocking(self) -> bool:
        """Whether `complete` waits for somebody outside this process."""
        return self._deferred.blocking

    def complete(self) -> Response:
        """Do the work and give the answer; once, in any thread."""
        deferred = self._deferred
        outcome: Any = None
        failure: Exception | None = None
        try:
            outcome = deferred.work()
        except Exception as error:
            failure = error

        def finish(call: Call) -> Any:
            if failure is not None:  # it fails as the handler would
                raise failure
            return deferred.finish(call, outcome)

        return self._provider.finish(self._call, finish)
