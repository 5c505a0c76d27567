"""What of a provider's records no mapping reads."""

from __future__ import annotations

from typing import Any

import pytest

from harness.unified.lineage import unread

RECORD: dict[str, Any] = {
    "properties": {"id": {}, "name": {}, "links": {"properties": {"self": {}, "next": {}}}, "tags": {"items": {}}}
}


@pytest.mark.parametrize(
    "schema", [RECORD, {"oneOf": [RECORD, {"type": "array"}]}, {"anyOf": [RECORD, {"type": "null"}]}]
)
def test_the_fields_nobody_reads_are_told_of_the_first_form(schema: dict[str, Any]) -> None:
    assert unread(schema, {"id", "links.self", "tags"}) == ["name", "links.next"]


def test_a_record_without_known_fields_has_none_left() -> None:
    assert unread({"type": "object"}, set()) == []
