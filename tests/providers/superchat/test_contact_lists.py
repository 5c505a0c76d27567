"""Contact lists, and who is on them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from harness import Account

Body = dict[str, Any]


def listed(api: httpx.Client, name: str) -> Body:
    results: list[Body] = api.get("/contact-lists").json()["results"]
    return next(each for each in results if each["name"] == name)


@pytest.fixture
def empty(api: httpx.Client) -> Body:
    """A list nobody is on."""
    return listed(api, "Warteliste Polaris 4")


@pytest.fixture
def ada(api: httpx.Client) -> Body:
    """A contact on no list."""
    made: Body = api.post("/contacts", json={"first_name": "Ada", "handles": [{"value": "a@example.com"}]}).json()
    return made


def members(api: httpx.Client, contact_list: Body) -> list[Body]:
    results: list[Body] = api.get(f"{contact_list['url']}/contacts?limit=100").json()["results"]
    return results


def test_a_list_is_its_id_name_and_url(api: httpx.Client, empty: Body) -> None:
    assert empty == {"id": empty["id"], "name": "Warteliste Polaris 4", "url": f"/contact-lists/{empty['id']}"}
    assert api.get(empty["url"]).json() == empty


@pytest.mark.parametrize("path", ["/contact-lists/cl_nobody", "/contact-lists/cl_nobody/contacts"])
def test_an_unknown_list_is_404(api: httpx.Client, path: str) -> None:
    response = api.get(path)
    assert response.status_code == 404
    assert response.json()["errors"][0]["title"] == "Contact list not found"


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PATCH", "/{id}"), ("PUT", "/{id}"), ("DELETE", "/{id}")])
def test_lists_themselves_cannot_be_written(
    api: httpx.Client, superchat: Account, empty: Body, method: str, path: str
) -> None:
    before = superchat.state
    response = api.request(method, "/contact-lists" + path.format(**empty), json={"name": "x"})
    assert (response.status_code, superchat.state) == (405, before)


def test_the_members_are_whole_contacts_newest_first(api: httpx.Client) -> None:
    found = members(api, listed(api, "Produkttester"))
    assert [each["first_name"] for each in found] == ["Maya", "Max"]
    assert [api.get(each["url"]).json() for each in found] == found


def test_a_list_may_have_no_members(api: httpx.Client, empty: Body) -> None:
    assert members(api, empty) == []


def test_the_lists_of_a_contact_are_those_it_is_on(api: httpx.Client) -> None:
    (maya, _) = members(api, listed(api, "Produkttester"))
    results = api.get(f"{maya['url']}/contact-lists").json()["results"]
    assert {each["name"] for each in results} == {"Newsletter", "Produkttester"}


def test_adding_answers_the_list(api: httpx.Client, ada: Body, empty: Body) -> None:
    response = api.post(f"{ada['url']}/contact-lists", json={"id": empty["id"]})
    assert (response.status_code, response.json()) == (200, empty)


def test_adding_is_seen_from_both_sides(api: httpx.Client, ada: Body, empty: Body) -> None:
    api.post(f"{ada['url']}/contact-lists", json={"id": empty["id"]})
    assert api.get(f"{ada['url']}/contact-lists").json()["results"] == [empty]
    assert api.get(f"{ada['url']}/contact-lists/{empty['id']}").json() == empty
    assert members(api, empty) == [ada]


def test_adding_again_is_a_conflict(api: httpx.Client, ada: Body, empty: Body) -> None:
    api.post(f"{ada['url']}/contact-lists", json={"id": empty["id"]})
    response = api.post(f"{ada['url']}/contact-lists", json={"id": empty["id"]})
    assert response.status_code == 409
    assert response.json()["errors"][0]["title"] == "Contact is already on the list"
    assert members(api, empty) == [ada]


def test_adding_again_is_a_success_under_the_quirk(
    api: httpx.Client, superchat: Account, ada: Body, empty: Body
) -> None:
    superchat.quirks["list_membership_repeat"] = "200"
    answers = [api.post(f"{ada['url']}/contact-lists", json={"id": empty["id"]}) for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, empty)] * 2
    assert members(api, empty) == [ada]


@pytest.mark.parametrize("body", [{}, {"id": None}, {"id": 5}, {"contact_list_id": "cl_1"}, []], ids=str)
def test_adding_to_nothing_is_400(api: httpx.Client, ada: Body, body: Any) -> None:
    assert api.post(f"{ada['url']}/contact-lists", json=body).status_code == 400


@pytest.mark.parametrize("status", ["404", "400"])
def test_adding_to_an_unknown_list_is_an_unknown_reference(
    api: httpx.Client, superchat: Account, ada: Body, status: str
) -> None:
    superchat.quirks["unknown_reference"] = status
    response = api.post(f"{ada['url']}/contact-lists", json={"id": "cl_nobody"})
    assert response.status_code == int(status)
    assert api.get(f"{ada['url']}/contact-lists").json()["results"] == []


def test_removing_answers_the_id_of_the_list(api: httpx.Client, ada: Body, empty: Body) -> None:
    api.post(f"{ada['url']}/contact-lists", json={"id": empty["id"]})
    response = api.delete(f"{ada['url']}/contact-lists/{empty['id']}")
    assert (response.status_code, response.json()) == (200, {"id": empty["id"]})
    assert members(api, empty) == []


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_list_the_contact_is_not_on_is_404(api: httpx.Client, ada: Body, empty: Body, method: str) -> None:
    assert api.request(method, f"{ada['url']}/contact-lists/{empty['id']}").status_code == 404
    assert api.get(empty["url"]).status_code == 200


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_unknown_list_of_a_contact_is_404(api: httpx.Client, ada: Body, method: str) -> None:
    assert api.request(method, f"{ada['url']}/contact-lists/cl_nobody").status_code == 404


def test_a_deleted_contact_is_on_no_list(api: httpx.Client, ada: Body, empty: Body) -> None:
    api.post(f"{ada['url']}/contact-lists", json={"id": empty["id"]})
    api.delete(ada["url"])
    assert members(api, empty) == []


def test_a_change_of_the_contact_leaves_its_lists(api: httpx.Client, ada: Body, empty: Body) -> None:
    api.post(f"{ada['url']}/contact-lists", json={"id": empty["id"]})
    changed = api.patch(ada["url"], json={"first_name": "Augusta"}).json()
    assert members(api, empty) == [changed]


@pytest.mark.parametrize("id", ["cl_nobody", None])
def test_the_members_are_404_where_the_operation_is_gone(
    api: httpx.Client, superchat: Account, empty: Body, id: str | None
) -> None:
    superchat.quirks["contact_list_contacts"] = "gone"
    response = api.get(f"/contact-lists/{id or empty['id']}/contacts")
    assert response.status_code == 404
    assert response.json()["errors"][0]["title"] == "Resource not found"
