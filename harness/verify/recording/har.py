"""Cassettes from HAR files, which browsers and proxies save, and back."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson

from harness.core.hosts import known_as
from harness.verify.cassette import Cassette, Headers, Interaction, Provenance, phrase
from harness.verify.operations import Operations

if TYPE_CHECKING:
    from harness.core.pack import Pack

MAX_BYTES = 200_000_000
"""How large a HAR file may be."""


class HarError(ValueError):
    """A HAR file that cannot be read; the text names the file and the entry."""


def imported(
    file: Path, pack: Pack, kind: str, when: date, *, source: str | None = None, note: str | None = None
) -> tuple[list[Cassette], list[str]]:
    """What a HAR file has of a provider, one cassette a resource, not yet scrubbed; and what was left out, with the
    reason. Raises HarError."""
    operations = Operations(pack.contract, pack.target)
    found: dict[str, list[Interaction]] = {}
    shown: dict[str, list[str]] = {}
    left: list[str] = []
    for number, entry in enumerate(_entries(file)):
        place = f"{file.name}, entry {number}"
        interaction = _interaction(entry, place, kind)
        host = urlsplit(interaction.uri).hostname or ""
        operation = operations.id_of(interaction)
        if interaction.method == "OPTIONS":
            continue  # a browser's question before the call
        if known_as(host, pack.hosts) is None:
            left.append(f"{place}: {host or 'no host'} is not a host of {pack.title} ({', '.join(pack.hosts)})")
        elif operation is None:
            left.append(f"{place}: the contract has no {interaction.method} {interaction.path}")
        elif not interaction.status:
            left.append(f"{place}: {operation} was not answered")
        else:
            found.setdefault(operation.rpartition(".")[0], []).append(interaction)
            shown.setdefault(operation.rpartition(".")[0], []).append(operation)
    version = str(pack.contract.document["info"]["version"])
    cassettes = []
    for resource, interactions in found.items():
        provenance = Provenance(
            kind, when, (source or f"HAR file {file.name}",), version, tuple(dict.fromkeys(shown[resource])), note
        )
        cassette = Cassette(f"{pack.name}/{resource}", pack.name, None, provenance, ())
        cassettes.append(cassette.with_interactions(interactions))
    return cassettes, left


def exported(cassette: Cassette) -> dict[str, Any]:
    """A cassette as a HAR document. Times are unknown, and said to be."""
    began = f"{cassette.provenance.date.isoformat()}T00:00:00.000Z"
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "provider-harness", "version": "1"},
            "comment": f"{cassette.name}, {cassette.provenance.kind} {cassette.provenance.date}",
            "entries": [_entry(each, began) for each in cassette.interactions],
        }
    }


def _entries(file: Path) -> list[Mapping[str, Any]]:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise HarError(f"{file}: is over {MAX_BYTES} bytes; save fewer requests")
        document = orjson.loads(file.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except OSError as error:
        raise HarError(f"{file}: {error.strerror}") from None
    except orjson.JSONDecodeError as error:
        raise HarError(f"{file}:{error.lineno}: is no JSON: {error.msg}") from None
    log = document.get("log") if isinstance(document, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise HarError(f"{file}: is no HAR file: it has no log.entries")
    return entries


def _interaction(entry: Any, place: str, kind: str) -> Interaction:
    request = entry.get("request") if isinstance(entry, Mapping) else None
    answer = entry.get("response") if isinstance(entry, Mapping) else None
    if not isinstance(request, Mapping) or not isinstance(answer, Mapping):
        raise HarError(f"{place}: an entry has a request and a response")
    method, uri, status = request.get("method"), request.get("url"), answer.get("status")
    if not isinstance(method, str) or not isinstance(uri, str) or not isinstance(status, int):
        raise HarError(f"{place}: needs request.method, request.url and response.status")
    return Interaction(
        0,
        place,
        method.upper(),
        uri,
        _headers(request, place),
        _sent(request.get("postData"), place),
        status if 100 <= status <= 599 else 0,
        # the text of a HAR file is decoded
        tuple((name, value) for name, value in _headers(answer, place) if name != "content-encoding"),
        _content(answer.get("content"), place),
        kind,
    )


def _headers(message: Mapping[str, Any], place: str) -> Headers:
    found = message.get("headers") or []
    try:
        pairs = [(str(each["name"]).lower(), str(each["value"])) for each in found]
    except (KeyError, TypeError):
        raise HarError(f"{place}: headers are a list of names and values") from None
    return tuple(pair for pair in pairs if not pair[0].startswith(":"))


def _sent(data: Any, place: str) -> bytes:
    if not isinstance(data, Mapping):
        return b""
    if isinstance(data.get("text"), str) and data["text"]:
        return _decoded(data, place)
    pairs = [(str(each.get("name", "")), str(each.get("value", ""))) for each in data.get("params") or []]
    return urlencode(pairs).encode()


def _content(data: Any, place: str) -> bytes:
    return _decoded(data, place) if isinstance(data, Mapping) and isinstance(data.get("text"), str) else b""


def _decoded(data: Mapping[str, Any], place: str) -> bytes:
    if data.get("encoding") != "base64":
        return str(data["text"]).encode()
    try:
        return b64decode(data["text"], validate=True)
    except (NoBase64, ValueError):
        raise HarError(f"{place}: a body that is said to be base64 is none") from None


def _entry(interaction: Interaction, began: str) -> dict[str, Any]:
    sent: dict[str, Any] = {}
    if interaction.request_body:
        media = next((value for name, value in interaction.request_headers if name == "content-type"), "")
        sent = {"postData": {"mimeType": media, **_text(interaction.request_body)}}
    media = interaction.header("content-type") or "application/octet-stream"
    return {
        "startedDateTime": began,
        "time": -1,
        "cache": {},
        "timings": {"send": -1, "wait": -1, "receive": -1},
        "request": {
            "method": interaction.method,
            "url": interaction.uri,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(interaction.request_headers),
            "queryString": _pairs(parse_qsl(interaction.query, keep_blank_values=True)),
            **sent,
            "headersSize": -1,
            "bodySize": len(interaction.request_body),
        },
        "response": {
            "status": interaction.status,
            "statusText": phrase(interaction.status),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(interaction.headers),
            "content": {"size": len(interaction.body), "mimeType": media, **_text(interaction.body)},
            "redirectURL": interaction.header("location") or "",
            "headersSize": -1,
            "bodySize": len(interaction.body),
        },
    }


def _pairs(headers: Any) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _text(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": b64encode(body).decode(), "encoding": "base64"}
