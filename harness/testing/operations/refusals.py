"""What the core refuses, as the control refuses it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harness.core.clock import TimeError
from harness.core.contract import ContractError
from harness.core.faults import FaultError
from harness.core.jobs import JobError
from harness.core.quirks import QuirkError
from harness.core.quota import QuotaError
from harness.core.sandbox import SandboxError
from harness.core.store import AlreadyThere, NotUnique
from harness.core.webhooks import WebhookError
from harness.core.worlds import WorldError
from harness.testing.arguments import invalid

WRONG = (ContractError, FaultError, QuirkError, QuotaError, TimeError, WebhookError, WorldError)
"""The call is wrong."""
AGAINST = (AlreadyThere, JobError, NotUnique, SandboxError)
"""The present state stands against it."""


@contextmanager
def blaming(*where: str | int) -> Iterator[None]:
    """What the core refuses meanwhile is the fault of this argument."""
    try:
        yield
    except WRONG as error:
        raise invalid(f"{'.'.join(map(str, where))}: {error}", *where) from error
