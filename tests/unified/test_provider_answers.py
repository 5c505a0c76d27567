"""What a provider may answer, and what of it becomes a record, a page or an error that says what was wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from harness.unified import ConfigurationError, Integration, UnifiedClient, UnifiedError

Connect = Callable[..., UnifiedClient]


@pytest.fixture
def client(connect: Connect) -> UnifiedClient:
    return connect()


def answered(desk: Any, status: int = 200, **answer: Any) -> None:
    """The desk answers so once."""
    desk.first.append(httpx.Response(status, **answer))


LISTS: list[Callable[[UnifiedClient], Any]] = [
    lambda client: client.ticketing.contacts.list(),
    lambda client: client.proxy.people.list(),
]


@pytest.mark.parametrize("ask", LISTS)
@pytest.mark.parametrize("body", [{}, {"people": None}, [], 7])
def test_an_answer_without_a_list_is_an_error_and_no_empty_page(
    client: UnifiedClient, desk: Any, ask: Callable[[UnifiedClient], Any], body: Any
) -> None:
    answered(desk, json=body)
    with pytest.raises(UnifiedError, match="people answered without a list at 'people'") as failure:
        ask(client)
    assert failure.value.status == 502


@pytest.mark.parametrize("ask", LISTS)
def test_an_empty_answer_is_an_error_and_no_empty_page(
    client: UnifiedClient, desk: Any, ask: Callable[[UnifiedClient], Any]
) -> None:
    answered(desk)
    with pytest.raises(UnifiedError, match="200 with no content type where JSON was expected"):
        ask(client)


@pytest.mark.parametrize("ask", LISTS)
def test_no_content_is_a_list_without_records(
    client: UnifiedClient, desk: Any, ask: Callable[[UnifiedClient], Any]
) -> None:
    answered(desk, 204)
    page = ask(client)
    assert (page.result, page.next_cursor, page.result_count) == ([], None, 0)


@pytest.mark.parametrize("status", [200, 204])
def test_a_record_that_is_not_there_is_the_providers_fault_and_not_the_mappings(
    client: UnifiedClient, desk: Any, status: int
) -> None:
    answered(desk, status)
    with pytest.raises(UnifiedError, match="people/3 answered") as failure:
        client.ticketing.contacts.get("3")
    assert failure.value.status == 502


def test_a_null_among_the_records_is_none_of_them(client: UnifiedClient, desk: Any) -> None:
    answered(desk, json={"people": [None, {"id": 3}]})
    page = client.ticketing.contacts.list()
    assert [contact.id for contact in page.result] == ["3"]
    assert page.result_count == 1


def test_a_byte_order_mark_does_no_harm(client: UnifiedClient, desk: Any) -> None:
    answered(desk, content=b'\xef\xbb\xbf{"id": 3}', headers={"content-type": "application/json"})
    assert client.ticketing.contacts.get("3").id == "3"


@pytest.mark.parametrize("ask", LISTS)
def test_a_cursor_that_is_no_text_is_an_error(
    client: UnifiedClient, desk: Any, ask: Callable[[UnifiedClient], Any]
) -> None:
    answered(desk, json={"people": [], "next": {"after": 3}})
    with pytest.raises(UnifiedError, match="a cursor at 'next' that is no text"):
        ask(client)


def test_a_free_path_may_have_anything_where_a_list_has_its_cursor(client: UnifiedClient, desk: Any) -> None:
    answered(desk, json={"next": {"after": 3}})
    assert client.custom("GET", "/people") == {"next": {"after": 3}}


def test_a_page_of_html_does_not_confirm_a_deletion(client: UnifiedClient, desk: Any) -> None:
    answered(desk, html="<h1>Log in</h1>")
    with pytest.raises(UnifiedError, match="people/3 answered 200 with text/html"):
        client.ticketing.contacts.delete("3")


def test_a_word_confirms_a_deletion(client: UnifiedClient, desk: Any) -> None:
    answered(desk, text="OK")
    assert client.ticketing.contacts.delete("3") == {"id": "3"}


def test_an_answer_that_tells_nothing_is_no_redirect(client: UnifiedClient, desk: Any) -> None:
    answered(desk, 304)
    with pytest.raises(UnifiedError, match="answered 304, which tells nothing"):
        client.proxy.people.get("3")


def test_what_is_no_json_is_not_sent(client: UnifiedClient, desk: Any) -> None:
    with pytest.raises(UnifiedError, match=r"the body of people\.create is no JSON data"):
        client.proxy.people.create({"name": "\ud83d"})
    assert desk.asked == []


def test_no_error_tells_a_key_that_stands_in_the_query(connect: Connect, desk: Any) -> None:
    client = connect(integration_override={"query": {"key": "{{credentials.api_key}}"}})
    answered(desk, html="<h1>Hello</h1>")
    with pytest.raises(UnifiedError) as failure:
        client.ticketing.contacts.list()
    assert "key=secret" in str(desk.asked[0].url)
    assert "secret" not in failure.value.message


def test_the_status_a_mapping_gives_an_error_has_its_own_phrase(connect: Connect, desk: Any) -> None:
    wording = {"message": "'gone'", "status": "404"}
    client = connect(unified_model_override={"ticketing": {"contacts": {"get": {"error_mapping": wording}}}})
    answered(desk, 400, json={"message": "no such id"})
    with pytest.raises(UnifiedError) as failure:
        client.ticketing.contacts.get("3")
    assert failure.value.body["statusCode"] == failure.value.status == 404
    assert failure.value.body["error"] == "Not Found"


def test_what_is_missing_is_an_insight_of_the_unified_api_and_not_of_the_proxy(client: UnifiedClient) -> None:
    with pytest.raises(UnifiedError, match="needs the id") as of_unified:
        client.ticketing.contacts.get("")
    assert of_unified.value.insight["missing_required_query_parameters"]["value"] == ["id"]
    with pytest.raises(UnifiedError, match="needs the id") as of_proxy:
        client.proxy.people.get("")
    assert "truto_error_insight" not in of_proxy.value.body


class TestKeyed:
    def test_records_go_by_a_field_that_is_left_out(self, client: UnifiedClient) -> None:
        page = client.ticketing.contacts.list(limit=2, truto_key_by="id", truto_exclude_fields=["id"])
        assert page.keyed is not None
        assert list(page.keyed) == ["15", "14"]

    @pytest.mark.parametrize(("field", "told"), [("nmae", "did you mean 'name'"), ("emails", "no single value")])
    def test_what_cannot_be_a_key_is_refused(
        self, connect: Connect, integration: Integration, field: str, told: str
    ) -> None:
        mails = {"ticketing": {"contacts": {"list": {"response_mapping": {"emails": "[{'email': 'a@example.org'}]"}}}}}
        with pytest.raises(UnifiedError, match=told) as failure:
            connect(unified_model_override=mails).ticketing.contacts.list(truto_key_by=field)
        assert failure.value.status == 400


class TestFixedRecords:
    """A list that stands in the mapping is paged like any other."""

    @pytest.fixture
    def client(self, connect: Connect) -> UnifiedClient:
        fixed = {"resource": None, "method": None, "response_mapping": "['a', 'b', 'c'].{'id': $}"}
        return connect(unified_model_override={"ticketing": {"contacts": {"*": fixed, "list": {"method": None}}}})

    @pytest.mark.parametrize("limit", [1, 2, 3, 100])
    def test_a_walk_gives_everything_once(self, client: UnifiedClient, desk: Any, limit: int) -> None:
        assert [each.id for each in client.ticketing.contacts.list(limit=limit)] == ["a", "b", "c"]
        assert desk.asked == []

    def test_a_page_tells_its_count_and_its_cursor(self, client: UnifiedClient) -> None:
        page = client.ticketing.contacts.list(limit=2)
        assert (page.result_count, page.next_cursor is None) == (2, False)
        following = client.ticketing.contacts.list(limit=2, next_cursor=page.next_cursor)
        assert (following.result_count, following.next_cursor) == (1, None)

    @pytest.mark.parametrize("cursor", ["0", "3", "x", "-1", "²", "9" * 5000])
    def test_a_cursor_of_no_page_is_refused(self, client: UnifiedClient, cursor: str) -> None:
        with pytest.raises(UnifiedError, match="next_cursor is no cursor of this list") as failure:
            client.ticketing.contacts.list(next_cursor=cursor)
        assert failure.value.status == 400

    def test_no_limit_is_the_whole_list(self, client: UnifiedClient) -> None:
        assert client.ticketing.contacts.list(limit=1, truto_ignore_limit=True).result_count == 3


def test_a_mapping_that_gives_no_object_is_told_with_its_place(connect: Connect) -> None:
    override = {"ticketing": {"contacts": {"get": {"response_mapping": "'text'"}}}}
    with pytest.raises((UnifiedError, ConfigurationError), match=r"contacts\.get\.response_mapping"):
        connect(unified_model_override=override).ticketing.contacts.get("3")
