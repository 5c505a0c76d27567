"""What a world says, in the words of the unified API: its records, their fields, and where in the world each stands.

Computed from the world's data alone, so that it judges a provider's projection and its mapping alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness.core.worlds import Place
from harness.verify.suites.world.said import At, Bytes, Facts, Key, Said, To, Unordered, full_name
from harness.verify.suites.world.talk import Talk

UNSAID = {
    "format": "of the file",
    "name": "of the file",
    "description": "of the file",
    "agents.key": "of the file",
    "teams.key": "of the file",
    "teams.agents": "users tell their teams",
    "companies.key": "of the file",
    "companies.phones": "unified accounts have none",
    "channels": "no unified resource tells of them; kind and name show in tickets and comments",
    "tags.key": "of the file",
    "contacts.key": "of the file",
    "contacts.gender": "unified contacts have none",
    "contacts.socials": "unified contacts have e-mail addresses and telephone numbers only",
    "contacts.city": "unified contacts have no address",
    "contacts.attributes": "under which names a provider has them, its section of the world tells",
    "files.key": "of the file",
    "conversations.key": "of the file",
    "conversations.snoozed_until": "a unified ticket has no such moment",
    "messages.status": "unified comments and messages have none",
    "messages.subject": "the ticket has it as its name",
}
"""What no unified field has a place for, or tells from the other side."""

_FIELD_TYPES = {
    "text": "string",
    "number": "number",
    "datetime": "datetime",
    "dateonly": "date",
    "single_select": "enum",
    "multi_select": "array",
}


_ENTITIES = {"customer": "contact", "company": "account", "conversation": "ticket", "message": "comment"}
"""The unified name of what a custom attribute belongs to."""


def told(
    world: Mapping[str, Any], provider: str, words_of: Callable[[str, str], list[str]] | None = None
) -> dict[str, list[Said]]:
    """The records of each unified resource, by its name: `ticketing.contacts`.

    What only the provider knows of contacts (their custom fields) is read from its section of the world. `words_of`
    gives the provider's words for one of the world, by its kind: one of the world may be several there.
    """
    facts = Facts(world, provider, words_of or (lambda kind, value: [value]))
    people, talk = _People(facts), Talk(facts)
    return {
        "ticketing.accounts": list(people.accounts()),
        "ticketing.contacts": list(people.contacts()),
        "ticketing.users": list(people.ticketing_users()),
        "ticketing.teams": list(people.teams({})),
        "ticketing.tags": list(people.tags()),
        "ticketing.fields": list(people.custom_fields()),
        "ticketing.attachments": list(people.files()),
        "ticketing.tickets": list(talk.tickets()),
        "ticketing.ticket_status": list(talk.statuses()),
        "ticketing.comments": [*talk.comments(), *talk.notes()],
        "ticketing.workspaces": list(people.workspaces()),
        "user-directory.users": list(people.users()),
        "user-directory.me": list(people.users()),
        "user-directory.roles": list(people.roles()),
        "user-directory.role_assignments": list(people.role_assignments()),
        "user-directory.groups": list(people.teams({"group_type": ("team", ())})),
        "user-directory.workspaces": list(people.workspaces()),
        "instant-messaging.members": list(people.members()),
        "instant-messaging.channels": list(talk.channels()),
        "instant-messaging.messages": list(talk.messages()),
        "instant-messaging.attachments": list(people.files()),
    }


MORE = ("ticketing.ticket_status", "user-directory.roles")
"""Resources that may have records besides: the world shows only what it uses."""
FEWER = ("user-directory.me",)
"""Resources that show some of the records only."""


def _names(person: Mapping[str, Any]) -> dict[str, Any]:
    """What becomes of a name that is cut at its first space, for those who keep only the whole of it."""
    first, _, rest = (full_name(person) or "").partition(" ")
    is_cut = (first or None, rest or None) == (person["first_name"], person["last_name"])
    return {"is_cut_well": is_cut, "first_word": first or None, "other_words": rest or None}


class _People:
    """Who there is, and what there is beside conversations."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._world = facts.world
        self._section = facts.section
        self._role_groups = facts.section.get("role_groups") or ()

    def accounts(self) -> Iterator[Said]:
        for index, company in enumerate(self._world["companies"]):
            fields = {
                "name": (company["name"], ("name",)),
                "domains": (company["domains"], ("domains",)),
                "created_at": (At(company["created"]), ("created",)),
            }
            yield Said(("companies", company["key"]), ("companies", index), (("name", company["name"]),), fields)

    def contacts(self) -> Iterator[Said]:
        attributes = self._section.get("custom_attributes") or ()
        for said, contact in self._people():
            values = {
                attribute["name"]: value
                for attribute in attributes
                if attribute.get("resource", "customer") == "customer"
                and (value := (attribute.get("values") or {}).get(contact["key"])) not in (None, [])
            }
            company = contact["company"]
            account = To("ticketing.accounts", ("companies", company)) if company else None
            fields = {
                **said.fields,
                "custom_fields": (values, ("attributes",)),
                "account_id": (account, ("company",)),
            }
            yield Said(said.key, said.place, said.naturals, fields, said.about, at=said.at)

    def members(self) -> Iterator[Said]:
        for said, contact in self._people():
            languages = [contact["language"]] if contact["language"] else []
            fields = {**said.fields, "languages": (languages, ("language",)), "type": ("contact", ())}
            yield Said(said.key, said.place, said.naturals, fields, said.about, at=said.at)

    def _people(self) -> Iterator[tuple[Said, Mapping[str, Any]]]:
        for index, contact in enumerate(self._world["contacts"]):
            fields = {
                "first_name": (contact["first_name"], ("first_name",)),
                "last_name": (contact["last_name"], ("last_name",)),
                "name": (full_name(contact), ("first_name",)),
                "emails.email": (contact["emails"], ("emails",)),
                "phones.number": (contact["phones"], ("phones",)),
                "created_at": (At(contact["created"]), ("created",)),
                "updated_at": (At(contact["updated"]), ("updated",)),
            }
            naturals = (
                *(("email", email) for email in contact["emails"]),
                *(("phone", number) for number in contact["phones"]),
                ("created", full_name(contact), At(contact["created"])),
            )
            key, about = ("contacts", contact["key"]), _names(contact)
            yield Said(key, ("contacts", index), naturals, fields, about, at=contact["created"]), contact

    def ticketing_users(self) -> Iterator[Said]:
        for said, agent in self._staff():
            teams = [("teams", team["key"]) for team in self._world["teams"] if agent["key"] in team["agents"]]
            fields = {
                **said.fields,
                "name": (full_name(agent) or agent["email"], ("first_name",)),
                "team_ids": (Unordered(tuple(To("ticketing.teams", key) for key in teams)), ()),
                "is_active": (agent["active"], ("active",)),
            }
            yield Said(said.key, said.place, said.naturals, fields, said.about, at=said.at)

    def users(self) -> Iterator[Said]:
        workspace = self._section.get("workspace") or self._world["title"]
        for said, agent in self._staff():
            teams = [team for team in self._world["teams"] if agent["key"] in team["agents"]]
            groups = tuple(To("user-directory.groups", ("teams", team["key"])) for team in teams)
            fields = {
                **said.fields,
                "emails.is_primary": ([True], ("email",)),
                "phones.number": ([agent["phone"]] if agent["phone"] else [], ("phone",)),
                "groups.id": (Unordered(groups), ()),
                "groups.name": (Unordered(tuple(team["name"] for team in teams)), ()),
                "languages": ([agent["language"]], ("language",)),
                "status": ("active" if agent["active"] else "inactive", ("active",)),
                "workspaces.name": ([workspace], ()),
                "roles.id": ([To("user-directory.roles", key) for key in self._all_roles(agent)], ("role",)),
            }
            yield Said(said.key, said.place, said.naturals, fields, said.about, at=said.at)

    def _staff(self) -> Iterator[tuple[Said, Mapping[str, Any]]]:
        for index, agent in enumerate(self._world["agents"]):
            words, groups = [word for _, word in self._role_keys(agent)], self._groups_of(agent)
            fields = {
                "first_name": (agent["first_name"], ("first_name",)),
                "last_name": (agent["last_name"], ("last_name",)),
                "name": (full_name(agent), ("first_name",)),
                "emails.email": ([agent["email"]], ("email",)),
                "roles.name": ([*words, *(each["name"] for each in groups)], ("role",)),
                "avatar": (agent["avatar"], ("avatar",)),
                "created_at": (At(agent["created"]), ("created",)),
            }
            key, naturals = ("agents", agent["key"]), (("email", agent["email"]),)
            about = {
                "active": agent["active"],
                "is_in_role_groups": bool(groups),
                "roles_alone": [*words, *(None for _ in groups)],
                **_names(agent),
            }
            yield Said(key, ("agents", index), naturals, fields, about, at=agent["created"]), agent

    def roles(self) -> Iterator[Said]:
        agents = reversed(list(enumerate(self._world["agents"])))
        places = {key: index for index, agent in agents for key in self._role_keys(agent)}
        for key, index in places.items():
            yield Said(key, ("agents", index, "role"), (("name", key[1]),), {"name": (key[1], ())})
        for index, group in enumerate(self._role_groups):
            fields = {"name": (group["name"], ("name",))}
            yield Said(("role_groups", group["key"]), ("role_groups", index), (("name", group["name"]),), fields)

    def _role_keys(self, agent: Mapping[str, Any]) -> list[Key]:
        """What a role of the world is in the provider's words: one role, or several."""
        return [("roles", word) for word in self._facts.words_of("role", agent["role"])]

    def _all_roles(self, agent: Mapping[str, Any]) -> list[Key]:
        return [*self._role_keys(agent), *(("role_groups", each["key"]) for each in self._groups_of(agent))]

    def _groups_of(self, agent: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The groups of roles an agent has besides, where the provider's section tells of them."""
        return [each for each in self._role_groups if agent["key"] in (each.get("agents") or ())]

    def role_assignments(self) -> Iterator[Said]:
        for index, agent in enumerate(self._world["agents"]):
            user = To("user-directory.users", ("agents", agent["key"]))
            [role, *_] = self._role_keys(agent)
            fields = {
                "user_id": (user, ("key",)),
                "role_id": (To("user-directory.roles", role), ("role",)),
            }
            yield Said(("assignments", agent["key"]), ("agents", index), (("user", user),), fields, at=agent["created"])

    def teams(self, more: Mapping[str, tuple[Any, Place]]) -> Iterator[Said]:
        for index, team in enumerate(self._world["teams"]):
            fields = {"name": (team["name"], ("name",)), "created_at": (At(team["created"]), ("created",)), **more}
            naturals = (("name", team["name"]),)
            yield Said(("teams", team["key"]), ("teams", index), naturals, fields, at=team["created"])

    def tags(self) -> Iterator[Said]:
        for index, tag in enumerate(self._world["tags"]):
            fields = {
                "name": (tag["name"], ("name",)),
                "color": (tag["color"], ("color",)),
                "created_at": (At(tag["created"]), ("created",)),
            }
            yield Said(("tags", tag["key"]), ("tags", index), (("name", tag["name"]),), fields, at=tag["created"])

    def custom_fields(self) -> Iterator[Said]:
        for index, attribute in enumerate(self._section.get("custom_attributes") or ()):
            options = [str(each) for each in attribute.get("options") or attribute.get("choices") or ()]
            fields = {
                "name": (attribute["name"], ("name",)),
                "label": (attribute.get("display_name") or attribute["name"], ("name",)),
                "options.value": (options, ("options",)),
                "options.label": (options, ("options",)),
                "is_user_defined": (True, ()),
                "entity_type": (_ENTITIES[attribute.get("resource", "customer")], ()),
            }
            if "type" in attribute:  # else its name says it
                fields["type"] = (_FIELD_TYPES[attribute["type"]], ("type",))
            place = ("custom_attributes", index)
            yield Said(("fields", attribute["key"]), place, (("name", attribute["name"]),), fields)

    def files(self) -> Iterator[Said]:
        for index, file in enumerate(self._world["files"]):
            fields = {
                "file_name": (file["name"], ("name",)),
                "content_type": (file["mime_type"], ("mime_type",)),
                "size": (file["size"], ("size",)),
                "file_url": (Bytes(file["mime_type"], file["content"]), ("content",)),
                "created_at": (At(file["created"]), ("created",)),
            }
            naturals = (("name", file["name"]),)
            yield Said(("files", file["key"]), ("files", index), naturals, fields, at=file["created"])

    def workspaces(self) -> Iterator[Said]:
        name = self._section.get("workspace") or self._world["title"]
        yield Said(("workspace",), ("title",), (("name", name),), {"name": (name, ())})
