"""Worlds: what a file may say, what is refused and where, and what the shipped ones promise."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.core import worlds
from harness.core.worlds import WorldError, shipped
from harness.core.worlds.__main__ import main
from harness.core.worlds.shipped import expand_shipped
from harness.data import folder

PROVIDERS = ("superchat", "freshchat", "kustomer", "supersend")
DAY = 86_400_000
MESSAGES = "conversations[0].messages"

WORLD = """\
name: small
title: A small world
agents:
  - {key: ann, first_name: Ann, email: ann@example.com, role: admin, created: -1y}
teams:
  - {key: support, name: Support, agents: [ann], created: -1y}
companies:
  - {key: acme, name: Acme, domains: [acme.example.org], created: -1y}
channels:
  - {key: wa, name: WhatsApp, type: whatsapp, team: support, address: "+493023125001", created: -1y}
tags:
  - {key: urgent, name: urgent, created: -1y}
contacts:
  - {key: kim, first_name: Kim, emails: [kim@example.org], phones: [+493023125002], created: -10d}
files:
  - {key: hello, name: hello.txt, mime_type: text/plain, content: héllo, created: -10d}
conversations:
  - key: first
    contact: kim
    channel: wa
    status: open
    messages:
      - {at: -2d, from: contact, text: Hi}
      - {at: -1d, from: ann, text: Hello, file: hello, reply_to: 0}
    notes:
      - {at: -1d, author: ann, text: Nice one}
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the small world to a file, with replacements of some of its text."""

    def write(*changes: tuple[str, str], name: str = "small.yaml") -> Path:
        text = WORLD
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refused(world: Any, providers: tuple[str, ...] = ()) -> list[worlds.Problem]:
    with pytest.raises(WorldError) as caught:
        worlds.load(world, providers)
    return caught.value.problems


def test_the_expanded_form_has_every_field_and_times_in_milliseconds(write: Write) -> None:
    data = worlds.load(write()).data
    assert data["format"] == 1
    assert "generate" not in data
    assert data["contacts"] == [
        {
            "key": "kim",
            "first_name": "Kim",
            "last_name": None,
            "gender": None,
            "emails": ["kim@example.org"],
            "phones": ["+493023125002"],
            "socials": [],
            "company": None,
            "language": None,
            "city": None,
            "created": -10 * DAY,
            "updated": -10 * DAY,
            "attributes": {},
        }
    ]
    assert data["conversations"][0]["messages"][0] == {
        "at": -2 * DAY,
        "from": "contact",
        "text": "Hi",
        "html": None,
        "subject": None,
        "file": None,
        "status": None,
        "reply_to": None,
    }


def test_defaults_that_depend_on_other_fields_are_filled(write: Write) -> None:
    data = worlds.load(write()).data
    conversation = data["conversations"][0]
    assert conversation["team"] == "support"
    assert conversation["messages"][1]["status"] == "delivered"
    assert data["files"][0]["size"] == 6


def test_the_expanded_form_of_an_expanded_world_is_itself(write: Write) -> None:
    world = worlds.load(write())
    before = copy.deepcopy(world.data)
    again = worlds.load(world.data)
    assert again.data == before
    assert again.digest == world.digest
    assert world.data == before


def test_a_mapping_and_a_yaml_file_and_a_json_file_give_the_same_world(write: Write, tmp_path: Path) -> None:
    from_yaml = worlds.load(write())
    path = tmp_path / "small.json"
    path.write_text(json.dumps(from_yaml.data, indent="\t"))
    assert worlds.load(path).digest == from_yaml.digest
    assert worlds.load(str(path)).digest == from_yaml.digest
    assert worlds.load(from_yaml.data).digest == from_yaml.digest


def test_json_escapes_of_emoji_are_read(tmp_path: Path) -> None:
    path = tmp_path / "emoji.json"
    path.write_text(json.dumps({"name": "emoji", "title": "tent \\ud83d 🏕️🚀", "description": "a\tb/c"}))
    data = worlds.load(path).data
    assert (data["title"], data["description"]) == ("tent \\ud83d 🏕️🚀", "a\tb/c")


def test_plain_scalars_stay_what_they_look_like(write: Write) -> None:
    attributes = "attributes: {a: no, b: 12:30, c: 1.5, d: true, e: 2020-02-29, f: +49}"
    path = write(("created: -10d}\nfiles", f"created: -10d, {attributes}}}\nfiles"))
    assert worlds.load(path).data["contacts"][0]["attributes"] == {
        "a": "no",
        "b": "12:30",
        "c": 1.5,
        "d": True,
        "e": "2020-02-29",
        "f": "+49",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0s", 0),
        ("-3d", -3 * DAY),
        ("-2d4h30m", -(2 * DAY + 4 * 3_600_000 + 30 * 60_000)),
        ("-90s", -90_000),
        ("-1y", -365 * DAY),
        ("+2d", 2 * DAY),
        ("2w", 14 * DAY),
    ],
)
def test_relative_times_are_read(text: str, expected: int) -> None:
    assert worlds.relative(text) == expected


@pytest.mark.parametrize("text", ["", "-", "3", "-3", "-3x", "3d-", "-1h1d", "1d 2h", "--1d", "1.5d", "-٣d"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write it such as -3d"):
        worlds.relative(text)


@pytest.mark.parametrize(
    ("old", "new", "at", "path", "message"),
    [
        ("title: A", "titel: A", "titel: A", "titel", "unknown key 'titel'; did you mean 'title'? Valid: na"),
        ("role: admin", "role: boss", "role: b", "agents[0].role", "Valid: admin, supervisor, agent"),
        ("email: ann@example.com", "email: ann", "email: ann,", "agents[0].email", "not an e-mail address"),
        ("role: admin", "rule: admin", "rule: admin", "agents[0].rule", "did you mean 'role'?"),
        ("[ann]", "[anm]", "anm]", "teams[0].agents[0]", "did you mean 'ann'?"),
        ("team: support", "team: suport", "team: suport", "channels[0].team", "did you mean 'support'?"),
        ('"+493023125001"', "030-12", "address: 030", "channels[0].address", "not an E.164 number"),
        ("[+493023125002]", "[030]", "030]", "contacts[0].phones[0]", "should be a valid string"),
        ("created: -10d}\nf", "created: 1s}\nf", "created: 1s", "contacts[0].created", "after the epoch"),
        ("content: héllo, ", "", "{key: hello", "files[0]", "give size or content"),
        ("content: h", "size: 5, content: h", "size: 5", "files[0].size", "has 6 bytes"),
        ("contact: kim", "contact: kin", "contact: kin", "conversations[0].contact", "did you mean 'kim'?"),
        (
            "status: open",
            "status: opened",
            "status: opened",
            "conversations[0].status",
            "did you mean 'open'",
        ),
        ("status: open", "status: snoozed", "status: sn", "conversations[0].status", "need each other"),
        ("at: -1d, from", "at: -3d, from", "at: -3d", f"{MESSAGES}[1].at", "order of their times"),
        ("from: ann", "from: anne", "from: anne", f"{MESSAGES}[1].from", "did you mean 'ann'?"),
        ("file: hello", "file: helo", "file: helo", f"{MESSAGES}[1].file", "did you mean 'hello'?"),
        ("reply_to: 0", "reply_to: 1", "reply_to: 1", f"{MESSAGES}[1].reply_to", "earlier message"),
        (", text: Hi", "", "{at: -2d", f"{MESSAGES}[0]", "needs text, html or file"),
        ("text: Hi", "status: read, text: Hi", "status: read", f"{MESSAGES}[0].status", "of an agent"),
        ("author: ann", "author: bob", "author: bob", "conversations[0].notes[0].author", "no key 'bob'"),
    ],
)
def test_an_error_names_file_line_column_and_path(
    write: Write, old: str, new: str, at: str, path: str, message: str
) -> None:
    file = write((old, new))
    problem = next(problem for problem in refused(file) if problem.path == path)
    assert message in problem.message
    assert problem.line is not None
    assert problem.column is not None
    line = file.read_text(encoding="utf-8").splitlines()[problem.line - 1]
    assert line[problem.column - 1 :].startswith(at)
    assert str(problem) == f"{file}:{problem.line}:{problem.column}: {path}: {problem.message}"


def test_all_problems_are_told_at_once_in_the_order_of_the_file(write: Write) -> None:
    with pytest.raises(WorldError) as caught:
        worlds.load(write(("from: ann", "from: anne"), ("agents: [ann]", "agents: [anm]")))
    assert [problem.line for problem in caught.value.problems] == [6, 24]
    assert str(caught.value).splitlines()[0] == "2 problems in the world:"


def test_a_missing_key_is_named_where_its_record_stands(write: Write) -> None:
    (problem,) = refused(write(("role: admin, ", "")))
    assert (problem.line, problem.path) == (4, "agents[0].role")
    assert problem.message == "the required key 'role' is missing"


def test_a_repeated_key_of_a_mapping_is_refused(write: Write) -> None:
    (problem,) = refused(write(("title: A small world", "title: A\ntitle: B")))
    assert (problem.line, problem.path) == (3, "title")
    assert "first given in line 2" in problem.message


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"key": "kim", "emails": [], "phones": []}, "contacts[1].key"),
        ({"emails": ["KIM@example.org"], "phones": []}, "contacts[1].emails[0]"),
        ({"emails": []}, "contacts[1].phones[0]"),
    ],
)
def test_two_contacts_share_neither_key_nor_e_mail_nor_phone(write: Write, changed: dict[str, Any], path: str) -> None:
    data = copy.deepcopy(worlds.load(write()).data)
    data["contacts"].append(data["contacts"][0] | {"key": "other"} | changed)
    (problem,) = refused(data)
    assert problem.path == path
    assert "first in contacts[0]" in problem.message


def test_errors_of_a_mapping_name_the_path_without_a_file(write: Write) -> None:
    data = copy.deepcopy(worlds.load(write()).data)
    data["conversations"][0]["channel"] = "sms"
    (problem,) = refused(data)
    assert (problem.file, problem.line) == (None, None)
    assert str(problem) == "conversations[0].channel: channels has no key 'sms'; Valid: wa"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: a\ntitle: &t b\ndescription: *t\n", "alias"),
        ("name: a\ntitle: !!python/object:os.system {}\n", "only plain data"),
        ("name: a\n1: b\n", "a key must be a text"),
        ("name: a\n  title: [b\n", "not readable as YAML"),
        ("- a\n", "a world is a mapping"),
        ("", "a world is a mapping"),
    ],
)
def test_anything_but_plain_yaml_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "odd.yaml"
    path.write_text(text)
    problem = refused(path)[0]
    assert message in problem.message
    assert problem.line is not None


def test_a_file_that_is_not_there_is_a_world_error(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path / "none.yaml")
    assert "No such file" in str(problem)


def test_an_unknown_name_lists_the_shipped_worlds() -> None:
    (problem,) = refused("suport_desk")
    assert "did you mean 'support_desk'? Valid: crowd, empty, support_desk" in problem.message
    assert ".yaml" in problem.message


def test_the_section_of_a_provider_needs_its_name_to_be_known(write: Write) -> None:
    path = write(("title:", "superchat: {lists: [{at: 2020-01-02}]}\ntitle:"))
    assert worlds.load(path, PROVIDERS).data["superchat"] == {"lists": [{"at": "2020-01-02"}]}
    (problem,) = refused(path, ("kustomer",))
    assert (problem.line, problem.path) == (2, "superchat")
    (problem,) = refused(write(("title:", "superchat: 3\ntitle:")), PROVIDERS)
    assert "must be a mapping" in problem.message


def test_a_check_judges_the_section_and_its_findings_stand_in_the_file(write: Write) -> None:
    path = write(("title:", "superchat: {lists: [{at: 2020-01-02}]}\ntitle:"))
    seen = []

    def check(world: Any) -> Any:
        seen.append([contact["key"] for contact in world["contacts"]])
        return [(("superchat", "lists", 0, "at"), "is too late")]

    with pytest.raises(WorldError) as caught:
        worlds.load(path, {"superchat": check})
    assert str(caught.value) == f"{path}:2:22: superchat.lists[0].at: is too late"
    assert seen == [["kim"]]
    assert worlds.load(path, {"superchat": None}).data["superchat"]["lists"]


def test_a_check_is_not_asked_about_a_world_without_its_section(write: Write) -> None:
    def check(world: Any) -> Any:
        raise AssertionError

    worlds.load(write(), {"superchat": check})


def test_a_mapping_needs_neither_name_nor_title() -> None:
    world = worlds.load({"generate": {"contacts": 2}})
    assert world.name == "custom"
    assert len(world.data["contacts"]) == 2
    assert worlds.load({"name": "mine"}).name == "mine"


@pytest.mark.parametrize("value", [object(), float("nan"), 2**70, "\ud800", {1: 2}, [b"x"]])
def test_a_section_of_a_provider_is_json_data(value: object) -> None:
    assert refused({"name": "a", "title": "b", "superchat": {"x": value}}, PROVIDERS)


def generated(write: Write, **wanted: int) -> worlds.World:
    return worlds.load(write(("title:", f"generate: {json.dumps(wanted)}\ntitle:")))


def test_generated_records_come_after_the_written_ones(write: Write) -> None:
    data = generated(write, contacts=30, conversations=20, companies=3, seed=7).data
    assert [len(data[name]) for name in ("companies", "contacts", "conversations")] == [4, 31, 21]
    assert data["contacts"][0]["key"] == "kim"
    for conversation in data["conversations"][1:]:
        assert 2 <= len(conversation["messages"]) <= 8
    assert worlds.load(data).data == data


def test_one_seed_gives_one_world_and_another_seed_another(write: Write) -> None:
    first = generated(write, contacts=30, conversations=20, seed=7)
    assert generated(write, contacts=30, conversations=20, seed=7).digest == first.digest
    assert generated(write, contacts=30, conversations=20, seed=8).digest != first.digest


def test_generated_conversations_need_someone_to_talk() -> None:
    problems = refused({"name": "a", "title": "b", "generate": {"conversations": 2}})
    assert problems[0].message == "generated conversations need channels and agents and contacts"


def test_a_generated_world_is_the_same_in_every_process(write: Write) -> None:
    path = write(("title:", "generate: {contacts: 200, conversations: 50}\ntitle:"))
    code = f"from harness.core import worlds; print(worlds.load({str(path)!r}).digest)"
    assert {run(code, PYTHONHASHSEED=seed) for seed in ("1", "2")} == {worlds.load(path).digest}


def run(code: str, **environment: str) -> str:
    paths = os.pathsep.join(filter(None, sys.path))
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": paths, **environment},
    )
    return result.stdout.strip()


def test_the_expanded_files_are_current() -> None:
    assert expand_shipped(PROVIDERS, check=True) == []


def test_loading_a_shipped_world_imports_no_heavy_module() -> None:
    heavy = run(
        "import sys\nfrom harness.core import worlds\nworlds.load('crowd')\n"
        "print(sorted({'pydantic', 'faker', 'yaml'} & set(sys.modules)))"
    )
    assert heavy == "[]"


def test_a_shipped_world_is_read_once_a_process() -> None:
    assert worlds.load() is worlds.load("support_desk")


@pytest.mark.parametrize("name", worlds.names())
def test_a_shipped_world_holds_together(name: str) -> None:
    data = worlds.load(name).data
    assert worlds.load(data, PROVIDERS).data == data
    created = {
        collection: {record["key"]: record["created"] for record in data[collection]}
        for collection in ("agents", "channels", "contacts", "files")
    }
    for conversation in data["conversations"]:
        start = conversation["messages"][0]["at"]
        assert created["contacts"][conversation["contact"]] <= start
        assert created["channels"][conversation["channel"]] <= start
        for message in conversation["messages"]:
            if message["from"] != "contact":
                assert created["agents"][message["from"]] <= message["at"]
            if message["file"]:
                assert created["files"][message["file"]] <= message["at"]


def test_the_default_world_has_its_promised_numbers() -> None:
    data = worlds.load().data
    counts = {name: len(value) for name, value in data.items() if isinstance(value, list)}
    assert counts == {
        "agents": 8,
        "teams": 3,
        "companies": 2,
        "channels": 8,
        "tags": 8,
        "contacts": 40,
        "files": 4,
        "conversations": 30,
    }
    assert sum(len(conversation["messages"]) for conversation in data["conversations"]) == 150
    assert sum(len(conversation["notes"]) for conversation in data["conversations"]) == 15


def test_the_default_world_has_people_of_many_kinds() -> None:
    contacts = worlds.load().data["contacts"]
    names = {(bool(contact["first_name"]), bool(contact["last_name"])) for contact in contacts}
    assert names == {(True, True), (True, False), (False, True), (False, False)}
    letters = "".join((contact["first_name"] or "") + (contact["last_name"] or "") for contact in contacts)
    for script in ("ü", "ع", "נ", "李", "さ", "민", "🚀", "Ł", "ส", "अ", "\u0301"):
        assert script in letters
    assert max(len(contact["first_name"] or "") for contact in contacts) > 200
    assert any(len(contact["emails"]) > 1 and len(contact["phones"]) > 1 for contact in contacts)
    assert min(contact["created"] for contact in contacts) == -6 * 365 * DAY
    assert max(contact["created"] for contact in contacts) == -120_000


def test_the_default_world_has_conversations_of_many_kinds() -> None:
    data = worlds.load().data
    conversations = data["conversations"]
    kinds = {channel["key"]: channel["type"] for channel in data["channels"]}
    assert {conversation["channel"] for conversation in conversations} == set(kinds)
    statuses = {"open", "closed", "snoozed", "archived", "spam"}
    assert {conversation["status"] for conversation in conversations} == statuses
    assert any(not conversation["assignees"] for conversation in conversations)
    assert any(len(conversation["assignees"]) > 1 for conversation in conversations)
    assert any(len(conversation["tags"]) > 2 for conversation in conversations)
    messages = [message for conversation in conversations for message in conversation["messages"]]
    assert max(len(message["text"] or "") for message in messages) >= 3_000
    assert {message["status"] for message in messages} == {None, "sent", "delivered", "read", "failed"}
    directions = [
        {message["from"] == "contact" for message in conversation["messages"]} for conversation in conversations
    ]
    assert {True} in directions
    assert {False} in directions
    used = {message["file"] for message in messages} - {None}
    assert used == {file["key"] for file in data["files"]}
    written_to = {conversation["contact"] for conversation in conversations}
    assert len({contact["key"] for contact in data["contacts"]} - written_to) >= 3


@pytest.mark.parametrize(("kind", "window"), [("whatsapp", DAY), ("facebook", 7 * DAY)])
def test_the_default_world_has_messaging_windows_open_and_closed(kind: str, window: int) -> None:
    data = worlds.load().data
    channels = {channel["key"] for channel in data["channels"] if channel["type"] == kind}
    ages = [
        -max(message["at"] for message in conversation["messages"] if message["from"] == "contact")
        for conversation in data["conversations"]
        if conversation["channel"] in channels
        and any(message["from"] == "contact" for message in conversation["messages"])
    ]
    assert min(ages) < window < max(ages)


def test_the_default_world_uses_reserved_domains_only() -> None:
    text = json.dumps(worlds.load().data)
    hosts = Counter(part.split('"')[0].split()[0] for part in text.split("@")[1:])
    assert all(host.rstrip("\\>,.").endswith(("example.com", "example.org", "example.net")) for host in hosts)


def test_what_only_superchat_knows_refers_to_the_world() -> None:
    data = worlds.load().data
    section = data["superchat"]
    keys = {name: {record["key"] for record in data[name]} for name in ("contacts", "channels", "files")}
    types = {attribute["type"] for attribute in section["custom_attributes"]}
    assert types == {"text", "number", "dateonly", "datetime", "single_select", "multi_select"}
    attributes = {attribute["key"] for attribute in section["custom_attributes"]} | {"first_name"}
    for attribute in section["custom_attributes"]:
        assert set(attribute["values"]) <= keys["contacts"]
    for contact_list in section["contact_lists"]:
        assert set(contact_list["contacts"]) <= keys["contacts"]
    folders = {folder["key"] for folder in section["template_folders"]}
    assert {folder.get("parent") for folder in section["template_folders"]} <= {*folders, None}
    for template in section["templates"]:
        assert set(template["channels"]) <= keys["channels"]
        assert template.get("folder") in {*folders, None}
        used = {variable.get("attribute") for variable in template["variables"]} - {None}
        assert used <= attributes
    assert {template["status"] for template in section["templates"]} == {"approved", "pending", "rejected"}
    assert set(section["whats_app_business_accounts"]) == {
        channel["key"] for channel in data["channels"] if channel["type"] == "whatsapp"
    }


def test_the_chore_tells_when_files_are_not_current(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "worlds").mkdir()
    (tmp_path / "worlds" / "small.yaml").write_text(WORLD, encoding="utf-8")
    for module in (worlds, shipped):
        monkeypatch.setattr(module, "folder", lambda _: tmp_path)
    assert main(["--check"]) == 1
    assert "not current: small.json" in capsys.readouterr().err
    assert main([]) == 0
    assert main(["--check"]) == 0
    assert worlds.names() == ["small"]
    (tmp_path / "worlds" / "small.yaml").rename(tmp_path / "worlds" / "other.yaml")
    assert main(["--check"]) == 1
    assert "is 'small', not 'other'" in capsys.readouterr().err
    assert main(["--wrong"]) == 2


def test_a_record_stands_in_one_line_of_an_expanded_file() -> None:
    path = folder("fixtures") / "worlds" / "expanded" / "support_desk.json"
    lines = path.read_text(encoding="utf-8").splitlines()
    assert sum(line.startswith('  {"key":') for line in lines) == 8 + 3 + 2 + 8 + 8 + 40 + 4 + 30
