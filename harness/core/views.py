"""Views: how stored documents look from outside, encoded once for as long as they look the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from harness.core.store import Document, Entry
    from harness.core.unit import Unit


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The outside form of one collection's documents.

    `depends` names the other collections `render` reads; an encoded document is used again until it, one of
    those, or a quirk changes. None: it depends on more than that, such as the time, and is never kept.
    """

    collection: str
    render: Callable[[Any, Document], dict[str, Any]]
    depends: tuple[str, ...] | None = ()

    def document(self, unit: Unit, document: Document) -> dict[str, Any]:
        """The outside form as JSON data."""
        return self.render(unit, document)

    def encode(self, unit: Unit, entries: Iterable[Entry]) -> list[bytes]:
        """The outside forms as JSON text, one a document."""
        if self.depends is None:
            return [orjson.dumps(self.render(unit, entry.document)) for entry in entries]
        stamp: Any = (self, unit.quirks.fingerprint, *[unit.store[name].version for name in self.depends])
        encoded = []
        for entry in entries:
            kept = entry.rendered
            if kept is not None and (kept[0] is stamp or kept[0] == stamp):
                stamp = kept[0]  # the next comparison is one of identities
            else:
                kept = entry.rendered = (stamp, orjson.dumps(self.render(unit, entry.document)))
            encoded.append(kept[1])
        return encoded
