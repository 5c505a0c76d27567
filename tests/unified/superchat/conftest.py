"""Superchat behind the unified API: answered from a script, or by the fake."""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

import harness
from harness.unified.account import IntegratedAccount
from harness.unified.exchange import Answer, Incoming, Outgoing, run
from harness.unified.proxy import proxy
from harness.unified.quirks import defaults
from harness.unified.unify import unified

RECORDS = Path(__file__).parent / "records.yaml"


class _Caller:
    """Calls `ticketing.contacts.list`, and keeps what it sent to Superchat."""

    def __init__(self, account: IntegratedAccount) -> None:
        self.account = account
        self.sent: list[Outgoing] = []

    def send(self, outgoing: Outgoing) -> Incoming:
        raise NotImplementedError

    def _send(self, outgoing: Outgoing) -> Incoming:
        self.sent.append(outgoing)
        return self.send(outgoing)

    def call(
        self,
        address: str,
        *,
        id: str | None = None,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        **quirks: str,
    ) -> Answer:
        """A unified call, by model, resource and method; its requests are in `sent`."""
        self.sent.clear()
        model, resource, method = address.split(".")
        chosen = {**defaults(), **quirks}
        steps = unified(self.account, model, resource, method, id=id, query=query, body=body, quirks=chosen)
        return run(steps, self._send)

    def proxy(self, address: str, *, id: str | None = None, query: Any = None, body: Any = None) -> Answer:
        """A proxy call, by resource and method."""
        self.sent.clear()
        resource, method = address.split(".")
        steps = proxy(self.account, resource, method, id=id, query=query, body=body, quirks=defaults())
        return run(steps, self._send)

    def requests(self) -> list[tuple[str, str, Any]]:
        """Verb, address below the base URL and JSON body of each request."""
        base = self.account.base_url
        return [
            (each.method, each.url.removeprefix(base), json.loads(each.content) if each.content else None)
            for each in self.sent
        ]


class Scripted(_Caller):
    """Superchat as the test writes it: each request gets the next of the answers, JSON data or (status, data)."""

    def __init__(self) -> None:
        super().__init__(IntegratedAccount.connect("superchat", {"api_key": "nobodys"}))
        self.answers: list[Any] = []

    def send(self, outgoing: Outgoing) -> Incoming:
        answer = self.answers.pop(0)
        status, data = answer if isinstance(answer, tuple) else (200, answer)
        if isinstance(data, bytes):
            return Incoming(status, [], data)
        return Incoming(status, [("content-type", "application/json")], json.dumps(data).encode())

    def mapped(self, address: str, *answers: Any, **given: Any) -> Any:
        """The body of a call that is answered so, without remote_data; all answers must be used."""
        self.answers = list(answers)
        given["query"] = {"truto_ignore_remote_data": "true", **given.get("query", {})}
        body = self.call(address, **given).body
        assert not self.answers, "not all answers were asked for"
        return body

    def listed(self, address: str, *records: Any, **given: Any) -> Any:
        """The records of a list whose one page holds these."""
        return self.mapped(address, page(*records), **given)["result"]


class Fake(_Caller):
    """The fake Superchat of a fresh sandbox."""

    def __init__(self, superchat: harness.Account) -> None:
        self.client = superchat.client()
        base_url = str(self.client.base_url).rstrip("/")
        super().__init__(IntegratedAccount.connect("superchat", {"api_key": superchat.api_key}, base_url=base_url))

    def send(self, outgoing: Outgoing) -> Incoming:
        answer = self.client.request(
            outgoing.method, outgoing.url, headers=outgoing.headers, content=outgoing.content or None
        )
        headers = [(name.lower(), value) for name, value in answer.headers.multi_items()]
        return Incoming(answer.status_code, headers, answer.content)

    def read(self, path: str) -> Any:
        """What the fake itself answers."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


def page(*records: Any) -> dict[str, Any]:
    """A list of Superchat's, with nothing before and after it."""
    cursors = {"next_cursor": None, "previous_cursor": None, "next_url": None, "previous_url": None}
    return {"url": "/somewhere", "results": list(records), "pagination": cursors}


@pytest.fixture(scope="session")
def _records() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(RECORDS.read_text(encoding="utf-8"))
    return found


@pytest.fixture
def records(_records: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Superchat's records written by hand, by resource and name; each test has its own."""
    return deepcopy(_records)


@pytest.fixture
def scripted() -> Scripted:
    """Superchat answering from a script."""
    return Scripted()


@pytest.fixture
def fake(superchat: harness.Account) -> Fake:
    """The fake Superchat behind the unified API."""
    return Fake(superchat)
