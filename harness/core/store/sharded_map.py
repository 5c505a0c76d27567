"""A dict in shards, copied on write.

`copy()` copies the list of shards only and owns none of them; a shard is copied when it is first written.
What was copied must not be written afterwards: its shards now have a second reader.
"""

from collections.abc import Hashable
from typing import ClassVar, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class ShardedMap(Generic[Key, Value]):
    """A dict in shards, growing one shard at a time (linear hashing): no single write moves everything."""

    __slots__ = ("_mask", "_owned", "_shards", "_size")

    shard_size: ClassVar[int] = 1_000

    def __init__(self) -> None:
        self._shards: list[dict[Key, Value]] = [{}]
        self._owned = [True]
        self._mask = 0
        self._size = 0

    def copy(self) -> "ShardedMap[Key, Value]":
        """The same content; the shards are shared until the copy writes them."""
        twin = ShardedMap.__new__(ShardedMap)
        twin._shards = self._shards[:]
        twin._owned = [False] * len(self._shards)
        twin._mask = self._mask
        twin._size = self._size
        return twin

    def __len__(self) -> int:
        return self._size

    def __contains__(self, key: Key) -> bool:
        return key in self._shards[self._at(key)]

    def get(self, key: Key) -> Value | None:
        return self._shards[self._at(key)].get(key)

    def __setitem__(self, key: Key, value: Value) -> None:
        shard = self._own(self._at(key))
        before = len(shard)
        shard[key] = value
        self._size += len(shard) - before
        if self._size > len(self._shards) * self.shard_size:
            self._grow()

    def __delitem__(self, key: Key) -> None:
        del self._own(self._at(key))[key]
        self._size -= 1

    def _at(self, key: Key) -> int:
        at = hash(key) & self._mask
        return at if at < len(self._shards) else at & (self._mask >> 1)

    def _own(self, at: int) -> dict[Key, Value]:
        if not self._owned[at]:
            self._shards[at] = self._shards[at].copy()
            self._owned[at] = True
        return self._shards[at]

    def _grow(self) -> None:
        new = len(self._shards)
        if new > self._mask:
            self._mask = 2 * self._mask + 1
        source = new & (self._mask >> 1)
        stay: dict[Key, Value] = {}
        leave: dict[Key, Value] = {}
        for key, value in self._shards[source].items():
            (leave if hash(key) & self._mask == new else stay)[key] = value
        self._shards[source] = stay
        self._owned[source] = True
        self._shards.append(leave)
        self._owned.append(True)
