"""Why a mutant survives although cases meet it, as far as contract, pack and golden values tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.verify.mutate.mutant import Mutant
from harness.verify.subject import Subject
from harness.verify.suites.fake.described import Described
from harness.verify.suites.mapping.cells import golden_folder
from harness.verify.suites.mapping.golden import Goldens

_NOTHING = object()
_FREED: Mapping[str, frozenset[str]] = {
    "null": frozenset(("filled", "null")),
    "stale": frozenset(("value",)),
    "enum": frozenset(("value",)),
    "lose": frozenset(("length", "empty")),
    "repeat": frozenset(("length",)),
    "reorder": frozenset(("order", "value")),
}
"""By which freedoms of a pack a kind of mutant goes unnoticed."""


def why_unnoticed(mutant: Mutant, subject: Subject, count: int) -> str:
    """In words."""
    found = _of_mapping(mutant, subject) if mutant.layer == "mapping" else _of_place(mutant, subject)
    return found or f"none of the {count} cases that see it noticed"


def _of_mapping(mutant: Mutant, subject: Subject) -> str | None:
    """By the golden values of its methods: what is the same, or never there, cannot differ."""
    if not mutant.fields or mutant.kind not in ("drop", "swap"):
        return None
    goldens = Goldens(golden_folder(subject), subject.provider)
    records = list(_records(goldens, mutant.place))
    if "response" in mutant.what and records:
        values = [[record.get(name, _NOTHING) for name in mutant.fields] for record in records]
        if mutant.kind == "swap" and all(one == other for one, other in values):
            return f"{' and '.join(mutant.fields)} have the same value in every golden record"
        if mutant.kind == "drop" and all(one in (_NOTHING, None) for (one,) in values):
            return f"no golden record has a {mutant.fields[0]}"
    return None


def _records(goldens: Goldens, cell: str) -> Iterator[Mapping[str, Any]]:
    for key in goldens.keys(cell, "answers"):
        found = goldens.value(cell, "answers", key).get("result")
        yield from (each for each in (found if isinstance(found, list) else [found]) if isinstance(each, Mapping))


def _of_place(mutant: Mutant, subject: Subject) -> str | None:
    """By what the pack frees and the contract is unsure of."""
    _, _, place = mutant.what.partition(" ")
    bare = place.replace("[]", "")
    for each in subject.pack.unstable:
        if each.covers(mutant.place, bare) and not _FREED.get(mutant.kind, frozenset()).isdisjoint(each.frees):
            return f"{each.reason}: the pack declares it unstable"
    operation = subject.contract.operations.get(mutant.place)
    if operation is not None and mutant.layer == "answer" and Described(operation, 200).is_unsure(bare):
        return "no cassette shows it, and the contract has it from clients or inference only and does not require it"
    return None
