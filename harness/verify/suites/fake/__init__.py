"""Suite `fake`: the requests of the cassettes, replayed on a fake that was primed with the state they imply.

Status, headers that matter, shape and values have to be those of the cassette.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import TYPE_CHECKING

import orjson

from harness.core.unread import undeclared_of
from harness.verify.case import Case, Failed, Unchecked, unchecked
from harness.verify.operations import Operations
from harness.verify.suites.fake.comparison import Difference, Rules, compare, form
from harness.verify.suites.fake.described import Described
from harness.verify.suites.fake.premise import Premise
from harness.verify.suites.fake.replay import Replay, Unplayable

if TYPE_CHECKING:
    from harness.core.contract import Operation, Violation
    from harness.core.exchange import Response
    from harness.core.shown import Freedom
    from harness.verify.cassette import Interaction
    from harness.verify.subject import Subject

NAME = "fake"

_MATTER = frozenset(("allow", "content-disposition", "link", "location", "retry-after", "www-authenticate"))
_LIMITS = ("ratelimit", "x-ratelimit", "x-rate-limit")
_SHOWN = 15


def cases(subject: Subject) -> Iterator[Case]:
    """One for each interaction."""
    if not subject.cassettes:
        yield unchecked(NAME, subject.provider, f"there is no cassette of {subject.provider}: record one")
    operations = Operations(subject.contract, subject.pack.target)
    for cassette in subject.cassettes:
        premise = cache(partial(Premise, cassette, subject.pack))
        for interaction in cassette.interactions:
            yield _case(subject.provider, premise, interaction, operations.of(interaction))


def _case(provider: str, premise: Callable[[], Premise], interaction: Interaction, operation: Operation | None) -> Case:
    name = operation.id if operation else f"{interaction.method} {interaction.path}"

    def check(subject: Subject) -> None:
        replay = _replay(subject, premise())
        try:
            answer = replay.play(interaction.number)
        except Unplayable as reason:
            raise Unchecked(f"{interaction.place}: {reason}") from None
        except Exception as error:
            raise Failed(f"{interaction.place}: the fake failed at {name}: {type(error).__name__}: {error}") from error
        found = [*_differences(subject, replay, interaction, name, answer)]
        if found:
            lines = [str(each) for each in found[:_SHOWN]]
            if len(found) > _SHOWN:
                lines.append(f"and {len(found) - _SHOWN} more")
            text = "\n  ".join(lines)
            raise Failed(f"{interaction.place}: {name} does not answer as the cassette shows:\n  {text}")

    return Case(
        f"{name} {interaction.place}",
        NAME,
        provider,
        (operation.id,) if operation else (),
        check,
        evidence=interaction.evidence,
    )


def _replay(subject: Subject, premise: Premise) -> Replay:
    """The replay of a cassette for a subject: there is one, whichever case asks first."""
    key = (NAME, premise)
    if key not in subject.kept:
        subject.kept[key] = Replay(subject, premise)
    found: Replay = subject.kept[key]
    return found


def _differences(
    subject: Subject, replay: Replay, interaction: Interaction, name: str, answer: Response
) -> Iterator[Difference]:
    if answer.effect is not None and answer.effect.kind in ("cut", "truncate"):
        yield Difference("connection", "it ended before the answer was whole")
    if answer.status != interaction.status:
        yield Difference("status", f"expected {interaction.status}, found {answer.status} {_excerpt(answer)}")
        return
    yield from _header_differences(replay, interaction, answer)
    expected = replay.expected[interaction.number]
    body = answer.read()
    if expected is None:
        if bool(body) != bool(interaction.body):
            yield Difference("body", f"expected {len(interaction.body)} bytes, found {len(body)}")
        return
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        yield Difference("body", f"expected JSON, found {_excerpt(answer) or 'nothing'}")
        return
    yield from replay.misshapen[interaction.number]
    differences = compare(expected, found, _rules(subject, interaction, name, answer.status))
    yield from differences
    operation = subject.contract.operations.get(name)
    if operation is not None and not differences:  # where values may differ, they still have to fit the contract
        yield from (Difference(_place(each), each.message) for each in operation.check_response(answer))
        undeclared = undeclared_of(operation, answer)
        yield from (Difference(place, "the contract does not describe it") for place in undeclared)


def _place(violation: Violation) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in violation.path)
    return violation.place + "".join(parts)


def _rules(subject: Subject, interaction: Interaction, name: str, status: int) -> Rules:
    unstable = [each for each in subject.pack.unstable if each.covers(name, each.place)]
    operation = subject.contract.operations.get(name)
    described = Described(operation, status) if operation else None

    def frees(place: str) -> frozenset[Freedom]:
        return frozenset(free for each in unstable if each.covers(name, place) for free in each.frees)

    def may_have(place: str) -> bool:
        """A recording shows all there is; a page of documentation leaves out what only clients or we know of."""
        return interaction.evidence in ("documented", "inferred") and bool(described and described.is_unsure(place))

    return Rules(frees, may_have)


def _header_differences(replay: Replay, interaction: Interaction, answer: Response) -> Iterator[Difference]:
    for name in dict.fromkeys([*(name for name, _ in interaction.headers), *(name for name, _ in answer.headers)]):
        expected, found = interaction.header(name), answer.header(name)
        if expected is None and "headers" in interaction.inferred:  # nobody wrote down what else there was
            continue
        if name == "content-type":
            expected, found = (text and text.partition(";")[0].strip().lower() for text in (expected, found))
        elif name == "content-length":
            expected, found = (text if text == "0" else None for text in (expected, found))
        elif name.startswith(_LIMITS):
            expected, found = (text and "there" for text in (expected, found))
        elif name not in _MATTER:
            continue
        if expected is not None and name in ("location", "link"):
            expected = replay.translated(expected)
        if expected == found or (expected and found and name == "retry-after" and form(expected) == form(found)):
            continue
        if interaction.status == answer.status:
            yield Difference(f"header {name}", f"expected {expected or 'none'}, found {found or 'none'}")


def _excerpt(answer: Response) -> str:
    text = answer.read()[:200].decode("utf-8", "replace")
    return f"({text})" if text else ""
