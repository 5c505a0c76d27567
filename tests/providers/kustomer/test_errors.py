"""Errors: for every limit of every body the status, the words of the validator, and no trace."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import httpx
import orjson
import pytest

from harness import Account
from harness.core.contract import Contract, Operation
from harness.data import folder

CONTRACT = Contract.load(folder("contracts") / "kustomer")
BODIES = sorted(
    operation.id
    for operation in CONTRACT.operations.values()
    if "application/json" in operation.media and operation.method != "GET"
)
OWN_FORMATS = {
    CONTRACT.document["components"]["schemas"][name]["pattern"]: words
    for name, words in {
        "ObjectId": "object-id",
        "EmailRelaxed": "email",
        "PhoneNumber": "phone number",
        "WhatsappNumber": "whatsapp number",
        "WebAddress": "url",
        "DomainName": "domain name",
        "DateTimeMath": "date-time-math",
    }.items()
}
JSON_TYPES = {"integer": "number"}


class Case(NamedTuple):
    """A value that breaks one rule of a schema, and how the validator tells of it."""

    value: Any
    parameter: str | None
    title: str
    detail: str


def broken(schema: Mapping[str, Any], name: str | None = None, place: str = "") -> Iterator[Case]:
    """A value for each rule of a schema and of those inside it that can be told apart."""
    if place.count("/properties/") > 3:  # schemas of searches hold themselves
        return
    schema = CONTRACT.resolve(schema)
    types = [schema["type"]] if isinstance(schema.get("type"), str) else list(schema.get("type", ()))
    if types and "boolean" not in types:
        expected = "/".join(types)
        yield Case(True, name, f"Invalid type: boolean (expected {expected})", f"{place}/type")
    if "enum" in schema and "string" in types:
        yield Case("nowhere", name, 'No enum match for: "nowhere"', f"{place}/enum")
    if "object" in types:
        yield from _broken_object(schema, place)
    if "array" in types:
        yield from _broken_array(schema, name, place)
    if "string" in types and "enum" not in schema:
        yield from _broken_text(schema, name, place)
    for limit, step in (("minimum", -1), ("maximum", 1)):
        if limit in schema:
            value = schema[limit] + step
            words = "less than minimum" if step < 0 else "greater than maximum"
            yield Case(value, name, f"Value {value} is {words} {schema[limit]}", f"{place}/{limit}")


def _broken_object(schema: Mapping[str, Any], place: str) -> Iterator[Case]:
    if schema.get("additionalProperties") is False:
        yield Case(
            {"nobodyKnows": 1}, "nobodyKnows", "Additional properties not allowed", f"{place}/additionalProperties"
        )
    for number, missing in enumerate(schema.get("required", ())):
        yield Case({}, missing, f"Missing required property: {missing}", f"{place}/required/{number}")
    for name, inner in schema.get("properties", {}).items():
        for case in broken(inner, name, f"{place}/properties/{name}"):
            yield case._replace(value={name: case.value})


def _broken_array(schema: Mapping[str, Any], name: str | None, place: str) -> Iterator[Case]:
    if "maxItems" in schema:
        most = schema["maxItems"]
        title = f"Array is too long ({most + 1}), maximum {most}"
        yield Case([str(number) for number in range(most + 1)], name, title, f"{place}/maxItems")
    if schema.get("minItems"):
        title = f"Array is too short (0), minimum {schema['minItems']}"
        yield Case([], name, title, f"{place}/minItems")
    if schema.get("uniqueItems"):
        title = "Array items are not unique (indices 0 and 2)"
        yield Case(["same", "other", "same"], name, title, f"{place}/uniqueItems")
    for case in broken(schema.get("items", {}), "0", f"{place}/items"):
        yield case._replace(value=[case.value])


def _broken_text(schema: Mapping[str, Any], name: str | None, place: str) -> Iterator[Case]:
    if "maxLength" in schema:
        most = schema["maxLength"]
        title = f"String is too long ({most + 1} chars), maximum {most}"
        yield Case("x" * (most + 1), name, title, f"{place}/maxLength")
    if schema.get("minLength"):
        title = f"String is too short (0 chars), minimum {schema['minLength']}"
        yield Case("", name, title, f"{place}/minLength")
    pattern = schema.get("pattern")
    if pattern in OWN_FORMATS:
        title = f"Format validation failed (must be a valid {OWN_FORMATS[pattern]})"
        yield Case("not of that form", name, title, f"{place}/format")
    elif pattern and not re.search(pattern, "\N{SNOWMAN}"):
        yield Case("\N{SNOWMAN}", name, f"String does not match pattern: {pattern}", f"{place}/pattern")
    if "format" in schema:
        title = f"Format validation failed (must be a valid {schema['format']})"
        yield Case("not of that form", name, title, f"{place}/format")


def _schema(operation: Operation) -> Mapping[str, Any]:
    content = CONTRACT.resolve(operation.data["requestBody"])["content"]
    schema: Mapping[str, Any] = content["application/json"]["schema"]
    return schema


def _path(operation: Operation) -> str:
    return re.sub(r"\{\w+\}", "65f0a1b2c3d4e5f60718293a", operation.template)


@pytest.mark.parametrize("id", BODIES)
def test_every_limit_of_a_body_is_refused_in_the_words_of_the_validator_and_leaves_no_trace(
    id: str, kustomer: Account, api: httpx.Client
) -> None:
    operation = CONTRACT.operations[id]
    kustomer.quotas["searches"].limit = 10_000
    before = kustomer.state
    cases = {(case.parameter, case.title, case.detail): case for case in broken(_schema(operation))}
    for case in cases.values():
        if len(orjson.dumps(case.value)) > 100_000:
            continue
        answer = api.request(operation.method, _path(operation), json=case.value)
        assert answer.status_code == 400, f"{case}: {answer.text}"
        found = {
            (error.get("source", {}).get("parameter"), error["title"], error.get("detail"))
            for error in answer.json()["errors"]
        }
        assert (case.parameter, case.title, case.detail) in found, f"{case.value}: {answer.text}"
    assert kustomer.state == before


def test_errors_come_in_the_order_in_which_the_validator_meets_them(api: httpx.Client) -> None:
    answer = api.post("/customers", json={"nobodyKnows": 1, "name": 5, "emails": [{"type": "boat", "email": "x"}]})
    assert [error["detail"] for error in answer.json()["errors"]] == [
        "/additionalProperties",
        "/properties/name/type",
        "/properties/emails/items/properties/type/enum",
        "/properties/emails/items/properties/email/format",
    ]


def test_an_error_has_the_recorded_form(api: httpx.Client) -> None:
    answer = api.get("/customers/externalId=nobody")
    assert answer.status_code == 404
    assert answer.text == (
        '{"errors":[{"status":404,"source":{"parameter":"externalId"},"code":"notfound","title":"Not Found"}]}'
    )


@pytest.mark.harness(quirks={"kustomer": {"error_form": "portal"}})
def test_the_newer_form_of_an_error_is_a_quirk(api: httpx.Client) -> None:
    answer = api.post("/customers", json={"name": 5})
    title = "Invalid type: number (expected string/null)"
    assert answer.json() == {"errors": [{"code": "bad_request", "message": title, "meta": {}}]}


def test_a_body_that_is_no_json_is_refused(api: httpx.Client) -> None:
    answer = api.post("/customers", content=b"{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["errors"][0]["title"]) == (400, "Invalid JSON")


def test_a_body_of_another_type_is_refused(api: httpx.Client) -> None:
    answer = api.post("/customers", content=b"name=x", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 400


def test_a_missing_body_is_refused(api: httpx.Client) -> None:
    answer = api.post("/teams", headers={"Content-Type": "application/json"})
    assert answer.json()["errors"][0]["title"] == "Invalid type: undefined (expected object)"


def test_a_body_over_100_kb_is_too_large_before_anything_in_it_is_looked_at(
    kustomer: Account, api: httpx.Client
) -> None:
    before = kustomer.state
    answer = api.post("/customers", content=b"x" * 102_401, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["errors"] == [{"status": 413, "code": "toolarge", "title": "Payload Too Large"}]
    assert kustomer.state == before


@pytest.mark.parametrize("path", ["/nowhere", "/customers/65f0a1b2c3d4e5f60718293a/nothing"])
def test_an_unknown_address_is_not_found_and_the_nearest_is_named_in_a_header(path: str, api: httpx.Client) -> None:
    answer = api.get(path)
    assert answer.status_code == 404
    assert answer.json() == {"errors": [{"status": 404, "code": "notfound", "title": "Not Found"}]}
    assert answer.headers["x-harness-nearest"]


def test_every_answer_has_the_recorded_headers(api: httpx.Client) -> None:
    answer = api.get("/users/current")
    recorded = {
        "content-type": "application/json; charset=utf-8",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "x-content-type-options": "nosniff",
        "x-kustomer-pod": "prod1",
        "timing-allow-origin": "*",
        "cache-control": "no-cache,private",
        "vary": "Accept-Encoding",
        "x-ratelimit-limit": "1000",
        "x-ratelimit-remaining": "999",
    }
    assert {name: answer.headers[name] for name in recorded} == recorded
    assert re.fullmatch(rf'W/"{len(answer.content):x}-[A-Za-z0-9+/]{{27}}"', answer.headers["etag"])


def test_a_writing_answer_varies_by_the_method_override(api: httpx.Client) -> None:
    answer = api.post("/teams", json={})
    assert answer.headers["vary"] == "X-HTTP-Method-Override, Accept-Encoding"


def test_a_post_may_override_its_method(api: httpx.Client) -> None:
    answer = api.post("/users/current", headers={"X-HTTP-Method-Override": "PUT"}, json={"displayName": "Renamed"})
    assert (answer.status_code, answer.json()["data"]["attributes"]["displayName"]) == (200, "Renamed")


def test_a_trailing_slash_and_a_get_with_a_null_body_do_no_harm(api: httpx.Client) -> None:
    answer = api.request("GET", "/users/current/", json=None, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200
    assert api.request("GET", "/users/current", content=b"null").status_code == 200
