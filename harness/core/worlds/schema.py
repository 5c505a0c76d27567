"""The models of a world, and what is said when data does not fit one.

Imported only when a world must be validated; shipped worlds are read expanded by `worlds`. A provider builds
the models of its own section from `Record` and the field types here, and reads them with `validated`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from harness.core.worlds import Finding, Place, nearest, relative


def _time(value: object) -> int:
    if isinstance(value, str):
        return relative(value)
    if type(value) is int:  # the expanded form, milliseconds
        return value
    raise ValueError(f"{value!r} is not a time relative to the epoch; write it such as -3d or -2d4h30m")


def _not_after_the_epoch(value: int) -> int:
    if value > 0:
        raise ValueError("lies after the epoch; a world ends at its epoch")
    return value


def _matches(pattern: str, what: str) -> Callable[[str], str]:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} is not {what}")
        return value

    return check


def _fact(value: object) -> object:
    if not isinstance(value, str | int | float | bool):
        raise ValueError("must be a text, a number, true, false or a date")
    return value


Key = Annotated[str, AfterValidator(_matches(r"[a-z0-9][a-z0-9_-]*", "a key: lower-case letters, digits, _ and -"))]
Name = Annotated[str, Field(min_length=1)]
Email = Annotated[str, AfterValidator(_matches(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address"))]
Phone = Annotated[str, AfterValidator(_matches(r"\+[1-9][0-9]{6,14}", "an E.164 number such as +493023125000"))]
Time = Annotated[int, BeforeValidator(_time)]
Past = Annotated[int, BeforeValidator(_time), AfterValidator(_not_after_the_epoch)]
Fact = Annotated[Any, BeforeValidator(_fact)]


class Record(BaseModel):
    """The base of every part of a world: unknown keys and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Agent(Record):
    key: Key
    first_name: Name
    last_name: Name | None = None
    email: Email
    phone: Phone | None = None
    role: Literal["admin", "supervisor", "agent"]
    language: Name = "en"
    active: bool = True
    avatar: Name | None = None
    created: Past


class Team(Record):
    key: Key
    name: Name
    agents: list[str] = []
    created: Past


class Company(Record):
    key: Key
    name: Name
    domains: list[Name] = []
    phones: list[Phone] = []
    created: Past


class Channel(Record):
    key: Key
    name: Name
    type: Literal["whatsapp", "sms", "email", "live_chat", "facebook", "instagram", "telegram", "google", "phone"]
    team: str
    address: Name | None = None
    """The number, e-mail address or handle that customers write to."""
    created: Past


class Tag(Record):
    key: Key
    name: Name
    color: Name | None = None
    created: Past


class Social(Record):
    type: Literal["facebook", "instagram", "telegram", "google", "live_chat"]
    value: Name


class Contact(Record):
    key: Key
    first_name: Name | None = None
    last_name: Name | None = None
    gender: Literal["male", "female", "diverse", "unknown"] | None = None
    emails: list[Email] = []
    phones: list[Phone] = []
    socials: list[Social] = []
    company: str | None = None
    language: Name | None = None
    city: Name | None = None
    created: Past
    updated: Past | None = None
    attributes: dict[str, Fact] = {}
    """Further neutral facts; a date is kept as YYYY-MM-DD."""


class File(Record):
    key: Key
    name: Name
    mime_type: Annotated[str, AfterValidator(_matches(r"[a-z]+/[a-z0-9.+-]+", "a MIME type such as image/png"))]
    size: Annotated[int, Field(ge=0)] | None = None
    """Bytes; follows from `content` when that is given."""
    content: str | None = None
    created: Past


class Message(Record):
    at: Past
    sender: str = Field(alias="from")
    """`contact`, or the key of an agent."""
    text: Name | None = None
    html: Name | None = None
    subject: Name | None = None
    file: str | None = None
    status: Literal["sent", "delivered", "read", "failed"] | None = None
    """Of an outbound message, `delivered` by default; null for an inbound one."""
    reply_to: int | None = None
    """Index of an earlier message of the conversation."""


class Note(Record):
    at: Past
    author: str
    text: Name


class Conversation(Record):
    key: Key
    contact: str
    channel: str
    subject: Name | None = None
    status: Literal["open", "closed", "snoozed", "archived", "spam"]
    snoozed_until: Time | None = None
    assignees: list[str] = []
    team: str | None = None
    """The channel's team by default."""
    tags: list[str] = []
    messages: Annotated[list[Message], Field(min_length=1)]
    notes: list[Note] = []


class Generate(Record):
    """How many records to invent besides the written ones; one seed gives the same records always."""

    companies: Annotated[int, Field(ge=0)] = 0
    contacts: Annotated[int, Field(ge=0)] = 0
    conversations: Annotated[int, Field(ge=0)] = 0
    seed: int = 1


class WorldFile(Record):
    format: Literal[1] = 1
    name: Key
    title: Name
    description: str = ""
    agents: list[Agent] = []
    teams: list[Team] = []
    companies: list[Company] = []
    channels: list[Channel] = []
    tags: list[Tag] = []
    contacts: list[Contact] = []
    files: list[File] = []
    conversations: list[Conversation] = []
    generate: Generate | None = None


Model = TypeVar("Model", bound=Record)


def validated(
    model: type[Model],
    data: Mapping[str, Any],
    findings: list[Finding],
    at: Place = (),
    valid: Collection[str] | None = None,
) -> Model | None:
    """The data as the model; None when it does not fit, and then `findings` tell why.

    `at` is the place of the data in the world; `valid` are the keys to name instead of the model's own when
    one of its keys is unknown.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        findings.extend(
            ((*at, *detail["loc"]), _message(detail, model, valid)) for detail in error.errors(include_url=False)
        )
        return None


def _message(detail: ErrorDetails, model: type[BaseModel], top: Collection[str] | None) -> str:
    """A validation error in our words; pydantic's own for the kinds without any."""
    kind, place, given = detail["type"], detail["loc"], detail["input"]
    if kind == "extra_forbidden":
        valid = list(top) if top is not None and len(place) == 1 else _keys_at(model, place[:-1])
        return unknown_key(str(place[-1]), valid)
    if kind == "missing":
        return f"the required key {str(place[-1])!r} is missing"
    if kind == "literal_error":
        valid = re.findall(r"'([^']*)'", detail["ctx"]["expected"]) or [str(detail["ctx"]["expected"])]
        return f"{given!r} is not valid here; {nearest(str(given), valid)}"
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    shown = repr(given) if len(repr(given)) <= 60 else repr(given)[:57] + "..."
    return f"{detail['msg'][0].lower()}{detail['msg'][1:]}, not {shown}"


def unknown_key(word: str, valid: Collection[str]) -> str:
    """What is said about a key that does not belong there."""
    hint = nearest(word, valid)
    hint = hint if "Valid: " in hint else f"{hint} Valid: {', '.join(valid)}"
    return f"unknown key {word!r}; {hint}"


def _keys_at(model: type[BaseModel], place: Place) -> list[str]:
    """The keys a record at that place of a model may have."""
    for part in place:
        if isinstance(part, str):
            fields = {field.alias or name: field for name, field in model.model_fields.items()}
            model = (_record_in(fields[part].annotation) if part in fields else None) or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _record_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_record_in, get_args(annotation))), None)
