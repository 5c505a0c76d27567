"""The operations of the control, by topic: each takes the `LocalControl` and its arguments, and returns JSON data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.testing.operations import behaviour, conduct, records, sandboxes, webhooks

OPERATIONS: dict[str, Callable[..., Any]] = {
    **sandboxes.OPERATIONS,
    **behaviour.OPERATIONS,
    **records.OPERATIONS,
    **webhooks.OPERATIONS,
    **conduct.OPERATIONS,
}
"""By the id which the contract in `contracts/harness` gives them."""
