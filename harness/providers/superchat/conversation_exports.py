"""Conversation exports: asked for, pending a while, then done with a temporary link, or failed."""

from __future__ import annotations

import csv
import io
from typing import Any, Final

import orjson

from harness.core.clock import HOUR, SECOND, format_instant
from harness.core.download import download
from harness.core.exchange import Response
from harness.core.jobs import JobKind
from harness.core.provider import Call, Handler, Link
from harness.core.store import Document, Order, Schema
from harness.core.unit import Unit
from harness.core.views import View
from harness.providers.superchat.dialect import created, given_moment, moment_or_null, not_found, wrong
from harness.providers.superchat.links import PREFIX, link, target
from harness.providers.superchat.resources import find, show

COLLECTIONS = {
    "exports": Schema(
        orders={
            "conversation": Order(lambda each: (each["created_at"],), group=lambda each: (each["conversation_id"],))
        }
    )
}

LINK_TIME: Final = HOUR
_MEDIA: Final = {"txt": "text/plain; charset=utf-8", "csv": "text/csv; charset=utf-8", "json": "application/json"}


def _export(unit: Unit, export: Document) -> dict[str, Any]:
    until = export["valid_until"]
    return {
        "id": export["id"],
        "start": moment_or_null(unit, export["start"]),
        "end": moment_or_null(unit, export["end"]),
        "link": None if until is None else link(unit, "exports", export["id"], until),
        "status": export["status"],
    }


VIEW = View("exports", _export, depends=None)


def finish(unit: Unit, job: Document) -> None:
    """The job is done or failed: write the transcript and give out the link."""
    export = unit["exports"].get(job["id"])
    if export is None:
        return
    if job["state"] == "failed":
        unit["exports"].replace({**export, "status": "failed"})
        return
    format = unit.quirks["export_format"]
    unit["exports"].replace(
        {
            **export,
            "status": "done",
            "valid_until": unit.now + LINK_TIME,
            "format": format,
            "transcript": _transcript(unit, export, format),
        }
    )


# inferred: how long the steps take. The states themselves are documented.
JOB = JobKind("conversation_export", waits=1 * SECOND, runs=4 * SECOND, keeps=LINK_TIME, finished=finish)


def _transcript(unit: Unit, export: Document, format: str) -> str:
    """inferred: neither the format nor the columns of a transcript are known, see the quirk export_format.

    The period includes its start and excludes its end.
    """
    start, end = export["start"], export["end"]
    rows = [
        {
            "created_at": format_instant(message["created_at"], fraction=False),
            "direction": message["direction"],
            "sender": message["identifier"] if message["direction"] == "inbound" else message["channel_id"],
            "text": _text(message["content"]),
        }
        for message in (
            entry.document
            for entry in unit["messages"].range(
                "conversation",
                group=export["conversation_id"],
                low=None if start is None else (start,),
                high=None if end is None else (end,),
            )
        )
    ]
    if format == "json":
        return orjson.dumps(rows).decode()
    if format == "csv":
        table = io.StringIO()
        writer = csv.DictWriter(table, ["created_at", "direction", "sender", "text"])
        writer.writeheader()
        writer.writerows(rows)
        return table.getvalue()
    return "".join(f"[{row['created_at']}] {row['sender']}: {row['text']}\n" for row in rows)


def _text(content: dict[str, Any]) -> str:
    for name in ("body", "text", "html"):
        if content.get(name):
            return str(content[name])
    return f"[{content['type']} {content.get('file_id') or content.get('template_id') or ''}]".replace(" ]", "]")


def _create(call: Call) -> Response:
    conversation = find(call, "conversations", "conversationId", "Conversation")
    period = call.body or {"start": None, "end": None}
    start, end = (None if period[name] is None else given_moment(call, name, period[name]) for name in ("start", "end"))
    if start is not None and end is not None and start > end:
        raise wrong(call, "end", "'end' lies before 'start'.")
    export = {
        "id": call.new_id("ce"),
        "conversation_id": conversation["id"],
        "start": start,
        "end": end,
        "status": "pending",
        "valid_until": None,
        "format": None,
        "transcript": None,
        "created_at": call.now,
    }
    call["exports"].insert(export)
    call.jobs.submit(JOB.name, export["id"])
    return created(call, show(call, VIEW, export["id"]))


def _get(call: Call) -> Response:
    conversation = find(call, "conversations", "conversationId", "Conversation")
    export = find(call, "exports", "conversationExportId", "Conversation export")
    if export["conversation_id"] != conversation["id"]:
        raise not_found(call, "Conversation export")
    call.jobs.poll(export["id"])
    return show(call, VIEW, export["id"])


def _download(call: Call) -> Response:
    export = target(call, "exports")
    name = f"conversation-{export['conversation_id']}.{export['format']}"
    return download(export["transcript"].encode(), name, _MEDIA[export["format"]])


HANDLERS: dict[str, Handler] = {
    "conversation_exports.create": _create,
    "conversation_exports.get": _get,
}
LINKS: dict[Link, Handler] = {
    Link("conversation_exports.download", "GET", f"{PREFIX}/{{account}}/exports/{{id}}", "account"): _download,
}
