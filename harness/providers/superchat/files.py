"""Files: uploaded once, then sent by id; read back by a temporary link."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any, Final

from harness.core.clock import HOUR
from harness.core.download import download
from harness.core.exchange import Refused, Response
from harness.core.ids import digest
from harness.core.provider import Call, Handler, Link
from harness.core.store import Document, Order, Schema
from harness.core.unit import Unit
from harness.core.views import View
from harness.providers.superchat.dialect import created, deleted, error, wrong
from harness.providers.superchat.links import PREFIX, link, target
from harness.providers.superchat.resources import find, get_all, get_one, show

COLLECTIONS = {"files": Schema(orders={"created": Order(lambda file: (file["created_at"],))})}

MAX_BYTES: Final = 5 * 1024 * 1024
"""documented as 5 MB; inferred: of 1024 × 1024 bytes. https://truto.one/integrations/detail/superchat/"""

LINK_TIME: Final = HOUR
"""inferred: how long a link given out now works."""


def _file(unit: Unit, file: Document) -> dict[str, Any]:
    return {
        "id": file["id"],
        "name": file["name"],
        "url": f"/files/{file['id']}",
        "mime_type": file["mime_type"],
        "link": link(unit, "files", file["id"], unit.now + LINK_TIME),
    }


VIEW = View("files", _file, depends=None)


def reference(file: Document) -> dict[str, Any]:
    """A file inside a note."""
    return {
        "id": file["id"],
        "name": file["name"],
        "url": f"/files/{file['id']}",
        "mime_type": file["mime_type"],
    }


def _create(call: Call) -> Response:
    part = call.body["file"]
    if part.filename is None:
        raise wrong(call, "file", "The part 'file' carries no file.")
    if len(part.content) > MAX_BYTES:
        detail = f"A file may have {MAX_BYTES} bytes; this one has {len(part.content)}."
        raise Refused(error(call.quirks, 413, "too_large", detail, url="/files"))
    file: Document = {
        "id": call.new_id("fi"),
        "name": part.filename or "file",
        "mime_type": part.content_type or "application/octet-stream",
        "size": len(part.content),
        "content": b64encode(part.content).decode("ascii"),
        "created_at": call.now,
    }
    call["files"].insert(file)
    return created(call, show(call, VIEW, file["id"]))


def _delete(call: Call) -> dict[str, str]:
    file = find(call, "files", "fileId", "File")
    return deleted(call["files"].delete(file["id"]))


def _download(call: Call) -> Response:
    # client: reads the name from content-disposition. https://github.com/super-chat/n8n-nodes-superchat
    file = target(call, "files")
    return download(content_of(file), file["name"], file["mime_type"])


def content_of(file: Document) -> bytes:
    """The bytes of a file; a world's file that states only its size has drawn ones."""
    if file["content"] is not None:
        return b64decode(file["content"])
    block, size = digest(file["id"], length=64), int(file["size"])
    return (block * (size // len(block) + 1))[:size]


HANDLERS: dict[str, Handler] = {
    "files.list": get_all(VIEW),
    "files.get": get_one(VIEW, "File", "fileId"),
    "files.create": _create,
    "files.delete": _delete,
}
LINKS: dict[Link, Handler] = {
    Link("files.download", "GET", f"{PREFIX}/{{account}}/files/{{id}}", "account"): _download,
}
