"""Records as the API shows them, put into the documents: the inverse of the renderer.

A document holds nearly what an answer shows; what stands in it besides is told by the record's links, or by the path
it was asked for with (`primed`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from harness.core.shown import NotPrimed, Shown
from harness.core.store import Document, NotUnique
from harness.core.unit import Unit
from harness.providers.kustomer.jsonapi.kind import ORG, Kind
from harness.providers.kustomer.jsonapi.kinds import (
    ATTACHMENT_FILES,
    AUDIT_LOGS,
    AUTH_TOKENS,
    BRANDS,
    BULK_BATCHES,
    BULKS,
    CUSTOMER_EVENTS,
    CUSTOMERS,
    HOLIDAYS,
    KINDS,
    KLASSES,
    KOBJECTS,
    MEDIA,
    MESSAGES,
    OUTBOUND_ACCOUNTS,
    SAVED_SEARCHES,
    SCHEDULES,
    SESSIONS,
    SLA_VERSIONS,
    USERS,
)
from harness.providers.kustomer.klasses.custom_attributes import OF_KLASS
from harness.providers.kustomer.priming import prime_keys, primed

_BY_TYPE: Final = {kind.type: kind for kind in reversed(KINDS) if kind is not MEDIA}


def prime(unit: Unit, shown: Shown) -> None:
    """Put a record into the account. Raises NotPrimed."""
    if shown.operation == "outbound_accounts.list":
        _put_accounts(unit, shown)
    elif shown.operation == "saved_searches.execute":
        _put_search(unit, shown)
    kind = _kind(shown)
    if kind is None or (kind in (BULKS, BULK_BATCHES) and primed.is_worked_off(unit, shown)):
        return
    try:
        if shown.when == "made":
            primed.referred(unit, shown.record)
            prime_keys.act_as_author(unit, shown.record)
            return
        prime_keys.act_as_author(unit, shown.record, only_for_nobody=True)
        _put(unit, kind, shown)
    except NotUnique as taken:
        raise NotPrimed(f"another record has {taken.key}") from taken


def _kind(shown: Shown) -> Kind | None:
    type = shown.record.get("type")
    if not isinstance(type, str):
        return None
    if type.startswith(OF_KLASS):
        return KOBJECTS
    if type == MEDIA.type and shown.operation.startswith("medias."):
        return MEDIA
    return _BY_TYPE.get(type)


def _put_accounts(unit: Unit, shown: Shown) -> None:
    """They have no ids: those here keep their order."""
    for number, each in enumerate(shown.record["data"]):
        document = {"id": f"{number:024x}", "attributes": each["attributes"], "relations": {}}
        primed.put(unit, OUTBOUND_ACCOUNTS, document)


def _put_search(unit: Unit, shown: Shown) -> None:
    """Nothing tells what was saved: a search that finds whatever there is of the kind it found."""
    context = {"queryContext": shown.record["type"]}
    document = {"id": shown.path["id"], "attributes": {}, "relations": {}, "search": context}
    primed.put(unit, SAVED_SEARCHES, document)


def _put(unit: Unit, kind: Kind, shown: Shown) -> None:
    record = shown.record
    document: Document = {
        "id": record["id"],
        "attributes": dict(record["attributes"]),
        "relations": primed.relations(kind, record),
    }
    if kind.revised and shown.changes and "rev" in document["attributes"]:
        # it counts what requests have done to it since
        document["attributes"]["rev"] = max(document["attributes"]["rev"] - shown.changes, 1)
    if shown.when == "meanwhile" and primed.is_known(unit, kind, document):
        return  # a new link to a file, or a token that is not shown again
    complete = _COMPLETE.get(kind)
    if complete is not None:
        complete(unit, document, shown)
    primed.put(unit, kind, document)
    if (after := _AFTER.get(kind)) is not None:
        after(unit, document, shown)


def _of_message(unit: Unit, message: Document, shown: Shown) -> None:
    if (related := shown.record.get("links", {}).get("related")) is not None:
        message["related"] = related


def _of_customer(unit: Unit, customer: Document, shown: Shown) -> None:
    """A relationship for each klass it has objects of, which links tell from others."""
    related = shown.record["relationships"]
    names = sorted(name for name, each in related.items() if (each or {}).get("meta", {}).get("kobject"))
    if names:
        customer["klasses"] = names


def _of_klass(unit: Unit, klass: Document, shown: Shown) -> None:
    klass["plural"] = primed.last_of(shown.record["relationships"]["kobjects"]["links"]["self"])


def _of_kobject(unit: Unit, kobject: Document, shown: Shown) -> None:
    name, plural = kobject["relations"]["klass"], shown.record["links"]["self"].split("/")[3]
    kobject |= {"type": shown.record["type"], "klass": name, "plural": plural}
    primed.klass(unit, name, plural)


def _of_file(unit: Unit, file: Document, shown: Shown) -> None:
    """Where a file belongs stands in its link. Its bytes are drawn: nothing tells them, only whether they are there."""
    _, _, owners, owner, *_ = shown.record["links"]["self"].split("/")
    if owners != ATTACHMENT_FILES.collection:
        file["relations"].setdefault(owners.removesuffix("s"), owner)
    file["attributes"] = {"uploaded": True, "redacted": False, **file["attributes"]}


def _of_session(unit: Unit, session: Document, shown: Shown) -> None:
    id = session["relations"]["session"] = session["attributes"]["sessionId"]
    for event in list(unit["customer_events"]):
        if event["attributes"].get("sessionId") == id:
            unit["customer_events"].replace({**event, "relations": {**event["relations"], "session": session["id"]}})


def _of_event(unit: Unit, event: Document, shown: Shown) -> None:
    event["relations"] = {"createdBy": None, "modifiedBy": None, **event["relations"]}
    if (session := event["attributes"].get("sessionId")) is not None:
        there = next(iter(unit["sessions"].range("id", group=f"session:{session}", limit=1)), None)
        if there is not None:
            event["relations"]["session"] = there.document["id"]


def _of_log(unit: Unit, log: Document, shown: Shown) -> None:
    log["attributes"]["org"] = ORG


def _of_version(unit: Unit, version: Document, shown: Shown) -> None:
    version["relations"].setdefault("sla", shown.path.get("id"))


def _of_holiday(unit: Unit, holiday: Document, shown: Shown) -> None:
    schedule = shown.path.get("id") or next(each["id"] for each in unit["schedules"] if each["attributes"]["default"])
    holiday["relations"].setdefault("schedule", schedule)


def _of_token(unit: Unit, token: Document, shown: Shown) -> None:
    prime_keys.put_key(unit, token, mine=shown.operation.endswith(".current"))


def _of_user(unit: Unit, user: Document, shown: Shown) -> None:
    if shown.operation == "me.list":
        prime_keys.act_as(unit, user["id"])


def _replaces_default(unit: Unit, document: Document, shown: Shown) -> None:
    """An organisation has one default; that of a world without any goes."""
    kind = BRANDS if shown.record["type"] == BRANDS.type else SCHEDULES
    if document["attributes"].get("default"):
        for other in list(unit[kind.collection]):
            if other["id"] != document["id"] and other["attributes"].get("default"):
                unit[kind.collection].delete(other["id"])


_COMPLETE: Final[Mapping[Kind, Callable[[Unit, Document, Shown], None]]] = {
    MESSAGES: _of_message,
    CUSTOMERS: _of_customer,
    KLASSES: _of_klass,
    KOBJECTS: _of_kobject,
    ATTACHMENT_FILES: _of_file,
    SESSIONS: _of_session,
    CUSTOMER_EVENTS: _of_event,
    AUDIT_LOGS: _of_log,
    SLA_VERSIONS: _of_version,
    HOLIDAYS: _of_holiday,
    AUTH_TOKENS: _of_token,
}
"""What a document has beside what its record shows."""
_AFTER: Final[Mapping[Kind, Callable[[Unit, Document, Shown], None]]] = {
    USERS: _of_user,
    BRANDS: _replaces_default,
    SCHEDULES: _replaces_default,
}
