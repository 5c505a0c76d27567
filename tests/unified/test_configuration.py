"""Integrations and mappings that cannot be used: each error names file, line and remedy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.unified.account import IntegratedAccount
from harness.unified.errors import ConfigurationError
from harness.unified.exchange import Answer, Incoming, run
from harness.unified.integration import Integration
from harness.unified.mapping import Mappings
from harness.unified.quirks import defaults
from harness.unified.unify import unified

INTEGRATION = """\
label: Desk
base_url: https://desk.example.com
credentials:
  api_key: {label: key}
resources:
  people:
    list:
      path: /people
      response_path: people
    get: {path: '/people/{{id}}'}
  clients:
    list: {path: /clients}
"""

MAPPING = """\
integration_name: desk
unified_model_name: ticketing
resources:
  contacts:
    list:
      resource: people
      method: list
      response_mapping:
        id: id
        name: full_name
"""

Desk = Callable[..., Path]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Writes the files of an integration: the lines of one of them, with one replaced."""

    def write(integration: str = INTEGRATION, mapping: str = MAPPING, swap: tuple[str, str] = ("", "")) -> Path:
        folder = tmp_path / "desk"
        folder.mkdir(exist_ok=True)
        old, new = swap
        assert not old or (old in integration) + (old in mapping), "nothing to replace"
        (folder / "integration.yaml").write_text(integration.replace(old, new) if old in integration else integration)
        (folder / "ticketing.yaml").write_text(mapping.replace(old, new) if old in mapping else mapping)
        return folder

    return write


def connect(folder: Path, **given: Any) -> IntegratedAccount:
    return IntegratedAccount.connect(Integration.load(folder), {"api_key": "nobodys"}, **given)


def contacts(account: IntegratedAccount, *records: Mapping[str, Any], **query: Any) -> Answer:
    """A list of contacts, with what the desk answers."""
    import json

    body = json.dumps({"people": list(records)}).encode()
    answer = Incoming(200, [("content-type", "application/json")], body)
    steps = unified(account, "ticketing", "contacts", "list", query=query, quirks=defaults())
    return run(steps, lambda outgoing: answer)


def test_files_that_fit_work(desk: Desk) -> None:
    answer = contacts(connect(desk()), {"id": "1", "full_name": "Ada"})
    assert answer.body["result"][0]["name"] == "Ada"


@pytest.mark.parametrize(
    ("swap", "says"),
    [
        (("label: Desk", "label: Desk\nlabels: 3"), ["desk/integration.yaml:2", "labels", "did you mean 'label'"]),
        (("label: Desk", "label: Desk\nwebhook: {}"), ["desk/integration.yaml:2", "'webhook' is a field of Truto's"]),
        (("base_url: https://desk.example.com\n", ""), ["'base_url' is missing"]),
        (("resources:\n  people", "resourcse:\n  people"), ["resourcse", "did you mean 'resources'"]),
        (("label: Desk", "label: 7"), ["desk/integration.yaml:1", "must be of type str"]),
        (("path: /people\n", "paht: /people\n"), ["desk/integration.yaml:8", "paht", "path"]),
        (("path: /people\n", "path: '/{{id.}}'\n"), ["desk/integration.yaml:8", "not a placeholder"]),
        (("path: /people\n", "path: '/{{ident}}'\n"), ["desk/integration.yaml:8", "begins with none of id, query"]),
        (("path: /people\n", "path: /people\n      body: {a: '{{qeury.x}}'}\n"), ["integration.yaml:9", "begins with"]),
        (
            ("path: /people\n", "path: /people\n      examples: {}\n"),
            ["desk/integration.yaml:9", "'examples' is a field"],
        ),
        (("path: /people\n", "path: /people\n      method: fetch\n"), ["desk/integration.yaml:9", "fetch", "get"]),
        (
            ("label: Desk", "label: Desk\nrate_limit: {is_rate_limited: 'status ='}"),
            ["desk/integration.yaml:2", "does not compile"],
        ),
        (("label: Desk", "label: Desk\nerror_expression: $nosuch(1)"), ["desk/integration.yaml:2", "$nosuch"]),
        (("label: Desk", "label: Desk\npagination: {format: pages}"), ["desk/integration.yaml:2", "pages", "cursor"]),
        (("label: Desk", "label: [Desk"), ["desk/integration.yaml:", "not readable as YAML"]),
        (("label: Desk", "label: Desk\nlabel: Desk"), ["desk/integration.yaml:2", "duplicate key"]),
    ],
)
def test_an_integration_that_does_not_fit_says_where_and_what(desk: Desk, swap: Any, says: list[str]) -> None:
    folder = desk(swap=swap)
    with pytest.raises(ConfigurationError) as caught:
        Integration.load(folder)
    assert [part for part in says if part not in str(caught.value)] == [], str(caught.value)


@pytest.mark.parametrize(
    ("swap", "says"),
    [
        (("integration_name: desk", "integration_name: dusk"), ["desk/ticketing.yaml:1", "'dusk'", "'desk'"]),
        (("unified_model_name: ticketing\n", ""), ["desk/ticketing.yaml", "'unified_model_name' is missing"]),
        (
            ("      response_mapping:", "      response_maping:"),
            ["desk/ticketing.yaml:8", "did you mean 'response_mapping'"],
        ),
        (
            ("      method: list", "      method: list\n      side_load: {}"),
            ["desk/ticketing.yaml:8", "'side_load' is a field"],
        ),
        (("resources:\n  contacts", "resource:\n  contacts"), ["desk/ticketing.yaml:3", "did you mean 'resources'"]),
    ],
)
def test_a_mapping_file_that_does_not_fit_is_refused_when_it_is_loaded(desk: Desk, swap: Any, says: list[str]) -> None:
    folder = desk(swap=swap)
    with pytest.raises(ConfigurationError) as caught:
        connect(folder)
    assert [part for part in says if part not in str(caught.value)] == [], str(caught.value)


@pytest.mark.parametrize(
    ("swap", "says"),
    [
        (
            ("name: full_name", "name: full_name &"),
            ["desk/ticketing.yaml:10", "contacts.list.response_mapping.name", "does not compile"],
        ),
        (("name: full_name", "name: 7"), ["desk/ticketing.yaml:10", "must be an expression"]),
        (("name: full_name", "name: $sortNodes(x)"), ["desk/ticketing.yaml:10", "$sortNodes is a function of Truto's"]),
        (("      resource: people", "      resource: poeple"), ["desk/ticketing.yaml:6", "did you mean 'people'"]),
        (("      method: list\n", "      method: lists\n"), ["desk/ticketing.yaml:7", "did you mean 'list'"]),
        (("      method: list\n", ""), ["desk/ticketing.yaml", "'resource' and 'method' stand together"]),
        (
            (
                "      method: list\n",
                "      method: list\n      before: [{name: x, config: {resource: people, method: take}}]\n",
            ),
            ["desk/ticketing.yaml:8", "no proxy method people.take"],
        ),
        (
            ("      method: list\n", "      method: list\n      before: [{nam: x}]\n"),
            ["desk/ticketing.yaml:8", "did you mean 'name'"],
        ),
    ],
)
def test_a_cell_that_does_not_fit_is_refused_when_it_is_used(desk: Desk, swap: Any, says: list[str]) -> None:
    account = connect(desk(swap=swap))
    with pytest.raises(ConfigurationError) as caught:
        account.mappings.cell("ticketing", "contacts", "list")
    assert [part for part in says if part not in str(caught.value)] == [], str(caught.value)
    answer = contacts(account)
    assert answer.status == 500
    assert says[0] in answer.body["message"]


@pytest.mark.parametrize(
    ("swap", "says"),
    [
        (("name: full_name", "name: id = 1"), ["desk/ticketing.yaml:8", "gives no ticketing contacts record", "name"]),
        (("        id: id\n", ""), ["desk/ticketing.yaml:8", "0.id", "Field required"]),
        (("name: full_name", "name: $number(full_name)"), ["desk/ticketing.yaml:8", "line 1, column"]),
    ],
)
def test_a_mapping_that_gives_the_wrong_shape_names_its_place(desk: Desk, swap: Any, says: list[str]) -> None:
    answer = contacts(connect(desk(swap=swap)), {"id": "1", "full_name": "Ada"})
    assert answer.status == 500
    assert [part for part in says if part not in answer.body["message"]] == [], answer.body["message"]


def test_a_resource_outside_the_list_to_pick_from_is_refused(desk: Desk) -> None:
    picking = "      resource: {expression: query.name, resources: [people, clients]}"
    account = connect(desk(swap=("      resource: people", picking)))
    answer = contacts(account, name="credentials")
    assert answer.status == 500
    assert "desk/ticketing.yaml:6" in answer.body["message"]
    assert "'credentials', which is none of people, clients" in answer.body["message"]
    assert contacts(account, {"id": "1"}, name="people").status == 200


def test_an_override_merges_objects_and_replaces_texts_and_lists_whole(desk: Desk) -> None:
    schema = "      query_schema: {type: object, required: [name, first_name], properties: {name: {type: string}}}\n"
    account = connect(
        desk(swap=("      method: list\n", f"      method: list\n{schema}")),
        unified_model_override={
            "ticketing": {
                "contacts": {
                    "list": {
                        "query_schema": {"required": ["last_name"], "properties": {"last_name": {"type": "string"}}},
                        "response_mapping": {"name": "nick_name", "custom_fields": "{'shoe': shoe}"},
                    }
                }
            }
        },
    )
    cell = account.mappings.cell("ticketing", "contacts", "list")
    assert cell is not None
    assert cell.query_schema["required"] == ["last_name"]
    assert cell.query_schema["properties"].keys() == {"name", "last_name"}
    given = {"id": "1", "full_name": "Ada Byron", "nick_name": "Ada", "shoe": 38}
    record = contacts(account, given, last_name="x").body["result"][0]
    assert (record["id"], record["name"], record["custom_fields"]) == ("1", "Ada", {"shoe": 38})


def test_an_override_with_one_expression_replaces_a_mapping_written_field_by_field(desk: Desk) -> None:
    override = {"ticketing": {"contacts": {"list": {"response_mapping": "{'id': response.id & '!'}"}}}}
    answer = contacts(connect(desk(), unified_model_override=override), {"id": "1", "full_name": "Ada"})
    assert {key: value for key, value in answer.body["result"][0].items() if key != "remote_data"} == {"id": "1!"}


def test_a_field_that_an_override_sets_to_null_is_not_given(desk: Desk) -> None:
    override = {"ticketing": {"contacts": {"list": {"response_mapping": {"name": None}}}}}
    answer = contacts(connect(desk(), unified_model_override=override), {"id": "1", "full_name": "Ada"})
    assert "name" not in answer.body["result"][0]


def test_the_account_overrides_the_environment(desk: Desk) -> None:
    def naming(field: str) -> dict[str, Any]:
        return {"ticketing": {"contacts": {"list": {"response_mapping": {"name": field}}}}}

    account = connect(desk(), environment_override=naming("a"), unified_model_override=naming("b"))
    assert contacts(account, {"id": "1", "a": "A", "b": "B"}).body["result"][0]["name"] == "B"
    account = connect(desk(), environment_override=naming("a"))
    assert contacts(account, {"id": "1", "a": "A", "b": "B"}).body["result"][0]["name"] == "A"


def test_an_error_in_an_override_names_the_override(desk: Desk) -> None:
    override = {"ticketing": {"contacts": {"list": {"response_mapping": {"name": "full_name &"}}}}}
    account = connect(desk(), unified_model_override=override)
    answer = contacts(account)
    assert answer.body["message"].startswith("unified_model_override: resources.contacts.list.response_mapping.name")
    with pytest.raises(ConfigurationError, match="environment override: unknown unified model 'tiketing'"):
        connect(desk(), environment_override={"tiketing": {}})


def test_an_override_of_the_integration_is_checked_as_its_file_is(desk: Desk) -> None:
    with pytest.raises(ConfigurationError, match=r"integration_override: .*paht"):
        connect(desk(), integration_override={"resources": {"people": {"list": {"paht": "/x"}}}})
    account = connect(desk(), integration_override={"resources": {"people": {"list": {"response_path": None}}}})
    method = account.integration.method("people", "list")
    assert method is not None
    assert method.response_path == ()


@pytest.mark.parametrize(
    ("credentials", "says"),
    [
        ({}, "the credential 'api_key' is missing or empty"),
        ({"api_key": ""}, "the credential 'api_key' is missing or empty"),
        ({"api_key": "k", "apikey": "k"}, "did you mean 'api_key'"),
        ({"api_key": "line\nbreak"}, "cannot stand in a header"),
    ],
)
def test_credentials_that_do_not_fit_are_refused_without_showing_them(credentials: Any, says: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        IntegratedAccount.connect("superchat", credentials)
    assert says in str(caught.value)
    assert "line" not in str(caught.value)


@pytest.mark.parametrize("address", ["superchat", "ftp://x", "http://", "https://x/v1?key=1", "https://x/#a"])
def test_a_base_url_that_is_none_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        IntegratedAccount.connect("superchat", {"api_key": "k"}, base_url=address)
    assert "write such as https://api.superchat.com/v1.0" in str(caught.value)


def test_an_integration_that_is_not_installed_names_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'superchat'"):
        Integration.load("superchad")


def test_a_folder_without_files_says_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"integration\.yaml"):
        Integration.load(tmp_path)


def test_reading_the_mappings_twice_gives_the_same_cells(desk: Desk) -> None:
    integration = Integration.load(desk())
    assert Mappings.load(integration).methods("ticketing") == {"contacts": ["list"]}
