"""The unified models as attributes of a client, so that editors and type checkers know the record of each resource.

The annotations are all there is: the base class makes what they name. They say what the catalogue says.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from harness.unified.pages import Listing, Page
from harness.unified.proxy_resources import Proxy
from harness.unified.resources import Model, Resource, WithDownload, WithImport, WithJoin, WithRemoveUser

if TYPE_CHECKING:
    from harness.unified.schemas import instant_messaging, ticketing, user_directory

T = TypeVar("T")
Data: TypeAlias = dict[str, Any]
Later: TypeAlias = Coroutine[Any, Any, T]

Sync: TypeAlias = Resource[T, Page[T], Data]
Async: TypeAlias = Resource[Later[T], Listing[T], Later[Data]]

SyncProxy: TypeAlias = Proxy[Any, Page[Data]]
AsyncProxy: TypeAlias = Proxy[Later[Any], Listing[Data]]


class Ticketing(Model):
    """Unified Ticketing."""

    name = "ticketing"

    accounts: Sync[ticketing.Account]
    attachments: WithDownload[ticketing.Attachment, Page[ticketing.Attachment], Data]
    collections: Sync[ticketing.Collection]
    comments: Sync[ticketing.Comment]
    contacts: Sync[ticketing.Contact]
    fields: Sync[ticketing.Field]
    tags: Sync[ticketing.Tag]
    teams: Sync[ticketing.Team]
    ticket_priorities: Sync[ticketing.TicketPriority]
    ticket_status: Sync[ticketing.TicketStatus]
    ticket_types: Sync[ticketing.TicketType]
    tickets: WithImport[ticketing.Ticket, Page[ticketing.Ticket], Data]
    users: Sync[ticketing.User]
    workspaces: Sync[ticketing.Workspace]


class UserDirectory(Model):
    """Unified User Directory."""

    name = "user-directory"

    users: Sync[user_directory.User]
    roles: Sync[user_directory.Role]
    role_assignments: Sync[user_directory.RoleAssignment]
    groups: WithRemoveUser[user_directory.Group, Page[user_directory.Group], Data]
    me: Sync[user_directory.Me]
    activities: Sync[user_directory.Activity]
    billing: Sync[user_directory.Billing]
    licenses: Sync[user_directory.License]
    organizations: Sync[user_directory.Organization]
    utilization: Sync[user_directory.Utilization]
    workspaces: Sync[user_directory.Workspace]


class InstantMessaging(Model):
    """Unified Instant Messaging."""

    name = "instant-messaging"

    attachments: Sync[instant_messaging.Attachment]
    channels: WithJoin[instant_messaging.Channel, Page[instant_messaging.Channel], Data]
    groups: Sync[instant_messaging.Group]
    members: Sync[instant_messaging.Member]
    messages: Sync[instant_messaging.Message]
    organizations: Sync[instant_messaging.Organization]
    workspaces: Sync[instant_messaging.Workspace]


class AsyncTicketing(Model):
    """Unified Ticketing, asynchronously."""

    name = "ticketing"

    accounts: Async[ticketing.Account]
    attachments: WithDownload[Later[ticketing.Attachment], Listing[ticketing.Attachment], Later[Data]]
    collections: Async[ticketing.Collection]
    comments: Async[ticketing.Comment]
    contacts: Async[ticketing.Contact]
    fields: Async[ticketing.Field]
    tags: Async[ticketing.Tag]
    teams: Async[ticketing.Team]
    ticket_priorities: Async[ticketing.TicketPriority]
    ticket_status: Async[ticketing.TicketStatus]
    ticket_types: Async[ticketing.TicketType]
    tickets: WithImport[Later[ticketing.Ticket], Listing[ticketing.Ticket], Later[Data]]
    users: Async[ticketing.User]
    workspaces: Async[ticketing.Workspace]


class AsyncUserDirectory(Model):
    """Unified User Directory, asynchronously."""

    name = "user-directory"

    users: Async[user_directory.User]
    roles: Async[user_directory.Role]
    role_assignments: Async[user_directory.RoleAssignment]
    groups: WithRemoveUser[Later[user_directory.Group], Listing[user_directory.Group], Later[Data]]
    me: Async[user_directory.Me]
    activities: Async[user_directory.Activity]
    billing: Async[user_directory.Billing]
    licenses: Async[user_directory.License]
    organizations: Async[user_directory.Organization]
    utilization: Async[user_directory.Utilization]
    workspaces: Async[user_directory.Workspace]


class AsyncInstantMessaging(Model):
    """Unified Instant Messaging, asynchronously."""

    name = "instant-messaging"

    attachments: Async[instant_messaging.Attachment]
    channels: WithJoin[Later[instant_messaging.Channel], Listing[instant_messaging.Channel], Later[Data]]
    groups: Async[instant_messaging.Group]
    members: Async[instant_messaging.Member]
    messages: Async[instant_messaging.Message]
    organizations: Async[instant_messaging.Organization]
    workspaces: Async[instant_messaging.Workspace]
