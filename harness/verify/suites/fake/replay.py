"""A cassette's requests made to a fake that was primed with what the cassette takes for granted.

What the fake makes itself has other ids than in the cassette: an id is bound to the fake's at the first answer that
shows it, and from then on translated in requests and in what is expected. Time follows the cassette; nothing becomes
due by itself but jobs, since the cassette tells what happened between its requests.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from harness.core.clock import SECOND, format_instant
from harness.core.exchange import Request, Response
from harness.core.faults import Rule
from harness.core.jobs import STEP
from harness.core.quota import OFF
from harness.core.shown import NotPrimed, Shown
from harness.core.unit import DUE, Unit
from harness.verify.suites.fake.comparison import REDACTED, Difference, form
from harness.verify.suites.fake.premise import Premise, Step, asked, ids, names_ids

if TYPE_CHECKING:
    from harness.core.account import Account
    from harness.verify.cassette import Interaction
    from harness.verify.subject import Subject

NOBODY = {"name": "nobody", "title": "Nobody has been here"}
"""The smallest world."""
_LEFT_OUT = re.compile(rb"\((\d+) bytes left out\)")


class Unplayable(Exception):
    """An interaction that cannot be replayed; the text says why."""


class Replay:
    """One cassette on one fake, played as far as somebody asks."""

    def __init__(self, subject: Subject, premise: Premise) -> None:
        self.subject = subject
        self.cassette = premise.cassette
        self.premise = premise
        self.expected: dict[int, Any] = {}
        """What each answer should be as JSON data, with the fake's ids."""
        self.answers: dict[int, Response] = {}
        self.failures: dict[int, Exception] = {}
        """What kept an interaction from being answered."""
        self.misshapen: defaultdict[int, list[Difference]] = defaultdict(list)
        """The ids that the fake made in another form than the provider."""
        self._keys: dict[bytes, str] = {}
        """The other keys that requests are made with, by what the cassette tells of them."""
        self._unprimed: dict[str, str] = {}
        """Why a record, by id, or what an operation shows could not be primed."""
        self._known: set[str] = set()
        self._bound: dict[str, str] = {}
        self._drawn: dict[tuple[str, str], str] = {}
        """What the fake shows for the secrets of a record: each is to stay the same."""
        self._links: dict[str, str] = {}
        """The fake's addresses for those of the cassette that held a secret."""
        self._pattern: re.Pattern[str] | None = None
        self._player = self._play()

    def play(self, number: int) -> Response:
        """The fake's answer to an interaction. Raises Unplayable, and what the fake itself raised."""
        while number not in self.answers and number not in self.failures:
            next(self._player)
        if number in self.failures:
            raise self.failures[number]
        return self.answers[number]

    def translated(self, text: str) -> str:
        """A text of the cassette with the fake's ids."""
        return self._pattern.sub(lambda match: self._bound[match[0]], text) if self._pattern else text

    def _play(self) -> Iterator[None]:
        name = self.subject.provider
        clock = {"mode": "frozen", "at": format_instant(self.premise.start), "tick": 0}
        try:
            opened = self.subject.sandbox(NOBODY, clock=clock, quirks={name: self.cassette.provenance.quirks})
        except ValueError as error:
            problem = Unplayable(f"the provenance of {self.cassette.name} cannot be met: {error}")
            self.failures |= {step.interaction.number: problem for step in self.premise.steps}
            yield
            return
        with opened:
            account = self.subject.registry.sandbox(opened.id).account(name)
            self._prime(account)
            self._known = self.premise.known() | _stored(account)
            for step in self.premise.steps:
                number = step.interaction.number
                try:
                    self._bring_to(account, step)
                    answer = self._ask(account, step)
                    self._bind(step, answer)
                    self.expected[number] = self._data(step.interaction.body)
                    self.answers[number] = answer
                except Exception as error:
                    self.failures[number] = error
                if step is not self.premise.steps[-1]:
                    yield
        yield

    def _prime(self, account: Account) -> None:
        """Put what was there before into the account."""
        count = len(self.premise.before)
        with account.unit() as unit:
            for number, shown in enumerate(self.premise.before):
                unit.now = self.premise.start - (count - number) * SECOND
                self._put(unit, shown)

    def _put(self, unit: Unit, shown: Shown) -> None:
        """Put one record; remember why where it cannot be."""
        prime = unit.pack.prime
        what = str(shown.record.get("id") or shown.operation)
        if prime is None:
            self._unprimed[what] = f"the pack {unit.pack.name} has no `prime`, which puts records into its documents"
            return
        try:
            prime(unit, shown)
        except Exception as error:
            reason = str(error) if isinstance(error, NotPrimed) else f"{type(error).__name__}: {error}"
            self._unprimed[what] = f"what {shown.operation} shows of {what} cannot be primed: {reason}"

    def _bring_to(self, account: Account, step: Step) -> None:
        """Let happen what happened before an interaction, and it be the time of it."""
        if step.moment is not None:
            account.sandbox.clock.set(step.moment)
        with account.unit() as unit:
            for shown in step.meanwhile:
                record = self._data(orjson.dumps(shown.record))
                self._put(unit, replace(shown, path=self._path(shown.path), record=record))
                self._known |= ids(record)
            for event in list(unit[DUE]):
                if event["kind"] != STEP:
                    unit[DUE].delete(event["id"])

    def _path(self, path: Mapping[str, str]) -> dict[str, str]:
        return {name: self.translated(value) for name, value in path.items()}

    def _ask(self, account: Account, step: Step) -> Response:
        interaction, operation = step.interaction, step.operation
        if operation is None:
            raise Unplayable(f"the contract has no {interaction.method} {interaction.path}")
        self._demand_primed(step)
        request = self._request(account, step)
        handle = self.subject.registry.provider(self.subject.provider).handle
        status = interaction.status
        if (status == 429 or status >= 500) and str(status) not in operation.data["responses"]:
            raise Unplayable(f"the contract of {operation.id} knows no {status}: nothing brings it about")
        if status == 429:
            for name in _full(account, interaction):
                account.quotas.set_limit(name, 0)
        elif status >= 500:
            account.faults.add([Rule.read({"operation": operation.id, "status": status})])
        try:
            answer = handle(request)
            if answer.status != status and not 200 <= answer.status < 300:
                self._demand_known(step)
            return answer
        finally:
            account.faults.clear()
            for name in account.quotas:
                account.quotas.set_limit(name, OFF)

    def _demand_primed(self, step: Step) -> None:
        """Refuse what was answered well although its state could not be primed."""
        if not 200 <= step.interaction.status < 300:
            return
        about = ids(step.answer) | set(step.path.values()) | {step.operation.id if step.operation else ""}
        if reasons := [reason for what, reason in self._unprimed.items() if what in about]:
            raise Unplayable("; ".join(reasons))

    def _demand_known(self, step: Step) -> None:
        """Refuse what was answered well and is about something that the cassette shows nowhere."""
        if not 200 <= step.interaction.status < 300:
            return
        for id in sorted(asked(step)):
            names = {id, id.partition("-")[0]}  # the key of a file begins with its id
            if names.isdisjoint(self._known) and names.isdisjoint(self._bound):
                raise Unplayable(f"the cassette shows nothing of {id}, which has to be there: nothing to prime it with")

    def _request(self, account: Account, step: Step) -> Request:
        interaction, pack = step.interaction, account.pack
        headers = interaction.request_headers
        sent = Request(interaction.method, interaction.path, headers=headers)
        carries = {name.lower() for name in pack.headers("")}
        if pack.credential(sent) is not None or any(name in carries and REDACTED in value for name, value in headers):
            key = self._key(account, step, sent)
            own = {name.lower(): value for name, value in pack.headers(key).items()}
            headers = (*((name, value) for name, value in headers if name not in own), *own.items())
        body = _LEFT_OUT.sub(lambda match: b"\0" * int(match[1]), interaction.request_body)
        if self._pattern and body:
            body = self.translated(body.decode("latin-1")).encode("latin-1")
        uri = self.translated(interaction.uri)
        parts = urlsplit(self._links.get(uri, uri))
        path = parts.path
        base = f"{pack.contract.base_path}/"
        if base in path:
            path = path[path.index(base) :]
        return Request(
            interaction.method,
            path,
            query=parts.query,
            headers=headers,
            body=body,
            base_url="://".join(urlsplit(interaction.uri)[:2]),
        )

    def _key(self, account: Account, step: Step, sent: Request) -> str:
        """The key of a request: the one the cassette tells of, nobody's where it was refused, or the account's."""
        interaction, pack = step.interaction, account.pack
        if interaction.key is not None:
            told = orjson.dumps(interaction.key)
            if told not in self._keys:
                self._keys[told] = self._other_key(account, interaction.key)
            return self._keys[told]
        wrong = pack.dialect.unknown_credential(sent)
        refused = wrong.status == interaction.status and wrong.read() == interaction.body
        return pack.make_key("nobody's", None) if refused else account.api_key

    def _other_key(self, account: Account, told: Mapping[str, Any]) -> str:
        if account.pack.other_key is None:
            raise Unplayable(f"the pack {account.pack.name} has no `other_key`, which knows the keys of x-key")
        try:
            with account.unit() as unit:
                return account.pack.other_key(unit, told)
        except NotPrimed as reason:
            raise Unplayable(f"its key is not known: {reason}") from None

    def _data(self, body: bytes) -> Any:
        try:
            return orjson.loads(self.translated(body.decode())) if body else None
        except (orjson.JSONDecodeError, UnicodeDecodeError):
            return None

    def _bind(self, step: Step, answer: Response) -> None:
        """Pair the ids that the fake made with those of the cassette."""
        if answer.status != step.interaction.status:
            return
        try:
            found = answer.json()
        except orjson.JSONDecodeError:
            return
        operation = step.operation.id if step.operation else ""
        sent = {self.translated(id) for id in asked(step)}  # whoever sent these made them, not the fake
        taken = set(self._bound.values()) | sent
        for place, ours, theirs in list(_pairs(self._data(step.interaction.body), found, "")):
            if ours == theirs or ours in self._bound or theirs in self._bound.values():
                continue
            if {ours, theirs} & (self._known | taken) and theirs not in self.subject.pack.same_ids:
                continue
            self._bound[ours] = theirs
            free = any("value" in each.frees and each.covers(operation, place) for each in self.subject.pack.unstable)
            if form(ours) != form(theirs) and not free:
                message = f"expected {form(ours)} such as {ours}, found {theirs}"
                self.misshapen[step.interaction.number].append(Difference(f"body.{place}", message))
        if self._bound:
            alternatives = "|".join(map(re.escape, sorted(self._bound, key=len, reverse=True)))
            self._pattern = re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)")
        self._links |= dict(_addresses(self._data(step.interaction.body), found))
        for place, owner, ours, theirs in _secrets(self._data(step.interaction.body), found, ""):
            if self._drawn.setdefault((owner, ours), theirs) != theirs:
                message = f"expected what was shown before, found {theirs}"
                self.misshapen[step.interaction.number].append(Difference(f"body.{place}", message))


def _pairs(expected: Any, found: Any, place: str) -> Iterator[tuple[str, str, str]]:
    """The ids of two answers that stand at the same place, with that place."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key in expected:
            if key in found:
                yield from _pairs(expected[key], found[key], f"{place}.{key}" if place else key)
    elif isinstance(expected, list) and isinstance(found, list):
        for one, other in zip(expected, found, strict=False):
            yield from _pairs(one, other, place)
    elif isinstance(expected, str) and isinstance(found, str) and names_ids(place.rpartition(".")[2]):
        yield place, expected, found


def _addresses(expected: Any, found: Any) -> Iterator[tuple[str, str]]:
    """The addresses that hold a secret, with those in their place."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key in expected.keys() & found.keys():
            yield from _addresses(expected[key], found[key])
    elif isinstance(expected, list) and isinstance(found, list):
        for one, other in zip(expected, found, strict=False):
            yield from _addresses(one, other)
    elif isinstance(expected, str) and isinstance(found, str) and REDACTED in expected and "://" in expected:
        yield expected, found


def _secrets(expected: Any, found: Any, place: str) -> Iterator[tuple[str, str, str, str]]:
    """Where a cassette keeps a secret of a record to itself: the place, the record's id, the field, what was found."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key, value in expected.items():
            inner = f"{place}.{key}" if place else key
            if value == REDACTED and isinstance(found.get(key), str) and "id" in expected:
                yield inner, str(expected["id"]), key, found[key]
            elif key in found:
                yield from _secrets(value, found[key], inner)
    elif isinstance(expected, list) and isinstance(found, list):
        for one, other in zip(expected, found, strict=False):
            yield from _secrets(one, other, place)


def _full(account: Account, interaction: Interaction) -> list[str]:
    """The quotas that may have refused a request: not the first, of which headers tell, where they tell of a rest."""
    names = list(account.quotas)
    rest = next((value for name, value in interaction.headers if name.endswith("-remaining")), "0")
    return names if rest == "0" else names[1:]


def _stored(account: Account) -> set[str]:
    return {document["id"] for name in account.counts() for document in account.store[name]}
