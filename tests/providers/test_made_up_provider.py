"""A provider of one's own is a distribution with an entry point: nothing of the harness changes for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

PACK = '''
"""Diary: a provider of one resource."""

from pathlib import Path

from harness.core.exchange import Refused, json_response
from harness.core.pack import Pack
from harness.core.store import Order, Schema


def refusal(status, text):
    return json_response({"problem": text}, status)


class Dialect:
    def missing_credential(self, request):
        return refusal(401, "no key")

    def unknown_credential(self, request):
        return refusal(401, "unknown key")

    def unknown_route(self, request, allowed, quirks):
        return refusal(405 if allowed else 404, "no such page")

    def over_quota(self, call, window):
        return refusal(429, "slow down")

    def invalid(self, call, violations):
        return refusal(400, str(violations[0]))

    def failure(self, request, status):
        return refusal(status, "broken")


def list_entries(call):
    return {"entries": [entry.document for entry in call["entries"].range("text")]}


def create_entry(call):
    entry = {"id": call.new_id("entry"), "text": call.body["text"]}
    call["entries"].insert(entry)
    return json_response(entry, 201)


def seed(unit, world):
    for contact in world["contacts"]:
        unit["entries"].insert({"id": unit.named_id("entry", contact["key"]), "text": f"met {contact['key']}"})


PACK = Pack(
    name="diary",
    title="Diary",
    contract_folder=lambda: Path(__file__).parent / "contract",
    collections={"entries": Schema(orders={"text": Order(lambda entry: (entry["text"],))})},
    handlers={"entries.list": list_entries, "entries.create": create_entry},
    dialect=Dialect(),
    credential=lambda request: request.header("x-diary"),
    make_key=lambda seed, roles: f"fake-diary-{seed[:12]}",
    headers=lambda key: {"X-Diary": key},
    seed=seed,
    hosts=("api.diary.example",),
)
'''

CONTRACT = """
openapi: 3.1.0
info: {title: Diary, version: '1'}
servers: [{url: https://api.diary.example/v7}]
paths:
  /entries:
    get:
      operationId: entries.list
      x-evidence: {level: inferred}
      responses:
        '200':
          description: All.
          content: {application/json: {schema: {type: object, required: [entries]}}}
    post:
      operationId: entries.create
      x-evidence: {level: inferred}
      requestBody:
        required: true
        content:
          application/json:
            schema: {type: object, required: [text], properties: {text: {type: string}}}
      responses:
        '201':
          description: Made.
          content: {application/json: {schema: {type: object, required: [id, text]}}}
        '400':
          description: Wrong.
          content: {application/json: {schema: {type: object, required: [problem]}}}
"""

TEST = """
import harness as package


def test_the_fixture_comes_from_the_entry_point(diary):
    client = diary.client()
    assert len(client.get("/entries").json()["entries"]) == 40
    assert client.post("/entries", json={"text": "rain"}).status_code == 201
    assert client.post("/entries", json={}).status_code == 400
    assert client.get("/entry").headers["x-harness-nearest"].startswith("entries.list")
    assert diary.state == {"entries": 41}


def test_it_is_served_beside_the_others():
    import httpx

    with package.serve() as server:
        account = server.default.diary
        assert account.base_url == server.url + "/diary/v7"
        assert httpx.get(account.base_url + "/entries", headers=account.headers).status_code == 200
        assert httpx.get(account.base_url + "/entries").status_code == 401
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the made-up distribution is installed by pip, from a wheel that is built here."""
    folder = tmp_path_factory.mktemp("diary")
    wheel = folder / "diary_provider-1.0-py3-none-any.whl"
    info = "diary_provider-1.0.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("diary/__init__.py", PACK)
        archive.writestr("diary/contract/openapi.yaml", CONTRACT)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: diary-provider\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/entry_points.txt", "[harness.providers]\ndiary = diary:PACK\n")
        archive.writestr(f"{info}/RECORD", "")
    target = folder / "site"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*pip, "--disable-pip-version-check", "--target", target, wheel], check=True)
    return target


def python(site: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTEST_ADDOPTS": ""}
    return subprocess.run([sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_its_fixture_addresses_and_errors_come_from_its_pack(site: Path, tmp_path: Path) -> None:
    (tmp_path / "test_diary.py").write_text(textwrap.dedent(TEST))
    done = python(site, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_the_commands_know_it(site: Path) -> None:
    routes = python(site, "-m", "harness.cli", "routes", "diary")
    assert "entries.create" in routes.stdout
    assert "/diary/v7/entries" in routes.stdout
    env = python(site, "-m", "harness.cli", "env", "diary", "--json")
    assert json.loads(env.stdout)["DIARY_API_KEY"].startswith("fake-diary-")
    coverage = python(site, "-m", "harness.cli", "coverage", "diary", "--exercised", "none.json")
    assert "2 of 2 with handler" in coverage.stdout
    assert coverage.returncode == 3
