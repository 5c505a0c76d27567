"""Integrations: how a provider is reached, as data.

`integration.yaml` in the integration's folder holds what Truto's integration configuration holds, as far as the
integrations here use it; any other field is refused by name. Beside it stand the mappings, a file for each unified
model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness.announced import announced
from harness.nearest import unknown
from harness.unified.document import Document, Reader
from harness.unified.engine import Expression, ExpressionError, compiled
from harness.unified.errors import ConfigurationError
from harness.unified.placeholders import names, texts
from harness.unified.query import ArrayFormat

GROUP = "harness.integrations"
"""The entry-point group in which distributions announce theirs: a package whose folder holds the YAML."""

VERBS = ("get", "post", "put", "patch", "delete")
STANDARD = ("list", "get", "create", "update", "delete")
"""The methods with a verb of their own; any other name is a custom method."""

_INTEGRATION = frozenset(
    "label base_url headers query query_array_format credentials authorization pagination rate_limit resources "
    "error_expression tool_tags hosts".split()
)
_INTEGRATION_ELSEWHERE = frozenset("logo icon webhook actions".split())
_METHOD = frozenset(
    "path method headers query body body_format response_path response_format pagination description scopes "
    "error_expression".split()
)
_METHOD_ELSEWHERE = frozenset(
    "base_url query_array_format body_format_config query_schema body_schema response_schema pagination_path "
    "authorization add_query_to_body ignore_body_in_pagination ignore_body set_body_to_null no_auth "
    "ignore_credentials_on_redirect api_response_format throw_error_on_parse_error api_documentation_url "
    "examples".split()
)
_CURSOR = frozenset("cursor_path prev_cursor_path cursor_key limit_key max_limit is_link".split())
_CURSOR_ELSEWHERE = frozenset(
    "has_next_path include_path headers add_to_body limit_data_type ignore_limit_in_pagination "
    "cursor_path_object use_content_hash add_to_query is_cursor_url_encoded allow_empty_page_cursor".split()
)
_PAGE = ("page_param", "limit_param", "max_limit")
_RATE_LIMIT = ("is_rate_limited", "retry_after_header_expression", "rate_limit_header_expression")
_CREDENTIAL = frozenset("label type required help_text placeholder".split())


@dataclass(frozen=True, slots=True)
class Pagination:
    """Where a list's cursors stand and how one is sent back."""

    cursor_path: tuple[str, ...] | None
    """None where the provider tells no cursor: then pages are counted, and one that is not full is the last."""
    prev_cursor_path: tuple[str, ...] | None
    cursor_key: str
    limit_key: str | None
    max_limit: int | None
    is_link: bool = False
    """Whether a cursor is a link to its page, of which `cursor_key` is a parameter: its whole query is sent back."""


@dataclass(frozen=True, slots=True)
class Method:
    """One way to call a resource of the provider."""

    resource: str
    name: str
    verb: str
    """Upper case, of the request to the provider."""
    path: str
    """Below the base URL, with placeholders."""
    takes: tuple[str, ...]
    """The query parameters that its path and its body are filled from; they are not sent as such."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body_format: str
    """`json`, or `multipart`: then the body goes through as it comes."""
    response_path: tuple[str, ...]
    """Where in the answer the records stand."""
    raw: bool
    """Whether it answers bytes rather than JSON."""
    pagination: Pagination | None
    error: Expression | None
    scopes: tuple[str, ...]
    description: str | None
    body: Any = None
    """What is sent when the caller gives no body: data with placeholders, or one placeholder alone."""

    @property
    def is_list(self) -> bool:
        """Whether it answers a page of records."""
        return self.name == "list"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How the provider tells its limits: expressions over `headers` and `status`."""

    is_rate_limited: Expression | None
    retry_after: Expression | None
    """Seconds."""
    reset: Expression | None
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Integration:
    """A provider as the unified client reaches it."""

    name: str
    label: str
    base_url: str
    hosts: tuple[str, ...]
    headers: Mapping[str, str]
    query: Mapping[str, str]
    arrays: ArrayFormat
    credentials: Mapping[str, bool]
    """The names of the values that make an account, and whether each is required."""
    authorization: Mapping[str, str]
    """The headers that carry the credentials, with placeholders."""
    pagination: Pagination | None
    """That of its lists, where they say nothing else."""
    rate_limit: RateLimit
    resources: Mapping[str, Mapping[str, Method]]
    tool_tags: Mapping[str, tuple[str, ...]]
    document: Document
    folder: Path

    @classmethod
    def load(cls, name: str | Path) -> Integration:
        """An installed integration by its name, or one from a folder. Raises ConfigurationError."""
        return _loaded(Path(name) if isinstance(name, Path) else folder_of(name))

    def overridden(self, override: Mapping[str, Any] | None, name: str = "integration_override") -> Integration:
        """With a partial configuration merged on top."""
        if not override:
            return self
        return _read(self.name, self.document.merged(override, name), self.folder)

    def method(self, resource: str, name: str) -> Method | None:
        """A resource's method, None where there is none. Names are case-sensitive."""
        return self.resources.get(resource, {}).get(name)


def installed() -> list[str]:
    """The names of the integrations of all installed distributions."""
    return sorted({point.name for point in announced(GROUP)})


def folder_of(name: str) -> Path:
    """Where an installed integration's files are. Raises ConfigurationError."""
    for point in announced(GROUP):
        if point.name == name:
            spec = find_spec(point.value)
            if spec is None or not spec.submodule_search_locations:
                raise ConfigurationError(f"entry point {name} = {point.value}", "leads to no package with YAML files")
            return Path(next(iter(spec.submodule_search_locations)))
    raise ConfigurationError("integration", unknown("integration", name, installed()))


@lru_cache(maxsize=64)
def _loaded(folder: Path) -> Integration:
    return _read(folder.name, Document.load(folder / "integration.yaml"), folder)


def _read(name: str, document: Document, folder: Path) -> Integration:
    top = Reader(document)
    top.only(_INTEGRATION, _INTEGRATION_ELSEWHERE)
    pagination = _pagination(top)
    resources = top.below("resources")
    if resources is None:
        raise top.wrong("'resources' is missing: name what the provider has")
    error = _expression(top, "error_expression")
    return Integration(
        name,
        top.text("label"),
        top.text("base_url").rstrip("/"),
        tuple(top.get("hosts", list, [])),
        _templates(top, "headers"),
        _templates(top, "query"),
        top.choice("query_array_format", ("comma", "brackets", "indices", "repeat"), "brackets"),  # type: ignore[arg-type]
        _credentials(top),
        _authorization(top),
        pagination,
        _rate_limit(top),
        {
            resource: {method: _method(resource, method, each, pagination, error) for method, each in below.children()}
            for resource, below in resources.children()
        },
        {resource: tuple(tags) for resource, tags in top.get("tool_tags", dict, {}).items()},
        document,
        folder,
    )


def _method(resource: str, name: str, at: Reader, pagination: Pagination | None, error: Expression | None) -> Method:
    at.only(_METHOD, _METHOD_ELSEWHERE)
    path = at.text("path")
    body = at.get("body", (dict, list, str))
    used = _placeholders(at, "path", path) + [name for text in texts(body) for name in _placeholders(at, "body", text)]
    takes = tuple(dict.fromkeys(each[6:] for each in used if each.startswith("query.")))
    own = _pagination(at) if "pagination" in at.data else pagination
    response_path: str = at.get("response_path", str, "")
    return Method(
        resource,
        name,
        at.choice("method", VERBS, "get").upper(),
        path,
        takes,
        _templates(at, "query"),
        _templates(at, "headers"),
        at.choice("body_format", ("json", "multipart"), "json"),
        tuple(response_path.split(".")) if response_path else (),
        at.choice("response_format", ("json", "raw"), "json") == "raw",
        own if name == "list" else None,
        _expression(at, "error_expression") or error,
        tuple(at.get("scopes", list, [])),
        at.get("description", str),
        body,
    )


def _pagination(at: Reader) -> Pagination | None:
    below = at.below("pagination")
    if below is None:
        return None
    below.only(("format", "config"))
    counted = below.choice("format", ("cursor", "page"), "cursor") == "page"
    config = below.below("config")
    if config is None:
        needed = "page_param, limit_param and max_limit" if counted else "cursor_path and cursor_key"
        raise below.wrong(f"'config' is missing: name {needed}")
    if counted:
        config.only(_PAGE)
        key, limit = config.text("page_param"), config.text("limit_param")
        most: int | None = config.get("max_limit", int)
        if most is None:
            raise config.wrong("'max_limit' is missing: without the size of a page nobody knows which is the last")
        return Pagination(None, None, key, limit, most)
    config.only(_CURSOR, _CURSOR_ELSEWHERE)
    previous: str | None = config.get("prev_cursor_path", str)
    return Pagination(
        tuple(config.text("cursor_path").split(".")),
        tuple(previous.split(".")) if previous else None,
        config.text("cursor_key"),
        config.get("limit_key", str),
        config.get("max_limit", int),
        bool(config.get("is_link", bool, False)),
    )


def _credentials(top: Reader) -> dict[str, bool]:
    below = top.below("credentials")
    found = {}
    for name, each in below.children() if below else ():
        each.only(_CREDENTIAL)
        found[name] = bool(each.get("required", bool, True))
    return found


def _authorization(top: Reader) -> dict[str, str]:
    below = top.below("authorization")
    if below is None:
        return {"authorization": "Bearer {{credentials.api_key}}"}
    below.only(("format", "config"))
    kind = below.choice("format", ("bearer", "header"), "header")
    if kind == "bearer":
        return {"authorization": "Bearer {{credentials.access_token|credentials.api_key}}"}
    config = below.below("config")
    if config is None:
        raise below.wrong("'config' is missing: name header_name and header_value")
    config.only(("header_name", "header_value"), ("expression",))
    value = config.text("header_value")
    _placeholders(config, "header_value", value)
    return {config.text("header_name").lower(): value}


def _rate_limit(top: Reader) -> RateLimit:
    below = top.below("rate_limit")
    if below is None:
        return RateLimit(None, None, None)
    below.only(_RATE_LIMIT)
    return RateLimit(*(_expression(below, name) for name in _RATE_LIMIT))


def _expression(at: Reader, key: str) -> Expression | None:
    source = at.get(key, str)
    if source is None:
        return None
    try:
        return compiled(source)
    except ExpressionError as error:
        raise at.wrong(f"does not compile: {error}", key) from None


def _templates(at: Reader, key: str) -> dict[str, str]:
    values: Mapping[str, Any] = at.get(key, dict, {})
    for name, value in values.items():
        if value is not None:
            _placeholders(at, key, str(value), name)
    return {name: str(value) for name, value in values.items() if value is not None}


def _placeholders(at: Reader, key: str, template: str, *below: str) -> list[str]:
    try:
        return names(template)
    except ValueError as error:
        raise at.wrong(str(error), key, *below) from None
