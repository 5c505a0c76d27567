"""Suite `contract`: every request and answer of the cassettes against the contract, both ways.

A value the contract refuses fails, and so does a field it does not describe; a field it requires and that was not seen
is among the former.
"""

from __future__ import annotations

from collections.abc import Iterator

from harness.core.contract import Invalid, Operation
from harness.core.exchange import Request, Response
from harness.core.unread import undeclared_of, unread_of
from harness.verify.case import Case, Failed, unchecked
from harness.verify.cassette import Interaction
from harness.verify.operations import Operations
from harness.verify.subject import Subject

NAME = "contract"


def cases(subject: Subject) -> Iterator[Case]:
    """One for each interaction."""
    if not subject.cassettes:
        yield unchecked(NAME, subject.provider, f"there is no cassette of {subject.provider}: record one")
    operations = Operations(subject.contract, subject.pack.target)
    for cassette in subject.cassettes:
        for interaction in cassette.interactions:
            yield _case(subject, interaction, operations)


def request_of(interaction: Interaction) -> Request:
    """The request as a provider sees it."""
    return Request(
        interaction.method,
        interaction.path,
        query=interaction.query,
        headers=interaction.request_headers,
        body=interaction.request_body,
    )


def _case(subject: Subject, interaction: Interaction, operations: Operations) -> Case:
    operation = operations.of(interaction)
    name = operation.id if operation else f"{interaction.method} {interaction.path}"

    def check(subject: Subject) -> None:
        if (found := operation) is None:
            raise Failed(f"{interaction.place}: the contract has no {interaction.method} {interaction.path}")
        if problems := [*_of_request(found, interaction), *_of_answer(found, interaction)]:
            raise Failed(f"{interaction.place}: {found.id} is not as the contract says:\n  " + "\n  ".join(problems))

    return Case(
        f"{name} {interaction.place}",
        NAME,
        subject.provider,
        (operation.id,) if operation else (),
        check,
        evidence=interaction.evidence,
    )


def _of_request(operation: Operation, interaction: Interaction) -> Iterator[str]:
    """What is wrong with a request that was answered well; one that was refused may be wrong on purpose."""
    if interaction.status >= 400:
        return
    request = request_of(interaction)
    try:
        operation.read_query(request.query)
        operation.read_body(request)
    except Invalid as invalid:
        yield from (f"request {violation}" for violation in invalid.violations)
    # a query parameter nobody described is the client's own affair: providers ignore those they do not know
    unread = [place for place in unread_of(operation, request) if not place.startswith("query.")]
    yield from (f"request {place}: the contract does not describe it" for place in unread)


def _of_answer(operation: Operation, interaction: Interaction) -> Iterator[str]:
    response = Response(interaction.status, interaction.body, list(interaction.headers))
    yield from (f"answer {violation}" for violation in operation.check_response(response))
    yield from (f"answer {place}: the contract does not describe it" for place in undeclared_of(operation, response))
