"""What a sandbox holds: documents and exchanges; and what is added to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import orjson

from harness.core.exchange import Request
from harness.core.journal import Exchange
from harness.core.pack import Pack
from harness.core.registry import Registry
from harness.core.store import Document
from harness.core.unit import Unit
from harness.core.unread import unread_of
from harness.nearest import unknown
from harness.testing.arguments import invalid, not_found
from harness.testing.operations.refusals import blaming

if TYPE_CHECKING:
    from harness.testing.control import LocalControl


def _list_journal(
    control: LocalControl,
    sandbox: str,
    operation: str | None = None,
    provider: str | None = None,
    status: int | None = None,
    limit: int | None = None,
    bodies: bool = True,
    unread: bool = False,
) -> dict[str, Any]:
    found = control.sandbox(sandbox)
    control.chosen_provider(provider)
    with found.lock:
        exchanges = found.journal.calls(operation, provider=provider, status=status)
        dropped = found.journal.dropped
    if operation is not None and not exchanges:
        _known_operation(control.registry, operation, provider)
    if limit is not None:
        exchanges = exchanges[max(0, len(exchanges) - limit) :]
    documents = [_exchange(exchange, bodies=bodies) for exchange in exchanges]
    if unread:
        for exchange, document in zip(exchanges, documents, strict=True):
            document["unread"] = _unread(control.registry, exchange)
    return {"exchanges": documents, "dropped": dropped}


def _unread(registry: Registry, exchange: Exchange) -> list[str]:
    """The places in the request that its operation does not declare; none where no operation matched."""
    if exchange.unread is None:
        operation = registry.pack(exchange.provider).contract.operations.get(exchange.operation or "")
        request = Request(
            exchange.method,
            exchange.path,
            query=exchange.query,
            headers=exchange.request_headers,
            body=exchange.request_body,
        )
        exchange.unread = unread_of(operation, request) if operation else []
    return exchange.unread


def _known_operation(registry: Registry, operation: str, provider: str | None) -> None:
    """Refuse to look for an operation that no provider has: a misspelt name would find nothing, silently."""
    packs = [registry.pack(name) for name in ([provider] if provider else registry.names())]
    valid = [known for pack in packs for known in (*pack.contract.operations, *(link.id for link in pack.links))]
    if operation not in valid:
        raise invalid(f"operation: {unknown('operation', operation, valid)}", "operation")


def _exchange(exchange: Exchange, *, bodies: bool) -> dict[str, Any]:
    document = exchange.document()
    if not bodies:
        for side in ("request", "response"):
            del document[side]["body"]
    return document


def _clear_journal(control: LocalControl, sandbox: str) -> dict[str, Any]:
    found = control.sandbox(sandbox)
    with found.lock:
        found.journal.clear()
    return {}


def _list_unclaimed(control: LocalControl) -> dict[str, Any]:
    return {"exchanges": [exchange.document() for exchange in list(control.registry.unclaimed)]}


def _state(control: LocalControl, sandbox: str) -> dict[str, Any]:
    found = control.present(sandbox)
    with found.lock:
        for name in control.registry.names():
            found.account(name)
        return dict(sorted(found.state().items()))


def _list_documents(
    control: LocalControl,
    sandbox: str,
    provider: str,
    collection: str,
    offset: int = 0,
    limit: int | None = None,
) -> dict[str, Any]:
    account = control.account(control.present(sandbox), provider)
    _known_collection(account.pack, collection)
    with account.unit() as unit:
        total = len(unit[collection])
        page = unit[collection].page_at("sequence", offset=offset, limit=total if limit is None else limit)
        return {
            "documents": [_outside(unit, collection, entry.document) for entry in page.entries],
            "total": total,
        }


def _read_document(control: LocalControl, sandbox: str, provider: str, collection: str, id: str) -> dict[str, Any]:
    account = control.account(control.present(sandbox), provider)
    _known_collection(account.pack, collection)
    with account.unit() as unit:
        document = unit[collection].get(id)
        if document is None:
            raise not_found(f"id: {collection} of {provider} has no document {id!r}; state.list shows all", "id")
        return _outside(unit, collection, document)


def _known_collection(pack: Pack, collection: str) -> None:
    if collection not in pack.collections:
        raise not_found(unknown(f"collection of {pack.name}", collection, pack.collections), "collection")


def _outside(unit: Unit, collection: str, document: Document) -> dict[str, Any]:
    """The outside form of a document, where the pack has one."""
    for view in unit.pack.views.values():
        if view.collection == collection:
            return json_data(view.document(unit, document))
    return json_data(document)


def _seed(control: LocalControl, sandbox: str, world: Mapping[str, Any], provider: str | None = None) -> dict[str, Any]:
    control.chosen_provider(provider)
    with blaming("world"):
        return {"added": control.registry.seed(control.present(sandbox), world, provider)}


def json_data(document: Mapping[str, Any]) -> dict[str, Any]:
    """A copy as JSON data, which nobody shares with the store."""
    copy: dict[str, Any] = orjson.loads(orjson.dumps(document, default=_placeholder))
    return copy


def _placeholder(value: Any) -> str:
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    raise TypeError(f"a document holds {type(value).__name__}, which is not JSON data")


OPERATIONS: dict[str, Callable[..., Any]] = {
    "journal.list": _list_journal,
    "journal.clear": _clear_journal,
    "unclaimed.list": _list_unclaimed,
    "state.get": _state,
    "state.list": _list_documents,
    "state.read": _read_document,
    "seed.add": _seed,
}
