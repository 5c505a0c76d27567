"""The contract of Kustomer: every operation, every tool, and bodies that refuse what they do not know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import orjson
import pytest
import yaml

from harness.core.contract import Contract, Invalid
from harness.core.contract_check import check
from harness.core.exchange import Request, Response
from harness.data import folder

OPERATIONS = """
/v1/attachments POST
/v1/attachments/{id} GET PUT
/v1/attachments/{org}/{file} GET
/v1/audit-logs GET
/v1/auth/roles GET
/v1/auth/tokens GET POST
/v1/auth/tokens/current GET
/v1/auth/tokens/{id} GET DELETE
/v1/brands GET POST
/v1/brands/default GET
/v1/brands/{id} GET PATCH
/v1/bulk/{id} GET
/v1/bulk/{id}/batches GET
/v1/companies GET POST
/v1/companies/bulk POST PUT
/v1/companies/{id} GET PUT
/v1/companies/{id}/klasses/{name} GET
/v1/conversations GET POST
/v1/conversations/bulk POST PUT
/v1/conversations/externalId={externalId} GET
/v1/conversations/times/{ids} GET
/v1/conversations/{id} GET PUT PATCH DELETE
/v1/conversations/{id}/attachments GET
/v1/conversations/{id}/events GET
/v1/conversations/{id}/forwards GET POST
/v1/conversations/{id}/messages GET POST
/v1/conversations/{id}/notes GET POST
/v1/conversations/{id}/tags POST DELETE
/v1/conversations/{id}/times GET
/v1/customers GET POST
/v1/customers/archive/search POST
/v1/customers/bulk POST PUT DELETE
/v1/customers/email={email} GET
/v1/customers/externalId={externalId} GET
/v1/customers/merges POST
/v1/customers/merges/{id} GET
/v1/customers/phone={phone} GET
/v1/customers/search POST
/v1/customers/searches/{id}/execution POST
/v1/customers/{customerId}/events/{id} GET
/v1/customers/{customerId}/sessions/{sessionId}/events GET
/v1/customers/{id} GET PUT PATCH DELETE
/v1/customers/{id}/conversations GET POST
/v1/customers/{id}/drafts GET POST
/v1/customers/{id}/events GET
/v1/customers/{id}/klasses/{name} GET POST
/v1/customers/{id}/merges GET
/v1/customers/{id}/messages GET POST
/v1/customers/{id}/notes GET
/v1/customers/{id}/sessions GET
/v1/customers/{id}/unmasking-windows POST DELETE
/v1/drafts/{id} PUT DELETE
/v1/drafts/{id}/attachments GET POST
/v1/drafts/{id}/attachments/{attachmentId} GET DELETE
/v1/forwards/{id} GET PUT
/v1/forwards/{id}/attachments GET POST
/v1/forwards/{id}/attachments/{attachmentId} GET DELETE
/v1/klasses GET POST
/v1/klasses/{id} GET PUT DELETE
/v1/klasses/{name} GET POST
/v1/klasses/{name}/bulk POST PUT DELETE
/v1/klasses/{name}/externalId={externalId} GET
/v1/klasses/{name}/{id} GET PUT DELETE
/v1/media POST
/v1/media/{id} GET PUT
/v1/messages GET POST
/v1/messages/bulk POST PUT
/v1/messages/externalId={externalId} GET
/v1/messages/{id} GET PUT PATCH
/v1/messages/{id}/redactions POST
/v1/messages/{message_id}/attachments/{id} GET
/v1/metadata/{resource} GET PUT
/v1/notes GET POST
/v1/notes/bulk POST PUT
/v1/notes/{id} GET PUT PATCH DELETE
/v1/outbound-webhooks GET POST
/v1/outbound-webhooks/{id} GET DELETE
/v1/outboundAccounts GET
/v1/role-groups GET POST
/v1/role-groups/{id} GET PUT DELETE
/v1/satisfaction GET
/v1/schedules GET POST
/v1/schedules/default GET
/v1/schedules/{id} GET PUT DELETE
/v1/shortcuts GET POST
/v1/shortcuts/categories GET
/v1/shortcuts/{id} GET PUT DELETE
/v1/slas GET
/v1/slas/{id} GET
/v1/spam/senders GET PUT
/v1/spam/senders/{id} DELETE
/v1/tags GET
/v1/tags/{id} GET
/v1/teams GET POST
/v1/teams/{id} GET PUT PATCH DELETE
/v1/teams/{id}/members POST DELETE
/v1/tracking/event POST
/v1/tracking/identity POST
/v1/tracking/identityEvent POST
/v1/users GET POST
/v1/users/current GET PUT
/v1/users/passwordreset POST
/v1/users/{id} GET PUT
/v1/users/{id}/teams GET
"""
"""Paths with their methods; the last three of the webhooks are beyond the 174 that tools and clients name."""

TOOLS = """
create_a_kustomer_attachment create_a_kustomer_brand create_a_kustomer_company create_a_kustomer_conversation
create_a_kustomer_conversation_forward create_a_kustomer_conversation_message create_a_kustomer_conversation_note
create_a_kustomer_conversation_tag create_a_kustomer_custom_object create_a_kustomer_customer
create_a_kustomer_customer_chat_draft create_a_kustomer_customer_conversation
create_a_kustomer_customer_facebook_draft create_a_kustomer_customer_instagram_draft
create_a_kustomer_customer_klass create_a_kustomer_customer_merge create_a_kustomer_customer_message
create_a_kustomer_customer_note_draft create_a_kustomer_customer_sms_draft
create_a_kustomer_customer_twitter_dm_draft create_a_kustomer_customer_twitter_tweet_draft
create_a_kustomer_customer_unmasking_window create_a_kustomer_customer_whatsapp_basic_draft
create_a_kustomer_customer_whatsapp_interactive_draft create_a_kustomer_draft_attachment
create_a_kustomer_email_draft create_a_kustomer_forward_attachment create_a_kustomer_identity_event
create_a_kustomer_klass create_a_kustomer_media create_a_kustomer_message create_a_kustomer_note
create_a_kustomer_schedule create_a_kustomer_shortcut create_a_kustomer_team create_a_kustomer_tracking_event
create_a_kustomer_tracking_identity create_a_kustomer_user delete_a_kustomer_conversation_by_id
delete_a_kustomer_conversation_tag_by_id delete_a_kustomer_custom_object_by_id delete_a_kustomer_customer_by_id
delete_a_kustomer_customer_unmasking_window_by_id delete_a_kustomer_draft_attachment_by_id
delete_a_kustomer_draft_by_id delete_a_kustomer_forward_attachment_by_id delete_a_kustomer_klass_by_id
delete_a_kustomer_note_by_id delete_a_kustomer_schedule_by_id delete_a_kustomer_shortcut_by_id
delete_a_kustomer_spam_sender_by_id delete_a_kustomer_team_by_id get_single_kustomer_attachment_by_id
get_single_kustomer_brand_by_id get_single_kustomer_bulk_operation_by_id get_single_kustomer_company_by_id
get_single_kustomer_conversation_by_id get_single_kustomer_conversation_time_by_id
get_single_kustomer_custom_object_by_id get_single_kustomer_customer_by_id get_single_kustomer_customer_event_by_id
get_single_kustomer_customer_merge_by_id get_single_kustomer_draft_attachment_by_id
get_single_kustomer_draft_forward_by_id get_single_kustomer_forward_attachment_by_id get_single_kustomer_klass_by_id
get_single_kustomer_media_by_id get_single_kustomer_message_attachment_by_id get_single_kustomer_message_by_id
get_single_kustomer_note_by_id get_single_kustomer_schedule_by_id get_single_kustomer_shortcut_by_id
get_single_kustomer_sla_by_id get_single_kustomer_tag_by_id get_single_kustomer_team_by_id
get_single_kustomer_user_by_id kustomer_brands_default kustomer_companies_bulk_create kustomer_companies_bulk_update
kustomer_conversation_attachments_download kustomer_conversations_bulk_create kustomer_conversations_bulk_update
kustomer_conversations_using_external_id kustomer_custom_objects_bulk_create kustomer_custom_objects_bulk_delete
kustomer_custom_objects_bulk_update kustomer_custom_objects_using_external_id kustomer_customers_bulk_create
kustomer_customers_bulk_delete kustomer_customers_bulk_update kustomer_customers_using_email
kustomer_customers_using_external_id kustomer_customers_using_phone_number kustomer_messages_bulk_create
kustomer_messages_bulk_update kustomer_messages_message_using_external_id kustomer_messages_redact
kustomer_notes_bulk_create kustomer_notes_bulk_update kustomer_notes_update_note_attributes
kustomer_search_customers_search kustomer_search_customers_search_archive_customers kustomer_spam_senders_upsert
list_all_kustomer_audit_logs list_all_kustomer_auth_roles list_all_kustomer_brands
list_all_kustomer_bulk_operation_batches list_all_kustomer_companies list_all_kustomer_company_klasses
list_all_kustomer_conversation_attachments list_all_kustomer_conversation_events
list_all_kustomer_conversation_forwards list_all_kustomer_conversation_messages list_all_kustomer_conversation_notes
list_all_kustomer_conversation_times list_all_kustomer_conversations list_all_kustomer_custom_attributes
list_all_kustomer_custom_objects list_all_kustomer_customer_conversations list_all_kustomer_customer_drafts
list_all_kustomer_customer_events list_all_kustomer_customer_klasses list_all_kustomer_customer_merges
list_all_kustomer_customer_messages list_all_kustomer_customer_notes list_all_kustomer_customer_sessions
list_all_kustomer_customers list_all_kustomer_default_schedules list_all_kustomer_draft_attachments
list_all_kustomer_forward_attachments list_all_kustomer_klasses list_all_kustomer_me list_all_kustomer_messages
list_all_kustomer_notes list_all_kustomer_outbound_accounts list_all_kustomer_satisfactions
list_all_kustomer_schedules list_all_kustomer_search_conversations list_all_kustomer_shortcuts
list_all_kustomer_spam_senders list_all_kustomer_tags list_all_kustomer_teams list_all_kustomer_users
update_a_kustomer_attachment_by_id update_a_kustomer_brand_by_id update_a_kustomer_company_by_id
update_a_kustomer_conversation_by_id update_a_kustomer_custom_attribute_by_id update_a_kustomer_custom_object_by_id
update_a_kustomer_customer_by_id update_a_kustomer_customer_chat_draft_by_id
update_a_kustomer_customer_facebook_draft_by_id update_a_kustomer_customer_instagram_draft_by_id
update_a_kustomer_customer_note_draft_by_id update_a_kustomer_customer_sms_draft_by_id
update_a_kustomer_customer_twitter_dm_draft_by_id update_a_kustomer_customer_twitter_tweet_draft_by_id
update_a_kustomer_customer_whatsapp_basic_draft_by_id update_a_kustomer_draft_forward_by_id
update_a_kustomer_email_draft_by_id update_a_kustomer_klass_by_id update_a_kustomer_media_by_id
update_a_kustomer_message_by_id update_a_kustomer_note_by_id update_a_kustomer_schedule_by_id
update_a_kustomer_shortcut_by_id update_a_kustomer_team_by_id update_a_kustomer_user_by_id
"""

DRAFTS = {"customer_drafts.create": 10, "drafts.update": 9}
"""Operations that tools share, each with a body of its own."""

OPEN = {"attachments", "draft", "location", "suggestedShortcuts", "suggestedTags", "userMentions"}
"""Parts of bodies that are published without a word on further properties."""

BEYOND = {("GET", "/v1/outbound-webhooks"), ("POST", "/v1/outbound-webhooks"), ("DELETE", "/v1/outbound-webhooks/{id}")}

ID = "65f0a1b2c3d4e5f60718293a"


@pytest.fixture(scope="module")
def contract() -> Contract:
    """The contract as it ships."""
    return Contract.load(folder("contracts") / "kustomer")


def listed() -> set[tuple[str, str]]:
    """The operations of the list."""
    rows = [row.split() for row in OPERATIONS.strip().splitlines()]
    return {(method, path) for path, *methods in rows for method in methods}


def test_every_operation_is_there_and_no_other(contract: Contract) -> None:
    assert {(operation.method, operation.path) for operation in contract.operations.values()} == listed()


def test_there_are_174_operations_and_three_more_of_webhooks() -> None:
    assert len(listed() - BEYOND) == 174
    assert len(listed()) == 177


def test_every_tool_belongs_to_one_operation(contract: Contract) -> None:
    found = Counter(tool for operation in contract.operations.values() for tool in operation.tools)
    assert found == Counter(TOOLS.split())
    assert len(found) == 168


def test_an_operation_is_named_as_one_of_its_tools_names_it(contract: Contract) -> None:
    named = {
        operation.id: {_id_of(tool) for tool in operation.tools}
        for operation in contract.operations.values()
        if operation.tools and operation.id not in DRAFTS
    }
    assert [id for id, names in named.items() if id.split(".") not in [name.split(".") for name in names]] == []


@pytest.mark.parametrize("id", DRAFTS)
def test_a_tool_for_drafts_has_a_body_of_its_own(contract: Contract, id: str) -> None:
    operation = contract.operation(id)
    bodies = [contract.resolve(body) for body in _body(contract, id)["oneOf"]]
    assert [body["title"] for body in bodies] == list(operation.tools)
    assert len(bodies) == DRAFTS[id]


def test_the_tools_that_share_the_search_have_bodies_of_their_own(contract: Contract) -> None:
    titles = {schema.get("title") for schema in contract.document["components"]["schemas"].values()}
    assert set(contract.operation("search_customers.search").tools) <= titles


def test_unknown_properties_are_refused_in_every_body(contract: Contract) -> None:
    lenient = {
        place
        for operation in contract.operations.values()
        if operation.media
        for place, schema in _objects(contract, _body(contract, operation.id), ())
        if schema.get("additionalProperties", True) is True
    }
    assert lenient == OPEN


@pytest.mark.parametrize(
    ("id", "body"),
    [
        ("customers.create", {"name": "Ada", "emails": [{"email": "ada@example.org"}], "custom": {"shoeNum": 38}}),
        ("customers.bulk_update", [{"id": ID, "name": "Ada", "_clientRef": "1"}]),
        ("customers.bulk_update", {"name": "Ada"}),
        ("conversations.update", {"snooze": {"status": "scheduled", "time": "2024-05-01T08:00:00Z"}}),
        ("conversations.update", {"customer": ID}),
        ("conversation_tags.create", ["vip", ID]),
        ("messages.create", {"conversation": ID, "channel": "email", "app": "postmark", "direction": "in"}),
        ("messages.redact", {"preview": "…", "attachments": [ID]}),
        ("customer_drafts.create", {"channel": "whatsapp", "app": "messagebird", "body": "Hello"}),
        ("drafts.update", {"channel": "sms", "scheduled": True, "sendAt": "now+1h"}),
        ("drafts.update", {"channel": "sms", "sendAt": ""}),
        ("search_customers.search", {"and": {"customer_email": {"equals": "ada@example.org"}}}),
        (
            "search_customers.search",
            {"or": [{"not": {"customer_tags": {"in": ["vip"]}}}], "sort": [{"customer_name": "asc"}]},
        ),
        ("custom_attributes.update", {"properties": {"shoeNum": {"displayName": "Size"}}}),
        ("outbound_webhooks.create", {"name": "n", "url": "https://example.org", "events": ["kustomer.team.update"]}),
    ],
)
def test_a_body_as_clients_send_it_fits(contract: Contract, id: str, body: Any) -> None:
    assert _read(contract, id, body) == body


@pytest.mark.parametrize(
    ("id", "body", "kind"),
    [
        ("customers.create", {"surname": "Ada"}, "additionalProperties"),
        ("customers.create", {"emails": [{"email": "nobody"}]}, "pattern"),
        ("customers.create", {"name": "A" * 257}, "maxLength"),
        ("customers.bulk_create", [{}] * 101, "maxItems"),
        ("conversations.create", {}, "required"),
        ("conversations.create", {"customer": ID, "priority": 6}, "maximum"),
        ("conversations.update", {"customer": ID, "status": "done"}, "oneOf"),
        ("conversation_tags.create", ["vip", "vip"], "uniqueItems"),
        ("customer_drafts.create", {"channel": "sms", "body": "A" * 1601}, "oneOf"),
        ("search_customers.search", {"and": [{"customer_name": "A"}]}, "anyOf"),
        ("search_customers.search", {"query": "A"}, "additionalProperties"),
        ("search_customers.search", {"queryContext": "parcel"}, "pattern"),
        ("medias.create", {"name": "run.exe", "contentType": "text/plain", "contentLength": 1}, "not"),
    ],
)
def test_a_body_that_breaks_a_limit_is_refused_for_that(contract: Contract, id: str, body: Any, kind: str) -> None:
    with pytest.raises(Invalid) as refused:
        _read(contract, id, body)
    assert {violation.kind for violation in refused.value.violations} == {kind}


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (
            400,
            {"status": 400, "source": {"parameter": "title"}, "code": "badparam", "title": "Too long", "detail": "/"},
        ),
        (404, {"status": 404, "source": {"parameter": "externalId"}, "code": "notfound", "title": "Not Found"}),
        (409, {"code": "conflict", "message": "Another revision is newer.", "meta": {}}),
    ],
)
def test_an_error_has_the_recorded_form_or_that_of_the_portal(
    contract: Contract, status: int, error: dict[str, Any]
) -> None:
    answer = Response(status, orjson.dumps({"errors": [error]}), [("content-type", "application/json")])
    assert contract.operation("customers.update").check_response(answer) == []


def test_every_operation_says_which_roles_it_takes(contract: Contract) -> None:
    assert [operation.id for operation in contract.operations.values() if "x-roles" not in operation.data] == []
    assert contract.operation("tracking_events.create").data["x-roles"] == ["org.tracking"]
    assert contract.operation("auth_tokens.current").data["x-roles"] == []
    assert "org.permission.kobject.kobject_{name}.read" in contract.operation("custom_objects.get").data["x-roles"]


@pytest.mark.parametrize(
    ("roles", "problem"),
    [
        ("org.user", "a list of dotted names"),
        (["org user"], "a list of dotted names"),
        (["org.user_{team}"], "which the path does not have"),
        (["org.user", "org.user"], "a role is listed twice"),
    ],
)
def test_roles_that_make_no_sense_are_found(contract: Contract, roles: Any, problem: str) -> None:
    document = deepcopy(contract.document)
    document["paths"]["/customers/{id}"]["get"]["x-roles"] = roles
    assert [found for found in check(document) if problem in found]


def test_a_klass_is_told_from_its_name_by_the_form_of_the_id(contract: Contract) -> None:
    parameters = contract.document["components"]["parameters"]
    validator = contract.compile(parameters["klassId"]["schema"])
    assert validator.is_valid(ID)
    assert not validator.is_valid("order")


def test_every_quirk_is_named_where_it_matters(contract: Contract) -> None:
    assert set(contract.quirks) == set(_values(contract.document["paths"], "x-quirk")) | set(
        _values(contract.document["components"], "x-quirk")
    )


def test_search_knows_184_attributes_each_of_a_known_class() -> None:
    data = yaml.safe_load((folder("contracts") / "kustomer" / "data" / "search_attributes.yaml").read_text())
    known = {name: entry for group in data["attributes"].values() for name, entry in group.items()}
    classes = {entry if isinstance(entry, str) else entry["class"] for entry in known.values()}
    assert len(known) == 184
    assert classes == set(data["classes"])
    assert len(data["sortable"]["documented"]) == 18


def _id_of(tool: str) -> str:
    """The operation a tool is called after: `list_all_kustomer_users` is `users.list`."""
    for beginning, method in (
        ("list_all_kustomer_", "list"),
        ("get_single_kustomer_", "get"),
        ("create_a_kustomer_", "create"),
        ("update_a_kustomer_", "update"),
        ("delete_a_kustomer_", "delete"),
    ):
        if tool.startswith(beginning):
            noun = tool.removeprefix(beginning).removesuffix("_by_id")
            return f"{noun if method == 'list' else _plural(noun)}.{method}"
    words = tool.removeprefix("kustomer_").split("_")
    for length in (2, 1):
        resource = "_".join(words[:length])
        if resource in _RESOURCES_OF_METHODS:
            return f"{resource}.{'_'.join(words[length:])}"
    raise AssertionError(tool)


_RESOURCES_OF_METHODS = frozenset(
    "brands companies conversation_attachments conversations custom_objects customers messages notes search_customers"
    " spam_senders".split()
)


def _plural(noun: str) -> str:
    """`company` to `companies`, `klass` to `klasses`."""
    if noun.endswith("y"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith("s") else f"{noun}s"


def _body(contract: Contract, id: str) -> dict[str, Any]:
    schema: dict[str, Any] = contract.operation(id).data["requestBody"]["content"]["application/json"]["schema"]
    return schema


def _read(contract: Contract, id: str, body: Any) -> Any:
    operation = contract.operation(id)
    headers = [("content-type", "application/json")]
    return operation.read_body(Request(operation.method, operation.path, headers=headers, body=orjson.dumps(body)))


def _objects(contract: Contract, schema: Any, way: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The schemas of objects with properties in a body, each with the way to it."""
    if isinstance(schema, list):
        for part in schema:
            yield from _objects(contract, part, way)
    if not isinstance(schema, dict) or "Group" in schema.get("$ref", ""):
        return
    schema = dict(contract.resolve(schema))
    if "properties" in schema:
        yield "/".join(way), schema
    for name, part in schema.get("properties", {}).items():
        yield from _objects(contract, part, (*way, name))
    for keyword in ("items", "oneOf", "anyOf", "then", "else"):
        yield from _objects(contract, schema.get(keyword), way)


def _values(node: Any, key: str) -> Iterator[str]:
    """All values under a key, however deep."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == key and isinstance(value, str):
                yield value
            else:
                yield from _values(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from _values(value, key)
