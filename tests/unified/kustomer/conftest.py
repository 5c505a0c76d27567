"""Kustomer behind the unified API, answered from a script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

from harness.unified.account import IntegratedAccount
from harness.unified.exchange import Answer, Incoming, Outgoing, run
from harness.unified.quirks import defaults
from harness.unified.unify import unified

RECORDS = Path(__file__).parent / "records.yaml"


class Scripted:
    """Kustomer as the test writes it: each request gets the next of the answers, JSON data or (status, data)."""

    def __init__(self) -> None:
        self.account = IntegratedAccount.connect("kustomer", {"api_key": "nobodys"})
        self.answers: list[Any] = []
        self.sent: list[Outgoing] = []

    def send(self, outgoing: Outgoing) -> Incoming:
        """The next answer; a test that has none left sent too much."""
        self.sent.append(outgoing)
        answer = self.answers.pop(0)
        status, data = answer if isinstance(answer, tuple) else (200, answer)
        content = b"" if data is None else json.dumps(data).encode()
        return Incoming(status, [("content-type", "application/json")], content)

    def call(
        self, address: str, *answers: Any, id: str | None = None, query: Any = None, body: Any = None, **quirks: str
    ) -> Answer:
        """A unified call, by model, resource and method, that is answered so; all answers must be used."""
        self.answers = list(answers)
        self.sent.clear()
        model, resource, method = address.split(".")
        chosen = {**defaults(), **quirks}
        steps = unified(self.account, model, resource, method, id=id, query=query, body=body, quirks=chosen)
        answer = run(steps, self.send)
        assert not self.answers, "not all answers were asked for"
        return answer

    def mapped(self, address: str, *answers: Any, **given: Any) -> Any:
        """The body of such a call, without remote_data."""
        given["query"] = {"truto_ignore_remote_data": "true", **given.get("query", {})}
        return self.call(address, *answers, **given).body

    def listed(self, address: str, *records: Any, before: tuple[Any, ...] = (), **given: Any) -> Any:
        """The records of a list whose one page holds these."""
        return self.mapped(address, *before, page(*records), **given)["result"]

    def requests(self) -> list[tuple[str, str, Any]]:
        """Verb, address below the base URL and JSON body of each request."""
        base = self.account.base_url
        return [
            (each.method, unquote(each.url.removeprefix(base)), json.loads(each.content) if each.content else None)
            for each in self.sent
        ]


def page(*records: Any) -> dict[str, Any]:
    """A list of Kustomer's, with nothing before and after it."""
    links = {"self": "/v1/somewhere", "first": "/v1/somewhere", "prev": None, "next": None}
    return {"meta": {"pageSize": 100, "page": 1}, "links": links, "data": list(records)}


@pytest.fixture
def records() -> Mapping[str, Mapping[str, Any]]:
    """Kustomer's documents written by hand, by kind and name."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(RECORDS.read_text(encoding="utf-8"))
    return found


@pytest.fixture
def scripted() -> Scripted:
    """Kustomer answering from a script."""
    return Scripted()
