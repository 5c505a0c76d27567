"""Contracts: loaded from files or a bundle; what they say about requests and responses."""

from __future__ import annotations

import shutil
from copy import deepcopy
from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.core.contract import (
    Contract,
    ContractError,
    Evidence,
    Invalid,
    violations_of,
)
from harness.core.contract_files import BUNDLE, bundle_of, main, read_sources
from harness.core.exchange import Request, Response, json_response


@pytest.fixture
def folder(contract_folder: Path, tmp_path: Path) -> Path:
    """A copy of the contract, to be changed."""
    return Path(shutil.copytree(contract_folder, tmp_path / "toy"))


def kinds(error: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(violation.place, violation.kind) for violation in error.value.violations]


# Loading


def test_operations_are_those_of_the_document_under_its_base_path(contract: Contract) -> None:
    found = {id: (operation.method, operation.path) for id, operation in contract.operations.items()}
    assert found == {
        "things.list": ("GET", "/v1/things"),
        "things.create": ("POST", "/v1/things"),
        "things.get": ("GET", "/v1/things/{id}"),
        "uploads.create": ("POST", "/v1/uploads"),
        "health.get": ("GET", "/v1/health"),
    }


def test_an_operation_carries_its_evidence_tools_and_quirk(contract: Contract) -> None:
    operation = contract.operation("things.get")
    assert operation.evidence == Evidence("documented", ("https://toy.example.com/docs",), "seen")
    assert (operation.tools, operation.quirk, operation.keyless) == (("get_thing",), "mood", False)
    assert contract.operation("health.get").keyless


def test_an_operation_carries_the_roles_of_which_a_key_needs_one(contract: Contract) -> None:
    document = deepcopy(contract.document)
    document["paths"]["/things"]["post"]["x-roles"] = ["org.admin", "org.thing.write"]
    changed = Contract(document, "toy")
    assert changed.operation("things.create").roles == ("org.admin", "org.thing.write")
    assert changed.operation("things.list").roles == ()


def test_an_operation_carries_the_forms_of_its_parameters(contract: Contract) -> None:
    document = deepcopy(contract.document)
    (parameter,) = document["paths"]["/things/{id}"]["get"]["parameters"]
    parameter.update({"x-by-form": True, "schema": {"type": "string", "pattern": "^th_.+$"}})
    document["components"]["parameters"] = {"id": parameter}
    document["paths"]["/things/{id}"]["get"]["parameters"] = [{"$ref": "#/components/parameters/id"}]
    assert Contract(document, "toy").operation("things.get").forms == {"id": "^th_.+$"}
    assert contract.operation("things.get").forms == {}


def test_an_unknown_operation_is_refused_with_the_nearest(contract: Contract) -> None:
    with pytest.raises(ContractError, match=r"did you mean 'things\.create'"):
        contract.operation("thing.create")


def test_a_folder_without_a_root_is_no_contract(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"no openapi\.yaml"):
        Contract.load(tmp_path)


def test_files_are_merged(folder: Path) -> None:
    part = """
paths:
  /others:
    get:
      operationId: others.list
      x-evidence: {level: inferred}
      responses: {'200': {description: All.}}
components:
  schemas:
    Other: {type: object, x-evidence: {level: inferred}}
x-quirks:
  other: {summary: Another., choices: [a, b], default: a, x-evidence: {level: inferred}}
"""
    (folder / "others.yaml").write_text(part)
    contract = Contract.load(folder)
    assert {"others.list", "things.list"} <= contract.operations.keys()
    assert set(contract.quirks) == {"mood", "window", "other"}


@pytest.mark.parametrize(
    "part",
    [
        "paths: {/things: {}}",
        "components: {schemas: {Thing: {}}}",
        "x-quirks: {mood: {}}",
        "openapi: 3.1.0",
    ],
)
def test_what_two_files_define_is_refused(folder: Path, part: str) -> None:
    (folder / "again.yaml").write_text(part)
    with pytest.raises(ContractError, match=r"again\.yaml.* is already defined"):
        Contract.load(folder)


@pytest.mark.parametrize("text", ["- a", "{", "5"])
def test_a_file_that_is_no_mapping_is_refused_by_its_name(folder: Path, text: str) -> None:
    (folder / "odd.yaml").write_text(text)
    with pytest.raises(ContractError, match=r"odd\.yaml"):
        Contract.load(folder)


def test_one_operation_id_twice_is_refused(folder: Path) -> None:
    root = folder / "openapi.yaml"
    root.write_text(root.read_text().replace("things.get", "things.list"))
    with pytest.raises(ContractError, match=r"'things\.list' is used twice"):
        Contract.load(folder)


def test_a_bundle_is_used_when_it_is_current(folder: Path) -> None:
    bundle = bundle_of(folder, read_sources(folder))
    bundle["info"]["title"] = "From the bundle"
    (folder / BUNDLE).write_bytes(orjson.dumps(bundle))
    assert Contract.load(folder).document["info"]["title"] == "From the bundle"


def test_a_bundle_of_other_files_is_ignored(folder: Path) -> None:
    assert main([str(folder)]) == 0
    root = folder / "openapi.yaml"
    root.write_text(root.read_text().replace("title: Toy", "title: Changed"))
    assert Contract.load(folder).document["info"]["title"] == "Changed"


def test_the_command_writes_bundles_and_checks_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check", str(folder)]) == 1
    assert "is not current: run python -m harness.core.contract" in capsys.readouterr().err
    assert main([str(folder)]) == 0
    assert main(["--check", str(folder)]) == 0


def test_the_command_says_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = folder / "openapi.yaml"
    root.write_text(root.read_text().replace("maxLength", "maxLenght"))
    assert main([str(folder)]) == 1
    assert "did you mean 'maxLength'" in capsys.readouterr().err


# Queries


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("", {}),
        ("limit=5", {"limit": 5}),
        ("limit=1&limit=7", {"limit": 7}),
        ("ratio=2.5", {"ratio": 2.5}),
        ("ratio=1e3", {"ratio": 1000.0}),
        ("old=true", {"old": True}),
        ("old=false", {"old": False}),
        ("old=", {}),
        ("ratio=", None),
        ("tags=ab&tags=cd", {"tags": ["ab", "cd"]}),
        ("after=", {"after": None}),
        ("after=a%20b%2B", {"after": "a b+"}),
        ("unknown=1&limit=2", {"limit": 2}),
        ("limit", None),
        ("limit=0", None),
        ("limit=1.5", None),
        ("limit=1_0", None),
        ("limit=٣", None),
        ("limit= 3", None),
        ("ratio=nan", None),
        ("ratio=inf", None),
        ("old=yes", None),
        ("old=True", None),
        ("tags=a", None),
    ],
)
def test_a_query_becomes_the_values_of_declared_parameters(
    contract: Contract, query: str, values: dict[str, Any] | None
) -> None:
    read = contract.operation("things.list").read_query
    if values is not None:
        assert read(query) == values
        return
    with pytest.raises(Invalid) as error:
        read(query)
    assert {place for place, _ in kinds(error)} == {"query"}


def test_a_query_where_none_is_declared_is_ignored(contract: Contract) -> None:
    assert contract.operation("things.get").read_query("limit=0&x=1") == {}


# Bodies


def post(body: bytes, content_type: str | None = "application/json") -> Request:
    headers = [] if content_type is None else [("content-type", content_type)]
    return Request("POST", "/v1/things", headers=headers, body=body)


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8", None])
def test_a_body_is_json_whatever_else_its_type_says(contract: Contract, content_type: str | None) -> None:
    assert contract.operation("things.create").read_body(post(b'{"name":"a"}', content_type)) == {"name": "a"}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", [("body", "required")]),
        (b"{", [("body", "json")]),
        (b"\xff", [("body", "json")]),
        (b"NaN", [("body", "json")]),
        (b"[]", [("body", "type")]),
        (b"{}", [("body", "required")]),
        (b'{"name":""}', [("body", "minLength")]),
        (b'{"name":"12345678901","kind":"huge"}', [("body", "enum"), ("body", "maxLength")]),
        (b'{"name":' + b"[" * 500 + b"]" * 500 + b"}", [("body", "json")]),
    ],
)
def test_a_body_that_breaks_the_schema_is_refused_with_all_violations(
    contract: Contract, body: bytes, found: list[tuple[str, str]]
) -> None:
    with pytest.raises(Invalid) as error:
        contract.operation("things.create").read_body(post(body))
    assert kinds(error) == found


def test_a_violation_says_where_and_what_is_demanded(contract: Contract) -> None:
    with pytest.raises(Invalid) as error:
        contract.operation("things.create").read_body(post(b'{"kind":"huge"}'))
    missing, choice = error.value.violations
    assert (missing.path, missing.kind, missing.expected) == ((), "required", "name")
    assert (choice.path, choice.kind, choice.expected) == (("kind",), "enum", ("small", "large"))
    assert str(choice).startswith("body/kind: ")


def test_another_media_type_is_refused_with_the_declared_one(contract: Contract) -> None:
    with pytest.raises(Invalid) as error:
        contract.operation("things.create").read_body(post(b"name=a", "application/x-www-form-urlencoded"))
    (violation,) = error.value.violations
    assert (violation.kind, violation.expected) == ("media", ["application/json"])


@pytest.fixture
def limited(contract: Contract) -> Contract:
    """The contract with a limit for all bodies and another for one."""
    document = deepcopy(contract.document)
    document["x-max-body-bytes"] = 12
    document["paths"]["/uploads"]["post"]["x-max-body-bytes"] = None
    return Contract(document, "toy")


def test_a_body_that_is_too_long_is_refused_before_it_is_looked_at(limited: Contract) -> None:
    create = limited.operation("things.create")
    assert create.read_body(Request("POST", "/v1/things", body=b'{"name":"a"}')) == {"name": "a"}
    with pytest.raises(Invalid) as caught:
        create.read_body(Request("POST", "/v1/things", headers=[("content-type", "text/csv")], body=b"x" * 13))
    (found,) = caught.value.violations
    assert (found.place, found.path, found.kind, found.expected) == ("body", (), "maxBytes", 12)
    assert found.message == "13 bytes are more than 12"


def test_an_operation_may_take_longer_bodies_than_the_others(limited: Contract) -> None:
    form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nlong\r\n--x--\r\n'
    request = Request("POST", "/v1/uploads", headers=[("content-type", "multipart/form-data; boundary=x")], body=form)
    assert list(limited.operation("uploads.create").read_body(request)) == ["file"]


def test_without_a_limit_a_body_may_be_of_any_length(contract: Contract) -> None:
    body = b'{"name":"a"}' + b" " * 1_000_000
    assert contract.operation("things.create").read_body(Request("POST", "/v1/things", body=body)) == {"name": "a"}


def test_a_body_where_none_is_declared_is_ignored(contract: Contract) -> None:
    assert contract.operation("things.get").read_body(post(b"{")) is None


def test_a_body_that_is_not_required_may_be_absent(contract: Contract) -> None:
    assert contract.operation("uploads.create").read_body(post(b"", "multipart/form-data; boundary=x")) is None


def form(*parts: str) -> Request:
    body = "".join(f"--x\r\n{part}\r\n" for part in parts) + "--x--\r\n"
    return post(body.encode(), "multipart/form-data; boundary=x")


def test_a_form_is_read_as_its_parts(contract: Contract) -> None:
    file = 'Content-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nHello'
    field = 'Content-Disposition: form-data; name="note"\r\n\r\nü'
    parts = contract.operation("uploads.create").read_body(form(file, field))
    assert (parts["file"].content, parts["file"].filename, parts["file"].content_type) == (
        b"Hello",
        "a.txt",
        "text/plain",
    )
    assert (parts["note"].text, parts["note"].filename) == ("ü", None)


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (form(), "required"),
        (post(b"broken", "multipart/form-data; boundary=x"), "multipart"),
        (post(b"--x--\r\n", "multipart/form-data"), "multipart"),
    ],
)
def test_a_form_that_cannot_be_read_or_lacks_a_part_is_refused(
    contract: Contract, request_: Request, kind: str
) -> None:
    with pytest.raises(Invalid) as error:
        contract.operation("uploads.create").read_body(request_)
    assert kinds(error) == [("body", kind)]


# Responses


@pytest.mark.parametrize(
    ("operation", "response", "broken"),
    [
        ("things.get", json_response({"id": "a", "name": "b"}), []),
        ("things.get", json_response({"id": "a", "name": "b", "at": "2026-01-15T09:00:00Z"}), []),
        ("things.get", json_response({"id": "a", "name": "b", "at": "yesterday"}), ["format"]),
        ("things.get", json_response({"id": 5, "name": "b"}), ["type"]),
        ("things.get", json_response({"id": "a", "name": "b", "more": 1}), ["additionalProperties"]),
        ("things.get", json_response({}, 500), ["status"]),
        ("things.get", Response(404), []),
        ("things.get", Response(404, b"{}"), ["empty"]),
        ("things.get", json_response({}, content_type="text/json"), ["media"]),
        ("things.get", Response(200, b"{", [("content-type", "application/json")]), ["json"]),
        ("health.get", Response(204), []),
    ],
)
def test_a_response_is_checked_against_what_is_declared(
    contract: Contract, operation: str, response: Response, broken: list[str]
) -> None:
    assert [violation.kind for violation in contract.operation(operation).check_response(response)] == broken


def test_a_class_of_statuses_may_stand_for_those_that_are_not_declared(contract: Contract) -> None:
    operation = Contract(deepcopy(contract.document), "toy").operation("things.get")
    operation.data["responses"]["4XX"] = {"description": "Refused."}
    assert operation.check_response(Response(418)) == []
    assert [violation.kind for violation in operation.check_response(Response(404, b"{}"))] == ["empty"]
    assert [violation.kind for violation in operation.check_response(Response(500))] == ["status"]


def test_content_of_any_media_type_is_let_through_and_json_still_checked(contract: Contract) -> None:
    operation = Contract(deepcopy(contract.document), "toy").operation("things.get")
    operation.data["responses"]["200"]["content"]["*/*"] = {}
    assert operation.check_response(Response(200, b"PNG", [("content-type", "image/png")])) == []
    assert [violation.kind for violation in operation.check_response(json_response({"id": 5, "name": "b"}))] == ["type"]


def test_a_streamed_response_is_checked_and_stays_whole(contract: Contract) -> None:
    response = Response(200, iter([b'{"id":"a",', b'"name":"b"}']), [("content-type", "application/json")])
    assert contract.operation("things.get").check_response(response) == []
    assert response.body == b'{"id":"a","name":"b"}'


@pytest.mark.parametrize(
    ("schema", "value", "kind"),
    [({"not": {"type": "string"}}, "a", "not"), ({"const": {"a": 1}}, 2, "const"), ({"enum": [[1], {}]}, 2, "enum")],
)
def test_a_violation_may_expect_anything(contract: Contract, schema: dict[str, Any], value: Any, kind: str) -> None:
    assert [found.kind for found in violations_of(contract.compile(schema), value, "body")] == [kind]
