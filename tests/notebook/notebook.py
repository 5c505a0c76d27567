"""A made-up provider: notes, and prints of all notes, which take time and are streamed without a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.core.clock import HOUR, MINUTE, format_instant
from harness.core.exchange import Refused, Request, Response, json_response
from harness.core.jobs import JobKind
from harness.core.pack import Pack
from harness.core.provider import Call, Link
from harness.core.quota import Quota
from harness.core.store import Document, Schema
from harness.core.unit import Unit
from harness.core.views import View


def problem(status: int, text: str) -> Response:
    return json_response({"problem": text}, status)


class Dialect:
    def missing_credential(self, request: Request) -> Response:
        return problem(401, "no key")

    def unknown_credential(self, request: Request) -> Response:
        return problem(401, "unknown key")

    def unknown_route(self, request: Request, allowed: list[str], quirks: Mapping[str, str]) -> Response:
        return problem(405 if allowed else 404, "no such page")

    def over_quota(self, call: Call, window: Any) -> Response:
        return problem(429, "slow down")

    def invalid(self, call: Call, violations: list[Any]) -> Response:
        return problem(400, str(violations[0]))

    def failure(self, request: Request, status: int) -> Response:
        return problem(status, "broken")


def shown(unit: Unit, note: Document) -> dict[str, Any]:
    return {**note, "created_at": format_instant(note["created_at"])}


def list_notes(call: Call) -> Any:
    return {"notes": [shown(call, note) for note in call["notes"]]}


def create_note(call: Call) -> Any:
    title = call.body["title"].upper() if call.quirks["titles"] == "upper" else call.body["title"]
    note = {"id": call.new_id("note"), "title": title, "created_at": call.now}
    call["notes"].insert(note)
    event = {
        "id": call.new_id("event"),
        "type": "note.created",
        "at": call.now,
        "payload": note,
        "deliveries": [],
    }
    call.record_event(event)
    return json_response(shown(call, note), 201)


def get_note(call: Call) -> Any:
    note = call["notes"].get(call.path["id"])
    if note is None:
        raise Refused(problem(404, "no such note"))
    return shown(call, note)


def delete_note(call: Call) -> Any:
    get_note(call)
    call["notes"].delete(call.path["id"])
    return Response(204)


def create_print(call: Call) -> Any:
    job = call.jobs.submit("print", call.new_id("print"))
    return {"id": job["id"], "state": job["state"], "url": address(call, job["id"])}


def get_print(call: Call) -> Any:
    job = call.jobs.poll(call.path["id"])
    return {"id": job["id"], "state": job["state"], "url": address(call, job["id"])}


def address(call: Call, id: str) -> str:
    return f"{call.request.base_url}/v2/sheets/{call.account.link_token}/{id}"


def download(call: Call) -> Any:
    def sheets() -> Iterator[bytes]:
        for note in notes:
            yield f"{note['title']}\n".encode()

    notes = list(call["notes"])
    return Response(200, sheets(), [("content-type", "text/plain; charset=utf-8")])


def show_fault(call: Call) -> Any:
    return {"not": "a note"}


def seed(unit: Unit, world: Mapping[str, Any]) -> None:
    for contact in world.get("contacts", ()):
        title = " ".join(filter(None, (contact.get("first_name"), contact.get("last_name")))) or "nobody"
        unit["notes"].insert({"id": unit.named_id("note", contact["key"]), "title": title, "created_at": unit.now})


pack = Pack(
    name="notebook",
    title="Notebook",
    contract_folder=lambda: Path(__file__).parent / "contract",
    collections={"notes": Schema()},
    handlers={
        "notes.list": list_notes,
        "notes.create": create_note,
        "notes.get": get_note,
        "notes.delete": delete_note,
        "prints.create": create_print,
        "prints.get": get_print,
        "faults.show": show_fault,
    },
    links={Link("sheets.get", "GET", "/v2/sheets/{token}/{id}", "token"): download},
    dialect=Dialect(),
    credential=lambda request: request.header("x-api-key"),
    make_key=lambda seed, roles: f"fake_{seed[:24]}",
    headers=lambda key: {"X-API-KEY": key},
    seed=seed,
    views={"notes": View("notes", shown)},
    quotas=(Quota("requests", 1000, 5 * MINUTE),),
    jobs={"print": JobKind("print", waits=MINUTE, runs=MINUTE, keeps=HOUR)},
    hosts=("api.notebook.example", "*.api.notebook.example"),
)
