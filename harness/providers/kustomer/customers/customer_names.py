"""What follows from the other attributes of a customer: display name, first and last name, whether it is verified; and
the colour and the icon every customer has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.ids import digest

COLOURS: Final = tuple(
    "amber aqua coral crimson fuchsia gold indigo ivory lime maroon mint navy olive orange plum sage silver teal "
    "turquoise violet yellow".split()
)
ICONS: Final = tuple(
    "acorn anchor bell bicycle cactus compass feather flower kite ladle lantern leaf mountain pencil rocket scissors "
    "teapot tree umbrella whistle".split()
)

_ADDRESSES: Final = ("externalIds", "emails", "phones", "whatsapps", "socials")


def drawn(id: str) -> dict[str, str]:
    """Colour and icon of a customer, drawn from its id."""
    colour, icon = digest("kustomer", "display", id, length=2)
    return {"displayColor": COLOURS[colour % len(COLOURS)], "displayIcon": ICONS[icon % len(ICONS)]}


def derived(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that follow from the others; None for those that have no value."""
    name = (attributes.get("name") or "").strip()
    # inferred: up to the first space, and the rest
    first, _, last = name.partition(" ")
    return {
        "displayName": name or _unnamed(attributes),
        "firstName": first or None,
        "lastName": last.strip() or None,
        "verified": _is_verified(attributes),
    }


def _unnamed(attributes: Mapping[str, Any]) -> str:
    """recorded: the first address, else colour and icon. https://github.com/nebulab/solidus_kustomer"""
    if emails := attributes["emails"]:
        address: str = emails[0]["email"]
        return address
    return f"{attributes['displayColor']} {attributes['displayIcon']}".title()


def _is_verified(attributes: Mapping[str, Any]) -> bool:
    """inferred from recorded answers: an external id is enough, or an address that was verified."""
    if attributes.get("externalIds"):
        return True
    return any(each.get("verified") for name in _ADDRESSES for each in attributes.get(name, ()))
