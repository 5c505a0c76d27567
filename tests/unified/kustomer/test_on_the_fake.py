"""The unified client, the proxy and the served unified API on the fake, over HTTP in process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from harness.testing.account import Account
from harness.testing.sandbox import Sandbox
from harness.unified import UnifiedClient, UnifiedError
from harness.unified.retry import Retry

ANNA = "anna.schmidt@example.org"


@pytest.fixture
def client(kustomer: Account, unified: Any) -> UnifiedClient:
    """The client that the fixture `unified` is beside `kustomer`."""
    assert unified.provider == "kustomer"
    found: UnifiedClient = unified
    return found


@pytest.fixture
def anna(client: UnifiedClient) -> Any:
    """A contact of the world."""
    [contact] = client.ticketing.contacts.list(emails=[{"email": ANNA}])
    return contact


def operations(kustomer: Account) -> list[str | None]:
    """What the fake was asked, in order."""
    return [each.operation for each in kustomer.journal]


def test_tickets_are_the_conversations_of_the_world(client: UnifiedClient, kustomer: Account) -> None:
    tickets = list(client.ticketing.tickets.list(limit=100))
    assert {ticket.id for ticket in tickets} == {each["id"] for each in kustomer.collection("conversations")}
    assert {ticket.status and ticket.status.name for ticket in tickets} == {"open", "pending", "closed"}


def test_a_list_is_walked_by_its_links_page_after_page(client: UnifiedClient, kustomer: Account) -> None:
    people = list(client.ticketing.contacts.list(limit=9))
    assert len({person.id for person in people}) == len(people) == 40
    asked = [each.query for each in kustomer.journal.calls("customers.list")]
    assert asked == ["pageSize=9", *(f"pageSize=9&page={number}" for number in range(2, 6))]


def test_a_filter_that_the_list_does_not_know_becomes_a_search(anna: Any, kustomer: Account) -> None:
    assert (anna.first_name, anna.last_name) == ("Anna", "Schmidt")
    assert operations(kustomer) == ["search_customers.search"]
    [call] = kustomer.journal.calls("search_customers.search")
    assert call.request.json()["and"] == [{"customer_email": {"equals": ANNA}}]


def test_tickets_by_status_and_tag_are_searched_for(client: UnifiedClient, kustomer: Account) -> None:
    found = list(client.ticketing.tickets.list(status={"id": "snoozed"}))
    assert found
    assert {ticket.status and ticket.status.name for ticket in found} == {"pending"}
    assert set(operations(kustomer)) == {"search_customers.search"}


def test_a_ticket_is_made_answered_and_closed(client: UnifiedClient, anna: Any, kustomer: Account) -> None:
    ticket = client.ticketing.tickets.create(name="Lost glove", contact={"id": anna.id})
    comment = client.ticketing.comments.create(
        ticket={"id": ticket.id}, body="On its way.", remote_data={"channel": "email", "app": "postmark"}
    )
    note = client.ticketing.comments.create(ticket={"id": ticket.id}, body="Second one.", is_internal=True)
    client.ticketing.tickets.update(ticket.id, status={"id": "done"})
    kept = kustomer.collection("conversations").get(ticket.id)
    assert kept is not None
    assert (kept["attributes"]["status"], kept["attributes"]["messageCount"]) == ("done", 1)
    assert [each.id for each in client.ticketing.comments.list(ticket={"id": ticket.id})] == [comment.id]
    [found] = client.ticketing.comments.list(ticket={"id": ticket.id}, is_internal=True)
    assert (found.id, found.body, found.is_internal) == (note.id, "Second one.", True)
    status = client.ticketing.tickets.get(ticket.id).status
    assert status is not None
    assert status.name == "closed"


def test_a_contact_is_made_changed_and_deleted(client: UnifiedClient, kustomer: Account) -> None:
    contact = client.ticketing.contacts.create(first_name="Ida", emails=[{"email": "ida@example.org"}])
    client.ticketing.contacts.update(contact.id, last_name="Berg")
    kept = kustomer.collection("customers").get(contact.id)
    assert kept is not None
    assert kept["attributes"]["name"] == "Ida Berg"
    assert [each["email"] for each in kept["attributes"]["emails"]] == ["ida@example.org"]
    client.ticketing.contacts.delete(contact.id)
    with pytest.raises(UnifiedError) as caught:
        client.ticketing.contacts.get(contact.id)
    assert caught.value.status == 404


def test_an_address_that_is_taken_is_a_conflict_whose_error_comes_whole(client: UnifiedClient) -> None:
    with pytest.raises(UnifiedError) as caught:
        client.ticketing.contacts.create(first_name="Anna", emails=[{"email": ANNA}])
    error = caught.value
    assert (error.status, error.is_remote) == (409, True)
    assert error.raw_response["errors"][0]["status"] == 409
    assert error.body["statusCode"] == 409


def test_a_refused_property_is_told_in_the_unified_form(client: UnifiedClient, kustomer: Account) -> None:
    before = kustomer.state
    with pytest.raises(UnifiedError) as caught:
        client.ticketing.contacts.create(first_name="Ida", custom_fields={"nobodyKnowsStr": "x"})
    assert caught.value.status == 400
    assert caught.value.raw_response["errors"][0]["code"] == "badparam"
    assert kustomer.state == before


def test_a_429_is_waited_out_and_tried_again(client: UnifiedClient, kustomer: Account, harness: Sandbox) -> None:
    kustomer.faults.add("customers.list", effect="rate_limit", retry_after=20, first=1)
    patient = UnifiedClient.of(client.account, transport=kustomer.transport(), retry=Retry(sleep=harness.clock.advance))
    before = harness.clock.now
    assert patient.ticketing.contacts.list(limit=3).result_count == 3
    assert [each.status for each in kustomer.journal.calls("customers.list")] == [429, 200]
    assert (harness.clock.now - before).total_seconds() >= 20


def test_the_proxy_passes_documents_as_they_came(client: UnifiedClient, kustomer: Account) -> None:
    page = client.proxy.teams.list(limit=2)
    with kustomer.client() as direct:
        assert page.result == direct.get("/teams?pageSize=2").json()["data"]
        assert client.proxy.teams.get(page.result[0]["id"]) == direct.get(f"/teams/{page.result[0]['id']}").json()
    assert [team["attributes"]["name"] for team in page] == [
        each["attributes"]["name"] for each in kustomer.collection("teams")
    ]


def test_a_draft_for_each_channel_has_a_tool_of_its_own(client: UnifiedClient, anna: Any, kustomer: Account) -> None:
    client.proxy.email_drafts.create({"channel": "email", "subject": "Your order"}, customer_id=anna.id)
    client.proxy.customer_sms_drafts.create({"channel": "sms", "body": "Your order"}, customer_id=anna.id)
    drafts = client.proxy.customer_drafts.list(customer_id=anna.id)
    assert [draft["attributes"]["channel"] for draft in drafts] == ["email", "sms"]
    assert operations(kustomer)[1:3] == ["customer_drafts.create"] * 2


@pytest.fixture
def served(harness: Sandbox) -> Iterator[tuple[httpx.Client, str]]:
    """The served unified API, and the id of the account that leads to the sandbox's Kustomer."""
    account = harness.account("unified")
    with account.client() as client:
        yield client, account.env["KUSTOMER_ACCOUNT_ID"]


def test_the_served_api_reads_kustomer(kustomer: Account, served: tuple[httpx.Client, str]) -> None:
    api, id = served
    answer = api.get(f"/unified/ticketing/contacts?integrated_account_id={id}&emails[0][email]={ANNA}")
    assert answer.status_code == 200, answer.text
    [contact] = answer.json()["result"]
    assert contact["name"] == "Anna Schmidt"
    assert contact["remote_data"]["type"] == "customer"
    assert operations(kustomer) == ["search_customers.search"]


def test_the_served_api_writes_to_kustomer(kustomer: Account, served: tuple[httpx.Client, str]) -> None:
    api, id = served
    person = api.get(f"/unified/ticketing/contacts?integrated_account_id={id}&limit=1").json()["result"][0]
    made = api.post(
        f"/unified/ticketing/tickets?integrated_account_id={id}",
        json={"name": "Lost glove", "contact": {"id": person["id"]}},
    )
    assert made.status_code == 200, made.text
    kept = kustomer.collection("conversations").get(made.json()["id"])
    assert kept is not None
    assert kept["attributes"]["name"] == "Lost glove"


def test_an_error_of_kustomer_comes_through_the_served_api(served: tuple[httpx.Client, str]) -> None:
    api, id = served
    answer = api.get(f"/unified/ticketing/contacts/65a0000000000000000000ff?integrated_account_id={id}")
    assert answer.status_code == 404
    assert answer.json()["raw_response"]["errors"][0]["code"] == "notfound"
