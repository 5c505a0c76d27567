"""One request to a provider and its answer, and the answer of the unified API: what the steps of a call pass around.

A call is a generator that yields each request it needs and is sent the answer, so the same steps run over any client:
`run` drives them with a sending function, `run_async` with an awaitable one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson

T = TypeVar("T")
Wish = TypeVar("Wish")
Found = TypeVar("Found")


@dataclass(slots=True)
class Outgoing:
    """A request to a provider. Header names are lower case."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes = b""


@dataclass(slots=True)
class Incoming:
    """The provider's answer: headers in order, the body decoded from any transfer or content encoding."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that lower-case name."""
        return next((value for key, value in self.headers if key == name), None)

    @property
    def is_json(self) -> bool:
        """Whether its content type says JSON."""
        kind = (self.header("content-type") or "").partition(";")[0].strip().lower()
        return kind == "application/json" or kind.endswith("+json")


Steps = Generator[Outgoing, Incoming, T]
"""A call: it yields requests, is sent their answers, and returns what it found."""


@dataclass(slots=True)
class Answer:
    """What the unified API answers: JSON data, or bytes with their content type."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)
    """Lower-case names: what of the provider's headers is passed on, with the rate limit normalised."""
    content_type: str = "application/json"
    records: Any = None
    """The typed record, or the list of them, where the body has some."""
    keys: list[str] | None = None
    """What each record of a list goes by, where `truto_key_by` asked for that."""
    remote_status: int | None = None
    """The status of the provider's answer, None where none was needed."""
    hint: str | None = None
    """For an error: what the caller probably meant."""

    @property
    def is_final(self) -> bool:
        """Whether a repeat under the same idempotency key gets it: the provider's answer, if it is not one that passes
        (a refused key, a used up limit, a failure)."""
        return self.remote_status is not None and self.status not in (401, 429) and self.status < 500

    def content(self) -> bytes:
        """The body as it goes over the wire."""
        return self.body if isinstance(self.body, bytes) else orjson.dumps(self.body)


def run(steps: Generator[Wish, Found, T], send: Callable[[Wish], Found]) -> T:
    """The outcome of a call; what `send` raises is raised at the step that asked."""
    try:
        request = next(steps)
        while True:
            try:
                answer = send(request)
            except Exception as error:
                request = steps.throw(error)
            else:
                request = steps.send(answer)
    except StopIteration as stop:
        outcome: T = stop.value
        return outcome
    finally:
        steps.close()


async def run_async(steps: Generator[Wish, Found, T], send: Callable[[Wish], Awaitable[Found]]) -> T:
    """The same with a sending function that is awaited."""
    try:
        request = next(steps)
        while True:
            try:
                answer = await send(request)
            except Exception as error:
                request = steps.throw(error)
            else:
                request = steps.send(answer)
    except StopIteration as stop:
        outcome: T = stop.value
        return outcome
    finally:
        steps.close()
