"""Keys: tokens with roles, in which order they are judged, how they are read and revoked."""

from __future__ import annotations

from base64 import urlsafe_b64decode

import httpx
import orjson
import pytest

from harness import Account, Sandbox

READER = ("org.user.customer.read",)


def _with(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _claims(key: str) -> dict[str, object]:
    middle = key.split(".")[1]
    found: dict[str, object] = orjson.loads(urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    return found


def test_a_key_is_a_jwt_that_names_the_machine_user_and_is_recognisable_as_fake(kustomer: Account) -> None:
    claims = _claims(kustomer.api_key)
    assert claims["orgName"] == "fake-harness"
    assert (claims["userType"], claims["roles"], claims["aud"], claims["iss"]) == (
        "machine",
        ["org"],
        "urn:consumer",
        "urn:api",
    )
    assert claims["sub"] == claims["user"]


@pytest.mark.parametrize(
    "given", [{"Authorization": ""}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer x"}]
)
def test_a_request_without_a_key_of_the_organisation_is_unauthorized(given: dict[str, str], api: httpx.Client) -> None:
    answer = api.get("/users/current", headers=given)
    assert answer.status_code == 401
    assert answer.json() == {"errors": [{"status": 401, "code": "unauthorized", "title": "Unauthorized"}]}


def test_a_key_may_do_what_one_of_its_roles_allows(kustomer: Account, api: httpx.Client) -> None:
    key = kustomer.issue_key(roles=READER)
    assert api.get("/customers", headers=_with(key)).status_code == 200
    answer = api.post("/customers", headers=_with(key), json={})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "forbidden")


def test_a_role_covers_those_below_it_but_not_those_that_only_begin_alike(kustomer: Account, api: httpx.Client) -> None:
    assert api.get("/customers", headers=_with(kustomer.issue_key(roles=("org.user",)))).status_code == 200
    assert api.get("/customers", headers=_with(kustomer.issue_key(roles=("org.use",)))).status_code == 403


@pytest.mark.harness(quirks={"kustomer": {"missing_role_status": "401"}})
def test_a_missing_role_counts_as_unauthorized_under_the_quirk(kustomer: Account, api: httpx.Client) -> None:
    assert api.get("/teams", headers=_with(kustomer.issue_key(roles=READER))).status_code == 401


def test_a_missing_role_is_told_before_a_full_quota_and_that_before_a_wrong_body(
    kustomer: Account, api: httpx.Client
) -> None:
    key = kustomer.issue_key(roles=READER)
    kustomer.quotas["requests"].remaining = 0
    assert api.post("/customers", headers=_with(key), json={"name": 5}).status_code == 403
    assert api.post("/customers", json={"name": 5}).status_code == 429


def test_tracking_needs_its_own_role(kustomer: Account, api: httpx.Client) -> None:
    key = kustomer.issue_key(roles=("org.tracking",))
    assert api.get("/customers", headers=_with(key)).status_code == 403
    assert api.get("/auth/tokens/current", headers=_with(key)).status_code == 200


def test_a_key_reads_its_own_token_whatever_its_roles(kustomer: Account, api: httpx.Client) -> None:
    key = kustomer.issue_key(roles=())
    token = api.get("/auth/tokens/current", headers=_with(key)).json()["data"]
    assert (token["id"], token["attributes"]["roles"]) == (_claims(key)["id"], [])


def test_all_keys_are_listed_and_none_is_shown(kustomer: Account, api: httpx.Client) -> None:
    key = kustomer.issue_key(roles=READER)
    answer = api.get("/auth/tokens")
    assert [each["attributes"]["roles"] for each in answer.json()["data"]] in (
        [["org"], [*READER]],
        [[*READER], ["org"]],
    )
    assert key not in answer.text


def test_a_revoked_token_opens_nothing_more(kustomer: Account, api: httpx.Client) -> None:
    key = kustomer.issue_key()
    id = _claims(key)["id"]
    assert api.delete(f"/auth/tokens/{id}").status_code == 204
    assert api.get("/users/current", headers=_with(key)).status_code == 401
    assert api.get(f"/auth/tokens/{id}").status_code == 404


def test_a_person_signs_in_and_acts_in_their_own_name_for_a_day(
    harness: Sandbox, kustomer: Account, api: httpx.Client
) -> None:
    person = {"name": "Ann", "email": "ann@example.com", "roles": ["org.admin", "org.user"]}
    user = api.post("/users", json=person).json()["data"]["id"]
    answer = api.post("/auth/tokens", json={"email": "Ann@example.com", "password": "secret"})
    assert answer.json()["data"]["relationships"]["user"]["data"]["id"] == user
    key = answer.cookies["token"]
    me = api.get("/users/current", headers=_with(key)).json()["data"]
    assert (me["id"], "firstLoginAt" in me["attributes"]) == (user, True)
    created = api.post("/teams", headers=_with(key), json={"name": "Night"}).json()["data"]
    assert created["relationships"]["createdBy"]["data"]["id"] == user
    harness.clock.advance("24h")
    late = api.get("/users/current", headers=_with(key))
    assert (late.status_code, late.json()["errors"][0]["title"]) == (401, "Expired token")


def test_a_stranger_does_not_sign_in(api: httpx.Client) -> None:
    answer = api.post("/auth/tokens", json={"email": "nobody@example.com", "password": "secret"})
    assert answer.status_code == 401


@pytest.mark.harness(quirks={"kustomer": {"region": "eu"}})
def test_a_key_sent_to_the_host_of_another_region_is_refused(kustomer: Account) -> None:
    with kustomer.intercept():
        here = httpx.get("https://api.prod2.kustomerapp.com/v1/users/current", headers=kustomer.headers)
        there = httpx.get("https://api.kustomerapp.com/v1/users/current", headers=kustomer.headers)
    assert (here.status_code, there.status_code) == (200, 401)


@pytest.mark.harness(quirks={"kustomer": {"region": "eu"}})
def test_the_host_of_an_organisation_is_of_no_region(kustomer: Account) -> None:
    with kustomer.intercept():
        answer = httpx.get("https://tidewick.api.kustomerapp.com/v1/users/current", headers=kustomer.headers)
    assert answer.status_code == 200


def test_tokens_are_listed_in_the_order_of_lists(kustomer: Account, harness: Sandbox, api: httpx.Client) -> None:
    api.post("/users", json={"name": "Ann", "email": "ann@example.com"})
    for _ in range(2):
        harness.clock.advance("1m")
        assert api.post("/auth/tokens", json={"email": "ann@example.com", "password": "x"}).status_code == 201
    ids = [each["id"] for each in api.get("/auth/tokens").json()["data"]]
    kustomer.quirks["list_order"] = "newest"
    assert [each["id"] for each in api.get("/auth/tokens").json()["data"]] == ids[::-1]
    assert len(ids) == 3
