"""The mutants of a provider: every way in which its fake or its mappings are broken, from contract and mappings.

They stand at the answer (a field renamed, dropped, null, of another type, an old moment, a new enum value; a list that
loses, repeats or reorders; a wrong cursor, another status, a header gone), at what a handler sees and keeps (a filter
ignored, a value misread, a write lost, an old state read, an old time) or in the mapping (expressions swapped or
dropped), never in source code.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING

from harness.verify.mutate.answers import of_answers
from harness.verify.mutate.mappings import of_mappings
from harness.verify.mutate.mutant import Mutant
from harness.verify.mutate.state import of_state

if TYPE_CHECKING:
    from harness.core.contract import Contract
    from harness.unified.mapping import Mappings


def mutants(contract: Contract, mappings: Mappings | None) -> list[Mutant]:
    """All of a provider's, each with a name of its own."""
    found = [*of_answers(contract), *of_state(contract)]
    if mappings is not None:
        found.extend(of_mappings(mappings))
    return list({mutant.id: mutant for mutant in found}.values())


def spread(found: list[Mutant], most: int | None) -> list[Mutant]:
    """Some of them: of each kind as many as of any other, over as many places as there are, always the same ones."""
    if most is None or most >= len(found):
        return found
    kinds: dict[tuple[str, str], dict[str, list[Mutant]]] = {}
    for mutant in sorted(found, key=lambda each: blake2b(each.id.encode(), digest_size=8).digest()):
        kinds.setdefault((mutant.layer, mutant.kind), {}).setdefault(mutant.place, []).append(mutant)
    queues = [_in_turn([iter(each) for each in places.values()]) for places in kinds.values()]
    wanted = {mutant.id for mutant in islice(_in_turn(queues), most)}
    return [mutant for mutant in found if mutant.id in wanted]


def _in_turn(queues: list[Iterator[Mutant]]) -> Iterator[Mutant]:
    while queues:
        for queue in list(queues):
            mutant = next(queue, None)
            if mutant is None:
                queues.remove(queue)
            else:
                yield mutant
