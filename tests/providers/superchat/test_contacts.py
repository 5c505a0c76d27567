"""Contacts: made, changed, deleted; their handles; what is refused."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

Body = dict[str, Any]


@pytest.fixture
def ada(api: httpx.Client) -> Body:
    """A contact with two handles, a name, a gender and an attribute."""
    body = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "gender": "female",
        "handles": [
            {"id": None, "type": "mail", "value": "ada@example.com"},
            {"id": None, "type": "phone", "value": "+493012345678"},
        ],
        "custom_attributes": [{"id": attribute(api, "Kundennummer"), "value": "K-1"}],
    }
    made: Body = api.post("/contacts", json=body).json()
    return made


def attribute(api: httpx.Client, name: str) -> str:
    results = api.get("/custom-attributes").json()["results"]
    return next(str(each["id"]) for each in results if each["name"] == name)


def named(api: httpx.Client, first_name: str) -> Body:
    results: list[Body] = api.get("/contacts?limit=100").json()["results"]
    return next(each for each in results if each["first_name"] == first_name)


def taken(api: httpx.Client, type: str = "mail") -> str:
    """An address some contact has."""
    for contact in api.get("/contacts").json()["results"]:
        for handle in contact["handles"]:
            if handle["type"] == type:
                return str(handle["value"])
    raise AssertionError(type)


# Reading


def test_a_contact_shows_all_it_was_made_with(ada: Body, api: httpx.Client) -> None:
    assert {name: ada[name] for name in ("first_name", "last_name", "gender")} == {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "gender": "female",
    }
    assert [(handle["type"], handle["value"]) for handle in ada["handles"]] == [
        ("mail", "ada@example.com"),
        ("phone", "+493012345678"),
    ]
    number = attribute(api, "Kundennummer")
    assert ada["custom_attributes"] == [
        {
            "id": number,
            "name": "Kundennummer",
            "type": "text",
            "url": f"/custom-attributes/{number}",
            "value": "K-1",
        }
    ]
    assert ada["created_at"] == ada["updated_at"] == "2026-01-15T09:00:00Z"


def test_a_contact_is_read_at_its_url(ada: Body, api: httpx.Client) -> None:
    assert ada["url"] == f"/contacts/{ada['id']}"
    assert api.get(ada["url"]).json() == ada


def test_a_new_contact_is_first_in_the_list(ada: Body, api: httpx.Client) -> None:
    assert api.get("/contacts?limit=1").json()["results"] == [ada]


def test_an_id_is_ct_and_21_letters_and_digits(ada: Body) -> None:
    prefix, _, rest = ada["id"].partition("_")
    assert (prefix, len(rest), rest.isalnum()) == ("ct", 21, True)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/conversations"),
        ("GET", "/contact-lists"),
        ("POST", "/contact-lists"),
        ("GET", "/contact-lists/cl_1"),
        ("DELETE", "/contact-lists/cl_1"),
    ],
)
@pytest.mark.parametrize("id", ["ct_nobody", "x", "%2e%2e", "ct_%00", "%ff", "ü"])
def test_an_unknown_contact_is_404(api: httpx.Client, superchat: Account, method: str, path: str, id: str) -> None:
    before = superchat.state
    response = api.request(method, f"/contacts/{id}{path}", json={"id": "cl_1"} if method != "GET" else None)
    assert response.status_code == 404
    assert response.json()["errors"][0]["title"] == "Contact not found"
    assert superchat.state == before


# Making


@pytest.mark.parametrize("missing", ["first_name", "last_name", "gender"])
def test_a_name_or_gender_left_out_is_null(api: httpx.Client, missing: str) -> None:
    body = {"first_name": "A", "last_name": "B", "gender": "male", "handles": [{"value": "ab@example.com"}]}
    del body[missing]
    assert api.post("/contacts", json=body).json()[missing] is None


@pytest.mark.parametrize("gender", ["male", "female", "diverse", "unknown", None])
def test_a_gender_is_one_of_four_or_null(api: httpx.Client, gender: str | None) -> None:
    response = api.post("/contacts", json={"gender": gender, "handles": [{"value": "ab@example.com"}]})
    assert response.json()["gender"] == gender


@pytest.mark.parametrize(
    ("value", "type"), [("x@example.com", "mail"), ("+4915112345678", "phone"), ("üñ@exämple.com", "mail")]
)
def test_a_handle_without_a_type_gets_that_of_its_value(api: httpx.Client, value: str, type: str) -> None:
    (handle,) = api.post("/contacts", json={"handles": [{"value": value}]}).json()["handles"]
    assert (handle["type"], handle["value"]) == (type, value)


@pytest.mark.parametrize("name", ["", "  ", "𝕬da 👩‍💻", "عمر", "a" * 5000, "<b>", "nul \u0000 inside"])
def test_a_name_may_be_any_text(api: httpx.Client, name: str) -> None:
    made = api.post("/contacts", json={"first_name": name, "handles": [{"value": "ab@example.com"}]}).json()
    assert api.get(made["url"]).json()["first_name"] == name


def test_a_contact_may_have_many_handles(api: httpx.Client) -> None:
    handles = [{"type": "mail", "value": f"x{number}@example.com"} for number in range(60)]
    made = api.post("/contacts", json={"handles": handles}).json()
    assert len({handle["id"] for handle in made["handles"]}) == 60


@pytest.mark.parametrize("unknown", [{"nickname": "x"}, {"tags": ["a"]}, {"id": "ct_mine"}])
def test_unknown_keys_are_ignored(api: httpx.Client, unknown: Body) -> None:
    made = api.post("/contacts", json={"handles": [{"value": "ab@example.com"}], **unknown}).json()
    assert not unknown.items() <= made.items()


GOOD = {"value": "ab@example.com"}
WRONG_BODIES: list[Any] = [
    {},
    {"handles": []},
    {"handles": None},
    {"handles": "ab@example.com"},
    {"handles": ["ab@example.com"]},
    {"handles": [{}]},
    {"handles": [{"type": "mail"}]},
    {"handles": [{"type": "mail", "value": None}]},
    {"handles": [{"type": "mail", "value": ""}]},
    {"handles": [{"type": "mail", "value": 5}]},
    {"handles": [{"type": "mail", "value": "no address"}]},
    {"handles": [{"type": "mail", "value": "+493012345678"}]},
    {"handles": [{"type": "phone", "value": "ab@example.com"}]},
    {"handles": [{"type": "phone", "value": "03012345678"}]},
    {"handles": [{"type": "phone", "value": "+49 30 12345678"}]},
    {"handles": [{"type": "phone", "value": "+0301234567"}]},
    {"handles": [{"type": "phone", "value": "+4930123456789012"}]},
    {"handles": [{"type": "phone", "value": "+４９3012345678"}]},
    {"handles": [{"type": "phone", "value": "+493012345678\n"}]},
    {"handles": [{"type": "instagram", "value": "ada"}]},
    {"handles": [{"type": "whats_app_bsuid", "value": "x"}]},
    {"handles": [{"type": None, "value": "ab@example.com"}]},
    {"handles": [GOOD, GOOD]},
    {"handles": [GOOD, {"value": "AB@EXAMPLE.COM"}]},
    {"handles": [GOOD], "first_name": 5},
    {"handles": [GOOD], "last_name": ["x"]},
    {"handles": [GOOD], "gender": "m"},
    {"handles": [GOOD], "gender": "Male"},
    {"handles": [GOOD], "custom_attributes": {}},
    {"handles": [GOOD], "custom_attributes": [{"value": "x"}]},
    {"handles": [GOOD], "custom_attributes": [{"id": "ca_nobody", "value": "x"}]},
]


@pytest.mark.parametrize("body", WRONG_BODIES, ids=str)
def test_a_body_that_makes_no_sense_is_400_and_leaves_no_trace(
    api: httpx.Client, superchat: Account, harness: Sandbox, body: Any
) -> None:
    before = superchat.state
    response = api.post("/contacts", json=body)
    assert response.status_code == 400
    assert {item["status_code"] for item in response.json()["errors"]} == {400}
    assert superchat.state == before
    assert not harness.webhooks.events()


@pytest.mark.parametrize("type", ["mail", "phone"])
def test_a_handle_of_another_contact_is_a_conflict(
    api: httpx.Client, superchat: Account, harness: Sandbox, type: str
) -> None:
    before = superchat.state
    response = api.post("/contacts", json={"handles": [{"type": type, "value": taken(api, type)}]})
    assert response.status_code == 409
    assert response.json()["errors"][0]["title"] == "Contact handle already exists"
    assert superchat.state == before
    assert not harness.webhooks.events()


def test_a_conflict_in_one_of_several_handles_makes_nothing(api: httpx.Client, superchat: Account) -> None:
    handles = [{"value": "fresh@example.com"}, {"value": taken(api)}]
    assert api.post("/contacts", json={"handles": handles}).status_code == 409
    assert api.post("/contacts", json={"handles": handles[:1]}).status_code == 200


def test_addresses_do_not_differ_by_case(ada: Body, api: httpx.Client) -> None:
    assert api.post("/contacts", json={"handles": [{"value": "ADA@Example.COM"}]}).status_code == 409


def test_an_address_is_kept_as_it_was_written(api: httpx.Client) -> None:
    made = api.post("/contacts", json={"handles": [{"value": "Grace.Hopper@Example.com"}]}).json()
    assert made["handles"][0]["value"] == "Grace.Hopper@Example.com"


def test_ids_are_the_same_in_every_run(api: httpx.Client, harness: Sandbox) -> None:
    twin = harness.fork().account("superchat").client()
    body = {"handles": [{"value": "ab@example.com"}]}
    assert api.post("/contacts", json=body).json()["id"] == twin.post("/contacts", json=body).json()["id"]


# Changing


@pytest.mark.parametrize(
    ("name", "value"), [("first_name", "Augusta"), ("last_name", "King"), ("gender", "diverse"), ("first_name", "")]
)
def test_a_change_touches_only_what_it_names(ada: Body, api: httpx.Client, name: str, value: str) -> None:
    assert api.patch(ada["url"], json={name: value}).json() == {**ada, name: value}


def test_a_change_moves_updated_at(ada: Body, api: httpx.Client, harness: Sandbox) -> None:
    harness.clock.advance("1h")
    changed = api.patch(ada["url"], json={"first_name": "Augusta"}).json()
    assert (changed["created_at"], changed["updated_at"]) == (ada["created_at"], "2026-01-15T10:00:00Z")


def test_a_change_is_there_when_read_again(ada: Body, api: httpx.Client) -> None:
    changed = api.patch(ada["url"], json={"last_name": "King"}).json()
    assert api.get(ada["url"]).json() == changed


@pytest.mark.parametrize("name", ["first_name", "last_name", "gender"])
def test_null_clears(ada: Body, api: httpx.Client, name: str) -> None:
    assert api.patch(ada["url"], json={name: None}).json() == {**ada, name: None}


@pytest.mark.parametrize("name", ["first_name", "last_name", "gender"])
def test_null_keeps_under_the_quirk(ada: Body, api: httpx.Client, superchat: Account, name: str) -> None:
    superchat.quirks["null_in_contact_patch"] = "keeps"
    assert api.patch(ada["url"], json={name: None}).json() == ada


@pytest.mark.parametrize("body", [{}, {"handles": None}, {"handles": []}, {"custom_attributes": None}, {"x": 1}])
def test_what_is_left_out_null_or_no_handles_changes_nothing(ada: Body, api: httpx.Client, body: Body) -> None:
    assert api.patch(ada["url"], json=body).json() == ada


def test_an_empty_list_of_attributes_clears_them(ada: Body, api: httpx.Client) -> None:
    assert api.patch(ada["url"], json={"custom_attributes": []}).json() == {**ada, "custom_attributes": []}


def test_the_attributes_given_are_all_that_remain(ada: Body, api: httpx.Client) -> None:
    orders = attribute(api, "Bestellungen")
    changed = api.patch(ada["url"], json={"custom_attributes": [{"id": orders, "value": 3}]}).json()
    assert [(each["id"], each["value"]) for each in changed["custom_attributes"]] == [(orders, 3)]


def test_the_handles_given_are_all_that_remain(ada: Body, api: httpx.Client) -> None:
    changed = api.patch(ada["url"], json={"handles": ada["handles"][1:]}).json()
    assert changed["handles"] == ada["handles"][1:]


def test_a_handle_that_was_taken_away_is_free_again(ada: Body, api: httpx.Client) -> None:
    api.patch(ada["url"], json={"handles": ada["handles"][1:]})
    assert api.post("/contacts", json={"handles": [{"value": "ada@example.com"}]}).status_code == 200


def test_a_handle_with_its_id_is_changed(ada: Body, api: httpx.Client) -> None:
    handles = [{**ada["handles"][0], "value": "countess@example.com"}, ada["handles"][1]]
    assert api.patch(ada["url"], json={"handles": handles}).json()["handles"] == handles


def test_a_handle_without_an_id_is_new(ada: Body, api: httpx.Client) -> None:
    added = [*ada["handles"], {"id": None, "type": "mail", "value": "second@example.com"}]
    handles = api.patch(ada["url"], json={"handles": added}).json()["handles"]
    assert handles[:2] == ada["handles"]
    assert handles[2]["id"] not in (None, ada["handles"][0]["id"], ada["handles"][1]["id"])


def test_a_handle_sent_again_without_its_id_keeps_it(ada: Body, api: httpx.Client) -> None:
    again = [{"type": handle["type"], "value": handle["value"]} for handle in ada["handles"]]
    assert api.patch(ada["url"], json={"handles": again}).json()["handles"] == ada["handles"]


def test_handles_may_trade_values(ada: Body, api: httpx.Client) -> None:
    second = api.patch(ada["url"], json={"handles": [*ada["handles"], {"value": "b@example.com"}]}).json()["handles"]
    traded = [{**second[0], "value": "b@example.com"}, second[1], {**second[2], "value": "ada@example.com"}]
    assert api.patch(ada["url"], json={"handles": traded}).json()["handles"] == traded


def test_a_messenger_handle_is_kept_by_its_id_and_value(api: httpx.Client) -> None:
    max = named(api, "Max")
    (instagram,) = max["handles"]
    kept = [{"id": instagram["id"], "value": instagram["value"]}, {"value": "max@example.com"}]
    handles = api.patch(max["url"], json={"handles": kept}).json()["handles"]
    assert handles[0] == instagram


def test_a_messenger_handle_cannot_be_written(api: httpx.Client) -> None:
    max = named(api, "Max")
    changed = [{"id": max["handles"][0]["id"], "value": "somebody.else"}]
    assert api.patch(max["url"], json={"handles": changed}).status_code == 400


@pytest.mark.parametrize(
    "handles",
    [
        [{"value": "nothing"}],
        [{"id": None, "type": "phone", "value": "0301234567"}],
        [{"value": "x@example.com"}, {"value": "x@example.com"}],
        [{"value": "x@example.com"}, {"value": "X@EXAMPLE.COM"}],
        [{"id": 5, "value": "x@example.com"}],
        "x@example.com",
    ],
    ids=str,
)
def test_handles_that_make_no_sense_are_400_and_change_nothing(
    ada: Body, api: httpx.Client, harness: Sandbox, handles: Any
) -> None:
    events = len(harness.webhooks)
    assert api.patch(ada["url"], json={"handles": handles}).status_code == 400
    assert api.get(ada["url"]).json() == ada
    assert len(harness.webhooks) == events


def test_one_handle_given_twice_by_its_id_is_400(ada: Body, api: httpx.Client) -> None:
    twice = [ada["handles"][0], {**ada["handles"][0], "value": "other@example.com"}]
    assert api.patch(ada["url"], json={"handles": twice}).status_code == 400
    assert api.get(ada["url"]).json() == ada


@pytest.mark.parametrize("status", ["404", "400"])
def test_a_handle_id_the_contact_has_not_is_an_unknown_reference(
    ada: Body, api: httpx.Client, superchat: Account, status: str
) -> None:
    superchat.quirks["unknown_reference"] = status
    other = named(api, "Max")["handles"][0]
    response = api.patch(ada["url"], json={"handles": [{"id": other["id"], "value": "x@example.com"}]})
    assert response.status_code == int(status)
    assert api.get(ada["url"]).json() == ada


def test_taking_a_handle_of_another_contact_is_a_conflict_and_changes_nothing(
    ada: Body, api: httpx.Client, harness: Sandbox
) -> None:
    events = len(harness.webhooks)
    body = {"first_name": "Changed", "handles": [*ada["handles"], {"value": taken_by_another(api, ada)}]}
    assert api.patch(ada["url"], json=body).status_code == 409
    assert api.get(ada["url"]).json() == ada
    assert len(harness.webhooks) == events


def taken_by_another(api: httpx.Client, contact: Body) -> str:
    for other in api.get("/contacts").json()["results"]:
        for handle in other["handles"]:
            if handle["type"] == "mail" and other["id"] != contact["id"]:
                return str(handle["value"])
    raise AssertionError


@pytest.mark.parametrize("body", [{"first_name": 5}, {"gender": "m"}, {"custom_attributes": [{"id": "ca_no"}]}, [], 5])
def test_a_change_that_makes_no_sense_is_400_and_changes_nothing(ada: Body, api: httpx.Client, body: Any) -> None:
    assert api.patch(ada["url"], json=body).status_code == 400
    assert api.get(ada["url"]).json() == ada


def test_a_change_needs_a_body(ada: Body, api: httpx.Client) -> None:
    assert api.patch(ada["url"]).status_code == 400


# The quirk about keys the schema requires

FULL = {"first_name": None, "last_name": None, "gender": None, "handles": [{"id": None, "value": "ab@example.com"}]}


def test_with_missing_keys_refused_a_full_body_is_taken(api: httpx.Client, superchat: Account) -> None:
    superchat.quirks["missing_contact_keys"] = "refused"
    made = api.post("/contacts", json=FULL)
    assert made.status_code == 200
    assert api.patch(made.json()["url"], json={**FULL, "handles": None}).status_code == 200


@pytest.mark.parametrize("name", ["first_name", "last_name", "gender"])
def test_with_missing_keys_refused_each_name_is_demanded(api: httpx.Client, superchat: Account, name: str) -> None:
    superchat.quirks["missing_contact_keys"] = "refused"
    before = superchat.state
    response = api.post("/contacts", json={key: value for key, value in FULL.items() if key != name})
    assert [item["title"] for item in response.json()["errors"]] == [f"Invalid parameter: {name}"]
    assert (response.status_code, superchat.state) == (400, before)


def test_with_missing_keys_refused_the_id_of_a_handle_is_demanded(api: httpx.Client, superchat: Account) -> None:
    superchat.quirks["missing_contact_keys"] = "refused"
    response = api.post("/contacts", json={**FULL, "handles": [{"value": "ab@example.com"}]})
    assert [item["title"] for item in response.json()["errors"]] == ["Invalid parameter: handles.0.id"]


# Deleting


def test_deleting_answers_the_id(ada: Body, api: httpx.Client) -> None:
    response = api.delete(ada["url"])
    assert (response.status_code, response.json()) == (200, {"id": ada["id"]})


def test_a_deleted_contact_is_gone(ada: Body, api: httpx.Client, superchat: Account) -> None:
    api.delete(ada["url"])
    assert (api.get(ada["url"]).status_code, api.delete(ada["url"]).status_code) == (404, 404)
    assert ada["id"] not in superchat.collection("contacts")


def test_the_handles_of_a_deleted_contact_are_free(ada: Body, api: httpx.Client) -> None:
    api.delete(ada["url"])
    assert api.post("/contacts", json={"handles": [{"value": "ada@example.com"}]}).status_code == 200


def test_a_deleted_contact_leaves_its_conversations(api: httpx.Client) -> None:
    anna = named(api, "Anna")
    conversation = api.get(f"{anna['url']}/conversations").json()["results"][0]
    api.delete(anna["url"])
    assert api.get(conversation["url"]).json() == {**conversation, "contacts": []}
    assert api.get(f"{conversation['url']}/messages").json()["results"]


# Conversations of a contact


def test_the_conversations_of_a_contact_are_those_it_is_in(api: httpx.Client) -> None:
    conversations = api.get("/conversations?limit=100").json()["results"]
    for contact in api.get("/contacts?limit=100").json()["results"]:
        found = api.get(f"{contact['url']}/conversations?limit=100").json()["results"]
        assert found == [each for each in conversations if contact["id"] in [c["id"] for c in each["contacts"]]]


def test_a_contact_that_never_wrote_has_no_conversations(ada: Body, api: httpx.Client) -> None:
    assert api.get(f"{ada['url']}/conversations").json()["results"] == []


# Events


def test_a_new_contact_is_an_event_with_the_whole_contact(ada: Body, harness: Sandbox) -> None:
    (event,) = harness.webhooks.events("contact_created")
    assert event.payload == {"id": event.id, "event": "contact_created", "contact": ada}
    assert event.id.startswith("pe_")


def test_a_changed_contact_is_an_event_with_the_whole_contact(ada: Body, api: httpx.Client, harness: Sandbox) -> None:
    changed = api.patch(ada["url"], json={"first_name": "Augusta"}).json()
    (event,) = harness.webhooks.events("contact_updated")
    assert event.payload == {"id": event.id, "event": "contact_updated", "contact": changed}


def test_a_deleted_contact_is_an_event_with_its_id(ada: Body, api: httpx.Client, harness: Sandbox) -> None:
    api.delete(ada["url"])
    (event,) = harness.webhooks.events("contact_deleted")
    assert event.payload == {"id": event.id, "event": "contact_deleted", "contact": {"id": ada["id"]}}


def test_an_event_goes_to_those_who_subscribed_to_it(ada: Body, harness: Sandbox) -> None:
    (event,) = harness.webhooks.events("contact_created")
    assert [delivery.target_url for delivery in event.deliveries] == ["https://hooks.example.com/superchat"]


def _subscribe(api: httpx.Client, *filters: Body) -> str:
    body = {
        "target_url": "https://crm.example.com",
        "events": [{"type": "contact_updated", "filters": list(filters)}],
    }
    return str(api.post("/webhooks", json=body).json()["id"])


@pytest.mark.parametrize(
    ("change", "passes"),
    [
        ({"first_name": "Augusta"}, {"default": True, "custom": False}),
        ({"last_name": "King"}, {"default": False, "custom": False}),
        ({"first_name": "Ada"}, {"default": False, "custom": False}),
        ({"custom_attributes": []}, {"default": False, "custom": True}),
        ({"handles": [{"value": "only@example.com"}]}, {"default": False, "custom": False}),
        ({"first_name": "Augusta", "custom_attributes": []}, {"default": True, "custom": True}),
    ],
    ids=str,
)
def test_attribute_filters_let_through_what_changed(
    ada: Body, api: httpx.Client, harness: Sandbox, change: Body, passes: dict[str, bool]
) -> None:
    hooks = {
        "default": _subscribe(api, {"type": "default_attribute", "attributes": ["first_name", "gender"]}),
        "custom": _subscribe(api, {"type": "custom_attribute", "ids": [attribute(api, "Kundennummer")]}),
    }
    api.patch(ada["url"], json=change)
    (event,) = harness.webhooks.events("contact_updated")
    reached = {delivery.subscription for delivery in event.deliveries}
    assert {name: hook in reached for name, hook in hooks.items()} == passes


def test_a_subscription_without_filters_gets_every_change(ada: Body, api: httpx.Client, harness: Sandbox) -> None:
    hook = _subscribe(api)
    api.patch(ada["url"], json={"handles": [{"value": "only@example.com"}]})
    (event,) = harness.webhooks.events("contact_updated")
    assert hook in [delivery.subscription for delivery in event.deliveries]


# Ids under the quirk


@pytest.mark.harness(quirks={"superchat": {"contact_id_prefix": "co"}})
def test_all_contact_ids_begin_with_co_under_the_quirk(ada: Body, api: httpx.Client) -> None:
    assert {each["id"][:3] for each in api.get("/contacts?limit=100").json()["results"]} == {"co_"}
    conversations = api.get("/conversations?limit=100").json()["results"]
    assert {contact["id"][:3] for each in conversations for contact in each["contacts"]} == {"co_"}
