"""Lists of addresses and ids as customers and companies keep them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

_EMAIL: Final = {"type": "home", "verified": False}
"""recorded: https://github.com/nebulab/solidus_kustomer"""
# inferred: the kinds of number, and that the others are not verified either unless the client says so
_PHONE: Final = {"type": "mobile", "verified": False}
_UNVERIFIED: Final = {"verified": False}

DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "externalIds": _UNVERIFIED,
    "sharedExternalIds": _UNVERIFIED,
    "emails": _EMAIL,
    "sharedEmails": _EMAIL,
    "phones": _PHONE,
    "sharedPhones": _PHONE,
    "whatsapps": _PHONE,
    "sharedWhatsapps": _PHONE,
    "facebookIds": {},
    "instagramIds": {},
    "socials": _UNVERIFIED,
    "sharedSocials": _UNVERIFIED,
    "urls": {},
    "domains": {},
    "locations": {},
}
"""By list: what an item has when nothing is said."""


def listed(name: str, given: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The items of a list as answers show them: with what they have by default, without what has no value."""
    return [{**DEFAULTS[name], **{key: value for key, value in item.items() if value is not None}} for item in given]


def identity(name: str, item: Mapping[str, Any]) -> tuple[str, ...]:
    """What makes two items of a list the same one, whatever is said about it besides."""
    match name:
        case "emails" | "sharedEmails":
            return (item["email"].casefold(),)
        case "phones" | "sharedPhones" | "whatsapps" | "sharedWhatsapps":
            return (plain_number(item["phone"]),)
        case "externalIds" | "sharedExternalIds":
            return (item["externalId"],)
        case "socials" | "sharedSocials":
            return (item["type"], item["username"].casefold())
        case _:
            return tuple(f"{key}={value!r}" for key, value in sorted(item.items()))


def plain_number(number: str) -> str:
    """A telephone number without what may or may not stand before it."""
    return number.strip().removeprefix("whatsapp:").removeprefix("+")


def joined(name: str, ours: Iterable[Mapping[str, Any]], theirs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Both lists in one, ours first; of an item in both, ours."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for item in (*ours, *theirs):
        found.setdefault(identity(name, item), dict(item))
    return list(found.values())
