"""The control of a server that runs somewhere else."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import orjson

import harness
from harness.core.contract import JSON
from harness.core.worlds import World
from harness.testing.arguments import Arguments, ControlError, arguments_of, invalid

if TYPE_CHECKING:
    import httpx

TIMEOUT = 60.0
"""Seconds to wait for an answer: projecting a large world takes a while."""

TOKEN_RULE = "is printable ASCII without spaces at its ends, because a header carries it"


class RemoteControl:
    """The same operations as `LocalControl`, asked of a server's control plane by HTTP.

    `url` is the server's address (`http://127.0.0.1:4000`), `token` the one it was started with, if any. The
    first call checks that a server of the same version answers there. Several threads may share one.
    """

    def __init__(self, url: str, token: str | None = None, *, timeout: float = TIMEOUT) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._timeout = timeout
        self._opened: httpx.Client | None = None
        self._lock = threading.Lock()

    def call(self, operation: str, /, **arguments: Any) -> Any:
        """Ask the server and return JSON data. Raises ControlError, also when no server answers."""
        taken = arguments_of(operation)
        given = taken.known(arguments)
        for name in taken.path:
            if name not in given:
                raise invalid(f"{operation}: {name!r} is missing", name)
        with self._lock:
            client = self._opened = self._opened or self._connect()
        return self._send(client, taken, given)

    def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connect(self) -> httpx.Client:
        import httpx

        if self._token is not None and not is_sendable(self._token):
            raise invalid(f"the token {TOKEN_RULE}", "token")
        headers = {"authorization": f"Bearer {self._token}"} if self._token is not None else {}
        try:
            # A proxy from the environment must not come between a test and a loopback address.
            client = httpx.Client(base_url=self.url, headers=headers, timeout=self._timeout, trust_env=False)
        except (httpx.InvalidURL, ValueError) as error:
            raise self._no_address(str(error)) from None
        if client.base_url.scheme not in ("http", "https") or not client.base_url.host:
            raise self._no_address("give one such as http://127.0.0.1:4000")
        try:
            self._check(self._send(client, arguments_of("health.get"), {}))
        except BaseException:
            client.close()
            raise
        return client

    def _no_address(self, why: str) -> ControlError:
        return invalid(f"not the address of a server: {self.url!r}: {why}", "url")

    def _check(self, health: Any) -> None:
        theirs = health.get("version") if isinstance(health, dict) else None
        if not isinstance(theirs, str):
            raise self._stranger()
        if theirs != harness.__version__:
            raise ControlError(
                409,
                "other_version",
                f"the server at {self.url} is provider-harness {theirs}, this is {harness.__version__}: "
                "install the same version on both sides and start the server again",
            )

    def _send(self, client: httpx.Client, taken: Arguments, given: Mapping[str, Any]) -> Any:
        import httpx

        operation = taken.operation
        path = operation.path
        for name in taken.path:
            path = path.replace(f"{{{name}}}", _segment(str(given[name])))
        query = {name: _text(given[name]) for name in taken.query if name in given}
        body = {name: _data(given[name]) for name in taken.body if name in given}
        try:
            content = orjson.dumps(body) if operation.media else None
        except TypeError as error:
            raise invalid(f"an argument of {operation.id} is not JSON data: {error}") from None
        try:
            response = client.request(
                operation.method,
                path,
                params=query,
                content=content,
                headers={"content-type": JSON} if operation.media else {},
            )
        except httpx.TransportError as error:
            raise self._unreachable(client, error) from error
        return self._read(response)

    def _read(self, response: httpx.Response) -> Any:
        try:
            document = orjson.loads(response.content)
        except orjson.JSONDecodeError:
            raise self._stranger() from None
        if response.is_success:
            return document
        error = document.get("error") if isinstance(document, dict) else None
        if not isinstance(error, dict) or not {"code", "message", "where"} <= error.keys():
            raise self._stranger()
        message = error["message"]
        if response.status_code == 401:
            message = f"the server at {self.url} wants the token it was started with (HARNESS_TOKEN): {message}"
        raise ControlError(response.status_code, error["code"], message, error["where"])

    def _unreachable(self, client: httpx.Client, error: Exception) -> ControlError:
        url = client.base_url
        port = f" --port {url.port}" if url.port else ""
        return ControlError(
            503,
            "unreachable",
            f"no server answers at {self.url} ({error}): start one with `harness serve{port}`",
        )

    def _stranger(self) -> ControlError:
        return ControlError(
            503,
            "unreachable",
            f"what answers at {self.url} is no harness server: look at the address, or start one on "
            "another port with `harness serve`",
        )


def is_sendable(token: str) -> bool:
    """Whether a header can carry the token as it is."""
    return token.isascii() and token.isprintable() and token == token.strip()


def _segment(text: str) -> str:
    """As one segment of a path; a client would take dots alone for steps in the tree."""
    return quote(text, safe="") if text.strip(".") else text.replace(".", "%2E")


def _text(value: Any) -> str | list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    return ("false", "true")[value] if isinstance(value, bool) else str(value)


def _data(value: Any) -> Any:
    return value.data if isinstance(value, World) else value
