"""What a token may do: one of the environment everything, one of an integrated account what concerns that account."""

from __future__ import annotations

from typing import Final

from harness.core.provider import Call
from harness.providers.unified.dialect import refused

ROLE: Final = "integrated-account:"
"""`issue_key(roles=("integrated-account:<id>",))` makes the token of one account."""

_OWN: Final = frozenset(("integrated_accounts.get", "integrated_accounts.capabilities", "integrated_accounts.tools"))


def account_of_token(call: Call) -> str | None:
    """The id of the account a token belongs to; None for one of the whole environment."""
    return next((role.removeprefix(ROLE) for role in call.roles or () if role.startswith(ROLE)), None)


def authorise(call: Call) -> None:
    """Keep an account's token to its account.

    documented: it is refused on /unified/meta/… (https://github.com/trutohq/truto-skills); inferred: and wherever
    other accounts could be seen or changed.
    """
    own = account_of_token(call)
    if own is None:
        return
    operation = call.operation.id
    if operation.startswith("meta."):
        raise refused(403, "A token of an integrated account may not ask this: use one of the environment")
    if operation.startswith("integrated_accounts.") and (operation not in _OWN or call.path.get("id") != own):
        raise refused(403, "A token of an integrated account may do this for no account but its own, and only read it")


def asked_account(call: Call) -> str | None:
    """The account a call is for, by its token or its query; costs no parsing of bodies."""
    return account_of_token(call) or named_account(call)


def named_account(call: Call) -> str | None:
    """The account the query names; of several the last one counts."""
    return dict(call.request.query_items()).get("integrated_account_id") or None
