"""What was answered under an idempotency key: the same again gets the same answer, and nothing is sent.

This is the memory of a client's process. The server keeps its own in the sandbox, where snapshots, forks and the
virtual clock reach it; which answers are kept is one rule for both, `Answer.is_final`.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import orjson

from harness.unified.errors import UnifiedError, error_body
from harness.unified.exchange import Answer
from harness.unified.provider import Raw

KEPT = 1000
"""How many answers a client keeps; past that the oldest go."""


@dataclass(frozen=True, slots=True)
class Place:
    """The key space: one account's keys at one path."""

    path: str
    key: str


class Remembered:
    """The answers of one account by place. May be used from several threads and tasks."""

    def __init__(self, *, conflict: bool, kept: int = KEPT) -> None:
        self._conflict = conflict
        self._kept = kept
        self._answers: OrderedDict[Place, tuple[bytes, Answer]] = OrderedDict()
        self._under_way: set[Place] = set()
        self._lock = threading.Lock()

    def begin(self, place: Place, body: Any) -> Answer | None:
        """The kept answer; None where the call is to be made, which `end` must follow.

        Raises UnifiedError 409 while the first call is still under way, and for another body where that is a conflict.
        """
        with self._lock:
            if place in self._under_way:
                raise _conflicting(place, "is under way")
            kept = self._answers.get(place)
            if kept is None:
                self._under_way.add(place)
                return None
            if self._conflict and kept[0] != _fingerprint(body):
                raise _conflicting(place, "was made with another body")
            self._answers.move_to_end(place)
        return deepcopy(kept[1])

    def end(self, place: Place, body: Any, answer: Answer | None) -> None:
        """Keep an answer that is final."""
        with self._lock:
            self._under_way.discard(place)
            if answer is None or not answer.is_final:
                return
            self._answers[place] = (_fingerprint(body), deepcopy(answer))
            if len(self._answers) > self._kept:
                self._answers.popitem(last=False)


def _fingerprint(body: Any) -> bytes:
    if isinstance(body, Raw):
        return hashlib.sha256(body.content_type.encode() + b"\n" + body.content).digest()
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).digest()


def _conflicting(place: Place, what: str) -> UnifiedError:
    return UnifiedError(409, error_body(409, f"a call of {place.path} with the key {place.key!r} {what}"), {})
