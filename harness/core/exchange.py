"""One request and its response: what every adapter builds and every provider answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl

import orjson

Headers = Sequence[tuple[str, str]]


class Request:
    """A request as a provider sees it.

    `base_url` is the address the client saw, without a trailing slash and without the path
    (`http://127.0.0.1:4000/acme`); links in answers start with it. `path` begins with `/` and is
    still percent-encoded; `query` is the raw query string. Header names are lower case.
    """

    __slots__ = ("base_url", "body", "headers", "method", "path", "query")

    def __init__(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        headers: Headers = (),
        body: bytes = b"",
        base_url: str = "",
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.base_url = base_url

    def header(self, name: str) -> str | None:
        """The first header of that lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def query_items(self) -> list[tuple[str, str]]:
        """The decoded query parameters in order, blank values kept."""
        if "%" in self.query or "+" in self.query:
            return parse_qsl(self.query, keep_blank_values=True)
        pairs = [part.partition("=") for part in self.query.split("&") if part]
        return [(name, value) for name, _, value in pairs]

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.path}{'?' + self.query if self.query else ''}>"


@dataclass(frozen=True, slots=True)
class Effect:
    """What happens to an answer on its way, for the adapter to show as its client would see it.

    `cut`: the connection ends before the first byte. `truncate`: the headers announce the whole body, `size` bytes of
    it come. `dribble`: pieces of `size` bytes, `seconds` apart. `delay`: the answer comes after `seconds`; where `real`
    is False nobody waits, but a client in process whose timeout is shorter meets it.
    """

    kind: Literal["cut", "truncate", "dribble", "delay"]
    size: int = 0
    seconds: float = 0.0
    real: bool = False


@dataclass(slots=True)
class Response:
    """An answer: status, headers with lower-case names, and the whole body (or its pieces, one by one)."""

    status: int
    body: bytes | Iterable[bytes] = b""
    headers: list[tuple[str, str]] = field(default_factory=list)
    effect: Effect | None = None
    """Set by a fault only."""

    def header(self, name: str) -> str | None:
        """The first header of that lower-case name."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def announced(self) -> list[tuple[str, str]]:
        """The headers as a server sends them: with the length of a body in one piece, where the answer names none
        and its status may have one."""
        if not isinstance(self.body, bytes) or not self.has_body() or self.header("content-length") is not None:
            return self.headers
        return [*self.headers, ("content-length", str(len(self.body)))]

    def has_body(self) -> bool:
        """Whether an answer of that status has a body, be it an empty one."""
        return self.status >= 200 and self.status not in (204, 304)

    def read(self) -> bytes:
        """The whole body; a streamed one is gathered once and kept."""
        if not isinstance(self.body, bytes):
            self.body = b"".join(self.body)
        return self.body

    def json(self) -> Any:
        """The body parsed as JSON."""
        return orjson.loads(self.read())


def json_response(
    document: Any,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    *,
    content_type: str = "application/json",
) -> Response:
    """A JSON answer; an `orjson.Fragment` inside `document` is taken as it is."""
    lines = [("content-type", content_type)]
    if headers:
        lines.extend(headers.items())
    return Response(status, orjson.dumps(document), lines)


class Refused(Exception):
    """Ends a unit of work: the account is rolled back and the client gets this response."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response
