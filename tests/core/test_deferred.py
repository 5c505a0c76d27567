"""Operations that defer their answer: what is done with the lock, what without, and what becomes of failures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from harness.core.deferred import Deferred, Pending
from harness.core.exchange import Refused, Request, Response, json_response
from harness.core.faults import Rule
from harness.core.pack import Pack
from harness.core.provider import Call, ContractBroken, Provider
from harness.core.registry import Registry
from harness.core.sandbox import Sandbox

Work = Callable[[], Any]
PATIENCE = 20


def provider_of(pack: Pack, handler: Callable[[Call], Any], *, strict: bool = True) -> tuple[Provider, Sandbox]:
    """The made-up provider whose things are listed by a handler that defers."""
    registry = Registry({"toy": replace(pack, handlers={**pack.handlers, "things.list": handler})})
    return registry.provider("toy"), registry.open(strict=strict, real_quotas=False)


def asked(sandbox: Sandbox) -> Request:
    return Request("GET", "/v1/things", headers=[("x-toy-key", sandbox.account("toy").api_key)])


def deferring(work: Work, finish: Callable[[Call, Any], Any] = lambda call, outcome: outcome) -> Any:
    def handle(call: Call) -> Deferred:
        call["things"].put({"id": "th_begun", "name": "begun"})
        return Deferred(work, finish)

    return handle


def kept(sandbox: Sandbox) -> list[str]:
    return [thing["id"] for thing in sandbox.account("toy").store["things"] if thing["id"].startswith("th_")]


def test_the_answer_is_made_of_the_outcome_of_the_work(pack: Pack) -> None:
    provider, sandbox = provider_of(pack, deferring(lambda: {"found": 1}))
    assert provider.handle(asked(sandbox)).json() == {"found": 1}
    assert [(each.operation, each.status) for each in sandbox.journal] == [("things.list", 200)]


def test_nothing_is_answered_before_it_is_completed(pack: Pack) -> None:
    provider, sandbox = provider_of(pack, deferring(dict))
    pending = provider.begin(asked(sandbox))
    assert isinstance(pending, Pending)
    assert not pending.blocking
    assert len(sandbox.journal) == 0
    assert pending.complete().status == 200


def test_the_work_holds_no_lock(pack: Pack) -> None:
    def work() -> dict[str, bool]:
        taken: list[bool] = []

        def take() -> None:
            taken.append(sandbox.lock.acquire(timeout=PATIENCE))
            sandbox.lock.release()

        other = threading.Thread(target=take)
        other.start()
        other.join()
        return {"taken": taken[0]}

    provider, sandbox = provider_of(pack, deferring(work))
    assert provider.handle(asked(sandbox)).json() == {"taken": True}


def test_the_work_may_ask_the_same_sandbox(pack: Pack) -> None:
    def work() -> dict[str, int]:
        request = asked(sandbox)
        request.path = "/v1/things/none"
        return {"status": provider.handle(request).status}

    provider, sandbox = provider_of(pack, deferring(work))
    assert provider.handle(asked(sandbox)).json() == {"status": 404}


def test_both_parts_are_units_of_work(pack: Pack) -> None:
    def finish(call: Call, outcome: Any) -> Any:
        call["things"].put({"id": "th_finished", "name": "finished"})
        raise Refused(json_response({}, 400))

    provider, sandbox = provider_of(pack, deferring(dict, finish), strict=False)
    assert provider.handle(asked(sandbox)).status == 400
    assert "th_begun" in kept(sandbox)
    assert "th_finished" not in kept(sandbox)


def test_time_goes_on_meanwhile(pack: Pack) -> None:
    def work() -> None:
        sandbox.advance(5_000)

    provider, sandbox = provider_of(pack, deferring(work, lambda call, outcome: {"now": call.now}))
    before = sandbox.clock.now()
    assert provider.handle(asked(sandbox)).json()["now"] >= before + 5_000


def broken() -> None:
    raise RuntimeError("nobody is there\nand more")


def test_a_failure_of_the_work_is_that_of_a_handler(pack: Pack) -> None:
    provider, sandbox = provider_of(pack, deferring(broken), strict=False)
    assert provider.handle(asked(sandbox)).status == 500
    (exchange,) = sandbox.journal
    assert exchange.note == "the handler failed: RuntimeError: nobody is there"


def test_a_strict_sandbox_raises_it_and_keeps_the_exchange(pack: Pack) -> None:
    provider, sandbox = provider_of(pack, deferring(broken))
    with pytest.raises(RuntimeError, match="nobody is there"):
        provider.handle(asked(sandbox))
    assert [each.status for each in sandbox.journal] == [500]


def test_a_strict_sandbox_checks_the_answer(pack: Pack) -> None:
    provider, sandbox = provider_of(pack, deferring(lambda: [1, 2]))
    with pytest.raises(ContractBroken):
        provider.handle(asked(sandbox))


def test_an_answer_is_deferred_once(pack: Pack) -> None:
    provider, sandbox = provider_of(pack, deferring(dict, lambda call, outcome: Deferred(dict, lambda *_: {})))
    with pytest.raises(TypeError, match="deferred its answer twice"):
        provider.handle(asked(sandbox))


@pytest.mark.parametrize(
    ("rule", "works", "effect"),
    [
        ({"effect": "status", "status": 503}, 0, None),
        ({"effect": "cut", "handled": False}, 0, "cut"),
        ({"effect": "cut"}, 1, "cut"),
        ({"effect": "truncate", "bytes": 1}, 1, "truncate"),
        ({"effect": "latency", "seconds": 3}, 1, "delay"),
        ({"effect": "malformed"}, 1, None),
    ],
)
def test_faults_strike_before_the_work_or_spoil_its_answer(
    pack: Pack, rule: Mapping[str, Any], works: int, effect: str | None
) -> None:
    done: list[int] = []
    provider, sandbox = provider_of(pack, deferring(lambda: {"done": done.append(1)}))
    sandbox.account("toy").faults.add([Rule.read({"operation": "things.list", **rule})])
    response: Response = provider.handle(asked(sandbox))
    assert len(done) == works
    assert (response.effect.kind if response.effect else None) == effect
    assert [each.fault for each in sandbox.journal] == [f"fault-1 {rule['effect']}"]
