"""How much is known of each operation of a fake, and by what it was judged: the words that claims are made in."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from harness.core.contract import Contract
from harness.verify.case import Outcome
from harness.verify.run import run
from harness.verify.subject import Subject

PROVEN, DOCUMENTED, INFERRED, UNKNOWN = "proven", "documented", "inferred", "not known"
LEVELS = {
    PROVEN: "the fake answers as a recording of the real API, or somebody's transcription of one, does",
    DOCUMENTED: "the fake answers as documentation, or the source of a working client, shows",
    INFERRED: "nobody shows it; it is taken to be as its neighbours are",
    UNKNOWN: "nothing was judged, or something that was judged failed",
}
"""What can be said of an operation, the surest first."""

SUITE = "fake"
_BY_CASE = {"recorded": PROVEN, "transcribed": PROVEN, "documented": DOCUMENTED, "inferred": INFERRED}
_BY_CONTRACT = {"recorded": DOCUMENTED, "documented": DOCUMENTED, "client": DOCUMENTED, "inferred": INFERRED}


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known of one operation."""

    operation: str
    level: str
    passed: int
    """Cases of the suite `fake` that the operation passed."""
    failed: int
    unchecked: int


def proofs(subject: Subject) -> dict[str, Proof]:
    """By operation, from a run of the suite `fake`. Raises CassetteError.

    Only an answer that was no refusal says how an operation works. Where there is none to judge by, an operation is as
    sure as its contract, which alone proves no fake. One with a case that failed is not known until that is mended.
    """
    refusals = {
        interaction.place
        for cassette in subject.cassettes
        for interaction in cassette.interactions
        if interaction.status >= 400
    }
    return read(subject.contract, run(subject, [SUITE]).outcomes, refusals)


def read(contract: Contract, outcomes: Iterable[Outcome], refusals: Collection[str] = ()) -> dict[str, Proof]:
    """The same from outcomes; `refusals` are the places (`superchat/contacts.yaml:12`) of answers that refuse."""
    judged: dict[str, list[Outcome]] = {id: [] for id in contract.operations}
    for outcome in outcomes:
        if outcome.case.suite == SUITE:
            for id in outcome.case.operations:
                judged.setdefault(id, []).append(outcome)
    return {id: _proof(contract, id, found, refusals) for id, found in judged.items()}


def _proof(contract: Contract, id: str, outcomes: list[Outcome], refusals: Collection[str]) -> Proof:
    verdicts = [each.verdict for each in outcomes]
    telling = [
        each for each in outcomes if each.verdict == "passed" and each.case.id.rpartition(" ")[2] not in refusals
    ]
    passed = {_BY_CASE.get(each.case.evidence, UNKNOWN) for each in telling}
    level = next((level for level in LEVELS if level in passed), None)
    if "failed" in verdicts:
        level = UNKNOWN
    elif level is None:
        operation = contract.operations.get(id)
        level = _BY_CONTRACT.get(operation.evidence.level, UNKNOWN) if operation else UNKNOWN
    return Proof(id, level, verdicts.count("passed"), verdicts.count("failed"), verdicts.count("unchecked"))
