"""The cells of a provider's mappings, the interactions that show what they call, and how each is asked.

`asked.yaml` says how a cell is asked so that it makes the call of an interaction, where that needs more than its id
or body, and which interactions are not its own; `requests.yaml` has unified requests whose way out is judged. Both
stand beside the golden files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from harness.core.routing import Router
from harness.nearest import unknown
from harness.unified import catalogue
from harness.unified.account import IntegratedAccount
from harness.unified.document import Document, Reader
from harness.unified.engine import Expression, ExpressionError, compiled
from harness.unified.errors import ConfigurationError
from harness.unified.integration import GROUP, Integration, Method, installed
from harness.unified.mapping import Cell
from harness.unified.placeholders import filled_data
from harness.unified.provider import Raw
from harness.unified.query import parse
from harness.verify.cassette import Cassette, Interaction, shipped_folder
from harness.verify.operations import Operations
from harness.verify.subject import Subject
from harness.verify.suites.mapping.golden import FOLDER

ASKED, REQUESTS = "asked.yaml", "requests.yaml"
_ASKED = ("id", "query", "body")
_ONLY = "only"
_REQUEST = (*_ASKED, "content", "content_type", "cassette")
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Name:
    """Which cell."""

    model: str
    resource: str
    method: str

    def __str__(self) -> str:
        return f"{self.model}.{self.resource}.{self.method}"


@dataclass(frozen=True, slots=True)
class Shown:
    """An interaction that shows a call of a proxy method, and what of its path the method was given."""

    method: Method
    cassette: Cassette
    interaction: Interaction
    path: Mapping[str, str]
    """By placeholder: `id`, `query.conversation_id`."""
    key: str
    """`contacts:3`, which survives edits of other cassettes and other parts of this one's text."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A unified request."""

    id: str | None
    query: Mapping[str, Any]
    body: Any
    cassette: str | None = None
    """The one whose answers go before others'."""


def golden_folder(subject: Subject) -> Path:
    """Where the golden files of a subject stand."""
    return (subject.cassette_folder or shipped_folder(subject.provider)) / FOLDER


def not_mapped(subject: Subject) -> str | None:
    """Why there is no mapping to judge, if there is none."""
    if subject.provider in installed():
        return None
    return f"no integration {subject.provider!r} is installed, so it has no mappings: announce one under {GROUP}"


def account_of(subject: Subject) -> IntegratedAccount:
    """The account that everything is asked with; its credentials open nothing. Raises ConfigurationError."""
    found = subject.kept.get("golden account")
    if found is None:
        integration = Integration.load(subject.provider)
        credentials = dict.fromkeys(integration.credentials, "not-a-key")
        override = subject.mapping_override or None
        found = IntegratedAccount.connect(integration, credentials, unified_model_override=override)
        subject.kept["golden account"] = found
    account: IntegratedAccount = found
    return account


def cells(account: IntegratedAccount) -> Iterator[tuple[Name, Cell]]:
    """All of them. Raises ConfigurationError."""
    mappings = account.mappings
    for model in mappings.models():
        for resource, methods in mappings.methods(model).items():
            for method in methods:
                if cell := mappings.cell(model, resource, method):
                    yield Name(model, resource, method), cell


def targets(account: IntegratedAccount, cell: Cell) -> list[Method]:
    """The proxy methods a cell may call."""
    if cell.resource is None or cell.method is None:
        return []
    pairs = [(resource, method) for resource in cell.resource.names for method in cell.method.names]
    return [found for pair in pairs if (found := account.integration.method(*pair))]


def operations(account: IntegratedAccount, methods: Iterable[Method], known: Operations) -> list[str]:
    """The operations of the contract behind proxy methods."""
    base = urlsplit(account.integration.base_url).path
    found: dict[str, None] = {}
    for method in methods:
        operation = known.at(method.verb, base + method.path.replace("{{", "").replace("}}", ""))
        if operation:
            found[operation.id] = None
    return list(found)


class Calls:
    """The proxy methods of an integration by verb and path, however often one stands there."""

    def __init__(self, integration: Integration) -> None:
        self._base = urlsplit(integration.base_url).path.rstrip("/")
        self._router: Router[list[tuple[Method, list[str]]]] = Router()
        known: dict[tuple[str, str], list[tuple[Method, list[str]]]] = {}
        for methods in integration.resources.values():
            for method in methods.values():
                names = _PLACEHOLDER.findall(method.path)
                template = _PLACEHOLDER.sub("{part}", method.path)
                if (method.verb, template) not in known:
                    known[method.verb, template] = []
                    numbered = re.sub(r"\{part\}", _Numbers(), template)
                    self._router.add(method.verb, numbered, known[method.verb, template])
                known[method.verb, template].append((method, names))

    def of(self, verb: str, path: str) -> dict[tuple[str, str], dict[str, str]]:
        """The methods a request is a call of, with what stands in its path by placeholder."""
        if not path.startswith(f"{self._base}/"):
            return {}
        match = self._router.match(verb, path.removeprefix(self._base))
        if match is None:
            return {}
        values = [match.path[f"part{number}"] for number in range(len(match.path))]
        return {(method.resource, method.name): dict(zip(names, values, strict=True)) for method, names in match.target}

    def below(self, path: str) -> str:
        """A path without that of the base URL."""
        return path.removeprefix(self._base)


class _Numbers:
    """Gives each placeholder of a path a name of its own."""

    def __init__(self) -> None:
        self._next = 0

    def __call__(self, match: re.Match[str]) -> str:
        name = f"{{part{self._next}}}"
        self._next += 1
        return name


class Ways:
    """How cells are asked: what `asked.yaml` and `requests.yaml` say. Raises ConfigurationError.

    A folder of somebody's own need not have them: then cells are asked as for the shipped cassettes, and no requests
    are judged.
    """

    def __init__(self, folder: Path, account: IntegratedAccount) -> None:
        self._account = account
        shipped = shipped_folder(account.integration.name) / FOLDER
        self.judges_requests = (folder / REQUESTS).is_file() or folder == shipped
        asked = folder if (folder / ASKED).is_file() else shipped
        self._asked = {name: dict(at.children()) for name, at in self._entries(asked / ASKED)}
        self._only: dict[tuple[Name, str], Expression] = {}
        for name, proxies in self._asked.items():
            cell = account.mappings.cell(name.model, name.resource, name.method)
            methods = targets(account, cell) if cell else []
            valid = [*(each.resource for each in methods), *(f"{each.resource}.{each.name}" for each in methods)]
            for proxy, below in proxies.items():
                if proxy not in valid:
                    raise below.wrong(unknown(f"proxy resource of {name}", proxy, valid))
                below.only((*_ASKED, _ONLY))
                if isinstance(only := below.get(_ONLY, (str, bool)), str):
                    self._only[name, proxy] = _expression(below, only)
        self._requests = {name: dict(at.children()) for name, at in self._entries(folder / REQUESTS)}
        for requests in self._requests.values():
            for below in requests.values():
                below.only(_REQUEST)

    def requests(self, name: Name) -> dict[str, Asked]:
        """The unified requests written for a cell, by their names."""
        found = {}
        for key, at in self._requests.get(name, {}).items():
            content = at.get("content", str)
            body = at.data.get("body") if content is None else Raw(content.encode(), at.text("content_type"))
            found[key] = Asked(at.get("id", str), at.get("query", dict, {}), body, at.get("cassette", str))
        return found

    def calls(self, name: Name, method: Method) -> bool:
        """Whether a cell ever makes a call: where it picks resource and method apart, some pairs never come up."""
        at = self._entry(name, method)[1]
        return at is None or at.data.get(_ONLY) is not False

    def concerns(self, name: Name, shown: Shown) -> bool:
        """Whether an interaction is one of a cell, where several kinds of call have one address."""
        only = self._only.get((name, self._entry(name, shown.method)[0]))
        try:
            return only is None or bool(only.evaluate(_scope(shown)))
        except ExpressionError as error:
            raise ConfigurationError(f"{ASKED}: {name}", str(error)) from None

    def asked(self, name: Name, shown: Shown) -> Asked:
        """The unified request that has to make the call of an interaction."""
        at = self._entry(name, shown.method)[1]
        scope = _scope(shown)
        body = scope["body"]
        data: Mapping[str, Any] = filled_data(at.data, scope) if at else {}
        query = dict(data.get("query") or {})
        if name.method not in ("list", "get", "delete"):
            query["truto_body_passthrough"] = "true"
            extra = data.get("body")
            body = {**body, **extra} if extra and isinstance(body, Mapping) else body
        else:
            body = None
        id = data.get("id") or (shown.path.get("id") if name.method != "list" else None)
        return Asked(id, query, body)

    def _entry(self, name: Name, method: Method) -> tuple[str, Reader | None]:
        """What is said of a call of a cell: under its resource and method, or under the resource."""
        said = self._asked.get(name, {})
        whole = f"{method.resource}.{method.name}"
        return (whole, said[whole]) if whole in said else (method.resource, said.get(method.resource))

    def _entries(self, path: Path) -> Iterator[tuple[Name, Reader]]:
        """Each cell a file speaks of."""
        if not path.is_file():
            return
        document = Document.load(path)
        if document.data is None:
            return
        known = {str(name): name for name, _ in cells(self._account)}
        for text, at in Reader(document).children():
            if text not in known:
                raise at.wrong(unknown("cell", text, known))
            yield known[text], at


def _expression(at: Reader, source: str) -> Expression:
    try:
        return compiled(source)
    except ExpressionError as error:
        raise at.wrong(f"does not compile: {error}", _ONLY) from None


def _scope(shown: Shown) -> dict[str, Any]:
    """What an entry of `asked.yaml` sees of an interaction."""
    values = {key.removeprefix("query."): value for key, value in shown.path.items() if key != "id"}
    return {
        "id": shown.path.get("id"),
        "query": {**parse(shown.interaction.query), **values},
        "body": _body(shown),
        "response": shown.interaction.json(),
    }


def _body(shown: Shown) -> Any:
    content = shown.interaction.request_body
    if not content:
        return None
    kind = next((value for name, value in shown.interaction.request_headers if name == "content-type"), "")
    if shown.method.body_format == "multipart":
        return Raw(content, kind)
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return Raw(content, kind or "application/octet-stream")


def is_write(name: Name) -> bool:
    """Whether a cell changes something."""
    return name.method not in ("list", "get") and name.method in catalogue.STANDARD
