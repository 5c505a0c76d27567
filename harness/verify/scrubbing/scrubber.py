"""Interactions without secrets and persons, fit to be committed.

What a field holds is told by the contract and by what fields are usually called; over every text, the address and the
headers included, lies a net that knows secrets, addresses, numbers and ids by their form. What is
scrubbed already stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from harness.core.hosts import known_as
from harness.core.journal import SECRET_HEADERS
from harness.verify.cassette import Cassette, CassetteError, Headers, Interaction
from harness.verify.operations import Operations
from harness.verify.scrubbing.json_text import KEY, NoJson, Path, rewritten
from harness.verify.scrubbing.leaks import check_places
from harness.verify.scrubbing.personal import Rules, is_plain, rules_of
from harness.verify.scrubbing.pseudonyms import Pseudonyms
from harness.verify.scrubbing.scrubbed_text import TextScrubber, is_told
from harness.verify.scrubbing.secret_forms import authorization, cookie, is_secret_name

if TYPE_CHECKING:
    from harness.core.pack import Pack

_CREDENTIALS = ("authorization", "proxy-authorization")
_COOKIES = ("cookie", "set-cookie")
_GONE = ("content-encoding", "transfer-encoding")
"""Headers of a body that is written as it is read."""
_AS_THEY_ARE = ("content-type", "accept", "accept-encoding", "connection", "date", "content-length", "age")
_FILE_NAME = re.compile(r"(filename=)(\"?)([^\";]+)(\"?)")
_ENCODED_NAME = re.compile(r"(filename\*=[\w-]*'[\w-]*')([^;]+)")
_BOUNDARY = re.compile(r"boundary=\"?([^\";]+)\"?")
_PART_NAME = re.compile(r"\bname=\"?([^\";]+)\"?")
_NOTHING = b"scrubbed "


class NotScrubbed(CassetteError):
    """What cannot be written, for it would tell a secret or a person; each problem names place and remedy."""


@dataclass(slots=True)
class Scrubber:
    """Scrubs the interactions of one provider."""

    pack: Pack
    pseudonyms: Pseudonyms
    live_key: str | None = field(default=None, repr=False)
    hosts: Iterable[str] = ()
    """Hosts, beside the provider's, whose names stay."""
    changed: list[tuple[str, str]] = field(default_factory=list)
    """What was replaced: the place, with the part, and the kind; never the value."""
    _text: TextScrubber = field(init=False, repr=False)
    _rules: Rules = field(init=False, repr=False)
    _operations: Operations = field(init=False, repr=False)
    _key_headers: frozenset[str] = field(init=False, repr=False)
    _secret_headers: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        secrets = {self.live_key: fake_key(self.pack)} if self.live_key else {}
        self._rules = rules_of(self.pack.contract)
        own = self.pack.hosts
        self._text = TextScrubber(
            self.pseudonyms,
            hosts=[*own, *(host for host in self.hosts if known_as(host.lower(), own) is None)],
            secrets=secrets,
            kind=lambda name: self._rules.kind(None, (name,)),
        )
        self._operations = Operations(self.pack.contract, self.pack.target)
        self._key_headers = frozenset(name.lower() for name in self.pack.headers("k"))
        self._secret_headers = SECRET_HEADERS | self.pack.secret_headers | self._key_headers

    def cassettes(self, cassettes: Iterable[Cassette]) -> list[Cassette]:
        """All of them; a name or a secret in one is found in each. Raises NotScrubbed."""
        found = [self._readable(cassette) for cassette in cassettes]
        for cassette in found:
            for interaction in cassette.interactions:
                self._learn(interaction)
        scrubbed = [cassette.with_interactions(map(self._interaction, cassette.interactions)) for cassette in found]
        problems = [problem for cassette in scrubbed for problem in self._left(cassette)]
        if problems:
            raise NotScrubbed(problems)
        return scrubbed

    def _readable(self, cassette: Cassette) -> Cassette:
        return cassette.with_interactions(_decoded(each) for each in cassette.interactions)

    def _learn(self, interaction: Interaction) -> None:
        """What is secret or a name by its place is the same elsewhere."""
        operation = self._operations.id_of(interaction)

        def note(path: Path, text: str, number: bool) -> str:
            kind = self._rules.kind(operation, path)
            if not number and kind == "name":
                self._text.learn_name(text)
            if not number and kind in ("phone", "handle", "any"):
                self._text.learn_value(kind, text)
            if not number and self._is_secret(path, kind):
                self._text.learn_secret(text)
            return text

        for body in (interaction.request_body, interaction.body):
            try:
                rewritten(body.decode(), note)
            except (NoJson, UnicodeDecodeError):
                continue
        for name, value in (*interaction.request_headers, *interaction.headers):
            if name in self._secret_headers and name not in _COOKIES:
                self._text.learn_secret(value.rpartition(" ")[2])

    def _interaction(self, interaction: Interaction) -> Interaction:
        operation = self._operations.id_of(interaction)
        place = interaction.place

        def told(part: str, kind: str, old: str, new: str) -> str:
            if old != new:
                self.changed.append((f"{place} {part}", kind))
            return new

        def parameter(name: str, text: str) -> str:
            return told(f"query.{name}", "query", text, self._value(operation, (name,), text, known=True))

        uri = self._text.url(interaction.uri, value=parameter)
        told("uri", "address", interaction.uri, uri)
        request = self._message(operation, "request", interaction.request_headers, interaction.request_body, told)
        answer = self._message(operation, "answer", interaction.headers, interaction.body, told)
        return replace(
            interaction, uri=uri, request_headers=request[0], request_body=request[1], headers=answer[0], body=answer[1]
        )

    def _message(
        self, operation: str | None, side: str, headers: Headers, body: bytes, told: Callable[[str, str, str, str], str]
    ) -> tuple[Headers, bytes]:
        media = next((value for name, value in headers if name == "content-type"), "")
        new = self._body(operation, side, media, body, told)
        found = []
        for name, value in headers:
            if name == "content-length" and len(new) != len(body):
                value = str(len(new))
            found.append((name, told(f"{side} header {name}", "header", value, self._header(name, value))))
        return tuple(found), new

    def _header(self, name: str, value: str) -> str:
        if name in _AS_THEY_ARE:
            return value
        if name in _COOKIES:
            return cookie(value, is_set=name == "set-cookie")
        if self.live_key and self.live_key in value:
            value = value.replace(self.live_key, fake_key(self.pack))
        if name in _CREDENTIALS or name in self._secret_headers or is_secret_name(name):
            return value if fake_key(self.pack) in value else authorization(value)
        if name == "host":
            host, colon, port = value.partition(":")
            return f"{self._text.host(host)}{colon}{port}"
        if "filename" in value:
            value = _FILE_NAME.sub(
                lambda match: f"{match[1]}{match[2]}{self._text.of_kind('file', match[3])}{match[4]}", value
            )
            value = _ENCODED_NAME.sub(lambda match: match[1] + self._text.of_kind("file", unquote(match[2])), value)
        return self._text.net(value)

    def _body(
        self, operation: str | None, side: str, media: str, body: bytes, told: Callable[[str, str, str, str], str]
    ) -> bytes:
        if not body:
            return body
        kind = media.partition(";")[0].strip().lower()
        if kind.startswith("multipart/") and (match := _BOUNDARY.search(media)):
            return self._parts(operation, side, body, match[1].encode(), told)
        try:
            text = body.decode()
        except UnicodeDecodeError:
            told(f"{side} body", "bytes", "", "scrubbed" if body != _blank(body) else "")
            return _blank(body)

        def value(path: Path, text: str, number: bool) -> str:
            new = self._value(operation, path, text, number=number)
            return told(f"{side} body.{'.'.join(path)}", self._rules.kind(operation, path) or "form", text, new)

        if kind == "application/x-www-form-urlencoded":
            pairs = self._text.url(f"?{text}", value=lambda name, text: value((name,), text, False))
            return pairs[1:].encode()
        try:
            return rewritten(text, value).encode()
        except NoJson:
            return told(f"{side} body", "text", text, self._text.text(text)).encode()

    def _value(self, operation: str | None, path: Path, text: str, *, number: bool = False, known: bool = False) -> str:
        """A value by its field. A field that nobody described may hold anything: it is free text."""
        kind = self._rules.kind(operation, path)
        if number:
            told = kind not in (None, "keep") and len(text) > 3
            return _figure(text) if told or self._is_secret(path, kind) else text
        if path[-1] == KEY:
            return self._text.net(text)
        if self._is_secret(path, kind):
            return self._text.of_kind("secret", text)
        if text[:1] in ("{", "["):
            try:
                return self._nested(operation, text)
            except NoJson:
                pass
        # an unknown key may look like an id, its stand-in does not: judge what is left of it
        if kind is None and not known and not self._is_harmless(path, self._text.without_secrets(text)):
            coded = self._text.coded(text, self._text.text)
            return self._text.text(text) if coded is None else coded
        if kind is None or kind == "keep":
            return self._text.net(text)
        return self._text.of_kind(kind, text)

    def _nested(self, operation: str | None, text: str) -> str:
        """JSON within a text. Raises NoJson."""

        def value(path: Path, text: str, number: bool) -> str:
            return self._value(operation, path or ("",), text, number=number)

        return rewritten(text, value)

    def _is_harmless(self, path: Path, text: str) -> bool:
        return self._rules.is_described(path[-1]) or is_plain(text) or is_told(text)

    def _is_secret(self, path: Path, kind: str | None) -> bool:
        return kind == "secret" or (kind is None and is_secret_name(path[-1])) or path[-1] in self.pack.secret_fields

    def _parts(
        self,
        operation: str | None,
        side: str,
        body: bytes,
        boundary: bytes,
        told: Callable[[str, str, str, str], str],
    ) -> bytes:
        found = []
        for part in body.split(b"--" + boundary):
            head, blank, content = part.partition(b"\r\n\r\n")
            if not blank:
                found.append(part)
                continue
            lines = [
                f"{name}:{self._header(name.strip().lower(), value)}" if colon else line
                for line in head.decode("utf-8", "replace").split("\r\n")
                for name, colon, value in [line.partition(":")]
            ]
            name = match[1] if (match := _PART_NAME.search("\r\n".join(lines))) else ""
            inner = content.removesuffix(b"\r\n")
            try:
                text = inner.decode()
                new = told(
                    f"{side} body.{name}",
                    "part",
                    text,
                    self._part(operation, name, text, "filename" in head.decode("utf-8", "replace")),
                ).encode()
            except UnicodeDecodeError:
                new = _blank(inner)
            found.append("\r\n".join(lines).encode() + blank + new + content[len(inner) :])
        return (b"--" + boundary).join(found)

    def _part(self, operation: str | None, name: str, text: str, is_file: bool) -> str:
        return self._text.text(text) if is_file else self._value(operation, (name,), text)

    def _left(self, cassette: Cassette) -> list[str]:
        """What must not be written, by place, with the remedy."""
        found = check_places(cassette, self.pack)
        texts = [(each, _everything(each)) for each in cassette.interactions]
        for interaction, text in texts:
            if self.live_key and self.live_key in text:
                found.append(f"{interaction.place}: the live key is still there; leave this request out of the plan")
            left = [what for original, what in self._text.originals.items() if original in text]
            found += [
                f"{interaction.place}: {what} that was replaced elsewhere is still there; name its field under"
                " x-personal in the provider's contract, or leave this request out"
                for what in dict.fromkeys(left)
            ]
        return found


def fake_key(pack: Pack) -> str:
    """The key that stands in cassettes for whatever key was used."""
    return pack.make_key("cassette", None)


def _everything(interaction: Interaction) -> str:
    headers = "\n".join(value for _, value in (*interaction.request_headers, *interaction.headers))
    bodies = interaction.request_body + b"\n" + interaction.body
    text = f"{interaction.uri}\n{headers}\n{bodies.decode('utf-8', 'replace')}"
    return f"{text}\n{unquote(text)}"


def _figure(text: str) -> str:
    return re.sub(r"\d", "1", text.partition("e")[0].partition("E")[0])


def _blank(body: bytes) -> bytes:
    """Bytes that show nothing: what was there is no text, so nobody can tell what it tells."""
    return (_NOTHING * (len(body) // len(_NOTHING) + 1))[: len(body)]


def _decoded(interaction: Interaction) -> Interaction:
    """With bodies that can be read."""
    coding = next((value.lower() for name, value in interaction.headers if name == "content-encoding"), "identity")
    body = interaction.body
    if coding in ("gzip", "deflate", "x-gzip") and body:
        import zlib

        try:
            body = zlib.decompress(body, wbits=47 if "gzip" in coding else 15)
        except zlib.error:
            if not _is_text(body):
                raise NotScrubbed([f"{interaction.place}: the body is no {coding}: record it anew"]) from None
    elif coding != "identity" and not _is_text(body):
        raise NotScrubbed(
            [f"{interaction.place}: a body in {coding} cannot be looked into; record it with Accept-Encoding: identity"]
        )
    headers = tuple((name, value) for name, value in interaction.headers if name not in _GONE)
    if len(body) != len(interaction.body):
        headers = tuple((name, str(len(body)) if name == "content-length" else value) for name, value in headers)
    return replace(interaction, headers=headers, body=body)


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
