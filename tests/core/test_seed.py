"""Seeding: more of a world for a running sandbox, in the accounts of made-up providers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from harness.core.clock import DAY, HOUR
from harness.core.pack import Dialect, Pack
from harness.core.registry import Registry
from harness.core.sandbox import Sandbox, SandboxError
from harness.core.store import Schema, Unique
from harness.core.unit import Unit
from harness.core.worlds import Finding, Problem, WorldError, names, shown

WORLD = {
    "agents": [{"key": "ann", "first_name": "Ann", "email": "ann@example.com", "role": "admin", "created": "-1y"}],
    "teams": [{"key": "support", "name": "Support", "agents": ["ann"], "created": "-1y"}],
    "channels": [{"key": "wa", "name": "WhatsApp", "type": "whatsapp", "team": "support", "created": "-1y"}],
    "contacts": [{"key": "kim", "first_name": "Kim", "phones": ["+493023125002"], "created": "-10d"}],
}


def seed(unit: Unit, world: Mapping[str, Any]) -> None:
    """Contacts become people with unique phones; conversations become threads of people who are there."""
    for index, contact in enumerate(world["contacts"]):
        name = unit.named_id("person", contact["key"])
        if any(unit["people"].lookup("phone", phone) for phone in contact["phones"]):
            raise WorldError([Problem(shown(("contacts", index, "phones", 0)), "is taken")])
        unit["people"].insert(
            {
                "id": name,
                "key": contact["key"],
                "phones": contact["phones"],
                "at": unit.now + contact["created"],
            }
        )
    for conversation in world["conversations"]:
        person = unit["people"].get(unit.named_id("person", conversation["contact"]))
        assert person is not None
        at = unit.now + conversation["messages"][-1]["at"]
        document = {"id": unit.named_id("thread", conversation["key"]), "person": person["id"], "at": at}
        unit["threads"].insert({**document, "status": conversation["status"], "team": conversation["team"]})
    for badge in world.get(unit.pack.name, {}).get("badges", ()):
        unit["badges"].insert({"id": badge["key"], "holder": badge["holder"]})


def check(name: str) -> Any:
    def judge(world: Mapping[str, Any]) -> Iterator[Finding]:
        keys = [contact["key"] for contact in world["contacts"]]
        for index, badge in enumerate(world[name]["badges"]):
            if badge["holder"] not in keys:
                yield (name, "badges", index, "holder"), f"contacts has no key {badge['holder']!r}"

    return judge


def pack(name: str, folder: Path) -> Pack:
    return Pack(
        name=name,
        title=name,
        contract_folder=lambda: folder,
        collections={
            "people": Schema(uniques={"phone": Unique(lambda person: person["phones"])}),
            "threads": Schema(),
            "badges": Schema(),
        },
        handlers={},
        dialect=cast("Dialect", None),
        credential=lambda request: None,
        make_key=lambda drawn, roles: drawn,
        headers=lambda key: {},
        seed=seed,
        check_world=check(name),
    )


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    folder = tmp_path / "contract"
    folder.mkdir()
    (folder / "openapi.yaml").write_text("openapi: 3.1.0\ninfo: {title: Toy, version: '1'}\npaths: {}\n")
    return Registry({name: pack(name, folder) for name in ("left", "right")}, data_dir=tmp_path / "data")


@pytest.fixture
def sandbox(registry: Registry) -> Sandbox:
    return registry.open(world=WORLD)


def people(sandbox: Sandbox, provider: str = "left") -> list[str]:
    return [person["key"] for person in sandbox.account(provider).store["people"]]


def refused(registry: Registry, sandbox: Sandbox, fragment: Any, provider: str | None = None) -> str:
    with pytest.raises(WorldError) as caught:
        registry.seed(sandbox, fragment, provider)
    return str(caught.value)


def test_a_fragment_reaches_all_accounts_and_tells_what_they_gained(registry: Registry, sandbox: Sandbox) -> None:
    gained = registry.seed(sandbox, {"contacts": [{"first_name": "Lea"}, {"first_name": "Noa"}]})
    assert gained == {"left": {"people": 2}, "right": {"people": 2}}
    assert people(sandbox, "left") == people(sandbox, "right") == ["kim", "seeded-1", "seeded-2"]


def test_with_a_provider_only_its_account_gains(registry: Registry, sandbox: Sandbox) -> None:
    assert registry.seed(sandbox, {"contacts": [{}]}, "right") == {"right": {"people": 1}}
    assert people(sandbox, "left") == ["kim"]
    with pytest.raises(SandboxError, match="left, right"):
        registry.seed(sandbox, {}, "middle")


def test_keys_that_are_left_out_stay_unique(registry: Registry, sandbox: Sandbox) -> None:
    registry.seed(sandbox, {"contacts": [{}, {"key": "seeded-2"}, {}]})
    registry.seed(sandbox, {"contacts": [{}]})
    assert people(sandbox) == ["kim", "seeded-1", "seeded-2", "seeded-3", "seeded-4"]


def test_times_are_relative_to_now_and_are_now_by_default(registry: Registry, sandbox: Sandbox) -> None:
    sandbox.advance(3 * DAY)
    registry.seed(sandbox, {"contacts": [{}, {"created": "-2h"}]})
    at = [person["at"] - sandbox.epoch for person in sandbox.account("left").store["people"]]
    assert at == [-10 * DAY, 3 * DAY, 3 * DAY - 2 * HOUR]


def test_a_conversation_refers_to_what_the_world_and_earlier_seeds_brought(
    registry: Registry, sandbox: Sandbox
) -> None:
    registry.seed(sandbox, {"contacts": [{"key": "lea"}]})
    said = {
        "channel": "wa",
        "messages": [{"from": "contact", "text": "Hi"}, {"from": "ann", "text": "Hello"}],
    }
    registry.seed(sandbox, {"conversations": [{"contact": "kim", **said}, {"contact": "lea", **said}]})
    threads = list(sandbox.account("left").store["threads"])
    assert [thread["team"] for thread in threads] == ["support", "support"]
    assert {(thread["status"], thread["at"]) for thread in threads} == {("open", sandbox.epoch)}


@pytest.mark.parametrize(
    ("fragment", "message"),
    [
        ({"contacts": [{}, {"phones": ["030"]}]}, "contacts[1].phones[0]: '030' is not an E.164 number"),
        ({"contacts": [{"phones": ["+493023125002"]}]}, "contacts[0].phones[0]: is taken"),
        ({"contacts": [{"key": "kim"}]}, "contacts[0].key: the key 'kim' is taken"),
        (
            {"contacts": [{"emails": ["a@x.org"]}, {"emails": ["A@x.org"]}]},
            "contacts[1].emails[0]: duplicate",
        ),
        ({"contact": []}, "contact: unknown key 'contact'; did you mean 'contacts'?"),
        ({"name": "x"}, "name: unknown key 'name'"),
        ({"contacts": {}}, "contacts: "),
        ({"contacts": [{"created": "2d"}]}, "contacts[0].created: lies after the epoch"),
        (
            {"conversations": [{"contact": "kim", "channel": "wa"}]},
            "conversations[0].messages: the required key",
        ),
        (
            {"conversations": [{"contact": "jim", "channel": "wa", "messages": [{"from": "contact", "text": "x"}]}]},
            "conversations[0].contact: contacts has no key 'jim'; did you mean 'kim'?",
        ),
        ({"left": {"badges": [{"holder": "jim"}]}}, "left.badges[0].holder: contacts has no key 'jim'"),
        ({"generate": {"conversations": -1}}, "generate.conversations: "),
        ([], "a fragment of a world is a mapping"),
    ],
)
def test_a_wrong_fragment_names_the_place_and_changes_nothing(
    registry: Registry, sandbox: Sandbox, fragment: Any, message: str
) -> None:
    assert message in refused(registry, sandbox, fragment)
    assert people(sandbox) == people(sandbox, "right") == ["kim"]
    assert registry.seed(sandbox, {"contacts": [{}]})["left"] == {"people": 1}
    assert people(sandbox) == ["kim", "seeded-1"]


def test_what_one_account_refuses_no_account_gets(registry: Registry, sandbox: Sandbox) -> None:
    registry.seed(sandbox, {"contacts": [{"phones": ["+493023125009"]}]}, "right")
    assert "is taken" in refused(registry, sandbox, {"contacts": [{"phones": ["+493023125009"]}]})
    assert people(sandbox, "left") == ["kim"]


def test_a_reference_to_what_an_account_never_got_is_told_as_a_problem_of_the_world(
    registry: Registry, sandbox: Sandbox
) -> None:
    registry.seed(sandbox, {"contacts": [{"key": "lea"}]}, "right")
    said = {"contact": "lea", "channel": "wa", "messages": [{"from": "contact", "text": "Hi"}]}
    assert "left cannot show this world" in refused(registry, sandbox, {"conversations": [said]})
    assert registry.seed(sandbox, {"conversations": [said]}, "right") == {"right": {"threads": 1}}


def test_sections_go_to_their_provider_and_their_records_get_keys(registry: Registry, sandbox: Sandbox) -> None:
    fragment = {"contacts": [{"key": "lea"}], "left": {"badges": [{"holder": "kim"}, {"holder": "lea"}]}}
    assert registry.seed(sandbox, fragment) == {"left": {"people": 1, "badges": 2}, "right": {"people": 1}}
    registry.seed(sandbox, {"left": {"badges": [{"holder": "lea"}]}})
    badges = [badge["id"] for badge in sandbox.account("left").store["badges"]]
    assert badges == ["seeded-1", "seeded-2", "seeded-3"]
    problem = refused(registry, sandbox, {"left": {"badges": [{"holder": "kim"}, {"holder": "jim"}]}})
    assert problem.startswith("left.badges[1].holder: ")
    assert "unknown key 'left'" in refused(registry, sandbox, {"left": {"badges": []}}, "right")


def test_records_are_generated_beside_those_that_were_generated_before(registry: Registry, sandbox: Sandbox) -> None:
    wanted = {"generate": {"contacts": 5, "conversations": 3}}
    assert registry.seed(sandbox, wanted)["left"] == {"people": 5, "threads": 3}
    assert registry.seed(sandbox, wanted)["left"] == {"people": 5, "threads": 3}
    assert people(sandbox)[-1] == "generated-0010"


def test_a_fragment_is_not_changed_by_seeding_it(registry: Registry, sandbox: Sandbox) -> None:
    fragment: dict[str, Any] = {"contacts": [{}], "left": {"badges": [{"holder": "kim"}]}}
    registry.seed(sandbox, fragment)
    assert fragment == {"contacts": [{}], "left": {"badges": [{"holder": "kim"}]}}


def test_reset_forgets_what_was_seeded(registry: Registry, sandbox: Sandbox) -> None:
    registry.seed(sandbox, {"contacts": [{"key": "lea"}]})
    sandbox.reset()
    assert people(sandbox) == ["kim"]
    registry.seed(sandbox, {"contacts": [{"key": "lea"}]})


def test_a_fork_knows_what_was_seeded_and_goes_its_own_way(registry: Registry, sandbox: Sandbox) -> None:
    registry.seed(sandbox, {"contacts": [{"key": "lea"}]})
    twin = sandbox.fork()
    assert "is taken" in refused(registry, twin, {"contacts": [{"key": "lea"}]})
    registry.seed(twin, {"contacts": [{"key": "noa"}]})
    assert people(sandbox) == ["kim", "lea"]
    assert people(twin) == ["kim", "lea", "noa"]


def test_a_snapshot_keeps_what_was_seeded_before_it(registry: Registry, sandbox: Sandbox) -> None:
    registry.seed(sandbox, {"contacts": [{"key": "lea"}]})
    sandbox.snapshot("with-lea")
    registry.seed(sandbox, {"contacts": [{"key": "noa"}]})
    sandbox.restore("with-lea")
    assert people(sandbox) == ["kim", "lea"]
    assert "is taken" in refused(registry, sandbox, {"contacts": [{"key": "lea"}]})
    registry.seed(sandbox, {"contacts": [{"key": "noa"}]})


def test_a_snapshot_on_disk_keeps_what_was_seeded_before_it(registry: Registry) -> None:
    first = registry.open(id="kept", world=WORLD)
    registry.seed(first, {"contacts": [{"key": "lea"}]})
    first.snapshot("with-lea")
    registry.close("kept")
    second = registry.open(id="kept", world=WORLD)
    second.restore("with-lea")
    assert people(second) == ["kim", "lea"]
    assert "is taken" in refused(registry, second, {"contacts": [{"key": "lea"}]})


def test_a_sandbox_opens_with_a_world_by_name_file_or_mapping(registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "tiny.yaml"
    file.write_text("name: tiny\ntitle: Tiny\ncontacts:\n  - {key: lea, created: 0s}\n")
    assert people(registry.open(world=file)) == ["lea"]
    assert people(registry.open(world="empty")) == []
    generated = registry.open(world={"generate": {"contacts": 3}})
    assert people(generated) == ["generated-0001", "generated-0002", "generated-0003"]
    assert generated.world.name == "custom"


def test_a_wrong_section_is_told_with_file_line_and_column(registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "tiny.yaml"
    file.write_text("name: tiny\ntitle: Tiny\nleft:\n  badges:\n    - {key: a, holder: kim}\n")
    with pytest.raises(WorldError) as caught:
        registry.load_world(file)
    assert str(caught.value) == f"{file}:5:16: left.badges[0].holder: contacts has no key 'kim'"


@pytest.mark.parametrize("name", names())
def test_a_shipped_world_is_loaded_without_its_judges(name: str) -> None:
    code = (
        f"import sys; from harness.core.registry import Registry; Registry().load_world({name!r})\n"
        "print(sorted({'pydantic', 'yaml', 'faker'} & set(sys.modules)), 'harness.providers' in sys.modules)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[] False"
