"""The attributes search knows, by kind of object: each with its class and where its value stands.

Names and classes are those of `contracts/kustomer/data/search_attributes.yaml` (documented); where the value of an
attribute stands in a document is inferred from the names, since no source tells.
"""

from __future__ import annotations

from typing import Final

Row = tuple[str, ...]
"""A class and paths; the form its values are compared in after a colon, where the class does not tell."""

_PLACE: Final = tuple(
    f"locations.{name}"
    for name in (
        *("name", "address", "address2", "address3", "cityName", "regionName", "regionCode"),
        *("countryName", "countryCode", "zipCode", "areaCode"),
    )
)
_IMPORTED: Final[dict[str, Row]] = {
    "imported_at": ("datetime", "importedAt"),
    "imported": ("boolean:present", "importedAt"),
}
_TIMES: Final[dict[str, Row]] = {"created_at": ("datetime", "createdAt"), "updated_at": ("datetime", "updatedAt")}
_MODIFIED: Final = {"modified_at": ("datetime", "modifiedAt")}
_BY: Final = {"created_by": ("list", "@createdBy"), "modified_by": ("list", "@modifiedBy")}
_SENTIMENT: Final = {"sentiment": ("list:mood", "sentiment.polarity")}
_LANG: Final = {"default_lang": ("string_notanalyzed", "defaultLang")}
_TAGS: Final = {"tags": ("list", "tags")}
_CUSTOM: Final = ("custom.*", "custom.*.*")


def _last_messages() -> dict[str, Row]:
    return {
        "last_message_sent_at": ("datetime", "lastMessageIn.sentAt"),
        "last_message_out_sent_at": ("datetime", "lastMessageOut.sentAt"),
        "last_message_unresponded_to_sent_at": ("datetime", "lastMessageUnrespondedTo.sentAt"),
        "last_message_at": ("datetime", "lastMessageAt"),
    }


def _socials(prefix: str, path: str) -> dict[str, Row]:
    return {
        f"{prefix}social_type": ("list", f"{path}.type"),
        f"{prefix}social_userid": ("string_notanalyzed", f"{path}.userid"),
        f"{prefix}social_username": ("string_notanalyzed", f"{path}.username"),
    }


CUSTOMER: Final[dict[str, Row]] = {
    "any_text": (
        *("any", "name", "displayName", "username", "companyName", "emails.email", "sharedEmails.email"),
        *("phones.phone", "sharedPhones.phone", "whatsapps.phone", "externalIds.externalId", "externalId"),
        *("sharedExternalIds.externalId", "socials.username", "urls.url", *_PLACE, *_CUSTOM),
    ),
    "name": ("string", "name"),
    "gender": ("list", "gender"),
    "presence": ("list", "presence"),  # never there, as in every recorded body: no source tells when it ends
    "email": ("string", "emails.email"),
    "shared_email": ("string", "sharedEmails.email"),
    "phone": ("string", "phones.phone"),
    "shared_phone": ("string", "sharedPhones.phone"),
    "urls": ("string", "urls.url"),
    "address": ("string", *_PLACE),
    "locale": ("string", "locale"),
    "activity_at": ("datetime", "lastActivityAt"),
    "last_seen_at": ("datetime", "lastSeenAt"),
    "signed_up_at": ("datetime", "signedUpAt"),
    **_last_messages(),
    "externalId": ("string_notanalyzed", "externalId", "externalIds.externalId"),
    "shared_externalId": ("string_notanalyzed", "sharedExternalIds.externalId"),
    **_TIMES,
    **_MODIFIED,
    **_BY,
    "satisfaction_avg_score": ("number", "$satisfaction.score"),
    "satisfaction_avg_rating": ("number", "$satisfaction.rating"),
    "conversations_count": ("number", "conversationCounts.all"),
    "status": ("list", "progressiveStatus"),
    "progressive_status": ("list", "progressiveStatus"),
    "active_users": ("list", "activeUsers"),
    "watchers": ("list", "watchers"),
    **_TAGS,
    **_SENTIMENT,
    **_socials("", "socials"),
    **_socials("shared_", "sharedSocials"),
    **_LANG,
    **_IMPORTED,
}
COMPANY: Final[dict[str, Row]] = {
    "any_text": (
        *("any", "name", "externalId", "emails.email", "phones.phone", "whatsapps.phone", "socials.username"),
        *("urls.url", "domains.domain", *_PLACE, *_CUSTOM),
    ),
    "name": ("string", "name"),
    **_TAGS,
    **_LANG,
    **_IMPORTED,
}
CONVERSATION: Final[dict[str, Row]] = {
    "any_text": ("any", "name", "preview", "externalId", *_CUSTOM),
    "name": ("string", "name"),
    **_SENTIMENT,
    "status": ("list", "status"),
    "sub_status": ("string_notanalyzed", "subStatus"),
    **_TIMES,
    **_MODIFIED,
    "modified_by": ("list", "@modifiedBy"),
    "message_count": ("number", "messageCount"),
    "note_count": ("number", "noteCount"),
    "satisfaction_survey_id": ("list", "satisfactionLevel.form"),
    "satisfaction_sent_by": ("list", "satisfactionLevel.sentBy"),
    "satisfaction_sent_by_teams": ("list", "satisfactionLevel.sentByTeams"),
    "satisfaction_created_at": ("datetime", "satisfactionLevel.createdAt"),
    "satisfaction_score": ("number", "satisfactionLevel.score"),
    "satisfaction_rating": ("number", "satisfactionLevel.rating"),
    "satisfaction_status": ("list", "satisfactionLevel.status"),
    "channels": ("list", "channels"),
    "satisfaction": ("string", "satisfaction"),
    "priority": ("number", "priority"),
    **_TAGS,
    "assigned_users": ("list", "assignedUsers"),
    "assigned_teams": ("list", "assignedTeams"),
    **_last_messages(),
    "first_response_sent_at": ("datetime", "firstResponse.sentAt|firstResponse.createdAt"),
    "first_response_time": ("number", "firstResponse.time"),
    "first_response_created_by": ("list", "firstResponse.createdBy"),
    "last_response_created_by": ("list", "lastResponse.createdBy"),
    "last_message_direction": ("list", "lastMessageDirection"),
    "direction": ("list", "direction"),
    "outbound_message_count": ("number", "outboundMessageCount"),
    "customer_id": ("string_notanalyzed", "@customer"),
    "campaign_id": ("string_notanalyzed", "$campaign"),
    "first_message_in_sent_at": ("datetime", "firstMessageIn.sentAt"),
    "first_message_in_direction_type": ("list", "firstMessageIn.directionType"),
    "first_message_in_channel": ("list", "firstMessageIn.channel"),
    "first_message_out_sent_at": ("datetime", "firstMessageOut.sentAt"),
    "first_message_out_direction_type": ("list", "firstMessageOut.directionType"),
    "first_message_out_channel": ("list", "firstMessageOut.channel"),
    **_LANG,
    # nothing fills these in: no source tells what an agreement leaves on a conversation
    "sla_status": ("list", "sla.status"),
    "sla_version_id": ("string_notanalyzed", "@slaVersion"),
    "sla_id": ("list", "@sla"),
    "sla_breached": ("boolean", "sla.breached"),
    "sla_breach_at": ("datetime", "sla.breachAt|sla.breach.at"),
    "sla_satisfied_at": ("datetime", "sla.satisfiedAt"),
    "sla_breach_metric": ("list", "sla.breachMetric|sla.breach.metric"),
    "first_done_created_by": ("list", "firstDone.createdBy"),
    "last_done_created_at": ("datetime", "lastDone.createdAt"),
    "last_done_created_by": ("list", "lastDone.createdBy"),
    "last_done_created_by_teams": ("list", "lastDone.createdByTeams"),
    "reply_channel": ("list", "replyChannel"),
    "queue": ("list", "@queue"),
    "external_queue": ("list", "$external_queue"),
    "ended": ("boolean", "ended"),
    "ended_at": ("datetime", "endedAt"),
    "ended_reason": ("string", "endedReason"),
    **_IMPORTED,
}
CONVERSATION_TIME: Final[dict[str, Row]] = {
    "created_at": ("datetime", "createdAt"),
    "conversation_id": ("string_notanalyzed", "@conversation"),
    "created_by_teams": ("list", "createdByTeams"),
    "assigned_users": ("list", "assignedUsers"),
    "assigned_teams": ("list", "assignedTeams"),
    "touched": ("boolean", "$touched"),
    "reopened": ("boolean", "$reopened"),
    "snoozed": ("boolean", "$snoozed"),
    "resolved": ("boolean", "$resolved"),
    "message_at": ("datetime", "messageAt"),
    "message_time": ("number", "messageTime"),
    "messages_sent": ("number", "$messages_sent"),
    "note_at": ("datetime", "noteAt"),
    "note_time": ("number", "noteTime"),
    "notes_sent": ("number", "$notes_sent"),
    "handle_at": ("datetime", "handleAt"),
    "handle_time": ("number", "handleTime"),
    "channels": ("list", "channels"),
}
_RECIPIENTS: Final = ("meta.to", "meta.to.email", "meta.cc.email", "meta.bcc.email", "meta.recipient.email")
_SENDERS: Final = ("meta.from", "meta.from.email")
MESSAGE: Final[dict[str, Row]] = {
    "any_text": ("any", "preview", "subject", "meta.subject", "externalId", *_SENDERS, *_RECIPIENTS, *_CUSTOM),
    "body": ("text", "preview"),
    "channel": ("list", "channel"),
    "size": ("number", "size"),
    "direction": ("boolean:exact", "direction"),
    "sent_at": ("datetime", "sentAt"),
    **_TIMES,
    **_BY,
    **_SENTIMENT,
    "customer_id": ("string_notanalyzed", "@customer"),
    "status": ("list", "status"),
    "error_at": ("datetime", "errorAt"),
    "error_title": ("string", "error.title"),
    "external_id": ("string_notanalyzed", "externalId"),
    "direction_type": ("list", "directionType"),
    "created_by_teams": ("string_notanalyzed", "createdByTeams"),
    "redacted": ("boolean", "redacted"),
    "redacted_at": ("datetime", "redactedAt"),
    **_IMPORTED,
    "recipients": ("string", *_RECIPIENTS),
    "sender": ("string", *_SENDERS),
    "shortcuts": ("string_notanalyzed", "shortcuts", "@shortcuts"),
    "subject": ("text", "subject|meta.subject"),
    "source": ("list", "source"),
    "attachment_count": ("number:count", "@attachments"),
    "auto": ("boolean", "auto"),
    "lang": ("string_notanalyzed", "lang"),
}
NOTE: Final[dict[str, Row]] = {
    "any_text": ("any", "body", "externalId"),
    "body": ("text", "body"),
    **_TIMES,
    **_MODIFIED,
    **_BY,
    "deleted": ("boolean", "deleted"),
    "user_mentions": ("list:users", "@userMentions"),
    "team_mentions": ("list:teams", "@userMentions"),
    "attachment_count": ("number:count", "@attachments"),
    "external_id": ("string_notanalyzed", "externalId"),
    "customer_id": ("string_notanalyzed", "@customer"),
    "conversation_id": ("string_notanalyzed", "@conversation"),
    "lang": ("string_notanalyzed", "lang"),
    **_IMPORTED,
}
KOBJECT: Final[dict[str, Row]] = {
    "any_text": ("any", "title", "description", "externalId", *_CUSTOM, "data.*", "data.*.*"),
    **_TIMES,
    **_IMPORTED,
}

DOCUMENTED: Final = {
    "customer": CUSTOMER,
    "company": COMPANY,
    "conversation": CONVERSATION,
    "conversation_time": CONVERSATION_TIME,
    "message": MESSAGE,
    "note": NOTE,
    "kobject": KOBJECT,
}
"""By kind of object, without the prefix all names of the kind have."""

SEEN: Final[dict[str, dict[str, Row]]] = {"company": _TIMES}
"""client: what is not documented, but sorted by, which needs it. https://github.com/MeltanoLabs/tap-kustomer"""

ARCHIVE: Final[dict[str, dict[str, Row]]] = {
    "conversation": {"id": ("string_notanalyzed", "$id"), "deleted": ("boolean", "deleted")},
    "customer": {
        "id": ("string_notanalyzed", "$id"),
        "companyId": ("string_notanalyzed", "@company"),
        "deleted": ("boolean", "deleted"),
        "any_text_new": CUSTOMER["any_text"],
    },
    "message": {
        "id": ("string_notanalyzed", "$id"),
        "conversation_id": ("string_notanalyzed", "@conversation"),
    },
    "kobject": {
        "id": ("string_notanalyzed", "$id"),
        "customer_id": ("string_notanalyzed", "@customer"),
        "company_id": ("string_notanalyzed", "@company"),
    },
}
"""documented: what only the archive can be asked for."""

ARCHIVED: Final[dict[str, tuple[str, ...]]] = {
    "conversation": ("id", "created_at", "updated_at", "customer_id", "any_text", "deleted"),
    "customer": ("id", "companyId", "created_at", "updated_at", "deleted", "any_text_new"),
    "message": ("id", "created_at", "updated_at", "conversation_id", "any_text"),
    "kobject": ("id", "created_at", "updated_at", "customer_id", "company_id", "any_text"),
    "company": ("created_at", "updated_at"),
}
"""documented: all the archive can be asked for. Those of objects also by klass: `kobject_order_created_at`."""
ARCHIVE_SORTED: Final[dict[str, tuple[str, ...]]] = {
    "conversation": ("created_at", "updated_at", "customer_id", "deleted"),
    "customer": ("companyId", "created_at", "updated_at", "deleted"),
    "message": ("id", "created_at", "updated_at"),
    "kobject": ("created_at", "updated_at"),
    "company": ("created_at", "updated_at"),
}
"""documented: all its results can be sorted by."""

SORTED: Final[dict[str, dict[str, Row]]] = {
    "customer": {
        "lastmessage_preview": ("string", "preview.text"),
        "done": ("number", "conversationCounts.done"),
        "open": ("number", "conversationCounts.open"),
        "snoozed": ("number", "conversationCounts.snoozed"),
    }
}
"""documented: what can be sorted by, but not asked for."""
SORTED_LISTS: Final = frozenset(("customer_gender", "customer_progressive_status"))
"""documented: the attributes of class list that can be sorted by."""
SORTED_CLASSES: Final = frozenset(("datetime", "number", "string", "string_notanalyzed"))
"""client: clients sort by more than is documented, by whatever has an order."""

OPERATORS: Final[dict[str, frozenset[str]]] = {
    name: frozenset(operators.split())
    for name, operators in {
        "any": "contains",
        "text": "contains",
        "string": "equals not_equals contains not_contains prefix set not_set",
        "string_notanalyzed": "equals not_equals contains in set not_set",
        "list": "equals not_equals contains in set not_set",
        "number": "equals gt gte lt lte set not_set",
        "datetime": "equals gt gte lt lte set not_set",
        "boolean": "equals",
    }.items()
}
"""By class. documented: equals, gte, lte; client: gt, contains, not_set; the others are inferred."""
ENDINGS: Final = {
    "Str": "string",
    "Txt": "text",
    "Url": "string_notanalyzed",
    "Num": "number",
    "At": "datetime",
    "Bool": "boolean",
    "Id": "list",
    "Tree": "list",
    "Obj": "any",
}
"""The class of a custom attribute, by the ending of its name."""
CUSTOM_OBJECTS: Final = ("customer", "company", "conversation", "message", "kobject")
"""The objects whose custom attributes can be asked for."""
