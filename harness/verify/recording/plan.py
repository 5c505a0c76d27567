"""What to ask when recording: a list of requests, each of which may use what an earlier answer held."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core.contract import ContractError, Operation
from harness.nearest import unknown

if TYPE_CHECKING:
    from harness.core.pack import Pack

PAGES, SIZE = 3, 2
"""How many pages the default plan walks of a list, and how many records it asks for on each."""
_KEYS = ("operation", "path", "query", "body", "files", "save", "pages")
_NAME = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")
_POINTER = re.compile(r"\$response\.body#/(.+)")
_READS = ("GET", "HEAD")


class PlanError(ValueError):
    """A plan that cannot be carried out; each problem names its place and what to do."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class Step:
    """One request, or the pages of one list."""

    operation: Operation
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    files: Mapping[str, Path] = field(default_factory=dict)
    save: Mapping[str, str] = field(default_factory=dict)
    """Names for values of the answer, each with the way to it: `results.0.id`."""
    pages: int = 1

    @property
    def wanted(self) -> list[str]:
        """The names it uses."""
        return list(dict.fromkeys(_names([self.path, self.query, self.body])))


def is_read(operation: Operation) -> bool:
    """Whether asking changes nothing."""
    return operation.method in _READS


def filled(value: Any, values: Mapping[str, Any]) -> Any:
    """The value with each `$name` replaced; one that stands alone keeps the type of what it stands for."""
    if isinstance(value, str):
        if (whole := _NAME.fullmatch(value)) and whole[1] in values:
            return values[whole[1]]
        return _NAME.sub(lambda match: str(values.get(match[1], match[0])), value)
    if isinstance(value, Mapping):
        return {key: filled(part, values) for key, part in value.items()}
    return [filled(part, values) for part in value] if isinstance(value, list) else value


def at(document: Any, way: str) -> Any:
    """What stands at `results.0.id`, None where nothing does."""
    for part in way.split("."):
        if isinstance(document, Mapping):
            document = document.get(part)
        elif isinstance(document, list) and part.isdecimal() and int(part) < len(document):
            document = document[int(part)]
        else:
            return None
    return document


def default_plan(pack: Pack, wishes: Iterable[str] = ()) -> tuple[list[Step], list[str]]:
    """The reads of the contract, lists first, along its links; and what it cannot reach, with the reason.

    `wishes` are operation ids or patterns. A write is asked only by its whole id, and only where it needs no body.
    Raises PlanError.
    """
    wanted = _chosen(pack, list(wishes))
    steps = dict(_reached(pack))
    left = [f"{id}: no list leads to it; give its values in a plan" for id in wanted if id not in steps]
    needed = list(wanted)
    for id in needed:
        if id in steps:
            needed += [source for source in _sources(steps, steps[id]) if source not in needed]
    return [step for id, step in steps.items() if id in needed], left


def _chosen(pack: Pack, wishes: list[str]) -> list[str]:
    operations = pack.contract.operations
    reads = [id for id, operation in operations.items() if is_read(operation)]
    if not wishes:
        return reads
    found: list[str] = []
    problems: list[str] = []
    for wish in wishes:
        fitting = [id for id in reads if fnmatchcase(id, wish)]
        if wish in operations and not fitting:
            problems.append(f"{wish} changes something: ask for it in a plan, with its values (--plan FILE)")
        elif not fitting:
            problems.append(unknown(f"operation of {pack.name}", wish, reads))
        found += fitting
    if problems:
        raise PlanError(problems)
    return found


def _reached(pack: Pack) -> Iterator[tuple[str, Step]]:
    """The reads that can be asked, each after those it takes values from."""
    links: dict[str, dict[str, str]] = {}
    saved: dict[str, dict[str, str]] = {}
    order: list[Operation] = []
    waiting = [operation for operation in pack.contract.operations.values() if is_read(operation)]
    while waiting:
        ready = [operation for operation in waiting if _needs(operation) <= links.get(operation.id, {}).keys()]
        if not ready:
            break
        for operation in ready:
            waiting.remove(operation)
            order.append(operation)
            for target, parameters in _links(operation):
                if target in links and _needs(pack.contract.operations[target]) <= links[target].keys():
                    continue
                given: dict[str, str] = {}
                for name, source in parameters.items():
                    if match := _POINTER.fullmatch(str(source)):
                        way = match[1].replace("/", ".")
                        variable = re.sub(r"\W", "_", f"{operation.id}_{way}")
                        saved.setdefault(operation.id, {})[variable] = way
                        given[name.rpartition(".")[2]] = f"${variable}"
                    elif str(source).startswith("$request.path."):
                        own = str(source).removeprefix("$request.path.")
                        given[name.rpartition(".")[2]] = links.get(operation.id, {}).get(own, "")
                links[target] = given
    for operation in order:
        values = links.get(operation.id, {})
        in_path = _path_names(operation)
        query: dict[str, Any] = {
            name: [value] if "array" in operation.parameters[name].types else value
            for name, value in values.items()
            if name in operation.parameters and operation.parameters[name].required
        }
        paging = pack.paging
        walks = paging is not None and any(name in operation.parameters for name in paging.cursors)
        if paging and (size := next((name for name in paging.sizes if name in operation.parameters), None)):
            query[size] = max(SIZE, operation.parameters[size].schema.get("minimum", 0))
        path = {name: values[name] for name in in_path}
        save = saved.get(operation.id, {})
        yield operation.id, Step(operation, path, query, save=save, pages=PAGES if walks else 1)


def _sources(steps: Mapping[str, Step], step: Step) -> Iterator[str]:
    wanted = set(step.wanted)
    yield from (id for id, other in steps.items() if wanted & set(other.save))


def _needs(operation: Operation) -> set[str]:
    required = {name for name, parameter in operation.parameters.items() if parameter.required}
    return {*_path_names(operation), *required}


def _path_names(operation: Operation) -> list[str]:
    return re.findall(r"\{([^}]+)\}", operation.template)


def _links(operation: Operation) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for status, response in operation.data["responses"].items():
        if str(status).startswith("2"):
            for link in operation.contract.resolve(response).get("links", {}).values():
                yield link["operationId"], link.get("parameters", {})


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from (match[1] for match in _NAME.finditer(value))
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _names(part)
    elif isinstance(value, list):
        for part in value:
            yield from _names(part)


def read_plan(file: Path, pack: Pack) -> list[Step]:
    """The plan in a YAML file. Raises PlanError, with every problem found, before anything is asked."""
    from harness import marked_yaml

    try:
        source = marked_yaml.read(file)
    except marked_yaml.Unreadable as error:
        raise PlanError([f"{file.name}{f':{error.line}' if error.line else ''}: {error}"]) from None
    problems = [f"{file.name}:{source.position(place)[0]}: {text}" for place, text in source.findings]
    if not isinstance(source.data, list) or not source.data:
        problems.append(f"{file.name}:1: a plan is a list of requests, each with an operation")
        raise PlanError(problems)
    steps: list[Step] = []
    known: set[str] = set()
    for number, item in enumerate(source.data):
        step, wrong = _step(item, pack, file.parent, known)
        problems += [f"{file.name}:{source.position((number, *place))[0]}: {text}" for place, text in wrong]
        if step is not None:
            steps.append(step)
            known |= set(step.save)
    if problems:
        raise PlanError(problems)
    return steps


def _step(
    item: Any, pack: Pack, folder: Path, known: set[str]
) -> tuple[Step | None, list[tuple[tuple[str, ...], str]]]:
    if not isinstance(item, Mapping) or not isinstance(item.get("operation"), str):
        return None, [((), "a request is a mapping with an operation, such as `operation: contacts.list`")]
    wrong: list[tuple[tuple[str, ...], str]] = [
        ((str(key),), unknown("key of a request", str(key), _KEYS)) for key in item if key not in _KEYS
    ]
    try:
        operation = pack.contract.operation(item["operation"])
    except ContractError as error:
        return None, [*wrong, (("operation",), str(error))]
    parts = {key: item.get(key) or {} for key in ("path", "query", "files", "save")}
    wrong += [((key,), f"{key} is a mapping") for key, part in parts.items() if not isinstance(part, Mapping)]
    pages = item.get("pages", 1)
    if not isinstance(pages, int) or isinstance(pages, bool) or not 1 <= pages <= 100:
        wrong.append((("pages",), f"pages is a number from 1 to 100, not {pages!r}"))
    if wrong:
        return None, wrong
    names = _path_names(operation)
    wrong += [
        (("path", name), unknown(f"parameter in the path of {operation.id}", name, names))
        for name in parts["path"]
        if name not in names
    ]
    wrong += [(("path",), f"{operation.id} needs {name} in path") for name in names if name not in parts["path"]]
    files = {name: folder / str(file) for name, file in parts["files"].items()}
    wrong += [(("files", name), f"{file} is no file") for name, file in files.items() if not file.is_file()]
    if pages > 1 and (pack.paging is None or not any(name in operation.parameters for name in pack.paging.cursors)):
        wrong.append((("pages",), f"{operation.id} has no pages"))
    step = Step(operation, parts["path"], parts["query"], item.get("body"), files, parts["save"], pages)
    wrong += [((), f"${name} is saved by no request before this one") for name in step.wanted if name not in known]
    return step, wrong
