"""A unit of work: the one way in which handlers, due events, seeds and controls change an account."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.core.ids import base62
from harness.core.jobs import COLLECTION as JOBS
from harness.core.jobs import PLANS, Jobs
from harness.core.store import Collection, Document, Order, Schema, Store
from harness.core.webhooks import EVENTS, queue
from harness.core.webhooks import SCHEMAS as WEBHOOKS

if TYPE_CHECKING:
    from harness.core.account import Account
    from harness.core.pack import Pack
    from harness.core.quirks import Quirks

__all__ = ["DUE", "EVENTS", "SCHEMAS", "Unit"]

DUE = "_due"

SCHEMAS = {
    DUE: Schema(orders={"due": Order(lambda event: (event["at"],))}),
    JOBS: Schema(),
    PLANS: Schema(),
    **WEBHOOKS,
}
"""The collections the core keeps in every account; their names begin with an underscore."""


class Unit:
    """What code inside a unit of work may use. `now` does not move while it lasts."""

    def __init__(self, pack: Pack, store: Store, quirks: Quirks, now: int) -> None:
        self.pack = pack
        self.store = store
        self.quirks = quirks
        self.now = now
        self.base_url = ""
        """The address the client sees; empty where nobody asked over HTTP."""
        self.link_token = ""
        """Names the account in keyless links."""
        self.account: Account | None = None
        """Whose work it is; None while a world is projected."""
        self.providers: tuple[str, ...] = ()
        """While a world is projected: the names of all providers there are."""

    def __getitem__(self, collection: str) -> Collection:
        return self.store.collection(collection)

    @cached_property
    def jobs(self) -> Jobs:
        """The account's jobs."""
        return Jobs(self, self.pack.jobs)

    def new_id(self, prefix: str, length: int = 21) -> str:
        """A fresh id, `prefix_` and letters and digits; the same in every run."""
        number = self.store.counter(prefix)
        return f"{prefix}_{base62(self.pack.name, prefix, number, length=length)}"

    def named_id(self, prefix: str, name: str, length: int = 21) -> str:
        """The id of a world's record: depends on its name only."""
        return f"{prefix}_{base62(self.pack.name, prefix, name, length=length)}"

    def schedule(self, kind: str, at: int, ref: str, **payload: Any) -> None:
        """Let the pack's due handler `kind` run at a moment; one a kind and `ref`, the last one counts."""
        self.store[DUE].put({"id": f"{kind}:{ref}", "at": at, "kind": kind, "ref": ref, "payload": payload})

    def unschedule(self, kind: str, ref: str) -> None:
        """Call off what `schedule` set, if it is still to come."""
        id = f"{kind}:{ref}"
        if id in self.store[DUE]:
            self.store[DUE].delete(id)

    def record_event(self, event: Document) -> None:
        """Queue a webhook event (`id`, `type`, `at`, `payload`, `deliveries`: `subscription`, `target_url`)."""
        queue(self, event)
