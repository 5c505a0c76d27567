"""A sorted list of tuples, each with a value beside it, in chunks that are copied on write.

`copy()` copies the list of chunks only and owns none of them; a chunk is copied when it is first written.
What was copied must not be written afterwards: its chunks now have a second reader.
"""

from bisect import bisect_left, bisect_right
from itertools import accumulate, chain
from operator import itemgetter
from typing import Any, ClassVar

Item = tuple[Any, ...]
Position = tuple[int, int]  # (chunk, offset); the end is (number of chunks, 0), so positions compare


class SortedIndex:
    """Distinct tuples in ascending order with their values, in chunks: to find, add or remove one costs O(log n)."""

    __slots__ = ("_chunks", "_lasts", "_owned", "_size", "_starts", "_values")

    chunk_size: ClassVar[int] = 1_000

    def __init__(self) -> None:
        self._chunks: list[list[Item]] = []
        self._values: list[list[Any]] = []  # chunk by chunk beside the items
        self._lasts: list[Item] = []
        self._owned: list[bool] = []
        self._size = 0
        self._starts = [0]  # rank of each chunk's first item, as far as it is known

    def copy(self) -> "SortedIndex":
        """The same items; the chunks are shared until the copy writes them."""
        twin = SortedIndex.__new__(SortedIndex)
        twin._chunks = self._chunks[:]
        twin._values = self._values[:]
        twin._lasts = self._lasts[:]
        twin._owned = [False] * len(self._chunks)
        twin._size = self._size
        twin._starts = self._starts[:]
        return twin

    def __len__(self) -> int:
        return self._size

    @property
    def start(self) -> Position:
        return (0, 0)

    @property
    def end(self) -> Position:
        return (len(self._chunks), 0)

    def add(self, item: Item, value: Any) -> None:
        """Insert an item. Raises TypeError, changing nothing, if it does not compare with the others."""
        if not self._chunks:
            self._rebuild([(item, value)])
            return
        at = min(bisect_left(self._lasts, item), len(self._chunks) - 1)
        offset = bisect_left(self._chunks[at], item)
        chunk, values = self._own(at)
        chunk.insert(offset, item)
        values.insert(offset, value)
        self._lasts[at] = chunk[-1]
        self._size += 1
        if len(chunk) > 2 * self.chunk_size:
            half = len(chunk) // 2
            self._chunks.insert(at + 1, chunk[half:])
            self._values.insert(at + 1, values[half:])
            self._lasts.insert(at + 1, chunk[-1])
            self._owned.insert(at + 1, True)
            del chunk[half:], values[half:]
            self._lasts[at] = chunk[-1]
        del self._starts[at + 1 :]

    def change(self, item: Item, value: Any) -> None:
        """Another value for an item. Raises KeyError if it is not listed."""
        at, offset = self._listed(item)
        self._own(at)[1][offset] = value

    def remove(self, item: Item) -> None:
        """Take an item out. Raises KeyError if it is not listed."""
        at, offset = self._listed(item)
        chunk, values = self._own(at)
        del chunk[offset], values[offset]
        self._size -= 1
        if chunk:
            self._lasts[at] = chunk[-1]
        else:
            del self._chunks[at], self._values[at], self._lasts[at], self._owned[at]
        del self._starts[at + 1 :]

    def update(self, items: list[tuple[Item, Any]]) -> None:
        """Insert many items with values, in any order, sorting once when they are many beside those listed."""
        if len(items) * 8 < self._size:
            for item, value in items:
                self.add(item, value)
        else:
            listed = zip(chain.from_iterable(self._chunks), chain.from_iterable(self._values), strict=True)
            self._rebuild(sorted([*listed, *items], key=itemgetter(0)))

    def find(self, bound: Item) -> Position:
        """The position of the first item which is not less than the bound (a prefix of items will do)."""
        at = bisect_left(self._lasts, bound)
        return (at, bisect_left(self._chunks[at], bound)) if at < len(self._chunks) else (at, 0)

    def find_after(self, bound: Item) -> Position:
        """The position of the first item which is greater than the bound."""
        at = bisect_right(self._lasts, bound)
        return (at, bisect_right(self._chunks[at], bound)) if at < len(self._chunks) else (at, 0)

    def move(self, position: Position, steps: int) -> Position:
        """The position so many items further, or back if negative, stopping at the ends. O(steps)."""
        at, offset = position
        offset += steps
        while offset < 0:
            if at == 0:
                return self.start
            at -= 1
            offset += len(self._chunks[at])
        while at < len(self._chunks) and offset >= len(self._chunks[at]):
            offset -= len(self._chunks[at])
            at += 1
        return (at, offset) if at < len(self._chunks) else self.end

    def between(self, left: Position, right: Position) -> list[Any]:
        """The values from `left` up to, without, `right`."""
        (first, low), (last, high) = left, right
        if first == last:
            return self._values[first][low:high] if low < high else []
        values: list[Any] = []
        for at in range(first, last):
            values += self._values[at][low:]
            low = 0
        if high:
            values += self._values[last][:high]
        return values

    def first(self) -> Item:
        """The least item. Raises IndexError if there are none."""
        return self._chunks[0][0]

    def rank(self, position: Position) -> int:
        """How many items stand before the position."""
        at, offset = position
        return self._known_starts(at)[at] + offset

    def position(self, rank: int) -> Position:
        """The position which has so many items before it; the end if there are not so many."""
        if rank >= self._size:
            return self.end
        starts = self._known_starts(len(self._chunks))
        at = bisect_right(starts, rank) - 1
        return (at, rank - starts[at])

    def _listed(self, item: Item) -> Position:
        at, offset = self.find(item)
        if at == len(self._chunks) or self._chunks[at][offset] != item:
            raise KeyError(item)
        return at, offset

    def _own(self, at: int) -> tuple[list[Item], list[Any]]:
        if not self._owned[at]:
            self._chunks[at] = self._chunks[at][:]
            self._values[at] = self._values[at][:]
            self._owned[at] = True
        return self._chunks[at], self._values[at]

    def _rebuild(self, pairs: list[tuple[Item, Any]]) -> None:
        size = self.chunk_size
        parts = [pairs[at : at + size] for at in range(0, len(pairs), size)]
        self._chunks = [[item for item, _ in part] for part in parts]
        self._values = [[value for _, value in part] for part in parts]
        self._lasts = [chunk[-1] for chunk in self._chunks]
        self._owned = [True] * len(self._chunks)
        self._size = len(pairs)
        self._starts = [0]

    def _known_starts(self, upto: int) -> list[int]:
        starts = self._starts
        known = len(starts)
        if upto >= known:
            # A new list, assigned at once: a shared index may be read by two forks in two threads.
            lengths = map(len, self._chunks[known - 1 :])
            starts = self._starts = starts[:-1] + list(accumulate(lengths, initial=starts[-1]))
        return starts
