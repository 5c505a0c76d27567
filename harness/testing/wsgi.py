"""The fakes for those who run WSGI applications, and for handlers of pytest-httpserver."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes

from harness.core.exchange import Effect, Request, Response

if TYPE_CHECKING:
    from harness.core.registry import Registry
    from harness.testing.account import Account
    from harness.testing.sandbox import Sandbox

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_REASONS = {status.value: status.phrase for status in HTTPStatus}


def application(held: Account | Sandbox) -> WSGIApplication:
    """A WSGI application with the addresses of `harness serve`: by prefix (`/superchat/…`) and by host name.

    It serves all sandboxes of the process; the key that a client sends chooses one. Raises ValueError for sandboxes
    that live on a server somewhere else.
    """
    from harness.server.app import App

    app = App(_here(held._place.registry))

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request, origin = read(environ)
        host = request.header("host") or ""
        mounted = quote(str(environ.get("SCRIPT_NAME", "")).encode("latin-1"))
        response = app.answer(
            request.method,
            request.path,
            request.query,
            list(request.headers),
            request.body,
            f"{origin}{mounted.rstrip('/')}",
            host,
        )
        if response.effect is not None and response.effect.kind == "cut":
            raise _hung_up(environ)
        lines, body = shown(response, head=request.method == "HEAD", environ=environ)
        start_response(f"{response.status} {_REASONS.get(response.status, 'Unknown')}", lines)
        return body

    return serve


def httpserver_handler(account: Account) -> Callable[[Any], Any]:
    """A handler for pytest-httpserver (one werkzeug request to one werkzeug response) that answers as the provider.

    A path may begin with the provider's name, as on a server, or with the provider's own first part.
    """
    registry = _here(account._place.registry)
    provider = registry.provider(account.name)
    prefix = f"/{account.name}"
    at_root = bool(provider.pack.prefixes)

    def handle(request: Any) -> Any:
        from werkzeug import Response as WerkzeugResponse

        class Plain(WerkzeugResponse):
            """With the headers it is given and no other."""

            default_mimetype = None

        class Cut(WerkzeugResponse):
            """What is raised here is the connection's end, and no failure of the handler."""

            def __call__(self, environ: Any, start_response: Any) -> Any:
                raise _hung_up(environ)

        received, origin = read(request.environ, request.get_data())
        path = received.path
        if not at_root and (path == prefix or path.startswith(f"{prefix}/")):
            path, origin = path[len(prefix) :] or "/", f"{origin}{prefix}"
        asked = Request(
            received.method,
            path,
            query=received.query,
            headers=received.headers,
            body=received.body,
            base_url=origin,
        )
        response = provider.handle(asked)
        if response.effect is not None and response.effect.kind == "cut":
            return Cut()
        lines, body = shown(response, head=received.method == "HEAD", environ=request.environ)
        return Plain(body, status=response.status, headers=lines)

    return handle


def read(environ: Mapping[str, Any], body: bytes | None = None) -> tuple[Request, str]:
    """The request of a WSGI environment and the origin the client called; `body`, where somebody has read it already.

    The path is as the client encoded it where the server tells (REQUEST_URI, RAW_URI), else encoded anew.
    """
    headers = [
        (name[5:].replace("_", "-").lower(), str(value)) for name, value in environ.items() if name.startswith("HTTP_")
    ]
    headers += [
        (name.replace("_", "-").lower(), str(environ[name]))
        for name in ("CONTENT_TYPE", "CONTENT_LENGTH")
        if environ.get(name)
    ]
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    origin = f"{environ.get('wsgi.url_scheme', 'http')}://{host}"
    request = Request(
        environ["REQUEST_METHOD"],
        _path(environ),
        query=environ.get("QUERY_STRING", ""),
        headers=headers,
        body=_body(environ) if body is None else body,
        base_url=origin,
    )
    return request, origin


def shown(
    response: Response, *, head: bool, environ: Mapping[str, Any]
) -> tuple[list[tuple[str, str]], Iterable[bytes]]:
    """The headers and the body of an answer; that to a HEAD goes without one, and a fault does its part.

    This is where a response becomes what WSGI servers send.
    """
    effect = response.effect
    if effect is not None and effect.kind == "delay" and effect.real:
        time.sleep(effect.seconds)
    lines, body = list(response.announced()), response.body
    if head or not response.has_body():
        return lines, ()
    if not isinstance(body, bytes):
        return lines, body
    return lines, (body,) if effect is None else _spoilt(body, effect, environ)


def _spoilt(body: bytes, effect: Effect, environ: Mapping[str, Any]) -> Iterable[bytes]:
    if effect.kind == "truncate" and effect.size < len(body):
        return _broken(body[: effect.size], environ)
    if effect.kind == "dribble":
        # only a server's own environment names a server: nobody waits for a test client, which has no socket
        return _dribbling(body, effect.size, effect.seconds if "SERVER_SOFTWARE" in environ else 0)
    return (body,)


def _broken(body: bytes, environ: Mapping[str, Any]) -> Iterator[bytes]:
    yield body
    _hang_up(environ)


def _dribbling(body: bytes, size: int, seconds: float) -> Iterator[bytes]:
    for at in range(0, len(body), size):
        if at and seconds:
            time.sleep(seconds)
        yield body[at : at + size]


def _hung_up(environ: Mapping[str, Any]) -> ConnectionResetError:
    """What an application raises for a server to close the connection without an answer.

    wsgiref, werkzeug and gunicorn take it for a client that has gone, and write nothing.
    """
    _hang_up(environ)
    return ConnectionResetError(errno.ECONNRESET, "the connection was cut by a fault")


def _hang_up(environ: Mapping[str, Any]) -> None:
    """End the connection, where the server shows it."""
    for name in ("werkzeug.socket", "gunicorn.socket"):
        connection = environ.get(name)
        if isinstance(connection, socket.socket):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _here(registry: Registry | None) -> Registry:
    if registry is None:
        raise ValueError(
            "these sandboxes live on a server somewhere else, which answers already: point the client at base_url, or "
            "open a sandbox in this process (harness.sandbox())"
        )
    return registry


def _path(environ: Mapping[str, Any]) -> str:
    decoded = str(environ.get("PATH_INFO") or "/").encode("latin-1")
    mounted = str(environ.get("SCRIPT_NAME") or "").encode("latin-1")
    for name in ("REQUEST_URI", "RAW_URI"):
        raw = str(environ.get(name) or "").partition("?")[0]
        if raw.startswith("/"):
            found = _behind(raw, mounted)
            if found is not None and unquote_to_bytes(found) == decoded:
                return found
    return quote(decoded, safe="/:@!$&'()*+,;=~")


def _behind(raw: str, mounted: bytes) -> str | None:
    """The raw path behind the place the application is mounted at."""
    if not mounted:
        return raw
    for size in _ends(raw):
        if unquote_to_bytes(raw[:size]) == mounted:
            return raw[size:] or "/"
    return None


def _ends(raw: str) -> Iterator[int]:
    """Where a part of a path ends."""
    yield from (place for place, letter in enumerate(raw) if letter == "/" and place)
    yield len(raw)


def _body(environ: Mapping[str, Any]) -> bytes:
    stream = environ.get("wsgi.input")
    if stream is None:
        return b""
    length = environ.get("CONTENT_LENGTH")
    if length:
        return bytes(stream.read(int(length)))
    return bytes(stream.read()) if environ.get("wsgi.input_terminated") else b""
