"""Every operation of the contract is there, and answers as the contract says; strict sandboxes check that."""

from __future__ import annotations

from typing import Any

import pytest

from harness.providers.unified.pack import PACK

OPERATIONS = list(PACK.contract.operations.values())
VALUES = {"resource": "contacts", "model": "ticketing", "method": "list", "integration": "superchat", "path": "users"}
BODIES = {"integrated_accounts.create": {"integration": {"name": "superchat"}, "context": {}}}

pytestmark = pytest.mark.harness(quotas="off")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_an_operation_answers_in_the_apis_own_form(api: Any, operation: Any) -> None:
    path = operation.path
    id = api.id if operation.id.startswith("integrated_accounts") else "none"
    for name, value in {**VALUES, "id": id}.items():
        path = path.replace(f"{{{name}}}", value)
    body = BODIES.get(operation.id, {}) if operation.media else None
    response = api(operation.method, path, json=body) if body is not None else api(operation.method, path)
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        assert response.json()["statusCode"] == response.status_code
        assert response.json()["message"]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_no_operation_answers_without_a_token(api: Any, operation: Any) -> None:
    response = api(operation.method, operation.path, headers={"Authorization": ""})
    assert response.status_code == 401
