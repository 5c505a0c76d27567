"""The fake suite: requests of cassettes replayed on a primed fake, and every way in which a fake may betray itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from harness.core.exchange import Request, Response
from harness.verify.case import Outcome, judged
from harness.verify.cassette import CassetteError
from harness.verify.subject import Alter, Subject
from harness.verify.suites import fake

API = "https://api.superchat.com/v1.0"
KEY = {"X-API-KEY": ["REDACTED"]}
NO_PAGE = {"next_cursor": None, "previous_cursor": None, "next_url": None, "previous_url": None}

ADA, BEA, CID = "ct_Aa1Aa1Aa1Aa1Aa1Aa1Aa1", "ct_Bb2Bb2Bb2Bb2Bb2Bb2Bb2", "ct_Cc3Cc3Cc3Cc3Cc3Cc3Cc3"
NEW, HANDLE = "ct_Nn4Nn4Nn4Nn4Nn4Nn4Nn4", "ch_Nn4Nn4Nn4Nn4Nn4Nn4Nn4"
CHANNEL, INBOX, TALK = "mc_Mm5Mm5Mm5Mm5Mm5Mm5Mm5", "ib_Ii6Ii6Ii6Ii6Ii6Ii6Ii6", "cv_Vv7Vv7Vv7Vv7Vv7Vv7Vv7"
ASKED, TOLD = "ms_Ss8Ss8Ss8Ss8Ss8Ss8Ss8", "ms_Tt9Tt9Tt9Tt9Tt9Tt9Tt9"


def interaction(
    method: str,
    path: str,
    answer: Any = None,
    *,
    status: int = 200,
    body: Any = None,
    key: bool = True,
    headers: dict[str, list[str]] | None = None,
    **marks: Any,
) -> dict[str, Any]:
    """One request and its answer as they stand in a file."""
    sent = dict(KEY) if key else {}
    if body is not None:
        sent["Content-Type"] = ["application/json"]
    told = {"Content-Type": ["application/json"]} if answer is not None else {"Content-Length": ["0"]}
    return {
        **marks,
        "request": {
            "method": method,
            "uri": API + path,
            "headers": sent,
            "body": None if body is None else orjson.dumps(body).decode(),
        },
        "response": {
            "status": {"code": status, "message": ""},
            "headers": {**told, **(headers or {})},
            "body": {"string": "" if answer is None else orjson.dumps(answer).decode()},
        },
    }


def page(url: str, *results: Any, **pagination: str) -> dict[str, Any]:
    return {"url": url, "results": list(results), "pagination": {**NO_PAGE, **pagination}}


def error(status: int) -> dict[str, Any]:
    return {"errors": [{"title": "No", "detail": None, "url": None, "docs": None, "status_code": status}]}


def contact(id: str, name: str, handle: str, day: int, **more: Any) -> dict[str, Any]:
    moment = f"2026-03-{day:02}T10:00:00Z"
    return {
        "id": id,
        "url": f"/contacts/{id}",
        "first_name": name,
        "last_name": None,
        "gender": None,
        "handles": [{"id": f"ch_{id[3:]}", "type": "mail", "value": handle}],
        "custom_attributes": [],
        "created_at": moment,
        "updated_at": moment,
        **more,
    }


def message(id: str, minute: int, text: str, **more: Any) -> dict[str, Any]:
    moment = f"2026-03-09T12:{minute:02}:00Z"
    return {
        "id": id,
        "url": f"/messages/{id}",
        "created_at": moment,
        "updated_at": moment,
        "status": "received",
        "direction": "inbound",
        "to": {"channel_id": CHANNEL},
        "from": {"id": ADA, "identifier": "ada@example.org", "url": f"/contacts/{ADA}"},
        "content": {"type": "email", "subject": "Rad", "text": text, "html": None, "files": []},
        "in_reply_to": None,
        "conversation_id": TALK,
        **more,
    }


ada = contact(ADA, "Ada", "ada@example.org", 1)
bea = contact(BEA, "Bea", "bea@example.org", 2)
cid = contact(CID, "Cid", "cid@example.org", 3)
new = contact(NEW, "Nia", "nia@example.org", 10)
renamed = {**new, "first_name": "Nina", "updated_at": "2026-03-11T08:30:00Z"}
asked = message(ASKED, 1, "Ist es fertig?")
told = message(
    TOLD,
    2,
    "Morgen.",
    status="read",
    direction="outbound",
    to=[{"contact_id": ADA, "identifier": "ada@example.org", "url": f"/contacts/{ADA}"}],
    **{"from": {"channel_id": CHANNEL, "name": None}},
)
talk = {
    "id": TALK,
    "url": f"/conversations/{TALK}",
    "channel": {"type": "mail", "id": CHANNEL, "url": f"/channels/{CHANNEL}"},
    "status": "open",
    "snoozed_until": None,
    "time_window": None,
    "contacts": [{"id": ADA, "url": f"/contacts/{ADA}"}],
    "assigned_users": [
        {
            "id": "us_Uu1Uu1Uu1Uu1Uu1Uu1Uu1",
            "url": "/users/us_Uu1Uu1Uu1Uu1Uu1Uu1Uu1",
            "email": "uma@example.org",
        }
    ],
    "labels": [{"id": "lb_Ll2Ll2Ll2Ll2Ll2Ll2Ll2", "url": "/labels/lb_Ll2Ll2Ll2Ll2Ll2Ll2Ll2", "name": "Eilig"}],
    "inbox": {"id": INBOX, "url": f"/inboxes/{INBOX}", "name": "Werkstatt"},
}

FIRST_PAGE = page("/contacts", cid, bea, next_cursor=BEA, next_url=f"/contacts?after={BEA}&limit=2")
LAST_PAGE = page("/contacts", ada, previous_cursor=ADA, previous_url=f"/contacts?before={ADA}&limit=2")
MESSAGES = f"/conversations/{TALK}/messages"
WHOLE = [
    interaction("GET", "/contacts?limit=2", FIRST_PAGE),
    interaction("GET", f"/contacts?after={BEA}&limit=2", LAST_PAGE),
    interaction("GET", f"/contacts/{ADA}", ada),
    interaction(
        "POST", "/contacts", new, body={"first_name": "Nia", "handles": [{"type": "mail", "value": "nia@example.org"}]}
    ),
    interaction("GET", f"/contacts/{NEW}", new),
    interaction("PATCH", f"/contacts/{NEW}", renamed, body={"first_name": "Nina"}),
    interaction("GET", "/contacts", page("/contacts", renamed, cid, bea, ada)),
    interaction("GET", f"/conversations/{TALK}", talk),
    interaction("GET", MESSAGES, page(MESSAGES, told, asked)),
    interaction("GET", f"{MESSAGES}?direction=INBOUND", page(MESSAGES, asked)),
    interaction("DELETE", f"/contacts/{NEW}", {"id": NEW}),
    interaction("GET", f"/contacts/{NEW}", error(404), status=404),
]
"""Written by hand: lists in pages, a record made, changed and deleted, references, a filter."""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A folder with a cassette of the given interactions."""

    def written(interactions: Iterable[dict[str, Any]], **provenance: Any) -> Path:
        shown = {
            "kind": "documented",
            "date": "2026-11-22",
            "source": "https://example.org",
            "api_version": "v1.0",
            "operations": ["contacts.list"],
            **provenance,
        }
        folder = tmp_path / "superchat"
        folder.mkdir(exist_ok=True)
        document = {"version": 1, "metadata": {"provenance": shown}, "interactions": list(interactions)}
        (folder / "small.yaml").write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
        return folder

    return written


def outcomes(folder: Path, alter: Alter | None = None) -> list[Outcome]:
    subject = Subject(provider="superchat", cassette_folder=folder, alter=alter)
    return [judged(case, subject) for case in fake.cases(subject)]


def verdicts(found: list[Outcome]) -> list[str]:
    return [outcome.verdict for outcome in found]


def failures(found: list[Outcome]) -> str:
    return "\n".join(outcome.message for outcome in found if outcome.verdict == "failed")


def changing(path: str, change: Callable[[Any], Any], method: str = "GET") -> Alter:
    """A fake whose answers to a path are changed."""

    def alter(request: Request, answer: Callable[[Request], Response]) -> Response:
        response = answer(request)
        if request.method != method or not request.path.endswith(path) or response.status >= 400:
            return response
        return Response(response.status, orjson.dumps(change(response.json())), response.headers)

    return alter


def results(change: Callable[[list[Any]], Any]) -> Callable[[Any], Any]:
    return lambda document: {**document, "results": change(document["results"])}


def test_a_fake_that_answers_as_the_cassette_shows_passes_every_case(write: Write) -> None:
    found = outcomes(write(WHOLE))
    assert failures(found) == ""
    assert verdicts(found) == ["passed"] * len(WHOLE)


def test_cassettes_may_stand_in_a_folder_of_any_name(write: Write) -> None:
    folder = write(WHOLE)
    assert verdicts(outcomes(folder.rename(folder.with_name("recordings")))) == ["passed"] * len(WHOLE)


def test_a_case_names_its_operation_its_place_and_its_evidence(write: Write) -> None:
    marked = [interaction("GET", f"/contacts/{ADA}", ada, **{"x-evidence": "inferred"})]
    (first, second) = (outcome.case for outcome in outcomes(write([*WHOLE[2:3], *marked])))
    assert first.operations == ("contacts.get",)
    assert first.id.startswith("contacts.get superchat/small.yaml:")
    assert (first.evidence, second.evidence) == ("documented", "inferred")
    assert first.id != second.id


def _ignore_the_filter(request: Request, answer: Callable[[Request], Response]) -> Response:
    query = "&".join(part for part in request.query.split("&") if not part.startswith("direction="))
    return answer(Request(request.method, request.path, query=query, headers=request.headers, body=request.body))


def _ignore_the_cursor(request: Request, answer: Callable[[Request], Response]) -> Response:
    query = "&".join(part for part in request.query.split("&") if not part.startswith("after="))
    return answer(Request(request.method, request.path, query=query, headers=request.headers, body=request.body))


def _drop_writes(request: Request, answer: Callable[[Request], Response]) -> Response:
    if request.method != "PATCH":
        return answer(request)
    response = answer(Request("GET", request.path, headers=request.headers))
    return Response(200, orjson.dumps({**response.json(), **orjson.loads(request.body)}), response.headers)


def _answer_another_status(request: Request, answer: Callable[[Request], Response]) -> Response:
    response = answer(request)
    return Response(201 if request.method == "POST" else response.status, response.read(), response.headers)


def _drop_the_content_type(request: Request, answer: Callable[[Request], Response]) -> Response:
    response = answer(request)
    return Response(response.status, response.read(), [])


def _fail_to_forget(request: Request, answer: Callable[[Request], Response]) -> Response:
    response = answer(request)
    return Response(410 if response.status == 404 else response.status, response.read(), response.headers)


def _cursor(document: Any) -> Any:
    return {**document, "pagination": {**document["pagination"], "next_cursor": document["results"][0]["id"]}}


ALTERED: dict[str, tuple[Alter, str]] = {
    "a field renamed": (
        changing(
            ADA,
            lambda shown: {("given_name" if key == "first_name" else key): value for key, value in shown.items()},
        ),
        "body.first_name: is missing",
    ),
    "a field dropped": (
        changing(ADA, lambda shown: {key: value for key, value in shown.items() if key != "gender"}),
        "body.gender: is missing",
    ),
    "a field nulled": (changing(ADA, lambda shown: {**shown, "first_name": None}), 'expected "Ada", found null'),
    "a field retyped": (
        changing(ADA, lambda shown: {**shown, "first_name": ["Ada"]}),
        "expected string",
    ),
    "a field added": (changing(ADA, lambda shown: {**shown, "colour": "red"}), "body.colour: was not expected"),
    "another value": (changing(ADA, lambda shown: {**shown, "url": "/contact/1"}), "body.url"),
    "another precision": (
        changing(ADA, lambda shown: {**shown, "updated_at": "2026-03-01T10:00:00.000Z"}),
        "body.updated_at",
    ),
    "an item lost": (changing("/contacts", results(lambda items: items[1:])), "is missing"),
    "an item repeated": (changing("/contacts", results(lambda items: [items[0], *items])), "items, found"),
    "items in another order": (changing("/contacts", results(lambda items: items[::-1])), "the order differs"),
    "a page repeated": (_ignore_the_cursor, "small.yaml"),
    "a wrong cursor": (changing("/contacts", _cursor), "body.pagination.next_cursor"),
    "a filter ignored": (_ignore_the_filter, f"{TOLD} was not expected"),
    "another status": (_answer_another_status, "status: expected 200, found 201"),
    "another status of a refusal": (_fail_to_forget, "status: expected 404, found 410"),
    "a header dropped": (_drop_the_content_type, "header content-type: expected application/json, found none"),
    "a stale updated_at": (
        changing(
            "", lambda shown: {**shown, "updated_at": shown["created_at"]} if "handles" in shown else shown, "PATCH"
        ),
        "body.updated_at",
    ),
    "a change that is not kept": (_drop_writes, 'expected "Nina", found "Nia"'),
    "a status of an error swapped": (
        lambda request, answer: _swapped(answer(request)),
        "body.errors[0].status_code: expected 404, found 400",
    ),
}


def _swapped(response: Response) -> Response:
    if response.status != 404:
        return response
    body = response.read().replace(b'"status_code":404', b'"status_code":400')
    return Response(404, body, response.headers)


@pytest.mark.parametrize("name", ALTERED)
def test_an_altered_fake_is_found(name: str, write: Write) -> None:
    alter, words = ALTERED[name]
    assert words in failures(outcomes(write(WHOLE), alter))


def test_an_id_that_the_fake_makes_in_another_form_is_found(write: Write) -> None:
    def alter(request: Request, answer: Callable[[Request], Response]) -> Response:
        response = answer(request)
        if request.method != "POST":
            return response
        id = response.json()["id"].encode()
        return Response(response.status, response.read().replace(id, b"co" + id[2:]), response.headers)

    assert "body.id: expected an id (ct_" in failures(outcomes(write(WHOLE), alter))


def test_an_id_that_changes_from_answer_to_answer_is_found(write: Write) -> None:
    numbers = iter(range(100))

    def alter(request: Request, answer: Callable[[Request], Response]) -> Response:
        response = answer(request)
        handles = b'"handles":[{"id":"ch_'
        at = response.read().find(handles) + len(handles)
        body = bytearray(response.read())
        if at >= len(handles):
            body[at : at + 21] = b"%021d" % next(numbers)
        return Response(response.status, bytes(body), response.headers)

    assert "handles[0].id" in failures(outcomes(write(WHOLE), alter))


def test_what_a_list_shows_first_is_primed_as_the_newest_though_nothing_tells_its_age(write: Write) -> None:
    ids = [f"lb_{letter * 21}" for letter in "QAZ"]
    labels = [{"id": id, "name": id[-3:], "url": f"/labels/{id}"} for id in ids]
    second = page("/labels", labels[2], previous_cursor=ids[2], previous_url=f"/labels?before={ids[2]}&limit=2")
    first = page("/labels", *labels[:2], next_cursor=ids[1], next_url=f"/labels?limit=2&after={ids[1]}")
    walk = [
        interaction("GET", f"/labels?limit=2&after={ids[1]}", second),
        interaction("GET", "/labels?limit=2", first),
        interaction("GET", "/labels", page("/labels", *labels)),
    ]
    found = outcomes(write(walk))
    assert failures(found) == ""
    assert verdicts(found) == ["passed"] * 3


def test_what_a_record_refers_to_is_there_as_far_as_it_is_shown(write: Write) -> None:
    label = {"id": "lb_Ll2Ll2Ll2Ll2Ll2Ll2Ll2", "name": "Eilig", "url": "/labels/lb_Ll2Ll2Ll2Ll2Ll2Ll2Ll2"}
    conversation = interaction("GET", f"/conversations/{TALK}", talk)
    change = interaction("PATCH", f"/conversations/{TALK}", {**talk, "labels": []}, body={"labels": []})
    again = interaction("GET", f"/labels/{label['id']}", label)
    assert verdicts(outcomes(write([conversation, change, again]))) == ["passed"] * 3


def test_what_somebody_else_changed_between_two_requests_is_brought_about(write: Write) -> None:
    sent = {**told, "status": "sent"}
    read = {**told, "updated_at": "2026-03-09T12:40:00Z"}
    shown = [interaction("GET", f"/messages/{TOLD}", each) for each in (sent, sent, read)]
    assert verdicts(outcomes(write(shown))) == ["passed"] * 3


def test_what_came_between_two_whole_lists_is_brought_about(write: Write) -> None:
    shown = [
        interaction("GET", f"/conversations/{TALK}", talk),
        interaction("GET", MESSAGES, page(MESSAGES, asked)),
        interaction("GET", MESSAGES, page(MESSAGES, told, asked)),
    ]
    assert verdicts(outcomes(write(shown))) == ["passed"] * 3


def test_a_successful_answer_about_what_the_cassette_never_shows_is_unchecked(write: Write) -> None:
    empty = page(f"/contacts/{ADA}/conversations")
    (found,) = outcomes(write([interaction("GET", f"/contacts/{ADA}/conversations", empty)]))
    assert found.verdict == "unchecked"
    assert ADA in found.message
    assert "small.yaml:" in found.message


def test_a_record_that_cannot_be_primed_is_unchecked_with_the_reason(write: Write) -> None:
    times = dict.fromkeys(("attempted_at", "delivered_at", "failed_at", "read_at", "clicked_at", "replied_at"))
    answer = {"results": [{"message_id": TOLD, **times}]}
    (found,) = outcomes(write([interaction("GET", f"/analytics/messages?message_ids={TOLD}", answer)]))
    assert found.verdict == "unchecked"
    assert TOLD in found.message


def test_a_record_that_the_documents_cannot_hold_is_unchecked_not_passed(write: Write) -> None:
    twin = {**bea, "handles": ada["handles"]}
    found = outcomes(write([interaction("GET", f"/contacts/{ADA}", ada), interaction("GET", f"/contacts/{BEA}", twin)]))
    assert verdicts(found) == ["passed", "unchecked"]
    assert "cannot be primed" in found[1].message


def test_a_request_without_a_key_and_one_with_a_wrong_key_are_made_so(write: Write) -> None:
    shown = [
        interaction("GET", f"/contacts/{ADA}", status=401, key=False),
        interaction("GET", f"/contacts/{ADA}", status=403),
        interaction("GET", f"/contacts/{ADA}", ada),
    ]
    assert verdicts(outcomes(write(shown))) == ["passed"] * 3


def test_a_full_quota_and_a_failure_are_brought_about_for_their_requests_only(write: Write) -> None:
    shown = [
        interaction("GET", f"/contacts/{ADA}", error(429), status=429),
        interaction("GET", f"/contacts/{ADA}", ada),
        interaction("GET", f"/contacts/{ADA}", error(500), status=500),
        interaction("GET", f"/contacts/{ADA}", ada),
    ]
    assert verdicts(outcomes(write(shown))) == ["passed"] * 4


def test_a_failure_the_contract_does_not_know_is_unchecked(write: Write) -> None:
    (found,) = outcomes(write([interaction("GET", f"/contacts/{ADA}", error(503), status=503)]))
    assert found.verdict == "unchecked"
    assert "the contract of contacts.get knows no 503" in found.message


def test_the_provenance_chooses_the_side_of_a_quirk(write: Write) -> None:
    shown = [interaction("GET", f"/messages/{ASKED}", {**asked, "content": [asked["content"]]})]
    assert verdicts(outcomes(write(shown))) == ["failed"]
    assert verdicts(outcomes(write(shown, quirks={"message_content_on_get": "array"}))) == ["passed"]


@pytest.mark.parametrize("quirks", [["unknown_cursor"], {"unknown_cursor": 404}])
def test_quirks_that_are_no_mapping_to_texts_are_refused_with_file_and_line(quirks: Any, write: Write) -> None:
    folder = write([interaction("GET", f"/contacts/{ADA}", ada)], quirks=quirks)
    with pytest.raises(CassetteError, match=r"superchat/small.yaml:\d+: quirks are a mapping"):
        outcomes(folder)


def test_a_quirk_there_is_not_is_unchecked_with_the_nearest(write: Write) -> None:
    (found,) = outcomes(write([interaction("GET", f"/contacts/{ADA}", ada)], quirks={"post_state": "201"}))
    assert found.verdict == "unchecked"
    assert "post_status" in found.message


def test_a_field_only_clients_know_may_lack_in_documentation_but_not_in_a_recording(write: Write) -> None:
    user = {
        "id": "us_Uu1Uu1Uu1Uu1Uu1Uu1Uu1",
        "url": "/users/us_Uu1Uu1Uu1Uu1Uu1Uu1Uu1",
        "first_name": "Uma",
        "last_name": None,
        "email": "uma@example.org",
        "role": "admin",
        "language": "de",
        "created_at": "2026-03-01T10:00:00Z",
        "updated_at": "2026-03-01T10:00:00Z",
        "inboxes": [],
    }
    shown = [interaction("GET", f"/users/{user['id']}", user)]
    assert verdicts(outcomes(write(shown))) == ["passed"]
    assert "body.phone: was not expected" in failures(outcomes(write(shown, kind="recorded")))


def test_a_secret_the_cassette_keeps_to_itself_has_to_stay_the_same(write: Write) -> None:
    hook = {
        "id": "wh_Ww3Ww3Ww3Ww3Ww3Ww3Ww3",
        "url": "/webhooks/wh_Ww3Ww3Ww3Ww3Ww3Ww3Ww3",
        "target_url": "https://hooks.example.org/in",
        "events": [{"type": "message_inbound", "filters": []}],
        "status": "active",
        "secret": "REDACTED",
        "created_at": "2026-03-10T10:00:00Z",
        "updated_at": "2026-03-10T10:00:00Z",
    }
    body = {"target_url": hook["target_url"], "events": hook["events"]}
    folder = write(
        [
            interaction("POST", "/webhooks", hook, body=body),
            interaction("GET", f"/webhooks/{hook['id']}", hook),
        ]
    )
    assert verdicts(outcomes(folder)) == ["passed", "passed"]
    assert "body.secret" in failures(
        outcomes(folder, changing("", lambda shown: {**shown, "secret": "another"}, "GET"))
    )


def test_a_call_of_no_operation_is_unchecked(write: Write) -> None:
    (found,) = outcomes(write([interaction("GET", "/colours", page("/colours"))]))
    assert found.verdict == "unchecked"
    assert "GET /v1.0/colours" in found.message


def test_a_single_case_replays_no_further_than_it_has_to_and_each_request_once(write: Write) -> None:
    made: list[str] = []

    def alter(request: Request, answer: Callable[[Request], Response]) -> Response:
        made.append(f"{request.method} {request.path}")
        return answer(request)

    subject = Subject(provider="superchat", cassette_folder=write(WHOLE), alter=alter)
    cases = list(fake.cases(subject))
    assert judged(cases[4], subject).verdict == "passed"
    assert len(made) == 5
    assert judged(cases[2], subject).verdict == "passed"
    assert judged(cases[5], subject).verdict == "passed"
    assert len(made) == 6


def test_without_a_cassette_the_suite_is_unchecked(tmp_path: Path) -> None:
    (found,) = outcomes(tmp_path)
    assert found.verdict == "unchecked"
    assert "no cassette of superchat" in found.message
