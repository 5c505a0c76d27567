"""What a contract says of the places of an answer: which of them a page of documentation may leave out."""

from __future__ import annotations

import pytest

from harness.core.contract import Contract
from harness.data import folder
from harness.verify.suites.fake.described import Described


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract.load(folder("contracts") / "kustomer")


def test_a_field_of_which_only_inference_tells_may_be_left_out(contract: Contract) -> None:
    described = Described(contract.operations["conversations.get"], 200)
    assert described.is_unsure("data.attributes.preview")
    assert not described.is_unsure("data.attributes.name")


def test_a_field_that_the_answer_of_one_operation_forbids_is_not_merely_left_out(contract: Contract) -> None:
    assert not Described(contract.operations["conversations.create"], 201).is_unsure("data.attributes.preview")
