"""The same world read through two providers: what both tell of it is the same.

Ids and words are each provider's own, so both are led back to what they stand for in the world. Values that one of the
two is declared to lose are left out; any other difference fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from harness.verify.case import Failed
from harness.verify.known import known_providers
from harness.verify.subject import Subject
from harness.verify.suites.world.reading import NOTHING, Found, Reading, at, reading_of, shown
from harness.verify.suites.world.said import At, Bytes, Key, Said, Same, To, Unordered, Word

_SHOWN = 10


def compared_with(subject: Subject) -> list[str]:
    """The providers a subject is compared with: none where it is judged with a fault of its own."""
    if subject.is_altered or subject.mapping_override:
        return []
    return [name for name in known_providers() if name != subject.provider]


def reading_through(subject: Subject, other: str) -> Reading:
    """The same world through another provider; read once for all cases of a subject."""
    kept: dict[str, Subject] = subject.kept.setdefault("others", {})
    if other not in kept:
        kept[other] = Subject(provider=other, world=subject.world)
    return reading_of(kept[other])


def same(here: Reading, there: Reading, resource: str, other: str) -> None:
    """The same records, each with the same values. Raises Failed."""
    ours, theirs = _by_key(here, resource), _by_key(there, resource)
    only = [key for key in ours.keys() ^ theirs.keys() if not _may_lack(here, there, resource, key)]
    lines = [f"{'/'.join(key)} comes through one of them only" for key in sorted(only)]
    for key in ours.keys() & theirs.keys():
        (said, record), (also, like) = ours[key], theirs[key]
        for field in said.fields.keys() & also.fields.keys():
            if _is_lost(here, resource, field, said) or _is_lost(there, resource, field, also):
                continue
            told, expected = _told(here, said, record, field), _told(there, also, like, field)
            if said.fields[field][0] == also.fields[field][0] and told != expected:
                lines.append(f"{shown(said.place)}: {resource}.{field} is {told!r}, and through {other} {expected!r}")
    if lines:
        more = [f"… and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
        raise Failed(f"{resource} is not the same through {other}:\n  " + "\n  ".join([*lines[:_SHOWN], *more]))


def _by_key(reading: Reading, resource: str) -> dict[Key, tuple[Said, Found]]:
    return {said.key: (said, record) for said, record in reading.whole(resource).matched}


def _may_lack(here: Reading, there: Reading, resource: str, key: Key) -> bool:
    """Whether one of them says nothing of a record, or is declared not to show it."""
    for reading in (here, there):
        said = next((each for each in reading.told[resource] if each.key == key), None)
        if said is None or reading.may_lack(resource, said):
            return True
    return False


def _is_lost(reading: Reading, resource: str, field: str, said: Said) -> bool:
    model, _, name = resource.partition(".")
    whole = reading.client.account.mappings.losses(model, name)
    return field.partition(".")[0] in whole or reading.losses.of(resource, field, said.about) is not None


def _told(reading: Reading, said: Said, record: Found, field: str) -> Any:
    """What a field says of the world."""
    return _meant(reading, said.fields[field][0], at(record, field))


def _meant(reading: Reading, expected: Any, found: Any) -> Any:
    if found in NOTHING:
        return None
    match expected:
        case To(resource, key):
            there = reading.key_of(resource, found)
            return key if there is None and reading.is_hidden(resource, key) else there
        case At():
            return datetime.fromisoformat(found).replace(microsecond=0)
        case Word(kind, value):
            return value if reading.losses.words_of(kind, value)[0] == found else found
        case Same() | Bytes():
            return "something"  # an id, or an address, of which the other provider has another one
        case Unordered(items):
            return sorted(str(_meant(reading, items[0] if items else None, each)) for each in found)
        case list() if isinstance(found, list) and len(expected) == len(found):
            return [_meant(reading, *pair) for pair in zip(expected, found, strict=True)]
        case Mapping() if isinstance(found, Mapping):
            return {name: _meant(reading, expected.get(name), value) for name, value in found.items()}
    return found
