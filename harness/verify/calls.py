"""Good calls of a provider's proxy methods, for the suites that make them: `calls.yaml` beside the provider's pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness.nearest import unknown
from harness.unified.document import Document, Reader
from harness.unified.engine import ExpressionError, compiled
from harness.unified.integration import Integration
from harness.verify.case import Unchecked

_RESOURCE = frozenset("collection query id shows quirks private live".split())
_METHOD = frozenset("query id body form".split())


@dataclass(frozen=True, slots=True)
class Plan:
    """How one proxy method is called; texts that begin with `=` are expressions."""

    resource: str
    method: str
    collection: str | None
    query: Mapping[str, Any] = field(default_factory=dict)
    id: str | None = None
    body: Any = None
    form: Mapping[str, Any] | None = None
    shows: str | None = None
    quirks: Mapping[str, str] = field(default_factory=dict)
    private: bool = False
    live: Mapping[str, Any] = field(default_factory=dict)
    """`query` and `id` on an account whose state only its API tells: expressions over first pages by resource."""
    where: str = ""
    """The file and line that say so."""

    @property
    def name(self) -> str:
        """`contacts.list`."""
        return f"{self.resource}.{self.method}"


@dataclass(frozen=True, slots=True)
class Given:
    """What a plan comes to in a state."""

    query: dict[str, Any]
    id: str | None
    body: Any
    shown: list[str] | None
    """The ids that a list has to show; None where nobody knows."""


def plans(provider: str, integration: Integration, collections: Mapping[str, Any]) -> dict[tuple[str, str], Plan]:
    """How each method of an integration is called. Raises ConfigurationError for a file that does not fit it."""
    document = _document(provider)
    reader = Reader(document) if document else None
    if reader:
        reader.only(integration.resources)
    found = {}
    for resource, methods in integration.resources.items():
        at = reader.below(resource) if reader else None
        if at:
            at.only(_RESOURCE | methods.keys())
        for method in methods:
            found[resource, method] = _plan(resource, method, at, collections)
    return found


def _plan(resource: str, method: str, at: Reader | None, collections: Mapping[str, Any]) -> Plan:
    own = resource if resource in collections else None
    if at is None:
        return Plan(resource, method, own)
    below = at.below(method)
    mine = below or Reader(at.document, at.place, {})
    if below:
        below.only(_METHOD)
    collection = at.data.get("collection", own)
    if collection is not None and collection not in collections:
        raise at.wrong(unknown("collection", str(collection), collections), "collection")
    return Plan(
        resource,
        method,
        collection,
        {**at.get("query", dict, {}), **mine.get("query", dict, {})},
        mine.get("id", str, at.get("id", str)),
        mine.get("body", dict),
        mine.get("form", dict),
        at.get("shows", str),
        at.get("quirks", dict, {}),
        at.get("private", bool, False),
        at.get("live", dict, {}),
        at.document.where(mine.place),
    )


@cache
def _document(provider: str) -> Document | None:
    for point in entry_points(group="harness.providers"):
        spec = find_spec(point.module) if point.name == provider else None
        if spec and spec.origin:
            file = Path(spec.origin).with_name("calls.yaml")
            return Document.load(file) if file.is_file() else None
    return None


def given(plan: Plan, documents: Mapping[str, Any], n: int = 1, query: Mapping[str, Any] | None = None) -> Given:
    """What to send, and what a list then shows. Raises Unchecked where the state has nothing to call it with.

    `query` is that of an earlier call, for one that is about the same.
    """
    scope = {**documents, "query": {}, "n": n}
    wanted = plan.query if query is None else query
    query = {name: _required(plan, f"query.{name}", value, scope) for name, value in wanted.items()}
    scope["query"] = query
    shown = shown_by(plan, documents, query)
    if plan.id is not None:
        id = _value(plan, plan.id, scope)
    else:
        id = next(iter(shown), None) if shown else None
    return Given(query, id, sent_by(plan, scope), shown)


def sent_by(plan: Plan, scope: Mapping[str, Any]) -> Any:
    """The body of a call: JSON data, or a form."""
    if plan.form is None:
        return _filled(plan, plan.body, scope)
    from harness.unified.bodies import body_of

    parts = {name: _filled(plan, part, scope) for name, part in plan.form.items()}
    return body_of(None, files={name: (each["name"], each["content"], each["type"]) for name, each in parts.items()})


def shown_by(plan: Plan, documents: Mapping[str, Any], query: Mapping[str, Any]) -> list[str] | None:
    """The ids of what a list shows, asked with a query; None where nobody knows."""
    if plan.shows is not None:
        value = _value(plan, plan.shows, {**documents, "query": query})
        return value if isinstance(value, list) else [] if value is None else [value]
    return None if plan.collection is None else [each["id"] for each in documents[plan.collection]]


def _filled(plan: Plan, value: Any, scope: Mapping[str, Any]) -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(plan, item, scope) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(plan, item, scope) for item in value]
    return _required(plan, "body", value, scope)


def read_live(plan: Plan, what: str, value: Any, pages: Mapping[str, Any]) -> Any:
    """A value of a plan on an account of which first pages were read. Raises Unchecked where it has none."""
    return _required(plan, what, value, pages)


def _required(plan: Plan, what: str, value: Any, scope: Mapping[str, Any]) -> Any:
    found = _value(plan, value, scope)
    if found is None and value is not None:
        raise Unchecked(f"{plan.where}: there is nothing to call it with: {what} has no value by {value}")
    return found


def _value(plan: Plan, value: Any, scope: Mapping[str, Any]) -> Any:
    if not isinstance(value, str) or not value.startswith("=") or value == "=":
        return value
    try:
        return compiled(value[1:]).evaluate(scope)
    except ExpressionError as error:
        raise Unchecked(f"{plan.where}: {value} has no value: {error}") from None
