"""Suite `conduct`: a client waits, pages, retries and fails as it should.

The client is the user's own, which does the work the user gave, or the reference client, which does all it can. Each
case makes the fake misbehave in one way, lets the client work, and judges the journal by the rules of conduct.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import orjson

from harness.testing.journal import Exchange
from harness.unified.errors import ConfigurationError
from harness.unified.exchange import Incoming
from harness.unified.query import parse
from harness.unified.remote import rate_limit
from harness.verify.calls import Plan
from harness.verify.case import Case, Failed, Unchecked, unchecked
from harness.verify.subject import Subject
from harness.verify.suites.conduct.scripted import MOST, Stage, Work, ids_of, kind_of, stage, work_of

NAME = "conduct"

_MANY = 250
"""So many records are made where a list fits on one page of a client that does not say how long a page is."""


def cases(subject: Subject) -> Iterator[Case]:
    """For each operation of the work, by what it is."""
    try:
        works = work_of(subject)
    except ConfigurationError as error:
        yield unchecked(NAME, subject.provider, str(error))
        return
    if not works:
        example = next((id for id in subject.contract.operations if kind_of(subject, id) == "list"), "contacts.list")
        yield unchecked(
            NAME,
            subject.provider,
            f"nothing is known of what the client does: give work={{{example!r}: lambda client, account: …}}",
        )
    for operation, (work, plan) in works.items():
        kind = kind_of(subject, operation)
        if kind == "list" and not _is_walked(subject, plan):
            kind = "call"
        for name, check in {**_ALWAYS, **_KINDS[kind]}.items():
            yield _case(subject, operation, name, check, work, plan)


def _is_walked(subject: Subject, plan: Plan | None) -> bool:
    """Whether the client goes through the pages of a list: the reference client asks a custom method for one."""
    return subject.client is not None or plan is None or plan.method == "list"


def _case(
    subject: Subject, operation: str, name: str, check: Callable[[Stage], None], work: Work, plan: Plan | None
) -> Case:
    def run(subject: Subject) -> None:
        with stage(subject, operation, work, plan) as at:
            check(at)

    return Case(f"{operation} {name}", NAME, subject.provider, (operation,), run)


def _waits(at: Stage) -> None:
    """A 429 that says when: the client comes back then, and not before."""
    at.account.faults.add(at.operation, "rate_limit", retry_after=at.waits, first=1)
    at.perform()
    refused = at.calls[0]
    told = _told(at, refused)
    if refused.status != 429 or told is None:
        raise Unchecked(f"the fake's 429 says nothing of when: {refused}")
    at.assert_good()
    if at.raised is not None and not _is_read(at):
        return  # it may leave to its caller what to do about a thing that was not done
    at.assert_quiet(f"{at.operation} was refused once with 429 and {told}")
    _assert_answered(at)


def _told(at: Stage, refused: Exchange) -> str | None:
    """When a 429 says that the client may come back: by Retry-After, or by what the integration reads it from."""
    headers = refused.response.headers
    if "retry-after" in headers:
        return f"Retry-After: {headers['retry-after']}"
    told = rate_limit(at.bench.integrated, Incoming(refused.status, list(headers.items()), b""))
    seconds = told.get("ratelimit-reset")
    return None if seconds is None else f"a limit that is reset in {seconds} s"


def _no_hammering(at: Stage) -> None:
    """A 429 that does not say when: it waits till the window is over, or gives up."""
    quirks = at.bench.subject.contract.quirks
    if "rate_limit_retry_after" in quirks and "absent" in quirks["rate_limit_retry_after"].choices:
        at.account.quirks["rate_limit_retry_after"] = "absent"
    at.account.faults.add(at.operation, "rate_limit", retry_after=at.waits)
    at.perform()
    if "retry-after" in at.calls[0].response.headers:
        raise Unchecked("the fake's 429 always says when to come back")
    if len(at.calls) > MOST:
        raise Failed(f"{at.operation} was refused with 429, and the client asked {len(at.calls)} times")
    at.assert_good()
    at.assert_loud(f"{at.operation} was always refused with 429")


def _gives_up(at: Stage) -> None:
    """A provider that fails and fails: it stops some time, and says so."""
    at.account.faults.add(at.operation, status=503)
    at.perform()
    if len(at.calls) > MOST:
        raise Failed(f"{at.operation} always failed with 503, and the client asked {len(at.calls)} times")
    at.assert_loud(f"{at.operation} always failed with 503")
    at.assert_good()


def _leaves_a_closed_door(at: Stage) -> None:
    """A key that is no longer valid: it stops at once, and says so."""
    at.account.revoke_key(at.account.api_key)
    at.perform()
    if not at.exchanges:
        raise Unchecked(f"the client asked nothing with its revoked key, or with another one: {at.raised}")
    at.assert_loud("the key is not valid")
    at.assert_good()


def _all_pages(at: Stage) -> None:
    """Every page by the cursors that were handed out, and no more."""
    _perform_on_pages(at)
    at.assert_quiet(f"nothing was wrong with {at.operation}")
    at.assert_good()
    _assert_complete(at)


def _broken_between(effect: str, **rule: object) -> Callable[[Stage], None]:
    def check(at: Stage) -> None:
        """The second page goes wrong once: the client has all in the end, or says that it has not."""
        _perform_on_pages(at, lambda: at.account.faults.add(at.operation, effect, page=2, times=1, **rule))  # type: ignore[arg-type]
        if not any(each.fault for each in at.calls):
            raise Unchecked(f"the client did not ask for a second page of {at.operation}")
        at.assert_good()
        if at.raised is None:
            _assert_complete(at)

    return check


def _perform_on_pages(at: Stage, arm: Callable[[], object] = lambda: None) -> None:
    """The work on a list of more than one page of this client's; records are made where there are too few."""
    arm()
    at.perform()
    if _fits(at):
        plan = at.plan
        methods = at.bench.integration.resources[plan.resource] if plan else {}
        if plan is None or "create" not in methods:
            raise Unchecked(f"{at.operation} fits on one page of this client, and the provider lets nobody make more")
        query = at.bench.given(plan).query
        try:
            for _ in range(_missing(at)):
                at.bench.made(at.bench.plans()[plan.resource, "create"], query)
        except Unchecked:
            pass  # there may be enough already
        at.sandbox.journal.clear()
        at.account.faults.clear()
        arm()
        at.perform()
        if _fits(at):
            raise Unchecked(f"{at.operation} fits on one page of this client, whatever is done")


def _fits(at: Stage) -> bool:
    """Whether all there is came on one page."""
    return at.raised is None and len([each for each in at.calls if each.status == 200]) < 2 and not _goes_on(at)


def _goes_on(at: Stage) -> list[str]:
    """The cursors that the last page handed out."""
    paging = at.bench.subject.pack.paging
    good = [each for each in at.calls if each.status == 200 and not _is_broken(each)]
    return paging.next_cursors(orjson.loads(good[-1].response.text)) if paging and good else []


def _missing(at: Stage) -> int:
    """How many records more than a page of this client."""
    paging = at.bench.subject.pack.paging
    sent = parse(at.calls[-1].query)
    sizes = [int(size) for name in (paging.sizes if paging else ()) if (size := str(sent.get(name))).isdecimal()]
    return sizes[0] + 1 if sizes else _MANY


def _assert_complete(at: Stage) -> None:
    """The last page was reached, and what the work gave is what the account has."""
    if not any(each.status == 200 and not _is_broken(each) for each in at.calls):
        raise Failed(f"{at.operation} was never answered, and the client said nothing")
    if cursors := _goes_on(at):
        raise Failed(f"the client stopped at a page of {at.operation} that goes on at {cursors[0]}")
    ids = ids_of(at.result)
    if ids is None or at.plan is None or at.plan.collection is None:
        return
    expected = at.bench.given(at.plan).shown
    if expected is None or (at.bench.subject.client is not None and at.plan.query):
        return  # which of them the user's work is about is the user's affair
    if missing := set(expected) - set(ids):
        raise Failed(f"the work for {at.operation} gave {len(ids)} of {len(expected)}; missing is {min(missing)}")
    if len(ids) != len(set(ids)):
        raise Failed(f"the work for {at.operation} gave some records twice")


def _once(at: Stage) -> None:
    """Nothing goes wrong: one thing is made."""
    at.perform()
    at.assert_quiet(f"nothing was wrong with {at.operation}")
    at.assert_good()
    _assert_made(at, 1)


def _cut(handled: bool) -> Callable[[Stage], None]:
    def check(at: Stage) -> None:
        """The connection is cut under a create: the client does not know, and must not try blindly again."""
        at.account.faults.add(at.operation, "cut", handled=handled, first=1)
        at.perform()
        _ = at.calls
        at.assert_good()
        if at.raised is None:
            _assert_made(at, 1)

    return check


def _assert_made(at: Stage, most: int) -> None:
    made = [each for each in at.calls if 200 <= each.status < 300]
    if len(made) != most:
        raise Failed(f"{at.operation} took effect {len(made)} times, and the client said nothing")


def _answered(at: Stage) -> None:
    """Nothing goes wrong."""
    at.perform()
    at.assert_quiet(f"nothing was wrong with {at.operation}")
    _assert_answered(at)
    at.assert_good()


def _assert_answered(at: Stage) -> None:
    if not any(200 <= each.status < 300 for each in at.calls):
        raise Failed(f"{at.operation} was never answered, and the client said nothing")


def _is_read(at: Stage) -> bool:
    operation = at.bench.subject.contract.operations[at.operation]
    is_list = kind_of(at.bench.subject, at.operation) == "list" and _is_walked(at.bench.subject, at.plan)
    return operation.method == "GET" or is_list


def _is_broken(exchange: Exchange) -> bool:
    return exchange.fault is not None and exchange.fault.rpartition(" ")[2] in ("cut", "truncate", "malformed")


_ALWAYS: dict[str, Callable[[Stage], None]] = {
    "waits as it is told": _waits,
    "does not hammer": _no_hammering,
    "gives up some time": _gives_up,
    "leaves a closed door": _leaves_a_closed_door,
}
_KINDS: dict[str, dict[str, Callable[[Stage], None]]] = {
    "list": {
        "reads all pages": _all_pages,
        "a failure between pages": _broken_between("status", status=500),
        "a cut between pages": _broken_between("cut"),
        "half a page": _broken_between("truncate"),
        "a page that is no JSON": _broken_between("malformed"),
    },
    "create": {
        "creates once": _once,
        "a cut after it took effect": _cut(True),
        "a cut before it took effect": _cut(False),
    },
    "call": {"is answered": _answered},
}
