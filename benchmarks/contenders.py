"""The servers that do the same work: a page of contacts or customers out of 1,000, one by its id, a new one."""

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
CUSTOMERS_PAGE = 100
CROWD = 1_000
PEERS = Path(__file__).with_name("peers")
BASE = "/superchat/v1.0"
CUSTOMERS = "/kustomer/v1/customers"

_TOKENS = 400
_BEARER = {"Authorization": "Bearer bench"}
_JSON = ("Content-Type", "application/json")
_REST = ("handles", "custom_attributes", "created_at")
_INSTALL = 120


@dataclass(frozen=True, slots=True)
class Contender:
    """A server of the loopback figures. `rotations` asks the running server for what it needs to know."""

    name: str
    start: Callable[[Path, int], Running]
    """Makes the process, given a file with the documents (JSON, newest first) and how many make a page."""
    rotations: Callable[[Running, list[dict[str, Any]], int], Rotations]


def our_key(provider: str = "superchat") -> str:
    """The key of our default sandbox, as `harness env` prints it."""
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "env", provider], capture_output=True, text=True, check=False
    )
    for line in done.stdout.splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        if name == f"{provider.upper()}_API_KEY":
            return value.strip("'\"")
    raise Unavailable(f"harness env {provider} prints no key: {(done.stderr or done.stdout).strip()[-200:]}")


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
    headers = {"X-API-KEY": our_key(), "Authorization": f"Bearer {our_key('kustomer')}"}
    return Running("harness", command, probe=f"{BASE}/me", headers=headers)


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


def all_customers(server: Running) -> list[dict[str, Any]]:
    """Every customer of our server."""
    pages = CROWD // CUSTOMERS_PAGE
    return [each for path in customer_pages(pages) for each in server.json("GET", path)["data"]]


def customer_pages(pages: int, first: int = 0, count: int = CROWD) -> list[str]:
    """The addresses of so many pages of customers from a first one on, of `count` at most, all over them and in an
    order without a pattern."""
    chosen = range(0, pages, max(1, pages // count))[:count]
    step = 73 if len(chosen) % 73 else 71
    numbers = [first + chosen[place * step % len(chosen)] + 1 for place in range(len(chosen))]
    return [f"{CUSTOMERS}?page={number}&pageSize={CUSTOMERS_PAGE}" for number in numbers]


def spread(ids: list[str], count: int = CROWD, page: int = PAGE) -> list[str]:
    """Cursors all over a list, each with a whole page after it, in an order without a pattern.

    So many that a cache of a few hundred addresses is of no use.
    """
    usable = ids[: len(ids) - page]
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


def _rotations_of_ours(_: Running, contacts: list[dict[str, Any]], page: int) -> Rotations:
    return our_rotations(our_key(), [contact["id"] for contact in contacts])


def _customer_rotations(_: Running, customers: list[dict[str, Any]], page: int) -> Rotations:
    headers = (("Authorization", f"Bearer {our_key('kustomer')}"),)
    return {"list": [Asked("GET", path, headers) for path in customer_pages(len(customers) // page)]}


def _toy_rotations(_: Running, documents: list[dict[str, Any]], page: int) -> Rotations:
    ids = spread([document["id"] for document in documents], page=page)
    headers = tuple(_BEARER.items())
    body = {**documents[0], "id": "bench{n}"}
    return {
        "list": [Asked("GET", f"/contacts?limit={page}&after={each}", headers) for each in ids],
        "get": [Asked("GET", f"/contacts/{each}", headers) for each in ids],
        "create": [Asked("POST", "/contacts", (*headers, _JSON), _text(body))],
    }


def _as_stripe(document: dict[str, Any]) -> dict[str, Any]:
    """A contact or customer as a customer of Stripe, of about the same size."""
    email = f"{document['id']}@example.com"
    if (attributes := document.get("attributes")) is not None:
        rest = {key: document[key] for key in ("attributes", "relationships")}
        return {"name": attributes["displayName"], "email": email, "metadata": rest}
    name = " ".join(filter(None, (document["first_name"], document["last_name"])))
    rest = {key: document[key] for key in ("url", "handles", "custom_attributes", "created_at", "updated_at")}
    return {"name": name, "email": email, "metadata": rest}


def _emulate_rotations(server: Running, documents: list[dict[str, Any]], page: int) -> Rotations:
    """Fill it over its API with customers of the size of our documents, and page through them."""
    place = "/v1/customers"
    for document in reversed(documents):
        server.json("POST", place, _as_stripe(document))
    ids: list[str] = []
    listed: dict[str, Any] = {"has_more": True}
    while listed["has_more"]:
        listed = server.json("GET", f"{place}?limit=100{f'&starting_after={ids[-1]}' if ids else ''}")
        ids += [customer["id"] for customer in listed["data"]]
    chosen = spread(ids, page=page)

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
        "list": rotation("GET", [f"{place}?limit={page}&starting_after={each}" for each in chosen]),
        "get": rotation("GET", [f"{place}/{each}" for each in chosen]),
        "create": rotation("POST", [place], body),
    }


def _emulate(_: Path, __: int) -> Running:
    node = _node()
    _install_peers()
    return Running(
        "emulate",
        [node, str(PEERS / "emulate.mjs"), "{port}", str(_TOKENS)],
        probe="/v1/customers?limit=1",
        headers={"Authorization": "Bearer token-0"},
    )


def _plain_http(contacts: Path, _: int) -> Running:
    command = [_node(), str(PEERS / "plain_http.mjs"), "{port}", str(contacts)]
    return Running("node:http", command, probe="/contacts?limit=1", headers=_BEARER)


def _httpserver(kind: str) -> Callable[[Path, int], Running]:
    def start(contacts: Path, page: int) -> Running:
        command = [sys.executable, str(PEERS / "httpserver.py"), kind, "{port}", str(contacts), str(page)]
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
OURS = Contender("harness", lambda _, __: ours(), _rotations_of_ours)
OUR_CUSTOMERS = Contender("harness", lambda _, __: ours(), _customer_rotations)
