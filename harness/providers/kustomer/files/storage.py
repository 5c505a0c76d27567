"""The storage of files: where uploads and downloads go without a key, in the words of Amazon S3.

documented: files are sent as a form with a signed policy, or by a pre-signed link, and read by such a link, which
works for ten minutes. https://developer.kustomer.com/kustomer-api-docs/reference
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from hashlib import md5
from typing import Any, Final
from urllib.parse import quote

import orjson

from harness.core.clock import SECOND, format_instant, parse_instant, to_datetime
from harness.core.download import download
from harness.core.exchange import Refused, Request, Response
from harness.core.ids import digest
from harness.core.multipart import MultipartError, parse_multipart
from harness.core.provider import Call, Handler, Link
from harness.core.store import Document
from harness.core.unit import Unit
from harness.providers.kustomer.actor import SYSTEM
from harness.providers.kustomer.dialect import VERSION
from harness.providers.kustomer.jsonapi import documents
from harness.providers.kustomer.jsonapi.kind import ORG, Kind
from harness.providers.kustomer.jsonapi.kinds import ATTACHMENT_FILES, MEDIA

LINK_SECONDS: Final = 600
"""documented: X-Amz-Expires. inferred: a form works as long."""
MAX_BYTES: Final = 10_048_576
"""documented for the length of media; inferred: no upload is longer. What was announced is not held against it."""

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_BUCKETS: Final = {
    ATTACHMENT_FILES.collection: "kustomer-prod1-attachments",
    MEDIA.collection: "kustomer-prod1-user-content",
}
_FILES: Final = f"{VERSION}/attachments/{{org}}/{{file}}"
_FORMS: Final = "/uploads/"
_LINK_PARTS: Final = ("Algorithm", "Credential", "Date", "Expires", "Signature")
"""What every pre-signed link has."""
_HEADER_TEXT: Final = re.compile(r"[!-~]([ -~]*[!-~])?")
_UNNAMED: Final = "binary/octet-stream"
"""What the storage says of a file whose type it cannot say."""
_UNSIGNED: Final = frozenset(("policy", "x-amz-signature"))


def file_name(document: Document) -> str:
    """The last part of its key. documented: id and name, joined by a hyphen; it keeps the first name."""
    return document.get("file") or f"{document['id']}-{document['attributes']['name']}"


def link(unit: Unit, document: Document, method: str = "GET") -> str:
    """A pre-signed address that works for ten minutes from now, for one method."""
    file, date = file_name(document), _date(unit.now)
    query = (
        f"X-Amz-Algorithm={_ALGORITHM}&X-Amz-Credential={quote(_credential(date), safe='')}&X-Amz-Date={date}"
        f"&X-Amz-Expires={LINK_SECONDS}&X-Amz-Signature={_signature(unit, method, _key(file), date, LINK_SECONDS)}"
    )
    return f"{unit.base_url}{_FILES.format(org=ORG, file=quote(file, safe=''))}?{query}"


def form(unit: Unit, kind: Kind, document: Document) -> dict[str, Any]:
    """`{url, fields}`: the form with which to send a file, the file last."""
    date = _date(unit.now)
    fields = {
        "key": _key(file_name(document)),
        "acl": "private",
        "Content-Type": document["attributes"]["contentType"],
        "X-Amz-Meta-Attachment-Id": document["id"],
        "bucket": _BUCKETS[kind.collection],
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": _credential(date),
        "X-Amz-Date": date,
    }
    policy = {
        "expiration": format_instant(unit.now + LINK_SECONDS * SECOND),
        "conditions": [*({name: value} for name, value in fields.items()), ["content-length-range", 0, MAX_BYTES]],
    }
    text = b64encode(orjson.dumps(policy)).decode()
    fields |= {"Policy": text, "X-Amz-Signature": _signature(unit, "POST", text)}
    return {"url": f"{unit.base_url}{_FORMS}{unit.link_token}", "fields": fields}


def content_of(document: Document) -> bytes | None:
    """The bytes of a file, None before they came and once they were taken away; one of a world that states only its
    size has drawn ones."""
    if "content" in document:
        return None if document["content"] is None else b64decode(document["content"])
    attributes = document["attributes"]
    if not attributes.get("uploaded"):
        return None
    block, size = digest(document["id"], length=64), int(attributes["contentLength"])
    return (block * (size // len(block) + 1))[:size]


def is_meant(request: Request) -> bool:
    """Whether a request goes to the storage rather than to the API."""
    path = request.path.removeprefix(VERSION)
    return path.startswith(_FORMS) or (path.startswith("/attachments/") and path.count("/") > 2)


def refusal(status: int, code: str, message: str, **more: object) -> Response:
    """An error of the storage."""
    told = {"Code": code, "Message": message, **more}
    lines = "".join(f"<{name}>{_escaped(str(value))}</{name}>" for name, value in told.items())
    return _xml(status, f"<Error>{lines}</Error>")


def _upload(call: Call) -> Response:
    """A form with a file."""
    if not (call.request.header("content-type") or "").lower().startswith("multipart/form-data"):
        message = "Bucket POST must be of the enclosure-type multipart/form-data"
        raise Refused(refusal(412, "PreconditionFailed", message))
    try:
        parts = parse_multipart(call.request)
    except MultipartError:
        message = "The body of your POST request is not well-formed multipart/form-data."
        raise Refused(refusal(400, "MalformedPOSTRequest", message)) from None
    fields: dict[str, str] = {}
    for name, part in parts.items():
        if name == "file":  # what comes after the file does not count
            break
        fields[name.lower()] = part.content.decode("utf-8", "replace")
    _check_form(call, fields)
    if "file" not in parts:
        raise Refused(refusal(400, "InvalidArgument", "POST requires exactly one file upload per request."))
    content, key = parts["file"].content, fields["key"]
    kind, document = _found(call, key)
    etag = _keep(call, kind, document, content)
    if call.quirks["upload_status"] == "204":
        return Response(204, b"", [("etag", etag)])
    bucket = fields["bucket"]
    told = f"<Bucket>{bucket}</Bucket><Key>{_escaped(key)}</Key><ETag>{_escaped(etag)}</ETag>"
    return _xml(201, f"<PostResponse>{told}</PostResponse>", [("etag", etag)])


def _check_form(call: Call, fields: dict[str, str]) -> None:
    policy = fields.get("policy")
    if policy is None or "x-amz-signature" not in fields:
        raise _denied("Access Denied")
    if fields["x-amz-signature"] != _signature(call, "POST", policy):
        raise _mismatch()
    demanded = orjson.loads(b64decode(policy))
    if call.now >= parse_instant(demanded["expiration"]):
        raise _denied("Invalid according to Policy: Policy expired.")
    known = set(_UNSIGNED)
    for condition in demanded["conditions"]:
        if isinstance(condition, dict):
            ((name, value),) = condition.items()
            known.add(name.lower())
            if fields.get(name.lower()) != value:
                text = orjson.dumps(["eq", f"${name}", value]).decode()
                raise _denied(f"Invalid according to Policy: Policy Condition failed: {text}")
    if extra := sorted(name for name in fields.keys() - known if not name.startswith("x-ignore-")):
        raise _denied(f"Invalid according to Policy: Extra input fields: {', '.join(extra)}")


def _put(call: Call) -> Response:
    """A file at a pre-signed link. documented for files of drafts and forwards."""
    key = _checked_key(call, "PUT")
    kind, document = _found(call, key)
    return Response(200, b"", [("etag", _keep(call, kind, document, call.request.body))])


def _download(call: Call) -> Response:
    key = _checked_key(call, "GET")
    _, document = _found(call, key)
    content = content_of(document)
    if content is None:
        raise _no_such_key(key)
    attributes = document["attributes"]
    named = _HEADER_TEXT.fullmatch(attributes["contentType"])
    return download(content, attributes["name"], named[0] if named else _UNNAMED)


def _checked_key(call: Call, method: str) -> str:
    """The key a pre-signed link leads to, when it is whole and its time is not over."""
    key = f"attachments/{call.path['org']}/{call.path['file']}"
    if any(f"X-Amz-{name}" not in call.query for name in _LINK_PARTS):
        raise _denied("Access Denied")
    date, seconds, signature = (call.query[f"X-Amz-{name}"] for name in ("Date", "Expires", "Signature"))
    if signature != _signature(call, method, key, date, seconds):
        raise _mismatch()
    if call.now >= parse_instant(date) + int(seconds) * SECOND:
        raise _denied("Request has expired")
    return key


def _found(unit: Unit, key: str) -> tuple[Kind, Document]:
    file = key.rpartition(f"/{ORG}/")[2]
    for kind in (ATTACHMENT_FILES, MEDIA):
        document = unit[kind.collection].get(file[:24])
        if document is not None and file_name(document) == file:
            return kind, document
    raise _no_such_key(key)


def _keep(unit: Unit, kind: Kind, document: Document, content: bytes) -> str:
    if len(content) > MAX_BYTES:
        message = "Your proposed upload exceeds the maximum allowed size"
        raise Refused(refusal(400, "EntityTooLarge", message, ProposedSize=len(content), MaxSizeAllowed=MAX_BYTES))
    text = b64encode(content).decode("ascii")
    documents.change(unit, kind, document, {"uploaded": True}, by=SYSTEM, touch=False, content=text)
    return f'"{md5(content, usedforsecurity=False).hexdigest()}"'


def _key(file: str) -> str:
    return f"attachments/{ORG}/{file}"


def _date(at: int) -> str:
    return f"{to_datetime(at):%Y%m%dT%H%M%SZ}"


def _credential(date: str) -> str:
    return f"FAKEHARNESS/{date[:8]}/us-east-1/s3/aws4_request"


def _signature(unit: Unit, *signed: object) -> str:
    """As long as a real one; its beginning names the account."""
    return unit.link_token + digest("kustomer", "storage", unit.link_token, *signed, length=20).hex()


def _denied(message: str) -> Refused:
    return Refused(refusal(403, "AccessDenied", message))


def _mismatch() -> Refused:
    message = "The request signature we calculated does not match the signature you provided."
    return Refused(refusal(403, "SignatureDoesNotMatch", message))


def _no_such_key(key: str) -> Refused:
    return Refused(refusal(404, "NoSuchKey", "The specified key does not exist.", Key=key))


def _escaped(text: str) -> str:
    """For XML; loaded when an answer needs it, since it brings a long table."""
    from html import escape

    return escape(text)


def _xml(status: int, text: str, headers: list[tuple[str, str]] | None = None) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
    return Response(status, body, [("content-type", "application/xml"), *(headers or ())])


HANDLERS: dict[str, Handler] = {"conversation_attachments.download": _download}
LINKS: dict[Link, Handler] = {
    Link("attachments.upload", "POST", f"{_FORMS}{{account}}", "account"): _upload,
    Link("attachments.put", "PUT", _FILES): _put,
}
