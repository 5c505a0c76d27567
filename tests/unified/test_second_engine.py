"""All expressions the project ships mean the same on a second, independent JSONata engine."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonata import Jsonata
from jsonata.jexception import JException

from harness.unified import catalogue
from harness.unified.account import IntegratedAccount
from harness.unified.arguments import typed
from harness.unified.document import Document
from harness.unified.engine import ExpressionError, Refused, compiled
from harness.unified.functions import FUNCTIONS
from harness.unified.integration import Integration, installed
from harness.unified.quirks import defaults
from harness.verify.cassette import shipped_folder


def _yaml(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


RECORDS: dict[str, dict[str, Any]] = _yaml(Path(__file__).parent / "superchat" / "records.yaml")
_EVERY = [record for records in RECORDS.values() for record in records.values()]

QUERIES: list[dict[str, Any]] = [
    {},
    {"emails": [{"email": "a@example.org"}]},
    {"emails": [{"email": "a@example.org"}, {"email": "b@example.org"}]},
    {"phones": [{"number": "+49151"}], "first_name": "Ada"},
    {"last_name": "Byron"},
    {"contact": {"id": "ct_1"}, "user": {"id": "ct_1"}, "type": "dm"},
    {"type": "channel", "exclude_archived": True, "entity_type": "ticket"},
    {"ticket": {"id": "cv_1"}, "channel": {"id": "cv_1"}, "created_at": {"gte": "2026-01-01T00:00:00+02:00"}},
    {"ticket": {"id": "cv_1"}, "created_at": {"eq": "2026-01-01", "lt": "soon"}},
    {"ticket": {"id": "cv_1"}, "is_internal": True},
    {"ticket": {"id": "cv_1"}, "is_internal": True, "is_private": False},
    {"is_internal": "true"},
]
"""What is asked, as far as an expression reads it."""

BODIES: list[dict[str, Any] | None] = [
    None,
    {},
    {"name": "Ada Byron King", "emails": [{"email": "ada@example.org"}], "phones": [{"number": "+4915100000001"}]},
    {"name": "Ada", "emails": [], "custom_fields": {"Tier": "Gold", "Likes": ["Tents"], "ca_x": None}},
    {"first_name": None, "custom_fields": {}, "phones": []},
    {"custom_fields": {"Tier": None}},
    {"status": {"name": "closed"}, "assignees": [{"id": "us_1"}], "tags": [], "team": {"id": "ib_1"}},
    {"status": {"id": "snoozed"}, "assignees": [], "remote_data": {"snoozed_until": "2026-01-01T00:00:00Z"}},
    {"status": {"name": "pending"}},
    {"status": {"name": "deleted"}},
    {"ticket": {"id": "cv_1"}, "channel": {"id": "cv_1"}, "body": "Hi", "html_body": "<p>Hi</p>"},
    {"ticket": {"id": "cv_1"}, "body": "Hi", "is_internal": True, "attachments": [{"id": "fi_1"}]},
    {"ticket": {"id": "cv_1"}, "attachments": [{"id": "fi_1"}, {"id": "fi_2"}]},
    {"channel": {"id": "cv_1"}, "body": {"content": "<b>Hi</b>", "format": "html"}, "parent": {"id": "ms_1"}},
    {"channel": {"id": "cv_1"}, "attachments": [{"id": "fi_1"}]},
    {"label": "Colour", "type": "enum", "options": [{"value": "red"}, {"label": "blue"}]},
    {"contact": {"id": "ct_1"}, "description": "Hi", "conversations": [{"type": "sms"}], "team": {"id": "ib_1"}},
    {
        "contact": {"emails": [{"email": "a@example.org"}]},
        "name": "Subject",
        "tags": [{"id": "lb_1"}],
        "remote_data": {"from": {"channel_id": "mc_mail"}},
    },
    {"contact": {"phones": [{"number": "+49151"}]}, "remote_data": {"content": {"type": "whats_app_template"}}},
]

BEFORE: list[dict[str, Any]] = [
    {},
    {"conversation": RECORDS["conversations"]["open"]},
    {"conversation": RECORDS["conversations"]["snoozed"]},
    {"conversation": RECORDS["conversations"]["contact_gone"]},
    {
        "contact": RECORDS["contacts"]["full"],
        "attributes": [*RECORDS["custom_attributes"].values()],
    },
    {"contact": RECORDS["contacts"]["nameless"], "attributes": []},
    {
        "channels": [
            {"id": "mc_sms", "type": "sms", "name": "SMS", "inbox": {"id": "ib_1", "name": "Sales"}},
            {"id": "mc_mail", "type": "mail", "name": "Mail", "inbox": {"id": "ib_2", "name": "Service"}},
        ]
    },
]

ERRORS: list[Any] = [
    "",
    "<html>",
    {"message": "out of order"},
    {"errors": [{"title": "Gone", "detail": None, "status_code": 404}]},
    {"errors": [{"title": None, "detail": "It is gone.", "status_code": 404}]},
]


def scope(**given: Any) -> dict[str, Any]:
    whole = {"query": {}, "rawQuery": {}, "body": None, "context": {}, "headers": {}, "id": "x_1"}
    return {**whole, "before": {}, "after": {}, **given}


SCOPES: dict[str, list[dict[str, Any]]] = {
    "query_mapping": [scope(query=query, body=body) for query in QUERIES for body in BODIES[10:12]],
    "request_body_mapping": [scope(body=body, before=before) for body in BODIES for before in BEFORE],
    "error_mapping": [scope(error=error) for error in ERRORS],
    "response_mapping": [
        *(scope(response=record, query=QUERIES[7]) for record in _EVERY),
        *(scope(response=[*records.values()]) for records in RECORDS.values()),
        scope(response=[]),
        scope(id="member"),
        *(scope(after={"changed": None, "read": record}) for record in RECORDS["conversations"].values()),
        *(scope(after={"changed": record, "read": None}) for record in RECORDS["conversations"].values()),
    ],
    "resource": [scope(query=query, body=body) for query in QUERIES for body in (None, BODIES[10], BODIES[11])],
    "step": [
        scope(body=body, after=after, data={"conversation_id": "cv_1"})
        for body in BODIES
        for after in ({}, {"changed": None}, {"changed": {"id": "cv_1"}})
    ],
    "rate_limit": [
        {"status": 429, "headers": {}},
        {"status": 200, "headers": {"retry-after": "7"}},
    ],
}
"""The inputs for each kind of expression of Superchat, whose cells share them."""


class Kustomer:
    """The inputs for Kustomer: each cell has the unified requests of its own whose way out is judged."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = _yaml(Path(__file__).parent / "kustomer" / "records.yaml")
        self.requests = Document.load(shipped_folder("kustomer") / "golden" / "requests.yaml").data
        role_group = {"type": "role_group", "id": "64f1", "attributes": {"name": "Desk", "roles": ["org.user"]}}
        self.more = [{"type": "role", "id": "org.user"}, role_group]
        records = {kind: [*each.values()] for kind, each in self.records.items()}
        self.befores: list[dict[str, Any]] = [
            {},
            {
                "teams": records["teams"],
                "ticket": records["conversations"][0],
                "contact": records["customers"][0],
                "messages": records["messages"],
                "files": records["attachments"],
                "metadata": records["metadata"][0],
                "team": records["teams"][0],
                "group": role_group,
                "roles": [self.more[0]],
                "groups": [role_group],
            },
            {"contact": records["customers"][2], "messages": [], "files": {"data": records["attachments"]}},
        ]

    def scopes(self, kind: str, cells: Iterable[str]) -> list[dict[str, Any]]:
        """The inputs for an expression that these cells have."""
        if kind == "error_mapping":
            portal = {"errors": [{"code": "not_found", "message": "Nobody", "meta": {}}]}
            recorded = {"errors": [{"status": 404, "source": {"parameter": "id"}, "code": "notfound", "title": "Gone"}]}
            return [scope(error=error) for error in (*ERRORS, portal, recorded)]
        if kind == "rate_limit":
            return [{"status": 429, "headers": {"x-ratelimit-reset": "1794819642", "retry-after": "7"}}, *SCOPES[kind]]
        asked = [given for cell in cells for given in self._asked(cell)]
        if kind == "response_mapping":
            every = [record for records in self.records.values() for record in records.values()] + self.more
            answers: list[Any] = [None, *every, *([*each.values()] for each in self.records.values()), []]
            chosen = [asked[index * len(asked) // 3] for index in range(min(3, len(asked)))] or [{}]
            return [
                scope(**{**given, "response": answer, "before": before, "after": after})
                for given in chosen
                for answer in answers
                for before, after in ((self.befores[1], {}), ({}, {"read": self.records["conversations"]["full"]}))
            ]
        made = {"data": self.records["conversations"]["full"]}  # what steps after the call see of its answer
        return [scope(**{**given, "before": before}, **made) for given in asked for before in self.befores]

    def _asked(self, cell: str) -> Iterator[dict[str, Any]]:
        """What each of its requests gives, typed as the unified API does it."""
        model, name, method = cell.split(".")
        mapped = IntegratedAccount.connect("kustomer", {"api_key": "nobodys"}).mappings.cell(model, name, method)
        assert mapped is not None
        own = mapped.query_schema.get("properties") or {}
        for given in (self.requests.get(cell) or {"nothing": {}}).values():
            raw = given.get("query") or {}
            query = typed(catalogue.resource(model, name), method, raw, own, defaults())
            yield {"query": query, "rawQuery": raw, "body": given.get("body"), "id": given.get("id")}


@cache
def inputs(kind: str, source: str) -> list[dict[str, Any]]:
    """The inputs for an expression, those of all integrations that have it."""
    places = [place for place, of_kind, of_source in EXPRESSIONS if (of_kind, of_source) == (kind, source)]
    cells = [place.split(" ")[1] for place in places if place.startswith("kustomer ")]
    own = SCOPES[kind] if any(place.startswith("superchat ") for place in places) else []
    return own + (KUSTOMER.scopes(kind, cells) if cells else [])


KUSTOMER = Kustomer()


def shipped() -> Iterator[tuple[str, str, str]]:
    """Where it stands, its kind, and the expression as it runs: composed, where it is written field by field."""
    for name in installed():
        account = IntegratedAccount.connect(name, {"api_key": "nobodys"})
        for part in ("is_rate_limited", "retry_after", "reset"):
            if expression := getattr(account.integration.rate_limit, part):
                yield f"{name} {part}", "rate_limit", expression.source
        for model in account.mappings.models():
            for resource, methods in account.mappings.methods(model).items():
                for method in methods:
                    cell = account.mappings.cell(model, resource, method)
                    assert cell is not None
                    place = f"{name} {model}.{resource}.{method}"
                    whole = {
                        "query_mapping": cell.query,
                        "request_body_mapping": cell.body,
                        "response_mapping": cell.response,
                        "error_mapping": cell.error,
                        "resource": cell.resource.pick if cell.resource else None,
                        "method": cell.method.pick if cell.method else None,
                    }
                    for kind, mapped in whole.items():
                        if mapped:
                            yield f"{place} {kind}", kind, mapped.expression.source
                    for step in (*cell.before, *cell.after):
                        for mapped in (step.run_if, step.id, step.query, step.body):
                            if mapped:
                                yield f"{place} {step.name}", "step", mapped.expression.source


EXPRESSIONS = list(shipped())
DISTINCT = {(kind, source): place for place, kind, source in reversed(EXPRESSIONS)}


@cache
def second(source: str) -> Jsonata:
    """The expression on the other engine, with the same functions."""
    expression = Jsonata(source)
    for name, (function, _) in FUNCTIONS.items():
        expression.register_lambda(name, lambda *given, function=function: function(*(_plain(each) for each in given)))
    return expression


def _plain(value: Any) -> Any:
    """The other engine hands its own null to functions."""
    return None if value is not None and repr(value) == "null" else value


def outcome(evaluate: Any, given: Mapping[str, Any]) -> Any:
    """A value as JSON, or how it failed."""
    try:
        return json.dumps(evaluate(given), sort_keys=True)
    except Refused as error:
        return ("refused", str(error))
    except ExpressionError:
        return "failed"
    except JException as error:
        return ("refused", str(error)) if error.error == "D3137" else "failed"


@pytest.mark.parametrize(("kind", "source"), DISTINCT, ids=list(DISTINCT.values()))
def test_a_shipped_expression_has_the_same_outcome_on_both_engines(kind: str, source: str) -> None:
    first = compiled(source)
    for given in inputs(kind, source):
        assert outcome(second(source).evaluate, given) == outcome(first.evaluate, given), given


def test_the_expressions_of_every_integration_are_compared() -> None:
    kinds = {kind for _, kind, _ in EXPRESSIONS}
    assert kinds == {*SCOPES, "method"}
    assert {place.partition(".")[0] for place, kind, _ in EXPRESSIONS if kind != "rate_limit"} == {
        f"{integration} {model}" for integration in ("kustomer", "superchat") for model in catalogue.MODELS
    }
    assert Integration.load("superchat").rate_limit.retry_after is not None


@pytest.mark.parametrize("kind", [*SCOPES, "method"])
def test_the_inputs_reach_every_expression(kind: str) -> None:
    """Each expression gives something for at least one input, so that the comparison is of more than nothing."""
    for (of_kind, source), place in DISTINCT.items():
        if of_kind == kind:
            outcomes = {outcome(compiled(source).evaluate, given) for given in inputs(kind, source)}
            assert outcomes - {"null", "{}", "failed"}, place
