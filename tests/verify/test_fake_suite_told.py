"""The fake suite with a provider whose keys have roles, whose jobs run on and whose organisation has an id."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from harness.verify.case import Outcome, judged
from harness.verify.cassette import Cassette, CassetteError
from harness.verify.subject import Subject
from harness.verify.suites import fake

API = "https://api.kustomerapp.com/v1"
ORG, SYNC = "65c098e791e2a216470c2cfb", "65c203a36945fe6cc8adf833"
TAG, SENDER = "6afc4537aaf4eb1fe5a03d74", "6b005d7a092a0ee36a855644"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A folder with a cassette of the given interactions."""

    def written(*interactions: dict[str, Any]) -> Path:
        shown = {
            "kind": "documented",
            "date": "2026-11-22",
            "source": "https://example.org",
            "api_version": "v1",
            "operations": ["tags.list"],
        }
        folder = tmp_path / "kustomer"
        folder.mkdir(exist_ok=True)
        document = {"version": 1, "metadata": {"provenance": shown}, "interactions": list(interactions)}
        (folder / "small.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        return folder

    return written


def interaction(
    method: str, path: str, answer: Any = None, *, at: str, status: int = 200, body: Any = None, **marks: Any
) -> dict[str, Any]:
    """One request and its answer as they stand in a file."""
    limits = {"X-Ratelimit-Limit": ["1000"], "X-Ratelimit-Remaining": ["999"]}
    return {
        **marks,
        "request": {
            "method": method,
            "uri": path if path.startswith("https:") else API + path,
            "headers": {"Authorization": ["REDACTED"], "Content-Type": ["application/json"]},
            "body": None if body is None else orjson.dumps(body).decode(),
        },
        "response": {
            "status": {"code": status, "message": ""},
            "headers": {
                **({"Content-Type": ["application/json; charset=utf-8"]} if answer is not None else {}),
                "Date": [f"Fri, 20 Nov 2026 {at} GMT"],
                **limits,
            },
            "body": {"string": "" if answer is None else orjson.dumps(answer).decode()},
        },
    }


def to(type: str, path: str, id: str) -> dict[str, Any]:
    return {"links": {"self": f"/v1/{path}/{id}"}, "data": {"type": type, "id": id}}


def sender(kept: str, changed: str) -> dict[str, Any]:
    times = {"createdAt": "2026-11-20T14:47:22.163Z", "updatedAt": changed, "modifiedAt": changed}
    return {
        "type": "sender",
        "id": SENDER,
        "attributes": {"channel": "email", "sender": "offers@example.net", "list": kept, **times},
        "relationships": {
            "org": to("org", "orgs", ORG),
            "createdBy": to("user", "users", SYNC),
            "modifiedBy": to("user", "users", SYNC),
        },
    }


def page(path: str, *data: Any) -> dict[str, Any]:
    first = f"/v1{path}?page=1&pageSize=100"
    links = {"self": first, "first": first, "prev": None, "next": None}
    return {"meta": {"pageSize": 100, "page": 1}, "links": links, "data": list(data)}


def refusal(status: int, code: str, title: str) -> dict[str, Any]:
    return {"errors": [{"status": status, "code": code, "title": title}]}


def outcomes(folder: Path, provider: str = "kustomer") -> list[Outcome]:
    subject = Subject(provider=provider, cassette_folder=folder)
    return [judged(case, subject) for case in fake.cases(subject)]


def verdicts(found: list[Outcome]) -> list[str]:
    return [outcome.verdict for outcome in found]


ADDED = interaction(
    "PUT",
    "/spam/senders",
    {"data": sender("blacklist", "2026-11-20T14:47:22.163Z")},
    at="14:47:22",
    body={"channel": "email", "sender": "offers@example.net", "list": "blacklist"},
)


def test_what_a_put_made_was_not_there_before_and_the_organisation_is_the_fakes(write: Write) -> None:
    found = outcomes(write(interaction("GET", "/spam/senders", page("/spam/senders"), at="14:45:52"), ADDED))
    assert [outcome.message for outcome in found] == ["", ""]


def test_a_request_is_made_with_the_key_that_the_cassette_tells_of(write: Write) -> None:
    forbidden = refusal(403, "forbidden", "Forbidden")
    expired = refusal(401, "unauthorized", "Expired token")
    reading = {"roles": ["org.user.customer.read"]}
    found = outcomes(
        write(
            interaction("GET", "/spam/senders", forbidden, at="14:45:52", status=403, **{"x-key": reading}),
            interaction("GET", "/spam/senders", expired, at="14:46:52", status=401, **{"x-key": {"expired": True}}),
            ADDED,
        )
    )
    assert [outcome.message for outcome in found] == ["", "", ""]


def test_a_key_nobody_knows_of_is_unchecked(write: Write) -> None:
    (found,) = outcomes(write({**ADDED, "x-key": {"token": TAG}}))
    assert (found.verdict, f"no token {TAG}" in found.message) == ("unchecked", True)


def test_a_provider_that_knows_no_other_keys_leaves_such_requests_unchecked(write: Write) -> None:
    shown = interaction("GET", "https://api.superchat.com/v1.0/me", {}, at="14:47:22", status=403)
    shown["request"]["headers"] = {"X-API-KEY": ["REDACTED"]}
    (found,) = outcomes(write({**shown, "x-key": {"expired": True}}), "superchat")
    assert (found.verdict, "no `other_key`" in found.message) == ("unchecked", True)


def test_headers_that_nobody_wrote_down_are_not_missed(write: Write) -> None:
    bare = {**ADDED, "response": {**ADDED["response"], "headers": {"Content-Type": ["application/json"]}}}
    assert verdicts(outcomes(write(bare))) == ["failed"]
    assert verdicts(outcomes(write({**bare, "x-inferred": ["headers"]}))) == ["passed"]


def test_what_is_told_of_a_key_is_a_mapping(write: Write) -> None:
    folder = write({**ADDED, "x-key": "admin"})
    with pytest.raises(CassetteError, match=r"small\.yaml:\d+: x-key is a mapping"):
        Cassette.load(folder / "small.yaml")


def test_a_key_survives_being_written(write: Write, tmp_path: Path) -> None:
    cassette = Cassette.load(write({**ADDED, "x-key": {"roles": ["org"]}}) / "small.yaml")
    cassette.save(tmp_path / "kustomer" / "again.yaml")
    again = Cassette.load(tmp_path / "kustomer" / "again.yaml")
    assert [each.key for each in again.interactions] == [{"roles": ["org"]}]
