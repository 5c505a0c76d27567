"""Kustomer's integration: all of its operations as proxy methods, its pages and errors, and what is documented."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from harness.data import folder
from harness.unified import documentation
from harness.unified.account import IntegratedAccount
from harness.unified.exchange import Answer, Incoming, Outgoing, run
from harness.unified.integration import Integration, Method
from harness.unified.proxy import proxy
from harness.unified.quirks import defaults
from harness.unified.tool_names import name_of
from harness.unified.unify import unified

INTEGRATION = Integration.load("kustomer")
METHODS = [method for methods in INTEGRATION.resources.values() for method in methods.values()]
CONTRACT = json.loads((folder("contracts") / "kustomer" / "bundle.json").read_bytes())
OPERATIONS = [
    (verb.upper(), re.sub(r"\{[^}]*\}", "*", path), operation)
    for path, operations in CONTRACT["paths"].items()
    for verb, operation in operations.items()
]
DOCUMENTED = documentation.load(INTEGRATION.folder)
TOOLS = [method for method in METHODS if method.description]
BASE = "https://api.kustomerapp.com/v1"


def named(value: Any) -> str:
    return f"{value.resource}.{value.name}" if isinstance(value, Method) else str(value)


def operations_of(method: Method) -> list[Mapping[str, Any]]:
    """What the contract has at a method's verb and path."""
    path = re.sub(r"\{\{[^}]*\}\}", "*", method.path)
    return [operation for verb, each, operation in OPERATIONS if (verb, each) == (method.verb, path)]


class Proxied:
    """Proxy calls that are answered so, and what they sent."""

    def __init__(self) -> None:
        self.account = IntegratedAccount.connect("kustomer", {"api_key": "nobodys"})
        self.sent: list[Outgoing] = []

    def call(self, address: str, data: Any, *, status: int = 200, headers: Any = (), **given: Any) -> Answer:
        resource, method = address.split(".")

        def send(outgoing: Outgoing) -> Incoming:
            self.sent.append(outgoing)
            body = data if isinstance(data, bytes) else json.dumps(data).encode()
            return Incoming(status, [("content-type", "application/json"), *headers], body)

        return run(proxy(self.account, resource, method, quirks=defaults(), **given), send)

    @property
    def lines(self) -> list[str]:
        """Verb and address below the base URL."""
        return [f"{each.method} {each.url.removeprefix(BASE)}" for each in self.sent]


@pytest.fixture
def kustomer() -> Proxied:
    return Proxied()


def listed(*records: Any, next: str | None = None, prev: str | None = None) -> dict[str, Any]:
    """A page of Kustomer's."""
    return {"meta": {}, "links": {"self": "/v1/x", "first": "/v1/x", "prev": prev, "next": next}, "data": list(records)}


def test_every_operation_of_kustomer_is_reached() -> None:
    reached = {operation["operationId"] for method in METHODS for operation in operations_of(method)}
    assert reached == {operation["operationId"] for _, _, operation in OPERATIONS}
    assert len(reached) == 177


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_a_proxy_method_calls_an_operation_that_there_is(method: Method) -> None:
    assert operations_of(method)


def test_operations_go_by_their_names_but_for_drafts_and_searches() -> None:
    names = {operation["operationId"] for _, _, operation in OPERATIONS}
    others = {method.resource for method in METHODS if named(method) not in names}
    assert {each for each in others if not each.endswith("_drafts")} == {
        *("search_customers", "search_conversations", "search_companies", "search_messages", "search_notes")
    }
    assert names - {named(method) for method in METHODS} == {"customer_drafts.create", "drafts.update"}


def test_the_tools_are_the_168_that_are_published() -> None:
    published = {name for _, _, operation in OPERATIONS for name in operation.get("x-tools", ())}
    assert len(published) == 168
    assert {name_of("kustomer", method.resource, method.name) for method in TOOLS} == published


@pytest.mark.parametrize("method", TOOLS, ids=named)
def test_a_tool_stands_at_the_operation_that_names_it(method: Method) -> None:
    tool = name_of("kustomer", method.resource, method.name)
    assert any(tool in operation.get("x-tools", ()) for operation in operations_of(method))


@pytest.mark.parametrize("method", METHODS, ids=named)
def test_the_scopes_are_the_roles_of_the_operation(method: Method) -> None:
    assert any(list(method.scopes) == operation["x-roles"] for operation in operations_of(method))


@pytest.mark.parametrize("method", TOOLS, ids=named)
def test_a_description_promises_what_the_answer_has(method: Method) -> None:
    entry = DOCUMENTED[method.resource][method.name]
    assert method.description is not None
    required, _, returned = method.description.partition("Returns")
    shape = entry["response_schema"] or {}
    forms = shape.get("oneOf") or shape.get("anyOf") or shape.get("allOf")  # the first has most of it
    shape = (forms or [shape])[0]
    answered = set(shape.get("properties", {}))
    if "data" in answered:  # the methods whose whole answer is passed on
        answered |= set(shape["properties"]["data"].get("properties", {})) | {"type", "id", "attributes"}
        answered |= {"relationships", "links"}
    promised = set(re.findall(r"\b(?:type|id|attributes|relationships|links)\b", returned))
    assert promised <= answered
    assert bool(promised) == ("Answers with" not in method.description)
    schemas = [schema for schema in (entry["query_schema"], entry["body_schema"]) if schema]
    known = {name for schema in schemas for name in schema.get("properties", {})}
    asked = " ".join(re.findall(r"Requires ([^.]*)", required + returned))
    for name in method.takes:
        assert name in known
    for name in re.findall(r"\b(?:id|[a-z]+_id)\b", asked):
        assert name in known
    if "{{id}}" in method.path:
        assert re.search(r"\bid\b", asked), "does not say that it needs an id"


def test_each_kind_of_draft_has_a_body_of_its_own() -> None:
    channels = {
        (method.resource, method.name): DOCUMENTED[method.resource][method.name]["body_schema"]
        for method in TOOLS
        if method.resource.endswith("_drafts") and method.name in ("create", "update")
    }
    assert len(channels) == 19
    assert channels["customer_twitter_dm_drafts", "create"]["properties"]["channel"]["enum"] == ["twitter-dm"]
    assert channels["email_drafts", "update"]["properties"]["app"]["enum"] == ["gmail", "postmark"]
    assert "meta" in channels["customer_whatsapp_interactive_drafts", "create"]["required"]
    assert len({json.dumps(each) for each in channels.values()}) == 19


def test_what_stands_at_one_place_is_documented_apart() -> None:
    assert DOCUMENTED["klasses"]["get"]["query_schema"]["required"] == ["id"]
    assert DOCUMENTED["custom_objects"]["list"]["query_schema"]["required"] == ["name"]


def test_values_in_a_path_are_described_for_what_they_are() -> None:
    described = {
        name: DOCUMENTED["customers"][f"using_{method}"]["query_schema"]["properties"][name]["description"]
        for method, name in (("email", "email"), ("external_id", "external_id"))
    }
    assert described == {
        "email": "An e-mail address, percent-encoded or not.",
        "external_id": "Id in another system, percent-encoded or not.",
    }
    conversation = DOCUMENTED["conversation_messages"]["list"]["query_schema"]["properties"]["conversation_id"]
    assert conversation["description"] == "The id of the conversation."


def test_the_documentation_is_current() -> None:
    assert documentation.main(["--check", "kustomer"]) == 0


def test_every_method_is_documented_by_itself() -> None:
    text = json.dumps(DOCUMENTED)
    assert {resource: set(methods) for resource, methods in DOCUMENTED.items()} == {
        resource: set(methods) for resource, methods in INTEGRATION.resources.items()
    }
    assert '"$ref"' not in text
    assert '"x-' not in text


@pytest.mark.parametrize("method", [each for each in METHODS if each.takes], ids=named)
def test_a_parameter_of_the_path_is_required_and_not_sent_twice(kustomer: Proxied, method: Method) -> None:
    answer = kustomer.call(named(method), listed(), id="x")
    assert answer.status == 400
    assert any(f"needs the query parameter {name!r}" in answer.body["message"] for name in method.takes)
    given = dict.fromkeys(method.takes, "some")
    assert kustomer.call(named(method), listed(), id="x", query=given).status == 200
    assert "some" not in kustomer.sent[0].url.partition("?")[2]


def test_the_key_goes_into_its_header(kustomer: Proxied) -> None:
    kustomer.call("tags.list", listed())
    assert kustomer.sent[0].headers["authorization"] == "Bearer nobodys"


def test_the_next_page_is_where_the_link_leads(kustomer: Proxied) -> None:
    link = "/v1/customers?page=2&pageSize=2&filter%5BcreatedAt%5D%5Bgte%5D=2026-01-01T00%3A00%3A00.000Z"
    query = {"limit": "2", "filter": {"createdAt": {"gte": "2026-01-01T00:00:00.000Z"}}, "sort": "-createdAt"}
    first = kustomer.call("customers.list", listed({"id": "1"}, {"id": "2"}, next=link), query=query)
    assert (first.body["next_cursor"], first.body["prev_cursor"], first.body["result_count"]) == (link, None, 2)
    second = kustomer.call("customers.list", listed(prev="/v1/customers?page=1"), query={**query, "next_cursor": link})
    assert second.body["next_cursor"] is None
    assert second.body["prev_cursor"] == "/v1/customers?page=1"
    moment = "2026-01-01T00%3A00%3A00.000Z"
    assert kustomer.lines == [
        f"GET /customers?filter%5BcreatedAt%5D%5Bgte%5D={moment}&sort=-createdAt&pageSize=2",
        f"GET /customers?filter%5BcreatedAt%5D%5Bgte%5D={moment}&sort=-createdAt&pageSize=2&page=2",
    ]


@pytest.mark.parametrize(
    ("resource", "most"), [("tags", 100), ("users", 500), ("teams", 500), ("search_conversations", 500)]
)
def test_a_limit_is_held_to_what_a_page_may_hold(kustomer: Proxied, resource: str, most: int) -> None:
    kustomer.call(f"{resource}.list", listed(), query={"limit": "5000"})
    assert kustomer.lines[0].endswith(f"?pageSize={most}")


def test_audit_logs_go_on_before_the_last_entry(kustomer: Proxied) -> None:
    links = {"next": "/v1/audit-logs?count=5&before=b9", "prev": "/v1/audit-logs?count=5&after=a1"}
    page = kustomer.call("audit_logs.list", listed(**links), query={"limit": "5"})
    assert (page.body["next_cursor"], page.body["prev_cursor"]) == (links["next"], links["prev"])
    kustomer.call("audit_logs.list", listed(), query={"limit": "5", "next_cursor": links["next"]})
    kustomer.call("audit_logs.list", listed(), query={"limit": "5", "next_cursor": links["prev"]})
    assert kustomer.lines == [
        "GET /audit-logs?count=5",
        "GET /audit-logs?count=5&before=b9",
        "GET /audit-logs?count=5&after=a1",
    ]


def test_outbound_accounts_are_paged_by_counting(kustomer: Proxied) -> None:
    accounts = {"meta": {}, "data": [{"type": "outbound_account"}] * 2, "links": {"self": "/v1/outboundAccounts"}}
    page = kustomer.call("outbound_accounts.list", accounts, query={"limit": "2", "next_cursor": "3"})
    assert (page.body["next_cursor"], page.body["prev_cursor"]) == ("4", "2")
    last = kustomer.call("outbound_accounts.list", accounts)
    assert (last.body["next_cursor"], last.body["prev_cursor"]) == (None, None)
    assert kustomer.lines == ["GET /outboundAccounts?pageSize=2&page=3", "GET /outboundAccounts?pageSize=100"]


@pytest.mark.parametrize(
    ("resource", "context"),
    [
        ("search_customers", "customer"),
        ("search_conversations", "conversation"),
        ("search_companies", "company"),
        ("search_messages", "message"),
        ("search_notes", "note"),
    ],
)
def test_a_search_lists_what_was_changed_last_and_pages_by_the_query(
    kustomer: Proxied, resource: str, context: str
) -> None:
    link = "/v1/customers/search?page=2&pageSize=5"
    page = kustomer.call(f"{resource}.list", listed(next=link), query={"limit": "5"})
    kustomer.call(f"{resource}.list", listed(), query={"next_cursor": page.body["next_cursor"]})
    assert kustomer.lines == ["POST /customers/search?pageSize=5", "POST /customers/search?page=2&pageSize=5"]
    own = {"queryContext": context, "sort": [{f"{context}_updated_at": "desc"}]}
    assert [json.loads(each.content) for each in kustomer.sent] == [own, own]


def test_a_search_takes_a_whole_body_as_it_is(kustomer: Proxied) -> None:
    body = {"queryContext": "kobject_order", "and": [{"kobject_title": {"contains": "teapot"}}]}
    kustomer.call("search_customers.list", listed(), body=body)
    answer = kustomer.call("search_customers.search", listed(), body=body, query={"idsOnly": "true"})
    assert [json.loads(each.content) for each in kustomer.sent] == [body, body]
    assert kustomer.lines[1] == "POST /customers/search?idsOnly=true"
    assert json.loads(answer.body) == listed()


def test_tags_are_taken_off_by_a_list_that_is_the_body(kustomer: Proxied) -> None:
    kustomer.call("conversation_tags.delete", {"data": {}}, id="6a", query={"tags": ["glaze", "warranty"]})
    kustomer.call("team_members.delete", {"data": {}}, id="6b", query={"members": ["65"]})
    assert kustomer.lines == ["DELETE /conversations/6a/tags", "DELETE /teams/6b/members"]
    assert [json.loads(each.content) for each in kustomer.sent] == [["glaze", "warranty"], {"members": ["65"]}]


def test_ids_of_a_bulk_operation_are_joined_by_commas(kustomer: Proxied) -> None:
    kustomer.call("customers.bulk_delete", {"data": {}}, query={"ids": ["65a", "65b"]})
    assert kustomer.lines == ["DELETE /customers/bulk?ids=65a%2C65b"]


@pytest.mark.parametrize(
    ("method", "query", "path"),
    [
        ("using_email", {"email": "a b@example.org"}, "/customers/email=a%20b%40example.org"),
        ("using_phone_number", {"phone": "+12025550114"}, "/customers/phone=%2B12025550114"),
        ("using_external_id", {"external_id": "a/b"}, "/customers/externalId=a%2Fb"),
    ],
)
def test_a_look_up_is_a_path(kustomer: Proxied, method: str, query: dict[str, str], path: str) -> None:
    kustomer.call(f"customers.{method}", {"data": {}}, query=query)
    assert kustomer.lines == [f"GET {path}"]


def test_a_file_comes_as_it_is(kustomer: Proxied) -> None:
    query = {"org": "65", "file": "6a-spout.txt", "X-Amz-Expires": "600"}
    answer = kustomer.call("conversation_attachments.download", b"a chipped spout", query=query)
    assert answer.body == b"a chipped spout"
    assert kustomer.lines == ["GET /attachments/65/6a-spout.txt?X-Amz-Expires=600"]


RECORDED = {"status": 404, "source": {"parameter": "id"}, "code": "notfound", "title": "Not Found"}
PORTAL = {"code": "not_found", "message": "Nobody is there", "meta": {}}


@pytest.mark.parametrize(("error", "says"), [(RECORDED, "Not Found"), (PORTAL, "Nobody is there")])
def test_errors_of_both_forms_are_told(kustomer: Proxied, error: Any, says: str) -> None:
    answer = kustomer.call("users.get", {"errors": [error]}, status=404, id="65")
    assert (answer.status, answer.body["message"], answer.body["raw_response"]) == (404, says, {"errors": [error]})


@pytest.mark.parametrize(
    ("error", "says"),
    [(RECORDED, "Not Found"), (PORTAL, "Nobody is there"), ({"code": "odd"}, "Kustomer answered with errors")],
)
def test_an_error_under_a_good_status_is_an_error(kustomer: Proxied, error: Any, says: str) -> None:
    answer = kustomer.call("users.get", {"errors": [error]}, id="65")
    assert (answer.status, answer.body["message"]) == (502, says)


def test_errors_of_single_objects_of_a_bulk_operation_are_none_of_the_call(kustomer: Proxied) -> None:
    batch = {"type": "bulk_batch", "id": "6a", "attributes": {"errors": [{"title": "duplicate"}]}}
    assert kustomer.call("bulk_operation_batches.list", listed(batch), query={"bulk_id": "6a"}).status == 200


def test_the_rate_limit_is_told_with_the_seconds_to_wait(kustomer: Proxied) -> None:
    sent = [("date", "Mon, 16 Nov 2026 09:00:00 GMT"), ("x-ratelimit-limit", "1000"), ("x-ratelimit-remaining", "0")]
    reset = [("x-ratelimit-reset", "1794819642")]  # 42 seconds later
    answer = kustomer.call("users.list", {"errors": [{"title": "Too Many Requests"}]}, status=429, headers=sent + reset)
    told = {name: value for name, value in answer.headers.items() if name.startswith("ratelimit-")}
    assert told == {"ratelimit-limit": "1000", "ratelimit-remaining": "0", "ratelimit-reset": "42"}
    well = kustomer.call("users.list", listed(), headers=sent)
    assert "ratelimit-reset" not in well.headers


def test_a_missing_role_names_those_of_which_one_is_enough(kustomer: Proxied) -> None:
    steps = unified(kustomer.account, "user-directory", "groups", "create", body={"name": "A"}, quirks=defaults())
    refusal = Incoming(403, [], json.dumps({"errors": [{"title": "Forbidden"}]}).encode())
    answer = run(steps, lambda outgoing: refusal)
    missing = answer.body["truto_error_insight"]["forbidden_error"]["value"]["missing_scopes"]
    assert missing == ["org.admin.team.write", "org.permission.team.create"]
