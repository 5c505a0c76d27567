"""Worlds in a Kustomer account: their projection, and seeding more."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

import harness as package
from harness import Account, Sandbox
from harness.core import worlds
from harness.core.clock import EPOCH, HOUR, Clock
from harness.core.registry import Registry
from harness.core.worlds import WorldError
from harness.providers.kustomer.pack import PACK

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]

WORLD = worlds.load().data
SAID = [{"from": "contact", "text": "Hello?"}]
KLASS: Body = {"key": "boat", "name": "boat", "mixins": ["assignable"], "attributes": {"lengthNum": None}}


def all_of(api: httpx.Client, path: str) -> list[Body]:
    """All documents of a list."""
    found: list[Body] = []
    link: str | None = f"{path}{'&' if '?' in path else '?'}pageSize=100"
    while link is not None:
        answer = api.get(link.removeprefix("/v1")).json()
        found += answer["data"]
        link = answer.get("links", {}).get("next")
    return found


def attributes_of(api: httpx.Client, path: str, name: str = "name") -> dict[str, Body]:
    """The attributes of all documents of a list, by one of them."""
    return {each["attributes"].get(name, ""): each["attributes"] for each in all_of(api, path)}


def named(api: httpx.Client, path: str, value: str, name: str = "name") -> Body:
    """The document of a list that is called so."""
    return next(each for each in all_of(api, path) if each["attributes"].get(name) == value)


def ids_of(document: Body, relation: str) -> str:
    id: str = document["relationships"][relation]["data"]["id"]
    return id


def conversation_of(api: httpx.Client, email: str) -> Body:
    """The first conversation of a customer."""
    customer = api.get(f"/customers/email={email}").json()["data"]
    found: Body = all_of(api, f"/customers/{customer['id']}/conversations")[0]
    return found


def test_every_record_of_the_world_is_there(kustomer: Account, api: httpx.Client) -> None:
    state = kustomer.state
    there = {"contacts": "customers", "companies": "companies", "teams": "teams", "tags": "tags"}
    there |= {"channels": "outbound_accounts", "files": "attachments", "conversations": "conversations"}
    assert {name: state[kept] for name, kept in there.items()} == {name: len(WORLD[name]) for name in there}
    assert state["messages"] == sum(len(each["messages"]) for each in WORLD["conversations"])
    assert state["notes"] == sum(len(each["notes"]) for each in WORLD["conversations"])
    assert state["users"] == len(WORLD["agents"]) + 1  # the machine behind the key
    section = WORLD["kustomer"]
    own = {"objects": "kobjects", "searches": "saved_searches", "webhooks": "outbound_webhooks"}
    own |= {name: name for name in ("klasses", "brands", "schedules", "slas", "satisfactions", "shortcuts")}
    own |= {name: name for name in ("shortcut_categories", "spam_senders", "role_groups")}
    assert {name: state[kept] for name, kept in own.items()} == {name: len(section[name]) for name in own}


@pytest.mark.parametrize("world", ["crowd", "empty"])
def test_other_worlds_are_projected_too(world: str) -> None:
    state = Registry({"kustomer": PACK}).open(world=world).account("kustomer").counts()
    data = worlds.load(world).data
    assert (state["customers"], state["conversations"]) == (len(data["contacts"]), len(data["conversations"]))
    assert (state["brands"], state["schedules"]) == (1, 1)


def test_who_left_is_a_deleted_user_and_still_the_author_and_assigned(api: httpx.Client) -> None:
    live = attributes_of(api, "/users", "email")
    (gone,) = all_of(api, "/users?deleted=true")
    assert gone["attributes"]["email"] == "helga.soerensen@example.com" not in live
    conversation = conversation_of(api, "hildegard.altmann@example.org")
    assert conversation["attributes"]["assignedUsers"] == [gone["id"]]
    _, answer, *_ = all_of(api, f"/conversations/{conversation['id']}/messages")
    assert ids_of(answer, "createdBy") == gone["id"]


def test_an_agent_and_a_team_are_what_the_world_says(api: httpx.Client) -> None:
    lena, priya = (named(api, "/users", name) for name in ("Lena Hoffmann", "Priya"))
    assert lena["attributes"]["roles"] == ["org.admin", "org.user"]
    assert lena["attributes"]["mobile"] == "+493023125101"
    assert "mobile" not in priya["attributes"]
    assert lena["attributes"]["createdAt"] == "2019-01-17T09:00:00.000Z"
    team = named(api, "/teams", "Kundenservice")
    assert len(team["attributes"]["members"]) == 5
    assert {lena["id"], priya["id"]} < set(team["attributes"]["members"])


def test_a_contact_is_what_the_world_says(api: httpx.Client) -> None:
    anna = api.get("/customers/email=anna@example.net").json()["data"]
    shown = anna["attributes"]
    assert (shown["name"], shown["gender"], shown["defaultLang"]) == ("Anna Schmidt", "f", "de")
    assert [each["email"] for each in shown["emails"]] == ["anna.schmidt@example.org", "anna@example.net"]
    assert shown["locations"] == [{"type": "home", "cityName": "Berlin"}]
    assert shown["birthdayAt"] == "1988-04-12T00:00:00.000Z"
    assert shown["custom"] == {
        "customerNumberStr": "K-10021",
        "newsletterBool": True,
        "ordersNum": 14,
        "lastVisitAt": "2024-01-05T09:30:00.000Z",
        "levelStr": "Silber",
    }
    assert (shown["updatedAt"], shown["modifiedAt"]) == ("2026-01-15T08:35:00.000Z", "2026-01-15T08:35:00.000Z")
    metadata = api.get("/metadata/customer").json()["data"]["attributes"]["properties"]
    assert metadata["customerNumberStr"]["displayName"] == "Kundennummer"


def test_a_contact_without_a_name_is_shown_by_what_there_is(api: httpx.Client) -> None:
    customer = api.get("/customers/email=no.name@example.org").json()["data"]["attributes"]
    assert customer["displayName"] == "no.name@example.org"
    assert "name" not in customer
    assert {"gender", "birthdayAt", "custom"}.isdisjoint(customer)


def test_facts_of_contacts_become_custom_attributes_without_a_section() -> None:
    data = {name: part for name, part in WORLD.items() if name not in ("kustomer", "superchat")}
    with package.sandbox(world=data) as sandbox:
        api = sandbox.kustomer.client()
        petra = api.get("/customers/email=petra@example.com").json()["data"]["attributes"]
        assert petra["custom"] == {"vipBool": True, "ordersNum": 41, "discountNum": 7.5}
        metadata = api.get("/metadata/customer").json()["data"]["attributes"]["properties"]
        assert metadata["ordersNum"]["displayName"] == "Orders"


@pytest.mark.parametrize(
    ("email", "status", "marked"),
    [
        ("anna@example.net", "open", False),
        ("juergen.mueller@example.org", "done", False),
        ("oliver.thompson@example.net", "snoozed", False),
        ("hildegard.altmann@example.org", "done", False),
        ("winner@example.net", "done", True),
    ],
    ids=["open", "closed", "snoozed", "archived", "spam"],
)
def test_a_conversation_has_the_status_of_the_world(api: httpx.Client, email: str, status: str, marked: bool) -> None:
    shown = conversation_of(api, email)["attributes"]
    assert (shown["status"], shown["spam"]) == (status, marked)


def test_a_conversation_knows_what_was_said(api: httpx.Client) -> None:
    conversation = conversation_of(api, "anna@example.net")
    shown = conversation["attributes"]
    assert (shown["messageCount"], shown["inboundMessageCount"], shown["noteCount"]) == (8, 4, 2)
    assert (shown["channels"], shown["direction"]) == (["whatsapp"], "in")
    assert shown["createdAt"] == "2026-01-15T05:50:00.000Z"
    assert shown["lastMessageAt"] == "2026-01-15T08:35:00.000Z"
    assert shown["preview"] == "Ihr seid die Besten, danke! 🏕️"
    assert shown["firstResponse"]["time"] == 600_000
    assert shown["custom"] == {"reasonStr": "Garantie"}
    said = all_of(api, f"/conversations/{conversation['id']}/messages")
    assert [each["attributes"]["direction"] for each in said] == ["in", "out", "in", "out", "in", "out", "out", "in"]
    notes = all_of(api, f"/conversations/{conversation['id']}/notes")
    assert [each["attributes"]["createdAt"][11:16] for each in notes] == ["06:22", "08:00"]


def test_messages_keep_their_subject_html_reference_and_time(api: httpx.Client) -> None:
    conversation = conversation_of(api, "juergen.mueller@example.org")
    assert conversation["attributes"]["name"] == "Rechnungskopie"
    first, second, *_ = all_of(api, f"/conversations/{conversation['id']}/messages")
    assert (first["attributes"]["channel"], first["attributes"]["app"]) == ("email", "postmark")
    assert first["attributes"]["meta"]["html"].startswith("<p>Guten Tag")
    assert second["attributes"]["subject"] == "Re: Rechnungskopie"
    assert ids_of(second, "reference") == first["id"]
    assert second["attributes"]["createdAt"] == second["attributes"]["updatedAt"] == second["attributes"]["sentAt"]


def test_a_message_that_failed_has_an_error_and_all_others_were_sent(api: httpx.Client) -> None:
    customer = api.get("/customers/phone=+13125550124").json()["data"]
    assert {each["attributes"]["status"] for each in all_of(api, f"/customers/{customer['id']}/messages")} == {"error"}
    outgoing = {
        each["attributes"]["status"] for each in all_of(api, "/messages") if "createdBy" in each["relationships"]
    }
    assert outgoing == {"error", "sent"}


def test_a_file_goes_with_its_message_and_can_be_read(kustomer: Account, api: httpx.Client) -> None:
    conversation = conversation_of(api, "zoe.bronte@example.com")
    (file,) = all_of(api, f"/conversations/{conversation['id']}/attachments")
    assert (file["attributes"]["name"], file["attributes"]["contentLength"]) == ("kocher-undicht.jpg", 184320)
    assert len(api.get(file["links"]["related"]).content) == 184320


def test_a_file_that_goes_with_two_messages_is_there_twice(kustomer: Account, api: httpx.Client) -> None:
    said = [{"from": "contact", "file": "care"}, {"from": "priya", "file": "care"}]
    kustomer.seed(conversations=[{"contact": "brand-new", "channel": "email", "messages": said}])
    conversation = conversation_of(api, "nele.frisch@example.org")
    one, two = all_of(api, f"/conversations/{conversation['id']}/attachments")
    assert (one["id"] != two["id"], one["attributes"]) == (True, two["attributes"])
    assert api.get(one["links"]["related"]).content == api.get(two["links"]["related"]).content


def test_what_happened_last_is_what_a_customer_knows_last(api: httpx.Client) -> None:
    customer = api.get("/customers/email=winner@example.net").json()["data"]
    first, second = all_of(api, f"/customers/{customer['id']}/conversations")
    shown = customer["attributes"]
    assert shown["lastConversation"]["id"] == second["id"] != first["id"]
    assert shown["preview"]["text"].startswith("Hello dear")
    assert shown["conversationCounts"] == {"done": 2, "open": 0, "snoozed": 0, "all": 2}
    anna = api.get("/customers/email=anna@example.net").json()["data"]
    orders = {each["id"]: each["attributes"] for each in all_of(api, f"/customers/{anna['id']}/klasses/order")}
    recent = [orders[item["id"]]["externalId"] for item in anna["attributes"]["recentItems"]]
    assert recent == ["NL-50117", "NL-48213"]
    assert "orders" in anna["relationships"]


def test_a_snoozed_conversation_wakes_in_its_time(harness: Sandbox, api: httpx.Client) -> None:
    path = f"/conversations/{conversation_of(api, 'oliver.thompson@example.net')['id']}"
    for ahead, status in (("2d23h", "snoozed"), ("1h", "open")):
        harness.clock.advance(ahead)
        assert api.get(path).json()["data"]["attributes"]["status"] == status


def test_objects_are_those_of_the_section(api: httpx.Client) -> None:
    order = api.get("/klasses/order/externalId=NL-50230").json()["data"]
    company = named(api, "/companies", "Gipfelfreunde e. V.")
    assert ids_of(order, "company") == company["id"]
    assert company["attributes"]["custom"] == {"membersNum": 312}
    assert order["attributes"]["custom"]["totalNum"] == 3192
    assert order["attributes"]["tags"] == [named(api, "/tags", "B2B")["id"]]
    repairs = attributes_of(api, "/klasses/repairs", "title")
    assert (repairs["Kocher undicht"]["status"], repairs["Trekkingstöcke"]["status"]) == ("open", "done")
    jonas, tom = (named(api, "/users", name)["id"] for name in ("Jonas Weiß", "Tom Becker"))
    assert repairs["Kocher undicht"]["assignedUser"] == jonas
    assert repairs["Trekkingstöcke"]["firstDone"]["createdBy"] == tom
    klass = named(api, "/klasses", "repair")["attributes"]
    assert (klass["displayName"], klass["mixins"]) == ("Reparatur", ["assignable", "commentable"])


def test_settings_are_those_of_the_section(api: httpx.Client) -> None:
    schedule = api.get("/schedules/default?include=holidays").json()
    assert schedule["data"]["attributes"]["hours"]["6"] == [[600, 840]]
    assert schedule["data"]["attributes"]["hours"]["0"] is None
    holidays = {each["attributes"]["name"]: each["attributes"]["startDate"] for each in schedule["included"]}
    assert holidays == {"Inventur": "2026-01-25T09:00:00.000Z", "Betriebsausflug": "2025-06-29T09:00:00.000Z"}
    assert api.get("/brands/default").json()["data"]["attributes"]["name"] == "Nordlicht Outdoor"
    versions = api.get("/slas?versions=all").json()["included"]
    times = [each["attributes"]["metrics"].get("firstResponse", {}).get("times", {}).get("1") for each in versions]
    assert times == [1_800_000, 900_000, None]
    agreements = [*versions, *api.get("/slas").json()["data"]]
    assert not any("updatedAt" in each["attributes"] for each in agreements)
    survey = named(api, "/satisfaction", "Wie war es?")["attributes"]
    assert (survey["formType"], survey["channel"], survey["enabled"]) == ("csat", "email", True)
    shelf = named(api, "/shortcuts/categories", "Versand")
    assert ids_of(named(api, "/shortcuts", "sendungsnummer"), "parent") == shelf["id"]
    group = named(api, "/role-groups", "Auskunft")
    assert named(api, "/users", "Priya")["attributes"]["roleGroups"] == [group["id"]]
    assert attributes_of(api, "/spam/senders", "sender")["winner@example.net"]["list"] == "blacklist"
    hook = named(api, "/outbound-webhooks", "CRM")["attributes"]
    assert hook["headers"] == [{"name": "X-Shop", "value": "nordlicht"}]


def test_a_search_that_a_world_saved_can_be_run(kustomer: Account, api: httpx.Client) -> None:
    saved = {each["attributes"]["name"]: each["id"] for each in kustomer.collection("saved_searches")}
    found = api.post(f"/customers/searches/{saved['Offen']}/execution").json()
    open = [each["id"] for each in all_of(api, "/conversations") if each["attributes"]["status"] == "open"]
    assert sorted(each["id"] for each in found["data"]) == sorted(open)


def test_a_world_without_a_section_has_what_every_organisation_has() -> None:
    with package.sandbox(world={}) as sandbox:
        api = sandbox.kustomer.client()
        assert api.get("/users/current").json()["data"]["attributes"]["userType"] == "machine"
        assert api.get("/brands/default").json()["data"]["attributes"]["name"] == "default"
        assert api.get("/schedules/default").json()["data"]["attributes"]["timezone"] == "Etc/GMT"


def test_ids_are_the_same_in_every_sandbox_and_under_a_live_clock() -> None:
    registry = Registry({"kustomer": PACK})

    def ids(clock: Clock) -> dict[str, list[str]]:
        store = registry.open(clock=clock).account("kustomer").store
        return {name: [each["id"] for each in store[name]] for name in store.names() if not name.startswith("_")}

    one = ids(Clock(EPOCH))
    assert ids(Clock(EPOCH)) == one
    assert ids(Clock(EPOCH + 1234 * HOUR + 567, mode="live")) == one
    assert len({id for found in one.values() for id in found}) == sum(map(len, one.values()))


def test_times_of_a_live_world_end_when_it_starts() -> None:
    store = Registry({"kustomer": PACK}).open(clock=Clock(EPOCH + HOUR)).account("kustomer").store
    (nele,) = (each for each in store["customers"] if each["attributes"].get("name") == "Nele Frisch")
    assert nele["attributes"]["createdAt"] == "2026-01-15T09:58:00.000Z"


@pytest.mark.parametrize(
    "quirks",
    [{"genders": "mf"}, {"first_rev": "0"}, {"search_lag": "minute"}, {"malformed_id": "400", "list_order": "newest"}],
    ids=["genders", "first-rev", "search-lag", "others"],
)
def test_a_world_is_projected_under_every_quirk(quirks: dict[str, str]) -> None:
    account = Registry({"kustomer": PACK}).open(quirks={"kustomer": quirks}).account("kustomer")
    assert account.counts()["customers"] == len(WORLD["contacts"])


def test_a_projected_world_has_no_past_of_writes(kustomer: Account, harness: Sandbox) -> None:
    kustomer.seed(generate={"contacts": 3, "conversations": 3})
    assert (kustomer.state["audit_logs"], kustomer.state["customer_events"]) == (0, 0)
    assert not list(harness.webhooks)


def test_a_seeded_contact_is_read_through_the_api_and_comes_last(kustomer: Account, api: httpx.Client) -> None:
    api.post("/customers", json={"name": "Before"})
    contact = {"first_name": "Lea", "emails": ["lea@example.org"], "attributes": {"shoe_size": 39}}
    assert kustomer.seed(contacts=[contact]) == {"customers": 1}
    newest = all_of(api, "/customers")[-1]["attributes"]
    assert (newest["name"], newest["custom"]) == ("Lea", {"shoeSizeNum": 39})


@pytest.mark.harness(clock="2026-03-01T12:00:00Z")
def test_what_is_seeded_later_is_of_that_time(kustomer: Account, api: httpx.Client, harness: Sandbox) -> None:
    api.post("/customers", json={"name": "Before"})
    harness.clock.advance("1h")
    kustomer.seed(contacts=[{"first_name": "Lea"}, {"first_name": "Old", "created": "-3h"}])
    names = [each["attributes"].get("name") for each in all_of(api, "/customers")]
    assert names[-3:] == ["Old", "Before", "Lea"]
    assert named(api, "/customers", "Lea")["attributes"]["createdAt"] == "2026-03-01T13:00:00.001Z"


def test_seeded_messages_of_one_moment_keep_their_order(kustomer: Account, api: httpx.Client) -> None:
    said = [{"from": "contact" if number % 2 else "priya", "text": f"{number}"} for number in range(12)]
    kustomer.seed(conversations=[{"contact": "brand-new", "channel": "email", "messages": said}])
    conversation = conversation_of(api, "nele.frisch@example.org")
    found = all_of(api, f"/conversations/{conversation['id']}/messages")
    assert [each["attributes"]["preview"] for each in found] == [each["text"] for each in said]


def test_a_seeded_object_may_use_klasses_and_contacts_of_the_world(kustomer: Account, api: httpx.Client) -> None:
    order = {"key": "o", "klass": "order", "title": "One more", "customer": "quiet", "custom": {"totalNum": 3}}
    boat = {"key": "b", "klass": "boat", "title": "Boat", "assignee": "tom", "custom": {"lengthNum": 5}}
    gained = kustomer.seed(kustomer={"klasses": [KLASS], "objects": [order, boat]})
    assert (gained["klasses"], gained["kobjects"]) == (1, 2)
    customer = api.get("/customers/email=yu@example.org").json()["data"]
    (item,) = customer["attributes"]["recentItems"]
    assert api.get(f"/klasses/order/{item['id']}").json()["data"]["attributes"]["title"] == "One more"
    (found,) = all_of(api, "/klasses/boat")
    assert found["attributes"]["assignedUser"] == named(api, "/users", "Tom Becker")["id"]


def test_a_seeded_attribute_reaches_contacts_that_are_there(kustomer: Account, api: httpx.Client) -> None:
    attribute = {"key": "shoe", "resource": "customer", "name": "shoeNum", "values": {"anna": 39, "new": 41}}
    new = {"key": "new", "emails": ["new@example.org"]}
    kustomer.seed(contacts=[new], kustomer={"custom_attributes": [attribute]})
    for email, size in (("anna@example.net", 39), ("new@example.org", 41)):
        custom = api.get(f"/customers/email={email}").json()["data"]["attributes"]["custom"]
        assert custom["shoeNum"] == size
    assert len(api.get("/customers/email=anna@example.net").json()["data"]["attributes"]["custom"]) == 6


@pytest.mark.parametrize(
    ("fragment", "message"),
    [
        (
            {"contacts": [{}, {"phones": ["+493023125900", "+493023125901"]}]},
            r"contacts\[1\]\.phones\[1\]: '\+493023125901' is",
        ),
        ({"contacts": [{"emails": ["NEW@example.org"]}]}, r"contacts\[0\]\.emails\[0\]: 'NEW@example.org' is taken by"),
        (
            {"contacts": [{"socials": [{"type": "instagram", "value": "ella.rays"}]}]},
            r"contacts\[0\]\.socials\[0\]: 'ella",
        ),
        (
            {"agents": [{"first_name": "P", "email": "priya@example.com"}]},
            r"agents\[0\]\.email: 'priya@example.com' is",
        ),
        ({"teams": [{"name": "werkstatt"}]}, r"teams\[0\]\.name: 'werkstatt' is taken"),
        ({"tags": [{"name": "DRINGEND"}]}, r"tags\[0\]\.name: 'DRINGEND' is taken"),
        ({"kustomer": {"klasses": [{**KLASS, "name": "Orders"}]}}, r"kustomer\.klasses\[0\]\.name: "),
        (
            {"kustomer": {"objects": [{"klass": "order", "title": "x", "external_id": "NL-48213"}]}},
            r"kustomer\.objects\[0\]\.external_id: 'NL-48213' is taken by",
        ),
        (
            {
                "kustomer": {
                    "webhooks": [
                        {"name": "x", "url": "https://x.example.com", "events": ["kustomer.team.create"]}
                        for _ in range(5)
                    ]
                }
            },
            r"kustomer\.webhooks\[4\]",
        ),
    ],
)
def test_what_the_account_has_by_now_is_taken(
    kustomer: Account, api: httpx.Client, untouched: Untouched, fragment: Body, message: str
) -> None:
    body = {"phones": [{"phone": "+493023125901"}], "emails": [{"email": "new@example.org"}]}
    assert api.post("/customers", json=body).status_code == 201
    with untouched(), pytest.raises(ValueError, match=message):
        kustomer.seed(fragment)


def test_a_refused_world_is_told_alike_whatever_form_errors_have(kustomer: Account) -> None:
    kustomer.quirks.set(error_form="portal")
    with pytest.raises(ValueError, match=r"tags\[0\]\.name: 'DRINGEND' is taken"):
        kustomer.seed(tags=[{"name": "DRINGEND"}])


@pytest.mark.parametrize(
    ("section", "place"),
    [
        ({"shortcuts": [{"name": "x", "private": True, "users": ["tom"]}]}, r"shortcuts\[0\]\.users\[0\]"),
        ({"objects": [{"klass": "repair", "title": "x", "assignee": "tom"}]}, r"objects\[0\]\.assignee"),
    ],
    ids=["shortcut", "object"],
)
def test_who_was_deleted_can_be_given_nothing(
    kustomer: Account, api: httpx.Client, untouched: Untouched, section: Body, place: str
) -> None:
    api.put(f"/users/{named(api, '/users', 'Tom Becker')['id']}", json={"deleted": True})
    with untouched(), pytest.raises(ValueError, match=rf"kustomer\.{place}: agents 'tom' left the kustomer account"):
        kustomer.seed(kustomer=section)


def test_what_was_deleted_is_free_again_but_cannot_be_referred_to(
    kustomer: Account, api: httpx.Client, untouched: Untouched
) -> None:
    anna = api.get("/customers/email=anna@example.net").json()["data"]
    assert api.delete(f"/customers/{anna['id']}").status_code == 204
    assert kustomer.seed(contacts=[{"key": "anna-2", "emails": ["anna@example.net"]}]) == {"customers": 1}
    said = {"contact": "anna", "channel": "sms", "messages": SAID}
    message = r"conversations\[0\]\.contact: contacts 'anna' is not in the kustomer account, or not any more"
    with untouched(), pytest.raises(ValueError, match=message):
        kustomer.seed(conversations=[said])


def test_records_are_invented_on_demand(kustomer: Account) -> None:
    gained = kustomer.seed(generate={"contacts": 20, "conversations": 10, "seed": 3})
    assert (gained["customers"], gained["conversations"]) == (20, 10)


def test_a_seeded_snooze_and_its_waking_leave_with_a_refused_world(
    kustomer: Account, api: httpx.Client, untouched: Untouched
) -> None:
    zoe = api.get("/customers/email=zoe.bronte@example.com").json()["data"]
    api.delete(f"/customers/{zoe['id']}")
    asleep = {"contact": "anna", "channel": "sms", "status": "snoozed", "snoozed_until": "+1h", "messages": SAID}
    wrong = {"contact": "zoe", "channel": "sms", "messages": SAID}
    with untouched(), pytest.raises(ValueError, match=r"conversations\[1\]\.contact"):
        kustomer.seed(conversations=[asleep, wrong])


def test_who_left_may_take_part_in_what_is_seeded_and_is_gone_again(kustomer: Account, api: httpx.Client) -> None:
    (before,) = all_of(api, "/users?deleted=true")
    talk = {"contact": "brand-new", "channel": "email", "messages": SAID, "assignees": ["helga", "lena"]}
    kustomer.seed(conversations=[talk], teams=[{"name": "Alumni", "agents": ["helga"]}])
    lena = named(api, "/users", "Lena Hoffmann")
    assigned = conversation_of(api, "nele.frisch@example.org")["attributes"]["assignedUsers"]
    assert assigned == [before["id"], lena["id"]]
    assert named(api, "/teams", "Alumni")["attributes"]["members"] == [before["id"]]
    assert all_of(api, "/users?deleted=true") == [before]


def test_a_world_for_which_kustomer_has_no_word_in_its_section_is_refused() -> None:
    registry = Registry({"kustomer": PACK})
    data = {**WORLD, "kustomer": {"klass": []}}
    with pytest.raises(WorldError, match=r"kustomer\.klass: "):
        registry.open(world=worlds.load(data, ("kustomer", "superchat"))).account("kustomer")
