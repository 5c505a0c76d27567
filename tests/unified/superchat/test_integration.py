"""Superchat's integration: all of its operations as proxy methods, and what is documented of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness.data import folder
from harness.unified import documentation
from harness.unified.integration import Integration, Method

INTEGRATION = Integration.load("superchat")
METHODS = [method for methods in INTEGRATION.resources.values() for method in methods.values()]
CONTRACT = json.loads((folder("contracts") / "superchat" / "bundle.json").read_bytes())
OPERATIONS = {
    operation["operationId"]: (verb.upper(), path, operation)
    for path, operations in CONTRACT["paths"].items()
    for verb, operation in operations.items()
}
DOCUMENTED = documentation.load(INTEGRATION.folder)
TOOLS = [method for method in METHODS if method.description]


def named(value: Any) -> str:
    return f"{value.resource}.{value.name}" if isinstance(value, Method) else str(value)


def singular(name: str) -> str:
    """The rule of the published names, as far as these names need it."""
    return name.removesuffix("es") if name.endswith("xes") else name.removesuffix("s")


def tool(method: Method) -> str:
    """The published name of a method."""
    one = singular(method.resource)
    return {
        "list": f"list_all_superchat_{method.resource}",
        "get": f"get_single_superchat_{one}_by_id",
        "create": f"create_a_superchat_{one}",
        "update": f"update_a_superchat_{one}_by_id",
        "delete": f"delete_a_superchat_{one}_by_id",
    }[method.name]


def test_every_operation_of_superchat_is_one_proxy_method() -> None:
    assert {named(method): method.verb for method in METHODS} == {id: verb for id, (verb, _, _) in OPERATIONS.items()}


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_a_proxy_method_calls_its_operation(method: Method) -> None:
    _, path, _ = OPERATIONS[named(method)]
    assert re.sub(r"\{\{[^}]*\}\}", "*", method.path) == re.sub(r"\{[^}]*\}", "*", path)


def test_the_tools_are_those_that_are_published() -> None:
    published = {name for _, _, operation in OPERATIONS.values() for name in operation.get("x-tools", ())}
    assert len(published) == 48
    assert {tool(method) for method in TOOLS} == published


@pytest.mark.parametrize("method", TOOLS, ids=named)
def test_a_description_promises_what_the_answer_has(method: Method) -> None:
    entry = DOCUMENTED[method.resource][method.name]
    assert method.description is not None
    required, _, returned = method.description.partition("Returns")
    answered = set(entry["response_schema"]["properties"])
    words = set(re.findall(r"\b[a-z]+(?:_[a-z]+)*\b", returned))
    mentioned = {word for word in words if word in answered}
    assert mentioned, "names nothing of what is answered"
    underscored = {word for word in words if "_" in word}
    assert underscored <= answered | set((answered and _inner(entry["response_schema"])) or ())
    asked = re.findall(r"Requires ([^.;]*)", required)
    schemas = [schema for schema in (entry["query_schema"], entry["body_schema"]) if schema]
    known = {name for schema in schemas for name in schema["properties"]}
    must = {name for schema in schemas for name in schema.get("required", ())}
    if method.name in ("get", "update", "delete") or "_id" in method.path:
        assert asked, "does not say what it requires"
    for name in re.findall(r"\b(?:id|[a-z]+_id)\b", " ".join(asked)):
        assert name in known
        assert name in must or method.name == "create"


def _inner(schema: Any) -> set[str]:
    return {
        name
        for below in schema["properties"].values()
        for name in below.get("properties", below.get("items", {}).get("properties", {}))
    }


def test_every_method_is_documented_by_itself() -> None:
    text = json.dumps(DOCUMENTED)
    assert {resource: set(methods) for resource, methods in DOCUMENTED.items()} == {
        resource: set(methods) for resource, methods in INTEGRATION.resources.items()
    }
    assert '"$ref"' not in text
    assert '"x-' not in text


def test_a_list_is_documented_by_one_record_and_by_the_cursor_it_takes() -> None:
    entry = DOCUMENTED["contacts"]["list"]
    assert "handles" in entry["response_schema"]["properties"]
    assert {"next_cursor", "limit"} <= entry["query_schema"]["properties"].keys()
    assert "after" not in entry["query_schema"]["properties"]


def test_the_condition_of_a_search_is_asked_for_by_name() -> None:
    entry = DOCUMENTED["search_contacts"]["list"]
    assert entry["query_schema"]["required"] == ["field", "value"]
    assert entry["query_schema"]["properties"]["field"]["enum"] == ["mail", "phone", "instagram", "custom_attribute"]
    assert entry["body_schema"] is None


def test_an_id_in_the_path_is_asked_for_by_its_name() -> None:
    assert DOCUMENTED["notes"]["update"]["query_schema"]["required"] == ["conversation_id", "id"]
    assert DOCUMENTED["notes"]["update"]["body_schema"]["required"] == ["content"]


def test_the_documentation_is_current() -> None:
    assert documentation.main(["--check"]) == 0


def test_documentation_that_is_not_current_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(documentation, "installed", lambda: ["desk"])
    monkeypatch.setattr(documentation, "folder", lambda name: tmp_path)
    place = tmp_path / "desk"
    place.mkdir()
    text = "label: Desk\nbase_url: https://desk.example.com\nresources:\n  people:\n    list: {path: /people}\n"
    (place / "integration.yaml").write_text(text)
    monkeypatch.setattr(
        documentation.Integration, "load", classmethod(lambda cls, name, load=Integration.load: load(place))
    )
    answer = {"200": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    (place / "bundle.json").write_text(json.dumps({"paths": {"/people": {"get": {"responses": answer}}}}))
    assert documentation.main(["--check"]) == 1
    assert "is not current" in capsys.readouterr().err
    assert documentation.main([]) == 0
    assert documentation.main(["--check"]) == 0


def test_a_method_that_the_contract_lacks_names_the_nearest_operation() -> None:
    wrong = INTEGRATION.overridden({"resources": {"labels": {"list": {"path": "/label"}}}})
    with pytest.raises(ValueError, match=r"labels\.list: the contract has no GET /label; did you mean GET /labels"):
        documentation.document(wrong, CONTRACT)


@pytest.mark.parametrize("method", [each for each in METHODS if each.name == "list" and not each.takes], ids=named)
def test_every_list_of_the_fake_comes_through_the_proxy_untouched(fake: Any, method: Method) -> None:
    query = {"template_analytics": {"from": "2020-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}}.get(
        method.resource, {}
    )
    if method.resource == "message_analytics":
        conversation = fake.read("/conversations?limit=1")["results"][0]["id"]
        query = {
            "message_ids": [each["id"] for each in fake.read(f"/conversations/{conversation}/messages")["results"]]
        }
    answer = fake.proxy(named(method), query=query)
    assert answer.status == 200, answer.body
    body = json.loads(fake.client.request(fake.sent[0].method, fake.sent[0].url).content)
    if method.resource == "me":
        assert answer.body == {"result": [body], "next_cursor": None, "prev_cursor": None, "result_count": 1}
    elif method.resource != "files":  # their links differ with each answer
        assert answer.body["result"] == body["results"]
        assert answer.body["next_cursor"] == body.get("pagination", {}).get("next_cursor")


@pytest.mark.parametrize("method", [each for each in METHODS if each.takes], ids=named)
def test_a_parameter_of_the_path_is_required_and_not_sent_twice(scripted: Any, method: Method) -> None:
    answer = scripted.proxy(named(method), id="x")
    assert answer.status == 400
    assert any(f"needs the query parameter {name!r}" in answer.body["message"] for name in method.takes)
    scripted.answers = [{"results": []}]
    given = dict.fromkeys(method.takes, "mail")
    assert scripted.proxy(named(method), id="x", query=given).status == 200
    assert "mail" not in scripted.sent[0].url.partition("?")[2]


def test_a_search_sends_its_condition_as_the_body_and_pages_by_the_query(scripted: Any) -> None:
    scripted.answers = [{"results": [], "pagination": {"next_cursor": "ct_9", "previous_cursor": None}}]
    query = {"field": "custom_attribute", "identifier": "ca_1", "value": 7, "limit": "5", "next_cursor": "ct_1"}
    answer = scripted.proxy("search_contacts.list", query=query)
    condition = {"field": "custom_attribute", "operator": "=", "value": 7, "identifier": "ca_1"}
    assert scripted.requests() == [("POST", "/contacts/search?limit=5&after=ct_1", {"query": {"value": [condition]}})]
    assert answer.body["next_cursor"] == "ct_9"


def test_a_search_takes_a_whole_body_as_it_is(scripted: Any) -> None:
    scripted.answers = [{"results": []}]
    body = {"query": {"value": [{"field": "mail", "operator": "=", "value": "a@example.org"}]}}
    assert scripted.proxy("search_contacts.list", body=body).status == 200
    assert scripted.requests()[0][2] == body


def test_lists_in_a_query_are_repeated_as_superchat_reads_them(scripted: Any) -> None:
    scripted.answers = [{"results": []}]
    scripted.proxy("message_analytics.list", query={"message_ids": ["ms_1", "ms_2"]})
    assert scripted.requests()[0][1] == "/analytics/messages?message_ids=ms_1&message_ids=ms_2"


def test_the_key_goes_into_its_header(scripted: Any) -> None:
    scripted.answers = [{"results": []}]
    scripted.proxy("labels.list")
    assert scripted.sent[0].headers["x-api-key"] == "nobodys"
