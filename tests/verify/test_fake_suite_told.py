"""The fake suite with a provider whose keys have roles, whose jobs run on and whose organisation has an id."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from harness.core.exchange import Request, Response
from harness.verify.case import Outcome, judged
from harness.verify.cassette import Cassette, CassetteError, shipped_folder
from harness.verify.subject import Subject
from harness.verify.suites import fake

API = "https://api.kustomerapp.com/v1"
ORG, SYNC = "65c098e791e2a216470c2cfb", "65c203a36945fe6cc8adf833"
TAG, SENDER = "6afc4537aaf4eb1fe5a03d74", "6b005d7a092a0ee36a855644"
BULK, REQUEST = "6b005d7a14c3e07f9b2a6d51", "6b005d7a9d02c5e8f1b37a46"

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


def bulk(answered: str) -> dict[str, Any]:
    """Customers made at once, one with the external id `TW-1`, and the answer that shows what was sent."""
    sent = [{"name": "Ada", "externalId": "TW-1"}]
    user = {"id": SYNC, "userType": "machine", "roles": ["org"], "orgName": "tidewick", "subject": SYNC, "org": ORG}
    asked = {"path": "/v1/customers", "user": user, "requestId": REQUEST, "service": "sobjects", "method": "POST"}
    attributes = {
        "ids": [],
        "context": "api.sobjects.customers.bulk-create",
        "status": "queued",
        "v2": True,
        "payload": {"api": {"data": [{**sent[0], "externalId": answered}], **asked}},
        "createdAt": "2026-11-20T14:47:22.163Z",
        "updatedAt": "2026-11-20T14:47:22.163Z",
        "completed": False,
    }
    relations = {"org": to("org", "orgs", ORG), "createdBy": to("user", "users", SYNC)}
    shown = {"type": "bulk", "id": BULK, "attributes": attributes, "relationships": relations}
    answer = {"data": {**shown, "links": {"self": f"/v1/bulk/{BULK}"}}}
    return interaction("POST", "/customers/bulk", answer, at="14:47:22", status=201, body=sent)


def test_an_id_that_the_client_chose_is_not_one_that_the_fake_made(write: Write) -> None:
    (right,), (wrong,) = outcomes(write(bulk("TW-1"))), outcomes(write(bulk("TW-2")))
    assert 'externalId: expected "TW-2", found "TW-1"' in wrong.message
    assert right.verdict == "passed"


def test_another_status_of_success_is_found_where_the_request_names_what_is_no_id(tmp_path: Path) -> None:
    (tmp_path / "customers.yaml").write_bytes((shipped_folder("kustomer") / "customers_updated.yaml").read_bytes())

    def accepted(request: Request, answer: Callable[[Request], Response]) -> Response:
        found = answer(request)
        return Response(202, found.read(), found.headers) if "email=" in request.path else found

    subject = Subject(provider="kustomer", cassette_folder=tmp_path, alter=accepted)
    found = [judged(case, subject) for case in fake.cases(subject) if "customers.using_email" in case.operations]
    assert verdicts(found) == ["failed", "failed"]
    assert "expected 200, found 202" in found[0].message


def test_a_file_that_is_refused_is_found_by_the_id_that_its_key_begins_with(tmp_path: Path) -> None:
    name = "conversation_attachments.yaml"
    (tmp_path / name).write_bytes((shipped_folder("kustomer") / name).read_bytes())

    def refused(request: Request, answer: Callable[[Request], Response]) -> Response:
        return Response(403, b"") if request.path.endswith("-spout.txt") else answer(request)

    subject = Subject(provider="kustomer", cassette_folder=tmp_path, alter=refused)
    cases = [case for case in fake.cases(subject) if "conversation_attachments.download" in case.operations]
    (found,) = [judged(case, subject) for case in cases]
    assert (found.verdict, "expected 200, found 403" in found.message) == ("failed", True)


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
