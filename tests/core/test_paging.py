"""Pages of filtered collections."""

from __future__ import annotations

import pytest

from harness.core.paging import filtered_page
from harness.core.store import Schema, Store


@pytest.mark.parametrize("cursor", [{}, {"after": "b"}, {"before": "b"}])
def test_a_page_of_none_is_empty(cursor: dict[str, str]) -> None:
    store = Store({"things": Schema()})
    for id in "abc":
        store["things"].insert({"id": id})
    assert filtered_page(store["things"], "sequence", lambda thing: True, limit=0, **cursor).entries == []
