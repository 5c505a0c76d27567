"""The contract suite: cassettes against the contract, both ways."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from harness.verify.case import Outcome, judged
from harness.verify.subject import Subject
from harness.verify.suites import contract

LABEL = {"id": "lb_TGtiFPoO87aLeQ6ePs6Gf", "name": "Leasing", "url": "/labels/lb_TGtiFPoO87aLeQ6ePs6Gf"}
MISSING = {"errors": [{"title": None, "detail": None, "url": None, "docs": None, "status_code": 404}]}

Judge = Callable[..., list[Outcome]]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """The outcomes of a cassette with one interaction."""

    def outcomes(
        answer: Any = LABEL,
        *,
        status: int = 200,
        method: str = "GET",
        path: str = f"/labels/{LABEL['id']}",
        body: Any = None,
        **marks: Any,
    ) -> list[Outcome]:
        headers = {"X-API-KEY": ["REDACTED"], "Content-Type": ["application/json"]}
        interaction = {
            **marks,
            "request": {
                "method": method,
                "uri": f"https://api.superchat.com/v1.0{path}",
                "headers": headers,
                "body": None if body is None else orjson.dumps(body).decode(),
            },
            "response": {
                "status": {"code": status, "message": ""},
                "headers": {"Content-Type": ["application/json"]},
                "body": {"string": orjson.dumps(answer).decode()},
            },
        }
        provenance = {
            "kind": "documented",
            "date": "2026-11-22",
            "source": "https://example.org",
            "api_version": "v1.0",
            "operations": ["labels.get"],
        }
        folder = tmp_path / "superchat"
        folder.mkdir()
        text = yaml.safe_dump({"version": 1, "metadata": {"provenance": provenance}, "interactions": [interaction]})
        (folder / "small.yaml").write_text(text)
        subject = Subject(provider="superchat", cassette_folder=folder)
        return [judged(case, subject) for case in contract.cases(subject)]

    return outcomes


def message(outcomes: list[Outcome]) -> str:
    (outcome,) = outcomes
    assert outcome.verdict == "failed"
    return outcome.message


def test_an_answer_as_the_contract_says_passes(judge: Judge) -> None:
    (outcome,) = judge()
    assert outcome.verdict == "passed"
    assert outcome.case.operations == ("labels.get",)
    assert outcome.case.evidence == "documented"
    assert outcome.case.id.startswith("labels.get superchat/small.yaml:")


def test_a_field_the_contract_lacks_fails_with_file_line_and_place(judge: Judge) -> None:
    told = message(judge({**LABEL, "colour": "red"}))
    assert "superchat/small.yaml:" in told
    assert "body.colour" in told


def test_a_required_field_that_was_not_seen_fails(judge: Judge) -> None:
    assert "name" in message(judge({key: value for key, value in LABEL.items() if key != "name"}))


def test_a_value_of_another_type_fails(judge: Judge) -> None:
    assert "body/name" in message(judge({**LABEL, "name": 3}))


def test_a_status_the_contract_does_not_declare_fails(judge: Judge) -> None:
    assert "418" in message(judge(MISSING, status=418))


def test_an_error_in_another_shape_fails(judge: Judge) -> None:
    assert "errors" in message(judge({"message": "Not found"}, status=404))


def test_a_call_of_no_operation_fails(judge: Judge) -> None:
    assert "/v1.0/colours" in message(judge(path="/colours"))


def test_a_field_sent_that_the_contract_lacks_fails(judge: Judge) -> None:
    note = {"name": "Werkstatt", "colour": "red"}
    folder = {"id": "tn_FFgIIl21I4gwOzxnTudjS", "name": "Werkstatt", "parent_id": None}
    told = message(judge(folder, method="POST", path="/template-folders", body=note))
    assert "body.colour" in told


def test_a_request_that_was_refused_may_break_the_contract(judge: Judge) -> None:
    refused = {"errors": [{"title": None, "detail": None, "url": None, "docs": None, "status_code": 400}]}
    (outcome,) = judge(refused, status=400, method="POST", path="/template-folders", body={"name": 3})
    assert outcome.verdict == "passed"


def test_a_request_that_was_answered_well_may_not(judge: Judge) -> None:
    folder = {"id": "tn_FFgIIl21I4gwOzxnTudjS", "name": "3", "parent_id": None}
    assert "request" in message(judge(folder, method="POST", path="/template-folders", body={"name": 3}))


def test_an_answer_no_source_shows_is_judged_and_says_so(judge: Judge) -> None:
    (outcome,) = judge({**LABEL, "colour": "red"}, **{"x-evidence": "inferred"})
    assert outcome.verdict == "failed"
    assert outcome.case.evidence == "inferred"


def test_without_a_cassette_the_suite_is_unchecked(tmp_path: Path) -> None:
    subject = Subject(provider="superchat", cassette_folder=tmp_path)
    (outcome,) = [judged(case, subject) for case in contract.cases(subject)]
    assert outcome.verdict == "unchecked"
    assert "no cassette of superchat" in outcome.message
