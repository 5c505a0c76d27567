"""Bodies of several forms: which of them one is meant for, and how it misses that.

A schema of the contract with a `discriminator` beside its `oneOf` says which property decides. Then the errors are
those of that form and not of the choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.core.contract import Violation, violations_of

if TYPE_CHECKING:
    from harness.core.contract import Operation


def narrowed(
    operation: Operation, body: Any, violations: list[Violation]
) -> tuple[Mapping[str, Any] | None, list[Violation]]:
    """The schema a body is meant for, and its violations; None and what was given where nothing has to be chosen."""
    if len(violations) != 1 or violations[0].path or not violations[0].kind.startswith("oneOf"):
        return None, violations
    contract = operation.contract
    schema = contract.resolve(operation.data["requestBody"])["content"][operation.media[0]]["schema"]
    if "discriminator" not in schema:
        return None, violations
    if not isinstance(body, dict):
        return None, [Violation("body", (), "type", "object", "a body is an object")]
    name = schema["discriminator"]["propertyName"]
    if name not in body:
        return None, [Violation("body", (), "required", name, f"{name} decides about the form of a body")]
    value = body[name]
    references = [each["$ref"] for each in schema["oneOf"]]
    valid = {ref: contract.resolve({"$ref": ref})["properties"][name]["enum"] for ref in references}
    meant = [ref for ref, values in valid.items() if value in values]
    if not meant:
        choices = [choice for values in valid.values() for choice in values]
        kind, expected = ("enum", choices) if isinstance(value, str) else ("type", "string")
        return None, [Violation("body", (name,), kind, expected, f"{value!r} is none of {', '.join(choices)}")]
    missed = {ref: list(violations_of(contract.validator(ref), body, "body")) for ref in meant}
    nearest = min(meant, key=lambda ref: len(missed[ref]))
    return contract.resolve({"$ref": nearest}), missed[nearest]
