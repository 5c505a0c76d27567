"""The `superchat` section of a world: its models, and what in it does not fit the rest of the world.

Imported only when a world is not a shipped one, or more is seeded into it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from harness.core.worlds import Finding, Place, nearest
from harness.core.worlds.references import References, repeated
from harness.core.worlds.schema import Key, Name, Past, Record, validated
from harness.providers.superchat.channels import CONTENTS
from harness.providers.superchat.custom_attributes import SELECTS, value_problem
from harness.providers.superchat.events import BUILT_IN, EventType
from harness.providers.superchat.templates import PLACEHOLDER
from harness.providers.superchat.webhooks import target_problem
from harness.providers.superchat.workspace import FILTERED
from harness.providers.superchat.world import CHANNEL_TYPES

TemplateStatus = Literal[
    "submitted",
    "approved",
    "rejected",
    "pending",
    "external_deleted",
    "unknown",
    "draft",
    "missing_after_migration",
]
Category = Literal[
    "account_update",
    "payment_update",
    "personal_finance_update",
    "shipping_update",
    "reservation_update",
    "issue_resolution",
    "appointment_update",
    "transportation_update",
    "ticket_update",
    "alert_update",
    "auto_reply",
    "transactional",
    "marketing",
    "otp",
    "authentication",
    "utility",
]
_WHATS_APP_ONLY = ("category", "language", "header", "footer", "buttons", "track_links")
_GENERIC_ONLY = ("subject", "files")


class CustomAttribute(Record):
    key: Key
    name: Name
    type: Literal["number", "text", "datetime", "dateonly", "single_select", "multi_select"]
    options: list[Name] = Field(default_factory=list)
    """Of a select."""
    read_only: bool = False
    values: dict[str, Any] = Field(default_factory=dict)
    """By the keys of contacts, as the API has them."""
    created: Past | None = None


class ContactList(Record):
    key: Key
    name: Name
    contacts: list[str] = Field(default_factory=list)
    created: Past | None = None


class TemplateFolder(Record):
    key: Key
    name: Name
    parent: str | None = None
    created: Past | None = None


class Header(Record):
    type: Literal["text", "image", "video", "document"]
    value: Name | None = None
    file: str | None = None


class Button(Record):
    type: Literal["quick_reply", "phone_number", "static_url", "dynamic_url"]
    title: Name
    target: Name | None = None


class Variable(Record):
    position: Annotated[int, Field(ge=0)]
    display_name: Name | None = None
    attribute: str | None = None
    """`first_name`, `last_name`, `gender` or the key of a custom attribute; null for a static one."""


class Template(Record):
    key: Key
    name: Name
    type: Literal["generic_template", "whats_app_template"]
    folder: str | None = None
    channels: Annotated[list[str], Field(min_length=1)]
    status: TemplateStatus = "approved"
    body: Name
    variables: list[Variable] = Field(default_factory=list)
    subject: Name | None = None
    files: list[str] | None = None
    category: Category | None = None
    language: Name | None = None
    header: Header | None = None
    footer: Name | None = None
    buttons: list[Button] | None = None
    track_links: bool | None = None
    created: Past | None = None


class Filter(Record):
    type: Literal["channel", "inbox", "custom_attribute", "default_attribute"]
    keys: list[str] = Field(default_factory=list)
    """Of channels, teams or custom attributes, as the type says."""
    attributes: list[Literal["first_name", "last_name", "gender"]] = Field(default_factory=list)


class Event(Record):
    type: EventType
    filters: list[Filter] = Field(default_factory=list)


def _event(value: object) -> object:
    return {"type": value} if isinstance(value, str) else value


class Webhook(Record):
    key: Key
    target_url: Name
    events: Annotated[list[Annotated[Event, BeforeValidator(_event)]], Field(min_length=1)]
    """The name of an event alone, or with its filters."""
    status: Name = "active"
    created: Past | None = None


class Section(Record):
    workspace: Name | None = None
    """The name of the workspace; the world's title by default."""
    whats_app_business_accounts: dict[str, Name] = Field(default_factory=dict)
    """The account a WhatsApp channel belongs to, by the channel's key; by default one for each."""
    custom_attributes: list[CustomAttribute] = Field(default_factory=list)
    contact_lists: list[ContactList] = Field(default_factory=list)
    template_folders: list[TemplateFolder] = Field(default_factory=list)
    templates: list[Template] = Field(default_factory=list)
    webhooks: list[Webhook] = Field(default_factory=list)


def check(world: Mapping[str, Any]) -> Iterator[Finding]:
    """What is wrong with the section of a world whose neutral part holds together."""
    findings: list[Finding] = []
    section = validated(Section, world["superchat"], findings, ("superchat",))
    if section is not None:
        yield from _Judge(world, section).findings()
    for place, message in findings:
        yield _in_text(world, place), message


def _in_text(world: Mapping[str, Any], place: Place) -> Place:
    """An event written as its mere name has no key `type`."""
    found: Any = world
    for depth, part in enumerate(place):
        if isinstance(found, str):
            return place[:depth]
        if isinstance(part, int):
            found = found[part]
        else:
            found = found.get(part) if isinstance(found, dict) else None
    return place


class _Judge(References):
    def __init__(self, world: Mapping[str, Any], section: Section) -> None:
        self.section = section
        self.channels = {channel["key"]: CHANNEL_TYPES[channel["type"]] for channel in world["channels"]}
        keys = {name: [record["key"] for record in world[name]] for name in ("contacts", "teams", "files")}
        keys["channels"] = list(self.channels)
        keys["custom_attributes"] = [attribute.key for attribute in section.custom_attributes]
        keys["template_folders"] = [folder.key for folder in section.template_folders]
        super().__init__(keys)

    def findings(self) -> Iterator[Finding]:
        section = self.section
        for name in ("custom_attributes", "contact_lists", "template_folders", "templates", "webhooks"):
            yield from repeated(("superchat", name), "key", [record.key for record in getattr(section, name)])
        for name in ("custom_attributes", "templates"):
            yield from repeated(("superchat", name), "name", [record.name for record in getattr(section, name)])
        for key in section.whats_app_business_accounts:
            at = ("superchat", "whats_app_business_accounts", key)
            yield from self.known("channels", key, at)
            if self.channels.get(key, "whats_app") != "whats_app":
                yield at, f"{key!r} is not a WhatsApp channel"
        for index, attribute in enumerate(section.custom_attributes):
            yield from self._attribute(attribute, ("superchat", "custom_attributes", index))
        for index, each in enumerate(section.contact_lists):
            place = ("superchat", "contact_lists", index, "contacts")
            yield from self.all_known("contacts", each.contacts, place)
        yield from self._folders()
        for index, template in enumerate(section.templates):
            yield from self._template(template, ("superchat", "templates", index))
        for index, webhook in enumerate(section.webhooks):
            yield from self._webhook(webhook, ("superchat", "webhooks", index))

    def _attribute(self, attribute: CustomAttribute, place: Place) -> Iterator[Finding]:
        select = attribute.type in SELECTS
        if select != bool(attribute.options):
            hint = "a select needs options" if select else f"a {attribute.type} attribute has no options"
            yield (*place, "options") if attribute.options else place, hint
        if len(set(attribute.options)) < len(attribute.options):
            yield (*place, "options"), "an option is named twice"
        stored = {"type": attribute.type, "options": [{"value": option} for option in attribute.options]}
        for key, value in attribute.values.items():
            at = (*place, "values", key)
            yield from self.known("contacts", key, at)
            if value is not None and (problem := value_problem(stored, value)):
                valid = f" {nearest(_first_wrong(value, attribute.options), attribute.options)}" if select else ""
                yield at, f"{value!r} does not fit a {attribute.type} attribute: {problem}{valid}"

    def _folders(self) -> Iterator[Finding]:
        parents = {folder.key: folder.parent for folder in self.section.template_folders}
        for index, folder in enumerate(self.section.template_folders):
            place = ("superchat", "template_folders", index, "parent")
            yield from self.known("template_folders", folder.parent, place)
            above, passed = folder.parent, set[str]()
            while above is not None and above != folder.key and above not in passed:
                passed.add(above)
                above = parents.get(above)
            if above == folder.key:
                yield place, f"the folder {folder.key!r} would lie in itself"

    def _template(self, template: Template, place: Place) -> Iterator[Finding]:
        yield from self.known("template_folders", template.folder, (*place, "folder"))
        yield from self.all_known("channels", template.channels, (*place, "channels"))
        foreign = _WHATS_APP_ONLY if template.type == "generic_template" else _GENERIC_ONLY
        for name in foreign:
            if getattr(template, name) is not None:
                yield (*place, name), f"a {template.type} has no {name}"
        for index, key in enumerate(template.channels):
            kind = self.channels.get(key)
            if kind is not None and template.type not in CONTENTS[kind]:
                yield (*place, "channels", index), f"a {kind} channel sends no {template.type}"
        yield from self.all_known("files", template.files or (), (*place, "files"))
        yield from self._variables(template, place)
        if template.type == "whats_app_template":
            yield from self._whats_app(template, place)

    def _whats_app(self, template: Template, place: Place) -> Iterator[Finding]:
        for name in ("category", "language"):
            if getattr(template, name) is None:
                yield (*place, name), f"a whats_app_template needs a {name}"
        accounts = {self.section.whats_app_business_accounts.get(key, key) for key in template.channels}
        if len(accounts) > 1:
            yield (
                (*place, "channels"),
                f"the channels belong to several whats_app_business_accounts: {', '.join(sorted(accounts))}",
            )
        if (header := template.header) is not None:
            needed, other = ("value", "file") if header.type == "text" else ("file", "value")
            if getattr(header, needed) is None:
                yield (*place, "header"), f"a header of type {header.type} needs a {needed}"
            if getattr(header, other) is not None:
                yield (*place, "header", other), f"a header of type {header.type} has no {other}"
            yield from self.known("files", header.file, (*place, "header", "file"))
        for index, button in enumerate(template.buttons or ()):
            if (button.type == "quick_reply") != (button.target is None):
                message = "has no target" if button.type == "quick_reply" else "needs a target"
                yield (*place, "buttons", index), f"a button of type {button.type} {message}"

    def _variables(self, template: Template, place: Place) -> Iterator[Finding]:
        used = {int(number) for number in PLACEHOLDER.findall(template.body)}
        positions = [variable.position for variable in template.variables]
        for index, variable in enumerate(template.variables):
            at = (*place, "variables", index)
            if variable.position in positions[:index]:
                yield (*at, "position"), f"position {variable.position} is given twice"
            elif variable.position not in used:
                placeholder = f"{{{{{variable.position}}}}}"
                yield (*at, "position"), f"the body has no placeholder {placeholder}"
            name = variable.attribute
            valid = (*BUILT_IN, *self.keys["custom_attributes"])
            if name is not None and name not in valid:
                yield (*at, "attribute"), f"there is no attribute {name!r}; {nearest(name, valid)}"
        for position in sorted(used.difference(positions)):
            yield (*place, "variables"), f"no variable fills the placeholder {{{{{position}}}}} of the body"

    def _webhook(self, webhook: Webhook, place: Place) -> Iterator[Finding]:
        if problem := target_problem(webhook.target_url):
            yield (*place, "target_url"), f"{webhook.target_url!r}: {problem}"
        for number, event in enumerate(webhook.events):
            for index, each in enumerate(event.filters):
                at = (*place, "events", number, "filters", index)
                wanted, other = ("keys", "attributes") if each.type in FILTERED else ("attributes", "keys")
                if not getattr(each, wanted):
                    yield at, f"a {each.type} filter needs {wanted}"
                if getattr(each, other):
                    yield (*at, other), f"a {each.type} filter has {wanted}, not {other}"
                if each.type in FILTERED:
                    yield from self.all_known(FILTERED[each.type], each.keys, (*at, "keys"))


def _first_wrong(value: Any, options: Collection[str]) -> str:
    values = value if isinstance(value, list) else [value]
    return str(next((item for item in values if item not in options), ""))
