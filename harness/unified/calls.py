"""A client's calls without the driving: which steps they take, and what their answers are in Python.

What is given back, by the answer and `truto_response_format`:

- `unified` (the default) and `normalized`: a page of typed records for a list, the typed record for get, create and
  update, `{"id": …}` for delete, the provider's outcome for a custom method;
- `stream`: for a list the records alone, without a cursor; else like `unified`;
- `raw`: the provider's own body; `debug`: `{"result": …, "debug": …}`, both as data.

The proxy and free paths give the provider's own body. A body that is not JSON is a `Download`; an empty one None.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from harness.unified.account import IntegratedAccount
from harness.unified.bodies import parameters
from harness.unified.catalogue import STANDARD
from harness.unified.errors import UnifiedError, error_body
from harness.unified.exchange import Answer, Steps
from harness.unified.idempotency import Place, Remembered
from harness.unified.pages import Download, Listed, RateLimit
from harness.unified.proxy import custom, proxy
from harness.unified.quirks import of_client
from harness.unified.retry import Calling, Patience, Retry, patient
from harness.unified.unify import unified

_READS = ("list", "get")
_TYPED = (None, "", "unified", "normalized", "stream")


class Calls:
    """The calls of one account."""

    def __init__(self, account: IntegratedAccount, retry: Retry | None, quirks: Mapping[str, str] | None) -> None:
        self.account = account
        self.rate_limit: RateLimit | None = None
        """As the last answer that told one had it."""
        self._retry = retry
        self._quirks = of_client(quirks)
        self._remembered = Remembered(conflict=self._quirks["idempotency_mismatch"] == "conflict")

    def list(self, model: str, resource: str, given: Mapping[str, Any]) -> Calling[Any]:
        """A unified list: Listed, or data in another format."""
        query = parameters(given)
        shown = query.get("truto_response_format")
        answer = yield from self._answer(
            unified(self.account, model, resource, "list", query=query, quirks=self._quirks), reads=True
        )
        if shown not in _TYPED or not isinstance(answer.records, list):
            return _decoded(answer, as_bytes=shown in _TYPED)
        if shown == "stream":
            return answer.records
        return _listed(answer)

    def one(
        self,
        model: str,
        resource: str,
        method: str,
        id: str | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        key: str | None = None,
    ) -> Calling[Any]:
        """Any other unified method."""
        asked = parameters(query or {})
        id = None if id is None else str(id)  # ids are texts, also where a caller has a number
        steps = unified(self.account, model, resource, method, id=id, query=asked, body=body, quirks=self._quirks)
        answer = yield from self._answer(
            steps,
            reads=method in _READS,
            repeatable=method == "delete",
            place=_place(key, "unified", model, resource, method, id),
            body=body,
        )
        typed = asked.get("truto_response_format") in _TYPED
        if typed and answer.records is not None:
            return answer.records
        if typed and method not in STANDARD and isinstance(answer.body, Mapping):
            return answer.body["result"]
        return _decoded(answer, as_bytes=typed)

    def proxied(
        self,
        resource: str,
        method: str,
        id: str | None = None,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        key: str | None = None,
    ) -> Calling[Any]:
        """A proxy method: Listed for a list, else the provider's own body."""
        asked = parameters(query or {})
        id = None if id is None else str(id)
        found = self.account.integration.method(resource, method)
        answer = yield from self._answer(
            proxy(self.account, resource, method, id=id, query=asked, body=body, quirks=self._quirks),
            reads=method in _READS or (found is not None and found.verb == "GET"),
            repeatable=method == "delete",
            place=_place(key, "proxy", resource, method, id),
            body=body,
        )
        if isinstance(answer.records, list) and "debug" not in answer.body:
            return _listed(answer)
        return _decoded(answer, as_bytes=found is not None and found.raw)

    def custom(
        self, verb: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None, key: str | None = None
    ) -> Calling[Any]:
        """A free path: the provider's own body."""
        steps = custom(self.account, verb, path, query=parameters(query or {}), body=body, quirks=self._quirks)
        answer = yield from self._answer(
            steps,
            reads=verb.upper() == "GET",
            repeatable=verb.upper() in ("PUT", "DELETE"),
            place=_place(key, "custom", verb.upper(), path.lstrip("/")),
            body=body,
        )
        return answer.body["result"] if isinstance(answer.body, Mapping) else _decoded(answer)

    def _answer(
        self,
        steps: Steps[Answer],
        *,
        reads: bool,
        repeatable: bool = False,
        place: Place | None = None,
        body: Any = None,
    ) -> Calling[Answer]:
        """The answer of a call. Raises UnifiedError for one that is an error."""
        patience = Patience(self.account, self._retry, reads, reads or repeatable or place is not None)
        if place is None:
            answer = yield from patient(steps, patience)
        else:
            answer = yield from self._once(place, body, steps, patience)
        self.rate_limit = RateLimit.read(answer.headers) or self.rate_limit
        if answer.status >= 300:
            raise _error(answer)
        return answer

    def _once(self, place: Place, body: Any, steps: Steps[Answer], patience: Patience) -> Calling[Answer]:
        """The kept answer for an idempotency key, or the call's, which is kept."""
        kept = self._remembered.begin(place, body)
        if kept is not None:
            return kept
        answer = None
        try:
            answer = yield from patient(steps, patience)
            return answer
        finally:
            self._remembered.end(place, body, answer)


def _place(key: str | None, *path: str | None) -> Place | None:
    if key is None:
        return None
    if not key:
        raise ValueError("idempotency_key= is empty: give a text of your own for each thing that is to happen once")
    return Place("/" + "/".join(part for part in path if part is not None), key)


def _listed(answer: Answer) -> Listed[Any]:
    document: Mapping[str, Any] = answer.body
    keyed = None if answer.keys is None else dict(zip(answer.keys, answer.records, strict=True))
    return Listed(
        answer.records,
        document["next_cursor"],
        document["prev_cursor"],
        document["result_count"],
        document.get("is_partial_response"),
        RateLimit.read(answer.headers),
        keyed,
    )


def _decoded(answer: Answer, *, as_bytes: bool = False) -> Any:
    body = answer.body
    if not isinstance(body, bytes):
        return body
    kind = answer.content_type.partition(";")[0].strip().lower()
    if not as_bytes:
        if not body:
            return None
        if kind == "application/json" or kind.endswith("+json"):
            try:
                return orjson.loads(body)
            except orjson.JSONDecodeError:
                pass  # it says JSON and is none: as it came
    return Download(body, answer.content_type, answer.headers)


def _error(answer: Answer) -> UnifiedError:
    body = answer.body
    if not isinstance(body, Mapping):
        where = answer.headers.get("location", "nowhere")
        body = error_body(answer.status, f"the provider redirects to {where}, which is not followed")
    error = UnifiedError(answer.status, body, answer.headers)
    if answer.hint:
        error.add_note(f"perhaps meant: {answer.hint}")
    return error
