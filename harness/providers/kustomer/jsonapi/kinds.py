"""All kinds of document, in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from harness.core.store import Document, Order
from harness.providers.kustomer.jsonapi.kind import LIVE, Kind, To, is_deleted

USER: Final = To("user", "/v1/users/")
CUSTOMER: Final = To("customer", "/v1/customers/")
COMPANY: Final = To("company", "/v1/companies/")
CONVERSATION: Final = To("conversation", "/v1/conversations/")
MESSAGE: Final = To("message", "/v1/messages/")
ATTACHMENTS: Final = To("attachment", None, many=True)
BY: Final = {"createdBy": USER, "modifiedBy": USER}


def _sorted_by(*names: str) -> dict[str, Order]:
    """Orders of the live documents by times."""

    def order(name: str) -> Order:
        return Order(
            lambda document: (document["attributes"].get(name, ""),),
            group=lambda document: () if is_deleted(document) else (LIVE,),
        )

    return {name: order(name) for name in names}


def _messages_of(path: str) -> Callable[[Document], dict[str, Any]]:
    return lambda document: {"messages": {"links": {"self": f"{path}{document['id']}/messages"}}}


def _of_customer(customer: Document) -> dict[str, Any]:
    """recorded: a relationship for each klass it has objects of. https://github.com/nebulab/solidus_kustomer"""
    path = f"/v1/customers/{customer['id']}"
    return {
        "messages": {"links": {"self": f"{path}/messages"}},
        **{
            name: {"links": {"self": f"{path}/klasses/{name}"}, "meta": {"kobject": True}}
            for name in customer.get("klasses", ())
        },
    }


def _of_message(message: Document) -> dict[str, Any]:
    if "attachments" not in message["relations"]:
        return {}
    return {"attachments": {"links": {"self": f"/v1/messages/{message['id']}/attachments"}}}


def _attachments_of(path: str) -> Callable[[Document], dict[str, Any]]:
    """documented by the example: the links are a list here."""

    def links(document: Document) -> dict[str, Any]:
        if "attachments" not in document["relations"]:
            return {}
        return {"attachments": {"links": [{"self": f"{path}{document['id']}/attachments"}]}}

    return links


def _message_links(message: Document) -> dict[str, Any]:
    links = {"self": f"/v1/messages/{message['id']}"}
    if "related" in message:
        links["related"] = message["related"]
    return links


def _addresses(customer: Document) -> Iterable[tuple[str, str]]:
    """documented: no two customers share these. https://developer.kustomer.com/kustomer-api-docs/reference"""
    attributes = customer["attributes"]
    for each in attributes.get("emails", ()):
        yield "emails", each["email"].casefold()
    for name in ("phones", "whatsapps"):
        for each in attributes.get(name, ()):
            yield name, each["phone"].removeprefix("whatsapp:").removeprefix("+")
    for each in attributes.get("socials", ()):
        yield "socials", f"{each['type']}:{each['username'].casefold()}"
    for each in attributes.get("externalIds", ()):
        yield "externalId", each["externalId"]


def _external_id(document: Document) -> Iterable[tuple[str, str]]:
    if (id := document["attributes"].get("externalId")) is not None:
        yield "externalId", id


def _external_id_of_klass(document: Document) -> Iterable[tuple[str, str]]:
    if (id := document["attributes"].get("externalId")) is not None:
        yield "externalId", f"{document['klass']}:{id}"


def _name(document: Document) -> Iterable[tuple[str, str]]:
    yield "name", document["attributes"]["name"].casefold()


def _klass_names(klass: Document) -> Iterable[tuple[str, str]]:
    """Both stand in the same place of an address."""
    yield from _name(klass)
    yield "name", klass["plural"].casefold()


def _email(user: Document) -> Iterable[tuple[str, str]]:
    if email := user["attributes"].get("email"):
        yield "email", email.casefold()


def _tracking_id(identity: Document) -> Iterable[tuple[str, str]]:
    yield "trackingId", identity["attributes"]["trackingId"]


def _sender(sender: Document) -> Iterable[tuple[str, str]]:
    attributes = sender["attributes"]
    yield "sender", f"{attributes['channel']}:{attributes['sender'].casefold()}"


CUSTOMERS: Final = Kind(
    type="customer",
    collection="customers",
    path="/v1/customers/",
    relations={**BY, "company": COMPANY},
    revised=True,
    nulls=frozenset(("progressiveStatus",)),
    parents=("company",),
    keys=_addresses,
    orders=_sorted_by("createdAt", "updatedAt"),
    more=_of_customer,
)
COMPANIES: Final = Kind(
    type="company",
    collection="companies",
    path="/v1/companies/",
    relations=BY,
    revised=True,
    keys=_external_id,
)
CONVERSATIONS: Final = Kind(
    type="conversation",
    collection="conversations",
    path="/v1/conversations/",
    relations={
        "customer": CUSTOMER,
        **BY,
        "queue": To("queue", "/v1/routing/queues/"),
        "brand": To("brand", "/v1/brands/"),
        "sla": To("sla", "/v1/slas/"),
        "slaVersion": To("sla_version", None),
        "endedBy": USER,
    },
    revised=True,
    parents=("customer",),
    keys=_external_id,
    orders=_sorted_by("updatedAt"),
    more=_messages_of("/v1/conversations/"),
)
CONVERSATION_TIMES: Final = Kind(
    type="conversation_time",
    collection="conversation_times",
    path="/v1/conversations/times/",
    relations={"customer": CUSTOMER, "conversation": CONVERSATION, "createdBy": USER},
    parents=("conversation", "customer"),
    told=False,
)
MESSAGES: Final = Kind(
    type="message",
    collection="messages",
    path="/v1/messages/",
    relations={
        **BY,
        # documented and recorded: in the plural here
        "customer": To("customers", "/v1/customers/"),
        "conversation": CONVERSATION,
        "reference": MESSAGE,
        "attachments": ATTACHMENTS,
    },
    revised=True,
    parents=("conversation", "customer"),
    keys=_external_id,
    links=_message_links,
    more=_of_message,
)
REDACTIONS: Final = Kind(
    type="message_redaction",
    collection="redactions",
    path="/v1/messages/",
    relations={
        "createdBy": USER,
        "message": MESSAGE,
        "conversation": CONVERSATION,
        "customer": CUSTOMER,
        "attachments": ATTACHMENTS,
    },
    modified=False,
    parents=("customer",),
    links=lambda each: {"self": f"/v1/messages/{each['relations']['message']}/redactions/{each['id']}"},
    told=False,
)
NOTES: Final = Kind(
    type="note",
    collection="notes",
    path="/v1/notes/",
    relations={
        "customer": CUSTOMER,
        **BY,
        "conversation": CONVERSATION,
        "userMentions": To("user", None, many=True),
        "attachments": ATTACHMENTS,
    },
    modified=False,
    parents=("conversation", "customer"),
)
ATTACHMENT_FILES: Final = Kind(
    type="attachment",
    collection="attachments",
    path="/v1/attachments/",
    relations={"message": MESSAGE, "draft": To("draft", "/v1/drafts/"), "forward": To("forward", "/v1/forwards/")},
    modified=False,
    parents=("message", "note", "draft", "forward"),
)
MEDIA: Final = Kind(
    type="attachment",
    collection="media",
    path="/v1/media/",
    modified=False,
    links=lambda each: {"self": f"/v1/attachments/{each['id']}"},  # documented
)
DRAFTS: Final = Kind(
    type="draft",
    collection="drafts",
    path="/v1/drafts/",
    relations={"customer": CUSTOMER, **BY, "conversation": CONVERSATION, "attachments": ATTACHMENTS},
    linked=False,
    parents=("customer", "conversation"),
    nulls=frozenset(("sendAt",)),
    more=_attachments_of("/v1/drafts/"),
)
FORWARDS: Final = Kind(
    type="forward",
    collection="forwards",
    path="/v1/forwards/",
    relations={"customer": CUSTOMER, **BY, "conversation": CONVERSATION, "attachments": ATTACHMENTS},
    linked=False,
    parents=("conversation", "customer"),
    nulls=frozenset(("sendAt",)),
    more=_attachments_of("/v1/forwards/"),
)
MERGES: Final = Kind(
    type="customer_merge",
    collection="merges",
    path="/v1/customers/merges/",
    relations={"source": CUSTOMER, "target": CUSTOMER, "createdBy": USER},
    modified=False,
    parents=("source", "target"),
)
SESSIONS: Final = Kind(
    type="customer_session",
    collection="sessions",
    path="/v1/customers/",
    relations={"customer": CUSTOMER},
    parents=("customer", "session"),
    links=lambda each: {"self": f"/v1/customers/{each['relations']['customer']}/sessions"},
    told=False,
)
CUSTOMER_EVENTS: Final = Kind(
    type="customer_event",
    collection="customer_events",
    path="/v1/customers/",
    relations={**BY, "customer": CUSTOMER, "conversation": CONVERSATION, "message": MESSAGE},
    nulls=frozenset(("modifiedAt", "location", "meta")),
    parents=("customer", "conversation", "session"),
    links=lambda each: {"self": f"/v1/customers/{each['relations']['customer']}/events/{each['id']}"},
    told=False,
)
IDENTITIES: Final = Kind(
    type="identity",
    collection="identities",
    path="/v1/tracking/identity/",
    relations={"customer": CUSTOMER},
    modified=False,
    parents=("customer", "session"),
    keys=_tracking_id,
    told=False,
)
KLASSES: Final = Kind(
    type="klass",
    collection="klasses",
    path="/v1/klasses/",
    modified=False,
    keys=_klass_names,
    more=lambda klass: {"kobjects": {"links": {"self": f"/v1/klasses/{klass['plural']}"}}},
)
KOBJECTS: Final = Kind(
    type="kobject",
    collection="kobjects",
    path="/v1/klasses/",
    relations={
        "klass": To("klass", "/v1/klasses/", key="link"),
        "queue": To("queue", "/v1/queues/", key="link"),
        "customer": CUSTOMER,
        "company": COMPANY,
    },
    revised=True,
    modified=False,  # documented: neither when nor by whom an object was modified
    parents=("klass", "customer", "company"),
    keys=_external_id_of_klass,
    links=lambda kobject: {"self": f"/v1/klasses/{kobject['plural']}/{kobject['id']}"},
)
METADATA: Final = Kind(type="metadata", collection="metadata", path="/v1/metadata/")
TAGS: Final = Kind(
    type="tag",
    collection="tags",
    path="/v1/tags/",
    relations={**BY, "deletedBy": USER},
    keys=_name,
)
BRANDS: Final = Kind(type="brand", collection="brands", path="/v1/brands/", relations=BY)
TEAMS: Final = Kind(type="team", collection="teams", path="/v1/teams/", relations=BY, keys=_name)
USERS: Final = Kind(type="user", collection="users", path="/v1/users/", relations=BY, keys=_email)
ROLE_GROUPS: Final = Kind(type="role_group", collection="role_groups", path="/v1/role-groups/", relations=BY)
AUTH_TOKENS: Final = Kind(
    type="auth_token",
    collection="auth_tokens",
    path="/v1/auth/tokens/",
    relations={"user": USER},
    modified=False,
    told=False,
)
AUDIT_LOGS: Final = Kind(
    type="audit_log",
    collection="audit_logs",
    path="/v1/audit-logs/",
    relations={"customer": CUSTOMER},
    linked=False,
    owned=False,
    nulls=frozenset(("userId", "ip", "modifiedAt")),
    more=lambda log: {
        "user": {
            "links": {"self": f"/v1/users/{log['attributes']['userId'] or 'null'}"},
            "data": {"type": "user", "id": log["attributes"]["userId"]},
        }
    },
    told=False,
)
SCHEDULES: Final = Kind(
    type="schedule",
    collection="schedules",
    path="/v1/schedules/",
    relations={**BY, "deletedBy": USER},
)
HOLIDAYS: Final = Kind(
    type="holiday",
    collection="holidays",
    path="/v1/holidays/",
    relations={**BY, "schedule": To("schedule", "/v1/schedules/")},
    parents=("schedule",),
    told=False,
)
SATISFACTIONS: Final = Kind(
    type="satisfaction",
    collection="satisfactions",
    path="/v1/satisfaction/",
    relations={**BY, "template": To("template", None)},
    linked=False,
)
SLAS: Final = Kind(
    type="sla",
    collection="slas",
    path="/v1/slas/",
    relations={"createdBy": USER, "versions": To("sla_version", None, many=True)},
    linked=False,
    modified=False,
)
SLA_VERSIONS: Final = Kind(
    type="sla_version",
    collection="sla_versions",
    path="/v1/slas/",
    relations={"createdBy": USER, "sla": To("sla", "/v1/slas/")},
    linked=False,
    modified=False,
    parents=("sla",),
    told=False,
)
SPAM_SENDERS: Final = Kind(
    type="sender", collection="spam_senders", path="/v1/spam/senders/", relations=BY, linked=False, keys=_sender
)
SHORTCUTS: Final = Kind(
    type="shortcut",
    collection="shortcuts",
    path="/v1/shortcuts/",
    relations={
        **BY,
        "parent": To("shortcut_category", None),
        "accessUsers": To("user", None, many=True),
        "accessTeams": To("team", None, many=True),
        "attachments": ATTACHMENTS,
    },
    revised=True,
)
SHORTCUT_CATEGORIES: Final = Kind(
    type="shortcut_category",
    collection="shortcut_categories",
    path="/v1/shortcuts/categories/",
    relations={**BY, "parent": To("shortcut_category", None)},
)
BULKS: Final = Kind(
    type="bulk", collection="bulks", path="/v1/bulk/", relations={"createdBy": USER}, modified=False, told=False
)
BULK_BATCHES: Final = Kind(
    type="bulk_batch",
    collection="bulk_batches",
    path="/v1/bulk/",
    modified=False,
    parents=("bulk",),
    links=lambda batch: {"self": f"/v1/bulk/{batch['relations']['bulk']}/batches/{batch['id']}"},
    told=False,
)
WEBHOOKS: Final = Kind(
    type="outbound_webhook", collection="outbound_webhooks", path="/v1/outbound-webhooks/", relations=BY
)
SAVED_SEARCHES: Final = Kind(
    type="search", collection="saved_searches", path="/v1/customers/searches/", relations=BY, told=False
)
"""What a search asks for stands in the private key `search`: a body of the search."""
OUTBOUND_ACCOUNTS: Final = Kind(
    type="outbound_account", collection="outbound_accounts", path="/v1/outboundAccounts/", linked=False, told=False
)

KINDS: Final = tuple(kind for kind in list(globals().values()) if isinstance(kind, Kind))
