"""A unified call: judged, mapped to the provider's own call, made, and mapped back.

`unified` gives the steps; their outcome is what the unified API answers. Records are checked against their schema on
the way, so a mapping that gives the wrong shape is an error that names its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from harness.nearest import nearest
from harness.unified import catalogue
from harness.unified.account import IntegratedAccount
from harness.unified.arguments import require, typed
from harness.unified.catalogue import Resource, UnknownName
from harness.unified.errors import ConfigurationError, Refusal, phrase
from harness.unified.exchange import Answer, Steps
from harness.unified.mapping import Cell, Choice, Step
from harness.unified.parameters import COMMON_PARAMETERS, LIST_PARAMETERS, WRITE_PARAMETERS
from harness.unified.provider import Raw, RemoteError, Reply, asked_page, call, not_json, records_of
from harness.unified.proxy import debug, envelope, read_only
from harness.unified.records import checked, keys_of, kind_of, mapped_records, object_of, page_of, without
from harness.unified.remote import answered, passed_headers, rate_limit, remote_error

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
    return answered(account, steps, field_of_error=quirks["remote_error_field"], insights=True)


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
        sent_query = object_of(cell.query, scope) or {}
        if isinstance(query.get("remote_query"), Mapping):
            sent_query |= query["remote_query"]
        sent_body: Any = None
        if isinstance(body, Raw) or query.get("truto_body_passthrough"):
            sent_body = body
        elif cell.body is not None or body is not None:
            mapped = object_of(cell.body, scope)
            extra = body.get("remote_data") if isinstance(body, Mapping) else None
            own = extra if isinstance(extra, Mapping) else {}
            more = {name: value for name, value in own.items() if name not in cell.placed()}
            if mapped is not None or more or cell.default_body:
                sent_body = {**cell.default_body, **(mapped or {}), **more}
        path = cell.path.over(scope) if cell.path else None
        if path is not None and not isinstance(path, str):
            raise ConfigurationError(cell.path.place, f"must give a path, not {path!r}")  # type: ignore[union-attr]
        headers = object_of(cell.request_headers, scope)
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
            query=object_of(step.query, scope),
            body=object_of(step.body, scope),
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
        mapped = object_of(cell.error, {**scope, "error": raw, "headers": dict(error.reply.answer.headers)})
        if mapped:
            if mapped.get("message"):
                answer.body["message"] = str(mapped["message"])
            status = mapped.get("status")
            if isinstance(status, int) and status != answer.status:
                answer.status = status
                answer.body |= {"statusCode": status, "error": phrase(status)}
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
        may_be_bytes = self.method not in ("list", "delete")
        unread = may_be_bytes and reply is not None and reply.data is None and bool(reply.answer.body)
        if reply and shown != "raw" and self._lacks_data(cell, reply):
            raise not_json(reply)
        if reply and answer and (shown == "raw" or unread):
            kind = answer.header("content-type") or "application/octet-stream"
            return Answer(status, answer.body, headers, kind, remote_status=status)
        if cell.response_headers is not None and reply:
            scope["response"] = reply.data
            extra = object_of(cell.response_headers, scope) or {}
            headers |= {name.lower(): str(value) for name, value in extra.items()}
        status = 201 if self.method == "create" and self.quirks["create_status"] == "201" else 200
        body, records, keys = self._mapped(resource, cell, query, reply, scope)
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
        remote_status = answer.status if answer else None
        return Answer(status, body, headers, content_type, records, keys, remote_status)

    def _lacks_data(self, cell: Cell, reply: Reply) -> bool:
        """Whether the provider's answer has nothing in it that the mapping could read."""
        if reply.data is not None or reply.method.raw:
            return False
        if self.method == "delete":  # most providers answer nothing, or a word
            return (reply.answer.header("content-type") or "").lower().startswith("text/html")
        return self.method in ("get", "create", "update") and not cell.after

    def _mapped(
        self, resource: Resource, cell: Cell, query: Mapping[str, Any], reply: Reply | None, scope: dict[str, Any]
    ) -> tuple[Any, Any, list[str] | None]:
        """The body, the typed records in it, and what those of a list go by."""
        if self.method == "delete":
            found = object_of(cell.response, {**scope, "response": reply.result if reply else None})
            id = (found or {}).get("id", self.id)
            return {"id": id}, None, None
        with_data = not query.get("truto_ignore_remote_data")
        if self.method == "list":
            return self._page(resource, cell, query, reply, scope, with_data=with_data)
        source = reply.result if reply else None
        scope["response"] = source
        record = cell.response.over(scope) if cell.response else source
        if record is None and cell.resource is None and self.id is not None:
            raise _not_found(f"there is no {self.name} record {self.id!r}")
        if self.method not in catalogue.STANDARD:
            return {"result": record}, None, None
        if not isinstance(record, dict):
            place = cell.response.place if cell.response else cell.place
            raise ConfigurationError(place, f"must give one object, not {kind_of(record)}")
        if with_data and isinstance(source, Mapping):
            record.setdefault("remote_data", source)
        elif not with_data:
            record.pop("remote_data", None)
        [made] = checked(resource, cell, [record], listed=False)
        excluded = query.get("truto_exclude_fields")
        if excluded:
            record, made = without(record, made, excluded)
        return record, made, None

    def _page(
        self,
        resource: Resource,
        cell: Cell,
        query: Mapping[str, Any],
        reply: Reply | None,
        scope: dict[str, Any],
        *,
        with_data: bool,
    ) -> tuple[Any, Any, list[str] | None]:
        sources = [each for each in records_of(reply) if each is not None] if reply else None
        records = mapped_records(cell, sources, scope)
        if with_data and sources is not None:
            for source, record in zip(sources, records, strict=False):
                if record is not None:
                    record.setdefault("remote_data", source)
        records = [record for record in records if record is not None]
        if not with_data:
            for record in records:
                record.pop("remote_data", None)
        following = None
        if reply is None:
            records, following = page_of(records, asked_page(query))
        made = checked(resource, cell, records)
        key = query.get("truto_key_by")
        keys = keys_of(resource, records, key) if key else None
        if excluded := query.get("truto_exclude_fields"):
            pairs = [without(record, one, excluded) for record, one in zip(records, made, strict=True)]
            records, made = [record for record, _ in pairs], [one for _, one in pairs]
        result: Any = records if keys is None else dict(zip(keys, records, strict=True))
        cursors = (reply.next_cursor, reply.prev_cursor) if reply else (following, None)
        body = envelope(result, len(records), *cursors)
        if cell.partial is not None:
            body["is_partial_response"] = bool(cell.partial.over({**scope, "data": records}))
        return body, made, keys


def _skipped(method: str, query: Mapping[str, Any]) -> Answer:
    """What a call answers that was not to be made."""
    body: dict[str, Any] = envelope([], 0) if method == "list" else {}
    if query.get("truto_response_format") == "debug":
        body = {"result": body.get("result"), "debug": None}
    return Answer(200, body)


def _not_found(message: str) -> Refusal:
    return Refusal(404, message)
