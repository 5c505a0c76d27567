"""Pages of filtered collections; unfiltered ones come straight from the collection's indexes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.core.store import Collection, Document, Entry, Page

CHUNK = 200


@dataclass(frozen=True, slots=True)
class _Filtered:
    """One order (or group of it) of a collection, seen through a filter."""

    collection: Collection
    order: str
    group: str | None
    keep: Callable[[Document], bool]
    descending: bool

    def following(self, after: str | None, wanted: int) -> list[Entry]:
        """The first `wanted` entries after the cursor."""
        kept: list[Entry] = []
        more = True
        while more and len(kept) < wanted:
            page = self._chunk(after=after)
            kept += [entry for entry in page.entries if self.keep(entry.document)]
            more = page.has_more_after
            after = page.entries[-1].document["id"] if page.entries else None
        return kept[:wanted]

    def preceding(self, before: str, wanted: int) -> list[Entry]:
        """The last `wanted` entries before the cursor."""
        kept: list[Entry] = []
        more = True
        while more and len(kept) < wanted:
            page = self._chunk(before=before)
            kept = [entry for entry in page.entries if self.keep(entry.document)] + kept
            more = page.has_more_before
            before = page.entries[0].document["id"] if page.entries else before
        return kept[-wanted:]

    def has(self, cursor: str) -> bool:
        """Whether the cursor's own document is still there and passes."""
        document = self.collection.get(cursor)
        return document is not None and self.keep(document)

    def _chunk(self, **cursor: str | None) -> Page:
        return self.collection.page(self.order, group=self.group, limit=CHUNK, descending=self.descending, **cursor)


def filtered_page(
    collection: Collection,
    order: str,
    keep: Callable[[Document], bool],
    *,
    group: str | None = None,
    after: str | None = None,
    before: str | None = None,
    limit: int,
    descending: bool = False,
) -> Page:
    """A page by cursor over the documents `keep` accepts; costs what it has to look at.

    The cursors and the order are those of `Collection.page`; raises UnknownCursor as it does.
    """
    seen = _Filtered(collection, order, group, keep, descending)
    if before is not None:
        kept = seen.preceding(before, limit + 1)
        followed = seen.has(before) or bool(seen.following(before, 1))
        return Page(kept[max(0, len(kept) - limit) :], has_more_before=len(kept) > limit, has_more_after=followed)
    kept = seen.following(after, limit + 1)
    preceded = after is not None and (seen.has(after) or bool(seen.preceding(after, 1)))
    return Page(kept[:limit], has_more_before=preceded, has_more_after=len(kept) > limit)
