"""Suite `mapping`: what the mappings make of the answers in cassettes, and what they ask, against golden values.

Answers: every interaction whose call some cell makes is that cell's answer; the unified one is checked by its schema,
its `remote_data` is the provider's record, the rest is the golden value. Requests: what goes out for unified requests
of our own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from harness.unified.catalogue import STANDARD
from harness.unified.errors import ConfigurationError
from harness.unified.exchange import Answer, Incoming, Outgoing, run
from harness.unified.integration import Method
from harness.unified.quirks import of_client
from harness.unified.unify import unified
from harness.verify.case import Case, Failed, Unchecked, unchecked
from harness.verify.cassette import Cassette, Interaction
from harness.verify.operations import Operations
from harness.verify.subject import Subject
from harness.verify.suites.mapping.cells import (
    ASKED,
    REQUESTS,
    Asked,
    Calls,
    Name,
    Shown,
    Ways,
    account_of,
    cells,
    golden_folder,
    is_write,
    not_mapped,
    operations,
    targets,
)
from harness.verify.suites.mapping.golden import SECTIONS, Goldens

NAME = "mapping"


def cases(subject: Subject) -> Iterator[Case]:
    """One for each cell and interaction, for each request of `requests.yaml`, and for each golden value too many."""
    if reason := not_mapped(subject):
        yield unchecked(NAME, subject.provider, reason)
        return
    try:
        plan = _Plan(subject)
    except ConfigurationError as error:
        yield _broken(subject, str(error))
        return
    if not subject.cassettes:
        yield unchecked(NAME, subject.provider, f"there is no cassette of {subject.provider}: record one")
    yield from plan.cases()


class _Plan:
    """What there is to ask of one provider. Raises ConfigurationError."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.account = account_of(subject)
        self.ways = Ways(golden_folder(subject), self.account)
        self.calls = Calls(self.account.integration)
        self.goldens = _goldens(subject)
        self.operations = Operations(subject.contract, subject.pack.target)
        self.shown: dict[tuple[str, str], list[Shown]] = {}
        for cassette in subject.cassettes:
            file = cassette.name.removeprefix(f"{golden_folder(subject).parent.name}/")
            for each in cassette.interactions:
                for (resource, name), path in self.calls.of(each.method, each.path).items():
                    if method := self.account.integration.method(resource, name):
                        shown = Shown(method, cassette, each, path, f"{file}:{each.number}")
                        self.shown.setdefault((resource, name), []).append(shown)

    def cases(self) -> Iterator[Case]:
        """All of them."""
        asked: dict[str, dict[str, set[str]]] = {}
        for name, cell in cells(self.account):
            keys = asked[str(name)] = {section: set[str]() for section in SECTIONS}
            methods = [method for method in targets(self.account, cell) if self.ways.calls(name, method)]
            for method in methods:
                known = self.shown.get((method.resource, method.name), [])
                shown = [each for each in known if self.ways.concerns(name, each)]
                if not shown:
                    yield self._case(str(name), f"{method.resource}.{method.name}", [method], _not_shown(name, method))
                for each in shown:
                    keys["answers"].add(each.key)
                    yield self._answer(name, each)
            requests = self.ways.requests(name)
            judged = self.ways.judges_requests
            if judged and not requests and (is_write(name) or not methods or cell.query or cell.body or cell.path):
                yield self._case(str(name), "requests", methods, _no_requests(name))
            for key, request in requests.items():
                keys["requests"].add(key)
                yield self._request(name, key, request, methods)
        yield from self._stale(asked)

    def _answer(self, name: Name, shown: Shown) -> Case:
        ways, interaction = self.ways, shown.interaction

        def check(subject: Subject) -> None:
            provider = _Provider(subject, self.calls, name)
            answer, incoming = _answered(provider, ways.asked(name, shown), shown)
            found = _without_remote(provider, answer, incoming, shown)
            _goldens(subject).compare(str(name), "answers", shown.key, found, update=_updates(subject))

        operation = self.operations.of(interaction)
        return Case(
            f"{name} {shown.key}",
            NAME,
            self.subject.provider,
            (operation.id,) if operation else (),
            check,
            (str(name),),
            shown.cassette.provenance.kind,
        )

    def _request(self, name: Name, key: str, request: Asked, methods: list[Method]) -> Case:
        def check(subject: Subject) -> None:
            found = _sent(subject, self.calls, name, request)
            _goldens(subject).compare(str(name), "requests", key, found, update=_updates(subject))

        return self._case(str(name), f"request {key}", methods, check)

    def _stale(self, asked: Mapping[str, Mapping[str, set[str]]]) -> Iterator[Case]:
        for cell in self.goldens.cells():
            if cell not in asked:
                yield self._too_much(cell, "answers", None, "no mapping has this cell")
                continue
            try:
                extra = [
                    (section, key)
                    for section in SECTIONS
                    for key in self.goldens.keys(cell, section)
                    if key not in asked[cell][section]
                ]
            except Failed as error:
                yield _broken(self.subject, str(error), f"{cell} golden file")
                continue
            for section, key in extra:
                reason = (
                    f"{REQUESTS} has no such request"
                    if section == "requests"
                    else "no cassette has an interaction there that this cell reads"
                )
                yield self._too_much(cell, section, key, reason)

    def _too_much(self, cell: str, section: str, key: str | None, reason: str) -> Case:
        def check(subject: Subject) -> None:
            _goldens(subject).stale(cell, section, key, reason, update=_updates(subject))

        return self._case(cell, f"{section} {key or 'file'} without a case", [], check)

    def _case(self, cell: str, what: str, methods: list[Method], check: Callable[[Subject], None]) -> Case:
        asked = operations(self.account, methods, self.operations)
        return Case(f"{cell} {what}", NAME, self.subject.provider, tuple(asked), check, (cell,), "documented")


def _not_shown(name: Name, method: Method) -> Callable[[Subject], None]:
    def check(subject: Subject) -> None:
        call = f"{method.verb} {method.path}"
        raise Unchecked(f"no cassette shows {call}, which {name} calls: record or write one")

    return check


def _no_requests(name: Name) -> Callable[[Subject], None]:
    def check(subject: Subject) -> None:
        raise Failed(f"nothing judges what {name} asks: write a request for it in {golden_folder(subject) / REQUESTS}")

    return check


def _broken(subject: Subject, message: str, id: str = "configuration") -> Case:
    def check(subject: Subject) -> None:
        raise Failed(message)

    return Case(id, NAME, subject.provider, (), check)


def _goldens(subject: Subject) -> Goldens:
    found: Goldens | None = subject.kept.get("goldens")
    if found is None:
        found = subject.kept["goldens"] = Goldens(
            golden_folder(subject), subject.provider, shipped=subject.cassette_folder is None
        )
    return found


def _updates(subject: Subject) -> bool:
    if subject.update and (subject.alter or subject.mapping_override):
        raise Failed("golden values are not written from a mutation")
    return subject.update


class _Made(Exception):
    """The call that was asked about is made; what comes of it is not asked."""


class _Provider:
    """Answers a cell's calls from the cassettes, and keeps what it was asked."""

    def __init__(self, subject: Subject, calls: Calls, name: Name) -> None:
        self.subject = subject
        self.calls = calls
        self.name = name
        self.account = account_of(subject)
        self.sent: list[Outgoing] = []
        self.given: list[Any] = []
        """The provider's answers as data."""

    def ask(self, asked: Asked, send: Callable[[Outgoing], Incoming]) -> Answer:
        """The unified answer."""

        def sending(outgoing: Outgoing) -> Incoming:
            self.sent.append(outgoing)
            return send(outgoing)

        name = self.name
        steps = unified(
            self.account,
            name.model,
            name.resource,
            name.method,
            id=asked.id,
            query=asked.query,
            body=asked.body,
            quirks=of_client(None),
        )
        return run(steps, sending)

    def read(self, outgoing: Outgoing, near: Cassette | None = None, number: int = 0) -> Incoming:
        """What some interaction answers to a request, or to the same call of another record. Raises Unchecked.

        Those of the cassette that is near go first; of other records, each has its turn by the number.
        """
        parts = urlsplit(outgoing.url)
        calls = self.calls.of(outgoing.method, parts.path).keys()
        found = [
            (cassette, each)
            for cassette in self.subject.cassettes
            for each in cassette.interactions
            if each.status < 300
            and each.method == outgoing.method
            and calls & self.calls.of(each.method, each.path).keys()
        ]
        if not found:
            call = f"{outgoing.method} {self.calls.below(parts.path)}"
            raise Unchecked(f"{self.name} asks {call} on its way, and no cassette has a good answer to it: add one")
        same = [item for item in found if item[1].path == parts.path]
        if not same:
            return self.answer(found[number % len(found)][1])
        strange = [(each.query != parts.query, cassette is not near) for cassette, each in same]
        return self.answer(same[strange.index(min(strange))][1])

    def answer(self, interaction: Interaction) -> Incoming:
        """The answer of an interaction."""
        incoming = Incoming(interaction.status, list(interaction.headers), interaction.body)
        self.given.append(_data(incoming))
        return incoming

    def main(self, outgoing: Outgoing) -> bool:
        """Whether a request is the cell's own call rather than a step around it."""
        cell = self.account.mappings.cell(self.name.model, self.name.resource, self.name.method)
        own = {(method.resource, method.name) for method in targets(self.account, cell)} if cell else set()
        return bool(own & self.calls.of(outgoing.method, urlsplit(outgoing.url).path).keys())


def _answered(provider: _Provider, asked: Asked, shown: Shown) -> tuple[Answer, Incoming]:
    """The unified answer to the provider's."""
    subject, calls, name, interaction = provider.subject, provider.calls, provider.name, shown.interaction
    wanted = f"{interaction.method} {calls.below(interaction.path)}"
    remedy = f"where it has to be asked otherwise, say how in {golden_folder(subject) / ASKED}"
    given: list[Incoming] = []

    def send(outgoing: Outgoing) -> Incoming:
        path = urlsplit(outgoing.url).path
        if (outgoing.method, path) == (interaction.method, interaction.path):
            given.append(provider.answer(interaction))
            return given[-1]
        if provider.main(outgoing):
            raise Failed(
                f"{interaction.place}: {name} asks {outgoing.method} {calls.below(path)} and not {wanted}; {remedy}"
            )
        return provider.read(outgoing, shown.cassette, interaction.number)

    answer = provider.ask(asked, send)
    if not given:
        raise Failed(
            f"{interaction.place}: {name} does not ask {wanted}, it answers {answer.status} {_message(answer)!r}; "
            f"{remedy}"
        )
    return answer, given[-1]


def _data(incoming: Incoming) -> Any:
    try:
        return orjson.loads(incoming.body)
    except orjson.JSONDecodeError:
        return incoming.body.decode("utf-8", "replace")


def _message(answer: Answer) -> str:
    return str(answer.body.get("message", "")) if isinstance(answer.body, Mapping) else ""


def _without_remote(provider: _Provider, answer: Answer, incoming: Incoming, shown: Shown) -> dict[str, Any]:
    """The answer, without what is the provider's own, which has to be just that. Raises Failed."""
    name, place = provider.name, shown.interaction.place
    data, body, source = incoming.body, answer.body, _data(incoming)
    if isinstance(body, bytes):
        if body != data:
            raise Failed(f"{place}: {name} passes on other bytes than the provider answered")
        return {"status": answer.status, "content_type": answer.content_type}
    if answer.status >= 400:
        error = dict(body)
        if error.get("truto_is_remote_error") and error.pop("raw_response", None) != source:
            raise Failed(f"{place}: raw_response of {name} is not the provider's answer")
        return {"status": answer.status, "error": error}
    for part in shown.method.response_path:
        source = source.get(part) if isinstance(source, Mapping) else None
    if name.method != "list":
        # what a step around the call answered is the provider's record, too
        return {"status": answer.status, "result": _record(body, [source, *provider.given], f"{place}: {name}", name)}
    sources = source if isinstance(source, list) else [] if source is None else [source]
    if len(sources) != len(body["result"]):
        raise Failed(f"{place}: {name} gives {len(body['result'])} records for the provider's {len(sources)}")
    records = [
        _record(record, [one], f"{place}: record {number} of {name}", name)
        for number, (record, one) in enumerate(zip(body["result"], sources, strict=True))
    ]
    return {"status": answer.status, **body, "result": records}


def _record(record: Mapping[str, Any], sources: list[Any], what: str, name: Name) -> dict[str, Any]:
    has_data = name.method in STANDARD and name.method != "delete"  # what a custom method answers has none
    if has_data and record.get("remote_data") not in sources:
        raise Failed(f"{what}: remote_data is not the provider's record")
    return {field: value for field, value in record.items() if field != "remote_data"}


def _sent(subject: Subject, calls: Calls, name: Name, asked: Asked) -> dict[str, Any]:
    """What goes out for a unified request; and the answer, where the cell gives it without its own call."""
    provider = _Provider(subject, calls, name)
    near = next((each for each in subject.cassettes if each.name.rpartition("/")[2] == asked.cassette), None)
    if asked.cassette is not None and near is None:
        raise Failed(f"{REQUESTS}: {name} is to be answered by the cassette {asked.cassette!r}, which is not there")
    cell = provider.account.mappings.cell(name.model, name.resource, name.method)
    more = cell is not None and bool(cell.after)
    made = False

    def send(outgoing: Outgoing) -> Incoming:
        nonlocal made
        if provider.main(outgoing):
            made = True
            if not more:
                raise _Made
        return provider.read(outgoing, near)

    found: dict[str, Any] = {}
    with suppress(_Made):
        answer = provider.ask(asked, send)
    if not made:
        found["answer"] = {"status": answer.status, "body": answer.body}
    found["sent"] = [_outgoing(each, calls) for each in provider.sent]
    return found


def _outgoing(outgoing: Outgoing, calls: Calls) -> dict[str, Any]:
    parts = urlsplit(outgoing.url)
    found: dict[str, Any] = {"method": outgoing.method, "path": calls.below(parts.path)}
    if parts.query:
        found["query"] = [f"{name}={value}" for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    if outgoing.content:
        try:
            found["body"] = orjson.loads(outgoing.content)
        except orjson.JSONDecodeError:
            found["content"] = outgoing.content.decode("utf-8", "replace")
            found["content_type"] = outgoing.headers.get("content-type")
    return found
