"""The contract of the unified API, and the part of it that is written from the schemas."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.core.contract import Contract, Invalid, Operation
from harness.core.exchange import Request, Response, json_response
from harness.data import folder
from harness.unified import contract as written
from harness.unified.catalogue import MODELS, STANDARD

FOLDER = folder("contracts") / "unified"
OPERATIONS = [
    (each.model, each.name, method)
    for resources in MODELS.values()
    for each in resources.values()
    for method in each.methods
]
CONTACT = {"id": "1", "emails": [{"email": "a@example.com"}], "remote_data": {"id": "1"}}
PAGE = {"result": [CONTACT], "next_cursor": None, "prev_cursor": None, "result_count": 1}


@pytest.fixture(scope="module")
def unified() -> Contract:
    return Contract.load(FOLDER)


def broken(operation: Operation, answer: Any, status: int = 200) -> list[str]:
    """The violations of an answer, as text."""
    return [str(violation) for violation in operation.check_response(json_response(answer, status))]


def test_what_is_written_from_the_schemas_is_current() -> None:
    assert {name: (FOLDER / name).read_text("utf-8") for name in written.files()} == written.files()


def test_check_says_which_file_is_not_current(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert written.main(["--check"]) == 0
    current = written.files()
    monkeypatch.setattr(written, "files", lambda: {**current, "ticketing.yaml": "changed"})
    assert written.main(["--check"]) == 1
    told = capsys.readouterr().err
    assert "ticketing.yaml is not current: run python -m harness.unified.contract" in told
    assert "user_directory.yaml" not in told


def test_one_record_is_printed_as_json_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert written.main(["--json-schema", "ticketing.contacts"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["required"] == ["id"]
    assert found["properties"]["created_at"] == {"type": ["string", "null"], "format": "date-time"}
    assert found["$defs"]["Email"]["required"] == ["email"]


def test_the_json_schema_of_an_unknown_record_is_refused_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert written.main(["--json-schema", "ticketing.contact"]) == 1
    assert "did you mean 'contacts'?" in capsys.readouterr().err


@pytest.mark.parametrize(("model", "resource", "method"), OPERATIONS, ids=map(".".join, OPERATIONS))
def test_every_method_is_an_operation(unified: Contract, model: str, resource: str, method: str) -> None:
    operation = unified.operation(f"{model}.{resource}.{method}")
    verb, has_id = STANDARD.get(method, ("POST", False))
    tail = "/{id}" if has_id else "" if method in STANDARD else f"/{method}"
    assert (operation.method, operation.path) == (verb, f"/unified/{model}/{resource}{tail}")
    assert operation.evidence.level in ("documented", "inferred")


def test_a_field_that_is_not_sure_says_so(unified: Contract) -> None:
    fields = unified.document["components"]["schemas"]["TicketingTicketFields"]["properties"]
    assert "x-evidence" not in fields["name"]
    assert fields["due_date"]["x-evidence"]["level"] == "documented"
    assert fields["closed_at"]["x-evidence"]["level"] == "inferred"


def test_a_page_of_whole_records_is_fine_and_one_with_a_wrong_value_is_not(unified: Contract) -> None:
    operation = unified.operation("ticketing.contacts.list")
    assert broken(operation, PAGE) == []
    wrong = {**PAGE, "result": [{**CONTACT, "emails": [{"email": 1}]}]}
    assert broken(operation, wrong) == ['body/result/0/emails/0/email: 1 is not of type "string" [type]']


def test_the_envelope_is_checked_too(unified: Contract) -> None:
    operation = unified.operation("ticketing.contacts.list")
    assert any(line.startswith("body/next_cursor") for line in broken(operation, {**PAGE, "next_cursor": 7}))


@pytest.mark.parametrize(
    "answer",
    [
        {**PAGE, "result": {"1": CONTACT}},
        {**PAGE, "result": [{"id": "1"}]},
        {**PAGE, "result": [{"emails": [], "remote_data": {}}]},
        {"result": [CONTACT], "debug": None},
        {"results": [{"id": "1"}], "pagination": {}},
        [{"id": 1}],
    ],
    ids=["truto_key_by", "truto_ignore_remote_data", "truto_exclude_fields", "debug", "raw", "a raw array"],
)
def test_parameters_may_change_the_form_of_a_list(unified: Contract, answer: Any) -> None:
    assert broken(unified.operation("ticketing.contacts.list"), answer) == []


def test_a_keyed_list_is_checked_record_by_record(unified: Contract) -> None:
    wrong = {**PAGE, "result": {"1": {**CONTACT, "first_name": 1}}}
    assert any(
        "body/result/1/first_name" in line for line in broken(unified.operation("ticketing.contacts.list"), wrong)
    )


def test_a_list_may_stream_lines(unified: Contract) -> None:
    lines = Response(200, b'{"id":"1"}\n{"id":"2"}\n', [("content-type", "application/x-ndjson")])
    assert unified.operation("ticketing.contacts.list").check_response(lines) == []


def test_an_optional_value_may_be_null_whatever_its_type(unified: Contract) -> None:
    fields = unified.document["components"]["schemas"]
    nothing = [
        (record, name)
        for record, schema in fields.items()
        for name in schema.get("properties", {})
        if name not in schema.get("required", ()) and record.startswith(("Ticketing", "UserDirectory", "InstantMess"))
        if not unified.validator(f"#/components/schemas/{record}/properties/{name}").is_valid(None)
    ]
    assert {name for _, name in nothing} <= {"id", "name"}
    assert all(record.endswith("Fields") for record, _ in nothing)


def test_a_get_answers_the_bare_record(unified: Contract) -> None:
    operation = unified.operation("ticketing.contacts.get")
    assert broken(operation, CONTACT) == []
    assert broken(operation, {**CONTACT, "is_active": "yes"}) != []


@pytest.mark.parametrize("status", [400, 402, 404, 418, 422, 429, 500, 502, 503])
def test_an_error_has_one_shape_whatever_status_the_provider_chose(unified: Contract, status: int) -> None:
    operation = unified.operation("ticketing.contacts.get")
    error = {"statusCode": status, "error": "E", "message": "", "truto_is_remote_error": True, "raw_response": "no"}
    assert broken(operation, error, status) == []
    assert broken(operation, {"error": "E"}, status) != []


def test_a_file_is_answered_with_its_own_media_type(unified: Contract) -> None:
    image = Response(200, b"\x89PNG", [("content-type", "image/png")])
    assert unified.operation("ticketing.attachments.download").check_response(image) == []
    assert unified.operation("ticketing.contacts.get").check_response(image) != []


def test_a_body_needs_no_id_and_its_values_are_checked(unified: Contract) -> None:
    operation = unified.operation("ticketing.contacts.create")
    request = Request("POST", "/unified/ticketing/contacts", body=b'{"name":"A","remote_data":{"vip":true}}')
    assert operation.read_body(request) == {"name": "A", "remote_data": {"vip": True}}
    with pytest.raises(Invalid, match="body/name"):
        operation.read_body(Request("POST", "/", body=b'{"name":7}'))


def test_a_body_of_any_media_type_is_left_to_who_passes_it_on(unified: Contract) -> None:
    request = Request("POST", "/proxy/files", headers=[("content-type", "image/png")], body=b"\x89PNG")
    assert unified.operation("proxy.create").read_body(request) is None


@pytest.mark.parametrize(
    "query",
    ["created_at=2026-01-01T00:00:00", "created_at%5Bgt%5D=2026-01-01T00:00:00", "next_cursor=", "limit=10", ""],
)
def test_what_clients_send_is_valid(unified: Contract, query: str) -> None:
    unified.operation("ticketing.contacts.list").read_query(query)


@pytest.mark.parametrize("query", ["limit=many", "truto_response_format=xml", "sort_by=name"])
def test_a_parameter_of_the_wrong_form_is_invalid(unified: Contract, query: str) -> None:
    with pytest.raises(Invalid):
        unified.operation("ticketing.contacts.list").read_query(query)


def test_every_documented_conflict_is_a_quirk(unified: Contract) -> None:
    assert {name: quirk.default for name, quirk in unified.quirks.items()} == {
        "single_result": "bare",
        "excluded_fields": "any",
        "remote_error_field": "raw_response",
        "unmapped_write": "not_found",
        "unknown_parameter": "refuse",
        "stream_format": "ndjson",
        "create_status": "200",
        "bare_date": "equals",
        "proxy_account_parameter": "removed",
        "unsupported_filter": "ignore",
        "idempotency_mismatch": "replay",
    }
