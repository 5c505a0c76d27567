"""Objects of klasses, and what they leave on the customers they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.clock import parse_instant
from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.dialect import empty, not_found, wrong
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import Kind, is_deleted
from harness.providers.kustomer.jsonapi.kinds import COMPANIES, CUSTOMERS, KLASSES, KOBJECTS, USERS
from harness.providers.kustomer.jsonapi.resources import find, found, listing, looked_up, referenced, show, written
from harness.providers.kustomer.jsonapi.stamps import moment
from harness.providers.kustomer.jsonapi.times import given_moment
from harness.providers.kustomer.keys import actor
from harness.providers.kustomer.klasses import custom_attributes, klasses
from harness.providers.kustomer.limits import count_creation, count_update
from harness.providers.kustomer.settings import tags

RECENT: Final = 20
"""How many objects a customer's recentItems name. inferred: four were recorded, all of those there were."""

_PLAIN: Final = ("title", "externalId", "description", "icon", "images", "data")
_WORKED: Final = ("status", "queue", "assignedUser")


def of_klass(unit: Unit, klass: Document, id: str, parameter: str = "id") -> Document:
    """The object of a klass with that id, or 404."""
    kobject = find(unit, KOBJECTS, id, parameter)
    if kobject["klass"] != klass["attributes"]["name"]:
        raise not_found(unit, parameter)
    return kobject


def create(
    unit: Unit,
    klass: Document,
    body: Mapping[str, Any],
    by: Actor,
    *,
    customer: Document | None = None,
    company: Document | None = None,
) -> Document:
    """A new object, of the customer and company that are given or that the body names."""
    name = klass["attributes"]["name"]
    if customer is None and "customer" in body:
        customer = referenced(unit, CUSTOMERS, body["customer"], "customer")
    if company is None and "company" in body:
        company = referenced(unit, COMPANIES, body["company"], "company")
    custom = custom_attributes.checked(unit, klasses.resource_of(klass), body.get("custom", {}))
    kobject = documents.create(
        unit,
        KOBJECTS,
        {
            "images": [],
            **_given(unit, body),
            "custom": custom,
            "tags": tags.resolved(unit, body.get("tags", ()), by),
            "rev": int(unit.quirks["first_rev"]),
            "roleGroupVersions": [],
            **_begun(klass),
        },
        {
            "klass": name,
            "customer": customer and customer["id"],
            "company": company and company["id"],
        },
        by=by,
        type=klasses.resource_of(klass),
        klass=name,
        plural=klass["plural"],
    )
    _remember(unit, kobject, by)
    return kobject


def update(unit: Unit, kobject: Document, body: Mapping[str, Any], by: Actor, *, replace: bool = False) -> Document:
    """Change what is given; with `replace` what the body leaves out is gone.

    Beside what the API takes, an assignable object takes `status`, `queue` and `assignedUser`: agents set these.
    Raises Refused.
    """
    if is_deleted(kobject):
        raise not_found(unit)
    documents.check_rev(unit, kobject, body)
    if replace and "title" not in body:
        raise wrong(unit, "title", "Missing required property: title", "/required/0")  # inferred: as for a new one
    before = {} if replace else kobject["attributes"]
    attributes = _given(unit, body)
    if replace or "custom" in body:
        resource = kobject["type"]
        attributes["custom"] = custom_attributes.checked(unit, resource, body.get("custom", {}), before.get("custom"))
    if replace or "tags" in body:
        attributes["tags"] = tags.resolved(unit, body.get("tags", ()), by)
    if replace:
        attributes = {**dict.fromkeys(_PLAIN), "images": [], **attributes}
    worked, relations, private = _worked(unit, kobject, body, by)
    changed = documents.change(unit, KOBJECTS, kobject, {**attributes, **worked}, relations, by=by, **private)
    _remember(unit, changed, by)
    return changed


def delete(unit: Unit, kobject: Document, by: Actor) -> None:
    """Delete an object; its customer no longer shows it. Raises Refused where it is gone already."""
    if is_deleted(kobject):
        raise not_found(unit)
    documents.remove(unit, KOBJECTS, kobject, by=by)
    _forget(unit, kobject, by)


def _given(unit: Unit, body: Mapping[str, Any]) -> dict[str, Any]:
    times = {name: given_moment(unit, name, body[name]) for name in ("createdAt", "importedAt") if name in body}
    return {**{name: body[name] for name in _PLAIN if name in body}, **times}


def _begun(klass: Document) -> dict[str, Any]:
    """What an object has besides that is worked off like a conversation. documented: the names, and these values."""
    if "assignable" not in klass["attributes"].get("mixins", ()):
        return {}
    return {"status": "open", **dict.fromkeys(("doneCount", "reopenCount", "reopenFromDoneCount"), 0)}


def _worked(
    unit: Unit, kobject: Document, body: Mapping[str, Any], by: Actor
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Attributes, relations and private parts that change as an object is worked off.

    inferred: when it is done is counted from when it was opened last; the example names the parts of `firstDone`.
    """
    given = {name: body[name] for name in _WORKED if name in body}
    if not given:
        return {}, {}, {}
    before = kobject["attributes"]
    if "status" not in before:
        raise wrong(unit, next(iter(given)), "Additional properties not allowed", "/additionalProperties")
    if given.get("assignedUser") is not None:
        referenced(unit, USERS, given["assignedUser"], "assignedUser")
    relations = {"queue": given["queue"]} if "queue" in given else {}
    status = given.get("status", before["status"])
    if status == before["status"]:
        return given, relations, {}
    if status == "open":
        counts = {name: before[name] + 1 for name in ("reopenCount", "reopenFromDoneCount")}
        return {**given, **counts}, relations, {"opened": unit.now}
    done = {
        "time": unit.now - (kobject.get("opened") or parse_instant(before["createdAt"])),
        "createdAt": moment(unit.now),
        "createdBy": by.user,
        "assignedUser": given.get("assignedUser", before.get("assignedUser")),
        "commentCount": 0,
    }
    done = {name: value for name, value in done.items() if value is not None}
    more = {"firstDone": before.get("firstDone", done), "lastDone": done, "doneCount": before["doneCount"] + 1}
    return {**given, **more}, relations, {}


def _customer_of(unit: Unit, kobject: Document) -> Document | None:
    id = kobject["relations"].get("customer")
    customer = unit["customers"].get(id) if id else None
    return None if customer is None or is_deleted(customer) else customer


def _remember(unit: Unit, kobject: Document, by: Actor) -> None:
    """recorded: a customer names its latest objects, newest first, and was active when the first of them changed.
    https://github.com/nebulab/solidus_kustomer"""
    customer = _customer_of(unit, kobject)
    if customer is None:
        return
    at = kobject["attributes"]["updatedAt"]
    item = {"meta": {"klassName": kobject["klass"]}, "updatedAt": at, "type": "kobject", "id": kobject["id"]}
    items = [item, *_recent_without(customer, kobject)][:RECENT]
    attributes = {"recentItems": items, "lastActivityAt": at, "lastCustomerActivityAt": at}
    names = sorted({*customer.get("klasses", ()), kobject["plural"]})
    documents.change(unit, CUSTOMERS, customer, attributes, by=by, touch=False, klasses=names)


def _forget(unit: Unit, kobject: Document, by: Actor) -> None:
    customer = _customer_of(unit, kobject)
    if customer is None:
        return
    items = _recent_without(customer, kobject)
    others = unit["kobjects"].range("id", group=f"customer:{customer['id']}")
    names = list(customer.get("klasses", ()))
    if kobject["plural"] in names and not any(each.document["plural"] == kobject["plural"] for each in others):
        names.remove(kobject["plural"])
    if (items, names) != (list(customer["attributes"].get("recentItems", ())), list(customer.get("klasses", ()))):
        documents.change(unit, CUSTOMERS, customer, {"recentItems": items}, by=by, touch=False, klasses=names)


def _recent_without(customer: Document, kobject: Document) -> list[Any]:
    return [each for each in customer["attributes"].get("recentItems", ()) if each["id"] != kobject["id"]]


def _klass(call: Call) -> Document:
    klass = klasses.named(call, call.path["name"])
    if klass is None:
        raise not_found(call, "name")  # inferred
    return klass


def _list(call: Call) -> Response:
    """inferred: `fromDate` is about the last change, which a creation is too."""
    klass = _klass(call)
    name = klass["attributes"]["name"]
    if call.quirks["klass_path"] == "klass" and call.path["name"] == name:
        return show(call, KLASSES, klass)
    group = f"klass:{name}"
    if "fromDate" not in call.query:
        return listing(call, KOBJECTS, group=group)
    since = given_moment(call, "fromDate", call.query["fromDate"])
    return listing(call, KOBJECTS, group=group, keep=lambda kobject: kobject["attributes"]["updatedAt"] >= since)


def _list_of(parent: Kind, relation: str) -> Handler:
    """The handler of the list of a customer's or company's objects of one klass."""

    def get(call: Call) -> Response:
        owner = found(call, parent)
        name = _klass(call)["attributes"]["name"]
        group = f"{relation}:{owner['id']}"
        return listing(call, KOBJECTS, group=group, keep=lambda kobject: kobject["klass"] == name)

    return get


def _get(call: Call) -> Response:
    return show(call, KOBJECTS, of_klass(call, _klass(call), call.path["id"]))


def _using_external_id(call: Call) -> Response:
    name = _klass(call)["attributes"]["name"]
    value = f"{name}:{call.path['externalId']}"
    return show(call, KOBJECTS, looked_up(call, KOBJECTS, "externalId", value))


def _create(call: Call) -> Response:
    body, by = written(call)
    klass = _klass(call)
    customer = referenced(call, CUSTOMERS, body["customer"], "customer") if "customer" in body else None
    return _created(call, klass, body, by, customer)


def _create_for_customer(call: Call) -> Response:
    """inferred: the customer of the path counts, whoever the body names."""
    body, by = written(call)
    customer = found(call, CUSTOMERS)
    return _created(call, _klass(call), body, by, customer)


def _created(call: Call, klass: Document, body: Mapping[str, Any], by: Actor, customer: Document | None) -> Response:
    if customer is not None and "importedAt" not in body:
        count_creation(call, customer["id"], by)
    return show(call, KOBJECTS, create(call, klass, body, by, customer=customer), 201)


def _update(call: Call) -> Response:
    body, by = written(call)
    kobject = of_klass(call, _klass(call), call.path["id"])
    count_update(call, kobject["id"], by)
    return show(call, KOBJECTS, update(call, kobject, body, by, replace=call.query.get("replace", False)))


def _delete(call: Call) -> Response:
    delete(call, of_klass(call, _klass(call), call.path["id"]), actor(call))
    return empty()


HANDLERS: dict[str, Handler] = {
    "custom_objects.list": _list,
    "custom_objects.get": _get,
    "custom_objects.using_external_id": _using_external_id,
    "custom_objects.create": _create,
    "custom_objects.update": _update,
    "custom_objects.delete": _delete,
    "customer_klasses.list": _list_of(CUSTOMERS, "customer"),
    "customer_klasses.create": _create_for_customer,
    "company_klasses.list": _list_of(COMPANIES, "company"),
}
