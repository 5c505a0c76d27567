"""A unified call: judged, mapped to the provider's own call, made, and mapped back.

`unified` gives the steps; their outcome is what the unified API answers. Records are checked against their schema on
the way, so a mapping that gives the wrong shape is an error that names its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson

from harness.nearest import nearest
from harness.unified import catalogue
from harness.unified.account import IntegratedAccount
from harness.unified.arguments import require, typed
from harness.unified.catalogue import Resource, UnknownName
from harness.unified.errors import ConfigurationError, Refusal
from harness.unified.exchange import Answer, Steps
from harness.unified.mapping import Cell, Choice, Mapped, Step
from harness.unified.parameters import COMMON_PARAMETERS, LIST_PARAMETERS, WRITE_PARAMETERS
from harness.unified.proxy import (
    Raw,
    RemoteError,
    Reply,
    answered,
    asked_page,
    call,
    debug,
    envelope,
    not_json,
    passed_headers,
    rate_limit,
    read_only,
    remote_error,
)

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_READS = ("list", "get")
_PLATFORM = (*COMMON_PARAMETERS, *LIST_PARAMETERS, *WRITE_PARAMETERS)


def unified(
    account: IntegratedAccount,
    model: str,
    resource: str,
    method: str,
    *,
    id: str | None = None,
    query: Mapping[str, Any] | None = None,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
    quirks: Mapping[str, str],
) -> Steps[Answer]:
    """A call of the unified API, with errors as answers.

    `query` is nested data as `query.parse` gives it, or typed; `body` JSON data or Raw.
    """
    steps = _Call(account, model, resource, method, id, query or {}, body, headers or {}, quirks).steps()
    return answered(account, steps, field_of_error=quirks["remote_error_field"])


@cache
def _adapter(resource: Resource, many: bool) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(list[resource.record] if many else resource.record)  # type: ignore[name-defined]


class _Call:
    def __init__(
        self,
        account: IntegratedAccount,
        model: str,
        resource: str,
        method: str,
        id: str | None,
        query: Mapping[str, Any],
        body: Any,
        headers: Mapping[str, str],
        quirks: Mapping[str, str],
    ) -> None:
        self.account = account
        self.model = model
        self.name = resource
        self.method = method
        self.id = id
        self.raw_query = query
        self.raw_body = body
        self.headers = headers
        self.quirks = quirks

    def steps(self) -> Steps[Answer]:
        """The whole way."""
        resource, cell = self._found()
        if self.account.is_sandbox and self.method not in _READS:
            raise read_only()
        properties = cell.query_schema.get("properties") or {}
        query = typed(resource, self.method, self.raw_query, properties, self.quirks)
        if query.get("truto_super_query"):
            raise Refusal(400, "truto_super_query reads synchronised data, which this server does not keep")
        what = f"{self.model}.{self.name}.{self.method} of {self.account.integration.name}"
        self._supported(resource, cell, query)
        query = {**cell.default_query, **query}
        body = self.raw_body
        require(cell.query_schema, query, "query_parameters", what)
        if not isinstance(body, Raw) and not query.get("truto_body_passthrough"):
            require(cell.body_schema, body, "body_fields", what)
        if query.get("truto_skip_api_call"):
            return _skipped(self.method, query)
        scope: dict[str, Any] = {
            "query": {**query, "cursor": query.get("next_cursor")},
            "rawQuery": dict(self.raw_query),
            "body": None if isinstance(body, Raw) else body,
            "context": dict(self.account.context),
            "headers": dict(self.headers),
            "id": self.id,
            "before": {},
            "after": {},
        }
        reply: Reply | None = None
        try:
            for step in cell.before:
                scope["before"][step.name] = yield from self._step(step, scope)
            if cell.resource and cell.method:
                reply = yield from self._provider((cell.resource, cell.method), cell, query, body, scope)
            for step in cell.after:
                scope["data"] = reply.result if reply else None
                scope["after"][step.name] = yield from self._step(step, scope)
        except RemoteError as error:
            return self._failed(cell, error, scope)
        return self._answer(resource, cell, query, reply, scope)

    def _supported(self, resource: Resource, cell: Cell, query: Mapping[str, Any]) -> None:
        """Refuse a filter that the mapping does not read, where the quirk says so; else it changes nothing."""
        if self.quirks["unsupported_filter"] == "ignore" or (read := cell.filters()) is None:
            return
        own = {parameter.name for parameter in resource.parameters(self.method)} - {each.name for each in _PLATFORM}
        if unread := sorted(name for name in query if name in own and name not in read):
            label = self.account.integration.label
            offered = ", ".join(sorted(own & read)) or "none"
            raise Refusal(400, f"{label} cannot filter {self.name} by {', '.join(unread)}; it can by {offered}")

    def _found(self) -> tuple[Resource, Cell]:
        """The resource and its cell; what there is not is 404."""
        try:
            resource = catalogue.resource(self.model, self.name)
            resource.require(self.method)
        except UnknownName as error:
            raise _not_found(str(error)) from None
        cell = self.account.mappings.cell(self.model, self.name, self.method)
        if cell is not None:
            return resource, cell
        name = f"{self.model}.{self.name}.{self.method}"
        reason = self.account.mappings.reason(self.model, self.name, self.method)
        message = f"{self.account.integration.label} has no mapping for {name}{': ' + reason if reason else ''}"
        refusal = _not_found(message)
        if self.method not in _READS and self.quirks["unmapped_write"] == "method_not_allowed":
            refusal = Refusal(405, message)
        mapped = self.account.mappings.methods(self.model)
        refusal.hint = nearest(self.name, mapped) if self.name not in mapped else ", ".join(mapped[self.name])
        raise refusal

    def _provider(
        self, target: tuple[Choice, Choice], cell: Cell, query: Mapping[str, Any], body: Any, scope: Mapping[str, Any]
    ) -> Steps[Reply]:
        resource, name = target[0].of(scope), target[1].of(scope)
        method = self.account.integration.method(resource, name)
        if method is None:
            raise ConfigurationError(cell.place, f"the integration has no method {resource}.{name}")
        sent_query = _object(cell.query, scope) or {}
        if isinstance(query.get("remote_query"), Mapping):
            sent_query |= query["remote_query"]
        sent_body: Any = None
        if isinstance(body, Raw) or query.get("truto_body_passthrough"):
            sent_body = body
        elif cell.body is not None or body is not None:
            sent_body = {**cell.default_body, **(_object(cell.body, scope) or {})}
            if isinstance(body, Mapping) and isinstance(body.get("remote_data"), Mapping):
                sent_body |= body["remote_data"]
            if not sent_body and cell.body is None:
                sent_body = None
        path = cell.path.over(scope) if cell.path else None
        if path is not None and not isinstance(path, str):
            raise ConfigurationError(cell.path.place, f"must give a path, not {path!r}")  # type: ignore[union-attr]
        headers = _object(cell.request_headers, scope)
        page = asked_page(query) if self.method == "list" else None
        id = sent_query.pop("id", self.id)
        return (
            yield from call(
                self.account,
                method,
                id=id,
                query=sent_query,
                body=sent_body,
                headers={name: str(value) for name, value in headers.items()} if headers else None,
                path=path,
                page=page,
            )
        )

    def _step(self, step: Step, scope: Mapping[str, Any]) -> Steps[Any]:
        """The answer of a step before or after, None where it was not run."""
        if step.run_if is not None and not step.run_if.over(scope):
            return None
        method = self.account.integration.method(step.resource, step.method)
        if method is None:
            raise ConfigurationError(step.place, f"the integration has no method {step.resource}.{step.method}")
        id = step.id.over(scope) if step.id else None
        reply = yield from call(
            self.account,
            method,
            id=None if id is None else str(id),
            query=_object(step.query, scope),
            body=_object(step.body, scope),
        )
        return reply.result

    def _failed(self, cell: Cell, error: RemoteError, scope: Mapping[str, Any]) -> Answer:
        """The provider's error, as the mapping words it, with what is known of the cause."""
        insight: dict[str, Any] = {}
        if error.status == 429:
            waits = rate_limit(self.account, error.reply.answer)
            insight["rate_limit_error"] = {"description": "the provider's rate limit is used up", "value": waits}
        answer = remote_error(
            self.account,
            error,
            self.quirks["remote_error_field"],
            **({"truto_error_insight": insight} if insight else {}),
        )
        if cell.error is None:
            return answer
        raw = answer.body.get("raw_response", answer.body.get("details"))
        mapped = _object(cell.error, {**scope, "error": raw, "headers": dict(error.reply.answer.headers)})
        if mapped:
            if mapped.get("message"):
                answer.body["message"] = str(mapped["message"])
            status = mapped.get("status")
            if isinstance(status, int) and status != answer.status:
                answer.status = status
                answer.body |= {"statusCode": status}
            insight = {
                "description": answer.body["message"],
                "value": {k: v for k, v in mapped.items() if v is not None},
            }
            answer.body.setdefault("truto_error_insight", {})["remote_error"] = insight
        return answer

    def _answer(
        self, resource: Resource, cell: Cell, query: Mapping[str, Any], reply: Reply | None, scope: dict[str, Any]
    ) -> Answer:
        shown = query.get("truto_response_format") or "unified"
        answer = reply.answer if reply else None
        headers = passed_headers(self.account, answer) if answer else {}
        status = answer.status if answer else 200
        unread = reply is not None and reply.data is None and bool(reply.answer.body) and self.method != "delete"
        if reply and unread and shown != "raw" and not reply.method.raw and self.method in catalogue.STANDARD:
            raise not_json(reply.request, reply.answer)
        if reply and answer and (shown == "raw" or unread):
            kind = answer.header("content-type") or "application/octet-stream"
            return Answer(status, answer.body, headers, kind, remote_status=status)
        if cell.response_headers is not None and reply:
            scope["response"] = reply.data
            extra = _object(cell.response_headers, scope) or {}
            headers |= {name.lower(): str(value) for name, value in extra.items()}
        status = 201 if self.method == "create" and self.quirks["create_status"] == "201" else 200
        body, records = self._mapped(resource, cell, query, reply, scope)
        content_type = "application/json"
        if shown == "debug":
            count = len(records) if isinstance(records, list) else None
            result = body["result"] if self.method == "list" else body
            body = {"result": result, "debug": debug(self.account, reply, count) if reply else None}
        elif shown == "stream" and self.method == "list" and self.quirks["stream_format"] == "ndjson":
            result = body["result"]
            items = result.values() if isinstance(result, dict) else result
            body, content_type = b"".join(orjson.dumps(item) + b"\n" for item in items), "application/x-ndjson"
        elif self.quirks["single_result"] == "wrapped" and self.method in ("get", "create", "update"):
            body = {"result": body}
        return Answer(status, body, headers, content_type, records, remote_status=answer.status if answer else None)

    def _mapped(
        self, resource: Resource, cell: Cell, query: Mapping[str, Any], reply: Reply | None, scope: dict[str, Any]
    ) -> tuple[Any, Any]:
        """The body, and the typed records in it."""
        if self.method == "delete":
            found = _object(cell.response, {**scope, "response": reply.result if reply else None})
            id = (found or {}).get("id", self.id)
            return {"id": id}, None
        with_data = not query.get("truto_ignore_remote_data")
        if self.method == "list":
            return self._page(resource, cell, query, reply, scope, with_data=with_data)
        source = reply.result if reply else None
        scope["response"] = source
        record = cell.response.over(scope) if cell.response else source
        if record is None and cell.resource is None and self.id is not None:
            raise _not_found(f"there is no {self.name} record {self.id!r}")
        if self.method not in catalogue.STANDARD:
            return {"result": record}, None
        if not isinstance(record, dict):
            place = cell.response.place if cell.response else cell.place
            raise ConfigurationError(place, f"must give one object, not {_kind(record)}")
        if with_data and isinstance(source, Mapping):
            record.setdefault("remote_data", source)
        elif not with_data:
            record.pop("remote_data", None)
        made = self._checked(resource, cell, record, many=False)
        excluded = query.get("truto_exclude_fields")
        return _without(record, made, excluded) if excluded else (record, made)

    def _page(
        self,
        resource: Resource,
        cell: Cell,
        query: Mapping[str, Any],
        reply: Reply | None,
        scope: dict[str, Any],
        *,
        with_data: bool,
    ) -> tuple[Any, Any]:
        sources = reply.result if reply else None
        if sources is not None and not isinstance(sources, list):
            sources = [sources]
        records = _records(cell, sources, scope)
        if with_data and sources is not None:
            for source, record in zip(sources, records, strict=False):
                if record is not None:
                    record.setdefault("remote_data", source)
        if None in records:
            records = [record for record in records if record is not None]
        made = self._checked(resource, cell, records, many=True)
        if excluded := query.get("truto_exclude_fields"):
            pairs = [_without(record, one, excluded) for record, one in zip(records, made, strict=True)]
            records, made = [record for record, _ in pairs], [one for _, one in pairs]
        key = query.get("truto_key_by")
        result: Any = {str(record.get(key)): record for record in records} if key else records
        if reply is not None:
            body = envelope(reply, result, len(records))
        else:
            body = {"result": result, "next_cursor": None, "prev_cursor": None, "result_count": len(records)}
        if cell.partial is not None:
            body["is_partial_response"] = bool(cell.partial.over({**scope, "data": records}))
        return body, made

    def _checked(self, resource: Resource, cell: Cell, value: Any, *, many: bool) -> Any:
        from pydantic import ValidationError

        try:
            return _adapter(resource, many).validate_python(value)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            place = cell.response.place if cell.response else cell.place
            found = repr(first["input"])[:80]
            raise ConfigurationError(
                place, f"gives no {self.model} {resource.name} record: {where}: {first['msg']} (it gave {found})"
            ) from None


def _skipped(method: str, query: Mapping[str, Any]) -> Answer:
    """What a call answers that was not to be made."""
    empty: dict[str, Any] = {"result": [], "next_cursor": None, "prev_cursor": None, "result_count": 0}
    body = empty if method == "list" else {}
    if query.get("truto_response_format") == "debug":
        body = {"result": body.get("result"), "debug": None}
    return Answer(200, body)


def _records(cell: Cell, sources: list[Any] | None, scope: dict[str, Any]) -> list[Any]:
    """A mapped record, or None, for each of the provider's; for an answer without a call, those the mapping has."""
    if cell.response is None:
        return list(sources or ())
    if sources is None:
        return _objects(cell.response, _listed(cell.response.over(scope)))
    if cell.each and not cell.response.single:
        found = []
        for source in sources:
            scope["response"] = source
            found.append(cell.response.over(scope))
        return _objects(cell.response, found)
    scope["response"] = sources
    listed = _objects(cell.response, _listed(cell.response.over(scope)))
    if len(listed) != len(sources):
        raise ConfigurationError(
            cell.response.place,
            f"gave {len(listed)} records for {len(sources)}: with response_mapping_method 'item' it may leave some out",
        )
    return listed


def _listed(value: Any) -> list[Any]:
    """JSONata gives a single record bare, and none as nothing."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _objects(mapped: Mapped, values: list[Any]) -> list[Any]:
    for value in values:
        if value is not None and not isinstance(value, dict):
            raise ConfigurationError(mapped.place, f"must give an object for each record, not {_kind(value)}")
    return values


def _object(mapped: Mapped | None, scope: Mapping[str, Any]) -> dict[str, Any] | None:
    """The object an expression gives, None where there is none."""
    if mapped is None:
        return None
    value = mapped.over(scope)
    if value is None or isinstance(value, dict):
        return value
    raise ConfigurationError(mapped.place, f"must give an object, not {_kind(value)}")


def _without(record: dict[str, Any], made: Any, excluded: list[str]) -> tuple[dict[str, Any], Any]:
    """The record without some fields, typed without them."""
    kept = {name: value for name, value in record.items() if name not in excluded}
    fields = {name: value for name, value in dict(made).items() if name in kept}
    return kept, type(made).model_construct(**fields)


def _not_found(message: str) -> Refusal:
    return Refusal(404, message)


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"{type(value).__name__} {str(value)[:60]!r}"
