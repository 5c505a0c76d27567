"""Attachments: announced, uploaded by a signed form, read by links that end."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import orjson
import pytest

from harness import Account, Sandbox
from harness.core.exchange import Refused
from harness.core.unit import Unit
from harness.providers.kustomer.actor import KEY
from harness.providers.kustomer.files import attachments

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]
Within = Callable[[], AbstractContextManager[Unit]]

pytestmark = pytest.mark.harness(world="empty")

NOBODY = "6666c3656dc3d121c605ab1e"
LIMIT = 10_048_576


@pytest.fixture
def browser(kustomer: Account) -> httpx.Client:
    """A client without a key."""
    return httpx.Client(transport=kustomer.transport())


def announce(api: httpx.Client, name: str = "spout.txt", type: str = "text/plain", length: int = 5) -> Body:
    response = api.post("/attachments", json={"name": name, "contentType": type, "contentLength": length})
    assert response.status_code == 201, response.text
    answer: Body = response.json()
    return answer


def upload(
    browser: httpx.Client, answer: Body, content: bytes = b"Hello", changed: Body | None = None
) -> httpx.Response:
    """Send the form; `changed` fields have another value, or (None) are left out."""
    form = answer["meta"]["upload"]
    fields = {name: value for name, value in {**form["fields"], **(changed or {})}.items() if value is not None}
    return browser.post(form["url"], data=fields, files={"file": ("spout.txt", content)})


def read(api: httpx.Client, answer: Body) -> Body:
    found: Body = api.get(f"/attachments/{answer['data']['id']}").json()
    return found


def element(response: httpx.Response, name: str) -> str:
    assert response.headers["content-type"] == "application/xml"
    found = re.search(f"<{name}>(.*?)</{name}>", response.text)
    assert found is not None, response.text
    return found[1]


def trouble(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, element(response, "Code")


def uploaded(api: httpx.Client, browser: httpx.Client, **announced: Any) -> str:
    answer = announce(api, **announced)
    assert upload(browser, answer).status_code == 204
    return str(answer["data"]["id"])


def described(id: str, **more: Any) -> Body:
    return {"_id": id, "name": "spout.txt", "contentType": "text/plain", "contentLength": 5, **more}


def test_a_new_attachment_is_not_uploaded_and_shows_neither_times_nor_context(api: httpx.Client) -> None:
    data = announce(api)["data"]
    assert data["attributes"] == {
        "name": "spout.txt",
        "contentType": "text/plain",
        "contentLength": 5,
        "uploaded": False,
        "redacted": False,
    }
    assert list(data["relationships"]) == ["org"]
    assert data["links"]["self"] == f"/v1/attachments/{data['id']}"


def test_the_form_names_the_file_and_is_signed(api: httpx.Client) -> None:
    answer = announce(api)
    id, fields = answer["data"]["id"], answer["meta"]["upload"]["fields"]
    org = answer["data"]["relationships"]["org"]["data"]["id"]
    assert list(fields) == [
        "key",
        "acl",
        "Content-Type",
        "X-Amz-Meta-Attachment-Id",
        "bucket",
        "X-Amz-Algorithm",
        "X-Amz-Credential",
        "X-Amz-Date",
        "Policy",
        "X-Amz-Signature",
    ]
    assert fields["key"] == f"attachments/{org}/{id}-spout.txt"
    assert (fields["X-Amz-Meta-Attachment-Id"], fields["Content-Type"]) == (id, "text/plain")
    assert orjson.loads(b64decode(fields["Policy"]))["expiration"].startswith("2026-01-15T09:10:00")


@pytest.mark.parametrize("content", [b"", b"Hello", bytes(range(256)), "ü".encode() * 10_000, b"--x\r\n"])
def test_what_was_uploaded_is_downloaded(api: httpx.Client, browser: httpx.Client, content: bytes) -> None:
    answer = announce(api)
    assert upload(browser, answer, content).status_code == 204
    now = read(api, answer)["data"]
    assert now["attributes"]["uploaded"] is True
    response = browser.get(now["links"]["related"])
    assert (response.status_code, response.content) == (200, content)
    assert response.headers["content-type"] == "text/plain"
    assert response.headers["content-disposition"] == 'attachment; filename="spout.txt"'


def test_answers_of_the_storage_are_not_those_of_the_api(api: httpx.Client, browser: httpx.Client) -> None:
    response = upload(browser, announce(api))
    assert "x-kustomer-pod" not in response.headers
    assert "x-ratelimit-limit" not in response.headers


def test_a_name_of_any_letters_survives(api: httpx.Client, browser: httpx.Client) -> None:
    answer = announce(api, name='Krug "ä/ö" 100%.txt')
    assert upload(browser, answer).status_code == 204
    response = browser.get(read(api, answer)["data"]["links"]["related"])
    assert response.text == "Hello"
    assert response.headers["content-disposition"].endswith("Krug%20%22%C3%A4%2F%C3%B6%22%20100%25.txt")


@pytest.mark.parametrize("type", ["bild/ü", "text/plain\r\nx-colour: blue", " "])
def test_a_type_no_header_can_say_is_not_said(api: httpx.Client, browser: httpx.Client, type: str) -> None:
    answer = announce(api, type=type)
    assert upload(browser, answer).status_code == 204
    response = browser.get(answer["data"]["links"]["related"])
    assert response.headers["content-type"] == "binary/octet-stream"
    assert "x-colour" not in response.headers


def test_a_second_upload_takes_the_place_of_the_first(api: httpx.Client, browser: httpx.Client) -> None:
    answer = announce(api)
    upload(browser, answer, b"first")
    upload(browser, answer, b"second")
    assert browser.get(read(api, answer)["data"]["links"]["related"]).text == "second"


def test_the_status_of_an_upload_is_a_quirk(kustomer: Account, api: httpx.Client, browser: httpx.Client) -> None:
    kustomer.quirks.set(upload_status="201")
    answer = announce(api)
    response = upload(browser, answer)
    assert response.status_code == 201
    assert element(response, "Key") == answer["meta"]["upload"]["fields"]["key"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"Policy": None}, (403, "AccessDenied")),
        ({"X-Amz-Signature": None}, (403, "AccessDenied")),
        ({"X-Amz-Signature": "0" * 64}, (403, "SignatureDoesNotMatch")),
        ({"Policy": b64encode(b"{}").decode()}, (403, "SignatureDoesNotMatch")),
        ({"key": "attachments/elsewhere"}, (403, "AccessDenied")),
        ({"key": None}, (403, "AccessDenied")),
        ({"Content-Type": "image/png"}, (403, "AccessDenied")),
        ({"acl": "public-read"}, (403, "AccessDenied")),
        ({"colour": "blue"}, (403, "AccessDenied")),
    ],
)
def test_a_form_that_is_not_the_one_given_out_is_refused(
    api: httpx.Client, browser: httpx.Client, untouched: Untouched, changed: Body, expected: tuple[int, str]
) -> None:
    answer = announce(api)
    with untouched():
        assert trouble(upload(browser, answer, changed=changed)) == expected


def test_a_field_the_storage_ignores_does_no_harm(api: httpx.Client, browser: httpx.Client) -> None:
    assert upload(browser, announce(api), changed={"x-ignore-me": "1"}).status_code == 204


def test_a_form_ends_after_ten_minutes(
    harness: Sandbox, api: httpx.Client, browser: httpx.Client, untouched: Untouched
) -> None:
    answer = announce(api)
    harness.clock.advance(590)
    assert upload(browser, answer).status_code == 204
    harness.clock.advance(10)
    with untouched():
        assert trouble(upload(browser, answer)) == (403, "AccessDenied")


def test_fields_after_the_file_do_not_count(api: httpx.Client, browser: httpx.Client) -> None:
    form = announce(api)["meta"]["upload"]
    parts = [("file", ("spout.txt", b"Hello")), *((name, (None, text)) for name, text in form["fields"].items())]
    assert trouble(browser.post(form["url"], files=parts)) == (403, "AccessDenied")


def test_a_form_without_a_file_is_refused(api: httpx.Client, browser: httpx.Client) -> None:
    form = announce(api)["meta"]["upload"]
    parts = [(name, (None, text)) for name, text in form["fields"].items()]
    assert trouble(browser.post(form["url"], files=parts)) == (400, "InvalidArgument")


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", (412, "PreconditionFailed")),
        ("multipart/form-data; boundary=x", (400, "MalformedPOSTRequest")),
    ],
)
def test_what_is_no_form_is_refused(
    api: httpx.Client, browser: httpx.Client, content_type: str, expected: tuple[int, str]
) -> None:
    url = announce(api)["meta"]["upload"]["url"]
    assert trouble(browser.post(url, content=b"{}", headers={"content-type": content_type})) == expected


def test_the_largest_file_is_taken_and_a_larger_one_is_not(
    api: httpx.Client, browser: httpx.Client, untouched: Untouched
) -> None:
    answer = announce(api)
    with untouched():
        assert trouble(upload(browser, answer, bytes(LIMIT + 1))) == (400, "EntityTooLarge")
    assert upload(browser, answer, bytes(LIMIT)).status_code == 204


def test_an_upload_to_nobodys_address_is_refused(api: httpx.Client, browser: httpx.Client) -> None:
    answer = announce(api)
    answer["meta"]["upload"]["url"] = "http://kustomer.localhost/uploads/" + "0" * 24
    assert trouble(upload(browser, answer)) == (403, "AccessDenied")


def test_there_is_nothing_to_download_before_the_upload(api: httpx.Client, browser: httpx.Client) -> None:
    assert trouble(browser.get(announce(api)["data"]["links"]["related"])) == (404, "NoSuchKey")


def test_a_link_ends_after_ten_minutes_and_a_fresh_one_works(
    harness: Sandbox, api: httpx.Client, browser: httpx.Client
) -> None:
    harness.clock.tick = 0
    answer = announce(api)
    upload(browser, answer)
    link = answer["data"]["links"]["related"]
    harness.clock.advance(599)
    assert browser.get(link).status_code == 200
    harness.clock.advance(1)
    assert trouble(browser.get(link)) == (403, "AccessDenied")
    assert browser.get(read(api, answer)["data"]["links"]["related"]).status_code == 200


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("X-Amz-Expires=600", "X-Amz-Expires=6000"),
        ("X-Amz-Date=2026", "X-Amz-Date=2027"),
        ("-spout.txt", "-other.txt"),
        ("&X-Amz-Expires=600", ""),
        ("X-Amz-Algorithm=", "Algorithm="),
        ("&X-Amz-Credential=", "&Credential="),
        ("X-Amz-Signature=", "X-Amz-Signature=0"),
        ("&X-Amz-Signature=", "&unsigned="),
    ],
)
def test_a_link_that_was_changed_is_refused(api: httpx.Client, browser: httpx.Client, old: str, new: str) -> None:
    answer = announce(api)
    upload(browser, answer)
    status, code = trouble(browser.get(answer["data"]["links"]["related"].replace(old, new)))
    assert status == 403
    assert code in ("SignatureDoesNotMatch", "AccessDenied")


def test_a_link_works_as_at_the_storage_without_a_version(api: httpx.Client, browser: httpx.Client) -> None:
    answer = announce(api)
    upload(browser, answer)
    link = answer["data"]["links"]["related"].replace("/v1/attachments/", "/attachments/")
    assert browser.get(link).text == "Hello"
    assert trouble(browser.get(link.partition("?")[0])) == (403, "AccessDenied")


def test_an_unsigned_link_of_any_organisation_is_refused_by_the_storage(browser: httpx.Client) -> None:
    assert trouble(browser.get("http://kustomer.localhost/v1/attachments/0/0")) == (403, "AccessDenied")


def test_a_link_to_read_is_none_to_write(api: httpx.Client, browser: httpx.Client, untouched: Untouched) -> None:
    answer = announce(api)
    with untouched():
        response = browser.put(answer["data"]["links"]["related"], content=b"Hello")
    assert trouble(response) == (403, "SignatureDoesNotMatch")


def test_links_of_another_account_lead_to_its_own_files(harness: Sandbox, api: httpx.Client) -> None:
    mine = announce(api)
    with harness.fork() as twin:
        stranger = httpx.Client(transport=twin.kustomer.transport())
        link = twin.kustomer.client().get(f"/attachments/{mine['data']['id']}").json()["data"]["links"]["related"]
        assert link != mine["data"]["links"]["related"]
        assert stranger.get(link).status_code == 404


def test_several_ids_give_a_list_without_forms(api: httpx.Client) -> None:
    first, second = (announce(api)["data"]["id"] for _ in range(2))
    answer = api.get(f"/attachments/{first},{second},{first}").json()
    assert [each["id"] for each in answer["data"]] == [first, second]
    assert list(answer) == ["data"]
    assert "related" in answer["data"][0]["links"]


def test_an_unknown_attachment_is_not_found(api: httpx.Client) -> None:
    known = announce(api)["data"]["id"]
    assert api.get(f"/attachments/{NOBODY}").status_code == 404
    assert api.get(f"/attachments/{known},{NOBODY}").status_code == 404
    assert api.put(f"/attachments/{NOBODY}", json={"name": "a.txt"}).status_code == 404


def test_an_update_changes_the_description_and_not_the_key(api: httpx.Client, browser: httpx.Client) -> None:
    before = announce(api)
    upload(browser, before)
    path = f"/attachments/{before['data']['id']}"
    after = api.put(path, json={"name": "lid.csv", "contentType": "text/csv", "contentLength": 9}).json()
    attributes = after["data"]["attributes"]
    assert (attributes["name"], attributes["contentType"], attributes["contentLength"]) == ("lid.csv", "text/csv", 9)
    assert after["meta"]["upload"]["fields"]["key"].endswith("-spout.txt")
    response = browser.get(after["data"]["links"]["related"])
    assert (response.text, response.headers["content-type"]) == ("Hello", "text/csv")
    assert response.headers["content-disposition"] == 'attachment; filename="lid.csv"'


def test_a_redacted_attachment_has_no_bytes(api: httpx.Client, browser: httpx.Client) -> None:
    id = uploaded(api, browser)
    data = api.put(f"/attachments/{id}", json={"redacted": True}).json()["data"]
    assert data["attributes"]["redacted"] is True
    assert trouble(browser.get(data["links"]["related"])) == (404, "NoSuchKey")
    api.put(f"/attachments/{id}", json={"redacted": False})
    assert trouble(browser.get(data["links"]["related"])) == (404, "NoSuchKey")


@pytest.mark.parametrize("name", ["run.exe", "RUN.EXE", "a.b.ps1", ".vbs"])
def test_programs_are_refused(api: httpx.Client, untouched: Untouched, name: str) -> None:
    known = announce(api)["data"]["id"]
    with untouched():
        for method, path in (("POST", "/attachments"), ("PUT", f"/attachments/{known}")):
            body = {"name": name, "contentType": "text/plain", "contentLength": 1}
            response = api.request(method, path, json=body)
            assert response.status_code == 400
            assert response.json()["errors"][0]["source"] == {"parameter": "name"}
            assert response.json()["errors"][0]["title"] == "File type not allowed"


@pytest.mark.parametrize("name", ["exe", "run.exe.txt", "executive.pdf"])
def test_names_that_only_look_like_programs_are_taken(api: httpx.Client, name: str) -> None:
    assert announce(api, name=name)["data"]["attributes"]["name"] == name


def test_messages_notes_drafts_and_forwards_adopt_files_by_their_ids(api: httpx.Client, within: Within) -> None:
    id = announce(api)["data"]["id"]
    with within() as unit:
        assert attachments.adopt(unit, [described(id, name="lid.txt"), id], "message", NOBODY, KEY) == [id]
        (adopted,) = attachments.of(unit, "message", NOBODY)
        assert adopted["attributes"]["name"] == "lid.txt"
        assert attachments.path_of(adopted) == f"/v1/messages/{NOBODY}/attachments/{id}"


def test_a_file_belongs_to_one_thing(api: httpx.Client, within: Within) -> None:
    id = announce(api)["data"]["id"]
    with within() as unit:
        attachments.adopt(unit, [id], "note", NOBODY, KEY)
        attachments.adopt(unit, [id], "note", NOBODY, KEY)
        for relation, parent in (("message", NOBODY), ("note", id)):
            with pytest.raises(Refused) as refused:
                attachments.adopt(unit, [id], relation, parent, KEY)
            assert refused.value.response.status == 400


def test_files_that_are_left_out_are_free_again(api: httpx.Client, within: Within) -> None:
    first, second = (announce(api)["data"]["id"] for _ in range(2))
    with within() as unit:
        attachments.adopt(unit, [first], "message", NOBODY, KEY)
        assert attachments.adopt(unit, [second], "message", NOBODY, KEY) == [second]
        assert attachments.adopt(unit, [first], "draft", NOBODY, KEY) == [first]


def test_a_file_nobody_announced_is_refused(within: Within) -> None:
    with within() as unit, pytest.raises(Refused) as refused:
        attachments.adopt(unit, [described(NOBODY)], "message", NOBODY, KEY)
    assert refused.value.response.status == 400


def test_a_source_is_copied_with_its_bytes(api: httpx.Client, browser: httpx.Client, within: Within) -> None:
    source = uploaded(api, browser)
    with within() as unit:
        given = [described(NOBODY, name="copy.txt", sourceId=source)]
        assert attachments.adopt(unit, given, "message", source, KEY) == [NOBODY]
    data = api.get(f"/attachments/{NOBODY}").json()["data"]
    assert data["attributes"]["uploaded"] is True
    assert browser.get(data["links"]["related"]).text == "Hello"
    assert api.get(f"/attachments/{source}").json()["data"]["attributes"]["name"] == "spout.txt"


def test_a_redaction_takes_the_bytes_away(api: httpx.Client, browser: httpx.Client, within: Within) -> None:
    id = uploaded(api, browser)
    with within() as unit:
        attachments.redact(unit, id)
    data = api.get(f"/attachments/{id}").json()["data"]
    assert data["attributes"]["redacted"] is True
    assert browser.get(data["links"]["related"]).status_code == 404


def test_a_file_of_a_message_is_shown_with_it(api: httpx.Client, browser: httpx.Client) -> None:
    id = uploaded(api, browser)
    customer = api.post("/customers", json={"name": "Odile"}).json()["data"]["id"]
    body = {"channel": "chat", "app": "chat", "direction": "in", "attachments": [described(id)]}
    message = api.post(f"/customers/{customer}/messages", json=body).json()["data"]["id"]
    data = api.get(f"/messages/{message}/attachments/{id}").json()["data"]
    assert list(data["attributes"]) == ["name", "contentType", "contentLength", "redacted"]
    assert data["relationships"]["message"]["data"]["id"] == message
    assert browser.get(data["links"]["related"]).text == "Hello"
