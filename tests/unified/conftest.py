"""A made-up provider, the desk, as the unified client reaches it: an integration in a folder, and who answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.unified import AsyncUnifiedClient, Integration, UnifiedClient

INTEGRATION = """
label: Desk
base_url: https://desk.example.com/v1
credentials: {api_key: {label: key}}
authorization: {format: header, config: {header_name: X-Key, header_value: '{{credentials.api_key}}'}}
query_array_format: repeat
pagination: {format: cursor, config: {cursor_path: next, cursor_key: after, limit_key: limit, max_limit: 100}}
rate_limit: {is_rate_limited: status = 429, retry_after_header_expression: headers.`x-wait`}
resources:
  people:
    list: {path: /people, response_path: people}
    get: {path: '/people/{{id}}'}
    create: {path: /people, method: post}
    update: {path: '/people/{{id}}', method: patch}
    delete: {path: '/people/{{id}}', method: delete}
    merge: {path: '/people/{{id}}/merge', method: post}
  uploads:
    create: {path: /uploads, method: post, body_format: multipart}
    content: {path: '/uploads/{{query.upload_id}}/content', response_format: raw}
"""

TICKETING = """
integration_name: desk
unified_model_name: ticketing
resources:
  contacts:
    '*':
      resource: people
      response_mapping: {id: $string(id), name: name, created_at: created}
    list:
      method: list
      query_mapping:
        since: query.created_at.gt
        at: query.created_at.eq
        from: query.created_at.gte
        mail: query.emails.email
        order: query.sort_by.first_name
    get: {method: get}
    create: {method: create, request_body_mapping: {name: body.name, mail: 'body.emails[0].email'}}
    update: {method: update, request_body_mapping: {name: body.name}}
    delete: {method: delete}
  attachments:
    create: {resource: uploads, method: create, response_mapping: {id: id}}
    download: {resource: uploads, method: content, query_mapping: {upload_id: body.id}}
  tickets:
    import:
      resource: people
      method: create
      request_body_mapping: {name: body.name}
      response_mapping: {made: $string(id)}
not_offered:
  tags: the desk has no labels
"""

USERS = """
integration_name: desk
unified_model_name: user-directory
resources:
  groups:
    remove-user: {resource: people, method: delete, query_mapping: {id: body.user_id}}
"""

CREATED = "2026-01-15T09:00:00Z"


class Desk:
    """Answers as the desk does: people, newest first, whose ids are the cursors; and what a test puts first."""

    def __init__(self, people: int) -> None:
        self.people = list(range(people, 0, -1))
        self.first: list[httpx.Response | Exception] = []
        """What answers before the desk itself does."""
        self.asked: list[httpx.Request] = []

    @property
    def lines(self) -> list[str]:
        """Verb, path and query of what was asked."""
        return [f"{each.method} {each.url.raw_path.decode()}" for each in self.asked]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.first:
            answer = self.first.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        return self._own(request)

    def _own(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.headers.get("x-key") != "secret":
            return httpx.Response(401, json={"message": "who are you?"})
        if path == "/v1/people" and request.method == "GET":
            return self._page(request.url.params)
        if path == "/v1/people":
            return httpx.Response(201, json={"id": 1000 + len(self.asked), **json.loads(request.content)})
        if path == "/v1/uploads":
            return httpx.Response(200, json={"id": "up-1", "type": request.headers["content-type"]})
        if path == "/v1/uploads/up-1/content":
            return httpx.Response(200, content=b"{}\n", headers={"content-type": "application/json", "x-name": "a"})
        if match := re.fullmatch(r"/v1/people/(\d+)(/merge)?", path):
            return self._one(int(match[1]), request)
        return httpx.Response(404, json={"message": f"no {path}"}, headers={"x-ratelimit-remaining": "7"})

    def _page(self, asked: httpx.QueryParams) -> httpx.Response:
        after, limit = int(asked.get("after", 10**9)), int(asked.get("limit", 50))
        older = [id for id in self.people if id < after]
        page = older[:limit]
        following = str(page[-1]) if len(older) > limit else None
        return httpx.Response(200, json={"people": [person(id) for id in page], "next": following})

    def _one(self, id: int, request: httpx.Request) -> httpx.Response:
        if id not in self.people:
            return httpx.Response(404, json={"message": f"nobody is {id}"})
        if request.method == "DELETE":
            return httpx.Response(204)
        changed = json.loads(request.content) if request.content else {}
        return httpx.Response(200, json={**person(id), **changed})


def person(id: int) -> dict[str, Any]:
    """A person as the desk shows one."""
    return {"id": id, "name": f"Person {id}", "created": CREATED}


@pytest.fixture
def integration(tmp_path: Path) -> Integration:
    """The desk's integration."""
    folder = tmp_path / "desk"
    folder.mkdir()
    for name, text in {"integration": INTEGRATION, "ticketing": TICKETING, "user_directory": USERS}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return Integration.load(folder)


@pytest.fixture
def desk() -> Desk:
    """Who answers, with fifteen people."""
    return Desk(15)


Connect = Callable[..., UnifiedClient]
AsyncConnect = Callable[..., AsyncUnifiedClient]


@pytest.fixture
def connect(desk: Desk, integration: Integration) -> Connect:
    """Makes a client of the desk, with options of the client."""

    def make(**options: Any) -> UnifiedClient:
        return UnifiedClient(integration, **{"api_key": "secret", "transport": httpx.MockTransport(desk), **options})

    return make


@pytest.fixture
def connect_async(desk: Desk, integration: Integration) -> AsyncConnect:
    """The same for the async client."""

    def make(**options: Any) -> AsyncUnifiedClient:
        given = {"api_key": "secret", "transport": httpx.MockTransport(desk), **options}
        return AsyncUnifiedClient(integration, **given)

    return make
