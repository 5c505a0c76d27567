"""What search reads of a document: where an attribute stands, and the form in which its values are compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal

from harness.core.store import Document
from harness.providers.kustomer.search.column import Key

Values = Sequence[Any]
Finder = Callable[[Document], Values]
Form = Literal["exact", "folded", "words", "number", "moment", "flag", "present", "count", "mood", "users", "teams"]

_WORD: Final = re.compile(r"\w+")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_MOODS: Final = {1: "happy", 0: "indifferent", -1: "unhappy"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where the values of an attribute stand, and in which form they are compared.

    A path leads through `attributes` (`emails.email`; lists are gone through, `*` is whatever stands there), `@name` to
    a relation, `$name` to a private key of the document. Alternatives are joined by `|`: the first that has a value
    counts.
    """

    form: Form
    paths: tuple[str, ...]

    @property
    def read(self) -> Callable[[Document], tuple[Key, ...]]:
        """The different keys of a document."""
        return _reader(self)


CHANGED: Final = Source("moment", ("updatedAt|modifiedAt|createdAt",))
"""When a document was changed last."""


def words(text: str) -> set[str]:
    """The words of a text, without regard to case."""
    return set(_WORD.findall(text.casefold()))


def text_of(value: Any) -> str | None:
    """A scalar as text, a truth as `true` and `false`; None for what is no scalar."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return None


def number_of(value: Any) -> float | None:
    """A number, also one in a text; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if found - found == 0 else None  # neither infinite nor none at all


def moment_of(value: Any) -> int | None:
    """The milliseconds of a time in a document; without a zone it is UTC. None for what is no time."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    return (found - _EPOCH) // _MILLISECOND


def _mood(value: Any) -> str | None:
    return _MOODS.get(int(value)) if isinstance(value, (int, float)) else text_of(value)


def _folded(value: Any) -> str | None:
    text = text_of(value)
    return None if text is None else text.casefold()


def _user(value: Any) -> str | None:
    return value if isinstance(value, str) and ":" not in value else None


def _team(value: Any) -> str | None:
    return value.removeprefix("team:") if isinstance(value, str) and value.startswith("team:") else None


_KEYS: Final[Mapping[str, Callable[[Any], Key | None]]] = {
    "exact": text_of,
    "folded": _folded,
    "number": number_of,
    "moment": moment_of,
    "flag": text_of,
    "mood": _mood,
    "users": _user,
    "teams": _team,
}


@lru_cache(maxsize=1024)
def _reader(source: Source) -> Callable[[Document], tuple[Key, ...]]:
    find = _all_found([_finder(path) for path in source.paths])
    match source.form:
        case "words":
            return lambda document: tuple(_words_of(find(document)))
        case "present":  # what is not there was not done
            return lambda document: ("true",) if find(document) else ("false",)
        case "count":
            return lambda document: (len(find(document)),)
        case "flag":
            return lambda document: _different(text_of, find(document)) or ("false",)
    key = _KEYS[source.form]
    return lambda document: _different(key, find(document))


def _different(key: Callable[[Any], Key | None], values: Values) -> tuple[Key, ...]:
    keys = [each for value in values if (each := key(value)) is not None]
    return tuple(keys) if len(keys) < 2 else tuple(dict.fromkeys(keys))


def _words_of(values: Values) -> set[str]:
    texts = [text for value in values if (text := text_of(value)) is not None]
    return words(" ".join(texts)) if texts else set()


def _all_found(finders: list[Finder]) -> Finder:
    if len(finders) == 1:
        return finders[0]
    return lambda document: [value for find in finders for value in find(document)]


def _finder(path: str) -> Finder:
    if "|" in path:
        finders = [_finder(each) for each in path.split("|")]
        return lambda document: next((values for find in finders if (values := find(document))), ())
    root = {"@": "relations", "$": ""}.get(path[0], "attributes")
    name, *steps = path.lstrip("@$").split(".")

    def find(document: Document) -> Values:
        value = (document[root] if root else document).get(name)
        if value is None:
            return ()
        if not steps and not isinstance(value, (list, dict)):
            return (value,)
        found: list[Any] = []
        _gather(value, steps, 0, found)
        return found

    return find


def _gather(value: Any, steps: list[str], at: int, found: list[Any]) -> None:
    """Add what stands at the end of the steps; lists are gone through."""
    if isinstance(value, list):
        for each in value:
            _gather(each, steps, at, found)
    elif at == len(steps):
        if value is not None:
            found.append(value)
    elif isinstance(value, dict):
        if steps[at] == "*":
            for each in value.values():
                _gather(each, steps, at + 1, found)
        else:
            _gather(value.get(steps[at]), steps, at + 1, found)
