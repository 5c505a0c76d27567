"""Unified Instant Messaging: seven resources."""

from __future__ import annotations

from typing import Any, Literal

from harness.unified.schemas.record import (
    Moment,
    Named,
    Number,
    Part,
    Phone,
    Record,
    Reference,
    Typed,
    known,
    partial,
)
from harness.unified.schemas.user_directory import Email, MemberStatus


class Attachment(Record):
    """A file of a channel. `size` is in bytes."""

    model_config = known()

    id: str | None = None
    file_name: str | None = None
    channel_id: str | None = None
    size: Number | None = None
    file_url: str | None = None
    content_type: str | None = None
    uploaded_by: str | None = None
    uploaded_by_type: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None


class Channel(Record):
    """Where messages are exchanged: an open or closed room, or a direct exchange."""

    model_config = known()

    id: str
    name: str | None = None
    description: str | None = None
    organization: Named | None = None
    workspace: Named | None = None
    group: Named | None = None
    type: Literal["channel", "private_channel", "dm", "group_dm"] | None = None
    status: Literal["active", "archived"] | None = None
    is_member: bool | None = None
    created_by: Reference | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None


class Group(Record):
    """A group of members. The organization is an object here, a bare id in the user directory."""

    model_config = known(note="no integration implements it")

    id: str | None = None
    name: str | None = None
    description: str | None = None
    organization: Named | None = partial("an object is printed; its fields are inferred from channels")
    workspace: Named | None = partial("an object is printed; its fields are inferred from channels")
    type: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None


class Member(Record):
    """Somebody who writes in channels. A status that maps to none of the known ones passes through."""

    model_config = known()

    id: str
    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    name: str | None = None
    username: str | None = None
    emails: list[Email] | None = None
    phones: list[Phone] | None = None
    status: MemberStatus | str | None = None
    is_email_verified: bool | None = None
    organizations: list[Named] | None = None
    workspaces: list[Named] | None = partial("described; the fields of its items are inferred")
    type: str | None = None
    groups: list[dict[str, Any]] | None = partial("an array of objects; their fields were not seen")
    avatar: str | None = None
    timezone: str | None = None
    languages: list[Any] | None = None
    bio: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    last_active_at: Moment | None = None
    last_login_at: Moment | None = None
    status_changed_at: Moment | None = None
    activated_at: Moment | None = None
    urls: list[Any] | None = None


class MessageBody(Part):
    """What a message says, and in which markup."""

    format: str | None = None
    content: str | None = None


class MessageAttachment(Part):
    """A file of a message."""

    id: str | None = None
    name: str | None = None
    type: str | None = None
    url: str | None = None


class Parent(Part):
    """The message that a message answers."""

    id: str | None = None
    type: Literal["message"] | None = None


class Message(Record):
    """A message of a channel."""

    model_config = known()

    id: str
    body: MessageBody | None = None
    attachments: list[MessageAttachment] | None = None
    author: Named | None = None
    channel: Typed | None = None
    parent: Parent | None = None
    has_children: bool | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None


class Organization(Record):
    """The company that workspaces belong to."""

    model_config = known(note="no integration implements it")

    id: str | None = None
    name: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None


class Workspace(Record):
    """The space that channels stand in."""

    model_config = known()

    id: str
    name: str | None = None
    description: str | None = None
    status: Literal["active", "inactive"] | None = None
    organization: Named | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
