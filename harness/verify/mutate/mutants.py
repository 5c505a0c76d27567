"""The mutants of a provider: every way in which its fake or its mappings are broken, from contract and mappings.

They stand at the answer (a field renamed, dropped, null, of another type, an old moment, a new enum value; a list that
loses, repeats or reorders; a wrong cursor, another status, a header gone), at what the handler sees (a filter ignored)
or in the mapping (expressions swapped or dropped), never in source code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

import orjson

from harness.core.contract import Contract, Operation
from harness.core.exchange import Request, Response
from harness.verify.mutate import alterations
from harness.verify.mutate.alterations import EACH, Alteration, Path, shown
from harness.verify.suites.contract import router_of

if TYPE_CHECKING:
    from harness.core.routing import Router
    from harness.unified.mapping import Mappings
    from harness.verify.subject import Alter

Layer = Literal["answer", "state", "mapping"]

DEPTH = 4
"""How many names deep fields are mutated."""
OTHER_STATUS = {200: 202, 400: 422, 401: 403, 403: 404, 404: 400, 409: 400, 413: 400, 429: 503}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One break."""

    id: str
    """`answer rename contacts.list results[].first_name`."""
    layer: Layer
    kind: str
    operations: tuple[str, ...]
    """The provider's operations whose answers it changes; none for a mapping."""
    cell: tuple[str, str, str] | None = None
    """The unified model, resource and method whose mapping it changes."""
    alter: Alter | None = field(default=None, repr=False)
    mapping_override: Mapping[str, Any] = field(default_factory=dict)


def mutants(contract: Contract, mappings: Mappings | None, most: int | None = None) -> list[Mutant]:
    """All of a provider's, or at most so many, chosen evenly over operations and kinds and always the same."""
    found = [*of_answers(contract), *of_state(contract)]
    if mappings is not None:
        found.extend(of_mappings(mappings))
    return found if most is None or most >= len(found) else _spread(found, most)


def of_answers(contract: Contract) -> Iterator[Mutant]:
    """The mutants of what the fake answers."""
    router = router_of(contract)
    for operation in contract.operations.values():
        schema = _answer_schema(contract, operation)
        for path, part in _fields(contract, schema, ()):
            for kind, alteration in _of_field(contract, path, part):
                yield _answer(operation, kind, path, alteration, router)
        for status in sorted(int(each) for each in operation.data["responses"] if str(each).isdigit()):
            if status in OTHER_STATUS:
                yield _status(operation, status, router)
        if schema:
            yield _header(operation, "content-type", router)


def of_state(contract: Contract) -> Iterator[Mutant]:
    """The mutants of what the handler sees: each filter of a list ignored."""
    router = router_of(contract)
    for operation in contract.operations.values():
        for name in operation.parameters:
            yield _ignored(operation, name, router)


def of_mappings(mappings: Mappings) -> Iterator[Mutant]:
    """The mutants of the mappings: each field's expression dropped, and swapped with the next one's."""
    for model in mappings.models():
        for resource, methods in mappings.methods(model).items():
            for method in methods:
                cell = mappings.cell(model, resource, method)
                if cell is None:
                    continue
                for key in ("response_mapping", "request_body_mapping", "query_mapping"):
                    written = cell.config.get(key)
                    if isinstance(written, Mapping):
                        yield from _of_mapping(model, resource, method, key, written)


def _of_mapping(model: str, resource: str, method: str, key: str, written: Mapping[str, Any]) -> Iterator[Mutant]:
    names = [name for name, source in written.items() if source is not None]
    for name, following in zip(names, [*names[1:], *names[:1]], strict=True):
        yield _mapping(model, resource, method, key, "drop", name, {name: None})
        if name != following and written[name] != written[following]:
            swapped = {name: written[following], following: written[name]}
            yield _mapping(model, resource, method, key, "swap", f"{name} and {following}", swapped)


def _mapping(
    model: str, resource: str, method: str, key: str, kind: str, what: str, change: Mapping[str, Any]
) -> Mutant:
    return Mutant(
        f"mapping {kind} {model}.{resource}.{method} {key}: {what}",
        "mapping",
        kind,
        (),
        (model, resource, method),
        mapping_override={model: {resource: {method: {key: dict(change)}}}},
    )


def _answer_schema(contract: Contract, operation: Operation) -> Mapping[str, Any] | None:
    for status, response in operation.data["responses"].items():
        if str(status).startswith("2"):
            content = contract.resolve(response).get("content", {})
            schema: Mapping[str, Any] | None = content.get("application/json", {}).get("schema")
            return schema
    return None


def _fields(contract: Contract, schema: Any, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The fields below a schema, the outer ones first; of a choice, those of every branch once."""
    if not isinstance(schema, Mapping) or len(path) > 2 * DEPTH:
        return
    schema = contract.resolve(schema)
    seen: set[Path] = set()
    for part in [
        schema,
        *(contract.resolve(each) for word in ("allOf", "anyOf", "oneOf") for each in schema.get(word, ())),
    ]:
        for name, below in part.get("properties", {}).items():
            place = (*path, name)
            if place in seen or sum(each != EACH for each in place) > DEPTH:
                continue
            seen.add(place)
            yield place, contract.resolve(below)
            yield from _fields(contract, below, place)
        if "items" in part:
            yield from _fields(contract, part["items"], (*path, EACH))


def _of_field(contract: Contract, path: Path, schema: Mapping[str, Any]) -> Iterator[tuple[str, Alteration]]:
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    yield "rename", alterations.rename(path)
    yield "drop", alterations.drop(path)
    yield "null", alterations.null(path)
    yield "retype", alterations.retype(path)
    if "array" in kinds:
        yield "lose", alterations.lose(path)
        yield "repeat", alterations.repeat(path)
        yield "reorder", alterations.reorder(path)
    if "enum" in schema and "string" in kinds:
        yield "enum", alterations.other_choice(path)
    if path[-1] in ("next_cursor", "previous_cursor"):
        yield "cursor", alterations.wrong_cursor(path)
    if schema.get("format") == "date-time":
        yield "stale", alterations.stale(path)


def _answer(operation: Operation, kind: str, path: Path, alteration: Alteration, router: Router[Operation]) -> Mutant:
    def change(response: Response) -> None:
        if not 200 <= response.status < 300 or not (response.header("content-type") or "").startswith(
            "application/json"
        ):
            return
        altered = alteration(orjson.loads(response.read()))
        if altered is not None:
            _put(response, orjson.dumps(altered))

    return Mutant(
        f"answer {kind} {operation.id} {shown(path)}",
        "answer",
        kind,
        (operation.id,),
        alter=_altering(operation, router, change),
    )


def _status(operation: Operation, status: int, router: Router[Operation]) -> Mutant:
    other = OTHER_STATUS[status]

    def change(response: Response) -> None:
        if response.status == status:
            response.status = other

    name = f"answer status {operation.id} {status} as {other}"
    return Mutant(name, "answer", "status", (operation.id,), alter=_altering(operation, router, change))


def _header(operation: Operation, header: str, router: Router[Operation]) -> Mutant:
    def change(response: Response) -> None:
        response.headers = [(name, value) for name, value in response.headers if name != header]

    name = f"answer header {operation.id} without {header}"
    return Mutant(name, "answer", "header", (operation.id,), alter=_altering(operation, router, change))


def _altering(operation: Operation, router: Router[Operation], change: Callable[[Response], None]) -> Alter:
    def alter(request: Request, answer: Callable[[Request], Response]) -> Response:
        response = answer(request)
        match = router.match(request.method, request.path)
        if match is not None and match.target is operation:
            response = Response(response.status, response.read(), list(response.headers), response.effect)
            change(response)
        return response

    return alter


def _ignored(operation: Operation, name: str, router: Router[Operation]) -> Mutant:
    def alter(request: Request, answer: Callable[[Request], Response]) -> Response:
        match = router.match(request.method, request.path)
        if match is not None and match.target is operation and name in request.query:
            kept = "&".join(part for part in request.query.split("&") if part.partition("=")[0] != name)
            request = Request(
                request.method,
                request.path,
                query=kept,
                headers=request.headers,
                body=request.body,
                base_url=request.base_url,
            )
        return answer(request)

    return Mutant(f"state ignored {operation.id} {name}", "state", "ignored", (operation.id,), alter=alter)


def _put(response: Response, body: bytes) -> None:
    response.body = body
    response.headers = [(name, value) for name, value in response.headers if name != "content-length"]


def _spread(found: list[Mutant], most: int) -> list[Mutant]:
    """Some of them: as many of each kind as of any other, over as many operations as there are, always the same."""
    kinds: dict[tuple[str, str], dict[tuple[str, ...], list[Mutant]]] = {}
    for mutant in sorted(found, key=lambda each: blake2b(each.id.encode(), digest_size=8).digest()):
        places = kinds.setdefault((mutant.layer, mutant.kind), {})
        places.setdefault(mutant.operations or mutant.cell or (), []).append(mutant)
    waiting = [_in_turn(list(places.values())) for places in kinds.values()]
    wanted = {mutant.id for mutant in islice(_in_turn_of(waiting), most)}
    return [mutant for mutant in found if mutant.id in wanted]


def _in_turn_of(queues: list[Iterator[Mutant]]) -> Iterator[Mutant]:
    while queues:
        for queue in list(queues):
            mutant = next(queue, None)
            if mutant is None:
                queues.remove(queue)
            else:
                yield mutant


def _in_turn(lists: list[list[Mutant]]) -> Iterator[Mutant]:
    return _in_turn_of([iter(each) for each in lists])
