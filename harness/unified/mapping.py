"""Mappings: how one unified resource method reads and writes one provider.

A file for each unified model of an integration (`ticketing.yaml`), with a cell for each resource and method. What a
resource has under `"*"` holds for all its methods, the file's own `error_mapping` for all cells. An override (of an
environment, then of an account) merges deeply over the file: mappings into mappings; lists and expressions are replaced
whole. An expression that calls `$error` refuses the call with 400 and that text. What a body has in `remote_data` goes
to the provider as it is, but for the fields that an expression of the cell reads: those it places itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from harness.nearest import unknown
from harness.unified.document import Document, Reader
from harness.unified.engine import Expression, ExpressionError, Refused, compiled
from harness.unified.errors import ConfigurationError, Refusal
from harness.unified.integration import Integration

ALL = "*"

_FILE = (
    *("integration_name", "unified_model_name", "error_mapping", "resources"),
    *("published", "not_offered", "not_carried"),
)
_CELL = frozenset(
    "resource method query_mapping request_body_mapping path_mapping request_header_mapping response_header_mapping "
    "response_mapping response_mapping_method error_mapping is_partial_expression before after query body "
    "query_schema request_body_schema".split()
)
_CELL_ELSEWHERE = frozenset(("side_load", "file_upload"))
_STEP = ("name", "type", "run_if", "config")
_CALL = ("resource", "method", "id", "query", "body")


@dataclass(frozen=True, slots=True)
class Mapped:
    """An expression of a mapping, and where it stands."""

    place: str
    expression: Expression
    single: bool = False
    """Whether it gives exactly one value for each record (the operator style does)."""

    def over(self, scope: Mapping[str, Any]) -> Any:
        """Its value. Raises ConfigurationError with the place, and Refusal where the expression calls `$error`."""
        try:
            return self.expression.evaluate(scope)
        except Refused as error:
            raise Refusal(400, str(error)) from None
        except ExpressionError as error:
            raise ConfigurationError(self.place, str(error)) from None


@dataclass(frozen=True, slots=True)
class Choice:
    """The name of a proxy resource or method: one for all calls, or an expression that picks one of some."""

    names: tuple[str, ...]
    pick: Mapped | None = None

    def of(self, scope: Mapping[str, Any]) -> str:
        """The one for this call."""
        if self.pick is None:
            return self.names[0]
        picked = self.pick.over(scope)
        if picked not in self.names:
            raise ConfigurationError(self.pick.place, f"picked {picked!r}, which is none of {', '.join(self.names)}")
        return str(picked)


@dataclass(frozen=True, slots=True)
class Step:
    """A call to the provider before or after the main one; later expressions see its answer."""

    place: str
    name: str
    run_if: Mapped | None
    resource: str
    method: str
    id: Mapped | None
    query: Mapped | None
    body: Mapped | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One unified resource method on one provider. Without a target it answers without a call."""

    place: str
    resource: Choice | None
    method: Choice | None
    query: Mapped | None
    body: Mapped | None
    path: Mapped | None
    request_headers: Mapped | None
    response_headers: Mapped | None
    response: Mapped | None
    each: bool
    """Whether the response expression is run for each record of a list rather than over all."""
    error: Mapped | None
    partial: Mapped | None
    before: tuple[Step, ...]
    after: tuple[Step, ...]
    default_query: Mapping[str, Any]
    default_body: Mapping[str, Any]
    query_schema: Mapping[str, Any]
    body_schema: Mapping[str, Any]
    config: Mapping[str, Any]
    """What it was read from, merged."""

    def filters(self) -> frozenset[str] | None:
        """The query parameters its expressions read; None where one reads them all."""
        found: set[str] = set()
        for mapped in self.expressions():
            read = mapped.expression.reads()
            for name in ("query", "rawQuery"):
                if read.get(name) is True:
                    return None
                found.update(read.get(name) or ())
        return frozenset(found)

    def placed(self) -> frozenset[str]:
        """The fields of a body's `remote_data` that its expressions read, and so put where they belong; whatever else
        is in there goes through as it is."""
        found: set[str] = set()
        for mapped in self.expressions():
            body = mapped.expression.reads().get("body")
            extra = body.get("remote_data") if isinstance(body, Mapping) else None
            if isinstance(extra, Mapping):
                found.update(name for name, below in extra.items() if below)  # empty: only whether it is there
        return frozenset(found)

    def expressions(self) -> Iterator[Mapped]:
        """Those of the request and the answer."""
        for step in (*self.before, *self.after):
            yield from (each for each in (step.run_if, step.id, step.query, step.body) if each)
        yield from (choice.pick for choice in (self.resource, self.method) if choice and choice.pick)
        yield from (each for each in (self.query, self.body, self.path, self.request_headers, self.response) if each)


class Mappings:
    """All cells of an integration, compiled when they are first used."""

    def __init__(self, integration: Integration, documents: Mapping[str, Document]) -> None:
        self.integration = integration
        self._documents = documents
        self._cells: dict[tuple[str, str, str], Cell] = {}

    @classmethod
    def load(cls, integration: Integration) -> Mappings:
        """The mapping files in an integration's folder. Raises ConfigurationError."""
        return cls(integration, _documents(integration.folder, integration.name))

    def overridden(self, override: Mapping[str, Any] | None, name: str = "unified_model_override") -> Mappings:
        """With `{model: {resource: {method: config}}}` merged on top. Raises ConfigurationError."""
        if not override:
            return self
        for model in override:
            if model not in self._documents:
                raise ConfigurationError(name, unknown("unified model", str(model), self._documents))
        merged = {
            model: document.merged({"resources": override[model]}, name) if model in override else document
            for model, document in self._documents.items()
        }
        for model in override:
            _check_file(merged[model])
        return Mappings(self.integration, merged)

    def models(self) -> list[str]:
        """The unified models it maps something of."""
        return sorted(self._documents)

    def methods(self, model: str) -> dict[str, list[str]]:
        """The mapped methods of each resource of a model."""
        resources = self._resources(model)
        return {name: [method for method in cells if method != ALL] for name, cells in resources.items()}

    def reason(self, model: str, resource: str, method: str) -> str | None:
        """Why something is not offered, where the mapping says so."""
        document = self._documents.get(model)
        declared = (document.data.get("not_offered") or {}).get(resource) if document else None
        if isinstance(declared, Mapping):
            declared = declared.get(method) or declared.get(ALL)
        return str(declared) if declared else None

    def published(self, model: str, resource: str) -> list[str]:
        """The methods that Truto's own integration offers, as far as its pages tell; the others go beyond it."""
        document = self._documents.get(model)
        found: list[str] = (document.data.get("published") or {}).get(resource) or [] if document else []
        return found

    def losses(self, model: str, resource: str) -> dict[str, str]:
        """The fields of a resource that the provider cannot carry, with the reason."""
        document = self._documents.get(model)
        found: dict[str, str] = (document.data.get("not_carried") or {}).get(resource) or {} if document else {}
        return found

    def cell(self, model: str, resource: str, method: str) -> Cell | None:
        """The cell of a unified resource method, None where nothing is mapped. Raises ConfigurationError."""
        place = (model, resource, method)
        found = self._cells.get(place)
        if found is None and method != ALL:
            cells = self._resources(model).get(resource) or {}
            if method in cells:
                found = self._cells[place] = self._compile(model, resource, method)
        return found

    def _resources(self, model: str) -> Mapping[str, Mapping[str, Any]]:
        document = self._documents.get(model)
        return (document.data.get("resources") or {}) if document else {}

    def _compile(self, model: str, resource: str, method: str) -> Cell:
        document = self._documents[model]
        cells = document.data["resources"][resource]
        place: tuple[str | int, ...] = ("resources", resource)
        shared = {key: value for key, value in (cells.get(ALL) or {}).items() if key in _shared(method)}
        whole_file = {key: document.data[key] for key in ("error_mapping",) if key in document.data}
        # deeply, so that an override of one field for one method leaves what all methods share
        config = Document({**whole_file, **shared}).merged(cells[method] or {}, document.name).data
        sources: list[tuple[Any, tuple[str | int, ...]]] = [(whole_file, ()), (shared, (*place, ALL))]
        sources.append((cells[method] or {}, (*place, method)))
        origins = {
            (*place, method, *below): document.where((*source, *below)).partition(": ")[0]
            for data, source in sources
            for below in _places(data)
        }
        whole = Document({}, {**document.origins, **origins}, document.name)
        return _Compiler(Reader(whole, (*place, method), config), self.integration).cell()


@lru_cache(maxsize=64)
def _documents(folder: Path, name: str) -> dict[str, Document]:
    """The mapping files of a folder, by unified model."""
    found = {}
    for file in sorted(folder.glob("*.yaml")):
        if file.stem in ("integration", "losses"):  # what a world loses here is for who judges the mapping
            continue
        document = Document.load(file)
        model, named = Reader(document).text("unified_model_name"), Reader(document).text("integration_name")
        if named != name:
            raise ConfigurationError(document.where(("integration_name",)), f"is {named!r}, not {name!r}")
        _check_file(document)
        found[model] = document
    return found


def _places(data: Any) -> Iterator[tuple[str | int, ...]]:
    """The place of every value in nested mappings."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield (key,)
            yield from ((key, *below) for below in _places(value))


def _shared(method: str) -> frozenset[str]:
    """Of what a resource says for all methods, what concerns this one: a deletion has no record to map."""
    return _CELL - {"response_mapping", "response_mapping_method"} if method == "delete" else _CELL


def _check_file(document: Document) -> None:
    top = Reader(document)
    top.only(_FILE)
    resources = top.below("resources")
    for _, cells in resources.children() if resources else ():
        for _, cell in cells.children():
            cell.only(_CELL, _CELL_ELSEWHERE)


class _Compiler:
    """Reads one cell."""

    def __init__(self, at: Reader, integration: Integration) -> None:
        self._at = at
        self._integration = integration

    def cell(self) -> Cell:
        """The whole of it."""
        at = self._at
        resource = self._choice("resource")
        method = self._choice("method")
        if resource and method:
            self._reachable(resource, method)
        elif resource or method:
            raise at.wrong("'resource' and 'method' stand together: give both, or none for an answer without a call")
        return Cell(
            at.document.where(at.place),
            resource,
            method,
            self._mapped("query_mapping"),
            self._mapped("request_body_mapping"),
            self._mapped("path_mapping"),
            self._mapped("request_header_mapping"),
            self._mapped("response_header_mapping"),
            self._mapped("response_mapping", records=True),
            at.choice("response_mapping_method", ("array", "item"), "item") == "item",
            self._mapped("error_mapping"),
            self._mapped("is_partial_expression"),
            self._steps("before"),
            self._steps("after"),
            at.get("query", dict, {}),
            at.get("body", dict, {}),
            at.get("query_schema", dict, {}),
            at.get("request_body_schema", dict, {}),
            at.data,
        )

    def _choice(self, key: str) -> Choice | None:
        value = self._at.get(key, (str, dict))
        if value is None or isinstance(value, str):
            return None if value is None else Choice((value,))
        below = Reader(self._at.document, (*self._at.place, key), value)
        plural = f"{key}s"
        below.only(("expression", plural))
        return Choice(tuple(below.get(plural, list, [])), _mapped(below, "expression"))

    def _reachable(self, resource: Choice, method: Choice) -> None:
        """At least one of the methods must be there for each resource."""
        for name in resource.names:
            methods = self._integration.resources.get(name)
            if methods is None:
                raise self._at.wrong(unknown("proxy resource", name, self._integration.resources), "resource")
            if not set(method.names) & methods.keys():
                raise self._at.wrong(unknown(f"method of {name}", method.names[0], methods), "method")

    def _mapped(self, key: str, *, records: bool = False) -> Mapped | None:
        return _mapped(self._at, key, records=records)

    def _steps(self, key: str) -> tuple[Step, ...]:
        steps = []
        for index, value in enumerate(self._at.get(key, list, [])):
            at = Reader(self._at.document, (*self._at.place, key, index), value)
            at.only(_STEP)
            at.choice("type", ("request",), "request")
            config = at.below("config")
            if config is None:
                raise at.wrong("'config' is missing: name resource and method")
            config.only(_CALL)
            step = Step(
                at.document.where(at.place),
                at.get("name", str, str(index)),
                _mapped(at, "run_if"),
                config.text("resource"),
                config.text("method"),
                _mapped(config, "id"),
                _mapped(config, "query"),
                _mapped(config, "body"),
            )
            if self._integration.method(step.resource, step.method) is None:
                raise config.wrong(f"{self._integration.name} has no proxy method {step.resource}.{step.method}")
            steps.append(step)
        return tuple(steps)


def _mapped(at: Reader, key: str, *, records: bool = False) -> Mapped | None:
    """An expression, or the operator style: an expression for each field, together an object.

    In a response the fields' expressions see one record; elsewhere they see the scope.
    """
    value = at.get(key, (str, dict))
    if value is None:
        return None
    place = at.document.where((*at.place, key))
    if isinstance(value, str):
        return Mapped(place, _expression(place, value))
    fields = []
    for name, source in value.items():
        where = at.document.where((*at.place, key, name))
        if source is None:
            continue  # an override takes a field away
        if not isinstance(source, str):
            raise ConfigurationError(where, "must be an expression: write a text, with quotes in it for a constant")
        _expression(where, source)
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        fields.append(f'"{quoted}": ({source})')
    inner = "{" + ", ".join(fields) + "}"
    return Mapped(place, _expression(place, f"response.{inner}" if records else inner), single=records)


def _expression(place: str, source: str) -> Expression:
    try:
        return compiled(source)
    except ExpressionError as error:
        raise ConfigurationError(place, f"does not compile: {error}") from None
