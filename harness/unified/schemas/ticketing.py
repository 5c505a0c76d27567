"""Unified Ticketing: fourteen resources. The reference counts seventeen; three names were seen nowhere."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from harness.unified.schemas.record import (
    Link,
    Moment,
    Named,
    Number,
    Part,
    Phone,
    Record,
    Reference,
    Typed,
    inferred,
    known,
    partial,
)

Actor: TypeAlias = Literal["user", "contact", "system"]
"""Who wrote or got a comment. Pass-through of other values is not documented."""

FieldType: TypeAlias = Literal[
    "string", "text", "rich_text", "number", "boolean", "date", "datetime", "time", "enum", "array", "file"
]
EntityType: TypeAlias = Literal[
    "account", "attachment", "collection", "comment", "contact", "project", "tag", "ticket", "ticket_type", "user"
]
TicketState: TypeAlias = Literal[
    "active", "closed", "open", "pending", "spam", "resolved", "archived", "deleted", "completed"
]


class Email(Part):
    """An address. In this model it must carry one; in the user directory it may not."""

    email: str
    type: str | None = None


class Account(Record):
    """A company that customers belong to."""

    model_config = known()

    id: str
    name: str | None = None
    domains: list[str] | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    etag: str | None = None


class Attachment(Record):
    """A file of a ticket. `size` is in bytes; `uploaded_by` is an id, unlike inside a comment."""

    model_config = known()

    id: str | None = None
    file_name: str | None = None
    ticket_id: str | None = None
    size: Number | None = None
    file_url: str | None = None
    content_type: str | None = None
    uploaded_by: str | None = None
    uploaded_by_type: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    etag: str | None = None


class Collection(Record):
    """What tickets are grouped in: a project, an epic, a milestone."""

    model_config = known()

    id: str | None = None
    name: str | None = None
    description: str | None = None
    type: str | None = None
    parent_collection_id: str | None = None
    urls: list[Link] | None = partial("an array is printed, its items are not; a list filter speaks of their url")
    workspace: Named | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    etag: str | None = None
    entity_type: str | None = None


class Author(Part):
    """Who wrote a comment: a user or a contact, by `type`."""

    id: str
    name: str | None = None
    username: str | None = None
    type: Actor


class Receiver(Part):
    """Whom a comment is addressed to."""

    id: str
    name: str | None = None
    type: Actor


class TicketReference(Part):
    """The ticket a comment belongs to."""

    id: str


class CommentAttachment(Part):
    """A file of a comment."""

    id: str | None = None
    file_name: str | None = None
    file_url: str | None = None
    content_type: str | None = None
    uploaded_by: dict[str, Any] | str | None = partial("an object of two unnamed properties, in older pages a text")
    uploaded_by_type: str | None = partial("in older pages only")
    created_at: Moment | None = None


class Comment(Record):
    """A message or an internal note of a ticket."""

    model_config = known()

    id: str
    author: Author | None = None
    receiver: Receiver | None = None
    body: str | None = None
    html_body: str | None = None
    ticket: TicketReference | None = None
    attachments: list[CommentAttachment] | None = None
    is_internal: bool | None = None
    is_private: bool | None = None
    channel: Typed | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    etag: str | None = None


class Contact(Record):
    """Somebody who asks for help. The account is a bare id here, an object in a ticket."""

    model_config = known()

    id: str
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    emails: list[Email] | None = None
    phones: list[Phone] | None = None
    details: str | None = None
    account_id: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    etag: str | None = None
    custom_fields: dict[str, Any] | None = None
    is_active: bool | None = None


class FieldOption(Part):
    """One choice of a field."""

    label: str | None = None
    value: str | None = None
    description: str | None = None
    is_hidden: bool | None = None


class Field(Record):
    """A property that records of some kind have. Unmapped kinds of field pass through as the provider names them."""

    model_config = known()

    id: str | None = None
    name: str | None = None
    label: str | None = None
    description: str | None = None
    type: FieldType | str | None = None
    format: str | None = None
    is_hidden: bool | None = None
    is_unique: bool | None = None
    is_required: bool | None = None
    options: list[FieldOption] | None = None
    is_user_defined: bool | None = None
    entity_type: EntityType | str | None = partial("four values are printed, write pages and filters add others")
    entity_id: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    etag: str | None = None
    applicable_in: Literal["collection", "workspace", "ticket"] | None = partial("described; the name is inferred")
    applicable_id: str | None = partial("described; the name is inferred")
    ticket_type: Reference | None = partial("described; the nesting is inferred")
    status: Literal["active", "archived"] | None = partial("described; the type is inferred")


class Tag(Record):
    """A label. `color` is in hex."""

    model_config = known()

    id: str | None = None
    name: str | None = None
    color: str | None = None
    workspace: Named | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    etag: str | None = None
    status: Literal["active", "inactive"] | str | None = None
    parent: Reference | None = None


class Team(Record):
    """A group of users."""

    model_config = known()

    id: str
    name: str | None = None
    description: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    etag: str | None = None


class TicketPriority(Record):
    """A degree of urgency."""

    model_config = known()

    id: str
    name: str | None = None
    description: str | None = None
    etag: str | None = None


class TicketStatus(Record):
    """A state that a ticket may be in, in the provider's words."""

    model_config = known()

    id: str
    name: str | None = None
    description: str | None = None
    etag: str | None = None


class TicketType(Record):
    """A kind of ticket."""

    model_config = known()

    id: str | None = None
    name: str | None = None
    description: str | None = None
    project: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    etag: str | None = None


class TicketPhone(Part):
    """A telephone number of somebody in a ticket; unlike elsewhere it must carry one."""

    number: str
    type: str | None = None


class TicketPerson(Part):
    """An assignee or an additional contact of a ticket."""

    id: str | None = None
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    emails: list[Email] | None = None
    phones: list[TicketPhone] | None = None


class TicketContact(Part):
    """The contact of a ticket."""

    id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    emails: list[Email] | None = None
    phones: list[TicketPhone] | None = inferred("as in additional_contacts")


class StatusOfTicket(Part):
    """The state of a ticket, one of nine names. Pass-through of other names is not documented."""

    id: str | None = None
    name: TicketState | None = None


class Creator(Part):
    """Who opened a ticket: a user or a contact, by `type`."""

    id: str | None = None
    name: str | None = None
    type: Literal["user", "contact"] | None = None


class Ticket(Record):
    """A conversation, request or issue."""

    model_config = known(note="the page was read as far as priority; what follows there is inferred")

    id: str
    name: str | None = None
    number: str | None = None
    assignees: list[TicketPerson] | None = None
    status: StatusOfTicket | None = None
    created_by: Creator | None = None
    due_date: str | None = partial("described; name and type are inferred, and so is whether it has a time")
    description: str | None = None
    workspace: Named | None = None
    team: Named | None = None
    collections: list[Typed] | None = None
    conversations: list[Typed] | None = partial("described; that it is an array is inferred")
    ticket_type: Named | None = None
    contact: TicketContact | None = None
    additional_contacts: list[TicketPerson] | None = None
    account: Reference | None = None
    parent_ticket: Reference | None = partial("known from the relations between resources")
    attachments: list[CommentAttachment] | None = partial("an array of objects is printed; items as in comments")
    tags: list[Named] | None = partial("known from the relations between resources")
    priority: Named | None = partial("known from the relations between resources")
    created_at: Moment | None = inferred("as in the other resources")
    updated_at: Moment | None = inferred("as in the other resources")
    closed_at: Moment | None = inferred("a mapping of the vendor reads this name, of which resource it does not say")
    custom_fields: dict[str, Any] | None = inferred("as in contacts")
    urls: list[Link] | None = inferred("as in collections")
    etag: str | None = inferred("updates take an etag")


class User(Record):
    """Somebody who answers tickets. With some providers these are other people than the user directory's."""

    model_config = known()

    id: str
    name: str
    first_name: str | None = None
    last_name: str | None = None
    username: str | None = None
    emails: list[Email] | None = None
    is_active: bool | None = None
    team_ids: list[str] | None = None
    avatar: str | None = None
    roles: list[Named] | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    etag: str | None = None


class Workspace(Record):
    """The space that everything else stands in."""

    model_config = known()

    id: str | None = None
    name: str | None = None
    status: Literal["active", "inactive"] | None = None
    description: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    etag: str | None = None
