"""What all records of a world need on their way into a Superchat account: ids, references, times, refusals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Final, NoReturn

from harness.core.store import Document, NotUnique
from harness.core.unit import Unit
from harness.core.worlds import Place, Problem, WorldError, relative, shown

SECTION: Final = frozenset(
    (
        "workspace",
        "whats_app_business_accounts",
        "custom_attributes",
        "contact_lists",
        "template_folders",
        "templates",
        "webhooks",
    )
)
NEUTRAL: Final = frozenset(("agents", "teams", "channels", "tags", "files", "contacts", "conversations"))
_OWN: Final = SECTION - {"workspace", "whats_app_business_accounts"}
_COLLECTIONS: Final = {"agents": "users", "teams": "inboxes", "tags": "labels"}
"""The collection of a kind, where it is not named alike."""


class Projection:
    """One world (or a piece of one) on its way into an account's documents.

    Records refer to each other, and those of a piece to what is in the account already.
    """

    def __init__(self, unit: Unit, world: Mapping[str, Any]) -> None:
        self.unit = unit
        self.data = world
        self.section: Mapping[str, Any] = world.get("superchat") or {}
        self.is_fragment = "title" not in world
        self.place: Place = ("superchat",)
        """Of the record that is being put."""
        for name in sorted(self.section.keys() - SECTION):
            valid = ", ".join(sorted(SECTION))
            self.refuse(f"not part of a superchat section; valid are {valid}", name)
        self.given = {name: {record["key"] for record in self.records(name)} for name in NEUTRAL | _OWN}
        quirks = unit.quirks
        self._prefixes = {
            "agents": "us",
            "teams": "ib",
            "channels": "mc",
            "tags": "lb",
            "contacts": quirks["contact_id_prefix"],
            "files": "fi",
            "conversations": "cv",
            "custom_attributes": quirks["custom_attribute_id_prefix"],
            "contact_lists": "cl",
            "template_folders": "tn",
            "templates": "tn",
            "whats_app_business_accounts": "waba",
            "webhooks": "wh",
        }

    def id(self, kind: str, key: str) -> str:
        """The id of a record: the same in every sandbox."""
        return self.unit.named_id(self._prefixes[kind], f"{kind}/{key}")

    def reference(self, kind: str, key: str, *place: str | int) -> str:
        """The id of a record that is given too or is in the account; otherwise WorldError."""
        id = self.id(kind, key)
        if key not in self.given[kind] and id not in self.unit[_COLLECTIONS.get(kind, kind)]:
            self.refuse(f"{kind} {key!r} is not in the superchat account, or not any more", *place)
        return id

    def at(self, value: int | str) -> int:
        """The moment of a relative time."""
        return self.unit.now + (relative(value) if isinstance(value, str) else value)

    def created(self, record: Document, default: str) -> int:
        """When a record of the section came: in a fragment now, unless it says otherwise."""
        given = record.get("created")
        if given is None:
            given = 0 if self.is_fragment else default
        return self.at(given)

    def refuse(self, message: str, *place: str | int) -> NoReturn:
        """Say what about the record (or a part of it) keeps it out of the account."""
        raise WorldError([Problem(shown((*self.place, *place)), message)])

    def records(self, name: str) -> Iterable[Document]:
        """The records of a kind, neutral or of the section."""
        found: Iterable[Document] = (self.data if name in NEUTRAL else self.section).get(name) or ()
        return found

    def references(self, kind: str, keys: Iterable[str], *place: str | int) -> list[str]:
        """The ids of several records; otherwise WorldError."""
        return [self.reference(kind, key, *place, number) for number, key in enumerate(keys)]

    def contact(self, key: str, *place: str | int) -> Document:
        """A contact that is in the account already; otherwise WorldError."""
        return self.unit["contacts"][self.reference("contacts", key, *place)]

    def refuse_taken(self, taken: NotUnique, record: Document) -> NoReturn:
        """Say which name or handle of the record another document has."""
        _, _, value = str(taken.key).partition(":")
        if taken.collection != "contacts":
            self.refuse(f"{record['name']!r} is taken by {taken.holder} of the superchat account", "name")
        for name in ("emails", "phones", "socials"):
            for index, given in enumerate(record[name]):
                text = given["value"] if isinstance(given, dict) else given
                if text.casefold() == value.casefold():
                    self.refuse(
                        f"{text!r} is taken by the contact {taken.holder} of the superchat account",
                        name,
                        index,
                    )
        self.refuse(f"{value!r} is taken by the contact {taken.holder} of the superchat account")

    @cached_property
    def emails(self) -> set[str]:
        """Those of the users so far, caseless."""
        return {user["email"].casefold() for user in self.unit["users"]}

    @cached_property
    def labels(self) -> set[str]:
        """The names of the labels so far, caseless."""
        return {label["name"].casefold() for label in self.unit["labels"]}
