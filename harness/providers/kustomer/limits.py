"""Rate limits: of the organisation by its plan, of searches, of what is made for one customer, of one object."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from harness.core.clock import MINUTE, SECOND
from harness.core.exchange import Refused, Response
from harness.core.provider import Call, Link
from harness.core.quota import Quota
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.dialect import dress, error

SEARCHES: Final = frozenset(
    ("search_customers.search", "search_customers.search_archive_customers", "saved_searches.execute")
)


def _of_organisation(call: Call) -> str | None:
    return None if call.operation.id in SEARCHES else ""


def _of_searcher(call: Call) -> str | None:
    return call.key if call.operation.id in SEARCHES else None


def _counted_by_handlers(call: Call) -> None:
    """The body says whom it is about."""


# documented: https://developer.kustomer.com/api
QUOTAS: Final = (
    Quota(
        "requests",
        limit=1000,
        window=MINUTE,
        scope=_of_organisation,
        chosen_by="rate_limit_plan",
        limits={"enterprise": 1000, "ultimate": 2000, "business": 500, "professional": 300},
    ),
    Quota("searches", limit=100, window=MINUTE, scope=_of_searcher),
    Quota("creations", limit=120, window=MINUTE, scope=_counted_by_handlers),
    Quota("whatsapp", limit=400, window=MINUTE, scope=_counted_by_handlers),
    Quota(
        "object_updates",
        limit=120,
        window=MINUTE,
        scope=_counted_by_handlers,
        chosen_by="object_rate_limit",
        limits={"120": 120, "none": None},
    ),
)


def count_creation(unit: Unit, customer: str, by: Actor) -> None:
    """documented: 120 new conversations, messages, notes, drafts and objects a minute for one customer and client;
    what is imported is not counted. Raises Refused (429)."""
    _count(unit, "creations", f"{by.user} {customer}")


def count_whatsapp(unit: Unit, by: Actor) -> None:
    """documented: one user sends so many WhatsApp messages a minute. Raises Refused (429)."""
    _count(unit, "whatsapp", f"{by.user}")


def count_update(unit: Unit, id: str, by: Actor) -> None:
    """documented: one user changes one object only so often a minute. Raises Refused (429)."""
    _count(unit, "object_updates", f"{by.user} {id}")


def _count(unit: Unit, quota: str, scope: str) -> None:
    if unit.account is None:  # a world is projected
        return
    full = unit.account.quotas.count(quota, scope, unit.now)
    if full is not None:
        if isinstance(unit, Call):
            unit.retry_at = full.resets_at(unit.now)
        raise Refused(error(unit.quirks, 429))


def decorate(call: Call, response: Response) -> None:
    """The headers of every answer. recorded: limit and remaining; client: reset only once the limit is exceeded, as a
    moment, to be measured from the date of the answer."""
    if isinstance(call.operation, Link) or call.operation.keyless:
        return
    if response.header("x-kustomer-pod") is None:
        dress(call.request, response)
    if call.operation.id in SEARCHES:
        window = call.account.quotas.window("searches", call.key)
    else:
        window = call.account.quotas.window("requests")
    remaining = window.remaining(call.now)
    response.headers += [
        ("date", _date(call.now // SECOND)),
        ("x-ratelimit-limit", str(window.limit)),
        ("x-ratelimit-remaining", str(remaining)),
    ]
    exceeded = response.status == 429 and (remaining == 0 or call.fault is not None)
    if exceeded or call.quirks["rate_limit_reset"] == "always":
        # inferred: whole seconds of the epoch
        at = call.retry_at if call.retry_at is not None else window.resets_at(call.now)
        response.headers.append(("x-ratelimit-reset", str(-(-at // SECOND))))


@lru_cache(maxsize=64)
def _date(second: int) -> str:
    from email.utils import formatdate

    return formatdate(second, usegmt=True)
