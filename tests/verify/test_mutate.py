"""Mutants: each kind breaks what it says, suites notice it, and what nobody notices has its reason."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.core.contract import Contract
from harness.unified.client import UnifiedClient
from harness.verify.cassette import shipped_folder
from harness.verify.mutate.alterations import shown
from harness.verify.mutate.mutant import Mutant
from harness.verify.mutate.schemas import fields
from harness.verify.mutate.trial import UnsoundBaseline, chosen, known, trial
from harness.verify.subject import Subject

SUPERCHAT = Subject(provider="superchat")
JUDGES = ("mapping", "fake", "proxy", "contract")


@pytest.fixture(scope="module")
def all_mutants() -> dict[str, Mutant]:
    return {mutant.id: mutant for mutant in known(SUPERCHAT)}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """Superchat by three cassettes, without golden values."""
    folder = tmp_path_factory.mktemp("cassettes")
    for name in ("labels", "contacts", "me"):
        shutil.copy(shipped_folder("superchat") / f"{name}.yaml", folder)
    return Subject(provider="superchat", cassette_folder=folder)


def asked(mutant: Mutant | None, work: Callable[[Any], Any]) -> Any:
    """What a client gets of a fake that a mutant broke."""
    subject = Subject(provider="superchat")
    if mutant is not None:
        subject = replace(subject, alter=mutant.alter, handlers=mutant.handlers)
    with subject.sandbox(clock="2026-03-01T12:00:00Z") as sandbox, sandbox.superchat.client() as client:
        return work(client)


def contacts(client: Any) -> Any:
    return client.get("contacts", params={"limit": 3}).json()


def first(client: Any) -> str:
    id: str = client.get("contacts", params={"limit": 1}).json()["results"][0]["id"]
    return id


ANSWERS: dict[str, Callable[[Any, Any], bool]] = {
    "answer rename contacts.list results[].first_name": lambda sound, broken: (
        broken["results"][0]["first_name_renamed"] == sound["results"][0]["first_name"]
    ),
    "answer drop contacts.list results[].first_name": lambda sound, broken: "first_name" not in broken["results"][0],
    "answer null contacts.list results[].first_name": lambda sound, broken: broken["results"][0]["first_name"] is None,
    "answer retype contacts.list results[].first_name": lambda sound, broken: (
        broken["results"][0]["first_name"] == [sound["results"][0]["first_name"]]
    ),
    "answer lose contacts.list results": lambda sound, broken: broken["results"] == sound["results"][:-1],
    "answer repeat contacts.list results": lambda sound, broken: broken["results"][1:] == sound["results"],
    "answer reorder contacts.list results": lambda sound, broken: broken["results"] == sound["results"][::-1],
    "answer enum contacts.list results[].handles[].type": lambda sound, broken: (
        broken["results"][0]["handles"][0]["type"] == sound["results"][0]["handles"][0]["type"] + "_new"
    ),
    "answer cursor contacts.list pagination.next_cursor": lambda sound, broken: (
        broken["pagination"]["next_cursor"] != sound["pagination"]["next_cursor"]
    ),
    "answer stale contacts.list results[].created_at": lambda sound, broken: (
        broken["results"][0]["created_at"] < "2002" < sound["results"][0]["created_at"]
    ),
}


@pytest.mark.parametrize("id", ANSWERS)
def test_a_mutant_of_an_answer_changes_just_that(all_mutants: dict[str, Mutant], id: str) -> None:
    assert ANSWERS[id](asked(None, contacts), asked(all_mutants[id], contacts))


def test_a_mutant_of_a_status_answers_another_one(all_mutants: dict[str, Mutant]) -> None:
    mutant = all_mutants["answer status contacts.get 404 as 400"]
    assert asked(mutant, lambda client: client.get("contacts/ct_nobody").status_code) == 400
    assert asked(mutant, lambda client: client.get("conversations/cv_nobody").status_code) == 404


def test_a_mutant_of_a_header_leaves_it_out(all_mutants: dict[str, Mutant]) -> None:
    mutant = all_mutants["answer header contacts.list content-type"]
    assert "content-type" not in asked(mutant, lambda client: client.get("contacts").headers)


def test_a_mutant_of_an_error_breaks_it_at_every_operation(all_mutants: dict[str, Mutant]) -> None:
    mutant = all_mutants["answer drop 404 errors[].status_code"]
    for path in ("contacts/ct_nobody", "users/us_nobody"):
        (error,) = asked(mutant, lambda client, path=path: client.get(path).json()["errors"])
        assert "status_code" not in error


def test_an_ignored_parameter_is_as_if_it_was_not_sent(all_mutants: dict[str, Mutant]) -> None:
    mutant = all_mutants["state ignored contacts.list query.limit"]
    assert len(asked(mutant, contacts)["results"]) > 3


def test_an_ignored_filter_lets_all_records_through(all_mutants: dict[str, Mutant]) -> None:
    def search(client: Any) -> int:
        condition = {"field": "mail", "operator": "=", "value": "nobody@example.com"}
        return len(client.post("contacts/search", json={"query": {"value": [condition]}}).json()["results"])

    assert asked(None, search) == 0
    assert asked(all_mutants["state ignored search_contacts.list all of contacts.list"], search) > 0


def test_a_lost_write_is_answered_and_not_kept(all_mutants: dict[str, Mutant]) -> None:
    def write(client: Any) -> tuple[str, str]:
        path = f"contacts/{first(client)}"
        sent = {"first_name": "Other", "last_name": None, "gender": None}
        return client.patch(path, json=sent).json()["first_name"], client.get(path).json()["first_name"]

    answered, kept = asked(all_mutants["state lost contacts.update"], write)
    assert answered == "Other" != kept


def test_an_old_state_is_shown_again_after_a_change(all_mutants: dict[str, Mutant]) -> None:
    def write(client: Any) -> bool:
        path = f"contacts/{first(client)}"
        before = client.get(path).json()
        client.patch(path, json={"first_name": "Other", "last_name": None, "gender": None})
        return bool(client.get(path).json() == before)

    assert asked(all_mutants["state old contacts.get"], write)
    assert not asked(None, write)


def test_a_stale_moment_stays_when_its_record_changes(all_mutants: dict[str, Mutant]) -> None:
    def write(client: Any) -> tuple[str, str, str]:
        path = f"contacts/{first(client)}"
        before = client.get(path).json()["updated_at"]
        answered = client.patch(path, json={"first_name": "Other", "last_name": None, "gender": None}).json()
        return before, answered["updated_at"], client.get(path).json()["updated_at"]

    assert len(set(asked(all_mutants["state stale contacts.update updated_at"], write))) == 1
    assert len(set(asked(None, write))) == 2


def test_a_misread_value_is_another_one(all_mutants: dict[str, Mutant]) -> None:
    def write(client: Any) -> str:
        sent = {"name": "Colour", "type": "text", "resource": "contact"}
        name: str = client.post("custom-attributes", json=sent).json()["name"]
        return name

    assert asked(all_mutants["state misread custom_attributes.create body.name"], write) == "Colourx"


def test_a_mutant_of_a_mapping_changes_the_unified_record(all_mutants: dict[str, Mutant]) -> None:
    def people(override: Any) -> list[tuple[Any, Any]]:
        with Subject(provider="superchat").sandbox() as sandbox:
            account = sandbox.superchat
            client = UnifiedClient(
                "superchat",
                account.api_key,
                base_url=account.transport_url,
                transport=account.transport(),
                unified_model_override=override,
            )
            return [(each.first_name, each.last_name) for each in client.ticketing.contacts.list(limit=5)]

    sound = people(None)
    mapping = "ticketing.contacts.list response_mapping: first_name"
    dropped = people(all_mutants[f"mapping drop {mapping}"].mapping_override)
    swapped = people(all_mutants[f"mapping swap {mapping} and last_name"].mapping_override)
    assert dropped == [(None, last) for _, last in sound]
    assert swapped == [(last, first) for first, last in sound]


@pytest.mark.parametrize("only", ["answer * labels.get *", "state * labels.*", "mapping * ticketing.tags.*"])
def test_what_a_cassette_shows_is_noticed_when_it_breaks(only: str) -> None:
    found = trial(SUPERCHAT, JUDGES, only=only)
    assert found.fates
    assert {fate.mutant: fate.reason for fate in found.survivors if fate.tried} == {}


def test_a_survivor_tells_that_no_case_could_see_it(small: Subject) -> None:
    (fate,) = trial(small, ("fake",), only="answer drop users.list results").survivors
    assert (fate.tried, fate.reason) == (0, "no case is answered with this field")


def test_a_survivor_tells_what_golden_values_have_in_common() -> None:
    only = "mapping swap ticketing.contacts.create response_mapping: created_at and updated_at"
    (fate,) = trial(SUPERCHAT, ("mapping",), only=only).survivors
    assert fate.tried
    assert fate.reason == "created_at and updated_at have the same value in every golden record"


def test_several_processes_find_what_one_does(small: Subject) -> None:
    alone, together = (trial(small, ("fake",), only="answer * labels.list *", workers=count) for count in (1, 2))
    assert alone == together


def test_what_cannot_cross_to_other_processes_is_refused(small: Subject) -> None:
    with pytest.raises(ValueError, match="client of its own stays in one process: workers=1"):
        trial(replace(small, client=lambda account: None), ("fake",), only="answer * labels.list *", workers=2)


def test_nothing_is_said_where_a_case_fails_without_a_mutant(small: Subject, tmp_path: Path) -> None:
    text = (shipped_folder("superchat") / "labels.yaml").read_text()
    (tmp_path / "labels.yaml").write_text(text.replace('"name":', '"label":'))
    with pytest.raises(UnsoundBaseline, match=r"cases fail without a mutant, first contract/labels.list"):
        trial(replace(small, cassette_folder=tmp_path), ("contract",), only="answer * labels.list *")


def test_the_choice_is_always_the_same_and_even_over_kinds() -> None:
    found = [mutant.id for mutant in chosen(SUPERCHAT, 76)]
    assert found == [mutant.id for mutant in chosen(Subject(provider="superchat"), 76)]
    kinds = Counter(tuple(id.split(" ")[:2]) for id in found)
    assert len(found) == 76
    assert max(kinds.values()) - min(kinds.values()) <= 1


def test_there_are_mutants_of_each_kind(all_mutants: dict[str, Mutant]) -> None:
    assert {(each.layer, each.kind) for each in all_mutants.values()} == {
        *(("answer", kind) for kind in ("rename", "drop", "null", "retype", "lose", "repeat", "reorder")),
        *(("answer", kind) for kind in ("enum", "cursor", "stale", "status", "header")),
        *(("state", kind) for kind in ("ignored", "misread", "lost", "old", "stale")),
        *(("mapping", kind) for kind in ("drop", "swap", "pick")),
    }


def test_what_an_answer_forbids_is_not_broken_there() -> None:
    text = {"type": "string"}
    person = {"name": text, "gone": text, "last": {"properties": {"id": text}}, "tags": {"items": text}, "bare": {}}
    narrower = {"gone": False, "last": {"maxProperties": 0}, "tags": {"maxItems": 0}}
    contract = Contract({"components": {"schemas": {"Person": {"properties": person}}}}, "people")
    reference = {"$ref": "#/components/schemas/Person"}
    found = {shown(each.path): each.has_items for each in fields(contract, reference)}
    assert found == {"name": False, "gone": False, "last": False, "last.id": False, "tags": True, "bare": False}
    found = {
        shown(each.path): each.has_items for each in fields(contract, {"allOf": [reference, {"properties": narrower}]})
    }
    assert found == {"name": False, "last": False, "tags": False, "bare": False}


def test_what_one_branch_forbids_is_broken_in_another() -> None:
    contract = Contract({}, "people")
    tags: dict[str, Any] = {"properties": {"tags": {"items": {}}, "gone": {}}}
    narrower: dict[str, Any] = {"properties": {"tags": {"maxItems": 0}, "gone": False, "kept": {}}}
    choices: list[dict[str, Any]] = [
        {**tags, "if": {}, "else": narrower},
        {"oneOf": [{"allOf": [tags, narrower]}, tags]},
    ]
    for choice in choices:
        found = {shown(each.path): each.has_items for each in fields(contract, choice)}
        assert found == {"tags": True, "gone": False, "kept": False}
    found = {shown(each.path): each.has_items for each in fields(contract, {"oneOf": choices[1]["oneOf"][:1]})}
    assert found == {"tags": False, "kept": False}


def test_what_only_a_quirk_answers_is_not_broken() -> None:
    contract = Contract({}, "people")
    choice = {"if": {}, "then": {"properties": {"usual": {}}}, "else": {"properties": {"odd": {}}}}
    assert [shown(each.path) for each in fields(contract, choice)] == ["usual", "odd"]
    assert [shown(each.path) for each in fields(contract, {"x-quirk": "mood", **choice})] == ["usual"]


def test_of_an_even_choice_nearly_all_are_noticed_by_cassettes_alone(small: Subject) -> None:
    found = trial(small, ("fake",), only="[as]* contacts.*", most=60)
    assert len(found.fates) == 60
    assert found.killed() >= 0.8, [fate.mutant for fate in found.survivors]


def mutate(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["mutate", *map(str, arguments)])


def test_a_pattern_that_fits_nothing_names_the_kinds() -> None:
    done = mutate("superchat", "--only", "answer dropp *")
    assert done.exit_code == 2
    assert "answer drop *" in done.output


def test_an_unknown_provider_is_named_with_those_there_are() -> None:
    done = mutate("superchatt")
    assert done.exit_code == 2
    assert "superchat" in done.output


def test_enough_that_is_noticed_ends_with_0() -> None:
    done = mutate("superchat", "--only", "mapping drop ticketing.tags.list *", "--workers", 1, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["noticed_percent"] == 100
    assert {fate["killed_by"].partition("/")[0] for fate in found["fates"]} == {"mapping"}


def test_too_little_that_is_noticed_ends_with_1() -> None:
    done = mutate("superchat", "--only", "answer stale conversation_exports.*", "--workers", 1)
    assert done.exit_code == 1
    assert "how long a link works is not known: the pack declares it unstable" in done.output


def test_suites_that_fail_already_end_with_3(tmp_path: Path) -> None:
    text = (shipped_folder("superchat") / "labels.yaml").read_text()
    (tmp_path / "labels.yaml").write_text(text.replace("Leasing", "Leasing ", 1))
    done = mutate("superchat", "--only", "answer drop labels.get *", "--workers", 1, "--cassettes", tmp_path)
    assert done.exit_code == 3
    assert "run harness verify superchat" in done.output
