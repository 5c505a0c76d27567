"""What a kind of document is: where it is kept, what it is called in answers, what it leads to.

A stored document is `{"id", "attributes", "relations"}`: the attributes as an answer shows them, the relations as
ids (or lists of ids) by name. What else stands in it is never shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from harness.core.store import Document, Order, Schema, Unique

ORG: Final = "5f0c1e7ad3b92846f1a70e35"
"""The organisation, the same in every sandbox."""
MACHINE: Final = "5f0c1e8b6d41a973c2e85f06"
"""The machine user whose name stands on whatever is written with a key."""

LIVE: Final = "live"
DELETED: Final = "deleted"


@dataclass(frozen=True, slots=True)
class To:
    """Where a relationship leads."""

    type: str
    path: str | None
    """Of the documents there, `/v1/users/`; None: no link."""
    key: str = "links"
    """recorded: an object's klass has it in the singular. https://github.com/nebulab/solidus_kustomer"""
    many: bool = False
    """Whether it leads to several documents."""

    def shown(self, given: Any) -> dict[str, Any] | None:
        """As an answer has it; a text of the form `team:<id>` names its own type, None is null."""
        if given is None:
            return None
        if self.many:
            return {"data": [self._identifier(id) for id in given]}
        if self.path is None:
            return {"data": self._identifier(given)}
        return {self.key: {"self": self.path + given}, "data": self._identifier(given)}

    def _identifier(self, given: str) -> dict[str, str]:
        type, colon, id = given.rpartition(":")
        return {"type": type if colon else self.type, "id": id}


_ORG: Final = To("org", "/v1/orgs/")


def _no_keys(document: Document) -> Iterable[tuple[str, str]]:
    return ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Kind:
    """One kind of document."""

    type: str
    collection: str
    path: str
    """What its links begin with: `/v1/customers/`."""
    relations: Mapping[str, To] = field(default_factory=dict)
    linked: bool = True
    """Whether it has links."""
    owned: bool = True
    """Whether it names the organisation."""
    revised: bool = False
    """Whether it counts its revisions."""
    modified: bool = True
    """Whether it says when it was modified by somebody, beside when it was written last."""
    nulls: frozenset[str] = frozenset()
    """The attributes that are null rather than absent."""
    parents: tuple[str, ...] = ()
    """The relations by which it is listed: `customer`."""
    keys: Callable[[Document], Iterable[tuple[str, str]]] = _no_keys
    """The values no other document has, each with the property it stands in."""
    orders: Mapping[str, Order] = field(default_factory=dict)
    """More orders than that of ids."""
    told: bool = True
    """Whether its writes are told: in the audit log, and where the kind has them in events and webhooks."""
    links: Callable[[Document], dict[str, Any]] | None = None
    """Its links, where they are more than `self`."""
    more: Callable[[Document], dict[str, Any]] | None = None
    """Relationships, or parts of them, that follow from the document itself."""

    def schema(self) -> Schema:
        """How its collection is kept."""
        return Schema(
            orders={"id": Order(lambda document: (document["id"],), group=self.groups), **self.orders},
            uniques={"value": Unique(lambda document: () if is_deleted(document) else self.keys(document))},
        )

    def groups(self, document: Document) -> Iterable[str]:
        """The lists it stands in: `live` or `deleted`, and those of its parents."""
        if is_deleted(document):
            return (DELETED,)
        relations = document["relations"]
        return (LIVE, *(f"{name}:{relations[name]}" for name in self.parents if name in relations))

    def document(self, document: Document) -> dict[str, Any]:
        """As an answer shows it."""
        id, relations = document["id"], document["relations"]
        shown: dict[str, Any] = {"org": _ORG.shown(relations.get("org", ORG))} if self.owned else {}
        for name, to in self.relations.items():
            if name in relations:
                shown[name] = to.shown(relations[name])
        if self.more is not None:
            for name, part in self.more(document).items():
                shown[name] = {**shown.get(name, {}), **part}
        found = {
            "type": document.get("type", self.type),
            "id": id,
            "attributes": document["attributes"],
            "relationships": shown,
        }
        if self.links is not None:
            found["links"] = self.links(document)
        elif self.linked:
            found["links"] = {"self": self.path + id}
        return found


def is_deleted(document: Document) -> bool:
    """Whether it was deleted softly."""
    return bool(document["attributes"].get("deleted"))
