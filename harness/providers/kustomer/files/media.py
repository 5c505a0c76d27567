"""Media: files of the knowledge base, which are announced and uploaded like attachments."""

from __future__ import annotations

import orjson

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.core.store import Document
from harness.providers.kustomer.dialect import encoded
from harness.providers.kustomer.files import attachments, storage
from harness.providers.kustomer.jsonapi.kinds import MEDIA
from harness.providers.kustomer.jsonapi.resources import found, get_several
from harness.providers.kustomer.keys import actor

_several = get_several(MEDIA)


def _show(call: Call, media: Document, status: int = 200) -> Response:
    meta = {"provider": "s3", "upload": storage.form(call, MEDIA, media)}
    return encoded(orjson.dumps({"data": MEDIA.document(media), "meta": meta}), status)


def _create(call: Call) -> Response:
    media = attachments.create(call, call.body, actor(call), kind=MEDIA, context="attachment")
    return _show(call, media, 201)


def _get(call: Call) -> Response:
    if "," in call.path["id"]:
        several: Response = _several(call)
        return several
    return _show(call, found(call, MEDIA))


def _update(call: Call) -> Response:
    return _show(call, attachments.change(call, found(call, MEDIA), call.body, actor(call), kind=MEDIA))


HANDLERS: dict[str, Handler] = {
    "medias.create": _create,
    "medias.get": _get,
    "medias.update": _update,
}
