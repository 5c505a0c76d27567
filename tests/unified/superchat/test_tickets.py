"""Unified tickets, their statuses and comments on Superchat, both ways."""

from __future__ import annotations

from typing import Any

import pytest

TICKETS = "ticketing.tickets"
COMMENTS = "ticketing.comments"
OPEN = {"ticket": {"id": "cv_open"}}


def test_a_conversation_is_a_ticket(scripted: Any, records: Any) -> None:
    assert scripted.listed(f"{TICKETS}.list", records["conversations"]["open"]) == [
        {
            "id": "cv_open",
            "assignees": [
                {"id": "us_supervisor", "emails": [{"email": "mira@example.org"}]},
                {"id": "us_sparse", "emails": [{"email": "sparse@example.org"}]},
            ],
            "status": {"id": "open", "name": "open"},
            "team": {"id": "ib_sales", "name": "Sales"},
            "conversations": [{"id": "cv_open", "name": "WhatsApp", "type": "whats_app"}],
            "contact": {"id": "ct_full"},
            "additional_contacts": [],
            "tags": [{"id": "lb_urgent", "name": "urgent"}],
        }
    ]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("open", {"id": "open", "name": "open"}),
        ("done", {"id": "done", "name": "closed"}),
        ("snoozed", {"id": "snoozed", "name": "pending"}),
        ("archived", {"id": "archived", "name": "archived"}),
        ("spam", {"id": "spam", "name": "spam"}),
        ("unheard_of", {"id": "escalated"}),
    ],
)
def test_each_status_keeps_its_id_and_gets_a_unified_name(scripted: Any, records: Any, name: str, status: Any) -> None:
    ticket = scripted.mapped(f"{TICKETS}.get", records["conversations"][name], id="cv")
    assert ticket["status"] == status


def test_a_channel_of_which_little_is_told_still_has_its_kind(scripted: Any, records: Any) -> None:
    ticket = scripted.mapped(f"{TICKETS}.get", records["conversations"]["snoozed"], id="cv_snoozed")
    assert ticket["conversations"] == [{"id": "cv_snoozed", "type": "mail"}]
    assert (ticket["assignees"], ticket["tags"]) == ([], [])


def test_a_ticket_whose_contact_is_gone_has_none(scripted: Any, records: Any) -> None:
    ticket = scripted.mapped(f"{TICKETS}.get", records["conversations"]["contact_gone"], id="cv_alone")
    assert "contact" not in ticket
    assert ticket["additional_contacts"] == []


def test_further_contacts_are_additional(scripted: Any, records: Any) -> None:
    ticket = scripted.mapped(f"{TICKETS}.get", records["conversations"]["several_contacts"], id="cv_many")
    assert ticket["contact"] == {"id": "ct_full"}
    assert ticket["additional_contacts"] == [{"id": "ct_last"}, {"id": "ct_nameless"}]


def test_the_tickets_of_one_contact_can_be_listed(scripted: Any, records: Any) -> None:
    scripted.listed(f"{TICKETS}.list", records["conversations"]["open"], query={"contact": {"id": "ct_full"}})
    assert scripted.requests() == [("GET", "/contacts/ct_full/conversations", None)]


def test_the_ids_of_the_statuses_are_those_tickets_have(scripted: Any, fake: Any) -> None:
    statuses = scripted.mapped("ticketing.ticket_status.list")["result"]
    assert [each["id"] for each in statuses] == ["open", "done", "snoozed", "archived", "spam"]
    tickets = fake.call(f"{TICKETS}.list", query={"limit": "100"}).body["result"]
    assert {each["status"]["id"] for each in tickets} <= {each["id"] for each in statuses}


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"status": {"name": "closed"}}, {"status": "done"}),
        ({"status": {"name": "resolved"}}, {"status": "done"}),
        ({"status": {"name": "completed"}}, {"status": "done"}),
        ({"status": {"name": "active"}}, {"status": "open"}),
        ({"status": {"name": "spam"}}, {"status": "spam"}),
        ({"status": {"id": "archived", "name": "closed"}}, {"status": "archived"}),
        ({"assignees": [{"id": "us_1"}]}, {"assigned_users": ["us_1"]}),
        ({"assignees": [{"id": "us_1"}, {"id": "us_2"}]}, {"assigned_users": ["us_1", "us_2"]}),
        ({"assignees": []}, {"assigned_users": []}),
        ({"tags": []}, {"labels": []}),
        ({"tags": [{"id": "lb_1"}]}, {"labels": ["lb_1"]}),
        ({"team": {"id": "ib_1"}}, {"inbox_id": "ib_1"}),
        (
            {"status": {"name": "pending"}, "remote_data": {"snoozed_until": "2026-02-01T00:00:00Z"}},
            {"status": "snoozed", "snoozed_until": "2026-02-01T00:00:00Z"},
        ),
    ],
)
def test_an_update_says_what_is_named_alone(scripted: Any, records: Any, body: Any, sent: Any) -> None:
    scripted.mapped(f"{TICKETS}.update", records["conversations"]["open"], id="cv_open", body=body)
    assert scripted.requests() == [("PATCH", "/conversations/cv_open", sent)]


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ({"name": "pending"}, "snoozed_until"),
        ({"id": "snoozed"}, "snoozed_until"),
        ({"name": "deleted"}, "delete the ticket"),
    ],
)
def test_a_status_superchat_cannot_take_is_refused(scripted: Any, status: Any, says: str) -> None:
    answer = scripted.call(f"{TICKETS}.update", id="cv_open", body={"status": status})
    assert answer.status == 400
    assert says in answer.body["message"]
    assert scripted.sent == []


def test_a_changed_ticket_is_so_in_the_fake(fake: Any) -> None:
    conversation = next(each for each in fake.read("/conversations?limit=100")["results"] if each["status"] == "open")
    label, inbox = fake.read("/labels")["results"][0]["id"], fake.read("/inboxes")["results"][0]["id"]
    user = fake.read("/me")["user"]["id"]
    body = {
        "status": {"id": "snoozed"},
        "assignees": [{"id": user}],
        "tags": [{"id": label}],
        "team": {"id": inbox},
        "remote_data": {"snoozed_until": "2026-03-01T00:00:00Z"},
    }
    ticket = fake.call(f"{TICKETS}.update", id=conversation["id"], body=body).body
    stored = fake.read(f"/conversations/{conversation['id']}")
    assert ticket["status"] == {"id": "snoozed", "name": "pending"}
    assert (stored["status"], stored["snoozed_until"]) == ("snoozed", "2026-03-01T00:00:00Z")
    assert [each["id"] for each in stored["assigned_users"]] == [user]
    assert [each["id"] for each in stored["labels"]] == [label]
    assert stored["inbox"]["id"] == inbox


def test_a_deleted_ticket_is_gone_from_the_fake(fake: Any) -> None:
    id = fake.read("/conversations?limit=1")["results"][0]["id"]
    assert fake.call(f"{TICKETS}.delete", id=id).body == {"id": id}
    assert fake.client.get(f"/conversations/{id}").status_code == 404


def test_a_message_of_the_contact_is_a_comment_by_the_contact(scripted: Any, records: Any) -> None:
    assert scripted.listed(f"{COMMENTS}.list", records["messages"]["inbound_text"], query=OPEN) == [
        {
            "id": "ms_in",
            "author": {"id": "ct_full", "username": "+4915100000001", "type": "contact"},
            "body": "Is it there yet?",
            "ticket": {"id": "cv_open"},
            "attachments": [],
            "is_internal": False,
            "is_private": False,
            "channel": {"id": "mc_whats_app"},
            "created_at": "2026-01-01T08:00:00Z",
            "updated_at": "2026-01-01T08:00:01Z",
        }
    ]
    assert scripted.requests() == [("GET", "/conversations/cv_open/messages", None)]


def test_an_answer_goes_to_the_contact_and_names_no_user(scripted: Any, records: Any) -> None:
    comment = scripted.mapped(f"{COMMENTS}.get", records["messages"]["outbound_text"], id="ms_out")
    assert comment["receiver"] == {"id": "ct_full", "type": "contact"}
    assert "author" not in comment
    assert comment["channel"] == {"id": "mc_whats_app"}


@pytest.mark.parametrize(
    ("name", "body", "html", "files"),
    [
        ("email", "Tomorrow.", "<p>Tomorrow.</p>", ["fi_photo", "fi_other"]),
        ("html_email", None, "<b>now</b>", []),
        ("media", None, None, ["fi_photo"]),
        ("template", None, None, ["fi_photo"]),
        ("template_without_file", None, None, []),
        ("quick_reply", "Agreed?", None, []),
        ("content_in_a_list", "Tomorrow.", None, []),
    ],
)
def test_each_kind_of_content_gives_its_text_and_files(
    scripted: Any, records: Any, name: str, body: str | None, html: str | None, files: list[str]
) -> None:
    comment = scripted.mapped(f"{COMMENTS}.get", records["messages"][name], id="ms")
    assert (comment.get("body"), comment.get("html_body")) == (body, html)
    assert comment["attachments"] == [{"id": each} for each in files]


def test_internal_comments_are_the_notes(scripted: Any, records: Any) -> None:
    notes = records["notes"].values()
    found = scripted.listed(f"{COMMENTS}.list", *notes, query={**OPEN, "is_internal": "true"})
    assert scripted.requests() == [("GET", "/conversations/cv_open/notes", None)]
    assert found == [
        {
            "id": "no_file",
            "author": {"id": "us_supervisor", "name": "Mira Lind", "username": "mira@example.org", "type": "user"},
            "body": "See the photo.",
            "ticket": {"id": "cv_open"},
            "attachments": [{"id": "fi_photo", "file_name": "photo.jpg", "content_type": "image/jpeg"}],
            "is_internal": True,
            "is_private": True,
            "created_at": "2026-01-01T08:30:00Z",
            "updated_at": "2026-01-01T08:31:00Z",
        },
        {
            "id": "no_plain",
            "author": {"id": "us_sparse", "name": None, "username": "sparse@example.org", "type": "user"},
            "body": "Handed over.",
            "ticket": {"id": "cv_open"},
            "attachments": [],
            "is_internal": True,
            "is_private": True,
            "created_at": "2026-01-01T08:30:00Z",
            "updated_at": "2026-01-01T08:30:00Z",
        },
    ]


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ({"gt": "2026-01-01T08:00:00Z"}, "created_after=2026-01-01T08%3A00%3A00Z"),
        ({"gte": "2026-01-01T08:00:00Z"}, "created_after=2026-01-01T07%3A59%3A59.999Z"),
        ({"lt": "2026-01-01T08:00:00Z"}, "created_before=2026-01-01T08%3A00%3A00Z"),
        ({"lte": "2026-01-01T10:00:00+02:00"}, "created_before=2026-01-01T08%3A00%3A00.001Z"),
        ({"gte": "yesterday"}, "created_after=yesterday"),
        (
            "2026-01-01T08:00:00Z",
            "created_after=2026-01-01T07%3A59%3A59.999Z&created_before=2026-01-01T08%3A00%3A00.001Z",
        ),
    ],
)
def test_messages_are_chosen_by_their_moment(scripted: Any, asked: Any, sent: str) -> None:
    scripted.listed(f"{COMMENTS}.list", query={**OPEN, "created_at": asked})
    assert scripted.requests() == [("GET", f"/conversations/cv_open/messages?{sent}", None)]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"is_internal": "true", "created_at": "2026-01-01T08:00:00Z"}, "notes by the moment"),
        ({"is_internal": "true", "is_private": "false"}, "both internal and private"),
    ],
)
def test_what_superchat_cannot_choose_is_refused(scripted: Any, asked: Any, says: str) -> None:
    answer = scripted.call(f"{COMMENTS}.list", query={**OPEN, **asked})
    assert answer.status == 400
    assert says in answer.body["message"]


@pytest.mark.parametrize("method", ["list", "delete"])
def test_comments_need_their_ticket(scripted: Any, method: str) -> None:
    answer = scripted.call(f"{COMMENTS}.{method}", id=None if method == "list" else "no_1")
    assert answer.status == 400
    assert answer.body["truto_error_insight"]["missing_required_query_parameters"]["value"] == ["ticket.id"]


def test_a_note_is_read_by_its_ticket_too(scripted: Any, records: Any) -> None:
    asked = {**OPEN, "is_internal": "true"}
    note = scripted.mapped(f"{COMMENTS}.get", records["notes"]["plain"], id="no_plain", query=asked)
    assert note["ticket"] == {"id": "cv_open"}
    assert scripted.requests() == [("GET", "/conversations/cv_open/notes/no_plain", None)]
    answer = scripted.call(f"{COMMENTS}.get", id="no_plain", query={"is_internal": "true"})
    assert (answer.status, "ticket[id]" in answer.body["message"]) == (400, True)


def test_a_comment_goes_to_the_contact_by_the_channel_of_the_conversation(scripted: Any, records: Any) -> None:
    message, body = records["messages"]["outbound_text"], {**OPEN, "body": "Tomorrow."}
    scripted.mapped(f"{COMMENTS}.create", records["conversations"]["open"], message, body=body)
    assert scripted.requests() == [
        ("GET", "/conversations/cv_open", None),
        (
            "POST",
            "/messages",
            {
                "to": [{"identifier": "ct_full"}],
                "from": {"channel_id": "mc_whats_app", "name": None},
                "content": {"type": "text", "body": "Tomorrow."},
            },
        ),
    ]


def test_a_comment_by_mail_is_an_email(scripted: Any, records: Any) -> None:
    body = {
        **OPEN,
        "body": "Hi",
        "html_body": "<p>Hi</p>",
        "attachments": [{"id": "fi_1"}, {"id": "fi_2"}],
        "remote_data": {"in_reply_to": "ms_in"},
    }
    conversation, message = records["conversations"]["snoozed"], records["messages"]["email"]
    scripted.mapped(f"{COMMENTS}.create", conversation, message, body=body)
    sent = scripted.requests()[1][2]
    assert sent["content"] == {
        "type": "email",
        "text": "Hi",
        "html": "<p>Hi</p>",
        "files": [{"id": "fi_1"}, {"id": "fi_2"}],
    }
    assert sent["in_reply_to"] == "ms_in"


def test_a_comment_of_one_file_is_media(scripted: Any, records: Any) -> None:
    body = {**OPEN, "attachments": [{"id": "fi_photo"}]}
    scripted.mapped(f"{COMMENTS}.create", records["conversations"]["open"], records["messages"]["media"], body=body)
    assert scripted.requests()[1][2]["content"] == {"type": "media", "file_id": "fi_photo"}


@pytest.mark.parametrize(
    ("conversation", "body", "says"),
    [
        ("open", {}, "needs a body or an attachment"),
        ("open", {"body": "x", "attachments": [{"id": "fi_1"}]}, "a text or a file"),
        ("open", {"attachments": [{"id": "fi_1"}, {"id": "fi_2"}]}, "one file a message"),
        ("contact_gone", {"body": "x"}, "nobody to write to"),
    ],
)
def test_a_comment_that_cannot_be_sent_is_refused(
    scripted: Any, records: Any, conversation: str, body: Any, says: str
) -> None:
    answer = scripted.mapped(f"{COMMENTS}.create", records["conversations"][conversation], body={**OPEN, **body})
    assert answer["statusCode"] == 400
    assert says in answer["message"]


@pytest.mark.parametrize("marked", ["is_internal", "is_private"])
def test_an_internal_comment_is_a_note(scripted: Any, records: Any, marked: str) -> None:
    body = {**OPEN, marked: True, "body": "Look.", "attachments": [{"id": "fi_photo"}]}
    scripted.mapped(f"{COMMENTS}.create", records["notes"]["with_file"], body=body)
    assert scripted.requests() == [
        ("POST", "/conversations/cv_open/notes", {"content": "Look.", "file_ids": ["fi_photo"]})
    ]


def test_a_changed_note_keeps_its_files_unless_they_are_named(scripted: Any, records: Any) -> None:
    note = records["notes"]["plain"]
    scripted.mapped(f"{COMMENTS}.update", note, id="no_plain", body={**OPEN, "body": "New."})
    assert scripted.requests() == [("PUT", "/conversations/cv_open/notes/no_plain", {"content": "New."})]
    scripted.mapped(f"{COMMENTS}.update", note, id="no_plain", body={**OPEN, "body": "New.", "attachments": []})
    assert scripted.requests()[0][2] == {"content": "New.", "file_ids": []}


def test_comments_written_through_the_unified_api_stand_in_the_fake(fake: Any) -> None:
    conversation = next(
        each
        for each in fake.read("/conversations?limit=100")["results"]
        if each["channel"]["type"] == "whats_app" and each["time_window"]["state"] == "open"
    )
    ticket, path = {"ticket": {"id": conversation["id"]}}, f"/conversations/{conversation['id']}"
    comment = fake.call(f"{COMMENTS}.create", body={**ticket, "body": "On its way."}).body
    assert comment["ticket"] == ticket["ticket"]
    newest = fake.read(f"{path}/messages?limit=1")["results"][0]
    assert (newest["id"], newest["content"]) == (comment["id"], {"type": "text", "body": "On its way."})
    assert newest["to"][0]["contact_id"] == conversation["contacts"][0]["id"]

    note = fake.call(f"{COMMENTS}.create", body={**ticket, "body": "Called.", "is_internal": True}).body
    assert fake.read(f"{path}/notes/{note['id']}")["content"] == "Called."
    fake.call(f"{COMMENTS}.update", id=note["id"], body={**ticket, "body": "Called twice."})
    assert fake.read(f"{path}/notes/{note['id']}")["content"] == "Called twice."
    assert fake.call(f"{COMMENTS}.delete", id=note["id"], query=ticket).body == {"id": note["id"]}
    assert fake.client.get(f"{path}/notes/{note['id']}").status_code == 404


def test_the_comments_of_the_fake_since_a_moment_are_those_it_has(fake: Any) -> None:
    conversation = fake.read("/conversations?limit=3")["results"][2]["id"]
    messages = fake.read(f"/conversations/{conversation}/messages?limit=100")["results"]
    since = messages[len(messages) // 2]["created_at"]
    asked = {"ticket": {"id": conversation}, "created_at": {"gte": since}, "limit": "100"}
    found = fake.call(f"{COMMENTS}.list", query=asked).body["result"]
    assert [each["id"] for each in found] == [each["id"] for each in messages if each["created_at"] >= since]


def test_messages_that_the_plan_does_not_show_are_forbidden(superchat: Any, fake: Any) -> None:
    conversation = fake.read("/conversations?limit=1")["results"][0]["id"]
    superchat.quirks["message_list_plan"] = "disabled"
    answer = fake.call(f"{COMMENTS}.list", query={"ticket": {"id": conversation}})
    assert answer.status == 403
    assert answer.body["truto_error_insight"]["forbidden_error"]["value"] == {"missing_scopes": []}
    assert "Enterprise" in answer.body["message"]


def channels(*kinds: str) -> dict[str, Any]:
    """The channels of a workspace, each in an inbox of its own."""
    found = [
        {"id": f"mc_{kind}", "type": kind.rstrip("2"), "name": kind, "inbox": {"id": f"ib_{kind}"}} for kind in kinds
    ]
    return {"results": found, "pagination": {}}


@pytest.mark.parametrize(
    ("chosen", "channel"),
    [
        ({"conversations": [{"type": "sms"}]}, "mc_sms"),
        ({"team": {"id": "ib_whats_app2"}}, "mc_whats_app2"),
        ({"remote_data": {"from": {"channel_id": "mc_whats_app"}}}, "mc_whats_app"),
    ],
)
def test_a_new_ticket_begins_with_a_message_by_the_chosen_channel(
    scripted: Any, records: Any, chosen: Any, channel: str
) -> None:
    body = {"contact": {"id": "ct_full"}, "description": "Your bike is ready.", **chosen}
    answers = channels("sms", "whats_app", "whats_app2"), records["messages"]["outbound_text"]
    ticket = scripted.mapped(f"{TICKETS}.create", *answers, records["conversations"]["open"], body=body)
    asked, sent, settled = scripted.requests()
    assert asked == ("GET", "/channels?limit=100", None)
    assert sent[:2] == ("POST", "/messages")
    assert sent[2]["to"] == [{"identifier": "ct_full"}]
    assert sent[2]["content"] == {"type": "text", "body": "Your bike is ready."}
    assert sent[2]["from"] == {"channel_id": channel, "name": None}
    if "team" in chosen:
        assert settled == ("PATCH", "/conversations/cv_open", {"inbox_id": chosen["team"]["id"]})
    else:  # nothing is to be set: an empty change might not be one
        assert settled == ("GET", "/conversations/cv_open", None)
    read = scripted.mapped(f"{TICKETS}.get", records["conversations"]["open"], id="cv_open")
    assert ticket == read


def test_a_new_ticket_by_mail_has_its_name_for_a_subject(scripted: Any, records: Any) -> None:
    body = {
        "name": "Your bike",
        "description": "It is ready.",
        "contact": {"emails": [{"email": "ada@example.org"}]},
        "attachments": [{"id": "fi_1"}],
        "status": {"name": "closed"},
        "assignees": [{"id": "us_1"}],
        "tags": [{"id": "lb_1"}],
    }
    conversation = records["conversations"]["done"]
    scripted.mapped(f"{TICKETS}.create", channels("mail"), records["messages"]["email"], conversation, body=body)
    _, sent, settled = scripted.requests()
    assert sent[2]["to"] == [{"identifier": "ada@example.org"}]
    assert sent[2]["content"] == {
        "type": "email",
        "subject": "Your bike",
        "text": "It is ready.",
        "files": [{"id": "fi_1"}],
    }
    assert settled[2] == {"status": "done", "assigned_users": ["us_1"], "labels": ["lb_1"]}


def test_a_new_ticket_may_begin_with_a_template(scripted: Any, records: Any) -> None:
    content = {"type": "whats_app_template", "template_id": "tn_hello", "variables": []}
    body = {"contact": {"phones": [{"number": "+49151"}]}, "remote_data": {"content": content}}
    answers = channels("whats_app"), records["messages"]["template"], records["conversations"]["open"]
    scripted.mapped(f"{TICKETS}.create", *answers, body=body)
    assert scripted.requests()[1][2]["content"] == content
    assert scripted.requests()[1][2]["to"] == [{"identifier": "+49151"}]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"contact": {"id": "ct_1"}, "description": "x"}, "2 fit"),
        ({"contact": {"id": "ct_1"}, "description": "x", "conversations": [{"type": "telegram"}]}, "0 fit"),
        ({"description": "x", "conversations": [{"type": "sms"}]}, "needs its contact"),
        ({"contact": {"id": "ct_1"}, "conversations": [{"type": "sms"}]}, "needs a description"),
        ({"contact": {"id": "ct_1"}, "status": {"name": "pending"}}, "snoozed_until"),
        ({"contact": {"id": "ct_1"}, "status": {"name": "deleted"}}, "cannot be deleted"),
    ],
)
def test_a_new_ticket_that_cannot_begin_is_refused_before_anything_is_sent(scripted: Any, body: Any, says: str) -> None:
    answer = scripted.mapped(f"{TICKETS}.create", channels("sms", "mail"), body=body)
    assert (answer["statusCode"], says in answer["message"]) == (400, True)


def test_a_new_ticket_stands_in_the_fake(fake: Any) -> None:
    label = fake.read("/labels")["results"][0]["id"]
    body = {
        "name": "Welcome",
        "description": "Hello and welcome.",
        "contact": {"emails": [{"email": "new.here@example.org"}]},
        "conversations": [{"type": "mail"}],
        "tags": [{"id": label}],
    }
    ticket = fake.call(f"{TICKETS}.create", body=body).body
    stored = fake.read("/conversations?limit=1")["results"][0]
    assert (ticket["id"], ticket["remote_data"]) == (stored["id"], stored)
    assert [each["id"] for each in stored["labels"]] == [label]
    message = fake.read(f"/conversations/{ticket['id']}/messages")["results"][0]
    assert (message["content"]["subject"], message["content"]["text"]) == ("Welcome", "Hello and welcome.")
    contact = fake.read(f"/contacts/{ticket['contact']['id']}")
    assert contact["handles"][0]["value"] == "new.here@example.org"


def test_a_new_ticket_may_name_its_sender_and_the_mail_it_answers(scripted: Any, records: Any) -> None:
    extra = {"from": {"name": "Mira"}, "in_reply_to": "ms_in"}
    body = {"contact": {"id": "ct_1"}, "description": "Hi.", "remote_data": extra}
    answers = channels("mail"), records["messages"]["email"], records["conversations"]["done"]
    scripted.mapped(f"{TICKETS}.create", *answers, body=body)
    _, sent, settled = scripted.requests()
    assert sent[2]["from"] == {"channel_id": "mc_mail", "name": "Mira"}
    assert sent[2]["in_reply_to"] == "ms_in"
    assert settled[0] == "GET"


def test_a_new_ticket_may_be_put_off(scripted: Any, records: Any) -> None:
    until = "2026-02-01T00:00:00Z"
    body = {
        "contact": {"id": "ct_1"},
        "description": "Hi.",
        "status": {"name": "pending"},
        "remote_data": {"snoozed_until": until},
    }
    answers = channels("sms"), records["messages"]["outbound_text"], records["conversations"]["snoozed"]
    scripted.mapped(f"{TICKETS}.create", *answers, body=body)
    assert scripted.requests()[2][2] == {"status": "snoozed", "snoozed_until": until}
    assert "snoozed_until" not in scripted.requests()[1][2]


def test_an_empty_list_of_a_new_ticket_is_set(scripted: Any, records: Any) -> None:
    body = {"contact": {"id": "ct_1"}, "description": "Hi.", "assignees": [], "tags": []}
    answers = channels("sms"), records["messages"]["outbound_text"], records["conversations"]["open"]
    scripted.mapped(f"{TICKETS}.create", *answers, body=body)
    assert scripted.requests()[2][2] == {"assigned_users": [], "labels": []}


def test_an_error_of_a_step_before_is_worded_like_any_other(scripted: Any) -> None:
    answer = scripted.mapped(f"{TICKETS}.create", (401, b""), body={"contact": {"id": "ct_1"}, "description": "x"})
    assert (answer["statusCode"], answer["message"]) == (401, "Superchat refused the API key")
