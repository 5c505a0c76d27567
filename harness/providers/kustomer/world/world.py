"""The projection of a world into a Kustomer organisation.

Agents become users, contacts customers, channels outbound accounts, files attachments; closed and archived
conversations are done. What only Kustomer knows (klasses and their objects, brands, schedules …) is read from the
world's `kustomer` section (`world_own`, models in `world_section`).
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from harness.core.exchange import Refused
from harness.core.store import Document, NotUnique
from harness.core.unit import Unit
from harness.core.worlds import Finding
from harness.providers.kustomer.actor import SYSTEM
from harness.providers.kustomer.customers import companies, customers
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import MACHINE, is_deleted
from harness.providers.kustomer.jsonapi.kinds import ATTACHMENT_FILES, BRANDS, CUSTOMERS, OUTBOUND_ACCOUNTS, TAGS, USERS
from harness.providers.kustomer.jsonapi.stamps import moment
from harness.providers.kustomer.klasses import custom_attributes
from harness.providers.kustomer.people import teams
from harness.providers.kustomer.settings import schedules
from harness.providers.kustomer.world import world_own, world_talk
from harness.providers.kustomer.world.projection import AUTHOR, RECORDS, Projection, record_id

CHANNELS: Final = {
    "email": ("email", "postmark"),
    "sms": ("sms", "twilio"),
    "whatsapp": ("whatsapp", "whatsapp"),
    "live_chat": ("chat", "chat"),
    "facebook": ("facebook", "facebook"),
    "instagram": ("instagram", "instagram"),
    "phone": ("voice", "voice"),
    # no channel of Kustomer
    "telegram": ("chat", "telegram"),
    "google": ("chat", "google"),
}
"""Channel and app by the kind of channel of a world."""
ROLES: Final = {
    "admin": ["org.admin", "org.user"],
    "supervisor": ["org.user", "org.admin.user.read", "org.admin.team.read"],
    "agent": ["org.user"],
}
GENDERS: Final = {"male": "m", "female": "f", "diverse": "o"}
SOCIALS: Final = ("facebook", "instagram")
"""The networks of a world that Kustomer knows, too."""
_ENDINGS: Final = ((bool, "Bool"), (int | float, "Num"), (str, "Str"))


def _agent(world: Projection, agent: Document) -> None:
    """A user; one who left is deleted at the end, so that there is somebody who wrote and was assigned."""
    name = full_name(agent)
    attributes = {
        "displayName": name,
        "name": name,
        "userType": "user",
        "email": agent["email"],
        "emailVerifiedAt": moment(world.unit.now),
        "mobile": agent["phone"],
        "avatarUrl": agent["avatar"],
        "roles": ROLES[agent["role"]],
        "roleGroups": [],
    }
    world.made("agents", agent["key"], documents.create(world.unit, USERS, attributes, by=SYSTEM))


@contextmanager
def _everybody(world: Projection) -> Iterator[None]:
    """Let agents who left be there meanwhile, as far as they take part: a world does not say when they left, so it was
    at its end, or before a piece of one was seeded."""
    users = world.unit["users"]
    named = {key for _, team in world.all_of("teams") for key in team["agents"]}
    named |= {key for _, each in world.all_of("conversations") for key in each["assignees"]}
    left = {}
    for key in sorted(named):
        user = users.get(record_id(world.unit, "agents", key) or "")
        if user is not None and is_deleted(user):
            left[user["id"]] = {name: user["attributes"][name] for name in ("deleted", "deletedAt")}
            attributes = {**user["attributes"], "deleted": False}
            users.replace({**user, "attributes": attributes})
    yield
    for _, agent in world.all_of("agents"):
        if not agent["active"]:
            left[world.reference("agents", agent["key"])] = {"deleted": True, "deletedAt": world.text(0)}
    for id, attributes in left.items():
        user = users[id]
        users.replace({**user, "attributes": {**user["attributes"], **attributes}})


def _team(world: Projection, team: Document) -> None:
    body = {"name": team["name"], "members": world.users(team["agents"], "agents")}
    world.made("teams", team["key"], teams.create(world.unit, body, AUTHOR))


def _company(world: Projection, company: Document) -> None:
    body = {
        "name": company["name"],
        "domains": [{"domain": domain} for domain in company["domains"]],
        "phones": [{"type": "work", "phone": phone} for phone in company["phones"]],
    }
    if custom := world.values.get(("company", company["key"])):
        body["custom"] = custom
    world.made("companies", company["key"], companies.create(world.unit, body, AUTHOR))


def _channel(world: Projection, channel: Document) -> None:
    kind, app = CHANNELS[channel["type"]]
    attributes = {"channel": kind, "name": channel["name"], "account": channel["address"] or channel["key"]}
    account = documents.create(
        world.unit,
        OUTBOUND_ACCOUNTS,
        attributes,
        by=AUTHOR,
        app=app,
        team=world.reference("teams", channel["team"], "team"),
    )
    world.made("channels", channel["key"], account)


def _tag(world: Projection, tag: Document) -> None:
    attributes = {"name": tag["name"], "color": tag["color"], "deleted": False}
    world.made("tags", tag["key"], documents.create(world.unit, TAGS, attributes, by=AUTHOR))


def _file(world: Projection, file: Document) -> None:
    content = None if file["content"] is None else file["content"].encode()
    attributes = {
        "name": file["name"],
        "contentType": file["mime_type"],
        "contentLength": len(content) if content is not None else file["size"] or 0,
        "uploaded": True,
        "redacted": False,
    }
    # the bytes of a file of which only the size is known are drawn
    kept: dict[str, Any] = {} if content is None else {"content": b64encode(content).decode("ascii")}
    made = documents.create(world.unit, ATTACHMENT_FILES, attributes, by=AUTHOR, **kept)
    world.made("files", file["key"], made)


def _contact(world: Projection, contact: Document) -> Document:
    """A customer that is not written yet."""
    lists = {
        "emails": [{"type": "home", "email": email} for email in contact["emails"]],
        "phones": [{"type": "mobile", "phone": phone} for phone in contact["phones"]],
        "socials": [
            {"type": social["type"], "username": social["value"]}
            for social in contact["socials"]
            if social["type"] in SOCIALS
        ],
        "locations": [{"type": "home", "cityName": contact["city"]}] if contact["city"] else [],
    }
    body: dict[str, Any] = {name: items for name, items in lists.items() if items}
    body |= {"name": full_name(contact) or None, "defaultLang": contact["language"]}
    gender = GENDERS.get(contact["gender"])
    if gender in ("m", "f") or world.unit.quirks["genders"] == "mfop":
        body["gender"] = gender
    if contact["company"]:
        body["company"] = world.reference("companies", contact["company"], "company")
    facts = dict(contact["attributes"])
    if (born := facts.pop("birthday", None)) is not None:
        body["birthdayAt"] = f"{born}T00:00:00.000Z"
    told = {attribute_name(name, value): value for name, value in facts.items()}
    custom = {**told, **world.values.get(("customer", contact["key"]), {})}
    if custom:
        _define(world, told)
        body["custom"] = custom
    attributes, relations, id = customers.prepared(world.unit, body, AUTHOR)
    if contact["updated"] != contact["created"]:
        attributes |= _changed(attributes, world.text(contact["updated"]))
    return documents.new(world.unit, CUSTOMERS, attributes, relations, by=AUTHOR, id=id)


def _contacts(world: Projection) -> None:
    """All contacts in one go, since there may be very many."""
    made = [(f"contacts/{record['key']}", _contact(world, record)) for record in world.records("contacts")]
    collection = world.unit["customers"]
    try:
        collection.insert_many(customer for _, customer in made)
    except NotUnique:
        for (index, record), (_, customer) in zip(world.all_of("contacts"), made, strict=True):
            world.turn_to("contacts", index, record)
            documents.write(world.unit, CUSTOMERS, customer)
    world.unit[RECORDS].insert_many({"id": name, "ref": customer["id"]} for name, customer in made)


def _date(world: Projection) -> None:
    """Let customers have been changed when the world says so, whatever was said since."""
    collection = world.unit["customers"]
    talked = {each["contact"] for _, each in world.all_of("conversations")}
    talked |= {each.get("customer") for _, each in world.all_of("objects")}
    for _, contact in world.all_of("contacts"):
        if contact["key"] in talked:
            customer = collection[world.reference("contacts", contact["key"])]
            attributes = customer["attributes"]
            changed = _changed(attributes, world.text(contact["updated"]))
            collection.replace({**customer, "attributes": {**attributes, **changed}})


def _changed(attributes: Mapping[str, Any], at: str) -> dict[str, str]:
    return {"updatedAt": at, "modifiedAt": at, "lastActivityAt": max(attributes["lastActivityAt"], at)}


def attribute_name(fact: str, value: Any) -> str:
    """The custom attribute a neutral fact becomes: `customer_number` of a text is `customerNumberStr`."""
    words = re.split(r"[^0-9A-Za-z]+", fact)
    name = words[0] + "".join(word[:1].upper() + word[1:] for word in words[1:])
    return name + next(ending for kind, ending in _ENDINGS if isinstance(value, kind))


def full_name(person: Document) -> str:
    """Of a contact or an agent."""
    return " ".join(name for name in (person["first_name"], person["last_name"]) if name)


def _define(world: Projection, custom: Mapping[str, Any]) -> None:
    known = custom_attributes.properties(world.unit, "customer")
    if unknown := [name for name in custom if name not in known]:
        custom_attributes.define(world.unit, "customer", {name: {} for name in unknown}, AUTHOR)


def _organisation(world: Projection) -> None:
    """What every organisation has: the machine user of its keys, a brand and a schedule by default."""
    unit = world.unit
    world.begin("organisation", "", world.created({}))
    if MACHINE not in unit["users"]:
        attributes = {
            "displayName": "Fake Harness",
            "name": "Fake Harness",
            "userType": "machine",
            "email": "machine@example.com",
            "emailVerifiedAt": moment(unit.now),
            "roles": ["org"],
            "roleGroups": [],
        }
        documents.create(unit, USERS, attributes, by=SYSTEM, id=MACHINE)
    own = world.section.get("brands") or ()
    if not len(unit["brands"]) and not any(brand.get("default") for brand in own):
        documents.create(unit, BRANDS, {"name": "default", "default": True, "modifiedAt": None}, by=SYSTEM)
    if not len(unit["schedules"]) and not world.section.get("schedules"):
        hours = {str(day): [[540, 1020]] if 1 <= day <= 5 else None for day in range(7)}
        body = {"name": "Default", "hours": hours, "timezone": "Etc/GMT", "default": True}
        schedules.create(unit, body, SYSTEM)


_PUT: Final[Mapping[str, Callable[[Projection, Document], None]]] = {
    "agents": _agent,
    "teams": _team,
    "role_groups": world_own.put_role_group,
    "custom_attributes": world_own.put_custom_attribute,
    "companies": _company,
    "channels": _channel,
    "tags": _tag,
    "files": _file,
    "klasses": world_own.put_klass,
    "brands": world_own.put_brand,
    "schedules": world_own.put_schedule,
    "slas": world_own.put_sla,
    "satisfactions": world_own.put_satisfaction,
    "shortcut_categories": world_own.put_shortcut_category,
    "shortcuts": world_own.put_shortcut,
    "spam_senders": world_own.put_spam_sender,
    "searches": world_own.put_search,
    "webhooks": world_own.put_webhook,
}
"""What is done with a record of each kind, in this order: later kinds refer to earlier ones."""


def seed(unit: Unit, world: Mapping[str, Any]) -> None:
    """Project a world, or more of one, into an account."""
    projection = Projection(unit, world)
    _organisation(projection)
    try:
        with _everybody(projection):
            for kind, put in _PUT.items():
                for record in projection.records(kind):
                    put(projection, record)
            _contacts(projection)
            world_talk.happen(projection)
    except Refused as refused:
        projection.refuse_as(refused)
    _date(projection)


def check_world(world: Mapping[str, Any]) -> Iterable[Finding]:
    """What is wrong with the kustomer section of a world, if it has one."""
    if world.get("kustomer") is None:
        return ()
    from harness.providers.kustomer.world import world_section

    return world_section.check(world)
