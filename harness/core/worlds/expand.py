"""The way from a world file, a mapping or a fragment to the expanded form.

Imported only when a world must be validated; shipped worlds are read expanded by `worlds`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

from harness.core.worlds import Finding, Place, Problem, Providers, WorldError, shown
from harness.core.worlds.rules import LISTS, fill, wrong
from harness.core.worlds.schema import Generate, WorldFile, unknown_key, validated

_SURROGATE = re.compile("[\ud800-\udfff]")
_NAMELESS = {"name": "custom", "title": "A custom world"}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "agents": {"role": "agent"},
    "conversations": {"status": "open"},
}
"""What a record of a fragment may leave out, beside its key and its times."""


def expand(world: Mapping[str, Any], providers: Providers = ()) -> dict[str, Any]:
    """The expanded form of a mapping. Raises WorldError; problems name the path in the mapping."""
    findings: list[Finding] = []
    data = _plain(world, (), findings)
    new, _ = _expanded({**_NAMELESS, **data} if isinstance(data, dict) else data, {}, providers, findings)
    _refuse(findings)
    return new


def expand_file(path: Path, providers: Providers = ()) -> dict[str, Any]:
    """The expanded form of a YAML or JSON file. Raises WorldError; problems name line and column."""
    from harness import marked_yaml

    try:
        source = marked_yaml.read(path)
    except marked_yaml.Unreadable as error:
        raise WorldError([Problem("", str(error), str(path), error.line, error.column)]) from None
    new: dict[str, Any] = {}
    if not source.findings:
        data = _plain(source.data, (), source.findings)
        new, _ = _expanded(data, {}, providers, source.findings)
    if source.findings:
        problems = [
            Problem(shown(place), message, str(path), *source.position(place)) for place, message in source.findings
        ]
        raise WorldError(sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0)))
    return new


def expand_fragment(
    given: Mapping[str, Any], known: Mapping[str, Any], providers: Providers = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What `worlds.fragment` promises."""
    findings: list[Finding] = []
    data = _plain(given, (), findings)
    if not findings and not isinstance(data, dict):
        findings.append(((), "a fragment of a world is a mapping with lists such as contacts"))
    _refuse(findings)
    valid = (*LISTS, "generate", *sorted(providers))
    findings.extend(((key,), unknown_key(key, valid)) for key in data if key not in valid)
    _refuse(findings)
    _relax(data, known, providers)
    new, merged = _expanded({**_NAMELESS, **data}, known, providers, findings)
    _refuse(findings)
    for name in WorldFile.model_fields.keys() & new.keys() - {*LISTS}:
        del new[name]
    return new, merged


def _refuse(findings: list[Finding]) -> None:
    if findings:
        raise WorldError([Problem(shown(place), message) for place, message in findings])


def _plain(value: object, place: Place, findings: list[Finding]) -> Any:
    """Fresh dicts and lists of JSON values; a date becomes its text, anything else is a finding."""
    if isinstance(value, Mapping):
        plain = {}
        for key, item in value.items():
            if not isinstance(key, str):
                findings.append(((*place, str(key)), "a key must be a text"))
            else:
                plain[key] = _plain(item, (*place, key), findings)
        return plain
    if isinstance(value, list | tuple):
        return [_plain(item, (*place, index), findings) for index, item in enumerate(value)]
    if type(value) is date:
        return value.isoformat()
    if isinstance(value, str) and not _SURROGATE.search(value):
        return value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < 2**63:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    findings.append((place, f"{value!r} is not JSON data"))
    return None


def _expanded(
    data: Any, known: Mapping[str, Any], providers: Providers, findings: list[Finding]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The expanded form, and the same together with what is known.

    What is wrong is added to `findings`, and then the answers mean nothing.
    """
    if findings:
        return {}, {}
    if not isinstance(data, dict):
        findings.append(((), "a world is a mapping with at least name and title"))
        return {}, {}
    sections = {key: section for key, section in data.items() if key in providers}
    for key, section in sections.items():
        if not isinstance(section, dict):
            findings.append(((key,), "the section of a provider must be a mapping"))
    valid = [key for key in WorldFile.model_fields if key != "format"] + sorted(providers)
    neutral = {key: value for key, value in data.items() if key not in providers}
    model = validated(WorldFile, neutral, findings, valid=valid)
    if model is None:
        return {}, {}
    new = model.model_dump(mode="json", by_alias=True, exclude={"generate"})
    findings.extend(wrong(new, known))
    if findings:
        return {}, {}
    fill(new, known)
    if model.generate is not None:
        _generate(new, known, model.generate, findings)
    new |= sections
    merged = _merged(known, new)
    if not findings and isinstance(providers, Mapping):
        for name in sections:
            check = providers[name]
            found = () if check is None else check(merged)
            findings.extend((at, message) for place, message in found if (at := _in_fragment(place, known)))
    return new, merged


def _merged(known: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Both, known ones first: lists one behind the other, mappings side by side."""
    merged = dict(new)
    for name, there in known.items():
        more = new.get(name)
        if isinstance(there, list):
            merged[name] = [*there, *(more or ())]
        elif isinstance(there, dict):
            merged[name] = dict(there)
            for key, value in (more or {}).items():
                before = there.get(key)
                if isinstance(before, list) and isinstance(value, list):
                    merged[name][key] = [*before, *value]
                elif isinstance(before, dict) and isinstance(value, dict):
                    merged[name][key] = {**before, **value}
                else:
                    merged[name][key] = value
        else:
            merged[name] = there
    return merged


def _in_fragment(place: Place, known: Mapping[str, Any]) -> Place | None:
    """A place in the merged data as it is called in the fragment; None when it lies in what was known."""
    there: Any = known
    for depth, part in enumerate(place):
        if isinstance(part, int):
            before = len(there) if isinstance(there, list) else 0
            return (*place[:depth], part - before, *place[depth + 1 :]) if part >= before else None
        there = there.get(part) if isinstance(there, dict) else None
    return place


def _relax(data: dict[str, Any], known: Mapping[str, Any], providers: Providers) -> None:
    """Give the records of a fragment what they may leave out, and the lists of sections their keys."""
    for name in LISTS:
        records = _records(data.get(name))
        _name(records, known.get(name))
        for record in records:
            for key, value in _DEFAULTS.get(name, {}).items():
                record.setdefault(key, value)
            if name != "conversations":
                record.setdefault("created", 0)
                continue
            for each in (*_records(record.get("messages")), *_records(record.get("notes"))):
                each.setdefault("at", 0)
    for name in providers:
        section, there = data.get(name), known.get(name) or {}
        if isinstance(section, dict):
            for part, records in section.items():
                _name(_records(records), there.get(part))


def _records(value: Any) -> list[dict[str, Any]]:
    return [record for record in value if isinstance(record, dict)] if isinstance(value, list) else []


def _name(records: list[dict[str, Any]], known: Any) -> None:
    """Give keys to the records without one."""
    if all("key" in record for record in records):
        return
    taken = {record.get("key") for record in (*_records(known), *records) if isinstance(record.get("key"), str)}
    free = (key for number in count(1) if (key := f"seeded-{number}") not in taken)
    for record in records:
        if "key" not in record:
            record["key"] = next(free)


def _generate(world: dict[str, Any], known: Mapping[str, Any], wanted: Generate, findings: list[Finding]) -> None:
    there = {name: [*known.get(name, ()), *world[name]] for name in LISTS}
    needed = {name: len(there[name]) for name in ("channels", "agents", "contacts")}
    needed["contacts"] += wanted.contacts
    missing = [name for name, number in needed.items() if not number]
    if wanted.conversations and missing:
        message = f"generated conversations need {' and '.join(missing)}"
        findings.append((("generate", "conversations"), message))
        return
    from harness.core.worlds import generate

    generate.add(there, **wanted.model_dump())
    for name in LISTS:
        world[name] = there[name][len(known.get(name, ())) :]
    findings.extend((("generate",), f"{shown(place)}: {message}") for place, message in wrong(world, known))
