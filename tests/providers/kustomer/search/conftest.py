"""An organisation whose documents a test chooses, asked over HTTP in process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import orjson
import pytest

from harness.core.clock import format_instant
from harness.core.exchange import Request
from harness.core.registry import Registry
from harness.core.unit import Unit
from harness.providers.kustomer.pack import PACK

SEARCH = "/v1/customers/search"


def _seed_nothing(unit: Unit, world: Mapping[str, Any]) -> None:
    """The test brings all there is."""


class Organisation:
    """A strict account without anything in it, with a clock that stands still."""

    def __init__(self, registry: Registry, quirks: Mapping[str, str] | None = None) -> None:
        self.registry = registry
        self.sandbox = self.registry.open(
            world="empty", quirks={"kustomer": quirks or {}}, real_quotas=False, strict=True
        )
        self.sandbox.clock.tick = 0
        self.account = self.sandbox.account("kustomer")
        self._count = 0

    def now(self, **back: int) -> str:
        """The present, or some `days`, `minutes`, `seconds` before."""
        units = {"days": 86_400_000, "minutes": 60_000, "seconds": 1_000}
        return format_instant(self.sandbox.clock.now() - sum(units[unit] * many for unit, many in back.items()))

    def new_id(self) -> str:
        self._count += 1
        return f"{self._count:024x}"

    def put(self, collection: str, relations: Mapping[str, Any] | None = None, **attributes: Any) -> str:
        """A document that was made just now, unless its attributes say otherwise; its id."""
        private = {"klass": attributes.pop("klass"), "plural": "objects"} if "klass" in attributes else {}
        id = attributes.pop("id", None) or self.new_id()
        times = {"createdAt": self.now(), "updatedAt": self.now()}
        with self.account.unit() as unit:
            own = {"attributes": {**times, **attributes}, "relations": dict(relations or {})}
            unit[collection].put({**private, "id": id, **own})
        return id

    def customer(self, name: str, company: str | None = None, **attributes: Any) -> str:
        return self.put("customers", {"company": company} if company else {}, name=name, **attributes)

    def conversation(self, name: str, customer: str | None = None, **attributes: Any) -> str:
        return self.put("conversations", {"customer": customer} if customer else {}, name=name, **attributes)

    def post(self, body: Any, query: str = "", path: str = SEARCH) -> tuple[int, Any]:
        """The status and the document of an answer."""
        headers = [(name.lower(), value) for name, value in PACK.headers(self.account.api_key).items()]
        request = Request(
            "POST",
            path,
            query=query,
            headers=[*headers, ("content-type", "application/json")],
            body=body if isinstance(body, bytes) else orjson.dumps(body),
        )
        answer = self.registry.provider("kustomer").handle(request)
        return answer.status, answer.json()

    def found(self, body: Any, query: str = "", path: str = SEARCH) -> dict[str, Any]:
        """The document of a search that succeeds."""
        status, document = self.post(body, query, path)
        assert status == 200, document
        assert isinstance(document, dict)
        return document

    def names(self, path: str = SEARCH, /, **body: Any) -> list[str]:
        """The names of what was found, in alphabetical order."""
        return sorted(self.in_order(path, **body))

    def in_order(self, path: str = SEARCH, /, **body: Any) -> list[str]:
        """The names of what was found."""
        data = self.found(body, path=path)["data"]
        return [each["attributes"].get("name", each["id"]) for each in data]

    def refusal(self, path: str = SEARCH, /, **body: Any) -> tuple[str, str, str]:
        """Parameter, title and detail of the one error of a search that is refused."""
        status, document = self.post(body, path=path)
        assert status == 400, document
        (error,) = document["errors"]
        return error["source"]["parameter"], error["title"], error["detail"]


@pytest.fixture(scope="session")
def empty_registry() -> Registry:
    return Registry({"kustomer": replace(PACK, seed=_seed_nothing)})


@pytest.fixture
def organisation(empty_registry: Registry) -> Iterator[Callable[..., Organisation]]:
    """For one with quirks."""
    yield partial(Organisation, empty_registry)
    for id in list(empty_registry.sandboxes):
        empty_registry.close(id)


@pytest.fixture
def org(organisation: Callable[..., Organisation]) -> Organisation:
    return organisation()
