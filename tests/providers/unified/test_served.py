"""The unified API as `harness serve` and the commands show it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest

import harness as package
from harness import Account, Sandbox
from harness.unified.integration import installed

CONTACTS = "/unified/ticketing/contacts"


def get(url: str, account: Account, **headers: str) -> httpx.Response:
    return httpx.get(url, headers={**account.headers, **headers}, trust_env=False)


def test_it_stands_at_the_root_of_a_server(api: Any, served: Account, superchat: Account) -> None:
    root = superchat.base_url.removesuffix("/superchat/v1.0")
    assert served.base_url == root
    for path in (CONTACTS, "/proxy/contacts", "/custom/contacts"):
        assert get(f"{root}{path}?integrated_account_id={api.id}", served).status_code == 200
    for path in ("/ping", "/integrated-account", "/integration/superchat", "/integrations/superchat"):
        assert get(root + path, served).status_code == 200


def test_links_of_the_provider_lead_to_the_same_server(api: Any, served: Account) -> None:
    files = {"file": ("a.txt", b"hello", "text/plain")}
    url = f"{served.base_url}/proxy/files?integrated_account_id={api.id}"
    made = httpx.post(url, files=files, headers=served.headers, trust_env=False).json()
    link = made["link"]["url"] if isinstance(made["link"], dict) else made["link"]
    assert link.startswith(f"{served.base_url}/superchat/")
    assert httpx.get(link, trust_env=False).content == b"hello"


@pytest.mark.parametrize("host", ["api.truto.one", "unified.localhost"])
def test_it_has_hosts_of_its_own(api: Any, served: Account, host: str) -> None:
    url = f"{served.base_url}{CONTACTS}?integrated_account_id={api.id}"
    assert get(url, served, host=host).status_code == 200
    assert get(f"{served.base_url}/nothing", served, host=host).json()["statusCode"] == 404


def test_the_paths_of_another_host_are_its_own(served: Account, superchat: Account) -> None:
    response = get(f"{served.base_url}/custom/contacts", superchat, host="superchat.localhost")
    assert "errors" in response.json()


def test_the_index_names_its_prefixes(served: Account) -> None:
    index = httpx.get(served.base_url, trust_env=False).json()
    assert index["providers"]["unified"] == {"prefix": "", "hosts": ["unified.localhost", "api.truto.one"]}
    lost = httpx.get(f"{served.base_url}/nowhere", trust_env=False).json()["error"]["message"]
    assert "/integrated-account/…" in lost


def test_a_default_sandbox_has_an_environment() -> None:
    with package.serve() as server:
        env = server.default.unified.env
        accounts = {f"{name.upper()}_ACCOUNT_ID" for name in installed()}
        assert env.keys() == {"UNIFIED_BASE_URL", "UNIFIED_API_KEY", *accounts}
        url = f"{env['UNIFIED_BASE_URL']}{CONTACTS}?integrated_account_id={env['SUPERCHAT_ACCOUNT_ID']}&limit=1"
        headers = {"Authorization": f"Bearer {env['UNIFIED_API_KEY']}"}
        assert httpx.get(url, headers=headers, trust_env=False).json()["result_count"] == 1
        with package.Server.at(server.url) as elsewhere:
            assert elsewhere.default.unified.env == env


def test_the_command_prints_the_same(served: Account) -> None:
    done = subprocess.run([sys.executable, "-m", "harness.cli", "env", "unified", "--json"], capture_output=True)
    found = json.loads(done.stdout)
    assert found["UNIFIED_BASE_URL"] == "http://127.0.0.1:4000"
    assert found["UNIFIED_API_KEY"].startswith("fa4e0000-")
    assert found["SUPERCHAT_ACCOUNT_ID"] == served.env["SUPERCHAT_ACCOUNT_ID"]


def test_the_routes_are_those_of_the_server() -> None:
    done = subprocess.run([sys.executable, "-m", "harness.cli", "routes", "unified", "--json"], capture_output=True)
    paths = {route["path"] for route in json.loads(done.stdout)}
    assert {"/ping", "/unified/ticketing/contacts/{id}", "/custom/{path}"} <= paths


def test_a_client_of_the_real_address_is_intercepted(api: Any, served: Account) -> None:
    url = f"https://api.truto.one{CONTACTS}?integrated_account_id={api.id}&truto_exclude_fields%5B0%5D=id&next_cursor="
    with served.intercept():
        response = httpx.get(url, headers={"Authorization": "Bearer the-real-one"})
    assert response.status_code == 200
    assert "id" not in response.json()["result"][0]


def test_it_is_reached_through_wsgi(api: Any, served: Account) -> None:
    transport = httpx.WSGITransport(app=served.wsgi())
    with httpx.Client(transport=transport, base_url="http://harness.test", headers=served.headers) as client:
        assert client.get(f"{CONTACTS}?integrated_account_id={api.id}&limit=1").json()["result_count"] == 1


def test_its_state_is_that_of_a_provider(api: Any, harness: Sandbox) -> None:
    assert harness.state["unified"] == {"integrated_accounts": len(installed()), "idempotency": 0}
    assert not any(harness.seed(contacts=[{"key": "newcomer"}])["unified"].values())
    accounts = harness.unified.collection("integrated_accounts")
    assert [each["integration"]["name"] for each in accounts] == installed()


def test_nothing_heavy_is_imported_before_it_is_asked() -> None:
    program = (
        "import sys\n"
        "from harness.core.registry import Registry\n"
        "registry = Registry()\n"
        "registry.open().open_all()\n"
        "[registry.provider(name) for name in registry.names()]\n"
        "heavy = {'pydantic', 'httpx', 'jlens', 'yaml', 'harness.unified.unify'}\n"
        "print(sorted(heavy & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
