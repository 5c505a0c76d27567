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

_RESOURCE = frozenset("collection query id first shows record fields gone besides numbered quirks private live".split())
_METHOD = frozenset("collection query id first shows body form".split())
_ALL = "*"
"""What holds for all resources that say nothing else."""
_EVERYWHERE = frozenset("record fields gone numbered quirks".split())


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
    first: tuple[str, ...] = ()
    """The methods that are called before, so that there is something to call this one with: `email_drafts.create`."""
    record: str | None = None
    """The field of an answer that a record, or a list of them, stands in; None where the answer is one."""
    fields: str | None = None
    """The field of a record that what was sent stands in; None where that is the record itself."""
    gone: str | None = None
    """The field of a document (with dots) that says that it is there no longer."""
    besides: tuple[str, ...] = ()
    """The fields of a record that depend on where it is shown."""
    numbered: bool = False
    """Whether pages have numbers, so that what comes and goes between two of them moves others."""
    live: Mapping[str, Any] = field(default_factory=dict)
    """`query` and `id` on an account whose state only its API tells: expressions over first pages by resource."""
    where: str = ""
    """The file and line that say so."""

    @property
    def name(self) -> str:
        """`contacts.list`."""
        return f"{self.resource}.{self.method}"

    def record_of(self, answer: Any) -> Any:
        """The record that an answer is about, or the list of them."""
        return answer.get(self.record) if self.record and isinstance(answer, Mapping) else answer

    def fields_of(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """What of a record may have been sent."""
        return record if self.fields is None else record.get(self.fields) or {}

    def there(self, documents: Mapping[str, list[Any]]) -> Mapping[str, list[Any]]:
        """The documents that are still there, by collection."""
        if self.gone is None:
            return documents
        path = self.gone.split(".")
        return {name: [each for each in all if not _at(each, path)] for name, all in documents.items()}


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
        reader.only({_ALL, *integration.resources})
    everywhere = reader.below(_ALL) if reader else None
    if everywhere:
        everywhere.only(_EVERYWHERE)
    known = [f"{resource}.{method}" for resource, methods in integration.resources.items() for method in methods]
    found = {}
    for resource, methods in integration.resources.items():
        at = reader.below(resource) if reader else None
        if at:
            at.only(_RESOURCE | methods.keys())
        elif reader:
            at = Reader(reader.document, (resource,), {})
        for method in methods:
            found[resource, method] = _plan(resource, method, at, everywhere, collections)
            for index, name in enumerate(found[resource, method].first):
                if at and name not in known:
                    place = (method, "first") if "first" in (at.data.get(method) or {}) else ("first",)
                    raise at.wrong(unknown("method", str(name), known), *place, index)
    return found


def _plan(
    resource: str, method: str, at: Reader | None, everywhere: Reader | None, collections: Mapping[str, Any]
) -> Plan:
    own = resource if resource in collections else None
    if at is None:
        return Plan(resource, method, own)
    below = at.below(method)
    mine = below or Reader(at.document, at.place, {})
    if below:
        below.only(_METHOD)
    usual = everywhere or Reader(at.document, (_ALL,), {})
    holder = mine if "collection" in mine.data else at
    collection = holder.data.get("collection", own)
    if collection is not None and collection not in collections:
        raise holder.wrong(unknown("collection", str(collection), collections), "collection")
    return Plan(
        resource,
        method,
        collection,
        {**at.get("query", dict, {}), **mine.get("query", dict, {})},
        mine.get("id", str, at.get("id", str)),
        mine.get("body", (dict, list, str)),
        mine.get("form", dict),
        mine.get("shows", str, at.get("shows", str) if holder is at else None),
        {**usual.get("quirks", dict, {}), **at.get("quirks", dict, {})},
        at.get("private", bool, False),
        tuple(mine.get("first", list, at.get("first", list, []))),
        at.get("record", str, usual.get("record", str)),
        at.get("fields", str, usual.get("fields", str)),
        at.get("gone", str, usual.get("gone", str)),
        tuple(at.get("besides", list, [])),
        at.get("numbered", bool, usual.get("numbered", bool, False)),
        at.get("live", dict, {}),
        at.document.where(mine.place),
    )


def _at(document: Any, path: list[str]) -> Any:
    for name in path:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


@cache
def _document(provider: str) -> Document | None:
    for point in entry_points(group="harness.providers"):
        spec = find_spec(point.module) if point.name == provider else None
        if spec and spec.origin:
            file = Path(spec.origin).with_name("calls.yaml")
            return Document.load(file) if file.is_file() else None
    return None


def given(
    plan: Plan,
    documents: Mapping[str, Any],
    n: int = 1,
    query: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
) -> Given:
    """What to send, and what a list then shows. Raises Unchecked where the state has nothing to call it with.

    `query` is that of an earlier call, for one that is about the same; `before` has the answers of those that came
    first, by method.
    """
    scope = {**plan.there(documents), "query": {}, "n": n, "before": before or {}}
    wanted = plan.query if query is None else query
    query = {name: _filled(plan, value, scope, f"query.{name}") for name, value in wanted.items()}
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
    there = plan.there(documents)
    if plan.shows is not None:
        value = _value(plan, plan.shows, {**there, "query": query})
        return value if isinstance(value, list) else [] if value is None else [value]
    return None if plan.collection is None else [each["id"] for each in there[plan.collection]]


def _filled(plan: Plan, value: Any, scope: Mapping[str, Any], what: str = "body") -> Any:
    if isinstance(value, Mapping):
        return {name: _filled(plan, item, scope, what) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(plan, item, scope, what) for item in value]
    return _required(plan, what, value, scope)


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
