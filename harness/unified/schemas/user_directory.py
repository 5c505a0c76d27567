"""Unified User Directory: eleven resources, four of which no page was seen of."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from harness.unified.schemas.record import Moment, Named, Part, Phone, Record, inferred, known, partial

MemberStatus: TypeAlias = Literal["active", "inactive", "deleted", "invited"]

_USERS = "https://truto.one/unified-apis/user-directory.md"
_AS_MEMBER = "as in the members of instant messaging, where the page's end was seen"
_UNSEEN = "the resource is named, its schema was not seen"


class Email(Part):
    """An address. It may lack its text here, unlike in ticketing."""

    email: str | None = None
    type: str | None = None
    is_primary: bool | None = None


class UserRole(Part):
    """A role of a user, and where it holds."""

    id: str | None = None
    name: str | None = None
    group: str | None = None
    organization: str | None = None
    workspace: str | None = None


class UserLicense(Part):
    """A licence a user has."""

    id: str | None = None
    name: str | None = None
    organization: str | None = None
    last_active_at: Moment | None = partial("the field is described, its type is inferred")


class UserGroup(Part):
    """A group a user belongs to. The organization is a bare id."""

    id: str | None = None
    name: str | None = None
    organization: str | None = None


class User(Record):
    """Somebody of the directory. A status that maps to none of the known ones passes through."""

    model_config = known(source=_USERS, note="the page was read as far as created_at; what follows there is inferred")

    id: str
    external_id: str | None = None
    identifiers: dict[str, Any] | None = None
    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    name: str | None = None
    username: str | None = None
    emails: list[Email] | None = None
    phones: list[Phone] | None = None
    status: MemberStatus | str | None = None
    is_email_verified: bool | None = None
    is_2fa_enabled: bool | None = None
    roles: list[UserRole] | None = None
    organizations: list[Named] | None = None
    user_type: str | None = None
    licenses: list[UserLicense] | None = None
    groups: list[UserGroup] | None = None
    workspaces: list[Named] | None = None
    avatar: str | None = None
    timezone: str | None = None
    languages: list[Any] | None = partial("an array; its items are not printed")
    bio: str | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None
    last_active_at: Moment | None = inferred(_AS_MEMBER)
    last_login_at: Moment | None = inferred(_AS_MEMBER)
    status_changed_at: Moment | None = inferred(_AS_MEMBER)
    activated_at: Moment | None = inferred(_AS_MEMBER)
    urls: list[Any] | None = inferred(_AS_MEMBER)


class Me(User):
    """The user to whom the credential belongs."""

    model_config = known(note="that it has the fields of a user is read on a page of another resource")


class Role(Record):
    """What users may do."""

    model_config = known()

    id: str
    name: str | None = None
    label: str | None = None
    description: str | None = None
    type: str | None = None
    applicable_in: Literal["group", "workspace"] | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None


class RoleAssignment(Record):
    """That a user has a role."""

    model_config = known()

    id: str
    user_id: str | None = None
    group_id: str | None = None
    group_type: Literal["product", "group", "team"] | None = None
    role_id: str | None = None
    workspace: list[str] | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None


class Group(Record):
    """A group of users. The organization is a bare id here, an object in instant messaging."""

    model_config = known()

    id: str
    name: str | None = None
    description: str | None = None
    organization: str | None = None
    group_type: Literal["team", "department", "group"] | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None


class Activity(Record):
    """Something somebody did. An action that maps to none of the known ones passes through."""

    model_config = known(source=_USERS)

    id: str | None = None
    actor: dict[str, Any] | None = None
    organization: str | None = None
    group: str | None = None
    description: str | None = None
    action: str | None = None
    entity: str | None = None
    entity_type: str | None = None
    context: dict[str, Any] | None = None
    created_at: Moment | None = None


class Billing(Record):
    """What the product is paid with."""

    model_config = known(note="ten fields are counted, three were seen")

    id: str | None = None
    description: str | None = None
    billing_frequency: str | None = None


class License(Record):
    """A licence that users may have."""

    model_config = known("inferred", _UNSEEN)

    id: str | None = inferred("as in the licenses of a user")
    name: str | None = inferred("as in the licenses of a user")


class Organization(Record):
    """An organization that users belong to."""

    model_config = known("inferred", _UNSEEN)

    id: str | None = inferred("as in the organizations of a user")
    name: str | None = inferred("as in the organizations of a user")


class Utilization(Record):
    """How much the product is used."""

    model_config = known("inferred", _UNSEEN)


class Workspace(Record):
    """A workspace that users belong to."""

    model_config = known("inferred", _UNSEEN)

    id: str | None = inferred("as in the workspaces of a user")
    name: str | None = inferred("as in the workspaces of a user")
