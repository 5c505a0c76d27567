"""Files: uploaded as forms, downloaded by links that end."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from harness import Account, Sandbox

Body = dict[str, Any]
LIMIT = 5 * 1024 * 1024


@pytest.fixture
def browser(superchat: Account) -> httpx.Client:
    """A client without a key."""
    return httpx.Client(transport=superchat.transport())


def upload(
    api: httpx.Client, name: str = "note.txt", content: bytes = b"Hello", type: str | None = "text/plain"
) -> Body:
    part = (name, content, type) if type else (name, content)
    response = api.post("/files", files={"file": part})
    assert response.status_code == 200
    made: Body = response.json()
    return made


def form(api: httpx.Client, body: bytes, content_type: str = "multipart/form-data; boundary=xx") -> httpx.Response:
    return api.post("/files", content=body, headers={"content-type": content_type})


def part(head: str, content: bytes = b"Hello") -> bytes:
    return b"--xx\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n--xx--\r\n"


FILE = 'Content-Disposition: form-data; name="file"; filename="a.txt"'


# Uploading


def test_an_upload_answers_the_file(api: httpx.Client) -> None:
    made = upload(api)
    assert {name: made[name] for name in ("name", "url", "mime_type")} == {
        "name": "note.txt",
        "url": f"/files/{made['id']}",
        "mime_type": "text/plain",
    }
    assert made["id"].startswith("fi_")
    assert made["link"]["valid_until"] == "2026-01-15T10:00:00Z"


def test_an_upload_is_first_in_the_list(api: httpx.Client) -> None:
    made = upload(api)
    assert api.get("/files?limit=1").json()["results"][0]["id"] == made["id"]
    assert api.get(made["url"]).json()["name"] == "note.txt"


@pytest.mark.parametrize("content", [b"", b"Hello", bytes(range(256)) * 50, b"--xx\r\n\r\n", "ü".encode() * 1_000_000])
def test_what_was_uploaded_is_downloaded(api: httpx.Client, browser: httpx.Client, content: bytes) -> None:
    made = upload(api, content=content)
    response = browser.get(made["link"]["url"])
    assert (response.status_code, response.content) == (200, content)
    assert response.headers["content-type"] == "text/plain"
    assert response.headers["content-length"] == str(len(content))


@pytest.mark.parametrize(
    ("type", "stored"), [("image/png", "image/png"), ("text/plain; charset=utf-8", "text/plain; charset=utf-8")]
)
def test_the_type_is_that_of_the_part(api: httpx.Client, browser: httpx.Client, type: str, stored: str) -> None:
    made = upload(api, type=type)
    assert made["mime_type"] == stored
    assert browser.get(made["link"]["url"]).headers["content-type"] == stored


def test_a_part_without_a_type_is_bytes(api: httpx.Client) -> None:
    assert form(api, part(FILE)).json()["mime_type"] == "application/octet-stream"


def test_other_parts_are_ignored(api: httpx.Client) -> None:
    response = api.post("/files", files={"file": ("a.txt", b"x")}, data={"comment": "hello"})
    assert (response.status_code, response.json()["name"]) == (200, "a.txt")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (part(FILE), 'multipart/form-data; boundary="xx"'),
        (part(FILE), "Multipart/Form-Data; charset=utf-8; boundary=xx"),
        (part(FILE) + b"an epilogue", "multipart/form-data; boundary=xx"),
        (part(FILE.replace('"file"', "file")), "multipart/form-data; boundary=xx"),
        (part(FILE.lower()), "multipart/form-data; boundary=xx"),
        (part(FILE + "\r\nContent-Type: text/plain\r\nX-Further: 1"), "multipart/form-data; boundary=xx"),
    ],
)
def test_a_form_is_read_however_it_is_written(
    api: httpx.Client, browser: httpx.Client, body: bytes, content_type: str
) -> None:
    response = form(api, body, content_type)
    assert (response.status_code, response.json()["name"]) == (200, "a.txt")
    assert browser.get(response.json()["link"]["url"]).content == b"Hello"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data; boundary=xx"),
        (b"--xx--\r\n", "multipart/form-data; boundary=xx"),
        (part(FILE.replace('name="file"', 'name="upload"')), "multipart/form-data; boundary=xx"),
        (part('Content-Disposition: form-data; name="file"'), "multipart/form-data; boundary=xx"),
        (part("Content-Type: text/plain"), "multipart/form-data; boundary=xx"),
        (part(FILE), "multipart/form-data"),
        (part(FILE), "multipart/form-data; boundary=other"),
        (part(FILE), "multipart/mixed; boundary=xx"),
        (part(FILE).removesuffix(b"--xx--\r\n"), "multipart/form-data; boundary=xx"),
        (b"no form at all", "multipart/form-data; boundary=xx"),
        (b'{"file": "Hello"}', "application/json"),
        (b"file=Hello", "application/x-www-form-urlencoded"),
        (b"Hello", "text/plain"),
    ],
)
def test_a_body_without_a_file_is_400_and_leaves_no_trace(
    api: httpx.Client, superchat: Account, body: bytes, content_type: str
) -> None:
    before = superchat.state
    response = form(api, body, content_type)
    assert (response.status_code, superchat.state) == (400, before)
    assert response.json()["errors"][0]["status_code"] == 400


def test_5_mb_are_taken(api: httpx.Client, browser: httpx.Client) -> None:
    made = upload(api, content=b"x" * LIMIT)
    assert len(browser.get(made["link"]["url"]).content) == LIMIT


def test_more_than_5_mb_are_413_and_leave_no_trace(api: httpx.Client, superchat: Account) -> None:
    before = superchat.state
    response = api.post("/files", files={"file": ("a.bin", b"x" * (LIMIT + 1))})
    assert (response.status_code, superchat.state) == (413, before)
    assert response.json()["errors"][0]["title"] == "File too large"


# Names

UNICODE = ["Übersicht.pdf", "ملف.txt", "ファイル.txt", "👩‍💻 notes.txt", "a b;c=d.txt", "100%.txt"]


@pytest.mark.parametrize("name", [*UNICODE, "a" * 300 + ".txt", "no extension"])
def test_a_name_is_kept_as_it_was_sent(api: httpx.Client, name: str) -> None:
    head = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    assert form(api, part(head)).json()["name"] == name


def test_an_empty_name_gets_one(api: httpx.Client) -> None:
    response = form(api, part('Content-Disposition: form-data; name="file"; filename=""'))
    assert (response.status_code, response.json()["name"]) == (200, "file")


def test_a_plain_name_stands_in_the_content_disposition(api: httpx.Client, browser: httpx.Client) -> None:
    response = browser.get(upload(api, "note.txt")["link"]["url"])
    assert response.headers["content-disposition"] == 'attachment; filename="note.txt"'


def test_a_name_beyond_ascii_stands_there_encoded_beside_a_plain_one(api: httpx.Client, browser: httpx.Client) -> None:
    response = browser.get(upload(api, "Übersicht 2/3.pdf")["link"]["url"])
    encoded = "%C3%9Cbersicht%202%2F3.pdf"
    expected = f"attachment; filename=\"_bersicht 2/3.pdf\"; filename*=UTF-8''{encoded}"
    assert response.headers["content-disposition"] == expected


@pytest.mark.parametrize("name", UNICODE)
def test_any_name_can_be_downloaded(api: httpx.Client, browser: httpx.Client, name: str) -> None:
    assert browser.get(upload(api, name)["link"]["url"]).status_code == 200


# Links


def test_a_link_needs_no_key_and_is_absolute(api: httpx.Client, browser: httpx.Client) -> None:
    url = upload(api)["link"]["url"]
    assert url.startswith("http://superchat.localhost/")
    assert browser.get(url).content == b"Hello"


def test_a_link_works_until_its_time_and_is_403_after(
    api: httpx.Client, browser: httpx.Client, harness: Sandbox
) -> None:
    link = upload(api)["link"]
    harness.clock.advance("59m59s")
    assert browser.get(link["url"]).status_code == 200
    harness.clock.set(link["valid_until"])
    harness.clock.advance("1s")
    response = browser.get(link["url"])
    assert (response.status_code, response.content) == (403, b"")


def test_reading_the_file_again_gives_a_fresh_link(api: httpx.Client, browser: httpx.Client, harness: Sandbox) -> None:
    made = upload(api)
    harness.clock.advance("2h")
    fresh = api.get(made["url"]).json()["link"]
    assert fresh["valid_until"] == "2026-01-15T12:00:00Z"
    assert (browser.get(made["link"]["url"]).status_code, browser.get(fresh["url"]).status_code) == (403, 200)


@pytest.mark.parametrize("how", ["later", "other file", "no signature", "no query", "wrong", "huge", "text", "digits"])
def test_a_link_that_was_tampered_with_is_403(api: httpx.Client, browser: httpx.Client, how: str) -> None:
    made, other = upload(api), upload(api, "other.txt")
    url = httpx.URL(made["link"]["url"])
    expires = int(url.params["expires"])
    tampered = {
        "later": url.copy_set_param("expires", str(expires + 1)),
        "other file": url.copy_with(path=url.path.replace(made["id"], other["id"])),
        "no signature": url.copy_remove_param("signature"),
        "no query": url.copy_with(query=None),
        "wrong": url.copy_set_param("signature", "x" * 24),
        "huge": url.copy_set_param("expires", "9" * 5000),
        "text": url.copy_set_param("expires", "never"),
        "digits": url.copy_set_param("expires", "١"),
    }
    response = browser.get(tampered[how])
    assert (response.status_code, response.content) == (403, b"")


def test_a_link_of_no_account_is_403(api: httpx.Client, browser: httpx.Client) -> None:
    path = httpx.URL(upload(api)["link"]["url"]).path.split("/")
    path[2] = "nobody"
    assert browser.get("http://superchat.localhost" + "/".join(path)).status_code == 403


def test_a_link_does_not_open_another_sandbox(api: httpx.Client, harness: Sandbox, browser: httpx.Client) -> None:
    mine = upload(api)
    theirs = harness.fork().account("superchat").client().get(mine["url"]).json()
    url, other = httpx.URL(mine["link"]["url"]), httpx.URL(theirs["link"]["url"])
    assert browser.get(other).status_code == 200
    assert browser.get(url.copy_with(path=other.path)).status_code == 403


def test_a_download_is_in_the_journal(api: httpx.Client, browser: httpx.Client, superchat: Account) -> None:
    browser.get(upload(api)["link"]["url"])
    assert superchat.journal[-1].operation == "files.download"


def test_a_file_of_the_world_can_be_downloaded(api: httpx.Client, browser: httpx.Client) -> None:
    sizes = {}
    for file in api.get("/files").json()["results"]:
        sizes[file["name"]] = len(browser.get(file["link"]["url"]).content)
    assert sizes["kocher-undicht.jpg"] == 184320
    assert sizes["pflegehinweise-zelt.txt"] > 50


# Deleting


def test_a_deleted_file_is_gone_with_its_link(api: httpx.Client, browser: httpx.Client) -> None:
    made = upload(api)
    response = api.delete(made["url"])
    assert (response.status_code, response.json()) == (200, {"id": made["id"]})
    assert (api.get(made["url"]).status_code, browser.get(made["link"]["url"]).status_code) == (404, 404)


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_unknown_file_is_404(api: httpx.Client, method: str) -> None:
    assert api.request(method, "/files/fi_nobody").status_code == 404


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_a_file_cannot_be_changed(api: httpx.Client, method: str) -> None:
    assert api.request(method, upload(api)["url"], json={"name": "x"}).status_code == 405
