"""One text without secrets and persons: what has a form that tells (an address, a number, a key, an id) is replaced
wherever it stands, free text as a whole."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from harness.core.hosts import known_as
from harness.verify.scrubbing import pseudonyms
from harness.verify.scrubbing.pseudonyms import Pseudonyms
from harness.verify.scrubbing.secret_forms import FAKE_JWT, is_secret_parameter, stand_in, without_secrets

# bounded everywhere: a long text that fits nothing must not be walked from each of its places
EMAIL = re.compile(r"[\w.+-]{1,64}@(?:\w[\w-]{0,62}\.){1,9}\w{2,24}")
PHONE = re.compile(r"(?:\+|(?<![\w+])00)[1-9](?:[ ()./-]{0,2}\d){6,14}(?!\d)")
IPV4 = re.compile(r"(?<!\d)(?<!\d\.)(?:\d{1,3}\.){3}\d{1,3}(?!\d)")
IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-fA-F]{1,4}:){2,7}(?::?[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4}){0,5}|:)(?![\w:])")
_TOKEN = re.compile(
    rf"(?P<fake>{re.escape(FAKE_JWT)})"
    r"|(?P<url>(?<![a-zA-Z0-9])[a-zA-Z][a-zA-Z0-9]{1,15}://[^\s\"'<>\\]+)"
    rf"|(?P<email>{EMAIL.pattern})"
    r"|(?P<iban>(?-i:(?<![0-9A-Za-z])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![0-9A-Za-z])))"
    rf"|(?P<id>(?-i:(?<![0-9A-Za-z])(?:{pseudonyms.UUID.pattern}|[0-9a-f]{{32}}|[0-9a-f]{{24}})(?![0-9A-Za-z])"
    r"|[a-z]{2,5}_(?=[a-z]*[0-9A-Z])[0-9A-Za-z]{12,}))"
    rf"|(?P<phone>{PHONE.pattern})|(?P<ip>{IPV4.pattern}|{IPV6.pattern})"
)
_ESCAPED = re.compile(r"(?<![\w.~+@%-])(?:[\w.~+@-]|%[0-9A-Fa-f]{2})*%[0-9A-Fa-f]{2}(?:[\w.~+@-]|%[0-9A-Fa-f]{2})*")
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{12,}={0,2}(?![A-Za-z0-9+/=_-])")
_TAGS = (
    "a b body blockquote br center code div em font h1 h2 h3 h4 h5 h6 head hr html i img li meta ol p pre s small span"
    " strong style sub sup table tbody td th thead title tr u ul link"
)
_KEPT = re.compile(
    rf"\{{\{{\s*\w+\s*\}}\}}|</?(?:{'|'.join(_TAGS.split())})\s*/?>|&(?:[a-z]{{2,8}}|#\d{{2,6}});", re.IGNORECASE
)
"""In free text: placeholders, tags without attributes, entities."""
_TAG = re.compile(rf"(<(?:{'|'.join(_TAGS.split())})\b)([^<>]*)(/?>)", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"(\s{1,20}(?:href|src|alt|title|style|class|width|height|align|border|color|target|rel)=)(\"[^\"]*\"|'[^']*')",
    re.IGNORECASE,
)
_LOOKS = ("style", "class", "width", "height", "align", "border", "color", "target", "rel")
_PIECE = re.compile(f"{_KEPT.pattern}|(?P<tag>{_TAG.pattern})|{_TOKEN.pattern}", re.IGNORECASE)
_MOMENT = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:([T ])(\d{2}:\d{2}(?::\d{2})?)(\.\d+)?(Z|[+-]\d{2}:?\d{2})?)?")
_DAY = "2000-01-01"
_OF_ALL = ("api", "app", "apps", "files", "file", "cdn", "www", "media", "static", "assets", "storage", "uploads")
"""First labels of hosts below a provider's domain that name no customer."""

_CERTAIN = {
    "email": "an e-mail address",
    "phone": "a phone number",
    "iban": "an IBAN",
}
"""Kinds whose values mean the same wherever they stand."""


class TextScrubber:
    """Replaces in texts; what it has seen of persons it finds again wherever it stands."""

    def __init__(
        self,
        names: Pseudonyms,
        *,
        hosts: Iterable[str] = (),
        secrets: dict[str, str] | None = None,
        kind: Callable[[str], str | None] = lambda name: None,
    ) -> None:
        self._kind = kind
        """What the parameters of the provider's addresses hold, by their names."""
        self.pseudonyms = names
        self._hosts = frozenset(host.lower() for host in hosts)
        self._domains = tuple({"." + ".".join(host.split(".")[-2:]) for host in self._hosts if "." in host})
        self._secrets = dict(secrets or {})
        """Values that are secret wherever they stand, each with its stand-in."""
        self._persons: dict[str, str] = {}
        self._persons_form: re.Pattern[str] | None = None
        self.originals: dict[str, str] = {}
        """What was replaced and must not be found in what is written, with what it is."""

    def learn_secret(self, value: str) -> None:
        """A value to be replaced wherever it stands from now on."""
        if len(value) >= 12 and re.search(r"\d", value) and stand_in(value) != value:
            self._secrets.setdefault(value, stand_in(value))

    def learn_name(self, value: str) -> None:
        """A person's name: its words are replaced in other texts, too."""
        for word in re.findall(r"[^\W\d_]{3,}", value):
            if word[0].isupper() and not pseudonyms.is_word(word):
                self._persons[word] = self.pseudonyms.name(word)
                self._persons_form = None

    def learn_value(self, kind: str, value: str) -> None:
        """A person's number or name in a network, which is replaced in other texts, too."""
        if kind == "any" and _told(value) != "phone":
            return
        if len(value) >= 6 and (replaced := self.of_kind(kind, value)) != value:
            self._persons[value] = replaced
            self._persons_form = None

    def of_kind(self, kind: str, text: str) -> str:
        """A value of a field of that kind."""
        if not text.strip() or kind == "keep":
            return text
        cleared = self.without_secrets(text)
        if kind == "secret":
            replaced = cleared if cleared in self._secrets.values() else stand_in(text)
            if replaced != text and len(text) >= 12 and re.search(r"\d", text):
                self.originals[text] = "a secret"
            return replaced
        if cleared != text or self._has_fake(text):
            return self.text(cleared)
        if kind == "any":
            kind = _told(text)
        replaced = {
            "name": self._name,
            "email": self._email,
            "phone": self._phone,
            "handle": self._handle,
            "ip": self._ip,
            "iban": lambda text: self.pseudonyms.iban(text) if pseudonyms.is_iban(text) else self.text(text),
            "host": self.host,
            "id": self.net,
            "url": self.net,
            "file": self._file,
        }.get(kind, self.text)(text)
        if replaced != text and (found := _TOKEN.fullmatch(text)) and (what := _CERTAIN.get(found.lastgroup or "")):
            self.originals[text] = what
        return replaced

    def _has_fake(self, text: str) -> bool:
        return (
            FAKE_JWT in text
            or pseudonyms.FAKE_UUID in text.lower()
            or any(fake in text for fake in self._secrets.values())
        )

    def without_secrets(self, text: str) -> str:
        """The text with secrets replaced, encoded ones too."""
        for secret, instead in self._secrets.items():
            for form in {secret, quote(secret, safe=""), quote(secret, safe="").lower()}:
                text = text.replace(form, instead)
        return without_secrets(text)

    def net(self, text: str) -> str:
        """Any text: whatever has a form that tells is replaced."""
        if not text:
            return text
        text = self.without_secrets(text)
        if text[0] == "/" and "?" in text and " " not in text:
            return self.url(text)
        text = _ESCAPED.sub(self._escaped, text) if "%" in text else text
        text = _BASE64.sub(self._base64, text)
        text = _TOKEN.sub(self._token, text)
        return self._without_persons(text)

    def text(self, text: str) -> str:
        """Free text: all of it is replaced; where lines break, what stands between words, and marks of HTML stay."""
        if match := _MOMENT.fullmatch(text):
            moment = (
                match[4]
                and f"{match[4]}{re.sub('[0-9]', '0', match[5])}{re.sub('[0-9]', '0', match[6] or '')}{match[7] or ''}"
            )
            return _DAY + (moment or "")
        return self._pieces(text, lambda part, at: self.pseudonyms.filler(part, text, at))

    def _pieces(self, text: str, gap: Callable[[str, int], str]) -> str:
        """What has a form is replaced by that, marks stay, and what stands between them is given to `gap`."""
        cleared = _TAG.sub(lambda match: self._tag(match, text), self.without_secrets(text))
        found: list[str] = []
        done = 0
        for match in _PIECE.finditer(cleared):
            found.append(gap(cleared[done : match.start()], done))
            kind = next((name for name, value in match.groupdict().items() if value is not None), "")
            part = match[0] if kind in ("", "tag") else self._token_of(kind, match[0])
            if kind not in ("", "tag") and part == match[0] and not _is_ours(kind, part):
                part = gap(part, match.start())
            found.append(part)
            done = match.end()
        found.append(gap(cleared[done:], done))
        return "".join(found)

    def url(self, text: str, *, value: Callable[[str, str], str] | None = None) -> str:
        """An address: its host, the parts of its path and the values of its query, each by what it is.

        `value` says what to do with a parameter's value.
        """
        try:
            parts = urlsplit(text)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return self.text(text)
        ours = self.host(host)
        foreign = ours != host and known_as(host.lower(), self._hosts) is None
        netloc = parts.netloc
        if ours != host or "@" in netloc:
            login = "scrubbed:scrubbed@" if "@" in netloc else ""
            netloc = f"{login}{ours}{f':{port}' if port else ''}"
        path = "/".join(self._quoted(part, self._segment if foreign else self.net) for part in parts.path.split("/"))
        query = (
            "&".join(self._parameter(part, foreign, value) for part in parts.query.split("&")) if parts.query else ""
        )
        fragment = self._quoted(parts.fragment, self.text if foreign else self.net)
        if (netloc, path, query, fragment) == (parts.netloc, parts.path, parts.query, parts.fragment):
            return text
        return urlunsplit((parts.scheme, netloc, path, query, fragment))

    def host(self, host: str) -> str:
        """The name of a host: the provider's own and those that nobody owns stay; a label in the place of a `*` in
        one of the provider's names its customer, and goes."""
        lower = host.lower()
        if (known := known_as(lower, self._hosts)) is not None:
            return host if known == lower else known.replace("*", "scrubbed", 1)
        if not host or pseudonyms.is_reserved(lower) or "." not in lower:
            return host
        if lower.endswith(self._domains) and lower.split(".")[0] in _OF_ALL:
            return host
        try:
            return self.pseudonyms.ip(host)
        except ValueError:
            return self.pseudonyms.domain(host)

    def _parameter(self, part: str, foreign: bool, value: Callable[[str, str], str] | None) -> str:
        name, equals, text = part.partition("=")
        if not equals:
            return self._quoted(part, self.text if foreign else self.net)
        plain = unquote(name)

        def replaced(text: str) -> str:
            if is_secret_parameter(plain):
                return stand_in(text)
            if value is not None:
                return value(plain, text)
            if not foreign and (kind := self._kind(plain)) is not None:
                return self.of_kind(kind, text)
            return self.text(text) if foreign else self.net(text)

        return f"{self._quoted(name, self.net)}={self._quoted(text, replaced, plus=True)}"

    def _quoted(self, text: str, replaced: Callable[[str], str], *, plus: bool = False) -> str:
        """What stands percent-encoded, replaced and encoded again; as it was where nothing is replaced."""
        spaced = text.replace("+", " ") if plus and not PHONE.search(text) else text
        plain = unquote(spaced)
        found = replaced(plain)
        if found == plain:
            return text
        raw = "".join({letter for letter in text if not letter.isalnum() and letter not in "%+ "})
        found = quote(found, safe=raw)
        return found.replace("%20", "+") if plus and "+" in text else found

    def _segment(self, text: str) -> str:
        cleared = self.net(text)
        if cleared != text or len(text) < 2:
            return cleared
        stem, dot, ending = text.rpartition(".")
        return f"{self.text(stem)}.{ending}" if dot and stem and len(ending) <= 4 else self.text(text)

    def _file(self, text: str) -> str:
        stem, dot, ending = text.rpartition(".")
        return f"{self.text(stem)}.{ending}" if dot and stem and len(ending) <= 5 else self.text(text)

    def _name(self, text: str) -> str:
        """A name, or a text that has names in it."""
        return self._pieces(text, lambda part, at: re.sub(r"\d", "1", self.pseudonyms.name(part)))

    def _email(self, text: str) -> str:
        return self.pseudonyms.email(text) if EMAIL.fullmatch(text) else self._name(text)

    def _handle(self, text: str) -> str:
        return self.pseudonyms.handle(text)

    def _ip(self, text: str) -> str:
        try:
            return self.pseudonyms.ip(text)
        except ValueError:
            return self.text(text)

    def _phone(self, text: str) -> str:
        return self.text(text) if re.search(r"[^\W\d_]", text) else self.pseudonyms.phone(text)

    def _tag(self, match: re.Match[str], whole: str) -> str:
        """A tag keeps the attributes that are known, with addresses and texts replaced; others go."""

        def attribute(found: re.Match[str]) -> str:
            name = found[1].strip().lower().removesuffix("=")
            mark, inner = found[2][0], found[2][1:-1]
            if name not in _LOOKS:
                inner = self.net(inner) if name in ("href", "src") else self.pseudonyms.filler(inner, whole)
            return f"{found[1]}{mark}{inner}{mark}"

        return match[1] + "".join(attribute(found) for found in _ATTRIBUTE.finditer(match[2])) + match[3]

    def _token(self, match: re.Match[str]) -> str:
        kind = match.lastgroup or ""
        return self._token_of(kind, match[0])

    def _token_of(self, kind: str, text: str) -> str:
        if kind == "fake" or text in self._secrets.values():
            return text
        if kind == "url":
            body, tail = text.rstrip(".,;:!?)]}"), ""
            tail = text[len(body) :]
            return self.url(body) + tail
        if kind in ("ip", "phone") and set(re.sub(r"\D", "", text)) == {"1"}:
            return text  # free text that is ours may look so
        if kind == "ip":
            try:
                return self.pseudonyms.ip(text)
            except ValueError:  # a time, a version
                return text
        if kind == "iban" and not pseudonyms.is_iban(text):
            own = pseudonyms.leading_iban(text)  # figures that follow it look as if they belonged to it
            return self._token_of(kind, own) + self.net(text[len(own) :]) if own else text
        replaced: str = getattr(self.pseudonyms, kind)(text)
        if kind in _CERTAIN and replaced != text and len(text) > 5:
            self.originals[text] = _CERTAIN[kind]
        return replaced

    def _escaped(self, match: re.Match[str]) -> str:
        plain = unquote(match[0])
        if not _is_printable(plain):
            return match[0]
        found = self.net(plain)
        return match[0] if found == plain else quote(found, safe="")

    def coded(self, text: str, replaced: Callable[[str], str]) -> str | None:
        """A text in base64, with what it holds replaced; None where it is none."""
        padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
        safe = "-" in text or "_" in text
        try:
            plain = (urlsafe_b64decode(padded) if safe else b64decode(padded, validate=True)).decode()
        except (NoBase64, ValueError):
            return None
        if len(plain) < 6 or not _is_printable(plain):
            return None
        found = replaced(plain)
        if found == plain:
            return text
        coded = (urlsafe_b64encode if safe else b64encode)(found.encode()).decode()
        return coded if text.endswith("=") or len(text) % 4 == 0 else coded.rstrip("=")

    def _base64(self, match: re.Match[str]) -> str:
        found = self.coded(match[0], self.net)
        return match[0] if found is None else found

    def _without_persons(self, text: str) -> str:
        if not self._persons:
            return text
        if self._persons_form is None:
            longest = sorted(map(re.escape, self._persons), key=len, reverse=True)
            self._persons_form = re.compile(rf"(?<![^\W_])(?:{'|'.join(longest)})(?![^\W_])")
        return self._persons_form.sub(lambda match: self._persons[match[0]], text)


def _is_printable(text: str) -> bool:
    return all(letter.isprintable() or letter in "\r\n\t" for letter in text)


def is_told(text: str) -> bool:
    """Whether a text is nothing but something with a form that tells: an address, a number, an id."""
    return _TOKEN.fullmatch(text) is not None or (text[:1] == "/" and " " not in text)


def _told(text: str) -> str:
    """The kind of a value that may be one of several."""
    if EMAIL.fullmatch(text):
        return "email"
    if pseudonyms.PREFIXED_ID.fullmatch(text) or pseudonyms.UUID.fullmatch(text):
        return "id"
    if "://" in text:
        return "url"
    if re.fullmatch(r"[+(]?[\d ()./-]{5,}", text):
        return "phone"
    return "text"


def _is_ours(kind: str, text: str) -> bool:
    """Whether a token that was left as it is was left because nobody can be behind it."""
    if kind == "iban":
        return pseudonyms.is_iban(text)
    if kind == "ip":
        try:
            return not ip_address(text).is_global
        except ValueError:
            return set(re.sub(r"\D", "", text)) == {"1"}
    return True
