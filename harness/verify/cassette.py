"""Cassettes: conversations with an API in VCR format, each with its provenance.

What vcrpy reads and writes, with `metadata.provenance` in it (vcrpy keeps `metadata`). No cassette is ever produced
from a fake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from harness.data import folder
from harness.nearest import unknown

GOLDEN = "golden"
"""The folder beside a provider's cassettes with what is expected of mappings."""

KINDS = ("recorded", "transcribed", "documented")
"""Recorded live; transcribed from somebody's recording; written from documentation."""

_PROVENANCE = ("kind", "date", "source", "api_version", "operations", "note", "quirks")
_REQUIRED = ("kind", "date", "source", "api_version", "operations")

_INTERACTION = ("request", "response", "recorded_at", "x-evidence", "x-inferred", "x-note", "x-file-size", "x-key")

Headers = tuple[tuple[str, str], ...]


class CassetteError(ValueError):
    """Cassettes that cannot be used; each problem names file and line, and what to do."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a cassette comes from."""

    kind: str
    date: date
    """When it was recorded or written."""
    source: tuple[str, ...]
    """Addresses or short names of what it was taken from."""
    api_version: str
    operations: tuple[str, ...]
    """What it shows, by operation id."""
    note: str | None = None
    quirks: Mapping[str, str] = field(default_factory=dict, hash=False)
    """The sides of quirks that it shows, where they are not the default ones."""

    def document(self) -> dict[str, Any]:
        """As it stands in the file."""
        found: dict[str, Any] = {
            "kind": self.kind,
            "date": self.date.isoformat(),
            "source": list(self.source),
            "api_version": self.api_version,
            "operations": list(self.operations),
        }
        if self.note:
            found["note"] = self.note
        if self.quirks:
            found["quirks"] = dict(self.quirks)
        return found


@dataclass(frozen=True, slots=True)
class Interaction:
    """One request and its answer. Header names are lower case."""

    number: int
    """Its place in the cassette, from 0."""
    place: str
    """`contacts.yaml:12`."""
    method: str
    uri: str
    request_headers: Headers
    request_body: bytes
    status: int
    headers: Headers
    body: bytes
    evidence: str
    """How sure its answer is: the kind of its cassette, or `inferred` where no source shows it."""
    inferred: tuple[str, ...] = ()
    """The parts of the answer that no source shows: `status`, `headers`, `body`."""
    note: str | None = None
    file_size: int | None = None
    """The bytes of an uploaded file that are left out of the request."""
    key: Mapping[str, Any] | None = field(default=None, hash=False)
    """What is known of its key, where it is not the one of the others: `{roles: [...]}`, as the provider's pack reads
    it."""

    @property
    def path(self) -> str:
        """The path of the address, percent-encoded."""
        return urlsplit(self.uri).path

    @property
    def query(self) -> str:
        """The query string, as it was sent."""
        return urlsplit(self.uri).query

    def header(self, name: str) -> str | None:
        """The answer's first header of that lower-case name."""
        return next((value for key, value in self.headers if key == name), None)

    def json(self) -> Any:
        """The answer's body as data, None where it is empty or no JSON."""
        try:
            return orjson.loads(self.body) if self.body else None
        except orjson.JSONDecodeError:
            return None


@dataclass(frozen=True, slots=True)
class Cassette:
    """A conversation."""

    name: str
    """`superchat/contacts`."""
    provider: str
    path: Path | None
    provenance: Provenance
    interactions: tuple[Interaction, ...] = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> Cassette:
        """A file. Raises CassetteError, with every problem found."""
        from harness import marked_yaml

        shown = f"{path.parent.name}/{path.name}"
        try:
            source = marked_yaml.read(path, recorded=True)
        except marked_yaml.Unreadable as error:
            where = ":".join(str(part) for part in (shown, error.line, error.column) if part is not None)
            raise CassetteError([f"{where}: {error}"]) from None
        reader = _Reader(shown, source)
        cassette = reader.cassette(path)
        if cassette is None or reader.problems:
            raise CassetteError(reader.problems)
        return cassette

    def document(self) -> dict[str, Any]:
        """As vcrpy writes it."""
        return {
            "version": 1,
            "metadata": {"provenance": self.provenance.document()},
            "interactions": [_written(each) for each in self.interactions],
        }

    def save(self, path: Path) -> None:
        """Write the file; it is there whole or not at all."""
        import yaml

        text = yaml.dump(self.document(), Dumper=yaml.SafeDumper, sort_keys=False, allow_unicode=True, width=120)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.writing")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)

    def with_interactions(self, interactions: Iterable[Interaction]) -> Cassette:
        """The same with other interactions, numbered anew."""
        numbered = tuple(replace(each, number=number) for number, each in enumerate(interactions))
        return replace(self, interactions=numbered)


def shipped_folder(provider: str) -> Path:
    """Where the cassettes of a provider stand."""
    return folder("cassettes") / provider


def files(place: Path) -> list[Path]:
    """The cassette files under a folder, golden files aside, or the one file itself."""
    return [place] if place.is_file() else sorted(f for f in place.rglob("*.yaml") if GOLDEN not in f.parts)


def load_all(place: Path) -> list[Cassette]:
    """All cassettes under a folder. Raises CassetteError with the problems of all of them."""
    found, problems = [], []
    for file in files(place):
        try:
            status = file.stat()
            found.append(_kept(file, status.st_mtime_ns, status.st_size))
        except CassetteError as error:
            problems.extend(error.problems)
    if problems:
        raise CassetteError(problems)
    return found


@lru_cache(maxsize=512)
def _kept(file: Path, changed: int, size: int) -> Cassette:
    return Cassette.load(file)


def _written(interaction: Interaction) -> dict[str, Any]:
    extra: dict[str, Any] = {"x-evidence": "inferred"} if interaction.evidence == "inferred" else {}
    if interaction.inferred:
        extra["x-inferred"] = list(interaction.inferred)
    if interaction.note:
        extra["x-note"] = interaction.note
    if interaction.file_size is not None:
        extra["x-file-size"] = interaction.file_size
    if interaction.key is not None:
        extra["x-key"] = dict(interaction.key)
    return {
        **extra,
        "request": {
            "method": interaction.method,
            "uri": interaction.uri,
            "headers": _lists(interaction.request_headers),
            "body": _text(interaction.request_body) if interaction.request_body else None,
        },
        "response": {
            "status": {"code": interaction.status, "message": phrase(interaction.status)},
            "headers": _lists(interaction.headers),
            "body": {"string": _text(interaction.body)},
        },
    }


def _lists(headers: Headers) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    return found


def _text(body: bytes) -> str | bytes:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body


def phrase(status: int) -> str:
    """What HTTP calls a status; empty for one it does not know."""
    from http import HTTPStatus

    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


class _Reader:
    """Reads what a file holds and gathers what is wrong with it."""

    def __init__(self, name: str, source: Any) -> None:
        self.name = name
        self.source = source
        self.problems: list[str] = [f"{self._where(place)}: {text}" for place, text in source.findings]

    def cassette(self, path: Path) -> Cassette | None:
        data = self.source.data
        if not isinstance(data, Mapping) or not isinstance(data.get("interactions"), list):
            self._wrong((), "is no cassette: it has no list 'interactions'; record it with vcrpy or `harness record`")
            return None
        if data.get("version") != 1:
            self._wrong(("version",), f"version is 1, not {data.get('version')!r}")
        provenance = self._provenance(data)
        interactions = tuple(self._interactions(data["interactions"], provenance.kind if provenance else ""))
        if not data["interactions"]:
            self._wrong(
                ("interactions",), "holds no interaction: an empty cassette proves nothing; delete or record it"
            )
        if provenance is None:
            return None
        provider = path.parent.name
        return Cassette(f"{provider}/{path.stem}", provider, path, provenance, interactions)

    def _provenance(self, data: Mapping[str, Any]) -> Provenance | None:
        place: tuple[str, ...] = ("metadata", "provenance")
        metadata = data.get("metadata")
        found = metadata.get("provenance") if isinstance(metadata, Mapping) else None
        if not isinstance(found, Mapping):
            keys = ", ".join(_REQUIRED)
            self._wrong(("metadata",), f"has no metadata.provenance: say where it comes from, with {keys}")
            return None
        before = len(self.problems)
        for key in found:
            if key not in _PROVENANCE:
                self._wrong((*place, str(key)), unknown("key of provenance", str(key), _PROVENANCE))
        for key in _REQUIRED:
            if not found.get(key):
                self._wrong((*place, key), f"provenance has no {key}")
        kind, when = found.get("kind"), found.get("date")
        if kind and kind not in KINDS:
            self._wrong((*place, "kind"), unknown("kind of provenance", str(kind), KINDS))
        if isinstance(when, str):
            try:
                when = date.fromisoformat(when)
            except ValueError:
                self._wrong((*place, "date"), f"is no date: {when!r}; write such as 2026-11-22")
        quirks = found.get("quirks") or {}
        if not isinstance(quirks, Mapping) or not all(isinstance(choice, str) for choice in quirks.values()):
            self._wrong((*place, "quirks"), "quirks are a mapping of names to choices, which are texts")
        if len(self.problems) > before or not isinstance(when, date):
            return None
        return Provenance(
            str(kind),
            when,
            self._texts(found, "source"),
            str(found["api_version"]),
            self._texts(found, "operations"),
            found.get("note"),
            dict(quirks),
        )

    def _texts(self, found: Mapping[str, Any], key: str) -> tuple[str, ...]:
        value = found[key]
        return (value,) if isinstance(value, str) else tuple(map(str, value))

    def _evidence(self, place: tuple[Any, ...], item: Mapping[str, Any], kind: str) -> str:
        for key in item:
            if key not in _INTERACTION:
                self._wrong((*place, key), unknown("key of an interaction", str(key), _INTERACTION))
        level = item.get("x-evidence", kind)
        if level not in (kind, "inferred"):
            self._wrong((*place, "x-evidence"), f"x-evidence is 'inferred' or nothing, not {level!r}")
        return str(level)

    def _interactions(self, items: list[Any], kind: str) -> Iterator[Interaction]:
        for number, item in enumerate(items):
            place = ("interactions", number)
            request = item.get("request") if isinstance(item, Mapping) else None
            response = item.get("response") if isinstance(item, Mapping) else None
            if not isinstance(request, Mapping) or not isinstance(response, Mapping):
                self._wrong(place, "an interaction has a request and a response")
                continue
            method, uri, status = request.get("method"), request.get("uri"), response.get("status")
            code = status.get("code") if isinstance(status, Mapping) else None
            if not isinstance(method, str) or not isinstance(uri, str) or not urlsplit(uri).scheme:
                self._wrong((*place, "request"), "a request has a method and a whole uri, with https://")
                continue
            if not isinstance(code, int) or not 100 <= code <= 599:
                self._wrong((*place, "response"), "a response has a status with a code from 100 to 599")
                continue
            yield Interaction(
                number,
                self._where(place),
                method.upper(),
                uri,
                self._headers((*place, "request"), request.get("headers")),
                self._body(request.get("body")),
                code,
                self._headers((*place, "response"), response.get("headers")),
                self._body(response.get("body")),
                self._evidence(place, item, kind),
                tuple(item.get("x-inferred") or ()),
                item.get("x-note"),
                item.get("x-file-size"),
                self._key((*place, "x-key"), item.get("x-key")),
            )

    def _key(self, place: tuple[Any, ...], value: Any) -> Mapping[str, Any] | None:
        if value is None or isinstance(value, Mapping):
            return value
        self._wrong(place, "x-key is a mapping that tells of the key, such as {roles: [...]}")
        return None

    def _headers(self, place: tuple[Any, ...], value: Any) -> Headers:
        if value is None:
            return ()
        if not isinstance(value, Mapping):
            self._wrong((*place, "headers"), "headers are a mapping of names to lists")
            return ()
        pairs = (
            (name, item) for name, items in value.items() for item in (items if isinstance(items, list) else [items])
        )
        return tuple((str(name).lower(), str(item)) for name, item in pairs)

    def _body(self, value: Any) -> bytes:
        if isinstance(value, Mapping):
            value = value.get("string")
        if value is None:
            return b""
        return value if isinstance(value, bytes) else str(value).encode()

    def _where(self, place: tuple[Any, ...]) -> str:
        return f"{self.name}:{self.source.position(place)[0]}"

    def _wrong(self, place: tuple[Any, ...], message: str) -> None:
        self.problems.append(f"{self._where(place)}: {message}")
