"""The kustomer section of a world: what it may say, and what is said about what does not fit."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, get_args

import pytest

from harness.core import worlds
from harness.core.registry import Registry
from harness.core.worlds import WorldError
from harness.data import folder
from harness.providers.kustomer.pack import PACK
from harness.providers.kustomer.world import world_section

Section = dict[str, Any]

ATTRIBUTE: Section = {"key": "level", "resource": "customer", "name": "levelStr"}
KLASS: Section = {"key": "order", "name": "order", "attributes": {"totalNum": None}}
ORDER: Section = {"key": "o1", "klass": "order", "title": "An order"}
SCHEDULE: Section = {"key": "day", "name": "Day", "hours": {"1": [[60, 120]]}}
SLA: Section = {"key": "sla", "name": "SLA", "versions": [{"metrics": {"firstResponse": {"1": "2h"}}}]}
HOOK: Section = {"key": "hook", "name": "Hook", "url": "https://x.example.com", "events": ["kustomer.user.create"]}
SEARCH: Section = {"key": "open", "name": "Open", "search": {"queryContext": "conversation"}}
SHORTCUT: Section = {"key": "thanks", "name": "Thanks"}
GROUP: Section = {"key": "group", "name": "Group"}
SENDER: Section = {"key": "sender", "sender": "x@example.com", "channel": "email", "list": "blacklist"}


def problems(section: Section) -> dict[str, str]:
    """What is wrong with the default world under another kustomer section, by path."""
    world = {**worlds.load().data, "kustomer": section}
    with pytest.raises(WorldError) as caught:
        Registry({"kustomer": PACK}).load_world(_without_other_sections(world))
    return {problem.path.removeprefix("kustomer."): problem.message for problem in caught.value.problems}


def _without_other_sections(world: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in world.items() if name != "superchat"}


@pytest.mark.parametrize("name", worlds.names())
def test_the_shipped_worlds_are_current(name: str) -> None:
    assert Registry().load_world(folder("fixtures") / "worlds" / f"{name}.yaml").digest == worlds.load(name).digest


def test_a_wrong_section_is_told_with_the_line_of_the_file(tmp_path: Path) -> None:
    text = (folder("fixtures") / "worlds" / "support_desk.yaml").read_text(encoding="utf-8")
    file = tmp_path / "desk.yaml"
    file.write_text(text.replace("klass: repair, title: Kocher", "klass: repairs, title: Kocher"), encoding="utf-8")
    with pytest.raises(WorldError) as caught:
        Registry().load_world(file)
    (problem,) = caught.value.problems
    line = file.read_text(encoding="utf-8").splitlines()[(problem.line or 0) - 1]
    assert line[(problem.column or 0) - 1 :].startswith("klass: repairs,")
    assert problem.path == "kustomer.objects[6].klass"
    assert "did you mean 'repair'?" in problem.message


@pytest.mark.parametrize(
    ("section", "path", "message"),
    [
        ({"klass": []}, "klass", "did you mean 'klasses'?"),
        ({"klasses": [{**KLASS, "colour": "red"}]}, "klasses[0].colour", "did you mean 'color'?"),
        ({"klasses": [{**KLASS, "name": "an order"}]}, "klasses[0].name", "pattern"),
        ({"klasses": [{**KLASS, "mixins": ["assignabel"]}]}, "klasses[0].mixins[0]", "did you mean 'assignable'?"),
        ({"klasses": [{**KLASS, "attributes": {"total": None}}]}, "klasses[0].attributes.total", "ends in one of Num"),
        ({"klasses": [KLASS, {"key": "b", "name": "Orders"}]}, "klasses[1].name", "name of another klass"),
        ({"klasses": [KLASS, KLASS]}, "klasses[1].key", "'order' is taken"),
        ({"custom_attributes": [{**ATTRIBUTE, "name": "level"}]}, "custom_attributes[0].name", "ends in one of"),
        ({"custom_attributes": [{**ATTRIBUTE, "resource": "user"}]}, "custom_attributes[0].resource", "Valid: company"),
        ({"custom_attributes": [ATTRIBUTE, {**ATTRIBUTE, "key": "b"}]}, "custom_attributes[1].name", "is taken"),
        (
            {"custom_attributes": [{**ATTRIBUTE, "values": {"ana": "x"}}]},
            "custom_attributes[0].values.ana",
            "did you mean 'anna'?",
        ),
        (
            {"custom_attributes": [{**ATTRIBUTE, "values": {"anna": 5}}]},
            "custom_attributes[0].values.anna",
            "5 does not fit levelStr: Invalid type: number",
        ),
        (
            {"custom_attributes": [{**ATTRIBUTE, "choices": ["gold", "silver"], "values": {"anna": "golt"}}]},
            "custom_attributes[0].values.anna",
            "did you mean 'gold'?",
        ),
        (
            {"custom_attributes": [{**ATTRIBUTE, "name": "seenAt", "values": {"anna": "today"}}]},
            "custom_attributes[0].values.anna",
            "must be a valid date-time",
        ),
        (
            {"custom_attributes": [{**ATTRIBUTE, "resource": "message", "values": {"anna": "x"}}]},
            "custom_attributes[0].values",
            "no values for a message",
        ),
        ({"klasses": [KLASS], "objects": [{**ORDER, "klass": "ordr"}]}, "objects[0].klass", "did you mean 'order'?"),
        ({"klasses": [KLASS], "objects": [{**ORDER, "customer": "ana"}]}, "objects[0].customer", "mean 'anna'?"),
        ({"klasses": [KLASS], "objects": [{**ORDER, "company": "x"}]}, "objects[0].company", "Valid: gipfelfreunde"),
        ({"klasses": [KLASS], "objects": [{**ORDER, "tags": ["urgnt"]}]}, "objects[0].tags[0]", "mean 'urgent'?"),
        (
            {"klasses": [KLASS], "objects": [{**ORDER, "custom": {"totalStr": 1}}]},
            "objects[0].custom.totalStr",
            "mean 't",
        ),
        (
            {"klasses": [KLASS], "objects": [{**ORDER, "custom": {"totalNum": "1"}}]},
            "objects[0].custom.totalNum",
            "string",
        ),
        ({"klasses": [KLASS], "objects": [{**ORDER, "status": "open"}]}, "objects[0].status", "the mixin assignable"),
        ({"klasses": [KLASS], "objects": [{**ORDER, "created": "+1d"}]}, "objects[0].created", "after the epoch"),
        (
            {"klasses": [{**KLASS, "mixins": ["assignable"]}], "objects": [{**ORDER, "assignee": "helga"}]},
            "objects[0].assignee",
            "'helga' is not active",
        ),
        ({"schedules": [{**SCHEDULE, "hours": {"7": []}}]}, "schedules[0].hours.7.[key]", "Valid: 0, 1"),
        ({"schedules": [{**SCHEDULE, "hours": {"1": [[60, 60]]}}]}, "schedules[0].hours.1[0]", "begin before they end"),
        ({"schedules": [{**SCHEDULE, "hours": {"1": [[60, 2000]]}}]}, "schedules[0].hours.1[0][1]", "1440"),
        (
            {"schedules": [{**SCHEDULE, "default": True}, {**SCHEDULE, "key": "b", "default": True}]},
            "schedules[1].default",
            "one of schedules",
        ),
        (
            {"schedules": [{**SCHEDULE, "holidays": [{"name": "x", "start": "+2d", "end": "+1d"}]}]},
            "schedules[0].holidays[0].end",
            "before start",
        ),
        ({"slas": [{**SLA, "versions": []}]}, "slas[0].versions", "at least 1"),
        ({"slas": [{**SLA, "current": 2}]}, "slas[0].current", "there is no version 2: it has 1"),
        (
            {"slas": [{**SLA, "versions": [{"metrics": {"firstAnswer": {"1": "2h"}}}]}]},
            "slas[0].versions[0].metrics.firstAnswer.[key]",
            "did you mean 'firstResponse'?",
        ),
        ({"satisfactions": [{"key": "s", "name": "S"}]}, "satisfactions[0].channel", "'channel' is missing"),
        (
            {"shortcut_categories": [{"key": "a", "name": "A", "parent": "b"}, {"key": "b", "name": "B"}]},
            "shortcut_categories[0].parent",
            "'b' must stand before",
        ),
        ({"shortcuts": [{**SHORTCUT, "category": "x"}]}, "shortcuts[0].category", "no key 'x'"),
        ({"shortcuts": [{**SHORTCUT, "users": ["lna"]}]}, "shortcuts[0].users[0]", "did you mean 'lena'?"),
        ({"shortcuts": [{**SHORTCUT, "teams": ["sale"]}]}, "shortcuts[0].teams[0]", "did you mean 'sales'?"),
        ({"spam_senders": [{**SENDER, "list": "greylist"}]}, "spam_senders[0].list", "Valid: whitelist, blacklist"),
        ({"role_groups": [{**GROUP, "roles": ["org.usr"]}]}, "role_groups[0].roles[0]", "did you mean 'org.user'?"),
        ({"role_groups": [{**GROUP, "agents": ["lena", "lena"]}]}, "role_groups[0].agents[1]", "named twice"),
        ({"searches": [{**SEARCH, "search": {"size": 5}}]}, "searches[0].search", "'size' was unexpected"),
        (
            {"searches": [{**SEARCH, "search": {"and": [{"customer_nme": {"equals": "x"}}]}}]},
            "searches[0].search",
            "the API would refuse it: customer_nme: Additional properties not allowed",
        ),
        ({"webhooks": [{**HOOK, "url": "x.example.com"}]}, "webhooks[0].url", "pattern"),
        (
            {"webhooks": [{**HOOK, "events": ["kustomer.user.created"]}]},
            "webhooks[0].events[0]",
            "did you mean 'kustomer.user.create'?",
        ),
        ({"webhooks": [{**HOOK, "key": f"h{n}"} for n in range(6)]}, "webhooks[5]", "at most 5"),
        ({"brands": [{"key": "Big", "name": "Big"}]}, "brands[0].key", "lower-case letters"),
    ],
)
def test_what_does_not_fit_is_named_with_its_place_and_the_remedy(section: Section, path: str, message: str) -> None:
    found = problems(section)
    assert path in found
    assert message in found[path]


def test_an_unjudged_wrong_section_is_told_when_the_account_opens() -> None:
    data = copy.deepcopy(worlds.load().data)
    del data["kustomer"]["objects"][0]["title"]
    sandbox = Registry({"kustomer": PACK}).open(world=worlds.load(data, ("kustomer", "superchat")))
    with pytest.raises(WorldError, match=r"kustomer\.objects\[0\]\.title: the required key 'title' is missing"):
        sandbox.account("kustomer")


def test_the_words_of_a_section_are_those_of_the_contract() -> None:
    schemas = PACK.contract.document["components"]["schemas"]
    assert list(get_args(world_section.Mixin)) == schemas["Mixins"]["items"]["enum"]
    metrics = schemas["SlaVersionAttributes"]["properties"]["metrics"]["properties"]
    assert list(get_args(world_section.Metric)) == list(metrics)
    hours = schemas["ScheduleWrite"]["properties"]["hours"]["required"]
    assert list(get_args(world_section.Day)) == hours
    lists = schemas["SpamSenderWrite"]["properties"]["list"]["enum"]
    assert list(get_args(world_section.SpamSender.model_fields["list"].annotation)) == lists
