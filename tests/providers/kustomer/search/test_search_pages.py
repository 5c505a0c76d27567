"""Pages of a search: totals, links, order, and what of the documents is shown."""

from __future__ import annotations

from typing import Any

import pytest

Org = Any
SEARCH = "/v1/customers/search"
ARCHIVE = "/v1/customers/archive/search"


@pytest.fixture
def five(org: Org) -> Org:
    """Five customers, each changed later than the one before."""
    for number, name in enumerate(["Ada", "Ben", "Cleo", "Dora", "Emil"]):
        org.customer(name, updatedAt=org.now(days=9 - number))
    return org


def shown(org: Org, query: str, **body: Any) -> list[str]:
    return [each["attributes"]["name"] for each in org.found(body, query)["data"]]


def test_a_page_tells_its_place_and_its_neighbours(five: Org) -> None:
    answer = five.found({}, "page=2&pageSize=2")
    link = f"{SEARCH}?page={{}}&pageSize=2"
    totals = {"pageSize": 2, "page": 2, "total": 5, "totalPages": 3}
    assert answer["meta"] == {**totals, "aggregations": {}, "timed_out": False}
    pages = {"self": 2, "first": 1, "prev": 1, "next": 3, "last": 3}
    assert answer["links"] == {name: link.format(page) for name, page in pages.items()}


def test_pages_follow_each_other_without_gaps(five: Org) -> None:
    pages = [shown(five, f"page={page}&pageSize=2", sort={"customer_name": "asc"}) for page in (1, 2, 3, 4)]
    assert pages == [["Ada", "Ben"], ["Cleo", "Dora"], ["Emil"], []]


def test_the_first_and_the_last_page_have_no_neighbour_beyond(five: Org) -> None:
    assert five.found({}, "pageSize=2")["links"]["prev"] is None
    assert five.found({}, "page=3&pageSize=2")["links"]["next"] is None


def test_a_search_that_finds_nothing_has_one_empty_page(org: Org) -> None:
    answer = org.found({})
    assert (answer["meta"]["total"], answer["meta"]["totalPages"], answer["data"]) == (0, 1, [])
    assert answer["links"]["last"] == f"{SEARCH}?page=1&pageSize=100"


def test_a_page_of_no_documents_tells_the_total(five: Org) -> None:
    answer = five.found({}, "pageSize=0")
    assert (answer["meta"]["total"], answer["data"]) == (5, [])


def test_a_page_holds_500_at_most(five: Org, organisation: Org) -> None:
    assert five.found({}, "pageSize=501")["meta"]["pageSize"] == 500
    status, answer = organisation({"page_size_too_large": "400"}).post({}, "pageSize=501")
    assert (status, answer["errors"][0]["title"]) == (400, "Value 501 is greater than maximum 500")


def test_the_hundredth_page_still_leads_on(org: Org) -> None:
    with org.account.unit() as unit:
        times = {"createdAt": org.now(), "updatedAt": org.now()}
        unit["customers"].insert_many(
            {"id": org.new_id(), "attributes": {**times, "name": str(number)}, "relations": {}} for number in range(101)
        )
    answer = org.found({}, "page=100&pageSize=1")
    assert answer["links"]["next"] == f"{SEARCH}?page=101&pageSize=1"
    assert len(answer["data"]) == 1


def test_there_is_no_page_after_the_hundredth(five: Org) -> None:
    status, answer = five.post({}, "page=101&pageSize=100")
    (error,) = answer["errors"]
    assert status == 400
    assert (error["source"]["parameter"], error["title"], error["detail"]) == (
        "page",
        "Value 101 is greater than maximum 100",
        "/properties/page/maximum",
    )


def test_the_page_after_the_hundredth_may_be_empty_as_a_quirk(organisation: Org) -> None:
    org = organisation({"search_page_past_end": "empty"})
    org.customer("Ada")
    answer = org.found({}, "page=101")
    assert (answer["data"], answer["meta"]["page"], answer["meta"]["total"]) == ([], 101, 1)


def test_without_an_order_the_one_changed_last_comes_first(five: Org) -> None:
    assert five.in_order() == ["Emil", "Dora", "Cleo", "Ben", "Ada"]


@pytest.mark.parametrize("sort", [{"customer_updated_at": "asc"}, [{"customer_updated_at": "asc"}]])
def test_an_order_is_an_object_or_a_list(five: Org, sort: Any) -> None:
    assert five.in_order(sort=sort) == ["Ada", "Ben", "Cleo", "Dora", "Emil"]


@pytest.fixture
def uneven(org: Org) -> Org:
    org.customer("Ada", gender="f", conversationCounts={"open": 2})
    org.customer("Ben", gender="m", conversationCounts={"open": 10})
    org.customer("cleo", gender="f", emails=[{"email": "b@x"}, {"email": "z@x"}])
    org.customer("Dora", emails=[{"email": "m@x"}])
    return org


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ([{"customer_gender": "asc"}, {"customer_name": "desc"}], ["cleo", "Ada", "Ben", "Dora"]),
        ([{"customer_gender": "desc"}, {"customer_name": "asc"}], ["Ben", "Ada", "cleo", "Dora"]),
        ([{"customer_gender": "asc", "customer_name": "asc"}], ["Ada", "cleo", "Ben", "Dora"]),
        ({"customer_name": "desc"}, ["Dora", "cleo", "Ben", "Ada"]),
        ({"customer_open": "asc"}, ["Ada", "Ben", "cleo", "Dora"]),
        ({"customer_open": "desc"}, ["Ben", "Ada", "Dora", "cleo"]),
        ({"customer_email": "asc"}, ["cleo", "Dora", "Ada", "Ben"]),
        ({"customer_email": "desc"}, ["cleo", "Dora", "Ben", "Ada"]),
    ],
)
@pytest.mark.parametrize("few", [0, 1_000], ids=["walked along the column", "sorted"])
def test_an_order_of_several_attributes(
    uneven: Org, sort: Any, names: list[str], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.providers.kustomer.search.ranking._FEW", few)
    assert uneven.in_order(sort=sort) == names


def test_only_the_first_attribute_of_an_order_may_count_as_a_quirk(organisation: Org) -> None:
    org = organisation({"search_several_sorts": "first"})
    for name, gender in (("Ada", "m"), ("Ben", "f"), ("Cleo", "f")):
        org.customer(name, gender=gender)
    assert org.in_order(sort=[{"customer_gender": "asc"}, {"customer_name": "desc"}]) == ["Ben", "Cleo", "Ada"]


@pytest.mark.parametrize(
    "key",
    [
        *("customer_tags", "customer_any_text", "customer_shoe_size", "conversation_updated_at", "any_text"),
        *("customer_imported", "customer_custom_goldBool", "customer_id"),
    ],
)
def test_what_has_no_order_or_belongs_to_others_is_refused(five: Org, key: str) -> None:
    title = "Additional properties not allowed"
    assert five.refusal(sort=[{key: "asc"}]) == (key, title, "/properties/sort/items/additionalProperties")
    assert five.refusal(sort={key: "asc"}) == (key, title, "/properties/sort/additionalProperties")


@pytest.mark.parametrize(
    ("context", "key"),
    [
        ("customer", "customer_lastmessage_preview"),
        ("customer", "customer_custom_levelNum"),
        ("conversation", "conversation_updated_at"),
        ("conversation", "conversation_last_done_created_at"),
        ("message", "message_updated_at"),
        ("note", "note_updated_at"),
        ("company", "company_updated_at"),
        ("kobject", "kobject_updated_at"),
        ("kobject_order", "kobject_custom_order_totalNum"),
        ("conversation_time", "conversation_time_created_at"),
    ],
)
def test_each_context_is_sorted_by_its_own_attributes(org: Org, context: str, key: str) -> None:
    assert org.found({"queryContext": context, "sort": [{key: "desc"}]})["meta"]["total"] == 0


@pytest.mark.parametrize("sort", [[{"customer_name": "up"}], {"customer_name": 1}, [{}], "customer_name"])
def test_an_order_is_upwards_or_downwards(org: Org, sort: Any) -> None:
    assert org.refusal(sort=sort)[::2] == ("sort", "/properties/sort/anyOf")


def test_an_order_has_five_attributes_at_most(org: Org) -> None:
    keys = ["name", "gender", "created_at", "updated_at", "modified_at", "externalId"]
    assert org.refusal(sort=[{f"customer_{key}": "asc"} for key in keys])[::2] == ("sort", "/properties/sort/anyOf")


def test_documents_are_whole(five: Org) -> None:
    document = five.found({"and": {"customer_name": {"equals": "Ada"}}})["data"][0]
    assert document["type"] == "customer"
    assert document["links"] == {"self": f"/v1/customers/{document['id']}"}
    assert document["attributes"].keys() == {"name", "createdAt", "updatedAt"}


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        (["name"], {"name"}),
        (["customer_updated_at", "createdAt"], {"updatedAt", "createdAt"}),
        ([{"customer_name": True}], {"name"}),
        (["shoeSize"], set()),
        ([], set()),
    ],
)
def test_fields_leave_only_those_attributes(five: Org, fields: list[Any], kept: set[str]) -> None:
    document = five.found({"fields": fields})["data"][0]
    assert document["attributes"].keys() == kept
    assert document["type"] == "customer"


def test_ids_alone_are_documents_of_type_and_id(org: Org) -> None:
    id = org.put("kobjects", klass="order", type="kobject.order")
    answer = org.found({"queryContext": "kobject"}, "idsOnly=true")
    assert answer["data"] == [{"type": "kobject", "id": id}]
    assert "idsOnly" not in answer["links"]["self"]


def test_ids_alone_may_be_bare_as_a_quirk(organisation: Org) -> None:
    org = organisation({"search_ids_only": "ids"})
    id = org.customer("Ada")
    assert org.found({}, "idsOnly=true")["data"] == [id]


def test_meta_may_keep_silent_about_time_as_a_quirk(organisation: Org) -> None:
    assert "timed_out" not in organisation({"search_timed_out": "absent"}).found({})["meta"]


def test_a_search_hash_and_aggregations_are_taken(five: Org) -> None:
    answer = five.found({"searchHash": "abc", "aggs": {"by": {"terms": {"field": "customer_gender"}}}})
    assert (answer["meta"]["total"], answer["meta"]["aggregations"]) == (5, {})


@pytest.fixture
def old(org: Org) -> Org:
    """The window of two years begins at 2024-01-15T09:00:00Z."""
    org.customer("New", createdAt="2020-01-01T00:00:00.000Z", updatedAt="2024-01-15T09:00:00.000Z")
    org.customer("Old", createdAt="2020-01-01T00:00:00.000Z", updatedAt="2024-01-15T08:59:59.999Z")
    return org


def test_search_finds_what_was_changed_in_the_last_two_years(old: Org) -> None:
    assert old.names() == ["New"]


def test_the_archive_finds_what_was_not(old: Org) -> None:
    assert old.names(ARCHIVE) == ["Old"]


def test_what_is_old_moves_to_the_archive_as_time_passes(old: Org) -> None:
    old.sandbox.advance(1)
    assert old.names() == []
    assert old.names(ARCHIVE) == ["New", "Old"]


def test_the_links_of_the_archive_may_lead_to_the_other_search_as_a_quirk(organisation: Org) -> None:
    own, other = organisation(), organisation({"archive_links": "search"})
    assert own.found({}, path=ARCHIVE)["links"]["self"] == f"{ARCHIVE}?page=1&pageSize=100"
    assert other.found({}, path=ARCHIVE)["links"]["self"] == f"{SEARCH}?page=1&pageSize=100"


@pytest.mark.parametrize(
    ("context", "attribute", "value"),
    [
        ("customer", "customer_id", "000000000000000000000002"),
        ("customer", "customer_any_text_new", "old"),
        ("customer", "customer_deleted", False),
        ("customer", "customer_companyId", "acme"),
        ("conversation", "conversation_customer_id", "x"),
        ("kobject_order", "kobject_order_any_text", "order"),
        ("kobject_order", "kobject_order_customer_id", "x"),
        ("kobject_order", "kobject_order_id", "9" * 24),
        ("message", "message_conversation_id", "x"),
    ],
)
def test_the_archive_knows_attributes_of_its_own(org: Org, context: str, attribute: str, value: Any) -> None:
    times = {"createdAt": "2020-01-01T00:00:00.000Z", "updatedAt": "2020-01-01T00:00:00.000Z"}
    org.put("customers", {"company": "acme"}, name="Old", id="000000000000000000000002", **times)
    org.put("conversations", {"customer": "x"}, name="Old", **times)
    org.put("messages", {"conversation": "x"}, name="Old", **times)
    org.put("kobjects", {"customer": "x"}, klass="order", id="9" * 24, name="Old", title="Order", **times)
    org.put("kobjects", {"customer": "x"}, klass="visit", name="Visit", title="Order", **times)
    operator = "contains" if "any_text" in attribute else "equals"
    assert org.names(ARCHIVE, queryContext=context, **{"and": [{attribute: {operator: value}}]}) == ["Old"]


@pytest.mark.parametrize("attribute", ["customer_name", "customer_custom_levelNum", "any_text", "kobject_title"])
def test_the_archive_knows_fewer_attributes(org: Org, attribute: str) -> None:
    assert org.refusal(ARCHIVE, **{"and": [{attribute: {"equals": "x"}}]})[0] == attribute


def test_the_archive_is_sorted_by_fewer_attributes(org: Org) -> None:
    assert org.found({"sort": {"customer_companyId": "asc"}}, path=ARCHIVE)["data"] == []
    assert org.refusal(ARCHIVE, sort={"customer_any_text_new": "asc"})[0] == "customer_any_text_new"
    order = {"queryContext": "kobject_order", "sort": {"kobject_order_created_at": "asc"}}
    assert org.found(order, path=ARCHIVE)["data"] == []


@pytest.mark.parametrize(("name", "value"), [("aggs", {}), ("fields", []), ("searchHash", "x")])
def test_the_archive_takes_less(org: Org, name: str, value: Any) -> None:
    assert org.refusal(ARCHIVE, **{name: value}) == (name, "Additional properties not allowed", "/additionalProperties")


@pytest.mark.parametrize("context", ["note", "conversation_time", "work_item"])
def test_the_archive_has_fewer_contexts(org: Org, context: str) -> None:
    assert org.refusal(ARCHIVE, queryContext=context)[0] == "queryContext"


@pytest.fixture
def saved(org: Org) -> tuple[Org, str]:
    for number in range(3):
        org.conversation(f"Talk {number}", status="open" if number else "done")
    search = {"queryContext": "conversation", "and": [{"conversation_status": {"equals": "open"}}]}
    with org.account.unit() as unit:
        document = {"id": org.new_id(), "attributes": {"name": "Open"}, "relations": {}, "search": search}
        unit["saved_searches"].put(document)
    return org, f"/v1/customers/searches/{document['id']}/execution"


def test_a_saved_search_can_be_run(saved: tuple[Org, str]) -> None:
    org, path = saved
    answer = org.found({}, "page=1&pageSize=1&include=customers&trackTotalHits=true", path)
    assert [each["attributes"]["name"] for each in answer["data"]] == ["Talk 2"]
    assert answer["meta"]["total"] == 2
    assert answer["links"]["next"] == f"{path}?page=2&pageSize=1"


def test_totals_are_counted_only_so_far_where_a_saved_search_is_told_so(
    saved: tuple[Org, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.providers.kustomer.search.answers.COUNTED", 1)
    org, path = saved
    assert org.found({}, "trackTotalHits=false", path)["meta"]["total"] == 1
    assert org.found({}, "", path)["meta"]["total"] == 2


def test_a_saved_search_nobody_saved_is_not_found(org: Org) -> None:
    status, _ = org.post({}, path=f"/v1/customers/searches/{org.new_id()}/execution")
    assert status == 404


def test_a_search_leaves_no_trace(five: Org) -> None:
    version = five.account.store.version
    five.names(**{"and": {"customer_any_text": {"contains": "Ada"}}})
    five.refusal(**{"and": {"customer_shoe_size": {"equals": 1}}})
    assert five.account.store.version == version
