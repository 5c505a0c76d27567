"""The sync client: names, parameters, bodies, answers and errors."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from harness.unified import (
    ConfigurationError,
    Download,
    IntegratedAccount,
    Integration,
    RateLimit,
    Raw,
    UnifiedClient,
    UnifiedError,
    models,
)
from harness.unified.catalogue import MODELS, STANDARD
from harness.unified.naming import attributes
from harness.unified.schemas.ticketing import Contact, Email

Connect = Callable[..., UnifiedClient]


@pytest.fixture
def client(connect: Connect) -> UnifiedClient:
    return connect()


def test_records_are_typed(client: UnifiedClient) -> None:
    contact = client.ticketing.contacts.get("3")
    assert isinstance(contact, Contact)
    assert (contact.id, contact.name) == ("3", "Person 3")
    assert contact.created_at == datetime(2026, 1, 15, 9, tzinfo=UTC)
    assert contact.remote_data == {"id": 3, "name": "Person 3", "created": "2026-01-15T09:00:00Z"}


def test_it_speaks_to_the_real_provider_unless_told_otherwise(connect: Connect, desk: Any) -> None:
    connect().ticketing.contacts.get("3")
    desk.first.append(httpx.Response(200, json={"people": []}))
    connect(base_url="http://127.0.0.1:4000/desk/v1/").ticketing.contacts.list()
    assert [str(each.url).partition("?")[0] for each in desk.asked] == [
        "https://desk.example.com/v1/people/3",
        "http://127.0.0.1:4000/desk/v1/people",
    ]
    assert desk.asked[0].headers["x-key"] == "secret"


def test_credentials_may_be_given_by_name(connect: Connect, desk: Any) -> None:
    connect(api_key=None, credentials={"api_key": "secret"}).ticketing.contacts.get("3")
    assert desk.asked[0].headers["x-key"] == "secret"
    with pytest.raises(ConfigurationError, match="the credential 'api_key' is missing"):
        connect(api_key=None)


def test_the_repr_keeps_the_key_to_itself(client: UnifiedClient) -> None:
    assert repr(client) == "<UnifiedClient of desk at https://desk.example.com/v1>"


@pytest.mark.parametrize("kind", ["Sync", "Async"])
@pytest.mark.parametrize("model", MODELS)
def test_the_typed_attributes_are_those_of_the_catalogue(model: str, kind: str) -> None:
    name = "".join(word.capitalize() for word in model.split("-"))
    holder = getattr(models, name if kind == "Sync" else f"Async{name}")
    assert holder.name == model
    assert list(holder.__annotations__) == list(MODELS[model])
    for resource in MODELS[model].values():
        record = f"{model.replace('-', '_')}.{resource.record_name}"
        made, _, types = holder.__annotations__[resource.name].partition("[")
        assert record in types
        extra = attributes(method for method in resource.methods if method not in STANDARD)
        assert list(getattr(models, made).__annotations__ if extra else {}) == list(extra)
        assert made == kind or extra


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda client: client.tickting, "unknown unified model 'tickting': did you mean 'ticketing'?"),
        (lambda client: client.ticketing.contcts, "unknown resource of ticketing 'contcts': did you mean 'contacts'?"),
        (lambda client: client.ticketing.contacts.fetch, "unknown method of ticketing.contacts 'fetch'"),
        (lambda client: client.ticketing.contacts.lst, "did you mean 'list'?"),
    ],
)
def test_a_misspelt_name_is_an_attribute_error(client: UnifiedClient, wrong: Any, told: str) -> None:
    with pytest.raises(AttributeError) as failure:
        wrong(client)
    assert told in str(failure.value)


def test_a_method_the_model_does_not_have_is_refused_before_anything_is_sent(client: UnifiedClient, desk: Any) -> None:
    with pytest.raises(
        UnifiedError, match=r"unknown method of ticketing\.ticket_status 'get': valid are list"
    ) as failure:
        client.ticketing.ticket_status.get("open")
    assert (failure.value.status, failure.value.is_remote, desk.asked) == (404, False, [])


def test_what_is_not_mapped_is_refused_with_its_reason_and_a_hint(client: UnifiedClient, desk: Any) -> None:
    with pytest.raises(UnifiedError, match=r"no mapping for ticketing\.tags\.list: the desk has no labels"):
        client.ticketing.tags.list()
    with pytest.raises(UnifiedError) as failure:
        client.ticketing.attachments.get("up-1")
    assert failure.value.__notes__ == ["perhaps meant: create, download"]
    assert desk.asked == []


def test_an_unknown_parameter_is_refused_with_the_nearest(client: UnifiedClient, desk: Any) -> None:
    with pytest.raises(UnifiedError, match="'limt': did you mean 'limit'"):
        client.ticketing.contacts.list(limt=3)
    assert desk.asked == []


@pytest.mark.parametrize(
    ("parameters", "sent"),
    [
        ({"created_at": {"gt": datetime(2026, 1, 1, tzinfo=UTC)}}, "since=2026-01-01T00%3A00%3A00Z"),
        (
            {"created_at": {"gt": datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))}},
            "since=2026-01-01T00%3A00%3A00%2B01%3A00",
        ),
        ({"created_at": {"gt": date(2026, 1, 1)}}, "since=2026-01-01"),
        ({"created_at": {"gt": "2026-01-01T00:00:00"}}, "since=2026-01-01T00%3A00%3A00"),
        ({"emails": [{"email": "a@example.org"}]}, "mail=a%40example.org"),
        ({"emails": ({"email": "a@example.org"},)}, "mail=a%40example.org"),
        ({"emails": [Email(email="a@example.org")]}, "mail=a%40example.org"),
        ({"sort_by": {"first_name": "desc"}}, "order=desc"),
        ({"name": None}, ""),
        ({"remote_query": {"tags": ["a", "b"], "deep": {"x": True}}}, "tags=a&tags=b&deep%5Bx%5D=true"),
        ({"limit": 500}, "limit=100"),
        ({"limit": 5, "truto_ignore_limit": True}, ""),
        ({"next_cursor": ""}, ""),
    ],
)
def test_parameters_are_python_values(client: UnifiedClient, desk: Any, parameters: dict[str, Any], sent: str) -> None:
    client.ticketing.contacts.list(**parameters)
    assert desk.lines == [f"GET /v1/people{'?' if sent else ''}{sent}"]


@pytest.mark.parametrize("id", ["a/b", "a?b", "..", "a b#c"])
def test_an_id_stays_one_segment_of_the_path(client: UnifiedClient, desk: Any, id: str) -> None:
    with pytest.raises(UnifiedError, match="404"):
        client.ticketing.contacts.get(id)
    raw = desk.asked[0].url.raw_path.decode()
    assert raw.startswith("/v1/people/")
    assert raw.count("/") == 3
    assert "?" not in raw


def test_an_empty_id_is_refused(client: UnifiedClient, desk: Any) -> None:
    with pytest.raises(UnifiedError, match="needs the id of the people record"):
        client.ticketing.contacts.get("")
    assert desk.asked == []


@pytest.mark.parametrize(
    ("arguments", "fields"),
    [
        (({"name": "Ada"},), {}),
        ((), {"name": "Ada"}),
        (({"name": "Eve"},), {"name": "Ada"}),
        ((Contact(id="", name="Ada", remote_data={"secret": 1}),), {}),
    ],
)
def test_a_body_is_a_mapping_a_record_or_fields(
    client: UnifiedClient, desk: Any, arguments: Any, fields: dict[str, Any]
) -> None:
    created = client.ticketing.contacts.create(*arguments, emails=[Email(email="a@example.org")], **fields)
    assert (created.name, desk.asked[0].content) == ("Ada", b'{"name":"Ada","mail":"a@example.org"}')


def test_remote_data_in_a_body_is_sent_on_untouched(client: UnifiedClient, desk: Any) -> None:
    client.ticketing.contacts.create(name="Ada", remote_data={"vip": True})
    assert desk.asked[0].content == b'{"name":"Ada","vip":true}'


def test_parameters_of_a_write_stand_apart_from_its_fields(client: UnifiedClient, desk: Any) -> None:
    made = client.ticketing.contacts.create(
        name="Ada",
        truto_ignore_remote_data=True,
        remote_query={"notify": False},
        query={"truto_exclude_fields": ["id"]},
    )
    assert desk.lines == ["POST /v1/people?notify=false"]
    assert made.model_dump(exclude_unset=True) == {"name": "Ada"}


def test_records_are_changed_and_deleted(client: UnifiedClient, desk: Any) -> None:
    assert client.ticketing.contacts.update("3", name="Ada").name == "Ada"
    assert client.ticketing.contacts.delete("3") == {"id": "3"}
    assert desk.lines == ["PATCH /v1/people/3", "DELETE /v1/people/3"]


def test_a_number_is_taken_for_the_text_of_an_id(client: UnifiedClient) -> None:
    number: Any = 3
    assert client.ticketing.contacts.update(number, name="Ada", idempotency_key="k").id == "3"
    assert client.ticketing.contacts.delete(number) == {"id": "3"}


def test_custom_methods_are_attributes(client: UnifiedClient, desk: Any) -> None:
    assert client.ticketing.tickets.import_(name="Ada") == {"made": "1001"}
    assert client.user_directory.groups.remove_user(user_id="3") is None
    assert desk.lines == ["POST /v1/people", "DELETE /v1/people/3"]


def test_bytes_are_a_download(client: UnifiedClient) -> None:
    found = client.ticketing.attachments.download(id="up-1")
    assert isinstance(found, Download)
    assert (found.content, found.content_type, found.headers["x-name"]) == (b"{}\n", "application/json", "a")


def test_a_file_goes_up_as_a_form(client: UnifiedClient, desk: Any) -> None:
    for _ in range(2):
        assert client.ticketing.attachments.create(files={"file": ("a.txt", b"hello", "text/plain")}).id == "up-1"
    sent = desk.asked[0]
    assert b'filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nhello' in sent.content
    assert sent.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert sent.content == desk.asked[1].content


def test_a_body_may_be_bytes(client: UnifiedClient, desk: Any) -> None:
    client.ticketing.contacts.update("3", Raw(b'{"name": "raw"}', "application/json"))
    client.ticketing.contacts.update("3", content='{"name": "raw"}', content_type="application/json")
    assert [each.content for each in desk.asked] == [b'{"name": "raw"}'] * 2


def test_a_body_may_pass_through_unmapped(client: UnifiedClient, desk: Any) -> None:
    client.ticketing.contacts.update("3", {"nick": "A"}, truto_body_passthrough=True)
    assert desk.asked[0].content == b'{"nick":"A"}'


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"content": b"x", "name": "Ada"}, "content= is the whole body"),
        ({"content_type": "text/plain"}, "content_type= says what content= is"),
    ],
)
def test_bodies_that_do_not_go_together_are_refused(client: UnifiedClient, options: Any, told: str) -> None:
    with pytest.raises(TypeError, match=told):
        client.ticketing.contacts.create(**options)


def test_formats_give_what_the_api_gives(client: UnifiedClient) -> None:
    contacts = client.ticketing.contacts
    assert contacts.list(limit=1, truto_response_format="raw")["people"][0]["name"] == "Person 15"
    assert contacts.get("3", truto_response_format="raw")["name"] == "Person 3"
    debug = contacts.list(limit=1, truto_response_format="debug")
    assert debug["result"][0]["name"] == "Person 15"
    assert debug["debug"]["requestUrl"] == "https://desk.example.com/v1/people?limit=1"
    assert "secret" not in str(debug)
    assert contacts.get("3", truto_response_format="debug")["result"]["id"] == "3"
    streamed = contacts.list(limit=2, truto_response_format="stream")
    assert [each.name for each in streamed] == ["Person 15", "Person 14"]
    normalized = contacts.list(limit=1, truto_response_format="normalized")
    assert normalized.result[0].name == "Person 15"


def test_records_may_be_keyed(client: UnifiedClient) -> None:
    page = client.ticketing.contacts.list(limit=2, truto_key_by="name")
    assert page.keyed is not None
    assert {name: each.id for name, each in page.keyed.items()} == {"Person 15": "15", "Person 14": "14"}
    assert client.ticketing.contacts.list(limit=2).keyed is None


def test_a_page_tells_its_place(client: UnifiedClient) -> None:
    page = client.ticketing.contacts.list(limit=2)
    assert (page.next_cursor, page.prev_cursor, page.result_count) == ("14", None, 2)
    assert page.is_partial_response is None


def test_the_providers_error_is_raised(client: UnifiedClient) -> None:
    with pytest.raises(UnifiedError, match="404 Not Found: nobody is 99") as failure:
        client.ticketing.contacts.get("99")
    error = failure.value
    assert (error.status, error.is_remote, error.message) == (404, True, "nobody is 99")
    assert error.raw_response == {"message": "nobody is 99"}


@pytest.mark.parametrize("field", ["raw_response", "details", "both"])
def test_the_providers_body_is_found_wherever_it_stands(connect: Connect, field: str) -> None:
    with pytest.raises(UnifiedError) as failure:
        connect(quirks={"remote_error_field": field}).ticketing.contacts.get("99")
    assert failure.value.raw_response == {"message": "nobody is 99"}


@pytest.mark.parametrize(
    ("happens", "status", "told"),
    [
        (httpx.ConnectError("nobody listens"), 502, "could not be reached at GET https://desk.example.com/v1/people/3"),
        (httpx.ReadTimeout("too slow"), 504, "too slow"),
        (httpx.RemoteProtocolError(""), 502, "RemoteProtocolError"),
        (httpx.Response(301, headers={"location": "https://elsewhere"}), 502, "redirect to https://elsewhere"),
        (httpx.Response(200, html="<h1>Hello</h1>"), 502, "people/3 answered 200 with text/html"),
        (httpx.Response(200, text="{", headers={"content-type": "application/json"}), 502, "is the base URL right?"),
    ],
)
def test_no_proper_answer_is_an_error_that_says_why(
    client: UnifiedClient, desk: Any, happens: Any, status: int, told: str
) -> None:
    desk.first.append(happens)
    with pytest.raises(UnifiedError) as failure:
        client.ticketing.contacts.get("3")
    assert (failure.value.status, failure.value.is_remote) == (status, False)
    assert told in failure.value.message
    assert len(desk.asked) == 1


def test_a_list_that_is_no_json_is_an_error_with_the_address(client: UnifiedClient, desk: Any) -> None:
    desk.first.append(httpx.Response(200, html="<h1>Hello</h1>"))
    with pytest.raises(UnifiedError, match="is the base URL right") as failure:
        client.ticketing.contacts.list()
    assert "https://desk.example.com/v1/people" in str(failure.value)


@pytest.mark.parametrize(
    "base_url", ["https://desk.example.com:99999/v1", "http://[desk", "desk.example.com", "http://d/?a=1"]
)
def test_a_base_url_that_is_none_is_refused(connect: Connect, base_url: str) -> None:
    with pytest.raises(ConfigurationError, match="is none: write such as https://desk"):
        connect(base_url=base_url)


def test_the_rate_limit_is_the_last_one_told(client: UnifiedClient, desk: Any) -> None:
    assert client.rate_limit is None
    told = {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "42", "ratelimit-reset": "1.5"}
    desk.first.append(httpx.Response(200, json={"people": []}, headers=told))
    page = client.ticketing.contacts.list()
    assert page.rate_limit == client.rate_limit == RateLimit(100, 42, 1.5)
    assert client.ticketing.contacts.list().rate_limit is None
    assert client.rate_limit == RateLimit(100, 42, 1.5)
    with pytest.raises(UnifiedError):
        client.ticketing.contacts.get("x")
    assert client.rate_limit == RateLimit(None, 7, None)


def test_a_sandbox_account_is_read_only(connect: Connect, desk: Any) -> None:
    client = connect(is_sandbox=True)
    assert client.ticketing.contacts.get("3").id == "3"
    for write in (
        lambda: client.ticketing.contacts.create(name="Ada"),
        lambda: client.proxy.people.delete("3"),
        lambda: client.custom("POST", "/people", body={}),
    ):
        with pytest.raises(UnifiedError, match="405"):
            write()
    assert len(desk.asked) == 1


def test_overrides_change_mappings_and_integration(connect: Connect, desk: Any) -> None:
    client = connect(
        integration_override={"headers": {"X-More": "yes"}},
        environment_override={
            "ticketing": {"contacts": {"get": {"response_mapping": {"id": "'e'", "details": "'e'"}}}}
        },
        unified_model_override={"ticketing": {"contacts": {"get": {"response_mapping": {"id": "'a'"}}}}},
    )
    contact = client.ticketing.contacts.get("3")
    assert (contact.id, contact.details, desk.asked[0].headers["x-more"]) == ("a", "e", "yes")


def test_a_client_may_be_made_of_an_account(integration: Integration, desk: Any) -> None:
    account = IntegratedAccount.connect(integration, {"api_key": "secret"}, id="acc-1")
    with UnifiedClient.of(account, transport=httpx.MockTransport(desk)) as client:
        assert client.account is account
        assert client.ticketing.contacts.get("3").id == "3"


def test_a_client_of_httpx_that_is_given_is_left_open(connect: Connect, desk: Any) -> None:
    with httpx.Client(transport=httpx.MockTransport(desk), headers={"x-mine": "1"}, follow_redirects=True) as http:
        with connect(transport=None, http=http) as client:
            client.ticketing.contacts.get("3")
            desk.first.append(httpx.Response(302, headers={"location": "/v1/people/4"}))
            with pytest.raises(UnifiedError, match="not followed"):
                client.ticketing.contacts.get("3")
        assert not http.is_closed
    assert desk.asked[0].headers["x-mine"] == "1"
    with pytest.raises(TypeError, match="give transport= and timeout= to it"):
        connect(http=http)


def test_several_threads_may_share_a_client(client: UnifiedClient) -> None:
    found: list[int] = []

    def walk() -> None:
        found.append(len(list(client.ticketing.contacts.list(limit=2))))

    threads = [threading.Thread(target=walk) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [15] * 8


def test_importing_the_client_loads_no_http_library() -> None:
    program = (
        "import sys, harness.unified\n"
        "assert not [name for name in sys.modules if name.startswith('harness.unified.')]\n"
        "harness.unified.UnifiedClient\n"
        "print([name for name in ('httpx', 'pydantic', 'jlens', 'yaml', 'harness.core') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
