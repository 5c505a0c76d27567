"""What simulations share: what arguments name, by an id or by the key of the world's record, and the answers."""

from __future__ import annotations

from typing import Any, Final

from harness.core.simulate import SimulationError
from harness.core.store import Document
from harness.core.unit import Unit
from harness.nearest import nearest
from harness.providers.kustomer.actor import Actor
from harness.providers.kustomer.customers.addresses import plain_number
from harness.providers.kustomer.jsonapi.kind import Kind, is_deleted
from harness.providers.kustomer.world.projection import RECORDS, collection_of, record_id

CHANNELS: Final = ("email", "sms", "chat", "facebook", "twitter-dm", "twitter-tweet", "voice", "instagram", "whatsapp")
"""documented: the ways of a message."""
APPS: Final = {"email": "postmark", "sms": "twilio", "twitter-dm": "twitter", "twitter-tweet": "twitter"}
"""inferred: the app behind a channel; of the others it is called like the channel."""
PLACES: Final = {
    "email": ("emails",),
    "sms": ("phones",),
    "voice": ("phones",),
    "whatsapp": ("whatsapps", "phones"),
    "facebook": ("socials",),
    "instagram": ("socials",),
    "twitter-dm": ("socials",),
    "twitter-tweet": ("socials",),
}
"""Where a customer's address for a channel stands; the first is where a new one goes. Visitors of a chat have none."""
_NETWORKS: Final = {"twitter-dm": "twitter", "twitter-tweet": "twitter"}
_KINDS: Final = {
    "agent": "agents",
    "team": "teams",
    "customer": "contacts",
    "conversation": "conversations",
    "message": "messages",
    "draft": "drafts",
    "object": "objects",
    "survey": "satisfactions",
}
"""The records of a world by the arguments that name one."""


def find(unit: Unit, argument: str, name: str, where: str | None = None) -> Document:
    """The document an argument names. Raises SimulationError."""
    kind = _KINDS[argument]
    collection = unit[collection_of(kind)]
    found = collection.get(name) or collection.get(record_id(unit, kind, name) or "")
    if found is None or is_deleted(found):
        hint = f" did you mean {close!r}?" if (close := nearest(name, keys(unit, kind))) else ""
        raise SimulationError(
            f"no {argument} has this id or world key: {name!r};{hint} collection({collection.name!r}) shows all",
            where or argument,
        )
    return found


def several(unit: Unit, argument: str, names: str, where: str) -> list[str]:
    """The ids of the documents whose names are joined by commas."""
    return [find(unit, argument, name.strip(), where)["id"] for name in names.split(",") if name.strip()]


def keys(unit: Unit, kind: str) -> list[str]:
    """The keys of the world's records of a kind."""
    beginning = f"{kind}/"
    return [each["id"].removeprefix(beginning) for each in unit[RECORDS] if each["id"].startswith(beginning)]


def channel(unit: Unit, name: str) -> tuple[str, str]:
    """Channel and app of an outbound account, by its key or id, or of a channel by its own name."""
    accounts = unit["outbound_accounts"]
    account = accounts.get(record_id(unit, "channels", name) or "") or accounts.get(name)
    if account is None:
        account = next((each for each in accounts if each["attributes"]["channel"] == name), None)
    if account is not None:
        return account["attributes"]["channel"], account["app"]
    if name in CHANNELS:
        return name, APPS.get(name, name)
    valid = (*keys(unit, "channels"), *CHANNELS)
    hint = f" did you mean {close!r}?" if (close := nearest(name, valid)) else ""
    raise SimulationError(f"no channel has this id, world key or name: {name!r};{hint}", "channel")


def agent(unit: Unit, name: str | None, conversation: Document) -> Actor:
    """Who does something: the agent that is named, or the first who has the conversation. Raises SimulationError."""
    if name is not None:
        return Actor(find(unit, "agent", name)["id"])
    assigned = conversation["attributes"].get("assignedUsers", ())
    present = [id for id in assigned if (user := unit["users"].get(id)) is not None and not is_deleted(user)]
    if not present:
        raise SimulationError("nobody has the conversation: name who it is", "agent")
    return Actor(present[0])


def address_of(customer: Document, channel: str) -> str | None:
    """The address by which a customer writes and is reached."""
    for name in PLACES.get(channel, ()):
        for item in customer["attributes"].get(name, ()):
            if name != "socials" or item["type"] == _NETWORKS.get(channel, channel):
                text: str = item.get("email") or item.get("phone") or item["username"]
                return text
    return None


def holder(unit: Unit, channel: str, address: str) -> Document | None:
    """The customer who has an address."""
    for name in PLACES[channel]:
        key = {"emails": address.casefold(), "socials": f"{_NETWORKS.get(channel, channel)}:{address.casefold()}"}
        found = unit["customers"].lookup("value", (name, key.get(name) or plain_number(address)))
        if found is not None:
            return found
    return None


def holding(channel: str, address: str) -> dict[str, list[dict[str, str]]]:
    """The body of a customer who has an address."""
    name = PLACES[channel][0]
    if name == "emails":
        return {name: [{"email": address}]}
    if name == "socials":
        return {name: [{"type": _NETWORKS.get(channel, channel), "username": address}]}
    return {name: [{"type": "mobile", "phone": address}]}


def shown(unit: Unit, kind: Kind, id: str) -> dict[str, Any]:
    """A document as the API shows it, after all that was done."""
    return kind.document(unit[kind.collection][id])
