"""The servers that do the same work: a page of 50 contacts out of 1,000, one contact by id, a new contact."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson
from load import Asked
from servers import Running, Unavailable

Work = Literal["list", "get", "create"]
Rotations = Mapping[Work, list[Asked]]

PAGE = 50
CROWD = 1_000
PEERS = Path(__file__).with_name("peers")
BASE = "/superchat/v1.0"

_TOKENS = 400
_BEARER = {"Authorization": "Bearer bench"}
_JSON = ("Content-Type", "application/json")
_REST = ("handles", "custom_attributes", "created_at")
_INSTALL = 120


@dataclass(frozen=True, slots=True)
class Contender:
    """A server of the loopback figures. `rotations` asks the running server for what it needs to know."""

    name: str
    start: Callable[[Path], Running]
    """Makes the process, given a file with the contacts (JSON, newest first)."""
    rotations: Callable[[Running, list[dict[str, Any]]], Rotations]


def our_key() -> str:
    """The key of our default sandbox, as `harness env` prints it."""
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "env", "superchat"], capture_output=True, text=True, check=False
    )
    for line in done.stdout.splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        if name == "SUPERCHAT_API_KEY":
            return value.strip("'\"")
    raise Unavailable(f"harness env superchat prints no key: {(done.stderr or done.stdout).strip()[-200:]}")


def ours(world: str = "crowd") -> Running:
    """`harness serve` with a shipped world and quotas off."""
    command = [
        sys.executable,
        "-m",
        "harness.cli",
        "serve",
        "--port",
        "{port}",
        "--quotas",
        "off",
        "--world",
        world,
    ]
    return Running("harness", command, probe=f"{BASE}/me", headers={"X-API-KEY": our_key()})


def all_contacts(server: Running) -> list[dict[str, Any]]:
    """Every contact of our server, newest first."""
    contacts: list[dict[str, Any]] = []
    after = ""
    while True:
        page = server.json("GET", f"{BASE}/contacts?limit=100{after}")
        contacts += page["results"]
        cursor = page["pagination"]["next_cursor"]
        if cursor is None:
            return contacts
        after = f"&after={cursor}"


def spread(ids: list[str], count: int = CROWD) -> list[str]:
    """Cursors all over a list, each with a whole page after it, in an order without a pattern.

    So many that a cache of a few hundred addresses is of no use.
    """
    usable = ids[: len(ids) - PAGE]
    step = max(1, len(usable) // count)
    chosen = usable[::step][:count]
    return [chosen[place * 73 % len(chosen)] for place in range(len(chosen))]


def our_rotations(key: str, ids: list[str]) -> Rotations:
    """What our server is asked: pages after many cursors, many ids, new e-mail addresses."""
    headers = (("X-API-KEY", key),)
    body = {
        "first_name": "Bench",
        "last_name": "Mark",
        "gender": None,
        "handles": [{"type": "mail", "value": "bench{n}@example.com"}],
        "custom_attributes": [],
    }
    return {
        "list": [Asked("GET", f"{BASE}/contacts?limit={PAGE}&after={each}", headers) for each in spread(ids)],
        "get": [Asked("GET", f"{BASE}/contacts/{each}", headers) for each in spread(ids)],
        "create": [Asked("POST", f"{BASE}/contacts", (*headers, _JSON), _text(body))],
    }


def _rotations_of_ours(_: Running, contacts: list[dict[str, Any]]) -> Rotations:
    return our_rotations(our_key(), [contact["id"] for contact in contacts])


def _toy_rotations(_: Running, contacts: list[dict[str, Any]]) -> Rotations:
    ids = spread([contact["id"] for contact in contacts])
    headers = tuple(_BEARER.items())
    body = {**contacts[0], "id": "bench{n}"}
    return {
        "list": [Asked("GET", f"/contacts?limit={PAGE}&after={each}", headers) for each in ids],
        "get": [Asked("GET", f"/contacts/{each}", headers) for each in ids],
        "create": [Asked("POST", "/contacts", (*headers, _JSON), _text(body))],
    }


def _emulate_rotations(server: Running, contacts: list[dict[str, Any]]) -> Rotations:
    """Fill it over its API with customers of the size of our contacts, and page through them."""
    place = "/v1/customers"
    for contact in reversed(contacts):
        name = " ".join(filter(None, (contact["first_name"], contact["last_name"])))
        rest = {key: contact[key] for key in ("url", "handles", "custom_attributes", "created_at", "updated_at")}
        server.json("POST", place, {"name": name, "email": f"{contact['id']}@example.com", "metadata": rest})
    ids: list[str] = []
    page: dict[str, Any] = {"has_more": True}
    while page["has_more"]:
        page = server.json("GET", f"{place}?limit=100{f'&starting_after={ids[-1]}' if ids else ''}")
        ids += [customer["id"] for customer in page["data"]]
    chosen = spread(ids)

    def rotation(method: str, paths: list[str], body: str = "") -> list[Asked]:
        content = (_JSON,) if body else ()
        return [
            Asked(
                method,
                paths[number % len(paths)],
                (("Authorization", f"Bearer token-{number % _TOKENS}"), *content),
                body,
            )
            for number in range(CROWD)
        ]

    body = _text({"name": "Bench Mark", "email": "bench{n}@example.com"})
    return {
        "list": rotation("GET", [f"{place}?limit={PAGE}&starting_after={each}" for each in chosen]),
        "get": rotation("GET", [f"{place}/{each}" for each in chosen]),
        "create": rotation("POST", [place], body),
    }


def _emulate(_: Path) -> Running:
    node = _node()
    _install_peers()
    return Running(
        "emulate",
        [node, str(PEERS / "emulate.mjs"), "{port}", str(_TOKENS)],
        probe="/v1/customers?limit=1",
        headers={"Authorization": "Bearer token-0"},
    )


def _plain_http(contacts: Path) -> Running:
    command = [_node(), str(PEERS / "plain_http.mjs"), "{port}", str(contacts)]
    return Running("node:http", command, probe="/contacts?limit=1", headers=_BEARER)


def _httpserver(kind: str) -> Callable[[Path], Running]:
    def start(contacts: Path) -> Running:
        command = [sys.executable, str(PEERS / "httpserver.py"), kind, "{port}", str(contacts)]
        return Running(f"pytest-httpserver, {kind}", command, probe="/contacts?limit=1", headers=_BEARER)

    return start


def _node() -> str:
    found = shutil.which("node")
    if found is None:
        raise Unavailable("node is not installed: apt-get install nodejs npm, or brew install node")
    return found


def _install_peers() -> None:
    if (PEERS / "node_modules" / "emulate").is_dir():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed, so that emulate cannot be: apt-get install npm")
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=PEERS,
        capture_output=True,
        text=True,
        timeout=_INSTALL,
        check=False,
    )
    if done.returncode:
        raise Unavailable(f"npm ci in benchmarks/peers failed: {done.stderr.strip()[-200:]}")


def _text(body: dict[str, Any]) -> str:
    return orjson.dumps(body).decode()


EMULATE = Contender("emulate (stripe)", _emulate, _emulate_rotations)
PLAIN = Contender("plain node:http", _plain_http, _toy_rotations)
STATIC = Contender("pytest-httpserver, static", _httpserver("static"), _toy_rotations)
STATEFUL = Contender("pytest-httpserver, stateful, threaded", _httpserver("stateful"), _toy_rotations)
OURS = Contender("harness", lambda _: ours(), _rotations_of_ours)
