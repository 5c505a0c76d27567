"""Each quirk of the unified API shows its choices to a client; the table has every quirk and every choice there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.testing.account import Account

CONTACTS = "/unified/ticketing/contacts"
IDA = {"first_name": "Ida", "emails": [{"email": "ida@example.org"}]}

Look = Callable[[Any], Any]


def _status(path: str, query: str = "", method: str = "GET", **options: Any) -> Look:
    return lambda api: api(method, path, query, **options).status_code


def _excluded(query: str) -> Look:
    return lambda api: "name" not in api.get(CONTACTS, f"limit=1&{query}").json()["result"][0]


def _wrapped(api: Any) -> bool:
    id = api.get(CONTACTS, "limit=1").json()["result"][0]["id"]
    return set(api.get(f"{CONTACTS}/{id}").json()) == {"result"}


def _error_fields(api: Any) -> set[str]:
    return {"raw_response", "details"} & set(api.get(f"{CONTACTS}/ct_none").json())


def _stream(api: Any) -> str:
    kind: str = api.get(CONTACTS, "truto_response_format=stream").headers["content-type"]
    return kind


def _bare_date(api: Any) -> Any:
    """What the conversation's messages are asked for: Superchat's own parameters tell how the date was read."""
    ticket = api.get("/unified/ticketing/tickets", "limit=1").json()["result"][0]["id"]
    query = f"ticket[id]={ticket}&created_at=2026-01-01T00:00:00Z&truto_response_format=debug"
    return "created_before" in api.get("/unified/ticketing/comments", query).json()["debug"]["requestUrl"]


def _handed_on(api: Any) -> bool:
    api.get("/proxy/contacts", "limit=1")
    [call] = api.superchat.journal.calls("contacts.list")
    return "integrated_account_id" in call.query


def _repeated(api: Any) -> int:
    headers = {"Idempotency-Key": "k-1"}
    api.post(CONTACTS, json=IDA, headers=headers)
    status: int = api.post(CONTACTS, json={**IDA, "last_name": "Berg"}, headers=headers).status_code
    return status


SHOWN: dict[str, tuple[Look, dict[str, Any]]] = {
    "single_result": (_wrapped, {"bare": False, "wrapped": True}),
    "excluded_fields": (
        lambda api: (_excluded("truto_exclude_fields=id,name")(api), _excluded("truto_exclude_fields[]=name")(api)),
        {"any": (True, True), "brackets": (False, True), "comma": (True, False)},
    ),
    "remote_error_field": (
        _error_fields,
        {"raw_response": {"raw_response"}, "details": {"details"}, "both": {"raw_response", "details"}},
    ),
    "unmapped_write": (
        _status("/unified/ticketing/tags", method="POST", json={"name": "x"}),
        {"not_found": 404, "method_not_allowed": 405},
    ),
    "unknown_parameter": (_status(CONTACTS, "colour=red"), {"refuse": 400, "ignore": 200}),
    "stream_format": (_stream, {"ndjson": "application/x-ndjson", "envelope": "application/json"}),
    "create_status": (_status(CONTACTS, method="POST", json=IDA), {"200": 200, "201": 201}),
    "bare_date": (_bare_date, {"equals": True, "from": False}),
    "proxy_account_parameter": (_handed_on, {"removed": False, "forwarded": True}),
    "idempotency_mismatch": (_repeated, {"replay": 200, "conflict": 409}),
    "unsupported_filter": (_status(CONTACTS, "name=nobody"), {"ignore": 200, "refuse": 400}),
}


def test_the_table_has_every_quirk_and_every_choice(served: Account) -> None:
    told = {name: set(served.quirks.choices(name)) for name in served.quirks}
    assert {name: set(choices) for name, (_, choices) in SHOWN.items()} == told


@pytest.mark.parametrize(
    ("quirk", "choice"), [(quirk, choice) for quirk, (_, choices) in SHOWN.items() for choice in choices]
)
def test_a_choice_is_what_a_client_sees(api: Any, served: Account, superchat: Account, quirk: str, choice: str) -> None:
    api.superchat = superchat
    served.quirks.set(**{quirk: choice})
    look, choices = SHOWN[quirk]
    assert look(api) == choices[choice]


def test_fields_are_excluded_as_lists_in_brackets_only_under_the_quirk(api: Any, served: Account) -> None:
    served.quirks.set(excluded_fields="brackets")
    [record] = api.get(CONTACTS, "limit=1&truto_exclude_fields=id,name").json()["result"]
    assert "id" in record  # one field of the name "id,name"
    [record] = api.get(CONTACTS, "limit=1&truto_exclude_fields[0]=name").json()["result"]
    assert "name" not in record
