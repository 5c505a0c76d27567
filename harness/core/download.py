"""Files as answers to keep."""

from __future__ import annotations

import re
from urllib.parse import quote

from harness.core.exchange import Response


def download(content: bytes, name: str, content_type: str) -> Response:
    """A file to keep: content-disposition carries its name, in plain letters and, where it has others, in full."""
    plain = re.sub(r'[^ -~]|["\\]', "_", name)
    disposition = f'attachment; filename="{plain}"'
    if plain != name:
        disposition += f"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(200, content, [("content-type", content_type), ("content-disposition", disposition)])
