"""How the parts of a provider's section refer to each other, judged: keys that nobody has, or that two have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.core.worlds import Finding, Place, nearest


class References:
    """The keys of all records of a world by kind, for its sections to refer to."""

    def __init__(self, keys: Mapping[str, Sequence[str]]) -> None:
        self.keys = keys

    def known(self, kind: str, key: str | None, place: Place) -> Iterator[Finding]:
        """A finding when nothing of that kind has the key; None refers to nothing."""
        if key is not None and key not in self.keys[kind]:
            yield place, f"{kind} has no key {key!r}; {nearest(key, self.keys[kind])}"

    def all_known(self, kind: str, keys: Iterable[str], place: Place) -> Iterator[Finding]:
        """The same for a list, in which each is named once."""
        seen: set[str] = set()
        for index, key in enumerate(keys):
            yield from self.known(kind, key, (*place, index))
            if key in seen:
                yield (*place, index), f"{key!r} is named twice"
            seen.add(key)


def repeated(place: Place, what: str, values: Sequence[str]) -> Iterator[Finding]:
    """A finding for each value (a key, a name) of the records at a place that another one of them has."""
    seen: set[str] = set()
    for index, value in enumerate(values):
        if value in seen:
            yield (*place, index, what), f"the {what} {value!r} is taken by another of {place[-1]}"
        seen.add(value)
