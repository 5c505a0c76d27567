"""Interception beside vcrpy: a user's cassettes around it, inside it, before and after it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
import requests
import vcr

import harness

URL = "https://api.notebook.example/v2/notes"
OTHER = "https://weather.example/today"
KEY = {"X-API-KEY": "real"}


def recording(folder: Path, **answers: str) -> Path:
    """A cassette with one answer to a GET of each address."""
    file = folder / "cassette.json"
    interactions = [
        {
            "request": {"method": "GET", "uri": url, "body": None, "headers": {}},
            "response": {
                "status": {"code": 200, "message": "OK"},
                "headers": {"content-type": ["text/plain"]},
                "body": {"string": text},
            },
        }
        for url, text in answers.items()
    ]
    file.write_text(json.dumps({"version": 1, "interactions": interactions}))
    return file


def cassette(file: Path, mode: str = "none", **options: Any) -> Any:
    options |= {"serializer": "json", "match_on": ["uri", "method"], "allow_playback_repeats": True}
    return vcr.use_cassette(str(file), record_mode=mode, **options)


def by_requests(url: str) -> str:
    return requests.get(url, headers=KEY).text


def by_httpx(url: str) -> str:
    return httpx.get(url, headers=KEY).text


def by_async_httpx(url: str) -> str:
    async def run() -> str:
        async with httpx.AsyncClient(headers=KEY) as client:
            return (await client.get(url)).text

    return asyncio.run(run())


def by_aiohttp(url: str) -> str:
    async def run() -> str:
        async with aiohttp.ClientSession(headers=KEY) as session, session.get(url) as answer:
            return await answer.text()

    return asyncio.run(run())


@pytest.fixture(params=[by_requests, by_httpx, by_async_httpx, by_aiohttp], ids=lambda function: function.__name__)
def get(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def notebook(server: harness.Server) -> Any:
    with server.sandbox() as sandbox:
        yield sandbox.notebook


def test_a_cassette_around_it_keeps_the_other_hosts(get: Any, notebook: harness.Account, tmp_path: Path) -> None:
    file = recording(tmp_path, **{OTHER: "sunny", URL: "recorded"})
    with cassette(file):
        assert get(URL) == "recorded"
        with notebook.intercept():
            assert len(json.loads(get(URL))["notes"]) == 40
            assert get(OTHER) == "sunny"
        assert get(URL) == "recorded"
        assert get(OTHER) == "sunny"


def test_a_cassette_around_it_records_nothing_of_the_account(
    get: Any, notebook: harness.Account, tmp_path: Path
) -> None:
    file = tmp_path / "new.json"
    with cassette(file, "new_episodes"), notebook.intercept():
        assert len(json.loads(get(URL))["notes"]) == 40
    assert not file.exists()
    assert len(notebook.journal) == 1


def test_a_cassette_inside_plays_what_it_has(get: Any, notebook: harness.Account, tmp_path: Path) -> None:
    file = recording(tmp_path, **{OTHER: "sunny", URL: "recorded"})
    with notebook.intercept():
        with cassette(file):
            assert (get(OTHER), get(URL)) == ("sunny", "recorded")
        assert len(json.loads(get(URL))["notes"]) == 40


def test_a_cassette_inside_asks_the_account_for_what_it_has_not(
    get: Any, notebook: harness.Account, tmp_path: Path
) -> None:
    file = recording(tmp_path, **{OTHER: "sunny"})
    with notebook.intercept(), cassette(file, "new_episodes"):
        assert len(json.loads(get(URL))["notes"]) == 40
        assert get(OTHER) == "sunny"
    assert len(notebook.journal) == 1


def test_cassettes_work_as_ever_afterwards(get: Any, notebook: harness.Account, tmp_path: Path) -> None:
    with notebook.intercept():
        get(URL)
    with cassette(recording(tmp_path, **{URL: "recorded"})):
        assert get(URL) == "recorded"


def test_vcrpy_may_be_imported_inside() -> None:
    program = (
        "import asyncio, aiohttp, httpx, harness\n"
        "url = 'https://api.superchat.com/v1.0/me'\n"
        "async def get():\n"
        "    async with aiohttp.ClientSession(headers={'X-API-KEY': 'k'}) as session, session.get(url) as answer:\n"
        "        return answer.status\n"
        "real = aiohttp.ClientSession._request, httpx.HTTPTransport.handle_request\n"
        "with harness.sandbox() as sandbox, sandbox.superchat.intercept():\n"
        "    import vcr.patch\n"
        "    print(asyncio.run(get()))\n"
        "print((vcr.patch._AiohttpClientSessionRequest, vcr.patch._HttpxHttpTransport_handle_request) == real)\n"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["200", "True"]


def test_an_account_on_another_server_answers_inside_and_around_one_that_ignores_loopback(
    get: Any, elsewhere: harness.Server, tmp_path: Path
) -> None:
    old, new = recording(tmp_path), tmp_path / "new.json"
    with elsewhere.sandbox() as sandbox:
        with cassette(old, ignore_localhost=True), sandbox.notebook.intercept():
            assert len(json.loads(get(URL))["notes"]) == 40
        with sandbox.notebook.intercept(), cassette(new, "new_episodes", ignore_localhost=True):
            assert len(json.loads(get(URL))["notes"]) == 40
    recorded = json.loads(new.read_text())["interactions"]
    assert [interaction["request"]["uri"] for interaction in recorded] == [URL]


def test_a_body_and_parameters_go_past_a_cassette_around_it(notebook: harness.Account, tmp_path: Path) -> None:
    with cassette(recording(tmp_path)), notebook.intercept():
        made = requests.post(URL, headers=KEY, json={"title": "a"})
        streamed = requests.post(
            URL, headers={**KEY, "Content-Type": "application/json"}, data=iter([b'{"title":"b"}'])
        )
        requests.get(URL, headers=KEY, params=[("tag", "x"), ("tag", "y")])
        head = requests.head(URL, headers=KEY)
    assert (made.status_code, made.json()["title"], streamed.json()["title"]) == (201, "a", "b")
    assert (head.status_code, head.content) == (200, b"")
    assert notebook.journal[2].query == "tag=x&tag=y"
