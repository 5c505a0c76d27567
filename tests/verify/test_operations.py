"""Which operation of a contract a method and a path are."""

from __future__ import annotations

import re

import pytest

from harness.core.contract import Contract
from harness.core.exchange import Request
from harness.data import folder
from harness.verify.cassette import Interaction
from harness.verify.operations import Operations

ID = "5f00000000000000000000a1"


@pytest.fixture(scope="module")
def kustomer() -> Operations:
    return Operations(Contract.load(folder("contracts") / "kustomer"))


@pytest.mark.parametrize("name", ["superchat", "unified", "kustomer"])
def test_every_operation_of_a_contract_is_found_at_its_own_path(name: str) -> None:
    contract = Contract.load(folder("contracts") / name)
    operations = Operations(contract)
    found = {}
    for operation in contract.operations.values():
        path = operation.path
        for parameter in re.findall(r"\{(\w+)\}", path):
            path = path.replace(f"{{{parameter}}}", ID if parameter in operation.forms else "some")
        at = operations.at(operation.method, path)
        found[operation.id] = at.id if at else None
    assert found == {id: id for id in contract.operations}


@pytest.mark.parametrize(
    ("method", "path", "id"),
    [
        ("GET", f"/v1/klasses/{ID}", "klasses.get"),
        ("GET", "/v1/klasses/orders", "custom_objects.list"),
        ("GET", "/v1/klasses/orders/externalId=7", "custom_objects.using_external_id"),
        ("GET", f"/v1/klasses/orders/{ID}", "custom_objects.get"),
        ("PUT", "/v1/klasses/orders/bulk", "custom_objects.bulk_update"),
        ("GET", "/v1/customers/email=a%40example.com", "customers.using_email"),
        ("GET", f"/v1/customers/{ID}", "customers.get"),
    ],
)
def test_operations_of_one_place_are_told_apart(kustomer: Operations, method: str, path: str, id: str) -> None:
    found = kustomer.at(method, path)
    assert found is not None
    assert found.id == id


def test_an_interaction_is_what_its_request_is_meant_for() -> None:
    def target(request: Request) -> tuple[str, str]:
        return request.header("x-method") or request.method, request.path.rstrip("/")

    contract = Contract.load(folder("contracts") / "kustomer")
    uri, headers = "https://api.kustomerapp.com/v1/brands/", [("x-method", "POST")]
    asked = Interaction(0, "brands.yaml:1", "GET", uri, headers, b"", 200, [], b"", "documented")
    operations = Operations(contract, target)
    assert operations.id_of(asked) == "brands.create"
    assert operations.match(asked) == (contract.operation("brands.create"), {})
    assert Operations(contract).id_of(asked) is None
