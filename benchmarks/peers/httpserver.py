"""pytest-httpserver at the same work: `python httpserver.py static|stateful PORT FILE PAGE`.

FILE is a JSON list of contacts, newest first, PAGE how many make a page. `static` answers each path with one prepared
text; `stateful` keeps the contacts in a handler and serves each connection in a thread.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from pathlib import Path
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

KEY = {"Authorization": "Bearer bench"}
CONTACT = re.compile("/contacts/.+")
_LOGGED = 1_000


class Contacts:
    """A list of contacts with pages by cursor, as a test's author would write it."""

    def __init__(self, server: HTTPServer, contacts: list[dict[str, Any]]) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._contacts = {contact["id"]: contact for contact in contacts}
        self._order = [contact["id"] for contact in reversed(contacts)]
        self._place = {each: place for place, each in enumerate(self._order)}

    def list(self, request: Request) -> Response:
        """A page, newest first."""
        limit = int(request.args["limit"])
        after = request.args.get("after")
        end = self._place[after] if after else len(self._order)
        begin = max(0, end - limit)
        results = [self._contacts[each] for each in reversed(self._order[begin:end])]
        following = results[-1]["id"] if begin else None
        return self._answer({"url": "/contacts", "results": results, "pagination": {"next_cursor": following}})

    def get(self, request: Request) -> Response:
        """A contact by its id."""
        return self._answer(self._contacts[request.path.rpartition("/")[2]])

    def create(self, request: Request) -> Response:
        """A further contact."""
        with self._lock:
            contact = {"id": f"co_{len(self._order)}", **json.loads(request.get_data())}
            self._place[contact["id"]] = len(self._order)
            self._order.append(contact["id"])
            self._contacts[contact["id"]] = contact
        return self._answer(contact)

    def _answer(self, document: dict[str, Any]) -> Response:
        if len(self._server.log) > _LOGGED:  # it keeps every exchange for ever
            self._server.log.clear()
        return Response(json.dumps(document), content_type="application/json")


def main(kind: str, port: int, file: Path, page: int) -> None:
    """Serve until the process is ended."""
    contacts = json.loads(file.read_text())
    server = HTTPServer("127.0.0.1", port, threaded=kind == "stateful")
    if kind == "stateful":
        held = Contacts(server, contacts)
        server.expect_request("/contacts", "GET", headers=KEY).respond_with_handler(held.list)
        server.expect_request(CONTACT, "GET", headers=KEY).respond_with_handler(held.get)
        server.expect_request("/contacts", "POST", headers=KEY).respond_with_handler(held.create)
    else:
        first = {
            "url": "/contacts",
            "results": contacts[:page],
            "pagination": {"next_cursor": contacts[page - 1]["id"]} if contacts else None,
        }
        server.expect_request("/contacts", "GET", headers=KEY).respond_with_json(first)
        server.expect_request(CONTACT, "GET", headers=KEY).respond_with_json(contacts[0])
        server.expect_request("/contacts", "POST", headers=KEY).respond_with_json(contacts[0])
    server.start()
    threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
