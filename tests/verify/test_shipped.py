"""The shipped cassettes and the default world prove what they are there to prove, with nothing left unchecked."""

from __future__ import annotations

import pytest

from harness.verify.operations import Operations
from harness.verify.recording.upkeep import check
from harness.verify.run import DEFAULT, run
from harness.verify.subject import Subject


@pytest.mark.parametrize("suite", DEFAULT)
def test_every_case_of_superchat_is_asked_and_passes(suite: str) -> None:
    found = run(Subject(provider="superchat"), [suite])
    wrong = [f"{each.case.name}: {each.message}" for each in found.outcomes if each.verdict != "passed"]
    assert found.outcomes
    assert not wrong, "\n".join(wrong[:20])


def test_every_published_tool_of_superchat_is_shown_by_a_cassette() -> None:
    subject = Subject(provider="superchat")
    operations = Operations(subject.contract)
    shown = {
        tool
        for cassette in subject.cassettes
        for interaction in cassette.interactions
        if interaction.status < 300 and (operation := operations.of(interaction)) is not None
        for tool in operation.tools
    }
    tools = {tool for operation in subject.contract.operations.values() for tool in operation.tools}
    assert len(tools) == 48
    assert shown == tools


@pytest.mark.parametrize("provider", ["kustomer", "superchat"])
def test_nothing_keeps_a_shipped_cassette_from_being_evidence(provider: str) -> None:
    subject = Subject(provider=provider)
    assert [problem for cassette in subject.cassettes for problem in check(cassette, subject.pack)] == []
