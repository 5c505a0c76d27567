"""How Superchat sends its webhooks. Nothing about it is documented: each choice is a quirk, marked inferred."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Any, Final, get_args

from harness.core.clock import MINUTE
from harness.core.quirks import Quirks
from harness.core.store import Document
from harness.core.unit import Unit
from harness.core.webhooks import WebhookRules
from harness.providers.superchat.dialect import VERSION
from harness.providers.superchat.events import EventType

HEADER: Final = "X-Superchat-Signature"
"""client: three unrelated clients look for it, none shows a real delivery.
https://github.com/Anou4r/openclaw-superchat"""

_PREFIXES: Final = {"hmac_sha256_hex": "", "hmac_sha256_prefixed": "sha256="}
# inferred: one client answers 200 to everything so that nothing is sent again; count and times are ours
_RETRIES: Final = {"three": (1 * MINUTE, 5 * MINUTE, 30 * MINUTE), "none": ()}


def sign(unit: Unit, subscription: str, event: Document, body: bytes) -> dict[str, str] | None:
    """The signature of a body with the subscription's secret, as the quirk `webhook_signature` says."""
    hook = unit["webhooks"].get(subscription)
    if hook is None:
        return None
    prefix = _PREFIXES.get(unit.quirks["webhook_signature"])
    if prefix is None:
        return {}
    return {HEADER: prefix + hmac.new(hook["secret"].encode(), body, "sha256").hexdigest()}


def retries(quirks: Quirks) -> tuple[int, ...]:
    """When a delivery that failed is made again, as the quirk `webhook_retries` says."""
    return _RETRIES[quirks["webhook_retries"]]


def subscribe(target_url: str, events: Sequence[Any]) -> tuple[str, str, Any]:
    """The request that subscribes; an event is its type or the type with filters."""
    wanted = [{"type": event, "filters": []} if isinstance(event, str) else event for event in events]
    return "POST", f"{VERSION}/webhooks", {"target_url": target_url, "events": wanted}


RULES: Final = WebhookRules(events=get_args(EventType), sign=sign, retries=retries, subscribe=subscribe)
