"""The shipped cassettes and the default world prove what they are there to prove, with nothing left unchecked."""

from __future__ import annotations

import pytest

from harness.verify.run import DEFAULT, run
from harness.verify.subject import Subject


@pytest.mark.parametrize("suite", DEFAULT)
def test_every_case_of_superchat_is_asked_and_passes(suite: str) -> None:
    found = run(Subject(provider="superchat"), [suite])
    wrong = [f"{each.case.name}: {each.message}" for each in found.outcomes if each.verdict != "passed"]
    assert found.outcomes
    assert not wrong, "\n".join(wrong[:20])
