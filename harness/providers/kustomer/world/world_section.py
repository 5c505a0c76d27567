"""The `kustomer` section of a world: its models, and what in it does not fit the rest of the world.

Imported only when a world is not a shipped one, or more is seeded into it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from harness.core.contract import violations_of
from harness.core.worlds import Finding, Place, nearest
from harness.core.worlds.references import References, repeated
from harness.core.worlds.schema import Key, Name, Past, Record, Time, validated
from harness.providers.kustomer.events import webhooks
from harness.providers.kustomer.events.events import EVENTS
from harness.providers.kustomer.klasses import klasses
from harness.providers.kustomer.klasses.custom_attributes import TYPES, ending, is_name, value_problem
from harness.providers.kustomer.people import roles
from harness.providers.kustomer.search.grammar import query_of
from harness.providers.kustomer.search.wrong import Wrong
from harness.providers.kustomer.world.projection import SECTION
from harness.providers.kustomer.world.world_own import HOLDERS, OWNERS

Resource = Literal["company", "conversation", "customer", "message"]
Day = Literal["0", "1", "2", "3", "4", "5", "6"]
Minute = Annotated[int, Field(ge=0, le=1440)]
Metric = Literal["firstResponse", "longestUnrespondedMessage", "totalConversationOpenTime", "totalCustomerWaitTime"]
Priority = Literal["1", "2", "3", "4", "5"]
Mixin = Literal["commentable", "assignable", "editable", "creatable"]


class CustomAttribute(Record):
    key: Key
    resource: Resource
    name: Name
    """With the ending that says its type: `shopNumberStr`."""
    display_name: Name | None = None
    choices: list[str | int | float] | None = None
    """The values it may have; any by default."""
    values: dict[str, Any] = Field(default_factory=dict)
    """By the keys of contacts, companies or conversations, as the API has them."""
    created: Past | None = None


class Klass(Record):
    key: Key
    name: Annotated[str, Field(pattern=r"^[0-9a-zA-Z_-]+$", max_length=255)]
    display_name: Name | None = None
    icon: Name | None = None
    color: Name | None = None
    mixins: list[Mixin] = Field(default_factory=list)
    attributes: dict[str, Name | None] = Field(default_factory=dict)
    """The custom attributes of its objects by name, with what they are displayed as."""
    created: Past | None = None


class Object(Record):
    key: Key
    klass: str
    title: Annotated[str, Field(min_length=1, max_length=256)]
    external_id: Name | None = None
    description: Name | None = None
    icon: Name | None = None
    images: list[Name] = Field(default_factory=list)
    data: dict[str, Any] | None = None
    customer: str | None = None
    """The key of a contact."""
    company: str | None = None
    custom: dict[str, Any] = Field(default_factory=dict)
    tags: list[str] = Field(default_factory=list)
    status: Literal["open", "done"] | None = None
    """Of an object of an assignable klass, as is the assignee."""
    assignee: str | None = None
    """The key of an agent."""
    created: Past | None = None


class Brand(Record):
    key: Key
    name: Name
    icon_url: Name | None = None
    default: bool = False
    created: Past | None = None


class Holiday(Record):
    name: Name
    start: Time
    end: Time
    description: Name | None = None
    enabled: bool = True


class Schedule(Record):
    key: Key
    name: Name
    hours: dict[Day, list[Annotated[list[Minute], Field(min_length=2, max_length=2)]] | None]
    """Pairs of minutes since midnight by the day of the week, 0 for Sunday; a day that is not named is off."""
    timezone: Name = "Etc/GMT"
    default: bool = False
    holidays: list[Holiday] = Field(default_factory=list)
    created: Past | None = None


class SlaVersion(Record):
    name: Name | None = None
    hours: Name = "calendar"
    metrics: dict[Metric, dict[Priority, Time]]
    """How long something may take, by priority: `2h`."""
    criteria: dict[str, Any] = Field(default_factory=dict)


class Sla(Record):
    key: Key
    name: Name
    versions: Annotated[list[SlaVersion], Field(min_length=1)]
    current: Annotated[int, Field(ge=1)] | None = None
    """The number of the version in force; the last by default."""
    created: Past | None = None


class Satisfaction(Record):
    key: Key
    name: Name
    channel: Name
    form_type: Name = "csat"
    enabled: bool = True
    description: Name | None = None
    introduction: Name | None = None
    rating_prompt: Name | None = None
    scale: dict[str, Any] | None = None
    questions: list[Any] = Field(default_factory=list)
    follow_up: Name | None = None
    delay: Annotated[int, Field(ge=0)] | None = None
    criteria: dict[str, Any] | None = None
    created: Past | None = None


class ShortcutCategory(Record):
    key: Key
    name: Name
    parent: str | None = None
    """The key of a category that stands before it."""
    created: Past | None = None


class Shortcut(Record):
    key: Key
    name: Name
    text: Annotated[str, Field(max_length=10_240)] | None = None
    category: str | None = None
    private: bool = False
    users: list[str] = Field(default_factory=list)
    """The keys of the agents who may use a private one."""
    teams: list[str] = Field(default_factory=list)
    created: Past | None = None


class SpamSender(Record):
    key: Key
    sender: Name
    channel: Name
    list: Literal["whitelist", "blacklist"]
    created: Past | None = None


class RoleGroup(Record):
    key: Key
    name: Name
    roles: list[str] = Field(default_factory=list)
    agents: list[str] = Field(default_factory=list)
    teams: list[str] = Field(default_factory=list)
    created: Past | None = None


class Search(Record):
    key: Key
    name: Name
    search: dict[str, Any]
    """The body of a search, as `POST /v1/customers/search` takes it."""
    created: Past | None = None


class Webhook(Record):
    key: Key
    name: Name
    url: Annotated[str, Field(pattern=r"^https?://\S+$")]
    events: Annotated[list[str], Field(min_length=1)]
    headers: dict[str, str] = Field(default_factory=dict)
    created: Past | None = None


class Section(Record):
    custom_attributes: list[CustomAttribute] = Field(default_factory=list)
    klasses: list[Klass] = Field(default_factory=list)
    objects: list[Object] = Field(default_factory=list)
    brands: list[Brand] = Field(default_factory=list)
    schedules: list[Schedule] = Field(default_factory=list)
    slas: list[Sla] = Field(default_factory=list)
    satisfactions: list[Satisfaction] = Field(default_factory=list)
    shortcut_categories: list[ShortcutCategory] = Field(default_factory=list)
    shortcuts: list[Shortcut] = Field(default_factory=list)
    spam_senders: list[SpamSender] = Field(default_factory=list)
    role_groups: list[RoleGroup] = Field(default_factory=list)
    searches: list[Search] = Field(default_factory=list)
    webhooks: list[Webhook] = Field(default_factory=list)


def check(world: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with the section of a world whose neutral part holds together."""
    findings: list[Finding] = []
    section = validated(Section, world["kustomer"], findings, ("kustomer",))
    if section is not None:
        yield from _Judge(world, section).findings()
    yield from findings


class _Judge(References):
    def __init__(self, world: Mapping[str, Any], section: Section) -> None:
        self.section = section
        neutral = ("agents", "teams", "companies", "contacts", "tags", "conversations")
        keys = {name: [record["key"] for record in world[name]] for name in neutral}
        super().__init__(keys | {name: [record.key for record in getattr(section, name)] for name in SECTION})
        self.gone = {agent["key"] for agent in world["agents"] if not agent["active"]}

    def findings(self) -> Iterator[Finding]:
        section = self.section
        for name in SECTION:
            yield from repeated(("kustomer", name), "key", self.keys[name])
        yield from repeated(
            ("kustomer", "custom_attributes"), "name", [f"{a.resource} {a.name}" for a in section.custom_attributes]
        )
        for index, attribute in enumerate(section.custom_attributes):
            yield from self._attribute(attribute, ("kustomer", "custom_attributes", index))
        yield from self._klasses()
        for index, each in enumerate(section.objects):
            yield from self._object(each, ("kustomer", "objects", index))
        for index, schedule in enumerate(section.schedules):
            yield from _schedule(schedule, ("kustomer", "schedules", index))
        yield from self._defaults()
        for index, sla in enumerate(section.slas):
            if sla.current is not None and sla.current > len(sla.versions):
                message = f"there is no version {sla.current}: it has {len(sla.versions)}"
                yield ("kustomer", "slas", index, "current"), message
        yield from self._shortcuts()
        yield from self._role_groups()
        for index, search in enumerate(section.searches):
            yield from _search(search.search, ("kustomer", "searches", index, "search"))
        yield from self._webhooks()

    def _there(self, keys: Iterable[str], place: Place) -> Iterator[Finding]:
        """Agents who can be given something."""
        keys = list(keys)
        yield from self.all_known("agents", keys, place)
        for index, key in enumerate(keys):
            if key in self.gone:
                yield (*place, index), f"{key!r} is not active: name an agent who is there"

    def _attribute(self, attribute: CustomAttribute, place: Place) -> Iterator[Finding]:
        yield from _misnamed(attribute.name, (*place, "name"))
        holders = HOLDERS.get(attribute.resource)
        if holders is None:
            if attribute.values:
                yield (*place, "values"), f"records of a world have no values for a {attribute.resource}"
            return
        for key, value in attribute.values.items():
            yield from self.known(holders, key, (*place, "values", key))
            yield from _unfit(attribute.name, value, (*place, "values", key), attribute.choices)

    def _klasses(self) -> Iterator[Finding]:
        taken: set[str] = set()
        for index, klass in enumerate(self.section.klasses):
            place = ("kustomer", "klasses", index)
            names = {klass.name.casefold(), klasses.plural(klass.name).casefold()}
            if names & taken:
                yield (*place, "name"), f"{klass.name!r} or its plural is the name of another klass"
            taken |= names
            for name in klass.attributes:
                yield from _misnamed(name, (*place, "attributes", name))

    def _object(self, each: Object, place: Place) -> Iterator[Finding]:
        yield from self.known("klasses", each.klass, (*place, "klass"))
        for word, kind in OWNERS.items():
            yield from self.known(kind, getattr(each, word), (*place, word))
        yield from self.all_known("tags", each.tags, (*place, "tags"))
        klass = next((klass for klass in self.section.klasses if klass.key == each.klass), None)
        if klass is None:
            return
        for name, value in each.custom.items():
            at = (*place, "custom", name)
            if name not in klass.attributes:
                yield at, f"the klass {klass.key!r} has no attribute {name!r}; {nearest(name, list(klass.attributes))}"
            else:
                yield from _unfit(name, value, at)
        if "assignable" not in klass.mixins:
            for word in ("status", "assignee"):
                if getattr(each, word) is not None:
                    yield (*place, word), f"give the klass {klass.key!r} the mixin assignable, or leave it out"
        if each.assignee is not None:
            for _, message in self._there([each.assignee], place):
                yield (*place, "assignee"), message

    def _defaults(self) -> Iterator[Finding]:
        for name in ("brands", "schedules"):
            defaults = [index for index, record in enumerate(getattr(self.section, name)) if record.default]
            for index in defaults[1:]:
                yield ("kustomer", name, index, "default"), f"one of {name} can be the default"

    def _shortcuts(self) -> Iterator[Finding]:
        before: list[str] = []
        for index, category in enumerate(self.section.shortcut_categories):
            place = ("kustomer", "shortcut_categories", index, "parent")
            if category.parent is not None and category.parent not in before:
                if category.parent in self.keys["shortcut_categories"]:
                    yield place, f"the category {category.parent!r} must stand before this one"
                yield from self.known("shortcut_categories", category.parent, place)
            before.append(category.key)
        for index, shortcut in enumerate(self.section.shortcuts):
            at = ("kustomer", "shortcuts", index)
            yield from self.known("shortcut_categories", shortcut.category, (*at, "category"))
            yield from self._there(shortcut.users, (*at, "users"))
            yield from self.all_known("teams", shortcut.teams, (*at, "teams"))

    def _role_groups(self) -> Iterator[Finding]:
        for index, group in enumerate(self.section.role_groups):
            place = ("kustomer", "role_groups", index)
            for kind in ("agents", "teams"):
                yield from self.all_known(kind, getattr(group, kind), (*place, kind))
            if group.roles:
                valid = _roles()
                for number, role in enumerate(group.roles):
                    if role not in valid:
                        yield (*place, "roles", number), f"there is no role {role!r}; {nearest(role, valid)}"

    def _webhooks(self) -> Iterator[Finding]:
        for index, webhook in enumerate(self.section.webhooks):
            place = ("kustomer", "webhooks", index)
            if index >= webhooks.MOST:
                yield place, f"an organisation has at most {webhooks.MOST} webhooks"
            for number, event in enumerate(webhook.events):
                if event not in EVENTS:
                    yield (*place, "events", number), f"there is no event {event!r}; {nearest(event, EVENTS)}"
                elif event in webhook.events[:number]:
                    yield (*place, "events", number), f"{event!r} is named twice"


def _roles() -> Collection[str]:
    from harness.providers.kustomer.pack import PACK

    return roles.names(PACK.contract)


def _search(body: Mapping[str, Any], place: Place) -> Iterator[Finding]:
    from harness.providers.kustomer.pack import PACK

    violations = list(violations_of(PACK.contract.validator("#/components/schemas/Search"), body, "body"))
    for violation in violations:
        yield (*place, *violation.path), violation.message
    if not violations:
        try:
            query_of(body, now=0)
        except Wrong as wrong:
            yield place, f"the API would refuse it: {wrong}"


def _misnamed(name: str, place: Place) -> Iterator[Finding]:
    if not is_name(name):
        yield place, f"{name!r} does not say its type: it ends in one of {', '.join(TYPES)}"


def _unfit(name: str, value: Any, place: Place, choices: list[Any] | None = None) -> Iterator[Finding]:
    if not is_name(name) or value is None:
        return
    attribute = {"type": TYPES[ending(name)], **({"enumeration": choices} if choices else {})}
    problem = value_problem(name, attribute, value)
    if problem is not None:
        hint = f"; {nearest(str(value), [str(each) for each in choices])}" if choices and problem[1] == "enum" else ""
        yield place, f"{value!r} does not fit {name}: {problem[0]}{hint}"


def _schedule(schedule: Schedule, place: Place) -> Iterator[Finding]:
    for day, periods in schedule.hours.items():
        last = -1
        for index, (start, end) in enumerate(periods or ()):
            if not last < start < end:
                at = (*place, "hours", day, index)
                yield at, "periods of a day are sorted, begin before they end and do not touch"
            last = end
    for index, holiday in enumerate(schedule.holidays):
        if holiday.end < holiday.start:
            yield (*place, "holidays", index, "end"), "lies before start"
