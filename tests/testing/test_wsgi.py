"""The fakes as a WSGI application and as a handler of pytest-httpserver."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from wsgiref.validate import validator

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug.test import Client

import harness
from harness.testing.wsgi import application


@pytest.fixture
def account(server: harness.Server) -> Iterator[harness.Account]:
    with server.sandbox() as sandbox:
        yield sandbox.notebook


@pytest.fixture
def client(account: harness.Account) -> Client:
    return Client(account.wsgi())


def test_a_request_by_prefix_is_answered_as_by_the_server(client: Client, account: harness.Account) -> None:
    answer = client.get("/notebook/v2/notes", headers=account.headers)
    over_network = httpx.get(f"{account.base_url}/notes", headers=account.headers)
    assert (answer.status, answer.data) == ("200 OK", over_network.content)
    assert answer.headers["content-length"] == over_network.headers["content-length"]


def test_a_request_by_host_name_is_answered(client: Client, account: harness.Account) -> None:
    for host in ("notebook.localhost", "api.notebook.example"):
        assert client.get("/v2/notes", base_url=f"http://{host}", headers=account.headers).status_code == 200


def test_a_body_arrives(client: Client, account: harness.Account) -> None:
    answer = client.post("/notebook/v2/notes", json={"title": "größer"}, headers=account.headers)
    assert (answer.status_code, answer.json["title"]) == (201, "größer")  # type: ignore[index]


def test_path_and_query_arrive_encoded(client: Client, account: harness.Account) -> None:
    client.get("/notebook/v2/notes/a%2Fb%20c?tag=x&tag=y&q=%C3%A4", headers=account.headers)
    (call,) = account.journal
    assert (call.path, call.query) == ("/v2/notes/a%2Fb%20c", "tag=x&tag=y&q=%C3%A4")


def test_the_answer_to_a_head_has_no_body(client: Client, account: harness.Account) -> None:
    answer = client.head("/notebook/v2/notes", headers=account.headers)
    assert (answer.status_code, answer.data) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


def test_an_answer_of_204_announces_no_length(
    client: Client, account: harness.Account, httpserver: HTTPServer, base: str
) -> None:
    one, other = [note["id"] for note in account.collection("notes")][:2]
    by_wsgi = client.delete(f"/notebook/v2/notes/{one}", headers=account.headers)
    by_handler = httpx.delete(f"{base}/notes/{other}", headers=account.headers)
    assert (by_wsgi.status_code, by_handler.status_code) == (204, 204)
    assert "content-length" not in by_wsgi.headers
    assert "content-length" not in by_handler.headers


def test_links_lead_back_also_where_the_application_is_mounted(client: Client, account: harness.Account) -> None:
    place = {"base_url": "http://here.example/fakes/"}
    link = client.post("/notebook/v2/prints", headers=account.headers, **place).json["url"]  # type: ignore[index, arg-type]
    assert link.startswith("http://here.example/fakes/notebook/v2/sheets/")
    answer = client.get(link.removeprefix("http://here.example/fakes"), **place)  # type: ignore[arg-type]
    assert len(answer.data.splitlines()) == 40


def test_what_has_no_address_is_answered_as_by_the_server(client: Client) -> None:
    assert "control_plane" in client.get("/").json  # type: ignore[operator]
    assert client.get("/nowhere").status_code == 404


def test_it_keeps_to_the_rules_of_wsgi(account: harness.Account) -> None:
    client = Client(validator(application(account)))
    answer = client.get("/notebook/v2/notes", headers=account.headers)
    assert (answer.status_code, len(answer.data) > 100) == (200, True)
    answer.close()


def test_a_sandbox_has_the_same_application(server: harness.Server) -> None:
    with server.sandbox() as sandbox:
        answer = Client(application(sandbox)).get("/notebook/v2/notes", headers=sandbox.notebook.headers)
        assert answer.status_code == 200


def test_sandboxes_on_another_server_are_refused(elsewhere: harness.Server) -> None:
    with elsewhere.sandbox() as sandbox:
        for make in (sandbox.notebook.wsgi, sandbox.notebook.httpserver_handler):
            with pytest.raises(ValueError, match="point the client at base_url"):
                make()


@pytest.fixture
def base(httpserver: HTTPServer, account: harness.Account) -> str:
    """An address of pytest-httpserver behind which the account answers."""
    httpserver.expect_request(re.compile("/notebook/.*")).respond_with_handler(account.httpserver_handler())
    return httpserver.url_for("/notebook/v2")


def test_a_handler_of_httpserver_answers(base: str, account: harness.Account) -> None:
    with httpx.Client(headers=account.headers) as client:
        assert len(client.get(f"{base}/notes").json()["notes"]) == 40
        made = client.post(f"{base}/notes", json={"title": "b"})
        assert (made.status_code, made.json()["title"]) == (201, "b")
        head = client.head(f"{base}/notes")
        assert (head.status_code, head.content) == (200, b"")
        client.get(f"{base}/notes/a%2Fb", params=[("tag", "x"), ("tag", "y")])
        assert (account.journal[-1].path, account.journal[-1].query) == ("/v2/notes/a%2Fb", "tag=x&tag=y")
        link = client.post(f"{base}/prints").json()["url"]
        assert link.startswith(f"{base}/sheets/")
        assert len(client.get(link).text.splitlines()) == 41
    assert httpx.get(f"{base}/notes").status_code == 401


def test_a_handler_adds_no_content_type(httpserver: HTTPServer) -> None:
    with harness.sandbox() as sandbox:
        httpserver.expect_request("/v1.0/me").respond_with_handler(sandbox.superchat.httpserver_handler())
        answer = httpx.get(httpserver.url_for("/v1.0/me"))
    assert (answer.status_code, answer.content) == (401, b"")
    assert "content-type" not in answer.headers


def test_a_handler_may_stand_at_the_providers_own_path(httpserver: HTTPServer, account: harness.Account) -> None:
    httpserver.expect_request(re.compile("/v2/.*")).respond_with_handler(account.httpserver_handler())
    assert httpx.get(httpserver.url_for("/v2/notes"), headers=account.headers).status_code == 200


def test_a_handler_lets_other_expectations_be(httpserver: HTTPServer, base: str, account: harness.Account) -> None:
    httpserver.expect_request("/hook").respond_with_data("mine")
    answers: list[Any] = [httpx.get(httpserver.url_for("/hook")).text, httpx.get(f"{base}/notes").status_code]
    assert answers == ["mine", 401]
