"""The client's proxy and free paths: the provider's own, nothing added."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import harness as package
from harness.unified import Download, UnifiedClient, UnifiedError

Connect = Callable[..., UnifiedClient]


@pytest.fixture
def client(connect: Connect) -> UnifiedClient:
    return connect()


@pytest.fixture
def superchat() -> Iterator[package.Account]:
    with package.sandbox() as sandbox:
        yield sandbox.superchat


def test_a_list_is_a_page_of_the_providers_own_records(client: UnifiedClient, desk: Any) -> None:
    page = client.proxy.people.list(limit=2, role=["a", "b"], remote_query={"limit_of": "x"})
    assert page.result == [{"id": id, "name": f"Person {id}", "created": "2026-01-15T09:00:00Z"} for id in (15, 14)]
    assert (page.next_cursor, page.result_count) == ("14", 2)
    assert desk.lines == ["GET /v1/people?role=a&role=b&limit_of=x&limit=2"]


def test_one_record_is_given_as_it_is(client: UnifiedClient) -> None:
    assert client.proxy.people.get("3") == {"id": 3, "name": "Person 3", "created": "2026-01-15T09:00:00Z"}


def test_bodies_go_through_as_they_are(client: UnifiedClient, desk: Any) -> None:
    assert client.proxy.people.create({"nick": "A", "tags": ()}, notify=True)["nick"] == "A"
    assert client.proxy.people.update("3", {"nick": None})["nick"] is None
    assert client.proxy.people.delete("3") is None
    assert [(line, each.content) for line, each in zip(desk.lines, desk.asked, strict=True)] == [
        ("POST /v1/people?notify=true", b'{"nick":"A","tags":[]}'),
        ("PATCH /v1/people/3", b'{"nick":null}'),
        ("DELETE /v1/people/3", b""),
    ]


def test_custom_methods_are_attributes(client: UnifiedClient, desk: Any) -> None:
    assert client.proxy.people.merge({"with": 4}, id="3")["with"] == 4
    assert desk.lines == ["POST /v1/people/3/merge"]


def test_names_that_are_no_attributes_are_given_as_texts(client: UnifiedClient) -> None:
    assert client.proxy["people"].get("3") == client.proxy("people").get("3") == client.proxy.people.get("3")


def test_unknown_names_tell_the_nearest_and_nothing_is_sent(client: UnifiedClient, desk: Any) -> None:
    with pytest.raises(AttributeError, match="unknown proxy resource of desk 'peple': did you mean 'people'"):
        _ = client.proxy.peple
    with pytest.raises(UnifiedError, match="unknown proxy resource of desk 'People': did you mean 'people'"):
        client.proxy("People")
    with pytest.raises(AttributeError, match="unknown method of people 'marge': did you mean 'merge'"):
        client.proxy.people.marge({})
    with pytest.raises(UnifiedError, match=r"no proxy method uploads\.get") as failure:
        client.proxy.uploads.get("up-1")
    assert failure.value.__notes__ == ["perhaps meant: uploads.create, uploads.content"]
    assert desk.asked == []


def test_a_missing_id_or_parameter_is_named(client: UnifiedClient, desk: Any) -> None:
    with pytest.raises(UnifiedError, match=r"people\.get needs the id of the people record"):
        client.proxy.people.get()
    with pytest.raises(UnifiedError, match=r"uploads\.content needs the query parameter 'upload_id'"):
        client.proxy.uploads.content()
    assert desk.asked == []


@pytest.mark.parametrize("file", [b"hello", "hello", io.BytesIO(b"hello"), ("other.txt", io.BytesIO(b"hello"))])
def test_files_are_sent_as_a_form(client: UnifiedClient, desk: Any, file: Any) -> None:
    assert client.proxy.uploads.create({"folder": "a"}, files={"file": file})["id"] == "up-1"
    sent = desk.asked[0]
    assert sent.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="folder"\r\n\r\na\r\n' in sent.content
    name = b"other.txt" if isinstance(file, tuple) else b"file"
    assert b'name="file"; filename="' + name + b'"' in sent.content
    assert b"\r\n\r\nhello\r\n" in sent.content


def test_an_open_file_brings_its_name(client: UnifiedClient, desk: Any, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")
    with (tmp_path / "photo.png").open("rb") as file:
        client.proxy.uploads.create(files={"file": file})
    assert b'filename="photo.png"\r\nContent-Type: image/png' in desk.asked[0].content


def test_a_form_that_is_sent_as_json_is_refused(client: UnifiedClient, desk: Any) -> None:
    with pytest.raises(UnifiedError, match="takes a form"):
        client.proxy.uploads.create({"file": "hello"})
    assert desk.asked == []


def test_content_is_sent_as_it_is(client: UnifiedClient, desk: Any) -> None:
    client.proxy.uploads.create(content=b"hello", content_type="text/plain")
    assert (desk.asked[0].headers["content-type"], desk.asked[0].content) == ("text/plain", b"hello")


def test_bytes_come_with_their_content_type(client: UnifiedClient, desk: Any) -> None:
    found = client.proxy.uploads.content(upload_id="up-1")
    assert isinstance(found, Download)
    assert (found.content, found.content_type, found.headers["x-name"]) == (b"{}\n", "application/json", "a")
    assert desk.lines == ["GET /v1/uploads/up-1/content"]


def test_a_redirect_is_not_followed(client: UnifiedClient, desk: Any) -> None:
    desk.first += [httpx.Response(302, headers={"location": "https://files.example.com/1"})] * 2
    with pytest.raises(UnifiedError, match="redirects to https://files"):
        client.proxy.uploads.content(upload_id="up-1")
    with pytest.raises(UnifiedError, match="a redirect to https://files"):
        client.proxy.people.get("3")
    assert len(desk.asked) == 2


def test_parameters_may_have_the_names_of_options(client: UnifiedClient, desk: Any) -> None:
    client.proxy.people.get("3", content="full", files=2, body="none")
    assert desk.lines == ["GET /v1/people/3?content=full&files=2&body=none"]


def test_formats_give_what_the_api_gives(client: UnifiedClient) -> None:
    raw: Any = client.proxy.people.list(limit=1, truto_response_format="raw")
    assert (raw["people"][0]["id"], raw["next"]) == (15, "15")
    debug: Any = client.proxy.people.list(limit=1, truto_response_format="debug")
    assert debug["result"][0]["id"] == 15
    assert debug["debug"]["requestOptions"]["headers"]["x-key"] == "***"


def test_the_providers_error_is_raised(client: UnifiedClient) -> None:
    with pytest.raises(UnifiedError, match="nobody is 99") as failure:
        client.proxy.people.get("99")
    assert (failure.value.status, failure.value.raw_response) == (404, {"message": "nobody is 99"})


def test_a_list_without_records_says_where_it_looked(client: UnifiedClient, desk: Any) -> None:
    desk.first.append(httpx.Response(200, json={"persons": []}))
    with pytest.raises(UnifiedError, match="answered without a list at 'people'"):
        client.proxy.people.list()


def test_free_paths_give_the_providers_own_body(client: UnifiedClient, desk: Any) -> None:
    assert client.custom("GET", "/people", query={"limit": 1, "after": 3})["people"][0]["id"] == 2
    assert client.custom("patch", "people/3", body={"nick": "A"})["nick"] == "A"
    assert client.custom("DELETE", "/people/3") is None
    found = client.custom("GET", "/uploads/up-1/content")
    assert found == {}
    desk.first.append(httpx.Response(200, content=b"\x00", headers={"content-type": "image/x"}))
    assert client.custom("GET", "/picture").content_type == "image/x"
    assert desk.lines[:3] == ["GET /v1/people?limit=1&after=3", "PATCH /v1/people/3", "DELETE /v1/people/3"]


@pytest.mark.parametrize("path", ["/../secrets", "/people/..%2f..", "/a/./b"])
def test_a_free_path_does_not_leave_the_providers_api(client: UnifiedClient, desk: Any, path: str) -> None:
    with pytest.raises(UnifiedError, match="leads out of the provider's API"):
        client.custom("GET", path)
    assert desk.asked == []


def test_superchats_files_go_up_and_come_down(superchat: package.Account) -> None:
    files = superchat.unified.proxy.files
    made = files.create(files={"file": ("hello.txt", b"hello", "text/plain")})
    assert files.get(made["id"])["name"] == "hello.txt"
    assert made["id"] in {each["id"] for each in files.list(limit=2)}
    assert files.delete(made["id"]) == {"id": made["id"]}
    with pytest.raises(UnifiedError, match="404"):
        files.get(made["id"])


def test_superchats_nested_resources_take_their_parents_id(superchat: package.Account) -> None:
    proxy = superchat.unified.proxy
    conversation = proxy.conversations.list(limit=1).result[0]["id"]
    note = proxy.notes.create({"content": "by proxy"}, conversation_id=conversation)
    assert note["content"] == "by proxy"
    assert note["id"] in {each["id"] for each in proxy("notes").list(conversation_id=conversation, limit=1)}
    assert superchat.journal.calls("notes.create")[-1].status in (200, 201)


def test_superchats_search_is_a_list(superchat: package.Account) -> None:
    proxy = superchat.unified.proxy
    mail = "nele.frisch@example.org"
    found = proxy.search_contacts.list(field="mail", value=mail)
    assert [each["first_name"] for each in found] == ["Nele"]
    condition = {"query": {"value": [{"field": "mail", "operator": "=", "value": mail}]}}
    assert [each["first_name"] for each in proxy.search_contacts.list(body=condition)] == ["Nele"]
    assert proxy.me.list().result == [superchat.unified.custom("GET", "/me")]
