"""Views: how stored documents look from outside, encoded once for as long as they look the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha1
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from harness.core.store import Document, Entry
    from harness.core.unit import Unit


class Rendered:
    """The outside form of one document as JSON text, for as long as its stamp holds."""

    __slots__ = ("digest", "stamp", "text")

    def __init__(self, stamp: Any, text: bytes) -> None:
        self.stamp = stamp
        self.text = text
        self.digest = b""
        """Of the text, once somebody has asked."""

    def digested(self) -> bytes:
        """The digest, made."""
        self.digest = sha1(self.text, usedforsecurity=False).digest()
        return self.digest


class Texts(list[bytes]):
    """The outside forms of some documents as JSON text."""

    __slots__ = ("_rendered",)

    def __init__(self, rendered: list[Rendered]) -> None:
        super().__init__([each.text for each in rendered])
        self._rendered = rendered

    def digests(self) -> bytes:
        """What tells them from other texts, far shorter: the digest of each is kept with it."""
        return b"".join([each.digest or each.digested() for each in self._rendered])


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

    def encode(self, unit: Unit, entries: Iterable[Entry]) -> Texts:
        """The outside forms as JSON text, one a document."""
        if self.depends is None:
            return Texts([Rendered(None, orjson.dumps(self.render(unit, entry.document))) for entry in entries])
        stamp: Any = (self, unit.quirks.fingerprint, *[unit.store[name].version for name in self.depends])
        rendered = []
        for entry in entries:
            kept = entry.rendered
            if kept is not None and (kept.stamp is stamp or kept.stamp == stamp):
                stamp = kept.stamp  # the next comparison is one of identities
            else:
                kept = entry.rendered = Rendered(stamp, orjson.dumps(self.render(unit, entry.document)))
            rendered.append(kept)
        return Texts(rendered)
