"""How the clients of a sandbox behaved."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.testing.arguments import conflict, invalid
from harness.testing.conduct import chosen, judge

if TYPE_CHECKING:
    from harness.testing.control import LocalControl


def _list_conduct(
    control: LocalControl, sandbox: str, provider: str | None = None, rules: list[str] | None = None
) -> dict[str, Any]:
    found = control.sandbox(sandbox)
    control.chosen_provider(provider)
    try:
        names = chosen(rules)
    except ValueError as error:
        raise invalid(f"rules: {error}", "rules") from None
    with found.lock:
        exchanges, dropped = found.journal.calls(provider=provider), found.journal.dropped
    if dropped:
        raise conflict(
            f"the journal had to let go of {dropped} exchanges, so that conduct can be judged no more: judge it "
            "earlier, or clear the journal before the calls that matter"
        )
    findings = [
        finding
        for name in dict.fromkeys(exchange.provider for exchange in exchanges)
        for finding in judge(
            [exchange for exchange in exchanges if exchange.provider == name], control.registry.pack(name), names
        )
    ]
    findings.sort(key=lambda finding: finding.exchanges[-1])
    return {"findings": [finding.document() for finding in findings]}


OPERATIONS: dict[str, Callable[..., Any]] = {"conduct.list": _list_conduct}
