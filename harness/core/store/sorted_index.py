"""A sorted list of tuples in chunks, copied on write.

`copy()` copies the list of chunks only and owns none of them; a chunk is copied when it is first written.
What was copied must not be written afterwards: its chunks now have a second reader.
"""

from bisect import bisect_left, bisect_right, insort
from itertools import accumulate
from typing import Any, ClassVar

Item = tuple[Any, ...]
Position = tuple[int, int]  # (chunk, offset); the end is (number of chunks, 0), so positions compare



class SortedIndex:
    """Distinct tuples in ascending order, in chunks: to find, add or remove one costs O(log n)."""

    __slots__ = ("_chunks", "_lasts", "_owned", "_size", "_starts")

    chunk_size: ClassVar[int] = 1_000

    def __init__(self) -> None:
        self._chunks: list[list[Item]] = []
        self._lasts: list[Item] = []
        self._owned: list[bool] = []
        self._size = 0
        self._starts = [0]  # rank of each chunk's first item, as far as it is known

    def copy(self) -> "SortedIndex":
        """The same items; the chunks are shared until the copy writes them."""
        twin = SortedIndex.__new__(SortedIndex)
        twin._chunks = self._chunks[:]
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

    def add(self, item: Item) -> None:
        """Insert an item. Raises TypeError, changing nothing, if it does not compare with the others."""
        if not self._chunks:
            self._rebuild([item])
            return
        at = min(bisect_left(self._lasts, item), len(self._chunks) - 1)
        chunk = self._own(at)
        insort(chunk, item)
        self._lasts[at] = chunk[-1]
        self._size += 1
        if len(chunk) > 2 * self.chunk_size:
            half = len(chunk) // 2
            self._chunks.insert(at + 1, chunk[half:])
            self._lasts.insert(at + 1, chunk[-1])
            self._owned.insert(at + 1, True)
            del chunk[half:]
            self._lasts[at] = chunk[-1]
        del self._starts[at + 1 :]

    def remove(self, item: Item) -> None:
        """Take an item out. Raises KeyError if it is not listed."""
        at, offset = self.find(item)
        if at == len(self._chunks) or self._chunks[at][offset] != item:
            raise KeyError(item)
        chunk = self._own(at)
        del chunk[offset]
        self._size -= 1
        if chunk:
            self._lasts[at] = chunk[-1]
        else:
            del self._chunks[at], self._lasts[at], self._owned[at]
        del self._starts[at + 1 :]

    def update(self, items: list[Item]) -> None:
        """Insert many items, in any order, sorting once when they are many beside those already listed."""
        if len(items) * 8 < self._size:
            for item in items:
                self.add(item)
        else:
            self._rebuild(sorted(self.between(self.start, self.end) + items))

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

    def between(self, left: Position, right: Position) -> list[Item]:
        """The items from `left` up to, without, `right`."""
        (first, low), (last, high) = left, right
        if first == last:
            return self._chunks[first][low:high] if low < high else []
        items: list[Item] = []
        for at in range(first, last):
            items += self._chunks[at][low:]
            low = 0
        if high:
            items += self._chunks[last][:high]
        return items

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

    def _own(self, at: int) -> list[Item]:
        if not self._owned[at]:
            self._chunks[at] = self._chunks[at][:]
            self._owned[at] = True
        return self._chunks[at]

    def _rebuild(self, items: list[Item]) -> None:
        size = self.chunk_size
        self._chunks = [items[at : at + size] for at in range(0, len(items), size)]
        self._lasts = [chunk[-1] for chunk in self._chunks]
        self._owned = [True] * len(self._chunks)
        self._size = len(items)
        self._starts = [0]

    def _known_starts(self, upto: int) -> list[int]:
        starts = self._starts
        known = len(starts)
        if upto >= known:
            # A new list, assigned at once: a shared index may be read by two forks in two threads.
            lengths = map(len, self._chunks[known - 1 :])
            starts = self._starts = starts[:-1] + list(accumulate(lengths, initial=starts[-1]))
        return starts
