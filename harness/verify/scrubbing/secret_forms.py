"""What secrets look like, what stands for them in a cassette, and where one still seems to be."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator

from harness.verify.scrubbing.pseudonyms import FAKE_UUID, HEX_MARK, UUID

FAKE_JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzY3J1YmJlZCJ9.c2NydWJiZWQ"
"""`{"alg":"none"}`, `{"sub":"scrubbed"}`, `scrubbed`."""
_FAKE_BASIC = b64encode(b"scrubbed:scrubbed").decode()
_WORD = "scrubbed"

JWT = re.compile(r"eyJ[A-Za-z0-9_-]{5,1000}\.[A-Za-z0-9_-]{4,8000}\.[A-Za-z0-9_-]*")
_KNOWN = re.compile(
    r"\b(?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{8,}|\bwhsec_[0-9A-Za-z+/=_-]{8,}|\bgh[opsur]_[0-9A-Za-z]{20,}"
    r"|\bgithub_pat_[0-9A-Za-z_]{20,}|\bxox[abeoprs]-[0-9A-Za-z-]{10,}|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bAIza[0-9A-Za-z_-]{30,}|\bsk-[0-9A-Za-z_-]{20,}|\bglpat-[0-9A-Za-z_-]{16,}|\bSG\.[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,}"
)
_BEARER = re.compile(r"\b(Bearer|Basic|Token|Digest|ApiKey)( +)([0-9A-Za-z._~+/=-]{8,})")
"""With the capital that a header has, so that `a bearer instrument` is none."""
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_SIGNED = re.compile(r"([?&;](?:amp;)?)([\w.%-]+)=([^&#\s\"'<>]+)")

_NAME = re.compile(
    r"secret|passw(?:or)?d|passphrase|(?:^|[_-])(?:pwd|jwt|otp|pin|sid)(?:$|[_-])|token|api[_-]?key|access[_-]?key|private[_-]?key"
    r"|signing[_-]?key|(?:^|[_-])key$|^auth(?:$|[_-])|authori[sz]ation|credential|signature|(?:^|[_-])sig$|session"
    r"|csrf|xsrf|cookie|bearer|hmac",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"(?:page|next|prev|previous|continuation|sync|cursor)[_-]?token|idempotency[_-]?key|token[_-]?(?:type|count)s?$"
    r"|tokens?[_-]?(?:used|limit)|session[_-]?(?:count|length|type|window)|^key$|credentials?[_-]?mode"
    r"|access-control-allow-credentials",
    re.IGNORECASE,
)
"""Names with such a word in them that hold no secret."""
_PARAMETER = re.compile(r"x-(?:amz|goog)-(?:signature|credential|security-token)|policy|sig|token", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:^|[^0-9a-z])(?:redacted|scrubbed|dummy|example|your|placeholder|changeme|x{4,}|\*{3,})(?:$|[^0-9a-z])",
    re.IGNORECASE,
)
_PREFIX = re.compile(r"(?:[a-z]{2,6}[_-](?:(?:live|test|prod)[_-])?|AKIA|ASIA|SG\.)")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def is_secret_name(name: str) -> bool:
    """Whether what has this name, of a field, a header or a parameter, is a secret."""
    plain = _CAMEL.sub("_", name)
    return _NAME.search(plain) is not None and _HARMLESS.search(plain) is None


def is_secret_parameter(name: str) -> bool:
    """The same for a parameter of an address, where signatures have names of their own."""
    return is_secret_name(name) or _PARAMETER.fullmatch(name) is not None


def stand_in(value: str) -> str:
    """What takes a secret's place: the same for each of that form, and itself for a stand-in."""
    if not value or (_PLACEHOLDER.search(value) and not re.search(r"\d", value)):
        return value
    if JWT.fullmatch(value):
        return FAKE_JWT
    if UUID.fullmatch(value):
        return value if value.lower().startswith(FAKE_UUID) else FAKE_UUID + "0" * 12
    if value.isdecimal():
        return "0" * len(value)
    if len(value) >= 16 and re.fullmatch(r"[0-9a-f]+", value):
        return (HEX_MARK.rstrip("0") * len(value))[: len(value)]
    prefix = match[0] if (match := _PREFIX.match(value)) and len(value) - len(match[0]) >= 4 else ""
    size = len(value) - len(prefix)
    return prefix + (f"{_WORD}-" * (size // len(_WORD) + 1))[:size]


def authorization(value: str) -> str:
    """The stand-in for the value of such a header: the scheme stays."""
    scheme, space, secret = value.partition(" ")
    if not space:
        return stand_in(value)
    return f"{scheme} {_FAKE_BASIC if scheme.lower() == 'basic' else stand_in(secret)}"


def cookie(value: str, *, is_set: bool) -> str:
    """The stand-in for the value of such a header: names, and the attributes of one that is set, stay."""
    parts = value.split(";")
    for number, part in enumerate(parts):
        name, equals, secret = part.partition("=")
        if equals and (number == 0 or not is_set):
            parts[number] = f"{name}={stand_in(secret)}"
    return ";".join(parts)


def without_secrets(text: str) -> str:
    """The text with what has the form of a secret replaced, wherever it stands."""
    for _, replaced in _FORMS:
        text = replaced(text)
    return text


def suspects(text: str) -> Iterator[str]:
    """What in a text has the form of a secret and is no stand-in."""
    yield from (what for what, replaced in _FORMS if replaced(text) != text)


def _without_credential(match: re.Match[str]) -> str:
    scheme, space, secret = match.groups()
    # words of prose follow `Token` and `Basic`, too
    if scheme != "Bearer" and not re.search(r"\d", secret):
        return match[0]
    return f"{scheme}{space}{_FAKE_BASIC if scheme == 'Basic' else stand_in(secret)}"


def _without_signature(match: re.Match[str]) -> str:
    mark, name, value = match.groups()
    return f"{mark}{name}={stand_in(value)}" if is_secret_parameter(name) else match[0]


def _without_body(match: re.Match[str]) -> str:
    return match[0] if _WORD in match[0] else f"-----BEGIN PRIVATE KEY-----{_WORD}-----END PRIVATE KEY-----"


_FORMS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("a private key", lambda text: _PRIVATE_KEY.sub(_without_body, text)),
    ("a JSON web token", lambda text: JWT.sub(FAKE_JWT, text)),
    ("a key of a known form", lambda text: _KNOWN.sub(lambda match: stand_in(match[0]), text)),
    ("a credential with its scheme", lambda text: _BEARER.sub(_without_credential, text)),
    ("a signed address", lambda text: _SIGNED.sub(_without_signature, text)),
)
