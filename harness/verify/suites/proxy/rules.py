"""What the proxy answers itself, whatever the resource."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from harness.core.contract import Operation
from harness.unified.account import IntegratedAccount
from harness.unified.exchange import Answer, Incoming, Outgoing, run
from harness.unified.proxy import custom, proxy
from harness.unified.quirks import of_client
from harness.verify.bench import Bench, bench, connected, operation_of
from harness.verify.case import Failed, Unchecked
from harness.verify.differing import differing
from harness.verify.subject import Subject
from harness.verify.suites.proxy.passing import error_passed, passed

_BYTES = bytes(range(256)) * 4
"""A body that is no text in any encoding, and no JSON."""


def _unknown_resource(subject: Subject) -> None:
    with bench(subject) as at:
        for resource, method in (("no_such_resource", "list"), ("No_Such_Resource", "get")):
            _own(at, at.call(resource, method), 404)


def _unknown_method(subject: Subject) -> None:
    with bench(subject) as at:
        for resource in at.integration.resources:
            _own(at, at.call(resource, "no_such_method"), 404)


def _names_have_their_case(subject: Subject) -> None:
    with bench(subject) as at:
        resource, method = _reading(at)
        _own(at, at.call(resource.upper(), method), 404)
        _own(at, at.call(resource, method.upper()), 404)


def _read_only(subject: Subject) -> None:
    with bench(subject) as at:
        account = connected(at.account, is_sandbox=True)
        before = at.documents()
        for resource, methods in at.integration.resources.items():
            for method in methods:
                if method not in ("list", "get"):
                    answer = at.call(resource, method, id="any", query={"any": "thing"}, body={}, account=account)
                    _own(at, answer, 405)
        _own(at, at.custom("POST", "/any", body={}, account=account), 405)
        if told := differing(before, at.documents()):
            raise Failed(f"a sandbox account was written to: {told}")
        resource, method = _reading(at)
        if (answer := at.call(resource, method, account=account)).status != 200:
            raise Failed(f"a sandbox account cannot read: {resource}.{method} was answered with {answer.status}")


def _wrong_limit(subject: Subject) -> None:
    with bench(subject) as at:
        resource, method = _reading(at)
        for limit in ("0", "-1", "1.5", "many"):
            _own(at, at.call(resource, method, query={"limit": limit}), 400)


def _missing_id(subject: Subject) -> None:
    with bench(subject) as at:
        for (resource, method), plan in at.plans().items():
            found = at.integration.resources[resource][method]
            needed = [name for name in found.takes if name.endswith("_id")]
            if "{{id}}" in found.path or needed:
                _own(at, at.call(resource, method, body=plan.body), 400)


def _wrong_key(subject: Subject) -> None:
    with bench(subject) as at:
        resource, method = _reading(at)
        key = at.account.issue_key()
        account = IntegratedAccount.connect(
            at.integrated.integration,
            dict.fromkeys(at.integrated.credentials, key),
            base_url=at.integrated.base_url,
        )
        at.account.revoke_key(key)
        answer = at.call(resource, method, account=account)
        if at.wire.status not in (401, 403):
            raise Failed(f"a revoked key was answered with {at.wire.status}")
        error_passed(f"{resource}.{method}", at.wire, answer)


def _failure(subject: Subject) -> None:
    with bench(subject) as at:
        resource, method, operation = _operation(at)
        for status in (500, 502, 503):
            fault = at.account.faults.add(operation.id, status=status)
            answer = at.call(resource, method)
            if at.wire.status != status:
                raise Failed(f"the provider was to answer {status} and answered {at.wire.status}")
            error_passed(f"{resource}.{method}", at.wire, answer)
            at.account.faults.remove(fault.id)


def _error_is_no_json(subject: Subject) -> None:
    page = b"<html><h1>502 Bad Gateway</h1></html>"
    answer = _scripted(subject, Incoming(502, [("content-type", "text/html"), ("x-request-id", "r-1")], page), "get")
    error_passed("an error in HTML", Incoming(502, [("x-request-id", "r-1")], page), answer)


def _bytes_pass(subject: Subject) -> None:
    headers = [("content-type", "image/png"), ("etag", '"1"'), ("connection", "close"), ("content-length", "1024")]
    wire = Incoming(200, headers, _BYTES)
    answer = _scripted(subject, wire, "get")
    passed("a file", False, wire, answer)
    if "connection" in answer.headers:
        raise Failed("the hop-by-hop header connection was passed on")


def _json_is_not_rewritten(subject: Subject) -> None:
    body = b'{ "b": 1.0, "a": 1e2, "a": "\\u00e4", "big": 12345678901234567890.10 }\n'
    wire = Incoming(200, [("content-type", "application/json; charset=utf-8")], body)
    passed("JSON in unusual writing", False, wire, _scripted(subject, wire, "get"))


def _empty_passes(subject: Subject) -> None:
    wire = Incoming(204, [("x-request-id", "r-2")], b"")
    passed("an answer without a body", False, wire, _scripted(subject, wire, "delete"))


def _rate_limit_told(subject: Subject) -> None:
    headers = [("content-type", "application/json"), ("x-ratelimit-limit", "100"), ("x-ratelimit-remaining", "41")]
    answer = _scripted(subject, Incoming(200, headers, b"{}"), "get")
    told = {name: answer.headers.get(name) for name in ("ratelimit-limit", "ratelimit-remaining")}
    if told != {"ratelimit-limit": "100", "ratelimit-remaining": "41"}:
        raise Failed(f"the rate limit was told as {told}")


def _custom_reads(subject: Subject) -> None:
    with bench(subject) as at:
        _, _, operation = _operation(at)
        path = operation.path.removeprefix(subject.contract.base_path)
        answer = at.custom("GET", path, query={"probe": "Ä b"})
        if answer.status != at.wire.status or not 200 <= answer.status < 300:
            raise Failed(f"GET {path} was answered with {answer.status}, by the provider with {at.wire.status}")
        if told := differing(orjson.loads(at.wire.body), answer.body.get("result")):
            raise Failed(f"GET {path}: result is not the provider's body: {told}")
        exchange = at.account.journal.calls(operation.id)[-1]
        if exchange.query not in ("probe=%C3%84%20b", "probe=%C3%84+b"):
            raise Failed(f"GET {path}: the query arrived as {exchange.query!r}")


def _custom_errors(subject: Subject) -> None:
    with bench(subject) as at:
        answer = at.custom("GET", "/no/such/path")
        if at.wire.status != 404:
            raise Failed(f"an unknown path was answered with {at.wire.status}")
        error_passed("GET /no/such/path", at.wire, answer)


def _custom_stays_inside(subject: Subject) -> None:
    with bench(subject) as at:
        for path in ("/../outside", "/a/../../b", "/%2e%2e/b", "/a/..%2f..%2fb", "..\\b"):
            _own(at, at.custom("GET", path), 400)


def _custom_verbs(subject: Subject) -> None:
    with bench(subject) as at:
        for verb in ("TRACE", "CONNECT", "FETCH"):
            _own(at, at.custom(verb, "/any"), 405)


def _own(at: Bench, answer: Answer, status: int) -> None:
    """An error of the proxy itself, without a word with the provider."""
    asked = f"; the provider was asked {at.asked[-1].method} {at.asked[-1].url}" if at.asked else ""
    body = answer.body if isinstance(answer.body, dict) else {}
    if answer.status != status or asked:
        raise Failed(f"expected {status} of the proxy, found {answer.status} {body.get('message', '')}{asked}")
    if body.keys() < {"statusCode", "error", "message"} or body["statusCode"] != status:
        raise Failed(f"an error of the proxy is {{statusCode, error, message}}, found {body}")
    if "truto_is_remote_error" in body:
        raise Failed(f"the proxy takes its own error for the provider's: {body}")


def _reading(at: Bench) -> tuple[str, str]:
    """A list that needs nothing."""
    for resource, methods in at.integration.resources.items():
        if "list" in methods and not methods["list"].takes and methods["list"].pagination and not methods["list"].body:
            return resource, "list"
    raise Unchecked(f"the integration {at.integration.name} has no list that can be read without parameters")


def _operation(at: Bench) -> tuple[str, str, Operation]:
    resource, method = _reading(at)
    operation = operation_of(at.subject, at.integration, resource, method)
    if operation is None:
        raise Unchecked(f"the contract has no operation behind {resource}.{method}")
    return resource, method, operation


def _scripted(subject: Subject, answer: Incoming, name: str) -> Answer:
    """What the proxy makes of an answer that no provider here gives."""
    with bench(subject) as at:

        def send(outgoing: Outgoing) -> Incoming:
            return answer

        for resource, methods in at.integration.resources.items():
            if name in methods and not methods[name].takes:
                return run(proxy(at.integrated, resource, name, id="any", quirks=of_client()), send)
        return run(custom(at.integrated, "GET", "/any", quirks=of_client()), send)


RULES: dict[str, Callable[[Subject], Any]] = {
    "an unknown resource": _unknown_resource,
    "an unknown method": _unknown_method,
    "names have their case": _names_have_their_case,
    "a sandbox account is read-only": _read_only,
    "a limit that is none": _wrong_limit,
    "an id that is missing": _missing_id,
    "a revoked key": _wrong_key,
    "a failure of the provider": _failure,
    "an error that is no JSON": _error_is_no_json,
    "bytes pass": _bytes_pass,
    "JSON is not rewritten": _json_is_not_rewritten,
    "an empty answer passes": _empty_passes,
    "the rate limit is told": _rate_limit_told,
    "a free path is read": _custom_reads,
    "a free path that is unknown": _custom_errors,
    "a free path stays inside": _custom_stays_inside,
    "a free path has five verbs": _custom_verbs,
}
"""By name, each raising Failed or Unchecked."""
