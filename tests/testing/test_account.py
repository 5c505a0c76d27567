"""An account is the same whether it lives in this process or on a server."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

import harness

START = datetime(2026, 1, 15, 9, tzinfo=UTC)


def test_its_base_url_answers_any_client(notebook: harness.Account) -> None:
    answer = httpx.get(f"{notebook.base_url}/notes", headers=notebook.headers, trust_env=False)
    assert len(answer.json()["notes"]) == 40


def test_its_base_url_is_the_servers_address_and_the_providers_path(
    held: harness.Server, notebook: harness.Account
) -> None:
    assert notebook.base_url == f"{held.url}/notebook/v2"


def test_its_environment_names_address_and_key(notebook: harness.Account) -> None:
    assert notebook.env == {"NOTEBOOK_BASE_URL": notebook.base_url, "NOTEBOOK_API_KEY": notebook.api_key}


def test_its_client_has_address_and_credentials_set(notebook: harness.Account) -> None:
    with notebook.client() as client:
        assert len(client.get("/notes").json()["notes"]) == 40


def test_its_async_client_too(notebook: harness.Account) -> None:
    async def count() -> int:
        async with notebook.async_client() as client:
            return len((await client.get("/notes")).json()["notes"])

    assert asyncio.run(count()) == 40


def test_its_client_takes_options_of_httpx(notebook: harness.Account) -> None:
    with notebook.client(headers={"x-mark": "1"}, params={"page": "2"}) as client:
        client.get("/notes")
    (call,) = notebook.journal
    assert (call.request.headers["x-mark"], call.query) == ("1", "page=2")


def test_a_collection_is_read_in_the_providers_form(notebook: harness.Account) -> None:
    notes = notebook.collection("notes")
    first = next(iter(notes))
    assert (len(notes), len(list(notes))) == (40, 40)
    assert first["created_at"] == "2026-01-15T09:00:00.000Z"
    assert notes[first["id"]] == first
    assert notes.get(first["id"]) == first
    assert first["id"] in notes


def test_a_collection_is_read_anew_each_time(notebook: harness.Account) -> None:
    notes = notebook.collection("notes")
    with notebook.client() as client:
        new = client.post("/notes", json={"title": "new"}).json()["id"]
    assert (len(notes), notes[new]["title"]) == (41, "new")


def test_a_document_that_is_not_there_is_a_key_error_or_the_default(notebook: harness.Account) -> None:
    notes = notebook.collection("notes")
    with pytest.raises(KeyError, match="none"):
        notes["none"]
    assert (notes.get("none"), notes.get("none", 1), "none" in notes) == (None, 1, False)


def test_an_unknown_collection_is_refused_with_those_there_are(notebook: harness.Account) -> None:
    with pytest.raises(ValueError, match="did you mean 'notes'"):
        notebook.collection("note")


def test_a_long_collection_is_read_whole(held: harness.Server) -> None:
    with held.sandbox(world="crowd") as sandbox:
        notes = sandbox.notebook.collection("notes")
        assert len(notes) > 500
        assert len({note["id"] for note in notes}) == len(notes)


def test_a_seed_reaches_this_account(notebook: harness.Account) -> None:
    assert notebook.seed(contacts=[{"key": "new", "first_name": "New", "created": "-1d"}]) == {"notes": 1}
    assert notebook.state == {"notes": 41}


def test_a_quota_can_be_all_but_used_up_and_comes_back_with_time(
    sandbox: harness.Sandbox, notebook: harness.Account
) -> None:
    notebook.quotas["requests"].remaining = 1
    with notebook.client() as client:
        assert [client.get("/notes").status_code for _ in range(2)] == [200, 429]
        sandbox.clock.advance(minutes=5)
        assert client.get("/notes").status_code == 200


def test_a_quota_tells_limit_window_and_what_is_left(notebook: harness.Account) -> None:
    quota = notebook.quotas["requests"]
    assert (quota.limit, quota.remaining, quota.resets_at) == (1000, 1000, None)
    assert (quota.window, quota.kind) == (timedelta(minutes=5), "fixed")
    with notebook.client() as client:
        client.get("/notes")
    assert quota.remaining == 999
    assert quota.resets_at == START + timedelta(minutes=5, milliseconds=1)


def test_a_quotas_limit_can_be_set(notebook: harness.Account) -> None:
    notebook.quotas["requests"].limit = 2
    with notebook.client() as client:
        assert [client.get("/notes").status_code for _ in range(3)] == [200, 200, 429]


def test_an_unknown_quota_is_refused_with_those_there_are(notebook: harness.Account) -> None:
    assert list(notebook.quotas) == ["requests"]
    with pytest.raises(KeyError, match="did you mean 'requests'"):
        notebook.quotas["request"]


def test_a_quirk_is_a_switch(notebook: harness.Account) -> None:
    assert (dict(notebook.quirks), notebook.quirks.choices("titles")) == (
        {"titles": "as_sent"},
        ["as_sent", "upper"],
    )
    notebook.quirks["titles"] = "upper"
    with notebook.client() as client:
        assert client.post("/notes", json={"title": "loud"}).json()["title"] == "LOUD"
    notebook.quirks.set(titles="as_sent")
    assert notebook.quirks["titles"] == "as_sent"


def test_an_unknown_quirk_or_choice_is_refused_with_those_there_are(notebook: harness.Account) -> None:
    with pytest.raises(KeyError, match="did you mean 'titles'"):
        _ = notebook.quirks["title"]
    with pytest.raises(ValueError, match="did you mean 'titles'"):
        notebook.quirks["title"] = "upper"
    with pytest.raises(ValueError, match="did you mean 'upper'"):
        notebook.quirks["titles"] = "uper"


def test_a_job_is_moved_by_the_clock(sandbox: harness.Sandbox, notebook: harness.Account) -> None:
    with notebook.client() as client:
        made = client.post("/prints").json()["id"]
    assert (notebook.jobs[made].state, notebook.jobs[made].kind) == ("submitted", "print")
    sandbox.clock.advance("2m")
    assert (notebook.jobs[made].state, notebook.jobs[made].finished_at) == (
        "done",
        START + timedelta(minutes=2, milliseconds=1),
    )


def test_jobs_are_planned_by_polls_and_outcome(notebook: harness.Account) -> None:
    notebook.jobs.plan("print", progress="polls", polls=3, outcome="failed")
    with notebook.client() as client:
        made = client.post("/prints").json()["id"]
        states = [client.get(f"/prints/{made}").json()["state"] for _ in range(3)]
    assert states == ["running", "running", "failed"]


def test_a_job_is_settled_finished_and_expired_by_hand(notebook: harness.Account) -> None:
    with notebook.client() as client:
        one, other = (client.post("/prints").json()["id"] for _ in range(2))
    assert notebook.jobs.settle(one, "failed").state == "submitted"
    assert notebook.jobs.finish(one).state == "failed"
    assert notebook.jobs.finish(other).state == "done"
    assert notebook.jobs.expire(other).state == "expired"
    assert [job.state for job in notebook.jobs] == ["failed", "expired"]


def test_an_unknown_job_or_kind_is_refused_with_those_there_are(notebook: harness.Account) -> None:
    assert notebook.jobs.kinds == ["print"]
    with pytest.raises(ValueError, match="did you mean 'print'"):
        notebook.jobs.plan("prints")
    with pytest.raises(ValueError, match="job"):
        notebook.jobs.finish("none")
    with pytest.raises(KeyError, match="unknown job 'none'"):
        notebook.jobs["none"]


def test_keys_are_issued_and_revoked(notebook: harness.Account) -> None:
    first, second = notebook.api_key, notebook.issue_key()
    with notebook.client(headers={"X-API-KEY": second}) as client:
        assert client.get("/notes").status_code == 200
        notebook.revoke_key(second)
        assert client.get("/notes").status_code == 401
    notebook.issue_key()
    notebook.revoke_key(first)
    assert notebook.api_key not in (first, second)


def test_without_a_key_left_the_remedy_is_named(notebook: harness.Account) -> None:
    notebook.revoke_key(notebook.api_key)
    with pytest.raises(ValueError, match="issue_key"):
        _ = notebook.api_key
