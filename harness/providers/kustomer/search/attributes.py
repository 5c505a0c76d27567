"""Attributes by name: what a search may be about, and what its results may be sorted by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from harness.providers.kustomer.search import catalogue
from harness.providers.kustomer.search.values import Form, Source

FORMS: Final[dict[str, Form]] = {
    "any": "words",
    "text": "words",
    "string": "folded",
    "string_notanalyzed": "exact",
    "list": "exact",
    "number": "number",
    "datetime": "moment",
    "boolean": "flag",
}
"""How the values of a class are compared, where an attribute does not say otherwise."""

ANY: Final = "any"
"""The object of attributes that are about whatever is searched."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something a search may be about."""

    name: str
    object: str
    """The kind of object it is an attribute of."""
    class_: str
    """Which decides about its operators: `string`."""
    source: Source
    klass: str | None = None
    """The klass whose objects have it; None: all have."""

    @property
    def words(self) -> Source:
        """The words of its values."""
        return Source("words", self.source.paths)


def known(name: str, *, archive: bool = False) -> Attribute | None:
    """The attribute of a name, None where nobody knows it."""
    return _archived(name) if archive else _KNOWN.get(name) or _custom(name)


def sortable(name: str, *, archive: bool = False) -> Attribute | None:
    """The attribute of a name, where one can sort by it."""
    if archive:
        found = _archived(name)
        return found if found and _rest(found) in catalogue.ARCHIVE_SORTED.get(found.object, ()) else None
    if name in _SORTED:
        return _SORTED[name]
    found = known(name)
    if found is None or found.object == ANY:
        return None
    ordered = found.class_ in catalogue.SORTED_CLASSES or name in catalogue.SORTED_LISTS
    return found if ordered else None


@lru_cache(maxsize=16)
def any_text(object: str) -> Source:
    """All words of an object."""
    row = catalogue.DOCUMENTED[object].get("any_text", ("any",))
    return Source("words", row[1:])


def _attribute(object: str, rest: str, row: catalogue.Row, klass: str | None = None) -> Attribute:
    class_, _, form = row[0].partition(":")
    prefix = object if klass is None else f"{object}_{klass}"
    return Attribute(f"{prefix}_{rest}", object, class_, Source(form or FORMS[class_], row[1:]), klass)  # type: ignore[arg-type]


def _table(*tables: dict[str, dict[str, catalogue.Row]]) -> dict[str, Attribute]:
    rows = [(object, *row) for table in tables for object, rows in table.items() for row in rows.items()]
    return {attribute.name: attribute for attribute in (_attribute(*row) for row in rows)}


DOCUMENTED: Final = {
    **_table(catalogue.DOCUMENTED),
    "any_text": Attribute("any_text", ANY, "any", Source("words", ())),
    "tracking_events": Attribute("tracking_events", ANY, "number", Source("number", ())),
}
"""documented: all attributes of the search."""
_KNOWN: Final = {**_table(catalogue.SEEN), **DOCUMENTED}
_SORTED: Final = _table(catalogue.SORTED)
_ARCHIVE: Final = {**_KNOWN, **_table(catalogue.ARCHIVE)}


@lru_cache(maxsize=1024)
def _custom(name: str) -> Attribute | None:
    object, mark, rest = name.partition("_custom_")
    if not mark or object not in catalogue.CUSTOM_OBJECTS:
        return None
    klass = None
    if object == "kobject":
        klass, _, rest = rest.rpartition("_")
        if not klass:
            return None
    class_ = next((class_ for ending, class_ in catalogue.ENDINGS.items() if rest.endswith(ending)), None)
    if class_ is None:
        return None
    # inferred: what is not set is not false, unlike the attributes every object has
    form: Form = "exact" if class_ == "boolean" else FORMS[class_]
    paths = (f"custom.{rest}", f"custom.{rest}.*") if class_ == "any" else (f"custom.{rest}",)
    return Attribute(name, object, class_, Source(form, paths), klass)


@lru_cache(maxsize=1024)
def _archived(name: str) -> Attribute | None:
    object = next((each for each in catalogue.ARCHIVED if name.startswith(f"{each}_")), "")
    rest = name[len(object) + 1 :]
    own = catalogue.ARCHIVED.get(object, ())
    if rest in own:
        return _ARCHIVE[name]
    if object != "kobject":
        return None
    for each in sorted(own, key=len, reverse=True):  # documented: the same by klass, kobject_order_created_at
        if rest.endswith(f"_{each}") and (klass := rest[: -len(each) - 1]):
            plain = _ARCHIVE[f"kobject_{each}"]
            return Attribute(name, object, plain.class_, plain.source, klass)
    return None


def _rest(attribute: Attribute) -> str:
    prefix = attribute.object if attribute.klass is None else f"{attribute.object}_{attribute.klass}"
    return attribute.name.removeprefix(f"{prefix}_")
