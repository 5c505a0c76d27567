"""Looking customers up by what no two of them share."""

from __future__ import annotations

import httpx
import pytest

from harness import Account

pytestmark = pytest.mark.harness(world="empty")


@pytest.fixture
def naia(api: httpx.Client) -> str:
    body = {
        "externalId": "TW 3177/a",
        "externalIds": [{"externalId": "other"}],
        "emails": [{"email": "naia@example.com"}, {"email": "Naia+shop@example.com"}],
        "phones": [{"phone": "+12025550126"}],
        "sharedEmails": [{"email": "shared@example.com"}],
    }
    return str(api.post("/customers", json=body).json()["data"]["id"])


@pytest.mark.parametrize(
    "path",
    [
        "email=naia%40example.com",
        "email=naia@example.com",
        "email=NAIA@example.com",
        "email=naia+shop@example.com",
        "email=naia%2Bshop%40example.com",
        "phone=%2B12025550126",
        "phone=+12025550126",
        "phone=12025550126",
        "phone=%2012025550126",
        "externalId=TW%203177%2Fa",
        "externalId=other",
        "externalId=other/",
    ],
)
def test_a_customer_is_found(api: httpx.Client, naia: str, path: str) -> None:
    response = api.get(f"/customers/{path}")
    assert response.status_code == 200
    assert response.json() == api.get(f"/customers/{naia}").json()


def test_a_customer_is_found_by_id_written_as_the_kit_for_apps_does(api: httpx.Client, naia: str) -> None:
    assert api.get(f"/customers/id={naia}").json()["data"]["id"] == naia


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("email=nobody@example.com", "email"),
        ("email=shared@example.com", "email"),
        ("phone=%2B12025550199", "phone"),
        ("externalId=8888", "externalId"),
        ("externalId=OTHER", "externalId"),
    ],
)
def test_what_nobody_has_is_not_found(api: httpx.Client, naia: str, path: str, parameter: str) -> None:
    response = api.get(f"/customers/{path}")
    assert response.status_code == 404
    assert response.json()["errors"] == [
        {"status": 404, "source": {"parameter": parameter}, "code": "notfound", "title": "Not Found"}
    ]


@pytest.mark.parametrize(("choice", "status"), [("404", 404), ("400", 400)])
def test_the_answer_to_a_malformed_id_is_a_quirk(
    api: httpx.Client, kustomer: Account, choice: str, status: int
) -> None:
    kustomer.quirks["malformed_id"] = choice
    response = api.get("/customers/not-an-id")
    assert response.status_code == status
    refusal = response.json()["errors"][0]
    assert refusal["source"] == {"parameter": "id"}
    assert refusal.get("detail") == ("/properties/id/format" if choice == "400" else None)
