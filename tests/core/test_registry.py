"""The registry: which sandbox a key belongs to; and the way from a request to its answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.core.clock import EPOCH, HOUR, Clock
from harness.core.exchange import Request, Response
from harness.core.pack import Pack
from harness.core.provider import NEAREST, Call, ContractBroken, Provider
from harness.core.quirks import QuirkError
from harness.core.registry import DEFAULT, Registry, installed
from harness.core.sandbox import Sandbox, SandboxError
from harness.core.unit import Unit

Ask = Callable[..., Response]


class Machine:
    """A machine whose time is set by hand."""

    time = 0

    def __call__(self) -> int:
        return self.time


def things(sandbox: Sandbox) -> int:
    return len(sandbox.account("toy").store["things"])


# Packs


def test_the_packs_are_those_it_was_given(registry: Registry, pack: Pack) -> None:
    assert registry.names() == ["toy"]
    assert registry.pack("toy") is pack
    assert registry.provider("toy") is registry.provider("toy")


def test_an_unknown_provider_is_refused_with_the_nearest(registry: Registry) -> None:
    with pytest.raises(SandboxError, match="did you mean 'toy'"):
        registry.pack("toys")


def test_without_packs_it_has_those_that_are_installed() -> None:
    assert Registry().names() == sorted(installed())


def test_handlers_and_operations_match_one_to_one(pack: Pack) -> None:
    handlers = dict(pack.handlers)
    handlers["things.delete"] = handlers.pop("things.get")
    with pytest.raises(ValueError, match=r"do not match: things\.delete, things\.get"):
        Registry({"toy": replace(pack, handlers=handlers)}).provider("toy")


# Sandboxes


def test_a_sandbox_is_frozen_at_the_epoch_with_the_default_world(registry: Registry) -> None:
    sandbox = registry.open()
    assert (sandbox.clock.now(), sandbox.clock.mode, sandbox.world.name) == (EPOCH, "frozen", "support_desk")
    assert things(sandbox) == 40


def test_sandboxes_have_ids_of_their_own_or_one_that_was_asked_for(registry: Registry) -> None:
    assert [registry.open().id, registry.open(id="mine").id, registry.open().id] == ["sb-1", "mine", "sb-3"]
    assert registry.sandbox("mine").id == "mine"


@pytest.mark.parametrize("id", ["a b", "-a", "a/b", "ü", "a" * 101, "../x"])
def test_an_id_that_is_none_is_refused(registry: Registry, id: str) -> None:
    with pytest.raises(SandboxError, match="not a sandbox id"):
        registry.open(id=id)


def test_an_id_is_open_once(registry: Registry) -> None:
    registry.open(id="mine")
    with pytest.raises(SandboxError, match="'mine' is open already"):
        registry.open(id="mine")


def test_an_unknown_sandbox_is_refused_with_the_nearest(registry: Registry) -> None:
    registry.open(id="mine")
    with pytest.raises(SandboxError, match="did you mean 'mine'"):
        registry.sandbox("mime")


def test_there_are_only_so_many_sandboxes(pack: Pack) -> None:
    registry = Registry({"toy": pack}, max_sandboxes=1)
    registry.open(id="first")
    with pytest.raises(SandboxError, match="which is the maximum"):
        registry.open()
    registry.close("first")
    registry.open()


def test_a_sandbox_with_a_wrong_quirk_is_not_opened(registry: Registry) -> None:
    with pytest.raises(QuirkError):
        registry.open(id="odd", quirks={"toy": {"mood": "sad"}})
    with pytest.raises(SandboxError):
        registry.open(id="odd", quirks={"toys": {}})
    assert registry.sandboxes == {}


def test_sandboxes_do_not_see_each_other(registry: Registry) -> None:
    first, second = registry.open(), registry.open()
    with first.account("toy").unit() as unit:
        unit["things"].insert({"id": "th_1", "name": "mine"})
    assert (things(first), things(second)) == (41, 40)


def test_sandboxes_that_are_idle_too_long_are_closed_but_for_the_default(pack: Pack) -> None:
    machine = Machine()
    registry = Registry({"toy": pack}, idle_limit=HOUR, now=machine)
    for id in (DEFAULT, "idle"):
        registry.open(id=id)
    machine.time += HOUR + 1
    registry.open(id="new")
    assert sorted(registry.sandboxes) == ["default", "new"]


def test_a_request_keeps_a_sandbox_from_idling(pack: Pack) -> None:
    machine = Machine()
    registry = Registry({"toy": pack}, idle_limit=HOUR, now=machine)
    key = registry.open(id="busy").account("toy").api_key
    for _ in range(3):
        machine.time += HOUR
        registry.provider("toy").handle(Request("GET", "/v1/things", headers=[("x-toy-key", key)]))
        registry.expire()
    assert "busy" in registry.sandboxes


# Keys


def test_a_key_opens_the_account_it_was_made_for(registry: Registry) -> None:
    first, second = registry.open(), registry.open()
    for sandbox in (first, second):
        account = sandbox.account("toy")
        assert registry.by_key("toy", account.api_key) is account
        assert registry.by_link("toy", account.link_token) is account
    assert first.account("toy").api_key != second.account("toy").api_key


def test_keys_are_the_same_in_every_run(pack: Pack) -> None:
    keys = [Registry({"toy": pack}).open().account("toy").api_key for _ in range(2)]
    assert keys[0] == keys[1]


def test_the_default_sandbox_has_the_key_that_never_changes(pack: Pack) -> None:
    first, second = Registry({"toy": pack}), Registry({"toy": pack})
    second.open()
    keys = [registry.open(id=DEFAULT).account("toy").api_key for registry in (first, second)]
    assert keys[0] == keys[1]


def test_a_secret_makes_other_keys_and_links(pack: Pack) -> None:
    plain, secret = (Registry({"toy": pack}, secret=secret).open().account("toy") for secret in (b"", b"s"))
    assert plain.api_key != secret.api_key
    assert plain.link_token != secret.link_token


def test_a_closed_sandboxs_keys_and_links_open_nothing(registry: Registry) -> None:
    account = registry.open(id="mine").account("toy")
    keys = [account.api_key, account.issue_key()]
    registry.close("mine")
    assert [registry.by_key("toy", key) for key in keys] == [None, None]
    assert registry.by_link("toy", account.link_token) is None


def test_a_revoked_key_opens_nothing_and_the_others_still_do(registry: Registry) -> None:
    account = registry.open().account("toy")
    first, second = account.api_key, account.issue_key()
    account.revoke_key(first)
    assert (registry.by_key("toy", first), registry.by_key("toy", second)) == (None, account)
    assert account.api_key == second
    with pytest.raises(SandboxError, match="not a key"):
        account.revoke_key(first)


def test_an_account_without_keys_says_so(registry: Registry) -> None:
    account = registry.open().account("toy")
    account.revoke_key(account.api_key)
    with pytest.raises(SandboxError, match="issue one"):
        _ = account.api_key


def test_a_key_is_made_for_its_roles(pack: Pack) -> None:
    def make_key(seed: str, roles: tuple[str, ...] | None) -> str:
        return f"{seed[:4]} {'all' if roles is None else ','.join(roles)}"

    account = Registry({"toy": replace(pack, make_key=make_key)}).open().account("toy")
    keys = [account.api_key, account.issue_key(), account.issue_key(("org.read", "org.write")), account.issue_key(())]
    assert [key.partition(" ")[2] for key in keys] == ["all", "all", "org.read,org.write", ""]
    assert len({key[:4] for key in keys}) == 4


# From a request to its answer


def test_a_request_is_answered_and_kept(ask: Ask, sandbox: Sandbox) -> None:
    response = ask("POST", "/things", b'{"name":"a"}')
    assert (response.status, response.json()["name"]) == (200, "a")
    (kept,) = sandbox.journal
    assert (kept.operation, kept.status, kept.at, kept.note) == ("things.create", 200, EPOCH + 1, None)
    assert (kept.request_body, kept.response_body) == (b'{"name":"a"}', response.body)


@pytest.mark.parametrize(("key", "status"), [(None, 401), ("toy-nobody", 403)])
def test_without_a_valid_key_the_dialect_answers(provider: Provider, key: str | None, status: int) -> None:
    headers = [("x-toy-key", key)] if key else []
    assert provider.handle(Request("GET", "/v1/things", headers=headers)).status == status


def test_an_unknown_path_is_answered_with_the_nearest_operation(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.account("toy").quirks.set(mood="bad")
    response = ask("GET", "/thing")
    assert (response.status, response.json()) == (404, {"allowed": [], "mood": "bad"})
    assert response.header(NEAREST) == "things.list: GET /v1/things"
    assert [each.note for each in sandbox.journal] == ["nearest things.list: GET /v1/things"]


def test_an_unknown_method_is_answered_with_those_there_are(ask: Ask) -> None:
    response = ask("PATCH", "/things")
    assert (response.status, response.json()["allowed"]) == (405, ["GET", "POST"])


def test_an_unknown_path_without_a_key_is_kept_apart(provider: Provider, registry: Registry) -> None:
    assert provider.handle(Request("GET", "/v1/thing")).json()["mood"] == "good"
    assert [each.status for each in registry.unclaimed] == [404]


def test_a_wrong_request_is_answered_by_the_dialect_and_noted(ask: Ask, sandbox: Sandbox) -> None:
    response = ask("POST", "/things", b"{}")
    assert response.status == 400
    (kept,) = sandbox.journal
    assert (kept.note or "").startswith("invalid: body: ")


@pytest.mark.parametrize("name", ["refused", "broken"])
def test_what_ends_early_leaves_no_trace(registry: Registry, provider: Provider, name: str) -> None:
    sandbox = registry.open(strict=False, real_quotas=False)
    account = sandbox.account("toy")
    before = account.store.dump()
    headers = [("x-toy-key", account.api_key)]
    body = b'{"name":"%s"}' % name.encode()
    response = provider.handle(Request("POST", "/v1/things", headers=headers, body=body))
    assert response.status == (400 if name == "refused" else 500)
    assert account.store.dump() == before


def test_a_broken_handler_is_raised_where_it_is_strict(ask: Ask) -> None:
    with pytest.raises(RuntimeError, match="the handler is broken"):
        ask("POST", "/things", b'{"name":"broken"}')


def test_a_call_whose_handler_was_raised_is_journalled_as_a_failure(ask: Ask, sandbox: Sandbox) -> None:
    with pytest.raises(RuntimeError):
        ask("POST", "/things", b'{"name":"broken"}')
    (call,) = sandbox.journal
    assert (call.operation, call.status, call.request_body) == ("things.create", 500, b'{"name":"broken"}')
    assert call.note == "the handler failed: RuntimeError: the handler is broken"


def test_an_answer_that_is_no_json_leaves_no_trace(pack: Pack) -> None:
    def handler(call: Call) -> object:
        call["things"].insert({"id": "t_1", "name": "new"})
        return object()

    own = Registry({"toy": replace(pack, handlers={**pack.handlers, "things.create": handler})})
    account = own.open(strict=False, real_quotas=False).account("toy")
    before = account.store.dump()
    request = Request("POST", "/v1/things", headers=[("x-toy-key", account.api_key)], body=b'{"name":"x"}')
    assert own.provider("toy").handle(request).status == 500
    assert account.store.dump() == before


def test_an_answer_against_the_contract_is_raised_where_it_is_strict(ask: Ask, sandbox: Sandbox) -> None:
    with pytest.raises(ContractBroken, match=r"things\.create answered 200 against its contract"):
        ask("POST", "/things", b'{"name":"odd"}')
    assert len(sandbox.journal) == 1


def test_observers_see_every_exchange(ask: Ask, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(Registry, "observers", [seen.append])
    ask("GET", "/things")
    provider.handle(Request("GET", "/v1/things"))
    ask("GET", "/thing")
    assert [(each.operation, each.status) for each in seen] == [("things.list", 200), ("things.list", 401), (None, 404)]


# Due events


def test_a_due_event_has_happened_before_the_request_that_comes_after_it(ask: Ask, sandbox: Sandbox) -> None:
    with sandbox.account("toy").unit() as unit:
        unit.schedule("rename", unit.now + 1_000, "th_1", name="renamed")
    assert ask("GET", "/things/th_1").status == 404
    sandbox.clock.set(EPOCH + 999)
    response = ask("GET", "/things/th_1")
    assert response.json()["name"] == "renamed"


def test_due_events_run_in_the_order_of_their_moments(sandbox: Sandbox) -> None:
    account = sandbox.account("toy")
    with account.unit() as unit:
        for wait in (3_000, 1_000, 2_000):
            unit.schedule("rename", unit.now + wait, f"th_{wait}", name=str(wait))
    sandbox.advance(2_500)
    assert [thing["name"] for thing in account.store["things"] if "at" in thing] == ["1000", "2000"]
    assert sandbox.next_due() == EPOCH + 3_000
    assert sandbox.advance_to_next()
    assert sandbox.clock.now() == EPOCH + 3_000
    assert not sandbox.advance_to_next()


def test_scheduling_again_moves_and_unscheduling_calls_off(sandbox: Sandbox) -> None:
    account = sandbox.account("toy")
    with account.unit() as unit:
        unit.schedule("rename", unit.now + 1_000, "th_1", name="early")
        unit.schedule("rename", unit.now + 2_000, "th_1", name="late")
        unit.schedule("rename", unit.now + 500, "th_2", name="never")
        unit.unschedule("rename", "th_2")
    sandbox.advance(5_000)
    assert [thing["name"] for thing in account.store["things"] if "at" in thing] == ["late"]


def test_a_clock_set_back_runs_nothing_again(sandbox: Sandbox) -> None:
    account = sandbox.account("toy")
    with account.unit() as unit:
        unit.schedule("rename", unit.now + 1_000, "th_1", name="once")
    sandbox.set_time(EPOCH + 2_000)
    sandbox.set_time(EPOCH)
    assert (sandbox.clock.now(), sandbox.next_due()) == (EPOCH, None)


# Snapshots, resets and forks


def rename_all(sandbox: Sandbox) -> None:
    with sandbox.account("toy").unit() as unit:
        for thing in list(unit["things"]):
            unit["things"].replace({**thing, "name": "changed"})


def test_a_snapshot_brings_back_documents_clock_quirks_and_quotas(ask: Ask, sandbox: Sandbox) -> None:
    account = sandbox.account("toy")
    sandbox.snapshot("before")
    documents = account.store.dump()
    rename_all(sandbox)
    account.quirks.set(mood="bad")
    account.quotas.set_limit("all", 1)
    ask("GET", "/things")
    sandbox.advance(HOUR)
    sandbox.restore("before")
    assert account.store.dump() == documents
    assert (sandbox.clock.now(), account.quirks["mood"], len(sandbox.journal)) == (EPOCH, "good", 1)
    assert account.quotas.limit("all") > 1
    assert sandbox.snapshots() == ["before"]


def test_a_snapshot_can_be_restored_more_than_once(sandbox: Sandbox) -> None:
    sandbox.account("toy")
    sandbox.snapshot("before")
    for _ in range(2):
        rename_all(sandbox)
        sandbox.restore("before")
        assert "changed" not in [thing["name"] for thing in sandbox.account("toy").store["things"]]


def test_an_unknown_snapshot_is_refused_with_the_nearest(sandbox: Sandbox) -> None:
    sandbox.snapshot("before")
    with pytest.raises(SandboxError, match="did you mean 'before'"):
        sandbox.restore("befor")


def test_a_reset_is_as_opened_but_keeps_keys_and_snapshots(ask: Ask, sandbox: Sandbox) -> None:
    account = sandbox.account("toy")
    second = account.issue_key()
    sandbox.snapshot("kept")
    ask("POST", "/things", b'{"name":"a"}')
    sandbox.advance(HOUR)
    account.quirks.set(mood="bad")
    sandbox.reset()
    assert (things(sandbox), sandbox.clock.now(), account.quirks["mood"]) == (40, EPOCH, "good")
    assert (len(sandbox.journal), sandbox.snapshots()) == (0, ["kept"])
    assert ask("GET", "/things", key=second).status == 200


def test_a_fork_has_the_same_state_new_keys_and_an_empty_journal(ask: Ask, sandbox: Sandbox) -> None:
    ask("POST", "/things", b'{"name":"a"}')
    sandbox.account("toy").quirks.set(mood="bad")
    twin = sandbox.fork()
    assert (things(twin), len(twin.journal), twin.clock.now()) == (41, 0, EPOCH + 1)
    assert twin.account("toy").quirks["mood"] == "bad"
    assert twin.account("toy").api_key != sandbox.account("toy").api_key
    rename_all(twin)
    assert "changed" not in [thing["name"] for thing in sandbox.account("toy").store["things"]]


def test_snapshots_in_a_data_folder_outlive_the_process(pack: Pack, tmp_path: Path) -> None:
    sandbox = Registry({"toy": pack}, data_dir=tmp_path).open(id="mine", clock=Clock(EPOCH + HOUR))
    rename_all(sandbox)
    sandbox.account("toy").quirks.set(mood="bad")
    sandbox.snapshot("kept")
    later = Registry({"toy": pack}, data_dir=tmp_path).open(id="mine")
    assert later.snapshots() == ["kept"]
    later.restore("kept")
    account = later.account("toy")
    assert {thing["name"] for thing in account.store["things"]} == {"changed"}
    assert (later.clock.now(), account.quirks["mood"]) == (EPOCH + HOUR, "bad")


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"accounts": {}}'])
def test_a_file_that_is_no_snapshot_is_refused_by_its_name(pack: Pack, tmp_path: Path, content: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "odd.json").write_text(content)
    sandbox = Registry({"toy": pack}, data_dir=tmp_path).open(id="mine")
    with pytest.raises(SandboxError, match=r"odd\.json is not a snapshot"):
        sandbox.restore("odd")


@pytest.mark.parametrize("name", ["../x", "a/b", ""])
def test_a_snapshot_name_that_is_no_file_name_is_refused(pack: Pack, tmp_path: Path, name: str) -> None:
    sandbox = Registry({"toy": pack}, data_dir=tmp_path).open(id="mine")
    with pytest.raises(SandboxError):
        sandbox.snapshot(name)
    assert list(tmp_path.rglob("*.json")) == []


def test_an_account_opened_after_a_snapshot_is_as_opened_when_it_is_restored(ask: Ask, sandbox: Sandbox) -> None:
    sandbox.snapshot("before")
    account = sandbox.account("toy")
    ask("POST", "/things", b'{"name":"a"}')
    account.quirks.set(mood="bad")
    account.quotas.set_limit("all", 1)
    sandbox.restore("before")
    assert (things(sandbox), account.quirks["mood"]) == (40, "good")
    assert account.quotas.limit("all") > 1


def test_a_live_clock_goes_back_to_the_moment_of_the_snapshot_and_runs_on(pack: Pack) -> None:
    machine = Machine()
    sandbox = Registry({"toy": pack}, now=machine).open(clock=Clock(EPOCH, mode="live", source=machine))
    sandbox.snapshot("before")
    machine.time += 60_000
    sandbox.restore("before")
    assert sandbox.clock.now() == EPOCH
    machine.time += 1_000
    assert sandbox.clock.now() == EPOCH + 1_000


def test_a_snapshot_of_another_format_is_refused(pack: Pack, tmp_path: Path) -> None:
    sandbox = Registry({"toy": pack}, data_dir=tmp_path).open(id="mine")
    sandbox.snapshot("kept")
    file = tmp_path / "mine" / "kept.json"
    file.write_text(file.read_text().replace('"format":1', '"format":2'))
    later = Registry({"toy": pack}, data_dir=tmp_path).open(id="mine")
    with pytest.raises(SandboxError, match=r"kept\.json is not a snapshot of this version"):
        later.restore("kept")


def test_a_snapshot_brings_its_own_world_along(pack: Pack, tmp_path: Path) -> None:
    sandbox = Registry({"toy": pack}, data_dir=tmp_path).open(id="mine")
    sandbox.snapshot("kept")
    later = Registry({"toy": pack}, data_dir=tmp_path).open(id="mine", world="empty")
    later.restore("kept")
    assert later.known["title"] == sandbox.known["title"]


def test_a_data_folder_that_cannot_be_written_is_named(pack: Pack, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    sandbox = Registry({"toy": pack}, data_dir=tmp_path / "file").open(id="mine")
    with pytest.raises(SandboxError, match=r"kept\.json.*data folder"):
        sandbox.snapshot("kept")
    assert sandbox.snapshots() == []


# What must not grow


def test_only_so_many_templates_are_kept(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    projected: list[str] = []

    def seed(unit: Unit, world: Any) -> None:
        projected.append(world["name"])
        pack.seed(unit, world)

    monkeypatch.setattr("harness.core.registry.MAX_TEMPLATES", 2)
    registry = Registry({"toy": replace(pack, seed=seed)})
    for epoch in (1, 2, 1, 3, 1, 2):
        registry.open(clock=Clock(EPOCH + epoch)).account("toy")
    assert len(projected) == 4


def test_registries_that_share_templates_project_a_world_once(pack: Pack) -> None:
    projected: list[str] = []

    def seed(unit: Unit, world: Any) -> None:
        projected.append(world["name"])
        pack.seed(unit, world)

    first, second = (Registry({"toy": replace(pack, seed=seed)}) for _ in range(2))
    second.share_templates(first)
    for registry in (second, first, second):
        registry.open().account("toy")
    assert len(projected) == 1


def test_an_account_opened_in_a_closed_sandbox_claims_no_key(registry: Registry) -> None:
    sandbox = registry.open()
    registry.close(sandbox.id)
    account = sandbox.account("toy")
    assert registry.by_key("toy", account.api_key) is None
    assert registry.by_key("toy", account.issue_key()) is None
    assert registry.by_link("toy", account.link_token) is None


def test_sandboxes_are_closed_while_others_open_accounts_in_them(registry: Registry) -> None:
    failed: list[BaseException] = []

    def use(sandbox: Sandbox) -> None:
        try:
            for _ in range(200):
                sandbox.account("toy").issue_key()
        except BaseException as error:
            failed.append(error)

    opened = [registry.open() for _ in range(8)]
    threads = [threading.Thread(target=use, args=(sandbox,)) for sandbox in opened]
    for thread in threads:
        thread.start()
    for sandbox in opened:
        registry.close(sandbox.id)
    for thread in threads:
        thread.join()
    assert not failed
    keys = [key for sandbox in opened for key in sandbox.account("toy").keys]
    assert [key for key in keys if registry.by_key("toy", key)] == []


# Due events that need the account, or fail


def test_a_due_event_may_make_links_of_its_account(pack: Pack) -> None:
    tokens: list[str] = []
    due = {"rename": lambda unit, ref, payload: tokens.append(unit.link_token)}
    sandbox = Registry({"toy": replace(pack, due=due)}).open()
    account = sandbox.account("toy")
    with account.unit() as unit:
        unit.schedule("rename", unit.now + 1, "x")
    sandbox.advance(10)
    assert tokens == [account.link_token]


@pytest.mark.parametrize("strict", [True, False])
def test_a_due_event_that_fails_is_raised_where_it_is_strict_and_else_hinders_nobody(pack: Pack, strict: bool) -> None:
    sandbox = Registry({"toy": pack}).open(strict=strict)
    with sandbox.account("toy").unit() as unit:
        unit.schedule("rename", EPOCH + 1, "x")  # without the name that the handler needs
        unit.schedule("rename", EPOCH + 2, "y", name="later")
    if strict:
        with pytest.raises(KeyError):
            sandbox.advance(10)
    else:
        sandbox.advance(10)
        assert sandbox.clock.now() == EPOCH + 10
        assert sandbox.account("toy").store["things"]["y"]["name"] == "later"
