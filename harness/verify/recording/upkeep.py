"""Looking after cassettes: what is broken, tells a secret, is old, is of no use, or has another shape than before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.core.contract import Contract
from harness.core.exchange import Response
from harness.core.unread import undeclared_of
from harness.nearest import unknown
from harness.verify.cassette import Cassette, CassetteError, Interaction, files
from harness.verify.operations import Operations
from harness.verify.recording.recorder import REHEARSAL, is_loopback
from harness.verify.scrubbing.leaks import check_places

if TYPE_CHECKING:
    from harness.core.pack import Pack

_WRONG_ADDRESS = (404, 405)
"""What answers a call of no operation."""


def load_each(places: Iterable[Path]) -> tuple[list[Cassette], list[str]]:
    """The cassettes that can be read, and what is wrong with the others."""
    found: list[Cassette] = []
    problems: list[str] = []
    for file in (file for place in places for file in files(place)):
        try:
            found.append(Cassette.load(file))
        except CassetteError as error:
            problems += error.problems
    return found, problems


def check(cassette: Cassette, pack: Pack) -> list[str]:
    """What keeps a cassette from being evidence: a secret, a call of no operation, a fake."""
    operations = Operations(pack.contract, pack.target)
    problems = check_places(cassette, pack)
    for id in cassette.provenance.operations:
        if id not in pack.contract.operations:
            problems.append(f"{cassette.name}: {unknown(f'operation of {pack.name}', id, pack.contract.operations)}")
    shown: set[str] = set()
    for each in cassette.interactions:
        operation = operations.id_of(each)
        if operation is None and each.status not in _WRONG_ADDRESS:
            problems.append(
                f"{each.place}: the contract has no {each.method} {each.path}: add the operation or take it out"
            )
        shown |= {operation} if operation else set()
        if is_loopback(urlsplit(each.uri).hostname or ""):
            problems.append(f"{each.place}: was answered by a loopback server: no cassette is made from a fake")
    if (cassette.provenance.note or "").startswith(REHEARSAL):
        problems.append(f"{cassette.name}: is a rehearsal: record it against the real API")
    for id in cassette.provenance.operations:
        if id in pack.contract.operations and id not in shown:
            problems.append(f"{cassette.name}: says that it shows {id}, and has no call of it")
    problems += [
        f"{cassette.name}: shows {id}, which its provenance does not name"
        for id in sorted(shown - set(cassette.provenance.operations))
    ]
    return problems


@dataclass(frozen=True, slots=True)
class Unused:
    """What no suite learns anything from, and what it would learn from."""

    files: tuple[str, ...]
    interactions: tuple[str, ...]
    """Each with the reason."""
    operations: tuple[str, ...]
    """Those of the contract that no cassette shows."""


def unused(cassettes: Iterable[Cassette], pack: Pack) -> Unused:
    """An interaction is of use when it is a call of an operation; a file when it says something no other one does."""
    operations = Operations(pack.contract, pack.target)
    cassettes = list(cassettes)
    told: dict[tuple[Any, ...], set[str]] = {}
    for cassette in cassettes:
        for each in cassette.interactions:
            told.setdefault(_said(each), set()).add(cassette.name)
    shown: set[str] = set()
    idle_files, idle = [], []
    for cassette in cassettes:
        reasons = []
        for each in cassette.interactions:
            operation = operations.id_of(each)
            if operation is not None:
                shown.add(operation)
            elif each.status not in _WRONG_ADDRESS:
                reasons.append(f"{each.place}: {each.method} {each.path} is no operation of the contract")
        idle += reasons
        repeated = all(len(told[_said(each)]) > 1 for each in cassette.interactions)
        if repeated or len(reasons) == len(cassette.interactions):
            idle_files.append(str(cassette.path or cassette.name))
    left = tuple(id for id in pack.contract.operations if id not in shown)
    return Unused(tuple(idle_files), tuple(idle), left)


def _said(each: Interaction) -> tuple[Any, ...]:
    return each.method, each.uri, each.request_headers, each.request_body, each.status, each.headers, each.body


@dataclass(frozen=True, slots=True)
class Change:
    """How the shape of an answer differs."""

    operation: str
    status: int
    field: str
    """`results[].handles[].value`"""
    change: str
    """`gained`, `lost`, `retyped`, or `broken` against a contract."""
    was: str
    now: str


Shapes = Mapping[tuple[str, int], Mapping[str, frozenset[str]]]
"""The types of each field, by operation and status."""


def shapes(interactions: Iterable[Interaction], contract: Contract) -> Shapes:
    """What the answers look like."""
    operations = Operations(contract)
    found: dict[tuple[str, int], dict[str, set[str]]] = {}
    for each in interactions:
        operation, document = operations.id_of(each), each.json()
        if operation is not None:
            fields = found.setdefault((operation, each.status), {})
            for path, type_ in _fields(document, ""):
                fields.setdefault(path, set()).add(type_)
    return {key: {path: frozenset(types) for path, types in fields.items()} for key, fields in found.items()}


def differences(before: Shapes, after: Shapes) -> list[Change]:
    """What the second has gained, lost or retyped, where both show the same operation with the same status. A field of
    which one side has seen null alone, or a list that is empty there, tells nothing."""
    found = []
    for (operation, status), old in before.items():
        new = after.get((operation, status))
        if new is None:
            continue
        for field in dict.fromkeys([*old, *new]):
            was, now = old.get(field), new.get(field)
            if was is None or now is None:
                known = old if was is None else new
                if not _is_known(known, field):
                    continue
                change = "gained" if was is None else "lost"
            elif was - {"null"} == now - {"null"} or not (was - {"null"}) or not (now - {"null"}):
                continue
            else:
                change = "retyped"
            found.append(Change(operation, status, field, change, _types(was), _types(now)))
    return found


def against_contract(cassettes: Iterable[Cassette], contract: Contract) -> list[Change]:
    """Fields that the contract lacks, requires in vain or types otherwise."""
    operations = Operations(contract)
    found: list[Change] = []
    for each in (each for cassette in cassettes for each in cassette.interactions):
        operation = operations.of(each)
        if operation is None:
            continue
        answer = Response(each.status, each.body, list(each.headers))
        for violation in operation.check_response(answer):
            field = _field(violation.path)
            expected = str(violation.expected)
            if violation.kind == "required":
                field = f"{field}.{expected}".removeprefix(".")
                found.append(Change(operation.id, each.status, field, "lost", "required", ""))
            elif violation.kind == "type":
                found.append(Change(operation.id, each.status, field, "retyped", expected, violation.message))
            elif violation.kind != "additionalProperties":
                found.append(Change(operation.id, each.status, field, "broken", violation.kind, violation.message))
        found += [
            Change(operation.id, each.status, place.removeprefix("body."), "gained", "", "seen")
            for place in undeclared_of(operation, answer)
        ]
    return list(dict.fromkeys(found))


def of_fake(pack: Pack) -> Shapes:
    """What the fake's answers to the default plan look like; nothing of it is kept."""
    import harness
    from harness.verify.recording.plan import default_plan
    from harness.verify.recording.recorder import Recorder, Target

    steps, _ = default_plan(pack)
    with harness.sandbox() as sandbox:
        account = sandbox.account(pack.name)
        target = Target(account.transport_url, "localhost", True)
        recorder = Recorder(pack, target, account.api_key, transport=account.transport())
        recorder.run(steps)
        return shapes(recorder.interactions, pack.contract)


def age(cassette: Cassette, today: date) -> int:
    """How many days ago it was recorded or written."""
    return (today - cassette.provenance.date).days


def _fields(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        yield path, "object"
        for name, part in value.items():
            yield from _fields(part, f"{path}.{name}".removeprefix("."))
    elif isinstance(value, list):
        yield path, "array"
        for part in value:
            yield from _fields(part, f"{path}[]")
    else:
        yield path, _type(value)


def _type(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "number"


def _is_known(fields: Mapping[str, frozenset[str]], field: str) -> bool:
    """Whether what is around a field was seen there, so that its absence says something."""
    around = field.removesuffix("[]") if field.endswith("[]") else field.rpartition(".")[0]
    types = fields.get(around, frozenset()) if around else frozenset(["object"])
    return "object" in types


def _types(types: frozenset[str] | None) -> str:
    return " or ".join(sorted(types)) if types else ""


def _field(path: Iterable[str | int]) -> str:
    found = ""
    for part in path:
        found += "[]" if isinstance(part, int) else f".{part}"
    return found.removeprefix(".")
