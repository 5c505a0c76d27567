"""Walks over lists: which page a request asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from harness.core.exchange import Request, Response

if TYPE_CHECKING:
    from harness.core.pack import Paging


class Pages:
    """Which page of a walk each cursor leads to, as the answers told it."""

    __slots__ = ("_known", "_paging")

    def __init__(self, paging: Paging | None) -> None:
        self._paging = paging
        self._known: dict[tuple[str, bool, str], int] = {}

    def of(self, request: Request) -> int:
        """The page a request asks for; one whose cursor came before anybody looked is taken for the second."""
        if self._paging is not None:
            for name, value in request.query_items():
                if value and name in self._paging.cursors:
                    return self._known.get((request.path, name in self._paging.backward, value), 2)
        return 1

    def learn(self, request: Request, answer: Response) -> None:
        """Note where the cursors of an answer lead."""
        if self._paging is None or answer.status != 200:
            return
        try:
            document = orjson.loads(answer.read())
        except orjson.JSONDecodeError:
            return
        page = self.of(request)
        for cursor in self._paging.next_cursors(document):
            self._known[request.path, False, cursor] = page + 1
        for cursor in self._paging.previous_cursors(document):
            self._known[request.path, True, cursor] = max(page - 1, 1)

    def copy(self) -> Pages:
        """The same, apart."""
        twin = Pages(self._paging)
        twin._known = dict(self._known)
        return twin
