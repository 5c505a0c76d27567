"""Mutants of the mappings: an expression dropped, swapped with another one, or picking always the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.verify.mutate.mutant import Mutant

if TYPE_CHECKING:
    from harness.unified.mapping import Cell, Mappings

_EXPRESSIONS = (
    "response_mapping",
    "request_body_mapping",
    "query_mapping",
    "path_mapping",
    "request_header_mapping",
    "response_header_mapping",
    "is_partial_expression",
)
_CHOICES = ("resource", "method")
_STEPS = ("before", "after")
_RESULT = re.compile(r"^( {0,2})[\w.]*\{$", re.MULTILINE)
"""Where the object begins that a text-form expression results in; its names stand two further in."""


def of_mappings(mappings: Mappings) -> Iterator[Mutant]:
    """All of them."""
    for model in mappings.models():
        names = [(resource, method) for resource, methods in mappings.methods(model).items() for method in methods]
        cells = {name: cell for name in names if (cell := mappings.cell(model, *name))}
        for (resource, method), cell in cells.items():
            yield from _Cell(model, resource, method, cell).mutants()
        yield from _errors(model, cells)


def _errors(model: str, cells: Mapping[tuple[str, str], Cell]) -> Iterator[Mutant]:
    """What a whole file says of errors is broken for all its cells at once."""
    by_name: dict[str, list[tuple[str, str]]] = {}
    for name, cell in cells.items():
        written = cell.config.get("error_mapping")
        for key in written if isinstance(written, Mapping) else ():
            by_name.setdefault(key, []).append(name)
    for key, names in by_name.items():
        override: dict[str, Any] = {}
        for resource, method in names:
            override.setdefault(resource, {})[method] = {"error_mapping": {key: None}}
        needs = tuple(f"cell {model}.{resource}.{method}" for resource, method in names)
        what = f"{model} error_mapping: {key}"
        yield Mutant("mapping", "drop", what, model, needs, mapping_override={model: override}, fields=(key,))


class _Cell:
    """One unified method's mapping."""

    def __init__(self, model: str, resource: str, method: str, cell: Cell) -> None:
        self._place = (model, resource, method)
        self._config = cell.config

    def mutants(self) -> Iterator[Mutant]:
        """All of the cell."""
        for key in _EXPRESSIONS:
            written = self._config.get(key)
            if isinstance(written, Mapping):
                yield from self._of_fields(key, written)
            elif isinstance(written, str):
                yield self._mutant("drop", f"{key}: the whole", {key: None})
                yield from self._of_text(key, written)
        for key in _CHOICES:
            yield from self._of_choice(key)
        for key in _STEPS:
            yield from self._of_steps(key)
        for key in ("query", "body"):
            for name in self._config.get(key) or {}:
                yield self._mutant("drop", f"{key}: {name}", {key: {name: None}})

    def _mutant(self, kind: str, what: str, change: Mapping[str, Any], *fields: str) -> Mutant:
        model, resource, method = self._place
        place = ".".join(self._place)
        override = {model: {resource: {method: dict(change)}}}
        what = f"{place} {what}"
        return Mutant("mapping", kind, what, place, (f"cell {place}",), mapping_override=override, fields=fields)

    def _of_fields(self, key: str, written: Mapping[str, Any]) -> Iterator[Mutant]:
        """The operator style: an expression for each field."""
        names = [name for name, source in written.items() if source is not None]
        for name, following in _with_next(names):
            yield self._mutant("drop", f"{key}: {name}", {key: {name: None}}, name)
            if name != following and written[name] != written[following]:
                swapped = {name: written[following], following: written[name]}
                yield self._mutant("swap", f"{key}: {name} and {following}", {key: swapped}, name, following)

    def _of_text(self, key: str, written: str) -> Iterator[Mutant]:
        """One expression for the whole: what it gives is dropped or swapped afterwards."""
        *_, begin = [None, *_RESULT.finditer(written)]
        names = re.findall(rf"(?m)^{begin[1]}  '(\w+)':", written[begin.end() :]) if begin else []
        for name, following in _with_next(names):
            dropped = f"($whole := ({written}); $sift($whole, function($value, $key) {{$key != '{name}'}}))"
            yield self._mutant("drop", f"{key}: {name}", {key: dropped}, name)
            if name != following:
                swapped = (
                    f"($whole := ({written}); "
                    f"$merge([$sift($whole, function($value, $key) {{$not($key in ['{name}', '{following}'])}}), "
                    f"{{'{name}': $whole.{following}, '{following}': $whole.{name}}}]))"
                )
                yield self._mutant("swap", f"{key}: {name} and {following}", {key: swapped}, name, following)

    def _of_choice(self, key: str) -> Iterator[Mutant]:
        """A choice between proxy resources that is always the same."""
        written = self._config.get(key)
        names = written.get(f"{key}s") or [] if isinstance(written, Mapping) else []
        for name in names:
            # the choice stays one, so that the cell's calls are still those it may make
            yield self._mutant("pick", f"{key}: always {name}", {key: {"expression": f"'{name}'"}})

    def _of_steps(self, key: str) -> Iterator[Mutant]:
        """A call before or after the main one: left out, made always, or made with less."""
        steps: list[Any] = self._config.get(key) or []
        for index, step in enumerate(steps):
            name = step.get("name", index)
            yield self._mutant("drop", f"{key}: {name}", {key: [*steps[:index], *steps[index + 1 :]]})
            lesser = [("run_if", {**step, "run_if": None})] if step.get("run_if") else []
            config = step.get("config") or {}
            lesser += [
                (f"config.{part}", {**step, "config": {**config, part: None}})
                for part in ("id", "query", "body")
                if config.get(part)
            ]
            for part, less in lesser:
                change = {key: [*steps[:index], less, *steps[index + 1 :]]}
                yield self._mutant("drop", f"{key}: {name}.{part}", change)


def _with_next(names: list[str]) -> Iterator[tuple[str, str]]:
    return zip(names, [*names[1:], *names[:1]], strict=True)
