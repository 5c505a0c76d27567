"""`Idempotency-Key`: a repeat for the same account and path is answered as the first time, and not executed.

Which answers are kept is the unified client's rule, too: `Answer.is_final`.
"""

from __future__ import annotations

import base64
from typing import Final
from weakref import WeakKeyDictionary

from harness.core.account import Account
from harness.core.clock import HOUR
from harness.core.exchange import Response
from harness.core.ids import digest
from harness.core.provider import Call
from harness.core.store import Order, Schema
from harness.providers.unified.dialect import refused

NAME: Final = "idempotency"
HEADER: Final = "idempotency-key"
KEPT: Final = 24 * HOUR
"""inferred: how long an answer is kept is not told."""
MAX_LENGTH: Final = 255

COLLECTIONS: Final = {NAME: Schema(orders={"at": Order(lambda kept: (kept["at"],))})}

_under_way: WeakKeyDictionary[Account, set[str]] = WeakKeyDictionary()
"""The places whose first request is not answered yet: these belong to the requests, not to the state that is kept."""


class Claim:
    """A request that is the first with its key, until it is answered."""

    def __init__(self, call: Call, place: str, fingerprint: str) -> None:
        self._account = call.account
        self._place = place
        self._fingerprint = fingerprint
        _under_way.setdefault(call.account, set()).add(place)

    def release(self) -> None:
        """Nothing came of it: a repeat is executed."""
        _under_way.get(self._account, set()).discard(self._place)

    def settle(self, call: Call, response: Response) -> None:
        """Keep the answer for repeats."""
        self.release()
        for entry in list(call[NAME].range("at", limit=100)):
            if entry.document["at"] > call.now - KEPT:
                break
            call[NAME].delete(entry.document["id"])
        call[NAME].put(
            {
                "id": self._place,
                "at": call.now,
                "fingerprint": self._fingerprint,
                "status": response.status,
                "headers": [list(line) for line in response.headers],
                "body": base64.b64encode(response.read()).decode(),
            }
        )


def claim(call: Call, account_id: str) -> Claim | Response | None:
    """The answer of the first time; else the claim to be the first; None for a request without a key.

    Raises Refused: 409 while the first is under way, and, under the quirk, for a repeat with another body.
    """
    key = call.request.header(HEADER)
    if key is None or call.request.method not in ("POST", "PATCH"):
        return None
    if not 0 < len(key) <= MAX_LENGTH:
        raise refused(400, f"Idempotency-Key is a text of 1 to {MAX_LENGTH} characters")
    place = digest(account_id, call.request.path, key, length=16).hex()
    fingerprint = digest(call.request.method, call.request.query, call.request.body.hex(), length=16).hex()
    if place in _under_way.get(call.account, ()):
        raise refused(409, "A request with this Idempotency-Key is under way")
    kept = call[NAME].get(place)
    if kept is None or kept["at"] <= call.now - KEPT:
        return Claim(call, place, fingerprint)
    if kept["fingerprint"] != fingerprint and call.quirks["idempotency_mismatch"] == "conflict":
        raise refused(409, "This Idempotency-Key was used with another request")
    headers = [(str(name), str(value)) for name, value in kept["headers"]]
    return Response(kept["status"], base64.b64decode(kept["body"]), headers)
