"""Bulk operations: queued, worked off in batches, each object by itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox
from harness.core.unit import Unit

Body = dict[str, Any]
Untouched = Callable[[], AbstractContextManager[None]]

pytestmark = pytest.mark.harness(world="empty")

NOBODY = "6666c3656dc3d121c605ab1e"
TOO_MANY = ",".join(map(str, range(101)))
OBJECTS = ("customers", "companies", "conversations", "messages", "notes", "klasses/order")
DOCUMENTED = {
    ("POST", "messages"): 200,
    ("PUT", "messages"): 200,
    ("PUT", "klasses/order"): 200,
}
"""What is not 201."""


@pytest.fixture
def customer(api: httpx.Client) -> str:
    """The id of a customer."""
    return made(api, "/customers", name="Odile Farrant", externalId="TW-2041")


@pytest.fixture
def conversation(api: httpx.Client, customer: str) -> str:
    """The id of a conversation with that customer."""
    return made(api, "/conversations", customer=customer)


@pytest.fixture
def bodies(api: httpx.Client, customer: str, conversation: str) -> dict[str, tuple[Body, Body]]:
    """By object: the body of a new one, and a change of one. There is a klass `order`, too."""
    made(api, "/klasses", name="order")
    message = {"conversation": conversation, "channel": "chat", "app": "chat", "direction": "in", "preview": "Hello"}
    return {
        "customers": ({"name": "Lotte Brandsma"}, {"name": "Lotte B."}),
        "companies": ({"name": "Mill Street Bakery"}, {"name": "Mill Bakery"}),
        "conversations": ({"customer": customer, "name": "Imported"}, {"name": "Imported twice"}),
        "messages": (message, {"subject": "From the old system"}),
        "notes": ({"conversation": conversation, "body": "Imported."}, {"body": "Imported twice."}),
        "klasses/order": ({"title": "Order 6001", "customer": customer}, {"title": "Order 6002"}),
    }


def made(api: httpx.Client, path: str, /, **body: Any) -> str:
    answer = api.post(path, json=body)
    assert answer.status_code in (200, 201), answer.text
    return str(answer.json()["data"]["id"])


def submit(api: httpx.Client, method: str, objects: str, body: Any = None, **query: str) -> Body:
    """The operation in the answer."""
    answer = api.request(method, f"/{objects}/bulk", json=body, params=query)
    assert answer.status_code in (200, 201), answer.text
    operation: Body = answer.json()["data"]
    return operation


def read(api: httpx.Client, operation: Body) -> Body:
    attributes: Body = api.get(f"/bulk/{operation['id']}").json()["data"]["attributes"]
    return attributes


def batches(api: httpx.Client, operation: Body) -> list[Body]:
    answer = api.get(f"/bulk/{operation['id']}/batches")
    assert answer.status_code == 200, answer.text
    return [batch["attributes"] for batch in answer.json()["data"]]


def worked_off(kustomer: Account, api: httpx.Client, method: str, objects: str, body: Any = None, **query: str) -> Body:
    """The only batch of an operation, which is brought to its end."""
    operation = submit(api, method, objects, body, **query)
    kustomer.jobs.finish(operation["id"])
    [batch] = batches(api, operation)
    return batch


def problem(answer: httpx.Response) -> tuple[int, str | None, str]:
    error = answer.json()["errors"][0]
    return answer.status_code, error.get("source", {}).get("parameter"), error["title"]


def name_of(api: httpx.Client, path: str) -> Any:
    attributes = api.get(path).json()["data"]["attributes"]
    return next(attributes[name] for name in ("title", "subject", "body", "name") if name in attributes)


@pytest.mark.parametrize("objects", OBJECTS)
def test_objects_are_created_and_changed_in_bulk(
    objects: str, kustomer: Account, api: httpx.Client, bodies: dict[str, tuple[Body, Body]]
) -> None:
    new, change = bodies[objects]
    created = worked_off(kustomer, api, "POST", objects, [new])
    [id] = created["objectIds"]
    assert (created["status"], created["successCount"], created["failureCount"]) == ("complete", 1, 0)
    before = name_of(api, f"/{objects}/{id}") if objects != "messages" else None
    changed = worked_off(kustomer, api, "PUT", objects, [{"id": id, **change}])
    assert changed["objectIds"] == [id]
    after = name_of(api, f"/{objects}/{id}")
    assert after == next(iter(change.values())) != before


@pytest.mark.parametrize("objects", [each for each in OBJECTS if each not in ("companies", "notes")])
def test_one_change_is_made_of_all_objects_named_in_the_query(
    objects: str, kustomer: Account, api: httpx.Client, bodies: dict[str, tuple[Body, Body]]
) -> None:
    new, change = bodies[objects]
    ids = worked_off(kustomer, api, "POST", objects, [new, new])["objectIds"]
    operation = submit(api, "PUT", objects, change, ids=",".join((*ids, ids[0])))
    assert (operation["attributes"]["ids"], operation["attributes"]["payload"]["api"]["data"]) == (ids, change)
    kustomer.jobs.finish(operation["id"])
    assert batches(api, operation)[0]["objectIds"] == ids
    assert [name_of(api, f"/{objects}/{id}") for id in ids] == [next(iter(change.values()))] * 2


@pytest.mark.parametrize("objects", ["customers", "klasses/order"])
def test_objects_are_deleted_in_bulk(
    objects: str, kustomer: Account, api: httpx.Client, bodies: dict[str, tuple[Body, Body]]
) -> None:
    [id] = worked_off(kustomer, api, "POST", objects, [bodies[objects][0]])["objectIds"]
    gone = worked_off(kustomer, api, "DELETE", objects, ids=f"{id},{NOBODY}")
    assert (gone["objectIds"], gone["successCount"], gone["failureCount"]) == ([id], 1, 1)
    assert gone["errors"] == [
        {"status": 404, "source": {"parameter": "id"}, "code": "notfound", "title": "Not Found"},
    ]
    assert "results" not in gone
    assert api.get(f"/{objects}/{id}").status_code == 404


@pytest.mark.parametrize("choice", ["documented", "uniform"])
@pytest.mark.parametrize("objects", OBJECTS)
def test_the_status_is_the_documented_one_or_follows_the_rule(
    objects: str, choice: str, kustomer: Account, api: httpx.Client, bodies: dict[str, tuple[Body, Body]]
) -> None:
    kustomer.quirks["success_status"] = choice
    new, change = bodies[objects]
    posted = api.post(f"/{objects}/bulk", json=[new])
    put = api.put(f"/{objects}/bulk", json=[{"id": NOBODY, **change}])
    documented = tuple(DOCUMENTED.get((method, objects), 201) for method in ("POST", "PUT"))
    assert (posted.status_code, put.status_code) == (documented if choice == "documented" else (201, 200))


@pytest.mark.parametrize(("choice", "status"), [("documented", 201), ("uniform", 200)])
def test_a_deletion_answers_201_unless_all_follow_the_rule(
    choice: str, status: int, kustomer: Account, api: httpx.Client
) -> None:
    kustomer.quirks["success_status"] = choice
    assert api.delete("/customers/bulk", params={"ids": NOBODY}).status_code == status


def test_an_operation_tells_the_request_it_came_from(api: httpx.Client) -> None:
    me = api.get("/users/current").json()["data"]
    operation = submit(api, "POST", "customers", [{"name": "Lotte"}])
    attributes = operation["attributes"]
    request = attributes["payload"]["api"]
    assert (attributes["context"], attributes["ids"], attributes["v2"]) == (
        "api.sobjects.customers.bulk-create",
        [],
        True,
    )
    assert (attributes["status"], attributes["completed"]) == ("queued", False)
    assert len(request.pop("requestId")) == 24
    assert request == {
        "data": [{"name": "Lotte"}],
        "path": "/v1/customers",
        "user": {
            "id": me["id"],
            "userType": "machine",
            "roles": ["org"],
            "orgName": "fake-harness",
            "subject": me["id"],
            "org": me["relationships"]["org"]["data"]["id"],
        },
        "service": "sobjects",
        "method": "POST",
    }
    assert operation["relationships"]["createdBy"]["data"]["id"] == me["id"]


def test_the_context_of_objects_of_a_klass_is_theirs_and_the_path_has_the_klass(
    api: httpx.Client, bodies: dict[str, tuple[Body, Body]]
) -> None:
    attributes = submit(api, "DELETE", "klasses/order", ids=NOBODY)["attributes"]
    assert attributes["context"] == "api.sobjects.kobjects.bulk-delete"
    request = attributes["payload"]["api"]
    assert (request["path"], request["method"], request["data"]) == ("/v1/klasses/order", "DELETE", {})


def test_the_clock_moves_an_operation_from_queued_by_running_to_complete(harness: Sandbox, api: httpx.Client) -> None:
    harness.clock.tick = 0
    operation = submit(api, "POST", "customers", [{"name": "Lotte"}])
    seen = []
    for _ in range(3):
        attributes = read(api, operation)
        told = attributes["status"], attributes["completed"], attributes.get("batches"), "completedAt" in attributes
        seen.append((*told, batches(api, operation)[0]["status"]))
        harness.clock.advance("1s")
    assert seen == [
        ("queued", False, None, False, "queued"),
        ("running", False, {"complete": 0, "total": 1}, False, "queued"),
        ("complete", True, {"complete": 1, "total": 1}, True, "complete"),
    ]
    assert read(api, operation)["completedAt"] == batches(api, operation)[0]["completedAt"]


def test_nothing_is_written_before_an_operation_is_worked_off(harness: Sandbox, api: httpx.Client) -> None:
    submit(api, "POST", "customers", [{"name": "Lotte"}])
    assert api.get("/customers").json()["data"] == []
    harness.clock.advance("2s")
    assert len(api.get("/customers").json()["data"]) == 1


def test_an_operation_is_complete_in_its_own_answer_when_jobs_are_immediate(
    kustomer: Account, api: httpx.Client
) -> None:
    kustomer.jobs.plan("bulk", progress="immediate")
    operation = submit(api, "POST", "customers", [{"name": "Lotte"}])
    attributes = operation["attributes"]
    assert (attributes["status"], attributes["completed"]) == ("complete", True)
    assert attributes.keys().isdisjoint(("batches", "completedAt"))
    assert read(api, operation)["batches"] == {"complete": 1, "total": 1}


def test_reading_an_operation_moves_it_when_jobs_go_by_polls(kustomer: Account, api: httpx.Client) -> None:
    kustomer.jobs.plan("bulk", progress="polls", polls=3)
    operation = submit(api, "POST", "customers", [{"name": "Lotte"}])
    assert batches(api, operation)[0]["status"] == "queued"  # its batches do not
    assert [read(api, operation)["status"] for _ in range(3)] == ["running", "running", "complete"]


def test_an_operation_that_fails_fails_with_each_object(kustomer: Account, api: httpx.Client) -> None:
    kustomer.jobs.plan("bulk", progress="immediate", outcome="failed")
    operation = submit(api, "POST", "customers", [{"name": "Lotte", "_clientRef": "a"}])
    assert operation["attributes"]["status"] == "complete"
    [batch] = batches(api, operation)
    assert (batch["objectIds"], batch["successCount"], batch["failureCount"]) == ([], 0, 1)
    assert batch["errors"] == [{"status": 500, "code": "internal", "title": "Internal Server Error"}]
    assert batch["results"] == [{"_clientRef": "a", "status": "error", "error": "Internal Server Error"}]
    assert api.get("/customers").json()["data"] == []


def test_a_hundred_objects_are_two_batches_and_one_unit_of_the_budget(
    harness: Sandbox, kustomer: Account, api: httpx.Client
) -> None:
    answer = api.post("/customers/bulk", json=[{"name": f"Customer {number}"} for number in range(100)])
    assert answer.headers["x-ratelimit-remaining"] == "999"
    operation = answer.json()["data"]
    kustomer.jobs.finish(operation["id"])
    assert [batch["successCount"] for batch in batches(api, operation)] == [50, 50]
    assert read(api, operation)["batches"] == {"complete": 2, "total": 2}
    assert api.get("/customers").json()["meta"]["total"] == 100


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (50, [50]), (51, [50, 1])])
def test_a_batch_holds_fifty(count: int, sizes: list[int], kustomer: Account, api: httpx.Client) -> None:
    kustomer.jobs.plan("bulk", progress="immediate", outcome="failed")
    operation = submit(api, "POST", "companies", [{"name": "Mill"}] * count)
    assert [batch["failureCount"] for batch in batches(api, operation)] == sizes


def test_objects_of_a_bulk_do_not_count_against_the_limit_of_one_customer(
    kustomer: Account, api: httpx.Client, bodies: dict[str, tuple[Body, Body]]
) -> None:
    kustomer.quotas["creations"].limit = 1
    assert worked_off(kustomer, api, "POST", "conversations", [bodies["conversations"][0]] * 3)["successCount"] == 3


@pytest.mark.parametrize("body", [[], [{"name": "Lotte"}] * 101, {"name": "Lotte"}, None, "all"])
def test_a_creation_takes_a_list_of_up_to_a_hundred(body: Any, api: httpx.Client, untouched: Untouched) -> None:
    with untouched():
        assert api.post("/customers/bulk", json=body).status_code == 400


@pytest.mark.parametrize(
    ("method", "body", "ids", "expected"),
    [
        ("PUT", {"name": "Lotte"}, "", (400, "ids", "Missing required property: ids")),
        ("PUT", {"name": "Lotte"}, ",", (400, "ids", "Missing required property: ids")),
        ("PUT", [{"id": NOBODY}], NOBODY, (400, "ids", "Ids and a list of objects cannot be combined")),
        (
            "PUT",
            {"name": "Lotte"},
            ",".join(map(str, range(101))),
            (400, "ids", "Array is too long (101), maximum 100"),
        ),
        ("DELETE", None, "", (400, "ids", "Missing required property: ids")),
        ("DELETE", None, ",", (400, "ids", "Missing required property: ids")),
        ("DELETE", None, TOO_MANY, (400, "ids", "Array is too long (101), maximum 100")),
    ],
)
def test_ids_in_the_query_go_with_one_object_and_are_a_hundred_at_most(
    method: str, body: Any, ids: str, expected: Any, api: httpx.Client, untouched: Untouched
) -> None:
    query = {"ids": ids} if ids else {}
    with untouched():
        assert problem(api.request(method, "/customers/bulk", json=body, params=query)) == expected


def test_a_hundred_objects_may_still_be_too_large(api: httpx.Client, untouched: Untouched) -> None:
    items = [{"name": "n" * 250, "avatarUrl": f"https://example.org/{'x' * 800}"}] * 100
    with untouched():
        assert api.post("/customers/bulk", json=items).status_code == 413


def test_a_hundred_ids_are_not_too_many(kustomer: Account, api: httpx.Client) -> None:
    ids = ",".join(f"{number:024x}" for number in range(100))
    operation = submit(api, "DELETE", "customers", ids=ids)
    kustomer.jobs.finish(operation["id"])
    assert [batch["failureCount"] for batch in batches(api, operation)] == [50, 50]


@pytest.mark.parametrize(
    ("references", "expected"),
    [
        (["a", None], (400, "_clientRef", "Missing required property: _clientRef")),
        ([None, "a"], (400, "_clientRef", "Missing required property: _clientRef")),
        (["a", "b", "a"], (400, "_clientRef", "Array items are not unique (indices 0 and 2)")),
    ],
)
def test_references_stand_on_all_objects_or_on_none_each_its_own(
    references: list[str | None], expected: Any, api: httpx.Client, untouched: Untouched
) -> None:
    items = [{} if each is None else {"_clientRef": each} for each in references]
    with untouched():
        assert problem(api.post("/customers/bulk", json=items)) == expected
        assert problem(api.put("/customers/bulk", json=[{"id": NOBODY, **item} for item in items])) == expected


@pytest.mark.parametrize(("length", "status"), [(0, 400), (1, 201), (255, 201), (256, 400)])
def test_a_reference_has_up_to_255_characters(length: int, status: int, api: httpx.Client) -> None:
    assert api.post("/customers/bulk", json=[{"_clientRef": "x" * length}]).status_code == status


def test_results_tell_by_reference_what_became_of_each_object(
    kustomer: Account, api: httpx.Client, customer: str
) -> None:
    items = [
        {"name": "Lotte", "externalId": "TW-4001", "_clientRef": "row-1"},
        {"name": "Sorrel", "externalId": "TW-2041", "_clientRef": "row-2"},
    ]
    batch = worked_off(kustomer, api, "POST", "customers", items)
    [id] = batch["objectIds"]
    assert (batch["successCount"], batch["failureCount"]) == (1, 1)
    assert batch["errors"] == [
        {"status": 409, "source": {"parameter": "externalId"}, "code": "conflict", "title": "duplicate detected"}
    ]
    assert batch["results"] == [
        {"_clientRef": "row-1", "objectId": id, "status": "created"},
        {"_clientRef": "row-2", "status": "error", "error": "duplicate detected"},
    ]
    changed = worked_off(kustomer, api, "PUT", "customers", [{"id": customer, "locale": "nl_NL", "_clientRef": "x"}])
    assert changed["results"] == [{"_clientRef": "x", "objectId": customer, "status": "updated"}]


def test_without_references_there_are_no_results_and_a_batch_tells_only_what_is_documented(
    kustomer: Account, api: httpx.Client
) -> None:
    operation = submit(api, "POST", "customers", [{"name": "Lotte"}])
    assert batches(api, operation) == [
        {"status": "queued", "objectIds": [], "successCount": 0, "failureCount": 0, "errors": []}
    ]
    kustomer.jobs.finish(operation["id"])
    [batch] = batches(api, operation)
    assert [*batch] == ["status", "objectIds", "successCount", "failureCount", "errors", "completedAt"]


@pytest.mark.parametrize(
    "quirks", [{"duplicate_value": "400"}, {"error_form": "portal"}, {"error_form": "portal", "duplicate_value": "400"}]
)
def test_a_duplicate_is_called_so_whatever_errors_look_like(
    quirks: dict[str, str], kustomer: Account, api: httpx.Client, customer: str
) -> None:
    for quirk, choice in quirks.items():
        kustomer.quirks[quirk] = choice
    batch = worked_off(kustomer, api, "POST", "customers", [{"externalId": "TW-2041", "_clientRef": "a"}])
    assert batch["results"] == [{"_clientRef": "a", "status": "error", "error": "duplicate detected"}]
    assert "duplicate detected" in batch["errors"][0].values()


def test_a_stale_revision_is_a_conflict_and_no_duplicate(kustomer: Account, api: httpx.Client, customer: str) -> None:
    [error] = worked_off(kustomer, api, "PUT", "customers", [{"id": customer, "rev": 9, "name": "X"}])["errors"]
    assert (error["status"], error["source"], error["title"]) == (409, {"parameter": "rev"}, "Conflict")


def test_the_second_of_two_alike_in_one_operation_is_the_duplicate(kustomer: Account, api: httpx.Client) -> None:
    items = [{"externalId": "TW-1", "_clientRef": reference} for reference in "ab"]
    results = worked_off(kustomer, api, "POST", "customers", items)["results"]
    assert [each["status"] for each in results] == ["created", "error"]


def test_an_object_that_fails_leaves_nothing_behind_and_stops_no_other(
    kustomer: Account, api: httpx.Client, bodies: dict[str, tuple[Body, Body]]
) -> None:
    new, _ = bodies["messages"]
    lost = {"conversation": NOBODY, "channel": "chat", "app": "chat"}
    strange = {**new, "customer": made(api, "/customers", name="Somebody else")}
    before = len(kustomer.collection("audit_logs"))
    batch = worked_off(kustomer, api, "POST", "messages", [lost, new, strange])
    assert (batch["successCount"], batch["failureCount"]) == (1, 2)
    assert [each["source"]["parameter"] for each in batch["errors"]] == ["conversation", "conversation"]
    conversation = api.get(f"/conversations/{new['conversation']}").json()["data"]["attributes"]
    assert conversation["messageCount"] == 1
    assert len(api.get("/conversations").json()["data"]) == 1
    logs = list(kustomer.collection("audit_logs"))[before:]
    assert [each["attributes"]["eventName"] for each in logs].count("kustomer.message.create") == 1


def test_an_unknown_custom_attribute_fails_its_object_alone(kustomer: Account, api: httpx.Client) -> None:
    items = [{"name": "Lotte"}, {"name": "Pike", "custom": {"nothingStr": "x"}}]
    batch = worked_off(kustomer, api, "POST", "customers", items)
    assert (batch["successCount"], batch["errors"][0]["title"]) == (1, "Additional properties not allowed")


def test_an_id_that_is_chosen_is_kept(
    kustomer: Account, api: httpx.Client, bodies: dict[str, tuple[Body, Body]]
) -> None:
    new = {**bodies["conversations"][0], "id": NOBODY}
    assert worked_off(kustomer, api, "POST", "conversations", [new])["objectIds"] == [NOBODY]
    again = worked_off(kustomer, api, "POST", "conversations", [new])
    assert (again["objectIds"], again["errors"][0]["title"]) == ([], "duplicate detected")


def test_an_object_that_was_deleted_is_brought_back(kustomer: Account, api: httpx.Client) -> None:
    company = made(api, "/companies", name="Mill Street Bakery")
    worked_off(kustomer, api, "PUT", "companies", [{"id": company, "deleted": True}])
    assert api.get(f"/companies/{company}").status_code == 404
    worked_off(kustomer, api, "PUT", "companies", [{"id": company, "deleted": False}])
    assert api.get(f"/companies/{company}").status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_klass_that_is_gone_meanwhile_fails_each_object(
    method: str, kustomer: Account, api: httpx.Client, bodies: dict[str, tuple[Body, Body]]
) -> None:
    body = {"POST": [{"title": "Order"}], "PUT": [{"id": NOBODY, "title": "Order"}], "DELETE": None}[method]
    query = {"ids": NOBODY} if method == "DELETE" else {}
    operation = submit(api, method, "klasses/order", body, **query)
    [klass] = api.get("/klasses").json()["data"]
    assert api.delete(f"/klasses/{klass['id']}").status_code == 204
    kustomer.jobs.finish(operation["id"])
    [batch] = batches(api, operation)
    assert (batch["failureCount"], batch["errors"][0]["source"]["parameter"]) == (1, "name")


def test_an_object_of_another_klass_is_not_found(
    kustomer: Account, api: httpx.Client, bodies: dict[str, tuple[Body, Body]]
) -> None:
    made(api, "/klasses", name="kiln")
    kiln = made(api, "/klasses/kiln", title="Kiln 1")
    changed = worked_off(kustomer, api, "PUT", "klasses/order", [{"id": kiln, "title": "Order"}])
    gone = worked_off(kustomer, api, "DELETE", "klasses/orders", ids=kiln)
    assert [each["errors"][0]["status"] for each in (changed, gone)] == [404, 404]
    assert name_of(api, f"/klasses/kiln/{kiln}") == "Kiln 1"


def test_an_unknown_klass_is_told_at_once(api: httpx.Client, untouched: Untouched) -> None:
    with untouched():
        answer = api.post("/klasses/nothing/bulk", json=[{"title": "Order"}])
        assert problem(answer) == (404, "name", "Not Found")


def test_objects_are_written_in_the_name_of_the_key_and_with_its_roles(kustomer: Account, api: httpx.Client) -> None:
    key = {"Authorization": f"Bearer {kustomer.issue_key(roles=('org.user.customer.write',))}"}
    answer = api.post("/customers/bulk", headers=key, json=[{"name": "Lotte"}])
    operation = answer.json()["data"]
    assert operation["attributes"]["payload"]["api"]["user"]["roles"] == ["org.user.customer.write"]
    kustomer.jobs.finish(operation["id"])
    [customer] = api.get("/customers").json()["data"]
    assert customer["relationships"]["createdBy"]["data"]["id"] == operation["relationships"]["createdBy"]["data"]["id"]
    assert api.get(f"/bulk/{operation['id']}", headers=key).status_code == 403


def test_an_operation_nobody_works_on_stays_as_it_is(
    api: httpx.Client, within: Callable[[], AbstractContextManager[Unit]]
) -> None:
    operation = submit(api, "POST", "customers", [{"name": "Lotte"}])
    with within() as unit:
        unit.jobs.forget(operation["id"])
    assert read(api, operation) == operation["attributes"]


@pytest.mark.parametrize("path", [f"/bulk/{NOBODY}", f"/bulk/{NOBODY}/batches", "/bulk/x"])
def test_an_unknown_operation_is_not_found(path: str, api: httpx.Client) -> None:
    assert problem(api.get(path)) == (404, "id", "Not Found")


def test_batches_come_in_pages(kustomer: Account, api: httpx.Client) -> None:
    operation = submit(api, "POST", "customers", [{"name": "Lotte"}] * 51)
    page = api.get(f"/bulk/{operation['id']}/batches", params={"pageSize": 1}).json()
    assert (len(page["data"]), page["meta"]) == (1, {"pageSize": 1, "page": 1})
    [last] = api.get(page["links"]["next"].removeprefix("/v1")).json()["data"]
    assert last["links"]["self"] == f"/v1/bulk/{operation['id']}/batches/{last['id']}"
    assert "createdBy" not in last["relationships"]


def test_a_snapshot_between_takes_the_operation_along(harness: Sandbox, api: httpx.Client) -> None:
    operation = submit(api, "POST", "customers", [{"name": "Lotte"}])
    harness.snapshot("queued")
    harness.clock.advance("2s")
    assert read(api, operation)["status"] == "complete"
    harness.restore("queued")
    assert read(api, operation)["status"] == "queued"
    harness.clock.advance("2s")
    assert read(api, operation)["status"] == "complete"
    assert len(api.get("/customers").json()["data"]) == 1
