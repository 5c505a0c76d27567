"""Quotas: windows that begin with a request or look back from it, in several scopes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.core.clock import EPOCH
from harness.core.exchange import Refused, Request, Response
from harness.core.pack import Pack
from harness.core.provider import Call
from harness.core.quirks import Quirks
from harness.core.quota import OFF, Quota, QuotaError, Quotas, Window
from harness.core.registry import Registry
from harness.core.sandbox import Sandbox

Ask = Callable[..., Response]


@pytest.fixture
def sandbox(registry: Registry) -> Sandbox:
    """A sandbox with real quotas whose clock stands still."""
    opened = registry.open(strict=False)
    opened.clock.tick = 0
    return opened


@pytest.fixture
def quotas(sandbox: Sandbox) -> Quotas:
    return sandbox.account("toy").quotas


def window(pack: Pack, name: str, kind: Any, limit: int = 2) -> Window:
    return Window(next(quota for quota in pack.quotas if quota.name == name), kind, limit)


def take(window: Window, *moments: int) -> list[bool]:
    """Whether a request at each moment is let through."""
    let = []
    for moment in moments:
        let.append(window.remaining(moment) > 0)
        if let[-1]:
            window.take(moment)
    return let


# Windows


def test_a_fixed_window_begins_with_its_first_request_and_ends_whole(pack: Pack) -> None:
    moments = (EPOCH, EPOCH + 59_000, EPOCH + 59_999, EPOCH + 60_000, EPOCH + 60_001, EPOCH + 60_002)
    assert take(window(pack, "all", "fixed"), *moments) == [True, True, False, True, True, False]


def test_a_sliding_window_looks_back_from_each_request(pack: Pack) -> None:
    moments = (EPOCH, EPOCH + 59_000, EPOCH + 59_999, EPOCH + 60_000, EPOCH + 60_001, EPOCH + 119_000)
    assert take(window(pack, "all", "sliding"), *moments) == [True, True, False, True, False, True]


@pytest.mark.parametrize("kind", ["fixed", "sliding"])
def test_a_window_says_when_it_lets_through_again(pack: Pack, kind: str) -> None:
    opened = window(pack, "all", kind)
    assert opened.resets_at(EPOCH) == EPOCH
    take(opened, EPOCH + 1, EPOCH + 2)
    assert opened.resets_at(EPOCH + 3) == EPOCH + 60_001


@pytest.mark.parametrize("kind", ["fixed", "sliding"])
def test_what_is_left_can_be_set(pack: Pack, kind: str) -> None:
    opened = window(pack, "all", kind, limit=5)
    opened.leave(1, EPOCH)
    assert take(opened, EPOCH, EPOCH) == [True, False]
    opened.leave(5, EPOCH)
    assert (opened.remaining(EPOCH), opened.opened) == (5, None)


@pytest.mark.parametrize("remaining", [-1, 6])
def test_no_more_can_be_left_than_the_limit(pack: Pack, remaining: int) -> None:
    with pytest.raises(QuotaError, match="0 to 5"):
        window(pack, "all", "fixed", limit=5).leave(remaining, EPOCH)


@pytest.mark.parametrize("kind", ["fixed", "sliding"])
def test_a_clock_set_back_opens_a_new_window(pack: Pack, kind: str) -> None:
    opened = window(pack, "all", kind)
    take(opened, EPOCH, EPOCH)
    assert opened.remaining(EPOCH - 1) == 2


@pytest.mark.parametrize("kind", ["fixed", "sliding"])
def test_a_copy_counts_apart(pack: Pack, kind: str) -> None:
    opened = window(pack, "all", kind)
    take(opened, EPOCH)
    twin = opened.copy()
    take(twin, EPOCH)
    assert (opened.remaining(EPOCH), twin.remaining(EPOCH)) == (1, 0)


@pytest.mark.parametrize(("kind", "other"), [("fixed", "sliding"), ("sliding", "fixed")])
def test_a_window_may_count_on_in_the_other_way(pack: Pack, kind: Any, other: Any) -> None:
    opened = window(pack, "all", kind)
    take(opened, EPOCH)
    opened.become(other)
    assert take(opened, EPOCH + 30_000, EPOCH + 30_001) == [True, False]
    opened.become(other)
    assert opened.remaining(EPOCH + 60_000) == (2 if other == "fixed" else 1)


# The quotas of an account


def statuses(ask: Ask, count: int, path: str = "/things", **options: str) -> list[int]:
    return [ask("GET", path, **options).status for _ in range(count)]


def test_all_quotas_count_at_once_and_the_first_that_is_full_refuses(ask: Ask, sandbox: Sandbox) -> None:
    assert statuses(ask, 4) == [200, 200, 200, 429]
    assert ask("GET", "/things").json()["quota"] == "operation"
    assert statuses(ask, 2, "/things/x") == [404, 429]
    assert ask("GET", "/things/x").json()["quota"] == "key"


def test_a_refused_request_counts_nowhere(ask: Ask, quotas: Quotas) -> None:
    statuses(ask, 9)
    assert quotas.window("all").remaining(EPOCH) == 2


def test_each_key_has_a_window_of_its_own(ask: Ask, sandbox: Sandbox) -> None:
    statuses(ask, 3)
    second = sandbox.account("toy").issue_key()
    sandbox.advance(1_000)
    assert statuses(ask, 2, key=second) == [200, 200]
    assert ask("GET", "/things").json()["quota"] == "all"


def test_a_full_window_says_when_it_ends(ask: Ask) -> None:
    statuses(ask, 3)
    assert ask("GET", "/things").json() == {"quota": "operation", "resets_at": EPOCH + 1_000}


def test_a_quota_follows_its_quirk(ask: Ask, sandbox: Sandbox) -> None:
    account = sandbox.account("toy")
    account.quirks.set(window="sliding")
    account.quotas.window("all").leave(0, sandbox.clock.now() - 30_000)
    assert ask("GET", "/things").json()["resets_at"] == EPOCH + 30_000
    sandbox.advance(30_000)
    assert ask("GET", "/things").status == 200


def test_a_limit_can_be_changed_while_a_window_is_open(ask: Ask, quotas: Quotas) -> None:
    statuses(ask, 1)
    quotas.set_limit("operation", 1)
    assert statuses(ask, 1) == [429]
    quotas.set_limit("operation", 2)
    assert statuses(ask, 2) == [200, 429]
    assert quotas.limit("operation") == 2


def test_open_windows_are_those_that_were_counted(ask: Ask, sandbox: Sandbox, quotas: Quotas) -> None:
    statuses(ask, 1)
    key = sandbox.account("toy").api_key
    assert [(name, scope) for name, scope, _ in quotas.open_windows()] == [
        ("all", ""),
        ("key", key),
        ("operation", "things.list"),
    ]
    assert list(quotas) == ["all", "key", "operation"]


def test_an_unknown_quota_is_refused_with_the_nearest(quotas: Quotas) -> None:
    with pytest.raises(QuotaError, match="did you mean 'operation'"):
        quotas.limit("operations")
    with pytest.raises(QuotaError, match="at least 0"):
        quotas.set_limit("all", -1)


def test_where_quotas_are_off_the_limit_is_out_of_reach(pack: Pack) -> None:
    quotas = Quotas({quota.name: quota for quota in pack.quotas}, Quirks(pack.contract.quirks), real=False)
    assert quotas.limit("all") == OFF
    quotas.set_limit("all", 1)
    assert quotas.window("all").remaining(EPOCH) == 1


def test_a_window_nobody_counted_in_is_whole(quotas: Quotas, ask: Ask) -> None:
    ask("GET", "/things")
    assert quotas.window("key", "another key").remaining(EPOCH) == 4


def test_a_fork_counts_on_apart(ask: Ask, sandbox: Sandbox) -> None:
    statuses(ask, 3)
    twin = sandbox.fork()
    assert twin.account("toy").quotas.window("operation", "things.list").remaining(EPOCH) == 0
    sandbox.account("toy").quotas.window("operation", "things.list").leave(3, EPOCH)
    assert twin.account("toy").quotas.window("operation", "things.list").remaining(EPOCH) == 0


def test_a_sliding_window_over_a_lowered_limit_says_when_enough_have_left_it() -> None:
    window = Window(Quota("all", limit=5, window=1_000, kind="sliding"), "sliding", 5)
    for now in (0, 100, 200, 300):
        window.take(now)
    window.limit = 2
    assert window.resets_at(400) == 1_200
    assert window.remaining(1_199) == 0
    assert window.remaining(1_200) == 1


def test_only_so_many_windows_are_kept(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.core.quota.MAX_WINDOWS", 10)
    quotas = sandbox.account("toy").quotas
    for number in range(100):
        quotas.window("key", f"k{number}")
    scopes = [scope for _, scope, _ in quotas.open_windows()]
    assert len(scopes) <= 10
    assert scopes[-1] == "k99"


# Limits that a quirk chooses


@pytest.fixture
def planned(pack: Pack) -> Registry:
    """The provider with a quota whose limit depends on its mood."""
    quota = Quota("plan", limit=2, window=60_000, chosen_by="mood", limits={"good": 3, "bad": None})
    return Registry({"toy": replace(pack, quotas=(quota,))})


def test_a_quirk_chooses_the_limit(planned: Registry) -> None:
    account = planned.open(quirks={"toy": {"mood": "good"}}).account("toy")
    assert (account.quotas.limit("plan"), account.quotas.window("plan").limit) == (3, 3)


def test_a_choice_may_mean_that_there_is_no_limit(planned: Registry) -> None:
    account = planned.open(quirks={"toy": {"mood": "bad"}}).account("toy")
    assert (account.quotas.limit("plan"), account.quotas.window("plan").remaining(EPOCH)) == (OFF, OFF)


def test_a_choice_that_is_not_named_has_the_usual_limit(pack: Pack) -> None:
    table = {"plan": Quota("plan", limit=2, window=1_000, chosen_by="mood", limits={"bad": 1})}
    assert Quotas(table, Quirks(pack.contract.quirks), real=True).limit("plan") == 2


def test_open_windows_follow_the_quirk_and_keep_what_they_counted(planned: Registry) -> None:
    account = planned.open().account("toy")
    window = account.quotas.window("plan")
    window.leave(1, EPOCH)
    account.quirks.set(mood="bad")
    account.quotas.follow_quirks()
    assert window.remaining(EPOCH) == OFF - 2
    account.quirks.set(mood="good")
    account.quotas.follow_quirks()
    assert window.remaining(EPOCH) == 1


def test_a_limit_that_was_set_wins_over_the_quirk(planned: Registry) -> None:
    account = planned.open().account("toy")
    account.quotas.window("plan")
    account.quotas.set_limit("plan", 7)
    account.quirks.set(mood="bad")
    account.quotas.follow_quirks()
    assert (account.quotas.limit("plan"), account.quotas.window("plan").limit) == (7, 7)


def test_where_quotas_are_off_no_quirk_chooses_a_limit(planned: Registry) -> None:
    account = planned.open(real_quotas=False).account("toy")
    assert (account.quotas.limit("plan"), account.quotas.window("plan").limit) == (OFF, OFF)


def test_a_restored_snapshot_has_the_limit_of_its_quirks(planned: Registry) -> None:
    sandbox = planned.open()
    account = sandbox.account("toy")
    account.quotas.window("plan").leave(1, EPOCH)
    sandbox.snapshot("before")
    account.quirks.set(mood="bad")
    account.quotas.follow_quirks()
    sandbox.restore("before")
    assert (account.quotas.limit("plan"), account.quotas.window("plan").remaining(EPOCH)) == (3, 1)


def test_a_copy_for_other_quirks_has_their_limits(planned: Registry) -> None:
    account = planned.open().account("toy")
    account.quotas.window("plan").leave(1, EPOCH)
    quirks = account.quirks.copy()
    quirks.set(mood="bad")
    twin = account.quotas.copy(quirks)
    assert (twin.limit("plan"), twin.window("plan").remaining(EPOCH)) == (OFF, OFF - 2)
    assert account.quotas.window("plan").remaining(EPOCH) == 1


@pytest.mark.parametrize("part", [{"limits": {"good": 1}}, {"chosen_by": "mood"}])
def test_limits_need_the_quirk_that_chooses_among_them(part: dict[str, Any]) -> None:
    with pytest.raises(QuotaError, match="belong together"):
        Quota("plan", limit=2, window=1_000, **part)


@pytest.mark.parametrize(
    ("quirk", "choice", "problem"),
    [("moods", "good", "quota plan: unknown quirk 'moods'"), ("mood", "goood", "did you mean 'good'")],
)
def test_a_limit_for_what_cannot_be_chosen_is_refused(pack: Pack, quirk: str, choice: str, problem: str) -> None:
    quota = Quota("plan", limit=2, window=1_000, chosen_by=quirk, limits={choice: 1})
    with pytest.raises(ValueError, match=problem):
        Registry({"toy": replace(pack, quotas=(quota,))}).provider("toy")


# What a handler counts


def test_a_handler_counts_where_only_it_knows_the_scope(pack: Pack) -> None:
    quota = Quota("names", limit=2, window=60_000, scope=lambda call: None)

    def create(call: Call) -> Response:
        if full := call.account.quotas.count("names", call.body["name"], call.now):
            raise Refused(call.pack.dialect.over_quota(call, full))
        return Response(204)

    handlers = {**pack.handlers, "things.create": create}
    registry = Registry({"toy": replace(pack, quotas=(quota,), handlers=handlers)})
    sandbox = registry.open()
    headers = [("x-toy-key", sandbox.account("toy").api_key)]

    def send(name: str) -> int:
        request = Request("POST", "/v1/things", headers=headers, body=b'{"name":"%s"}' % name.encode())
        return registry.provider("toy").handle(request).status

    assert [send(name) for name in ("a", "a", "b", "a", "b", "b")] == [204, 204, 204, 429, 204, 429]
    assert {scope for _, scope, _ in sandbox.account("toy").quotas.open_windows()} == {"a", "b"}
    sandbox.advance(60_000)
    assert send("a") == 204


def test_a_use_that_is_refused_is_not_counted(quotas: Quotas) -> None:
    quotas.set_limit("key", 1)
    assert quotas.count("key", "k", EPOCH) is None
    refusing = quotas.count("key", "k", EPOCH + 1)
    assert refusing is quotas.window("key", "k")
    assert refusing.resets_at(EPOCH + 1) == EPOCH + 60_000
    assert quotas.count("key", "k", EPOCH + 60_000) is None


def test_an_unknown_quota_cannot_be_counted_in(quotas: Quotas) -> None:
    with pytest.raises(QuotaError, match="did you mean 'operation'"):
        quotas.count("operations", "", EPOCH)
