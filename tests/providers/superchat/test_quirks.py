"""Each quirk on each of its choices: one observation a quirk, and what it shows under each choice.

An observation is a function with the quirk's name. Its decorator says what it sees under each choice; no two
choices look the same, so a switch that switches nothing is found out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from harness import Account, Sandbox
from harness.testing.receiver import Receiver

Body = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """An account that was opened with the quirk set."""

    api: httpx.Client
    account: Account
    harness: Sandbox

    def one(self, collection: str, **wanted: Any) -> Body:
        """The first document of a collection whose fields have these values."""
        documents: list[Body] = list(self.account.collection(collection))
        return next(each for each in documents if wanted.items() <= each.items())

    def new_contact(self, **more: Any) -> Body:
        body = {"handles": [{"value": "new@example.com"}, {"value": "+493012345678"}], **more}
        made: Body = self.api.post("/contacts", json=body).json()
        return made

    def write(self, channel: str, identifier: str, content: Body) -> httpx.Response:
        channel_id = self.one("channels", name=channel)["id"]
        body = {"to": [{"identifier": identifier}], "from": {"channel_id": channel_id}, "content": content}
        return self.api.post("/messages", json=body)

    def write_mail(self) -> Body:
        content = {"type": "email", "subject": "Hello", "text": "Hello", "html": "<p>Hello</p>", "files": []}
        response = self.write("E-Mail", "new@example.com", content)
        assert response.is_success, response.text
        sent: Body = response.json()
        return sent


Observation = Callable[[Scene], Any]
TABLE: dict[str, tuple[Observation, dict[str, Any]]] = {}


def sees(expected: dict[str, Any]) -> Callable[[Observation], Observation]:
    """Enter an observation into the table, with what it sees under each choice."""

    def enter(observe: Observation) -> Observation:
        TABLE[observe.__name__] = (observe, expected)
        return observe

    return enter


# Contacts


@sees({"ct": {"ct"}, "co": {"co"}})
def contact_id_prefix(scene: Scene) -> set[str]:
    scene.new_contact()
    return {each["id"].partition("_")[0] for each in scene.account.collection("contacts")}


@sees({"ca": {"ca"}, "cat": {"cat"}})
def custom_attribute_id_prefix(scene: Scene) -> set[str]:
    scene.api.post("/custom-attributes", json={"name": "Neu", "type": "text", "resource": "contact"})
    return {each["id"].partition("_")[0] for each in scene.account.collection("custom_attributes")}


@sees({"clears": None, "keeps": "Ada"})
def null_in_contact_patch(scene: Scene) -> Any:
    contact = scene.new_contact(first_name="Ada")
    return scene.api.patch(contact["url"], json={"first_name": None}).json()["first_name"]


@sees({"null": 200, "refused": 400})
def missing_contact_keys(scene: Scene) -> int:
    return scene.api.post("/contacts", json={"handles": [{"value": "new@example.com"}]}).status_code


@sees({"null": (200, 200), "refused": (400, 200)})
def missing_sender_name(scene: Scene) -> tuple[int, int]:
    sms = scene.one("channels", type="sms")["id"]
    to, content = [{"identifier": "+493055500001"}], {"type": "text", "body": "Moin"}
    senders: tuple[dict[str, Any], ...] = ({"channel_id": sms}, {"channel_id": sms, "name": None})
    bare, named = (
        scene.api.post("/messages", json={"to": to, "from": sender, "content": content}).status_code
        for sender in senders
    )
    return bare, named


@sees({"409": 409, "200": 200})
def list_membership_repeat(scene: Scene) -> int:
    contact, contact_list = scene.new_contact(), scene.one("contact_lists", name="Newsletter")
    for _ in range(2):
        response = scene.api.post(f"{contact['url']}/contact-lists", json={"id": contact_list["id"]})
    return response.status_code


@sees({"listed": (200, 404), "gone": (404, 404)})
def contact_list_contacts(scene: Scene) -> tuple[int, int]:
    contact_list = scene.one("contact_lists", name="Newsletter")
    return (
        scene.api.get(f"{contact_list['url']}/contacts").status_code,
        scene.api.get("/contact-lists/cl_nobody/contacts").status_code,
    )


@sees(
    {
        "both": {"option_values", "specification"},
        "option_values": {"option_values"},
        "specification": {"specification"},
    }
)
def select_options_field(scene: Scene) -> set[str]:
    return scene.one("custom_attributes", name="Stufe").keys() & {"option_values", "specification"}


# Lists and references


@sees({"400": 400, "404": 404})
def unknown_cursor(scene: Scene) -> int:
    return scene.api.get("/contacts?after=ct_nobody").status_code


@sees({"404": {404}, "400": {400}})
def unknown_reference(scene: Scene) -> set[int]:
    conversation = scene.api.get("/conversations?limit=1").json()["results"][0]["url"]
    contact = scene.new_contact()
    template = {"type": "generic_template", "body": "Hello", "variables": [], "file_ids": [{"id": "fi_nobody"}]}
    answers = [
        scene.api.patch(conversation, json={"assigned_users": ["us_nobody"]}),
        scene.api.patch(conversation, json={"labels": ["lb_nobody"]}),
        scene.api.patch(conversation, json={"inbox_id": "ib_nobody"}),
        scene.api.post(f"{conversation}/notes", json={"content": "x", "file_ids": ["fi_nobody"]}),
        scene.api.post(f"{contact['url']}/contact-lists", json={"id": "cl_nobody"}),
        scene.api.post("/template-folders", json={"name": "x", "parent_id": "tn_nobody"}),
        scene.api.post("/templates", json={"name": "x", "content": template}),
        scene.write(
            "E-Mail", "new@example.com", {"type": "generic_template", "template_id": "tn_nobody", "variables": []}
        ),
        scene.write("E-Mail", "ct_nobody", {"type": "email", "subject": "x", "text": "x", "html": "x", "files": []}),
        scene.api.post(
            "/messages",
            json={
                "to": [{"identifier": "new@example.com"}],
                "from": {"channel_id": "mc_nobody"},
                "content": {"type": "text", "body": "x"},
            },
        ),
    ]
    return {answer.status_code for answer in answers}


# Messages


@sees({"enabled": 200, "disabled": 403})
def message_list_plan(scene: Scene) -> int:
    conversation = scene.api.get("/conversations?limit=1").json()["results"][0]["url"]
    return scene.api.get(f"{conversation}/messages").status_code


@sees({"any": [True, True], "0": [True, False], "1": [False, True]})
def variable_base(scene: Scene) -> list[bool]:
    template = scene.one("templates", name="versand_bestaetigung")["id"]
    answers = []
    for first in (0, 1):
        variables = [{"position": first, "value": "Ada"}, {"position": first + 1, "value": "NL-1"}]
        content = {"type": "whats_app_template", "template_id": template, "variables": variables}
        answers.append(scene.write("WhatsApp Service", "+493012345678", content).is_success)
    return answers


@sees({"400": 400, "409": 409})
def message_window_refusal(scene: Scene) -> int:
    return scene.write("WhatsApp Service", "+493012345678", {"type": "text", "body": "Hello"}).status_code


@sees({"received": "received", "sent": "sent", "read": "read"})
def message_final_status(scene: Scene) -> Any:
    sent = scene.write_mail()
    scene.harness.clock.advance("1d")
    return scene.api.get(sent["url"]).json()["status"]


@sees({"2026": "processed", "legacy": "sent"})
def message_status_vocabulary(scene: Scene) -> Any:
    return scene.write_mail()["status"]


@sees({"object": dict, "array": list})
def message_content_on_get(scene: Scene) -> type:
    return type(scene.api.get(scene.write_mail()["url"]).json()["content"])


# Templates


@sees({"approved": "approved", "pending": "pending"})
def generic_template_status(scene: Scene) -> Any:
    content = {"type": "generic_template", "body": "Hello", "variables": []}
    return scene.api.post("/templates", json={"name": "new", "content": content}).json()["status"]


@sees({"approved": ["pending", "approved"], "rejected": ["pending", "rejected"]})
def template_review(scene: Scene) -> list[Any]:
    account = scene.one("channels", name="WhatsApp Service")["whats_app_business_account_id"]
    content = {"type": "whats_app_template", "category": "utility", "language": "de", "body": "Hallo", "variables": []}
    body = {"name": "new", "whats_app_business_account_id": account, "content": content}
    made = scene.api.post("/templates", json=body).json()
    scene.harness.clock.advance("1h")
    return [made["status"], scene.api.get(made["url"]).json()["status"]]


# Webhooks and exports


@sees({"all": 0, "any": 1})
def webhook_filter_logic(scene: Scene) -> int:
    """How many subscriptions hear of a change that one of two filters lets through."""
    filters = [
        {"type": "default_attribute", "attributes": ["first_name"]},
        {"type": "custom_attribute", "ids": [scene.one("custom_attributes", name="Stufe")["id"]]},
    ]
    events = [{"type": "contact_updated", "filters": filters}]
    scene.api.post("/webhooks", json={"target_url": "https://crm.example.com", "events": events})
    scene.api.patch(scene.new_contact()["url"], json={"first_name": "Ada"})
    return len(scene.harness.webhooks.events("contact_updated")[0].deliveries)


@sees(
    {
        "hmac_sha256_hex": (("X-Superchat-Signature",), ""),
        "hmac_sha256_prefixed": (("X-Superchat-Signature",), "sha256="),
        "none": ((), ""),
    }
)
def webhook_signature(scene: Scene) -> tuple[tuple[str, ...], str]:
    """The headers that sign a delivery, and what stands before the 64 digits."""
    with Receiver() as receiver:
        scene.account.webhooks.subscribe(receiver.url, ["contact_created"])
        scene.new_contact()
        scene.account.webhooks.deliver()
        receiver.verify(scene.account)
        sent = receiver.received[0].headers.get("x-superchat-signature", "")
    return scene.account.webhooks.deliveries("delivered")[0].attempts[0].signature, sent[:-64]


@sees({"three": (4, "failed"), "none": (1, "failed")})
def webhook_retries(scene: Scene) -> tuple[int, str]:
    """How often a delivery is made to a receiver that refuses it, and what becomes of it."""
    with Receiver() as receiver:
        receiver.refuse(503)
        scene.account.webhooks.subscribe(receiver.url, ["contact_created"])
        scene.new_contact()
        scene.harness.clock.advance("1d")
    delivery = scene.harness.webhooks.events("contact_created")[0].deliveries[-1]
    return len(delivery.attempts), delivery.state


@sees({"txt": ("text/plain", "["), "csv": ("text/csv", "c"), "json": ("application/json", "[{")})
def export_format(scene: Scene) -> tuple[str, str]:
    conversation = scene.api.get("/conversations?limit=1").json()["results"][0]["url"]
    export = scene.api.post(f"{conversation}/export").json()
    scene.harness.clock.advance("1m")
    link = scene.api.get(f"{conversation}/export/{export['id']}").json()["link"]["url"]
    transcript = httpx.Client(transport=scene.account.transport()).get(link)
    begin = transcript.text[:2] if transcript.text.startswith("[{") else transcript.text[:1]
    return transcript.headers["content-type"].partition(";")[0], begin


# Answers in general


@sees({"200": {200}, "201": {201}})
def post_status(scene: Scene) -> set[int]:
    contact = scene.api.post("/contacts", json={**_FULL, "handles": [{"id": None, "value": "new@example.com"}]})
    conversation = scene.api.get("/conversations?limit=1").json()["results"][0]["url"]
    list_id = scene.one("contact_lists", name="Newsletter")["id"]
    hook = {"target_url": "https://crm.example.com", "events": [{"type": "note_created"}]}
    mail = {"type": "email", "subject": "x", "text": "x", "html": "x", "files": []}
    answers = [
        contact,
        scene.api.post(f"{contact.json()['url']}/contact-lists", json={"id": list_id}),
        scene.api.post("/custom-attributes", json={"name": "Neu", "type": "text", "resource": "contact"}),
        scene.api.post("/files", files={"file": ("a.txt", b"x")}),
        scene.api.post("/template-folders", json={"name": "x"}),
        scene.api.post(
            "/templates", json={"name": "x", "content": {"type": "generic_template", "body": "x", "variables": []}}
        ),
        scene.api.post("/webhooks", json=hook),
        scene.api.post(f"{conversation}/notes", json={"content": "x"}),
        scene.api.post(f"{conversation}/export"),
        scene.write("E-Mail", "new@example.com", mail),
    ]
    return {answer.status_code for answer in answers}


_FULL = {"first_name": None, "last_name": None, "gender": None}


@sees({"none": "2026-01-15T09:00:00Z", "milliseconds": "2026-01-15T09:00:00.001Z"})
def timestamp_fraction(scene: Scene) -> Any:
    return scene.new_contact()["created_at"]


@sees({"405": (405, "GET, POST"), "404": (404, None)})
def unknown_method(scene: Scene) -> tuple[int, str | None]:
    response = scene.api.put("/contacts")
    return response.status_code, response.headers.get("allow")


@sees(
    {
        "en": "Invalid parameter: handles",
        "de": "Ungültiger Parameter: handles",
        "pt": "Parâmetro inválido: handles",
        "null": None,
    }
)
def error_texts(scene: Scene) -> Any:
    return scene.api.post("/contacts", json={}).json()["errors"][0]["title"]


@sees({"fixed": [200, 200, 429], "sliding": [200, 429, 429]})
def rate_limit_window(scene: Scene) -> list[int]:
    """Of two allowed requests one was made four minutes after the other: what is answered a minute later."""
    scene.account.quotas["requests"].limit = 2
    scene.api.get("/me")
    scene.harness.clock.advance("4m")
    scene.api.get("/me")
    scene.harness.clock.advance("1m")
    return [scene.api.get("/me").status_code for _ in range(3)]


@sees({"absent": None, "present": "300"})
def rate_limit_retry_after(scene: Scene) -> str | None:
    scene.account.quotas["requests"].remaining = 0
    response = scene.api.get("/me")
    assert response.status_code == 429
    return response.headers.get("retry-after")


# The table


def _rows() -> list[Any]:
    return [
        pytest.param(
            observe,
            seen,
            id=f"{name}={choice}",
            marks=pytest.mark.harness(quirks={"superchat": {name: choice}}),
        )
        for name, (observe, expected) in TABLE.items()
        for choice, seen in expected.items()
    ]


@pytest.mark.parametrize(("observe", "seen"), _rows())
def test_a_choice_is_what_the_account_does(
    harness: Sandbox, superchat: Account, observe: Observation, seen: Any
) -> None:
    assert observe(Scene(superchat.client(), superchat, harness)) == seen


@pytest.mark.parametrize("name", TABLE)
def test_without_a_wish_an_account_does_its_default(harness: Sandbox, superchat: Account, name: str) -> None:
    observe, expected = TABLE[name]
    assert observe(Scene(superchat.client(), superchat, harness)) == expected[superchat.quirks[name]]


def test_every_quirk_and_choice_of_the_contract_is_in_the_table(superchat: Account) -> None:
    declared = {name: superchat.quirks.choices(name) for name in superchat.quirks}
    assert {name: list(expected) for name, (_, expected) in TABLE.items()} == declared


@pytest.mark.parametrize("name", TABLE)
def test_no_two_choices_look_the_same(name: str) -> None:
    seen = [repr(each) for each in TABLE[name][1].values()]
    assert len(set(seen)) == len(seen)


def test_a_quirk_that_is_none_is_refused_with_the_nearest(superchat: Account) -> None:
    with pytest.raises(ValueError, match="did you mean 'error_texts'"):
        superchat.quirks["error_text"] = "de"


def test_a_choice_that_is_none_is_refused_with_the_valid_ones(superchat: Account) -> None:
    with pytest.raises(ValueError, match="de, en, null, pt"):
        superchat.quirks["error_texts"] = "fr"
