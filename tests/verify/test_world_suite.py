"""Suite `world`: a world read through the unified API equals the world, declared losses aside."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.core.exchange import Request, Response
from harness.core.worlds import load
from harness.unified.errors import ConfigurationError
from harness.unified.integration import Integration
from harness.verify.case import Failed, judged
from harness.verify.run import cases_of, run
from harness.verify.subject import Alter, Subject
from harness.verify.suites.world.between import same
from harness.verify.suites.world.losses import Hidden, Loss, Losses, losses
from harness.verify.suites.world.neutral import UNSAID, told
from harness.verify.suites.world.reading import Pairs, reading_of

SMALL: dict[str, Any] = {
    "title": "A kiosk",
    "agents": [{"key": "ida", "first_name": "Ida", "email": "ida@example.com", "role": "admin", "created": "-1d"}],
    "teams": [{"key": "desk", "name": "Desk", "agents": ["ida"], "created": "-1d"}],
    "channels": [{"key": "mail", "name": "Post", "type": "email", "team": "desk", "created": "-1d"}],
    "contacts": [{"key": "bo", "first_name": "Bo", "emails": ["bo@example.org"], "created": "-1h"}],
    "conversations": [
        {
            "key": "one",
            "contact": "bo",
            "channel": "mail",
            "status": "open",
            "messages": [{"at": "-30m", "from": "contact", "text": "Hello?"}],
        }
    ],
}


def failures(subject: Subject, about: str = "") -> dict[str, str]:
    """The messages of the cases about a resource (of all) that fail, by id."""
    found = [judged(case, subject) for case in cases_of(subject, ["world"]) if case.id.startswith(about)]
    return {each.case.id: each.message for each in found if each.verdict == "failed"}


def changed(path: str, change: Callable[[list[Any]], Any]) -> Alter:
    """Changes the records of each page at addresses that end so."""

    def alter(request: Request, answer: Callable[[Request], Response]) -> Response:
        response = answer(request)
        if not request.path.endswith(path) or response.status != 200:
            return response
        document = response.json()
        change(document["results"])
        headers = [(name, value) for name, value in response.headers if name != "content-length"]
        return Response(200, orjson.dumps(document), headers)

    return alter


def overridden(resource: str, **fields: str | None) -> Mapping[str, Any]:
    return {"ticketing": {resource: {"list": {"response_mapping": fields}}}}


@pytest.mark.parametrize("world", [None, "empty", SMALL], ids=["the default", "empty", "of one's own"])
def test_a_world_read_through_the_unified_api_is_the_world(world: Any) -> None:
    found = run(Subject(provider="superchat", world=world), ["world"])
    assert [each.message for each in found.outcomes if each.verdict != "passed"] == []


def test_every_part_of_a_world_is_told_or_said_to_have_no_place() -> None:
    world = load().data
    everything = [said for many in told(world, "superchat").values() for said in many]
    parts = {
        tuple(part for part in (*said.place, *place) if isinstance(part, str))[-2:]
        for said in everything
        for _, place in said.fields.values()
    }
    lists = {name: value for name, value in world.items() if isinstance(value, list) and name not in UNSAID}
    lists["messages"] = [part for each in world["conversations"] for part in each["messages"]]
    lists["notes"] = [part for each in world["conversations"] for part in each["notes"]]
    silent = [
        f"{name}.{part}"
        for name, records in lists.items()
        for part in records[0]
        if (name, part) not in parts and f"{name}.{part}" not in UNSAID
    ]
    assert silent == []


def test_a_field_the_fake_gets_wrong_is_told_with_its_place_in_the_world() -> None:
    def reopen(records: list[Any]) -> None:
        for record in records:
            record["status"] = "open"

    found = failures(Subject(provider="superchat", alter=changed("/conversations", reopen)), "ticketing.tickets")
    assert "conversations[1].status: ticketing.tickets.status.name of " in found["ticketing.tickets status.name"]
    assert "ticketing.tickets team.id" not in found


def test_a_record_that_comes_twice_or_not_at_all_is_noticed() -> None:
    added = changed("/labels", lambda records: records.append(records[0]))
    taken = changed("/labels", lambda records: records.pop())
    twice = failures(Subject(provider="superchat", alter=added), "ticketing.tags")
    lost = failures(Subject(provider="superchat", alter=taken), "ticketing.tags")
    assert "too many" in twice["ticketing.tags records"]
    assert "no ticketing.tags record is like it" in lost["ticketing.tags records"]


def test_another_order_is_noticed() -> None:
    alter = changed("/messages", lambda records: records.reverse())
    found = failures(Subject(provider="superchat", alter=alter), "ticketing.comments")
    assert "ticketing.comments order" in found


def test_a_dropped_expression_fails_the_cases_of_its_field_alone() -> None:
    found = failures(Subject(provider="superchat", mapping_override=overridden("contacts", custom_fields=None)))
    assert set(found) == {"ticketing.contacts custom_fields", "ticketing.contacts get"}


def test_a_reference_that_leads_to_another_record_is_noticed() -> None:
    override = overridden("tickets", contact="{'id': inbox.id}")
    found = failures(Subject(provider="superchat", mapping_override=override), "ticketing.tickets")
    assert "records are missing" in found["ticketing.tickets contact.id"]


def test_a_filter_that_is_ignored_is_noticed() -> None:
    override = {"ticketing": {"tickets": {"list": {"resource": "conversations", "query_mapping": "{}"}}}}
    found = failures(Subject(provider="superchat", mapping_override=override), "ticketing.tickets")
    assert "ticketing.tickets of a contact" in found


def test_a_field_declared_as_not_carried_that_comes_fails() -> None:
    found = failures(
        Subject(provider="superchat", mapping_override=overridden("tags", color="'#ffffff'")), "ticketing.tags"
    )
    assert "take it out of not_carried" in found["ticketing.tags color"]


def declared(subject: Subject, rules: Mapping[str, Mapping[str, list[Loss]]]) -> Subject:
    reading = reading_of(subject)
    reading.losses = replace(reading.losses, rules=rules)
    return subject


def test_a_value_declared_lost_that_comes_fails() -> None:
    loss = Loss("losses.yaml:7", "tags have no names", {}, None)
    subject = declared(Subject(provider="superchat"), {"ticketing.tags": {"name": [loss]}})
    message = failures(subject, "ticketing.tags")["ticketing.tags name"]
    assert message.startswith("losses.yaml:7: ")
    assert "take it out" in message


def test_a_loss_that_no_record_shows_fails() -> None:
    loss = Loss("losses.yaml:7", "parrots write", {"by": "parrot"}, None)
    rules = reading_of(Subject(provider="superchat")).losses.rules["ticketing.comments"]
    rules = {**rules, "body": [*rules["body"], loss]}
    subject = declared(Subject(provider="superchat"), {"ticketing.comments": rules})
    assert failures(subject, "ticketing.comments")["ticketing.comments body"].startswith("losses.yaml:7: ")


def test_a_value_that_is_lost_and_not_declared_fails() -> None:
    subject = declared(Subject(provider="superchat"), {})
    assert (
        "conversations[2].messages[1].file: "
        in failures(subject, "ticketing.comments")["ticketing.comments attachments.file_name"]
    )


def test_a_loss_of_what_the_world_is_silent_about_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    loss = Loss("losses.yaml:7", "no reason", {}, None)
    nowhere = Losses({}, frozenset(), {"ticketing.tags": {"nickname": [loss]}})
    monkeypatch.setattr("harness.verify.suites.world.losses", lambda integration: nowhere)
    (message,) = [
        judged(case, subject).message
        for subject in [Subject(provider="superchat")]
        for case in cases_of(subject, ["world"])
        if case.id.endswith("nickname loss")
    ]
    assert "losses.yaml:7: the world says nothing of ticketing.tags.nickname" in message


def test_cases_name_the_operations_they_touch() -> None:
    cases = {case.id: case for case in cases_of(Subject(provider="superchat"), ["world"])}
    assert cases["ticketing.tags name"].operations == ("labels.list",)
    assert cases["ticketing.tags name"].cells == ("ticketing.tags.list",)
    assert "contacts.list" in cases["ticketing.tickets contact.id"].operations


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("newest_first:\n  - ticketing.tag\n", "losses.yaml:2: newest_first.0: unknown resource"),
        ("losses:\n  ticketing.tags:\n    name:\n      - {reasons: x}\n", "losses.yaml:4: "),
        ("losses:\n  ticketing.tags:\n    name:\n      - {where: {}}\n", "'reason' is missing"),
        ("loss: {}\n", "losses.yaml:1: "),
    ],
)
def test_a_wrong_declaration_is_told_by_file_and_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "losses.yaml").write_text(text)
    with pytest.raises(ConfigurationError) as error:
        losses(replace(Integration.load("superchat"), folder=tmp_path))
    assert told in str(error.value)


@pytest.mark.parametrize("world", ["empty", SMALL], ids=["empty", "of one's own"])
def test_a_world_read_through_a_json_api_is_the_world_too(world: Any) -> None:
    found = run(Subject(provider="kustomer", world=world), ["world"])
    assert [each.message for each in found.outcomes if each.verdict != "passed"] == []


def test_both_providers_give_the_same_back() -> None:
    subject = Subject(provider="kustomer")
    compared = [case for case in cases_of(subject, ["world"]) if case.id.endswith("as through superchat")]
    assert {"ticketing.contacts", "ticketing.tickets", "ticketing.users", "instant-messaging.messages"} <= {
        case.id.partition(" ")[0] for case in compared
    }
    assert [judged(case, subject).message for case in compared] == [""] * len(compared)


def test_what_is_otherwise_through_another_provider_is_noticed() -> None:
    here, there = reading_of(Subject(provider="kustomer")), reading_of(Subject(provider="superchat"))
    [(said, record), *others] = there.whole("ticketing.tags").matched
    there._pairs["ticketing.tags"] = Pairs([(said, {**record, "name": "Andere"}), *others], [], [])
    with pytest.raises(Failed, match=r"tags\[\d+\]: ticketing.tags.name is '.*', and through superchat 'Andere'"):
        same(here, there, "ticketing.tags", "superchat")


def test_a_record_that_comes_through_one_provider_only_is_noticed() -> None:
    here, there = reading_of(Subject(provider="kustomer")), reading_of(Subject(provider="superchat"))
    [(said, _), *others] = there.whole("ticketing.tags").matched
    there._pairs["ticketing.tags"] = Pairs(others, [], [])
    with pytest.raises(Failed, match=f"tags/{said.key[1]} comes through one of them only"):
        same(here, there, "ticketing.tags", "superchat")


def test_who_left_is_shown_when_asked_for_and_only_then() -> None:
    reading = reading_of(Subject(provider="kustomer"))
    left = [said.key for said in reading.told["ticketing.users"] if not said.about["active"]]
    assert reading.queries("ticketing.users") == [{}, {"is_active": False}]
    shown = {said.key for said, _ in reading.whole("ticketing.users").matched}
    assert left
    assert set(left) <= shown


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"hidden": {"ticketing.tags": Hidden("losses.yaml:1", {}, {})}}, "is declared hidden, yet"),
        ({"beside": {"ticketing.tags": {"name": "nobody"}}}, "a record that no world has, and has none"),
    ],
)
def test_a_declaration_that_nothing_shows_fails(declared: Any, told: str) -> None:
    subject = Subject(provider="kustomer")
    reading = reading_of(subject)
    reading.losses = replace(reading.losses, **declared)
    [case] = [each for each in cases_of(subject, ["world"]) if each.id == "ticketing.tags records"]
    assert told in judged(case, subject).message
