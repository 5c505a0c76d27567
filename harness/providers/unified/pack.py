"""The unified API's pack: what it is made of. What it asks providers with is imported when they are first asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from harness import data
from harness.core.pack import Pack, Paging
from harness.core.provider import Call
from harness.core.quota import Quota, of_key
from harness.providers.unified import calls, capabilities, idempotency, integrated_accounts
from harness.providers.unified.dialect import UnifiedDialect, make_token, token_of
from harness.providers.unified.tokens import asked_account, authorise
from harness.unified.catalogue import MODELS

WINDOW: Final = 10_000
_ABOUT: Final = ("ping", "integrated_accounts", "integration", "integrations", "meta")
"""What is about accounts rather than for them: it counts for the token alone."""


def _operations() -> Iterator[str]:
    """The unified operations; some providers take the id of what is changed in the body."""
    for model, resources in MODELS.items():
        for name, resource in resources.items():
            for method in resource.methods:
                yield f"{model}.{name}.{method}"
                if method in ("update", "delete"):
                    yield f"{model}.{name}.{method}{calls.WITHOUT_ID}"


def _called_account(call: Call) -> str | None:
    """The integrated account whose limit a call counts for; None where it is for none that there is."""
    if call.operation.id.partition(".")[0] in _ABOUT:
        return None
    id = asked_account(call)
    return id if id and id in call[integrated_accounts.NAME] else None


def _next_cursors(answer: Any) -> list[str]:
    cursor = answer.get("next_cursor") if isinstance(answer, dict) else None
    return [cursor] if cursor else []


PACK = Pack(
    name="unified",
    title="Unified API",
    contract_folder=lambda: data.folder("contracts") / "unified",
    collections={**integrated_accounts.COLLECTIONS, **idempotency.COLLECTIONS},
    handlers={**integrated_accounts.HANDLERS, **capabilities.HANDLERS, **calls.handlers(_operations())},
    dialect=UnifiedDialect(),
    credential=token_of,
    make_key=make_token,
    headers=lambda key: {"Authorization": f"Bearer {key}"},
    secret_fields=frozenset(("credentials", "context", "api_key", "access_token", "password", "client_secret")),
    seed=integrated_accounts.seed,
    views={integrated_accounts.NAME: integrated_accounts.VIEW},
    # documented: https://github.com/trutohq/truto-skills; inferred: that free paths count for the account, too
    quotas=(
        Quota("token", limit=500, window=WINDOW, scope=of_key),
        Quota("integrated_account", limit=50, window=WINDOW, scope=_called_account),
    ),
    authorise=authorise,
    paging=Paging(cursors=("next_cursor",), next_cursors=_next_cursors, sizes=("limit",)),
    creates=frozenset(("proxy.create", *(id for id in _operations() if id.endswith(".create")))),
    hosts=("api.truto.one",),
    prefixes=("unified", "proxy", "custom", "integrated-account", "integration", "integrations", "ping"),
    variables=integrated_accounts.variables,
)
