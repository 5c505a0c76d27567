"""What may be said of an operation, by what its fake was judged."""

from __future__ import annotations

import pytest

from harness.core.contract import Contract
from harness.verify.case import Case, Outcome, Verdict
from harness.verify.proof import read
from harness.verify.subject import Subject


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Subject(provider="superchat").contract


def outcome(evidence: str, verdict: Verdict = "passed", place: str = "contacts.yaml:1", suite: str = "fake") -> Outcome:
    case = Case(
        f"contacts.list {place}", suite, "superchat", ("contacts.list",), lambda subject: None, evidence=evidence
    )
    return Outcome(case, verdict)


@pytest.mark.parametrize(
    ("outcomes", "level"),
    [
        ([outcome("recorded"), outcome("inferred")], "proven"),
        ([outcome("transcribed"), outcome("documented")], "proven"),
        ([outcome("documented"), outcome("inferred")], "documented"),
        ([outcome("inferred")], "inferred"),
        ([outcome("recorded"), outcome("documented", "failed")], "not known"),
        ([outcome("recorded", suite="contract")], "documented"),
        ([outcome("recorded", "unchecked")], "documented"),
        ([], "documented"),
    ],
)
def test_an_operation_is_as_sure_as_the_best_that_the_fake_was_judged_by(
    contract: Contract, outcomes: list[Outcome], level: str
) -> None:
    assert read(contract, outcomes)["contacts.list"].level == level


def test_a_refusal_does_not_show_how_an_operation_works(contract: Contract) -> None:
    found = read(contract, [outcome("recorded", place="contacts.yaml:9")], refusals={"contacts.yaml:9"})
    assert found["contacts.list"].level == "documented"
    assert found["contacts.list"].passed == 1


def test_every_operation_has_a_level(contract: Contract) -> None:
    assert read(contract, []).keys() == contract.operations.keys()
