"""Users, inboxes, labels and channels: what the API only reads."""

from __future__ import annotations

import httpx
import pytest

from harness import Account

PLAIN = ["users", "inboxes", "labels", "channels"]
CHANNELS = {
    "whats_app": "phone_number",
    "sms": "phone_number",
    "mail": "email_address",
    "facebook_messenger": None,
    "instagram": None,
    "live_chat": None,
    "telegram": None,
}


def by(api: httpx.Client, path: str, field: str, value: str) -> dict[str, object]:
    results: list[dict[str, object]] = api.get(path).json()["results"]
    return next(each for each in results if each[field] == value)


@pytest.mark.parametrize("path", PLAIN)
def test_each_is_read_alone_as_in_the_list(api: httpx.Client, path: str) -> None:
    results = api.get(f"/{path}").json()["results"]
    assert results
    assert [api.get(each["url"]).json() for each in results] == results


@pytest.mark.parametrize("path", PLAIN)
def test_an_unknown_id_is_404(api: httpx.Client, path: str) -> None:
    response = api.get(f"/{path}/xx_nobody")
    assert response.status_code == 404
    assert response.json()["errors"][0]["status_code"] == 404


@pytest.mark.parametrize("path", PLAIN)
def test_an_id_of_another_kind_is_404(api: httpx.Client, path: str) -> None:
    contact = api.get("/contacts?limit=1").json()["results"][0]["id"]
    assert api.get(f"/{path}/{contact}").status_code == 404


@pytest.mark.parametrize("path", PLAIN)
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_none_of_them_can_be_written(api: httpx.Client, path: str, method: str) -> None:
    assert api.request(method, f"/{path}", json={"name": "x"}).status_code == 405


@pytest.mark.parametrize(("path", "prefix"), [("users", "us"), ("inboxes", "ib"), ("labels", "lb"), ("channels", "mc")])
def test_ids_are_a_prefix_and_21_letters_and_digits(api: httpx.Client, path: str, prefix: str) -> None:
    for each in api.get(f"/{path}").json()["results"]:
        before, _, rest = each["id"].partition("_")
        assert (before, len(rest), rest.isalnum(), each["url"]) == (prefix, 21, True, f"/{path}/{each['id']}")


def test_a_user_has_its_inboxes(api: httpx.Client) -> None:
    user = by(api, "/users", "first_name", "Tom")
    assert [inbox["name"] for inbox in user["inboxes"]] == ["Werkstatt", "Kundenservice"]  # type: ignore[attr-defined]
    assert user["role"] == "supervisor"


def test_a_user_may_lack_a_last_name_and_a_phone(api: httpx.Client) -> None:
    user = by(api, "/users", "first_name", "Priya")
    assert (user["last_name"], user["phone"]) == (None, None)


def test_me_is_the_administrator_and_the_workspace(api: httpx.Client) -> None:
    me = api.get("/me").json()
    assert me["user"] == by(api, "/users", "role", "admin")
    assert me["workspace"] == {"name": "The support desk of a camping shop"}


def test_an_inbox_has_its_users(api: httpx.Client) -> None:
    inbox = by(api, "/inboxes", "name", "Werkstatt")
    emails = [user["email"] for user in inbox["users"]]  # type: ignore[attr-defined]
    assert emails == ["tom.becker@example.com", "jonas.weiss@example.com"]


def test_labels_are_the_tags_of_the_world(api: httpx.Client) -> None:
    names = {label["name"] for label in api.get("/labels").json()["results"]}
    assert {"dringend", "Größenberatung"} <= names


def test_a_label_has_three_fields(api: httpx.Client) -> None:
    assert set(api.get("/labels").json()["results"][0]) == {"id", "name", "url"}


def test_there_is_a_channel_of_every_usual_type(api: httpx.Client) -> None:
    assert {channel["type"] for channel in api.get("/channels").json()["results"]} == set(CHANNELS)


@pytest.mark.parametrize(("type", "address"), CHANNELS.items())
def test_a_channel_shows_the_address_its_type_has(api: httpx.Client, type: str, address: str | None) -> None:
    channel = by(api, "/channels", "type", type)
    assert {"phone_number", "email_address"} & channel.keys() == ({address} if address else set())
    assert api.get(channel["inbox"]["url"]).json()["name"] == channel["inbox"]["name"]  # type: ignore[index]


def test_whats_app_channels_have_a_business_account_and_others_have_none(api: httpx.Client) -> None:
    for channel in api.get("/channels").json()["results"]:
        account = channel["whats_app_business_account_id"]
        assert account.startswith("waba_") if channel["type"] == "whats_app" else account is None


def test_what_is_seeded_is_read_at_once(api: httpx.Client, superchat: Account) -> None:
    superchat.seed(tags=[{"key": "neu", "name": "Neu ✨", "created": "-1s"}])
    assert api.get("/labels?limit=1").json()["results"][0]["name"] == "Neu ✨"


@pytest.mark.harness(world="empty")
def test_an_empty_workspace_still_has_somebody_to_be(api: httpx.Client) -> None:
    assert api.get("/me").status_code == 200
    assert api.get("/contacts").json()["results"] == []
