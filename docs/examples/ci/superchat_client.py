"""A client of Superchat such as a project may have. Nothing in it knows of the fakes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx

ATTEMPTS = 3


class Superchat:
    """Reads and adds contacts."""

    def __init__(self, base_url: str, api_key: str, sleep: Callable[[float], object] = time.sleep) -> None:
        self._http = httpx.Client(base_url=base_url, headers={"X-API-KEY": api_key}, timeout=10)
        self._sleep = sleep

    def contacts(self) -> Iterator[dict[str, Any]]:
        """All contacts, page by page."""
        asked: dict[str, Any] = {"limit": 100}
        while True:
            page = self._call("GET", "/contacts", params=asked)
            yield from page["results"]
            cursor = page["pagination"]["next_cursor"]
            if cursor is None:
                return
            asked["after"] = cursor

    def add_contact(self, mail: str) -> str:
        """Add a contact, and give its id."""
        contact = self._call("POST", "/contacts", json={"handles": [{"type": "mail", "value": mail}]})
        return str(contact["id"])

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _call(self, method: str, path: str, **more: Any) -> Any:
        """One call. A 429 that says when to come back is waited for; every other refusal is raised."""
        for left in reversed(range(ATTEMPTS)):
            answer = self._http.request(method, path, **more)
            wait = answer.headers.get("Retry-After")
            if answer.status_code == 429 and wait is not None and left:
                self._sleep(float(wait))
                continue
            answer.raise_for_status()
            return answer.json()
        raise AssertionError("the last attempt returns or raises")
