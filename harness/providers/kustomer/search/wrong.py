"""What a search is refused for."""

from __future__ import annotations

from typing import Any


class Wrong(ValueError):
    """A search that cannot be made; the title is in the words of the provider's validator."""

    def __init__(self, title: str, parameter: str, detail: str) -> None:
        super().__init__(f"{parameter}: {title}")
        self.title = title
        self.parameter = parameter
        self.detail = detail


def unknown(name: str, place: str) -> Wrong:
    """A name nobody knows at a place of the schema."""
    return Wrong("Additional properties not allowed", name, f"{place}/additionalProperties")


def mistyped(name: str, value: Any, expected: str, place: str) -> Wrong:
    """A value of the wrong type."""
    return Wrong(f"Invalid type: {_type(value)} (expected {expected})", name, f"{place}/type")


def malformed(name: str, format: str, place: str) -> Wrong:
    """A text that does not say what it should."""
    return Wrong(f"Format validation failed (must be a valid {format})", name, f"{place}/format")


def _type(value: Any) -> str:
    types = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", type(None): "null"}
    return types.get(type(value), "object")
