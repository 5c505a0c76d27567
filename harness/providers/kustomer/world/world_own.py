"""What only Kustomer knows of a world: the records of its own section, made as the API would make them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from harness.core.store import Document
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.events import webhooks
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kinds import (
    BRANDS,
    HOLIDAYS,
    ROLE_GROUPS,
    SATISFACTIONS,
    SAVED_SEARCHES,
    SHORTCUT_CATEGORIES,
    SLA_VERSIONS,
    SLAS,
)
from harness.providers.kustomer.jsonapi.stamps import moment
from harness.providers.kustomer.klasses import custom_attributes, custom_objects, klasses
from harness.providers.kustomer.people import roles
from harness.providers.kustomer.settings import schedules, shortcuts, spam_senders
from harness.providers.kustomer.world.projection import AUTHOR, Projection

HOLDERS: Final = {"customer": "contacts", "company": "companies", "conversation": "conversations"}
"""The records whose values of custom attributes a world tells, by the resource of the attribute."""
OWNERS: Final = {"customer": "contacts", "company": "companies"}
"""Whom an object may belong to, with the records of a world."""
_UNCHANGED: Final = {"updatedAt": None}
"""documented by the example: agreements and their versions tell when they were made alone."""


def put_custom_attribute(world: Projection, record: Document) -> None:
    """Define an attribute; records that are in the account already get their values now, new ones when they come."""
    unit, resource, name = world.unit, record["resource"], record["name"]
    definition = _given(record, displayName="display_name", enumeration="choices")
    document = custom_attributes.define(unit, resource, {name: definition}, AUTHOR)
    world.made("custom_attributes", record["key"], document)
    holders = HOLDERS.get(resource)
    for key, value in (record.get("values") or {}).items():
        if holders is None:
            world.refuse(f"records of a world have no values for a {resource}", "values")
        if key in world.given(holders):
            continue
        collection = unit[world.collection(holders)]
        held = collection[world.reference(holders, key, "values", key)]
        attributes = held["attributes"]
        custom = custom_attributes.checked(unit, resource, {name: value}, attributes.get("custom"))
        collection.replace({**held, "attributes": {**attributes, "custom": custom}})


def put_klass(world: Projection, record: Document) -> None:
    """Define a klass with its attributes."""
    body = {"name": record["name"], **_given(record, "icon", "color", "mixins", displayName="display_name")}
    klass = world.made("klasses", record["key"], klasses.create(world.unit, body, AUTHOR))
    attributes = record.get("attributes") or {}
    defined = {name: {"displayName": shown} if shown else {} for name, shown in attributes.items()}
    if defined:
        custom_attributes.define(world.unit, klasses.resource_of(klass), defined, AUTHOR)


def put_object(world: Projection, record: Document) -> None:
    """Make an object of a klass, and work it off as far as it says."""
    unit = world.unit
    klass = unit["klasses"][world.reference("klasses", record["klass"], "klass")]
    body = {
        "title": record["title"],
        **_given(record, "description", "icon", "images", "data", "custom", externalId="external_id"),
        **{name: world.reference(kind, record[name], name) for name, kind in OWNERS.items() if record.get(name)},
        "tags": world.references("tags", record.get("tags") or (), "tags"),
    }
    kobject = world.made("objects", record["key"], custom_objects.create(unit, klass, body, AUTHOR))
    worked = _given(record, "status")
    by = AUTHOR
    if record.get("assignee"):
        worked["assignedUser"] = world.user(record["assignee"], "assignee")
        by = Actor(worked["assignedUser"])
    if worked:
        custom_objects.update(unit, kobject, worked, by)


def put_brand(world: Projection, record: Document) -> None:
    """Make a brand; one that is the default takes the place of the one that was."""
    is_default = bool(record.get("default"))
    if is_default:
        for other in list(world.unit["brands"]):
            if other["attributes"]["default"]:
                documents.change(world.unit, BRANDS, other, {"default": False}, by=AUTHOR)
    attributes = {"name": record["name"], "default": is_default, **_given(record, iconUrl="icon_url")}
    world.made("brands", record["key"], documents.create(world.unit, BRANDS, attributes, by=AUTHOR))


def put_schedule(world: Projection, record: Document) -> None:
    """Make a schedule with its holidays. Days that are not named are off."""
    unit = world.unit
    hours = {str(day): (record.get("hours") or {}).get(str(day)) for day in range(7)}
    body = {
        "name": record["name"],
        "hours": {day: periods or None for day, periods in hours.items()},
        "timezone": record.get("timezone") or "Etc/GMT",
        "default": bool(record.get("default")),
    }
    schedule = world.made("schedules", record["key"], schedules.create(unit, body, AUTHOR))
    for holiday in record.get("holidays") or ():
        attributes = {
            "name": holiday["name"],
            "startDate": world.text(holiday["start"]),
            "endDate": world.text(holiday["end"]),
            "enabled": holiday.get("enabled", True),
            **_given(holiday, "description"),
        }
        documents.create(unit, HOLIDAYS, attributes, {"schedule": schedule["id"]}, by=AUTHOR)


def put_sla(world: Projection, record: Document) -> None:
    """Make an agreement with its versions, of which the last one is in force unless it says another."""
    unit = world.unit
    versions = record["versions"]
    current = record.get("current") or len(versions)
    sla = documents.create(unit, SLAS, {"currentVersion": current, **_UNCHANGED}, by=AUTHOR)
    ids = []
    for number, version in enumerate(versions, 1):
        attributes = {
            "name": version.get("name") or record["name"],
            "version": number,
            "hours": version.get("hours") or "calendar",
            "metrics": {
                metric: {"enabled": True, "times": {str(priority): world.at(time) for priority, time in times.items()}}
                for metric, times in version["metrics"].items()
            },
            "criteria": version.get("criteria") or {},
            **_UNCHANGED,
        }
        ids.append(documents.create(unit, SLA_VERSIONS, attributes, {"sla": sla["id"]}, by=AUTHOR)["id"])
    sla = {**sla, "relations": {**sla["relations"], "versions": ids}}
    unit["slas"].replace(sla)
    world.made("slas", record["key"], sla)


def put_satisfaction(world: Projection, record: Document) -> None:
    """Make a survey."""
    attributes = {
        "name": record["name"],
        "formType": record.get("form_type") or "csat",
        "enabled": record.get("enabled", True),
        "channel": record["channel"],
        "questions": record.get("questions") or [],
        **_given(record, "description", "introduction", "criteria", "scale"),
        **_given(record, ratingPrompt="rating_prompt", delayTime="delay", followUpType="follow_up"),
        # documented by the example: this word instead of modifiedAt
        "modifiedAt": None,
        "modified": moment(world.unit.now),
    }
    survey = documents.create(world.unit, SATISFACTIONS, attributes, by=AUTHOR)
    world.made("satisfactions", record["key"], survey)


def put_shortcut_category(world: Projection, record: Document) -> None:
    """Make a shelf for shortcuts, perhaps on another one."""
    parent = record.get("parent")
    relations = {"parent": world.reference("shortcut_categories", parent, "parent")} if parent else {}
    attributes = {"name": record["name"], "deleted": False}
    shelf = documents.create(world.unit, SHORTCUT_CATEGORIES, attributes, relations, by=AUTHOR)
    world.made("shortcut_categories", record["key"], shelf)


def put_shortcut(world: Projection, record: Document) -> None:
    """Make a shortcut. Who may use a private one is named by the keys of agents and teams."""
    body: dict[str, Any] = {"name": record["name"], "isPrivate": bool(record.get("private"))}
    if record.get("text") is not None:
        body["draft"] = {"text": record["text"]}
    if record.get("category"):
        body["parent"] = world.reference("shortcut_categories", record["category"], "category")
    if record.get("users"):
        body["accessUsers"] = world.users(record["users"], "users")
    if record.get("teams"):
        body["accessTeams"] = world.references("teams", record["teams"], "teams")
    world.made("shortcuts", record["key"], shortcuts.create(world.unit, body, AUTHOR))


def put_spam_sender(world: Projection, record: Document) -> None:
    """Let a sender through or keep it out."""
    body = {name: record[name] for name in ("sender", "channel", "list")}
    world.made("spam_senders", record["key"], spam_senders.upsert(world.unit, body, AUTHOR))


def put_role_group(world: Projection, record: Document) -> None:
    """Put roles together, and give them to the agents and teams that are named."""
    unit = world.unit
    known = set(roles.names(unit.pack.contract))
    for number, role in enumerate(record["roles"]):
        if role not in known:
            world.refuse(f"there is no role {role!r}", "roles", number)
    attributes = {"name": record["name"], "roles": list(record["roles"])}
    group = documents.create(unit, ROLE_GROUPS, attributes, by=AUTHOR)
    world.made("role_groups", record["key"], group)
    for kind in ("agents", "teams"):
        for id in world.references(kind, record.get(kind) or (), kind):
            collection = unit[world.collection(kind)]
            holder = collection[id]
            groups = [*holder["attributes"].get("roleGroups", ()), group["id"]]
            collection.replace({**holder, "attributes": {**holder["attributes"], "roleGroups": groups}})


def put_search(world: Projection, record: Document) -> None:
    """Save a search, as people do in the web application; the API can only run it."""
    search = documents.create(
        world.unit, SAVED_SEARCHES, {"name": record["name"]}, by=AUTHOR, search=dict(record["search"])
    )
    world.made("searches", record["key"], search)


def put_webhook(world: Projection, record: Document) -> None:
    """Make a webhook; there are as many as the API allows."""
    body = {
        "name": record["name"],
        "url": record["url"],
        "events": list(record["events"]),
        "headers": [{"name": name, "value": value} for name, value in (record.get("headers") or {}).items()],
    }
    world.made("webhooks", record["key"], webhooks.create(world.unit, body, AUTHOR))


def _given(record: Mapping[str, Any], *same: str, **renamed: str) -> dict[str, Any]:
    """What a record says, under the names of the API."""
    names = {**{name: name for name in same}, **renamed}
    return {name: record[word] for name, word in names.items() if record.get(word) is not None}
