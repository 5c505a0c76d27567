"""Worlds in a Superchat account: what their section may say, their projection, and seeding more."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest

from harness import Account, Sandbox
from harness.core import worlds
from harness.core.clock import EPOCH, parse_instant
from harness.core.registry import Registry
from harness.core.worlds import WorldError
from harness.data import folder
from harness.providers.superchat import world_section
from harness.providers.superchat.pack import PACK

TEMPLATE: dict[str, Any] = {
    "key": "hello",
    "name": "hello",
    "type": "generic_template",
    "channels": ["email"],
    "body": "Hello {{1}}",
    "variables": [{"position": 1, "attribute": "first_name"}],
}
WHATS_APP: dict[str, Any] = {
    **TEMPLATE,
    "type": "whats_app_template",
    "channels": ["whatsapp-support"],
    "category": "utility",
    "language": "en",
}
ATTRIBUTE = {"key": "vip", "name": "VIP", "type": "single_select", "options": ["yes", "no"]}


def problems(section: dict[str, Any]) -> dict[str, str]:
    """What is wrong with the default world under another superchat section, by path."""
    world = {**worlds.load().data, "superchat": section}
    with pytest.raises(WorldError) as caught:
        Registry().load_world(world)
    return {problem.path.removeprefix("superchat."): problem.message for problem in caught.value.problems}


@pytest.mark.parametrize("name", worlds.names())
def test_the_shipped_worlds_hold_together(name: str) -> None:
    world = Registry().load_world(folder("fixtures") / "worlds" / f"{name}.yaml")
    assert world.digest == worlds.load(name).digest


def test_a_wrong_section_is_told_with_the_line_of_the_file(tmp_path: Path) -> None:
    text = (folder("fixtures") / "worlds" / "support_desk.yaml").read_text(encoding="utf-8")
    file = tmp_path / "desk.yaml"
    file.write_text(text.replace("zoe, maya]}", "zoe, maia]}"), encoding="utf-8")
    with pytest.raises(WorldError) as caught:
        Registry().load_world(file)
    (problem,) = caught.value.problems
    line = file.read_text(encoding="utf-8").splitlines()[(problem.line or 0) - 1]
    assert line[(problem.column or 0) - 1 :].startswith("maia]")
    assert problem.path == "superchat.contact_lists[0].contacts[5]"
    assert "did you mean 'maya'?" in problem.message


@pytest.mark.parametrize(
    ("section", "path", "message"),
    [
        ({"template": []}, "template", "did you mean 'templates'?"),
        ({"templates": [{**TEMPLATE, "chanels": []}]}, "templates[0].chanels", "did you mean 'channels'?"),
        ({"templates": [{**TEMPLATE, "channels": ["mail"]}]}, "templates[0].channels[0]", "mean 'email'?"),
        ({"templates": [{**TEMPLATE, "channels": []}]}, "templates[0].channels", "at least 1"),
        ({"templates": [{**TEMPLATE, "channels": ["sms"]}]}, "templates[0].channels[0]", "sends no generic"),
        ({"templates": [{**TEMPLATE, "folder": "news"}]}, "templates[0].folder", "no key 'news'"),
        ({"templates": [{**TEMPLATE, "files": ["invoce"]}]}, "templates[0].files[0]", "no key 'invoce'"),
        ({"templates": [{**TEMPLATE, "status": "ok"}]}, "templates[0].status", "Valid: submitted, approved"),
        ({"templates": [{**TEMPLATE, "created": "soon"}]}, "templates[0].created", "write it such as -3d"),
        ({"templates": [{**TEMPLATE, "footer": "x"}]}, "templates[0].footer", "has no footer"),
        (
            {"templates": [{**TEMPLATE, "variables": []}]},
            "templates[0].variables",
            "fills the placeholder {{1}}",
        ),
        ({"templates": [{**TEMPLATE, "body": "Hello"}]}, "templates[0].variables[0].position", "{{1}}"),
        (
            {"templates": [{**TEMPLATE, "variables": [{"position": 1, "attribute": "frist_name"}]}]},
            "templates[0].variables[0].attribute",
            "did you mean 'first_name'?",
        ),
        ({"templates": [TEMPLATE, {**TEMPLATE, "name": "b"}]}, "templates[1].key", "'hello' is taken"),
        ({"templates": [TEMPLATE, {**TEMPLATE, "key": "b"}]}, "templates[1].name", "'hello' is taken"),
        ({"templates": [{**WHATS_APP, "category": None}]}, "templates[0].category", "needs a category"),
        ({"templates": [{**WHATS_APP, "subject": "x"}]}, "templates[0].subject", "has no subject"),
        (
            {"templates": [{**WHATS_APP, "channels": ["email"]}]},
            "templates[0].channels[0]",
            "sends no whats_app",
        ),
        (
            {"templates": [{**WHATS_APP, "channels": ["whatsapp-support", "whatsapp-sales"]}]},
            "templates[0].channels",
            "several whats_app_business_accounts",
        ),
        ({"templates": [{**WHATS_APP, "header": {"type": "image"}}]}, "templates[0].header", "needs a file"),
        (
            {"templates": [{**WHATS_APP, "header": {"type": "image", "file": "x"}}]},
            "templates[0].header.file",
            "no key 'x'",
        ),
        (
            {"templates": [{**WHATS_APP, "buttons": [{"type": "static_url", "title": "x"}]}]},
            "templates[0].buttons[0]",
            "needs a target",
        ),
        (
            {"custom_attributes": [{**ATTRIBUTE, "values": {"ana": "yes"}}]},
            "custom_attributes[0].values.ana",
            "did you mean 'anna'?",
        ),
        (
            {"custom_attributes": [{**ATTRIBUTE, "values": {"anna": "yess"}}]},
            "custom_attributes[0].values.anna",
            "did you mean 'yes'?",
        ),
        (
            {"custom_attributes": [{"key": "n", "name": "N", "type": "number", "values": {"anna": "3"}}]},
            "custom_attributes[0].values.anna",
            "A number is expected.",
        ),
        (
            {"custom_attributes": [{"key": "n", "name": "N", "type": "dateonly", "values": {"anna": "today"}}]},
            "custom_attributes[0].values.anna",
            "A date such as",
        ),
        ({"custom_attributes": [{**ATTRIBUTE, "options": []}]}, "custom_attributes[0]", "needs options"),
        ({"custom_attributes": [{**ATTRIBUTE, "type": "txt"}]}, "custom_attributes[0].type", "mean 'text'?"),
        (
            {"contact_lists": [{"key": "a", "name": "A", "contacts": ["x"]}]},
            "contact_lists[0].contacts[0]",
            "'x'",
        ),
        ({"contact_lists": [{"key": "a"}]}, "contact_lists[0].name", "required key 'name' is missing"),
        (
            {"template_folders": [{"key": "a", "name": "A", "parent": "b"}]},
            "template_folders[0].parent",
            "no key 'b'",
        ),
        (
            {
                "template_folders": [
                    {"key": "a", "name": "A", "parent": "b"},
                    {"key": "b", "name": "B", "parent": "a"},
                ]
            },
            "template_folders[1].parent",
            "would lie in itself",
        ),
        (
            {"whats_app_business_accounts": {"email": "x"}},
            "whats_app_business_accounts.email",
            "not a WhatsApp",
        ),
        (
            {"webhooks": [{"key": "a", "target_url": "https://x.example.com", "events": ["message_inbond"]}]},
            "webhooks[0].events[0]",
            "did you mean 'message_inbound'?",
        ),
        (
            {"webhooks": [{"key": "a", "target_url": "http://x.example.com", "events": ["note_created"]}]},
            "webhooks[0].target_url",
            "begin with https://",
        ),
        (
            {
                "webhooks": [
                    {
                        "key": "a",
                        "target_url": "https://x.example.com",
                        "events": [{"type": "note_created", "filters": [{"type": "channel", "keys": ["mail"]}]}],
                    }
                ]
            },
            "webhooks[0].events[0].filters[0].keys[0]",
            "did you mean 'email'?",
        ),
    ],
)
def test_what_does_not_fit_is_named_with_its_place_and_the_remedy(
    section: dict[str, Any], path: str, message: str
) -> None:
    found = problems(section)
    assert path in found
    assert message in found[path]


def test_an_unjudged_wrong_section_is_told_when_the_account_opens() -> None:
    data = copy.deepcopy(worlds.load().data)
    del data["superchat"]["templates"][0]["body"]
    sandbox = Registry().open(world=worlds.load(data, ("superchat", "kustomer")))
    with pytest.raises(WorldError, match=r"superchat\.templates\[0\]\.body: the required key 'body' is missing"):
        sandbox.account("superchat")


def test_the_words_of_a_section_are_those_of_the_contract() -> None:
    schemas = PACK.contract.document["components"]["schemas"]
    assert list(get_args(world_section.TemplateStatus)) == schemas["Template"]["properties"]["status"]["enum"]
    category = schemas["TemplateWhatsAppContent"]["properties"]["category"]["enum"]
    assert list(get_args(world_section.Category)) == category
    fields = world_section.CustomAttribute.model_fields
    assert list(get_args(fields["type"].annotation)) == schemas["CustomAttributeType"]["enum"]


def test_filters_of_a_webhook_name_records_by_key_and_are_kept_by_id() -> None:
    events = [
        {"type": "message_inbound", "filters": [{"type": "channel", "keys": ["email"]}]},
        "note_created",
    ]
    hook = {"key": "a", "target_url": "https://x.example.com", "events": events}
    registry = Registry()
    store = registry.open(world={**worlds.load().data, "superchat": {"webhooks": [hook]}}).account("superchat").store
    (kept,) = store["webhooks"]
    (channel,) = (channel for channel in store["channels"] if channel["type"] == "mail")
    assert kept["events"] == [
        {"type": "message_inbound", "filters": [{"type": "channel", "ids": [channel["id"]]}]},
        {"type": "note_created", "filters": []},
    ]


def test_a_world_without_agents_has_an_owner_whom_the_key_acts_as() -> None:
    account = (
        Registry({"superchat": PACK}).open(world={"contacts": [{"key": "kim", "created": "0s"}]}).account("superchat")
    )
    assert [user["role"] for user in account.store["users"]] == ["admin"]
    assert account.store["workspaces"].get("me")


def test_a_seeded_contact_is_read_through_the_api(superchat: Account, api: httpx.Client) -> None:
    contact = {"first_name": "Lea", "emails": ["lea@example.org"], "phones": ["+493023125900"]}
    assert superchat.seed(contacts=[contact]) == {"contacts": 1}
    newest = api.get("/contacts").json()["results"][0]
    assert newest["first_name"] == "Lea"
    assert [handle["value"] for handle in newest["handles"]] == ["+493023125900", "lea@example.org"]
    assert parse_instant(newest["created_at"]) == EPOCH


def test_an_inbound_message_at_0s_opens_the_messaging_window(
    superchat: Account, api: httpx.Client, channels: dict[str, str]
) -> None:
    superchat.seed(contacts=[{"key": "lea", "phones": ["+493023125900"]}])
    message = {
        "from": {"channel_id": channels["whats_app"]},
        "to": [{"identifier": "+493023125900"}],
        "content": {"type": "text", "body": "Hi"},
    }
    assert api.post("/messages", json=message).status_code == 400
    said = [{"from": "contact", "text": "Hello?", "at": "0s"}]
    conversation = {"contact": "lea", "channel": "whatsapp-support", "messages": said}
    assert superchat.seed(conversations=[conversation]) == {"conversations": 1, "messages": 1}
    newest = api.get("/conversations").json()["results"][0]
    assert (newest["status"], newest["time_window"]["state"]) == ("open", "open")
    assert api.post("/messages", json=message).status_code in (200, 201)


def test_a_seeded_window_closes_in_its_time(superchat: Account, harness: Sandbox, api: httpx.Client) -> None:
    said = [{"from": "contact", "text": "Hello?"}]
    superchat.seed(conversations=[{"contact": "anna", "channel": "whatsapp-sales", "messages": said}])
    conversation = api.get("/conversations").json()["results"][0]
    for ahead, state in (("23h59m", "open"), ("1m", "closed")):
        harness.clock.advance(ahead)
        shown = api.get(f"/conversations/{conversation['id']}").json()
        assert shown["time_window"]["state"] == state


def test_a_seeded_answer_carries_the_name_of_an_agent_of_the_world(superchat: Account) -> None:
    said = [{"from": "contact", "text": "Hello?"}, {"from": "priya", "text": "Hi"}]
    superchat.seed(conversations=[{"contact": "anna", "channel": "live-chat", "messages": said}])
    *_, answer = superchat.collection("messages")
    assert answer["from"]["name"] == "Priya"


def test_a_seeded_template_may_use_attributes_folders_and_channels_of_the_world(
    superchat: Account, api: httpx.Client
) -> None:
    variable = {"position": 1, "attribute": "customer-number"}
    template = {**WHATS_APP, "folder": "delivery", "variables": [variable]}
    superchat.seed(superchat={"templates": [template]})
    newest = api.get("/templates").json()["results"][0]
    (attribute,) = (each for each in superchat.collection("custom_attributes") if each["name"] == "Kundennummer")
    (kept,) = newest["content"]["variables"]
    assert (kept["type"], kept["attribute_id"]) == ("contact_attribute", attribute["id"])
    assert newest["status"] == "approved"
    assert newest["channels"]
    assert newest["whats_app_business_account_id"].startswith("waba_")


def test_a_seeded_attribute_and_list_reach_contacts_that_are_there(superchat: Account, api: httpx.Client) -> None:
    before = {each["first_name"]: each for each in superchat.collection("contacts")}["Anna"]
    attribute = {**ATTRIBUTE, "values": {"anna": "yes"}}
    lists = [{"key": "gone-quiet", "name": "Gone quiet", "contacts": ["anna"]}]
    gained = superchat.seed(superchat={"custom_attributes": [attribute], "contact_lists": lists})
    assert gained == {"custom_attributes": 1, "contact_lists": 1}
    after = api.get(f"/contacts/{before['id']}").json()
    assert len(after["custom_attributes"]) == len(before["custom_attributes"]) + 1
    assert after["custom_attributes"][-1]["value"] == "yes"


@pytest.mark.parametrize(
    ("fragment", "message"),
    [
        (
            {"contacts": [{}, {"phones": ["+493023125900", "+493023125901"]}]},
            r"contacts\[1\]\.phones\[1\]: '\+493023125901'",
        ),
        (
            {"contacts": [{"emails": ["NEW@example.org"]}]},
            r"contacts\[0\]\.emails\[0\]: 'NEW@example.org' is taken",
        ),
        ({"agents": [{"first_name": "P", "email": "priya@example.com"}]}, r"agents\[0\]\.email: "),
        ({"tags": [{"name": "DRINGEND"}]}, r"tags\[0\]\.name: "),
        (
            {"superchat": {"custom_attributes": [{"key": "x", "name": "Stufe", "type": "text"}]}},
            r"superchat\.custom_attributes\[0\]\.name: ",
        ),
    ],
)
def test_what_the_account_has_by_now_is_taken(
    superchat: Account, api: httpx.Client, fragment: dict[str, Any], message: str
) -> None:
    handles = [{"type": "phone", "value": "+493023125901"}, {"type": "mail", "value": "new@example.org"}]
    made = {"first_name": None, "last_name": None, "gender": None, "handles": handles}
    assert api.post("/contacts", json=made).status_code in (200, 201)
    before = superchat.state
    with pytest.raises(ValueError, match=message):
        superchat.seed(fragment)
    assert superchat.state == before


def test_what_was_deleted_is_free_again_but_cannot_be_referred_to(superchat: Account, api: httpx.Client) -> None:
    anna = {each["first_name"]: each for each in superchat.collection("contacts")}["Anna"]
    api.delete(f"/contacts/{anna['id']}")
    phone = next(handle["value"] for handle in anna["handles"] if handle["type"] == "phone")
    assert superchat.seed(contacts=[{"key": "anna-2", "phones": [phone]}]) == {"contacts": 1}
    said = {"contact": "anna", "channel": "sms", "messages": [{"from": "contact", "text": "Hi"}]}
    with pytest.raises(ValueError, match=r"conversations\[0\]\.contact: contacts 'anna' is not in the superchat"):
        superchat.seed(conversations=[said])


def test_records_are_invented_on_demand(superchat: Account) -> None:
    gained = superchat.seed(generate={"contacts": 20, "conversations": 10, "seed": 3})
    assert (gained["contacts"], gained["conversations"]) == (20, 10)


def test_seeding_queues_no_events(superchat: Account, harness: Sandbox) -> None:
    superchat.seed(generate={"contacts": 3, "conversations": 3})
    assert not list(harness.webhooks)
