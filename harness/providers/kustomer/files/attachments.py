"""Attachments: files that are announced, uploaded, and then go with a message, a note, a draft or a forward."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.core.unit import Unit
from harness.core.views import View
from harness.providers.kustomer.actor import SYSTEM, Actor
from harness.providers.kustomer.dialect import empty, encoded, not_found, wrong
from harness.providers.kustomer.files import storage
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import Kind
from harness.providers.kustomer.jsonapi.kinds import ATTACHMENT_FILES
from harness.providers.kustomer.jsonapi.resources import find, found, listing, referenced, success
from harness.providers.kustomer.jsonapi.stamps import new_id
from harness.providers.kustomer.keys import actor

BLOCKED: Final = frozenset(
    "bin bat chm com cpl crt exe hlp hta inf ins isp jse lnk mdb msc msi msp mst pcd pif ps1 reg scr sct shs vbe vba"
    " vbs wsf wsh wsl".split()
)
"""documented for media, inferred for the others: endings of names that are refused.
https://developer.kustomer.com/kustomer-api-docs/reference"""

RELATIONS: Final = ("message", "note", "draft", "forward")
"""What a file can go with; one of them at a time."""

_DESCRIBED: Final = ("name", "contentType", "contentLength")
_FORMS: Final = {
    "attachments": ((*_DESCRIBED, "uploaded", "redacted"), ()),
    "messages": ((*_DESCRIBED, "redacted"), ("message",)),
    "notes": ((*_DESCRIBED, "redacted"), ()),
    "drafts": (_DESCRIBED, ("draft",)),
    "forwards": (_DESCRIBED, ("forward",)),
}
"""By the noun of its path: the attributes of a file that are shown there, and its relationships. documented"""


def shown(unit: Unit, attachment: Document, self_path: str, method: str | None = "GET") -> dict[str, Any]:
    """The file as it is shown at a path, with a fresh link for a method: `GET` to read it, `PUT` to send it, None:
    without."""
    whole = ATTACHMENT_FILES.document(attachment)
    attributes, relations = _FORMS[self_path.split("/")[2]]
    links = {"self": self_path}
    if method is not None:
        links["related"] = storage.link(unit, attachment, method)
    return {
        "type": whole["type"],
        "id": whole["id"],
        "attributes": {name: whole["attributes"][name] for name in attributes if name in whole["attributes"]},
        "relationships": {
            name: to for name, to in whole["relationships"].items() if name == "org" or name in relations
        },
        "links": links,
    }


def path_of(attachment: Document) -> str:
    """Where a file is found: with what it belongs to, or by itself."""
    for name in RELATIONS:
        if name in attachment["relations"]:
            return f"/v1/{name}s/{attachment['relations'][name]}/attachments/{attachment['id']}"
    return f"/v1/attachments/{attachment['id']}"


def create(
    unit: Unit,
    body: Mapping[str, Any],
    by: Actor,
    *,
    kind: Kind = ATTACHMENT_FILES,
    relations: Mapping[str, str] | None = None,
    id: str | None = None,
    content: bytes | None = None,
    context: str | None = None,
) -> Document:
    """A file as announced: `name`, `contentType`, `contentLength`. With `content` it is uploaded already."""
    check_name(unit, body["name"])
    id = id or new_id(unit)
    attributes: dict[str, Any] = {name: body[name] for name in _DESCRIBED}
    attributes |= {"uploaded": content is not None, "redacted": False, "context": context}
    private: dict[str, Any] = {"file": f"{id}-{body['name']}"}
    if content is not None:
        private["content"] = b64encode(content).decode("ascii")
    return documents.create(unit, kind, attributes, relations, by=by, id=id, **private)


def change(
    unit: Unit,
    attachment: Document,
    given: Mapping[str, Any],
    by: Actor,
    *,
    kind: Kind = ATTACHMENT_FILES,
    relations: Mapping[str, Any] | None = None,
) -> Document:
    """Another description of a file; the key under which it is stored stays. What is redacted loses its bytes."""
    if "name" in given:
        check_name(unit, given["name"])
    private: dict[str, Any] = {"file": storage.file_name(attachment)}
    if given.get("redacted"):
        private["content"] = None
    return documents.change(unit, kind, attachment, given, relations, by=by, **private)


def redact(unit: Unit, id: str, by: Actor = SYSTEM) -> Document:
    """Take the bytes of a file away for good."""
    return change(unit, find(unit, ATTACHMENT_FILES, id, "attachments"), {"redacted": True}, by)


def check_name(unit: Unit, name: str) -> None:
    """400 for an ending that is refused."""
    _, dot, ending = name.rpartition(".")
    if dot and ending.casefold() in BLOCKED:
        raise wrong(unit, "name", "File type not allowed")


def of(unit: Unit, relation: str, parent: str) -> list[Document]:
    """The files of a message, note, draft or forward."""
    group = f"{relation}:{parent}"
    return [entry.document for entry in unit[ATTACHMENT_FILES.collection].range("id", group=group)]


def included(unit: Unit, parents: Iterable[Document], relation: str) -> list[dict[str, Any]]:
    """The files of several documents as they stand beside these."""
    files = unit[ATTACHMENT_FILES.collection]
    return [
        shown(unit, files[id], f"/v1/{relation}s/{parent['id']}/attachments/{id}")
        for parent in parents
        for id in parent["relations"].get("attachments", ())
        if id in files
    ]


def adopt(unit: Unit, given: Iterable[Mapping[str, Any] | str], relation: str, parent: str, by: Actor) -> list[str]:
    """Give files, described whole or by their ids, to a message, note, draft or forward, which has these files and no
    others from then on; the ids. 400 for one that nobody announced or that belongs to something else."""
    ids: dict[str, None] = {}
    for item in given:
        described: Mapping[str, Any] = {"_id": item} if isinstance(item, str) else item
        id = described.get("_id") or described["id"]
        attachment = _adoptable(unit, id, described, relation, parent, by)
        news = {
            name: described[name]
            for name in _DESCRIBED
            if name in described and described[name] != attachment["attributes"].get(name)
        }
        if news or attachment["relations"].get(relation) != parent:
            change(unit, attachment, news, by, relations={relation: parent})
        ids[id] = None
    for attachment in of(unit, relation, parent):
        if attachment["id"] not in ids:
            change(unit, attachment, {}, by, relations={relation: None})
    return list(ids)


def release(unit: Unit, relation: str, parent: str, by: Actor) -> list[dict[str, Any]]:
    """Take the files away from what they belong to; their descriptions, for another to adopt."""
    released = []
    for attachment in of(unit, relation, parent):
        change(unit, attachment, {}, by, relations={relation: None})
        attributes = attachment["attributes"]
        released.append({"_id": attachment["id"], **{name: attributes[name] for name in _DESCRIBED}})
    return released


def _adoptable(unit: Unit, id: str, described: Mapping[str, Any], relation: str, parent: str, by: Actor) -> Document:
    source = described.get("sourceId")
    if source is not None and id not in unit[ATTACHMENT_FILES.collection]:
        # inferred: a copy of another file under an id of its own
        original = referenced(unit, ATTACHMENT_FILES, source, "attachments")
        content = storage.content_of(original)
        return create(unit, {**original["attributes"], **described}, by, id=id, content=content)
    attachment = referenced(unit, ATTACHMENT_FILES, id, "attachments")
    relations = attachment["relations"]
    if any(name in relations and (name, relations[name]) != (relation, parent) for name in RELATIONS):
        raise wrong(unit, "attachments", "Attachment belongs to something else")
    return attachment


def _show(call: Call, attachment: Document, status: int = 200) -> Response:
    self_path = f"/v1/attachments/{attachment['id']}"
    meta = {"upload": storage.form(call, ATTACHMENT_FILES, attachment)}
    return encoded(orjson.dumps({"data": shown(call, attachment, self_path), "meta": meta}), status)


def _create(call: Call) -> Response:
    return _show(call, create(call, call.body, actor(call)), 201)


def _get(call: Call) -> Response:
    given = call.path["id"]
    if "," not in given:
        return _show(call, found(call, ATTACHMENT_FILES))
    ids = [id for id in dict.fromkeys(given.split(",")) if id]
    all = [shown(call, find(call, ATTACHMENT_FILES, id), f"/v1/attachments/{id}") for id in ids]
    return encoded(orjson.dumps({"data": all}))


def _update(call: Call) -> Response:
    return _show(call, change(call, found(call, ATTACHMENT_FILES), call.body, actor(call)))


_LISTED: Final = View(
    ATTACHMENT_FILES.collection, lambda unit, attachment: shown(unit, attachment, path_of(attachment), method=None)
)
"""documented: the files of drafts and forwards come without links to read them in a list."""


def owned(kind: Kind, relation: str) -> dict[str, Handler]:
    """The handlers for the files of drafts or forwards."""

    def path(owner: Document, attachment: Document) -> str:
        return f"{kind.path}{owner['id']}/attachments/{attachment['id']}"

    def attachment_of(call: Call, owner: Document) -> Document:
        attachment = found(call, ATTACHMENT_FILES, "attachmentId")
        if attachment["relations"].get(relation) != owner["id"]:
            raise not_found(call, "attachmentId")
        return attachment

    def list_all(call: Call) -> Response:
        owner = found(call, kind)
        return listing(call, ATTACHMENT_FILES, group=f"{relation}:{owner['id']}", view=_LISTED)

    def create_one(call: Call) -> Response:
        owner, by = found(call, kind), actor(call)
        attachment = create(call, call.body, by, relations={relation: owner["id"]})
        ids = [*owner["relations"].get("attachments", ()), attachment["id"]]
        documents.change(call, kind, owner, {}, {"attachments": ids}, by=by)
        text = orjson.dumps({"data": shown(call, attachment, path(owner, attachment), "PUT")})
        return encoded(text, success(call, 200, 201))

    def get_one(call: Call) -> Response:
        owner = found(call, kind)
        attachment = attachment_of(call, owner)
        return encoded(orjson.dumps({"data": shown(call, attachment, path(owner, attachment))}))

    def delete_one(call: Call) -> Response:
        owner, by = found(call, kind), actor(call)
        attachment = attachment_of(call, owner)
        documents.remove(call, ATTACHMENT_FILES, attachment, by=by, soft=False)
        ids = [id for id in owner["relations"].get("attachments", ()) if id != attachment["id"]]
        documents.change(call, kind, owner, {}, {"attachments": ids}, by=by)
        return empty()

    prefix = f"{relation}_attachments"
    return {
        f"{prefix}.list": list_all,
        f"{prefix}.create": create_one,
        f"{prefix}.get": get_one,
        f"{prefix}.delete": delete_one,
    }


HANDLERS: dict[str, Handler] = {
    **storage.HANDLERS,
    "attachments.create": _create,
    "attachments.get": _get,
    "attachments.update": _update,
}
LINKS = storage.LINKS
VIEWS = {
    ATTACHMENT_FILES.collection: View(
        ATTACHMENT_FILES.collection,
        lambda unit, attachment: shown(unit, attachment, path_of(attachment)),
        depends=None,
    )
}
