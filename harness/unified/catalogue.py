"""What the unified API has: models, resources, methods, and the query parameters each of them takes.

`MODELS["ticketing"]["contacts"]` is a `Resource`; `resource(model, name)` finds one or says which are valid. Reading it
imports no pydantic: a resource loads its record when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from harness.nearest import unknown
from harness.unified.parameters import (
    COLLECTIONS,
    COMMON_PARAMETERS,
    CREATED,
    CREATED_INFERRED,
    EMAILS,
    LIST_PARAMETERS,
    NAME,
    NAME_INFERRED,
    ORGANIZATION,
    UPDATED,
    UPDATED_INFERRED,
    WORKSPACE,
    WRITE_PARAMETERS,
    Parameter,
    related,
    sort,
    texts,
    when,
)

if TYPE_CHECKING:
    from harness.unified.schemas import Record

__all__ = (
    "COMMON_PARAMETERS",
    "LIST_PARAMETERS",
    "MODELS",
    "STANDARD",
    "WRITE_PARAMETERS",
    "Parameter",
    "Resource",
    "UnknownName",
    "resource",
)

STANDARD: Mapping[str, tuple[str, bool]] = MappingProxyType(
    {
        "list": ("GET", False),
        "get": ("GET", True),
        "create": ("POST", False),
        "update": ("PATCH", True),
        "delete": ("DELETE", True),
    }
)
"""The five methods: their verb, and whether an id stands in the path. Any other is `POST …/{method}`."""

DOCS = "https://www.truto.one/docs"


class UnknownName(LookupError):
    """A model, resource or method that the unified API does not have; the text names the nearest and the valid ones."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a model."""

    model: str
    """In kebab-case, as in addresses."""
    name: str
    """In snake_case, as in addresses."""
    record_name: str
    """The class in `harness.unified.schemas.{model}`."""
    methods: tuple[str, ...]
    """Documented ones first, as in the reference, then those of `inferred`."""
    inferred: frozenset[str] = frozenset()
    """The methods that the reference leaves open."""
    list_parameters: tuple[Parameter, ...] = ()
    """The filters of its list."""
    get_parameters: tuple[Parameter, ...] = ()
    write_parameters: tuple[Parameter, ...] = ()
    """What create, update and delete take."""
    source: str = DOCS

    @property
    def record(self) -> type[Record]:
        """The pydantic model of one object."""
        module = import_module(f"harness.unified.schemas.{self.model.replace('-', '_')}")
        found: type[Record] = getattr(module, self.record_name)
        return found

    @property
    def path(self) -> str:
        """`/unified/ticketing/contacts`"""
        return f"/unified/{self.model}/{self.name}"

    def require(self, method: str) -> str:
        """The method, where the resource has it; else UnknownName."""
        if method not in self.methods:
            raise UnknownName(unknown(f"method of {self.model}.{self.name}", method, self.methods))
        return method

    def parameters(self, method: str) -> tuple[Parameter, ...]:
        """All query parameters of a method: the common ones first, then its own."""
        if method == "list":
            return (*COMMON_PARAMETERS, *LIST_PARAMETERS, *self.list_parameters)
        if method == "get":
            return (*COMMON_PARAMETERS, *self.get_parameters)
        if method in STANDARD:
            return (*COMMON_PARAMETERS, *WRITE_PARAMETERS, *self.write_parameters)
        return (*COMMON_PARAMETERS, *WRITE_PARAMETERS)


def resource(model: str, name: str) -> Resource:
    """One resource; UnknownName tells the nearest and the valid names."""
    resources = MODELS.get(model)
    if resources is None:
        raise UnknownName(unknown("unified model", model, MODELS))
    if name not in resources:
        raise UnknownName(unknown(f"resource of {model}", name, resources))
    return resources[name]


_RESOURCES = (
    Resource("ticketing", "accounts", "Account", ("list", "create", "get", "update", "delete")),
    Resource(
        "ticketing",
        "attachments",
        "Attachment",
        ("list", "create", "get", "update", "download"),
        get_parameters=(related("comment", "comment"),),
    ),
    Resource(
        "ticketing",
        "collections",
        "Collection",
        ("list", "get", "create", "update", "delete"),
        frozenset({"update", "delete"}),
        (
            WORKSPACE,
            sort("created_at", "name", "updated_at"),
            CREATED,
            UPDATED,
            Parameter(
                "type",
                "string",
                "Collections of this kind.",
                choices=(
                    *("component", "epic", "iteration", "milestone", "product"),
                    *("project", "section", "tasklist", "version", "workflow"),
                ),
            ),
            Parameter("parent_collection_id", "string", "Collections inside this one.", "inferred", NAME_INFERRED),
            Parameter("urls", "objects", "Collections with this address.", "inferred", NAME_INFERRED, fields=("url",)),
            ORGANIZATION,
        ),
    ),
    Resource(
        "ticketing",
        "comments",
        "Comment",
        ("list", "get", "create", "update", "delete"),
        frozenset({"update", "delete"}),
        (
            related("ticket", "ticket", inferred=False),
            CREATED,
            UPDATED,
            Parameter("is_internal", "boolean", "Internal notes, or all but them."),
            Parameter("is_private", "boolean", "Private comments, or all but them."),
            sort("created_at", "updated_at"),
            COLLECTIONS,
            WORKSPACE,
            ORGANIZATION,
        ),
    ),
    Resource(
        "ticketing",
        "contacts",
        "Contact",
        ("list", "create", "get", "update", "delete"),
        list_parameters=(
            EMAILS,
            Parameter(
                "phones",
                "objects",
                "Contacts with this number: `phones[0][number]=…`. Where a provider searches by one field, either this "
                "or emails.",
                fields=("number", "extension", "type"),
            ),
            NAME,
            *texts(
                first_name="Contacts with this first name.",
                last_name="Contacts with this last name.",
                account_id="Contacts of this account.",
            ),
            CREATED,
            UPDATED,
            sort("created_at", "first_name", "last_name", "updated_at"),
            Parameter(
                "type",
                "string",
                "Contacts that came through this network.",
                "inferred",
                NAME_INFERRED,
                choices=("instagram", "twitter"),
            ),
        ),
    ),
    Resource(
        "ticketing",
        "fields",
        "Field",
        ("list", "create", "get", "update"),
        list_parameters=(
            Parameter(
                "entity_type",
                "string",
                "Fields of this kind of record.",
                choices=(
                    *("account", "attachment", "collection", "comment", "contact"),
                    *("project", "tag", "ticket", "ticket_type", "user"),
                ),
            ),
            Parameter("entity_id", "string", "Fields of this record."),
            related("ticket_type", "ticket type"),
            COLLECTIONS,
            WORKSPACE,
            NAME,
            sort("name"),
            ORGANIZATION,
        ),
    ),
    Resource("ticketing", "tags", "Tag", ("list", "create", "get", "update", "delete")),
    Resource("ticketing", "teams", "Team", ("list", "create", "get", "update", "delete")),
    Resource("ticketing", "ticket_priorities", "TicketPriority", ("list",)),
    Resource("ticketing", "ticket_status", "TicketStatus", ("list",)),
    Resource("ticketing", "ticket_types", "TicketType", ("list",)),
    Resource(
        "ticketing",
        "tickets",
        "Ticket",
        ("list", "get", "create", "update", "delete", "import"),
        list_parameters=(CREATED_INFERRED, UPDATED_INFERRED),
        write_parameters=(
            Parameter("etag", "string", "The version that is changed.", "inferred", NAME_INFERRED),
            Parameter("type", "string", "What is written.", choices=("conversation", "issue")),
            related("ticket_type", "ticket type", inferred=False),
            related("workspace", "workspace", inferred=False),
            ORGANIZATION,
        ),
    ),
    Resource(
        "ticketing",
        "users",
        "User",
        ("list", "create", "get", "update", "delete"),
        frozenset({"delete"}),
        (
            *texts(username="Users with this login."),
            EMAILS,
            Parameter("team_ids", "strings", "Users of these teams."),
            NAME,
            Parameter("is_active", "boolean", "Active users, or the others."),
            when("created_at", "inferred", "the name is a sort key, too"),
            UPDATED,
            sort("created_at", "emails", "first_name", "last_name", "updated_at"),
            COLLECTIONS,
            ORGANIZATION,
        ),
    ),
    Resource("ticketing", "workspaces", "Workspace", ("list", "create", "get", "update", "delete")),
    Resource("user-directory", "users", "User", ("list", "create", "get", "update", "delete")),
    Resource("user-directory", "roles", "Role", ("list", "create", "get", "update", "delete")),
    Resource("user-directory", "role_assignments", "RoleAssignment", ("list", "get", "delete")),
    Resource("user-directory", "groups", "Group", ("get", "update", "delete", "list", "create", "remove-user")),
    Resource("user-directory", "me", "Me", ("list",)),
    Resource("user-directory", "activities", "Activity", ("list",)),
    Resource("user-directory", "billing", "Billing", ()),
    Resource("user-directory", "licenses", "License", ("list",)),
    Resource("user-directory", "organizations", "Organization", ("list",), frozenset({"list"})),
    Resource("user-directory", "utilization", "Utilization", ("list",)),
    Resource("user-directory", "workspaces", "Workspace", ("list", "get")),
    Resource("instant-messaging", "attachments", "Attachment", ("list", "get", "create")),
    Resource(
        "instant-messaging",
        "channels",
        "Channel",
        ("list", "get", "join"),
        list_parameters=(
            related("workspace", "workspace", inferred=False),
            Parameter(
                "type",
                "string",
                "Channels of this kind; all by default.",
                choices=("channel", "dm", "group_dm", "private_channel"),
            ),
            related("user", "user"),
            Parameter("exclude_archived", "boolean", "Leave archived channels out.", "inferred", NAME_INFERRED),
        ),
    ),
    Resource("instant-messaging", "groups", "Group", ()),
    Resource("instant-messaging", "members", "Member", ("get", "list")),
    Resource("instant-messaging", "messages", "Message", ("create", "list", "get", "update", "delete")),
    Resource("instant-messaging", "organizations", "Organization", ()),
    Resource("instant-messaging", "workspaces", "Workspace", ("list",)),
)

MODELS: Mapping[str, Mapping[str, Resource]] = MappingProxyType(
    {
        model: MappingProxyType({each.name: each for each in _RESOURCES if each.model == model})
        for model in ("ticketing", "user-directory", "instant-messaging")
    }
)
"""The resources by model (kebab-case) and name (snake_case)."""
