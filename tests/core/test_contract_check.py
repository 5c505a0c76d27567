"""The check of a contract's own text."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from harness.core.contract import Contract
from harness.core.contract_check import check
from harness.data import folder

Document = dict[str, Any]


@pytest.fixture
def document(contract: Contract) -> Document:
    return copy.deepcopy(contract.document)


@pytest.mark.parametrize("name", ["superchat", "harness", "unified", "kustomer"])
def test_the_shipped_contracts_are_fit_for_use(name: str) -> None:
    assert check(Contract.load(folder("contracts") / name).document) == []


def test_the_made_up_contract_is_fit_for_use(document: Document) -> None:
    assert check(document) == []


def operation(document: Document) -> Document:
    found: Document = document["paths"]["/things"]["post"]
    return found


def schema(document: Document) -> Document:
    found: Document = document["components"]["schemas"]["ThingCreate"]
    return found


def link(document: Document) -> Document:
    found: Document = operation(document)["responses"]["200"].setdefault("links", {})
    return found.setdefault("read", {"operationId": "things.get", "parameters": {"id": "$response.body#/id"}})


def test_a_link_is_known(document: Document) -> None:
    link(document)
    assert check(document) == []


def test_roles_and_limits_of_bodies_are_known(document: Document) -> None:
    document["x-max-body-bytes"] = 1000
    operation(document).update({"x-roles": ["org.thing.write", "org"], "x-max-body-bytes": None})
    document["paths"]["/things/{id}"]["get"]["x-roles"] = ["org.thing_{id}"]
    document["paths"]["/uploads"]["post"].update({"x-roles": [], "x-max-body-bytes": 1})
    assert check(document) == []


def test_a_class_of_statuses_is_known(document: Document) -> None:
    operation(document)["responses"]["4XX"] = {"description": "Refused."}
    assert check(document) == []


WRONG: list[tuple[str, Callable[[Document], object], str]] = [
    ("a root keyword", lambda d: d.update(pathes={}), "document: unknown keyword 'pathes': did you mean 'paths'"),
    ("the version", lambda d: d.update(openapi="3.0.3"), "openapi is to be 3.1.x"),
    ("a components keyword", lambda d: d["components"].update(schemes={}), "did you mean 'schemas'"),
    ("a schema keyword", lambda d: schema(d).update(maxLenght=5), "unknown keyword 'maxLenght'"),
    (
        "a nested schema keyword",
        lambda d: schema(d)["properties"]["name"].update(minLenth=5),
        "ThingCreate.name: unknown keyword",
    ),
    ("a keyword in items", lambda d: schema(d).update(items={"typ": "string"}), "ThingCreate.items: unknown keyword"),
    ("a keyword in anyOf", lambda d: schema(d).update(anyOf=[{"typ": "x"}]), "ThingCreate.anyOf[0]: unknown keyword"),
    ("a type", lambda d: schema(d)["properties"]["name"].update(type="text"), "ThingCreate.name.type: unknown type"),
    ("one of several types", lambda d: schema(d).update(type=["object", "nil"]), "unknown type 'nil'"),
    ("a format", lambda d: schema(d)["properties"]["name"].update(format="datetime"), "did you mean 'date-time'"),
    ("a schema that is none", lambda d: schema(d)["properties"].update(x=5), "a schema is a mapping, true or false"),
    (
        "a reference",
        lambda d: schema(d)["properties"].update(x={"$ref": "#/components/schemas/Nothing"}),
        "leads nowhere",
    ),
    (
        "a required name that is no property",
        lambda d: d["components"]["schemas"]["Thing"].update(required=["title"]),
        "'title' is not a property",
    ),
    ("an operation keyword", lambda d: operation(d).update(operationID="x"), "did you mean 'operationId'"),
    ("an operation id", lambda d: operation(d).update(operationId="create"), "operationId is 'resource.method'"),
    ("an operation id twice", lambda d: operation(d).update(operationId="things.list"), "is used twice"),
    ("a method", lambda d: d["paths"]["/things"].update(fetch={}), "unknown method 'fetch'"),
    ("a path", lambda d: d["paths"].update({"things": {}}), "a path begins with /"),
    (
        "a path parameter that is not declared",
        lambda d: d["paths"]["/things/{id}"]["get"].update(parameters=[]),
        "path parameters [] are not those of the path ['id']",
    ),
    (
        "a path parameter that is not there",
        lambda d: operation(d).update(parameters=[{"name": "id", "in": "path"}]),
        "are not those of the path []",
    ),
    ("where a parameter is", lambda d: operation(d).update(parameters=[{"name": "x", "in": "cookie"}]), "'in' is"),
    ("a parameter's reference", lambda d: operation(d).update(parameters=[{"$ref": "#/x"}]), "#/x leads nowhere"),
    ("a role", lambda d: operation(d).update({"x-roles": ["Org Admin"]}), "x-roles: a list of dotted names"),
    ("a role that is no list", lambda d: operation(d).update({"x-roles": "org"}), "x-roles: a list of dotted names"),
    ("a role twice", lambda d: operation(d).update({"x-roles": ["org", "org"]}), "x-roles: a role is listed twice"),
    (
        "a role's parameter",
        lambda d: operation(d).update({"x-roles": ["org.read", "org.of_{name}"]}),
        "x-roles: 'org.of_{name}' takes ['name'], which the path does not have",
    ),
    ("how long all bodies are", lambda d: d.update({"x-max-body-bytes": 0}), "document.x-max-body-bytes: a number"),
    ("no limit for all bodies", lambda d: d.update({"x-max-body-bytes": None}), "from 1 on, not None"),
    (
        "how long one body is",
        lambda d: operation(d).update({"x-max-body-bytes": "1 kB"}),
        "post.x-max-body-bytes: a number of bytes from 1 on, not '1 kB'",
    ),
    ("a limit that is no number", lambda d: operation(d).update({"x-max-body-bytes": True}), "not True"),
    ("no responses", lambda d: operation(d).update(responses={}), "responses are missing"),
    ("the name of a response", lambda d: operation(d)["responses"].update(default={}), "named by its status"),
    ("a response's reference", lambda d: operation(d)["responses"].update({"401": {"$ref": "#/y"}}), "#/y leads"),
    ("a link keyword", lambda d: link(d).update(operationID="x"), "links.read: unknown keyword 'operationID'"),
    ("a link's operation", lambda d: link(d).update(operationId="things.gets"), "did you mean 'things.get'"),
    ("a link's parameter", lambda d: link(d).update(parameters={"ids": "$response.body#/id"}), "did you mean 'id'"),
    (
        "a link's value",
        lambda d: link(d).update(parameters={"id": "5"}),
        "links.read.parameters.id: '5' takes nothing from the response",
    ),
    ("no evidence for an operation", lambda d: operation(d).pop("x-evidence"), "x-evidence is missing"),
    ("no evidence for a schema", lambda d: schema(d).pop("x-evidence"), "ThingCreate: x-evidence is missing"),
    (
        "evidence as a word",
        lambda d: operation(d).update({"x-evidence": "inferred"}),
        "a mapping with level and source",
    ),
    (
        "the level of evidence",
        lambda d: operation(d)["x-evidence"].update(level="guessed"),
        "unknown level 'guessed'",
    ),
    (
        "the source of evidence",
        lambda d: operation(d)["x-evidence"].update(source="a notebook"),
        "'a notebook' is not a public address",
    ),
    ("a key of evidence", lambda d: operation(d)["x-evidence"].update(sources=[]), "did you mean 'source'"),
    ("a quirk with one choice", lambda d: d["x-quirks"]["mood"].update(choices=["good"]), "at least two texts"),
    ("a choice that is no text", lambda d: d["x-quirks"]["mood"].update(choices=["good", 5]), "at least two texts"),
    ("a default that is no choice", lambda d: d["x-quirks"]["mood"].update(default="sad"), "one of the choices"),
    ("a quirk without a summary", lambda d: d["x-quirks"]["mood"].pop("summary"), "mood.summary: is missing"),
    ("a quirk without evidence", lambda d: d["x-quirks"]["mood"].pop("x-evidence"), "mood: x-evidence is missing"),
    ("a quirk nobody declared", lambda d: schema(d).update({"x-quirk": "moods"}), "did you mean 'mood'"),
]


@pytest.mark.parametrize(("break_", "problem"), [each[1:] for each in WRONG], ids=[each[0] for each in WRONG])
def test_what_is_wrong_is_named_with_its_place(
    document: Document, break_: Callable[[Document], object], problem: str
) -> None:
    break_(document)
    assert problem in "\n".join(check(document))


def test_all_problems_are_named_at_once(document: Document) -> None:
    schema(document)["maxLenght"] = 5
    operation(document)["operationId"] = "create"
    assert len(check(document)) == 2


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({}, None),
        ({"x-by-form": "yes"}, "x-by-form: true, or leave it out"),
        ({"in": "query"}, "x-by-form: only a parameter in the path"),
        ({"schema": {"type": "string"}}, "x-by-form: the schema needs a pattern"),
        ({"schema": {"$ref": "#/components/schemas/Thing"}}, "x-by-form: the schema needs a pattern"),
        ({"schema": {"type": "string", "pattern": "[a-f]"}}, "x-by-form: the schema needs a pattern for the whole"),
        ({"schema": {"type": "string", "pattern": "^[a-f$"}}, "schema.pattern: unterminated character set"),
    ],
)
def test_a_parameter_told_by_its_form_is_in_the_path_and_has_a_pattern(
    document: Document, changes: Document, problem: str | None
) -> None:
    parameter = document["paths"]["/things/{id}"]["get"]["parameters"][0]
    parameter.update({"x-by-form": True, "schema": {"type": "string", "pattern": "^[a-f]{4}$"}, **changes})
    found = [each for each in check(document) if "path parameters" not in each]
    assert len(found) == (0 if problem is None else 1)
    assert problem is None or problem in found[0]


def test_only_the_end_of_a_path_takes_what_follows() -> None:
    def problems(path: str, value: object) -> list[str]:
        parameter = {"name": "rest", "in": "path", "required": True, "schema": {"type": "string"}, "x-catch-all": value}
        evidence = {"level": "inferred"}
        get = {"operationId": "free.get", "parameters": [parameter], "x-evidence": evidence, "responses": {"200": {}}}
        return [each for each in check({"openapi": "3.1.0", "paths": {path: {"get": get}}}) if "x-catch-all" in each]

    assert problems("/free/{rest}", True) == []
    assert len(problems("/free/{rest}/more", True)) == 1
    assert len(problems("/free/{rest}", "yes")) == 1
