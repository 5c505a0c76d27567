"""A world read back through the unified API, record beside record with what the world says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from harness.testing.sandbox import read_world
from harness.unified.client import UnifiedClient
from harness.unified.integration import Integration
from harness.verify.case import Failed
from harness.verify.subject import Subject
from harness.verify.suites.world.losses import Losses, losses
from harness.verify.suites.world.neutral import FEWER, MORE, told
from harness.verify.suites.world.said import At, Bytes, Key, Said, Same, To, Unordered, Word

Found = Mapping[str, Any]
"""A unified record as JSON data, without remote_data."""
NOTHING: tuple[Any, ...] = (None, [], {})
"""Values that say nothing."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """The records of a resource with what the world says of each."""

    matched: list[tuple[Said, Found]]
    missing: list[Said]
    extra: list[Found]


def world_of(subject: Subject) -> Mapping[str, Any]:
    """The world of a subject, expanded."""
    found: Mapping[str, Any] | None = subject.kept.get("world")
    if found is None:
        found = subject.registry.load_world(read_world(subject.world, subject.home)).data
        subject.kept["world"] = found
    return found


def reading_of(subject: Subject) -> Reading:
    """The reading that a subject's cases share."""
    found: Reading | None = subject.kept.get("reading")
    if found is None:
        found = subject.kept["reading"] = Reading(subject)
    return found


class Reading:
    """One sandbox, read through a client; what was read is kept."""

    def __init__(self, subject: Subject) -> None:
        integration = Integration.load(subject.provider)
        self.losses: Losses = losses(integration)
        self.told = told(world_of(subject), subject.provider, self.losses.words_of)
        self._sandbox = subject.sandbox(subject.world)
        self.world = self._sandbox.world
        account = self._account = self._sandbox.account(subject.provider)
        self.epoch = self._sandbox.clock.now
        self.client = UnifiedClient(
            subject.provider,
            account.api_key,
            base_url=account.transport_url,
            transport=account.transport(),
            unified_model_override=subject.mapping_override or None,
        )
        self._records: dict[str, list[Found]] = {}
        self._pairs: dict[str, Pairs] = {}
        self._keys: dict[str, dict[str, Key]] = {}
        self._same: dict[tuple[str, str], Any] = {}

    def resource(self, name: str) -> Any:
        """The client's resource of a name such as `ticketing.contacts`."""
        model, _, resource = name.partition(".")
        return getattr(getattr(self.client, model.replace("-", "_")), resource)

    def every(self, name: str, **query: Any) -> list[Found]:
        """All records of a list, page after page."""
        return [data(record) for record in self.resource(name).list(limit=100, **query)]

    def records(self, name: str) -> list[Found]:
        """All records of a resource that stands by itself."""
        if name not in self._records:
            self._records[name] = list(self._read(name))
        return self._records[name]

    def queries(self, name: str) -> list[dict[str, Any]]:
        """With which a resource has to be asked so that all lists together show all of it: one without anything, or,
        where a mapping needs a ticket, a channel or a kind of thing, one for each of these."""
        model, _, resource = name.partition(".")
        cell = self.client.account.mappings.cell(model, resource, "list")
        needed = list((cell.query_schema if cell else {}).get("required") or ())
        found: list[dict[str, Any]] = [{}]
        for each in needed:
            if each in _OWNERS:
                values: list[Any] = [{"id": record["id"]} for _, record in self.pairs(_OWNERS[each]).matched]
            else:
                values = list(dict.fromkeys(said.fields[each][0] for said in self.told[name] if each in said.fields))
            found = [{**query, each: value} for query in found for value in values]
        hidden = self.losses.hidden.get(name)
        if hidden is not None and hidden.asked is not None:
            found += [{**query, **hidden.asked} for query in found]
        return found

    def _read(self, name: str) -> Iterator[Found]:
        """What all lists show; what one shows twice comes twice."""
        seen = set[str]()
        for query in self.queries(name):
            found = self.every(name, **query)
            yield from (record for record in found if str(record.get("id")) not in seen)
            seen |= {str(record.get("id")) for record in found}

    def parts(self, name: str, owner: str, kind: str) -> list[Found]:
        """The messages (or the notes) of one conversation."""
        key = f"{name} {owner} {kind}"
        if key not in self._records:
            within = {"ticket": {"id": owner}} if name == "ticketing.comments" else {"channel": {"id": owner}}
            internal = {"is_internal": True} if kind == "notes" else {}
            self._records[key] = self.every(name, **within, **internal)
        return self._records[key]

    def pairs(self, name: str) -> Pairs:
        """What the world says beside what was read."""
        if name not in self._pairs:
            whole = _WHOLE.get(name)
            self._pairs[name] = self._in_order(name, whole) if whole else self._by_nature(name)
        return self._pairs[name]

    def whole(self, name: str) -> Pairs:
        """The same, where each record has its counterpart. Raises Failed."""
        pairs = self.pairs(name)
        beside = [record for record in pairs.extra if self.losses.is_beside(name, record)]
        missing = [said for said in pairs.missing if not self.may_lack(name, said)]
        missing = [] if name in FEWER and (pairs.matched or beside) else missing
        extra = [] if name in MORE else [record for record in pairs.extra if record not in beside]
        if missing or extra:
            lines = [f"{shown(said.place)}: no {name} record is like it" for said in missing[:5]]
            lines += [f"{name} {record.get('id')!r}: nothing in the world is like it" for record in extra[:5]]
            raise Failed(f"{len(missing)} records are missing, {len(extra)} too many:\n  " + "\n  ".join(lines))
        return pairs

    def key_of(self, name: str, id: Any) -> Key | None:
        """Which record of the world an id leads to."""
        if name not in self._keys:
            self._keys[name] = {str(record.get("id")): said.key for said, record in self.pairs(name).matched}
        return self._keys[name].get(id) if isinstance(id, str) else None

    def is_found(self, name: str, filtered: str, record: Found) -> bool:
        """Whether a filter by a field can find a record at all, as far as is declared."""
        searched = self.losses.searched.get(name)
        if searched is None or filtered.partition(".")[0] not in searched.filters:
            return True
        moment = at(record, searched.field)
        since = self.epoch + timedelta(milliseconds=searched.since)
        return moment is not None and datetime.fromisoformat(moment) >= since

    def differs(self, expected: Any, found: Any) -> str | None:
        """What is otherwise about a value, None where it is as the world says."""
        if expected in NOTHING:
            return None if found in NOTHING else f"expected nothing, found {found!r}"
        match expected:
            case To(resource, key):
                there = self.key_of(resource, found)
                if there == key or (there is None and found is not None and self.is_hidden(resource, key)):
                    return None
                leads = "nowhere" if there is None else f"to {'/'.join(there)}"
                return f"expected the id of {'/'.join(key)} in {resource}, found {found!r}, which leads {leads}"
            case At(offset):
                moment = self.epoch + timedelta(milliseconds=offset)
                # a provider that tells whole seconds leaves the rest out
                good = isinstance(found, str) and datetime.fromisoformat(found) in (moment, _second(moment))
                return None if good else f"expected {moment.isoformat()}, found {found!r}"
            case Bytes(mime_type, content):
                return self._differs_bytes(mime_type, content, found)
            case Word(kind, value):
                return self.differs(self.losses.words_of(kind, value)[0], found)
            case Same(kind, key):
                ways = ((("key", f"{kind}/{key}"), found), (("value", f"{kind}/{found}"), key))
                if found is not None and all(self._same.setdefault(*way) == way[1] for way in ways):
                    return None
                return f"expected the one that stands for {kind} {key!r} elsewhere, found {found!r}"
            case Unordered(items):
                return self._differs_unordered(items, found)
            case list():
                if not isinstance(found, list) or len(found) != len(expected):
                    return f"expected {len(expected)} values, found {found!r}"
                return next(filter(None, map(self.differs, expected, found)), None)
            case dict():
                if not isinstance(found, Mapping) or expected.keys() != found.keys():
                    names = sorted(found) if isinstance(found, Mapping) else found
                    return f"expected {sorted(expected)}, found {names}"
                inner = ((name, self.differs(value, found[name])) for name, value in expected.items())
                return next((f"{name}: {text}" for name, text in inner if text), None)
        good = type(expected) is type(found) and expected == found
        return None if good else f"expected {expected!r}, found {found!r}"

    def may_lack(self, name: str, said: Said) -> bool:
        """Whether a record is declared not to be shown."""
        return self.losses.hides(name, said.about)

    def is_hidden(self, resource: str, key: Key) -> bool:
        """The same, of one that is led to."""
        return any(said.key == key and self.losses.hides(resource, said.about) for said in self.told[resource])

    def _differs_bytes(self, mime_type: str, content: str | None, found: Any) -> str | None:
        """Whether an address gives, without a key, the file it stands for."""
        import httpx

        if not isinstance(found, str):
            return f"expected an address, found {found!r}"
        with httpx.Client(transport=self._account.transport()) as client:
            answer = client.get(found)
        kind = answer.headers.get("content-type", "").partition(";")[0]
        if answer.status_code != 200 or kind != mime_type:
            return f"expected an address that gives {mime_type}, {found} gives {answer.status_code} {kind}"
        if content is not None and answer.content != content.encode():
            return f"expected an address that gives {content[:40]!r}…, {found} gives {answer.content[:40]!r}…"
        return None

    def _differs_unordered(self, items: tuple[Any, ...], found: Any) -> str | None:
        left = list(found or ()) if isinstance(found, list | None) else [found]
        for item in items:
            there = next((value for value in left if self.differs(item, value) is None), NOTHING)
            if there is NOTHING:
                what = f"the id of {'/'.join(item.key)}" if isinstance(item, To) else repr(item)
                return f"expected {what} among others, found {found!r}"
            left.remove(there)
        return f"did not expect {left!r}" if left else None

    def _by_nature(self, name: str) -> Pairs:
        """By what records are known by without their ids."""
        waiting: dict[Hashable, list[Said]] = defaultdict(list)
        for said in self.told[name]:
            for natural in said.naturals:
                waiting[self._resolved(natural)].append(said)
        matched: list[tuple[Said, Found]] = []
        extra, taken = [], set[Key]()
        for record in self.records(name):
            found = (each for natural in _naturals(self, name, record) for each in waiting.get(natural, ()))
            like = self._likest(name, record, [each for each in found if each.key not in taken])
            if like is None:
                extra.append(record)
            else:
                taken.add(like.key)
                matched.append((like, record))
        missing = [said for said in self.told[name] if said.key not in taken]
        if len(missing) == len(extra) == len(self.told[name]) == 1 and self._is_nameless(name):
            return Pairs([(missing[0], extra[0])], [], [])
        return Pairs(matched, missing, extra)

    def _is_nameless(self, name: str) -> bool:
        """Whether a resource is declared to have no name to find its only record by."""
        model, _, resource = name.partition(".")
        return "name" in self.client.account.mappings.losses(model, resource)

    def _in_order(self, name: str, whole: str) -> Pairs:
        """Parts of conversations, by their order in time."""
        parts: dict[tuple[Key | None, str], list[Said]] = defaultdict(list)
        for said in self.told[name]:
            parts[said.within, said.key[0]].append(said)
        pairs = Pairs([], [], [])
        backwards = name in self.losses.newest_first
        kinds = ("messages", "notes") if name == "ticketing.comments" else ("messages",)
        for owner, record in self.pairs(whole).matched:
            for kind in kinds:
                found = self.parts(name, str(record["id"]), kind)
                found = found[::-1] if backwards else found
                wanted = parts.pop((owner.key, kind), [])
                pairs.matched.extend(zip(wanted, found, strict=False))
                pairs.missing.extend(wanted[len(found) :])
                pairs.extra.extend(found[len(wanted) :])
        pairs.missing.extend(said for left in parts.values() for said in left)
        return pairs

    def _likest(self, name: str, record: Found, found: list[Said]) -> Said | None:
        """Of conversations that are alike, the one that began when this one did."""
        if name == "ticketing.tickets" and len(found) > 1:
            parts = self.parts("ticketing.comments", str(record["id"]), "messages")
            begins = [part.get("created_at") for part in parts]
            found = [each for each in found if any(not self.differs(At(each.at or 0), began) for began in begins)]
        return found[0] if found else None

    def _resolved(self, natural: Any) -> Hashable:
        """What a record is known by, in the provider's words."""
        if isinstance(natural, Word):
            return self.losses.words_of(natural.kind, natural.value)[0]
        if isinstance(natural, At):
            return _second(self.epoch + timedelta(milliseconds=natural.offset))
        if isinstance(natural, To):
            return natural.key
        return tuple(map(self._resolved, natural)) if isinstance(natural, tuple) else natural


_OWNERS = {"ticket": "ticketing.tickets", "channel": "instant-messaging.channels"}
"""What some lists have to be asked about."""
_WHOLE = {"ticketing.comments": "ticketing.tickets", "instant-messaging.messages": "instant-messaging.channels"}
"""Resources that are read conversation by conversation, and of which."""


def data(record: Any) -> Found:
    """A typed record as data."""
    found: dict[str, Any] = record.model_dump(mode="json", exclude={"remote_data"})
    return found


def at(record: Any, field: str) -> Any:
    """A field of a record, through lists, too: nothing where all of them have nothing."""
    first, _, rest = field.partition(".")
    value = record.get(first) if isinstance(record, Mapping) else None
    if not rest:
        return value
    if isinstance(value, list):
        values = [at(item, rest) for item in value]
        return None if all(each is None for each in values) else values
    return at(value, rest)


def _second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def shown(place: tuple[str | int, ...]) -> str:
    """`conversations[3].tags`"""
    from harness.core.worlds import shown as in_words

    return in_words(place)


def _naturals(reading: Reading, name: str, record: Found) -> Iterator[Hashable]:
    """What an unknown record is known by."""
    for email in at(record, "emails.email") or ():
        yield "email", email
    for number in at(record, "phones.number") or ():
        yield "phone", number
    find = _FINDERS.get(name)
    if find is not None:
        yield from find(reading, record)
    elif record.get("created_at") and name in ("ticketing.contacts", "instant-messaging.members"):
        yield "created", record.get("name"), _second(datetime.fromisoformat(record["created_at"]))
    else:
        yield "name", record.get("name")


def _ticket(reading: Reading, record: Found) -> Iterator[Hashable]:
    contact = reading.key_of("ticketing.contacts", at(record, "contact.id"))
    kinds = at(record, "conversations.type") or [None]
    yield "conversation", contact, kinds[0]


def _channel(reading: Reading, record: Found) -> Iterator[Hashable]:
    parts = reading.parts("instant-messaging.messages", str(record["id"]), "messages")
    if parts:
        first = parts[-1 if "instant-messaging.messages" in reading.losses.newest_first else 0]
        created = first.get("created_at")
        yield "first", created and _second(datetime.fromisoformat(created)), at(first, "body.content")


_FINDERS: Mapping[str, Callable[[Reading, Found], Iterator[Hashable]]] = {
    "ticketing.tickets": _ticket,
    "instant-messaging.channels": _channel,
    "ticketing.ticket_status": lambda _, record: iter([("id", record.get("id"))]),
    "ticketing.attachments": lambda _, record: iter([("name", record.get("file_name"))]),
    "instant-messaging.attachments": lambda _, record: iter([("name", record.get("file_name"))]),
    "user-directory.role_assignments": lambda reading, record: iter(
        [("user", reading.key_of("user-directory.users", record.get("user_id")))]
    ),
}
