"""What all records of a world need on their way into an organisation: references, times, refusals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final, NoReturn

from harness.core.exchange import Refused
from harness.core.store import Document, Schema
from harness.core.unit import Unit
from harness.core.worlds import Place, Problem, WorldError, relative, shown
from harness.providers.kustomer.actor import KEY, SYSTEM, Actor
from harness.providers.kustomer.jsonapi.kind import is_deleted
from harness.providers.kustomer.jsonapi.stamps import Seeding, moment

RECORDS: Final = "_records"
"""The collection that knows which document came of which record of a world: `contacts/anna` to its id."""
SCHEMAS: Final = {RECORDS: Schema(remembers=False)}

NEUTRAL: Final = ("agents", "teams", "companies", "channels", "tags", "contacts", "files", "conversations")
SECTION: Final = (
    "custom_attributes",
    "klasses",
    "objects",
    "brands",
    "schedules",
    "slas",
    "satisfactions",
    "shortcut_categories",
    "shortcuts",
    "spam_senders",
    "role_groups",
    "searches",
    "webhooks",
)
AUTHOR: Final = KEY
"""Who made what no agent made."""
_COLLECTIONS: Final = {
    "agents": "users",
    "channels": "outbound_accounts",
    "contacts": "customers",
    "files": "attachments",
    "objects": "kobjects",
    "searches": "saved_searches",
    "webhooks": "outbound_webhooks",
}
"""The collection of a kind, where it is not named alike."""
_WORDS: Final = {"externalId": "external_id"}
"""What a world calls a property of the API, where it is not called alike."""


def record_id(unit: Unit, kind: str, key: str) -> str | None:
    """The id of the document that came of a record of a world."""
    found = unit[RECORDS].get(f"{kind}/{key}")
    return None if found is None else str(found["ref"])


def collection_of(kind: str) -> str:
    """The collection with the documents that come of records of a kind."""
    return _COLLECTIONS.get(kind, kind)


class Projection:
    """One world (or a piece of one) on its way into an account's documents."""

    def __init__(self, unit: Unit, world: Mapping[str, Any]) -> None:
        self.is_fragment = "title" not in world
        self.unit = Seeding(unit, is_fragment=self.is_fragment)
        self.data = world
        self.section: Mapping[str, Any] = world.get("kustomer") or {}
        self.place: Place = ("kustomer",)
        """Of the record that is being made."""
        self.record: Mapping[str, Any] = {}
        """The record that is being made."""
        for name in sorted(self.section.keys() - set(SECTION)):
            self.refuse(f"not part of a kustomer section; valid are {', '.join(SECTION)}", name)

    def all_of(self, kind: str) -> Iterator[tuple[int, Document]]:
        """The records of a kind, neutral or of the section, each with its number."""
        source = self.data if kind in NEUTRAL else self.section
        return enumerate(source.get(kind) or ())

    def records(self, kind: str) -> Iterator[Document]:
        """The same; each is begun when its turn comes."""
        for index, record in self.all_of(kind):
            self.turn_to(kind, index, record)
            self.begin(kind, record["key"], self.created(record))
            yield record

    def turn_to(self, kind: str, index: int, record: Document) -> None:
        """Go on with a record that is new in the account."""
        self.place = (kind, index) if kind in NEUTRAL else ("kustomer", kind, index)
        self.record = record
        if f"{kind}/{record['key']}" in self.unit[RECORDS]:
            self.refuse("is in the kustomer account already", "key")

    def created(self, record: Mapping[str, Any]) -> int:
        """When a record came, in milliseconds after the end of the world; one of the section without a time came
        long ago, in a fragment now."""
        given = record.get("created")
        if given is None:
            return 0 if self.is_fragment else _LONG_AGO
        return self.at(given)

    def at(self, given: int | str) -> int:
        """Milliseconds after the end of the world."""
        return relative(given) if isinstance(given, str) else given

    def begin(self, kind: str, key: str, created: int, number: int | None = None) -> None:
        """Let what follows be made then, under the name of a record, or of a part of one that has a number."""
        self.unit.begin(f"{kind}/{key}", min(created, 0), number)

    def made(self, kind: str, key: str, document: Document) -> Document:
        """Remember what came of a record."""
        self.unit[RECORDS].put({"id": f"{kind}/{key}", "ref": document["id"]})
        return document

    def collection(self, kind: str) -> str:
        """The collection with the documents that come of records of a kind."""
        return collection_of(kind)

    def given(self, kind: str) -> frozenset[str]:
        """The keys of the records that come with this world or piece."""
        if kind not in self._given:
            self._given[kind] = frozenset(record["key"] for _, record in self.all_of(kind))
        return self._given[kind]

    @cached_property
    def _given(self) -> dict[str, frozenset[str]]:
        return {}

    @cached_property
    def values(self) -> Mapping[tuple[str, str], dict[str, Any]]:
        """The values of custom attributes by resource and key of the record that has them."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for attribute in self.section.get("custom_attributes") or ():
            for key, value in (attribute.get("values") or {}).items():
                found.setdefault((attribute["resource"], key), {})[attribute["name"]] = value
        return found

    def reference(self, kind: str, key: str, *place: str | int) -> str:
        """The id of a record that was made before and is still there; otherwise WorldError. Agents who left are."""
        id = record_id(self.unit, kind, key)
        document = None if id is None else self.unit[collection_of(kind)].get(id)
        if document is None or (is_deleted(document) and kind != "agents"):
            self.refuse(f"{kind} {key!r} is not in the kustomer account, or not any more", *place)
        return str(document["id"])

    def references(self, kind: str, keys: Iterable[str], *place: str | int) -> list[str]:
        """The ids of several records; otherwise WorldError."""
        return [self.reference(kind, key, *place, number) for number, key in enumerate(keys)]

    def user(self, key: str, *place: str | int) -> str:
        """The id of an agent who can be given work; otherwise WorldError."""
        id = self.reference("agents", key, *place)
        if is_deleted(self.unit["users"][id]):
            self.refuse(f"agents {key!r} left the kustomer account and can be given nothing", *place)
        return id

    def users(self, keys: Iterable[str], *place: str | int) -> list[str]:
        """The ids of several such agents; otherwise WorldError."""
        return [self.user(key, *place, number) for number, key in enumerate(keys)]

    def agent(self, key: str | None, *place: str | int) -> Actor:
        """An agent who does something; the system where it is nobody."""
        return SYSTEM if key is None else Actor(self.reference("agents", key, *place))

    def text(self, at: int | str) -> str:
        """A moment relative to the end of the world as answers show it."""
        return moment(self.unit.end + self.at(at))

    def refuse(self, message: str, *place: str | int) -> NoReturn:
        """Say what about the record (or a part of it) keeps it out of the account."""
        raise WorldError([Problem(shown((*self.place, *place)), message)])

    def refuse_as(self, refused: Refused) -> NoReturn:
        """The same, of what the API would refuse."""
        error = refused.response.json()["errors"][0]
        parameter = error.get("source", {}).get("parameter")
        title = error.get("title") or error.get("message")
        if title != "Conflict":
            if str(error.get("detail")).startswith("/properties/custom"):
                self.refuse(str(title), "custom", *([parameter] if parameter else []))
            self.refuse(f"{parameter}: {title}" if parameter else str(title))
        if parameter is None:
            self.refuse("the kustomer account has no room for another one")
        word = _WORDS.get(parameter, parameter)
        for place, text, key in self._candidates(word):
            holder = self.unit[collection_of(self._kind)].lookup_id("value", (parameter, key))
            if holder is not None:
                self.refuse(f"{text!r} is taken by {holder} of the kustomer account", *place)
        self.refuse("its value is taken by another document of the kustomer account", word)

    @property
    def _kind(self) -> str:
        return str(self.place[1] if self.place[0] == "kustomer" else self.place[0])

    def _candidates(self, word: str) -> Iterator[tuple[Place, str, str]]:
        """The values of a record that may be taken: where each stands, its text, and its key in the index."""
        value = self.record.get(word)
        if not isinstance(value, list):
            key = str(value).casefold()
            if self._kind == "objects":
                klass = self.unit["klasses"][self.reference("klasses", self.record["klass"])]
                key = f"{klass['attributes']['name']}:{value}"
            yield (word,), str(value), key
            return
        for number, each in enumerate(value):
            if isinstance(each, Mapping):
                yield (word, number), each["value"], f"{each['type']}:{each['value'].casefold()}"
            else:
                yield (word, number), each, each.removeprefix("+").casefold()


_LONG_AGO: Final = relative("-1y")
