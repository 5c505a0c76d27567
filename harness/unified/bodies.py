"""What a caller in Python gives, as what a call takes: plain JSON data, or bytes with their content type."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from harness.unified.provider import Raw

Files = Mapping[str, Any]
"""Form fields with files, as httpx takes them: bytes, an open file, or `(name, content[, content type])`."""


def plain(value: Any) -> Any:
    """As JSON data: records by the fields that were set, moments as ISO texts, tuples as lists.

    A moment in UTC ends with `Z`, one without a zone goes without one.

    `remote_data` of a record is left out, as it is what was read from the provider; in a write it would be sent on.
    """
    if isinstance(value, Mapping):
        return {str(plain(name)): plain(item) for name, item in value.items()}
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        text = value.isoformat()
        return text.removesuffix("+00:00") + "Z" if value.tzinfo is UTC or text.endswith("+00:00") else text
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if hasattr(value, "model_dump"):
        return {name: plain(item) for name, item in value if name in value.model_fields_set and name != "remote_data"}
    return value


def parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    """Query parameters as nested data; None is none."""
    return {name: plain(value) for name, value in values.items() if value is not None}


def body_of(
    given: Any,
    fields: Mapping[str, Any] | None = None,
    *,
    files: Files | None = None,
    content: bytes | str | None = None,
    content_type: str | None = None,
) -> Any:
    """The body of a call: `given` with `fields` over it, a form with files, or content as it is. None where none.

    Raises TypeError for what does not go together.
    """
    fields = fields or {}
    if content is not None:
        if given is not None or fields or files:
            raise TypeError("content= is the whole body: give no other body, fields or files beside it")
        data = content.encode() if isinstance(content, str) else content
        return Raw(data, content_type or "application/octet-stream")
    if content_type is not None:
        raise TypeError(
            "content_type= says what content= is: give both, for one of files= (name, content, type), "
            "and a field of that name in a dict: create({'content_type': …})"
        )
    if isinstance(given, Raw):
        if fields or files:
            raise TypeError("a Raw body is the whole body: give no fields or files beside it")
        return given
    if given is None and not fields:
        return _form({}, files) if files else None
    body = {} if given is None else plain(given)
    if fields or files:
        if not isinstance(body, dict):
            raise TypeError(f"fields and files go with a body that is a mapping, not {type(given).__name__}")
        body |= plain(fields)
    return _form(body, files) if files else body


def _form(fields: Mapping[str, Any], files: Files) -> Raw:
    """A multipart form. Its boundary comes from its content, so that the same form is the same bytes."""
    import httpx

    read = {name: _file(name, value) for name, value in files.items()}
    boundary = hashlib.sha256(repr((sorted(fields.items()), sorted(read.items()))).encode()).hexdigest()[:32]
    request = httpx.Request(
        "POST",
        "http://form",
        data={name: value for name, value in fields.items() if value is not None},
        files=read,
        headers={"content-type": f"multipart/form-data; boundary={boundary}"},
    )
    return Raw(request.read(), request.headers["content-type"])


def _file(name: str, value: Any) -> tuple[Any, ...]:
    filename, content, *rest = value if isinstance(value, tuple) else (_name_of(value) or name, value)
    if hasattr(content, "read"):
        content = content.read()
    if isinstance(content, str):
        content = content.encode()
    return (filename, content, *rest)


def _name_of(file: Any) -> str | None:
    """The name of an open file, without its folders."""
    name = getattr(file, "name", None)
    return name.replace("\\", "/").rpartition("/")[2] if isinstance(name, str) else None
