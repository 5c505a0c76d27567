"""The functions mappings may call beside JSONata's own, after Truto's JSONata package.

Only those that mappings here use are offered; `NOT_HERE` names the others, so that one is refused as what it is.
Behaviour follows what its published package does where that differs from its documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any


def first_non_empty(*values: Any) -> Any:
    """The first value that is neither null nor missing; an empty text counts as a value.

    >>> first_non_empty(None, "", "b")
    ''
    """
    return next((value for value in values if value is not None), None)


def map_values(value: Any, mapping: Mapping[str, Any], lower_case: bool = False, default: Any = None) -> Any:
    """What the mapping has for a value, whatever its case; a value without an entry passes through unchanged.

    `default` stands in for a null or missing value only. `lower_case` says that the mapping's keys are lower case
    already. A list is mapped item by item.

    >>> map_values("OPEN", {"open": "active"}), map_values("odd", {"open": "active"})
    ('active', 'odd')
    """
    if value is None:
        return default
    if isinstance(value, list):
        return [map_values(item, mapping, lower_case, default) for item in value]
    if not isinstance(value, str):
        return value
    wanted = value.lower()
    table = mapping if lower_case else {key.lower(): found for key, found in mapping.items()}
    return table.get(wanted, value)


def remove_empty_items(values: Any) -> Any:
    """A list without its nulls, empty objects, empty lists and empty texts.

    >>> remove_empty_items([{}, {"a": 1}, [], None, "x"])
    [{'a': 1}, 'x']
    """
    return [value for value in values if value not in (None, {}, [], "")] if isinstance(values, list) else values


def dt_from_iso(text: Any, zone: Any = None) -> str | None:
    """A moment in ISO 8601 as UTC with milliseconds and `+00:00`; None for what is none.

    >>> dt_from_iso("2024-01-01T00:00:00+05:00")
    '2023-12-31T19:00:00.000+00:00'
    """
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat(timespec="milliseconds")


def to_number(value: Any) -> float | int | None:
    """The number a text shows, None where it shows none.

    >>> to_number("12"), to_number("1.5"), to_number("x")
    (12, 1.5, None)
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if number.is_integer() else number


FUNCTIONS: dict[str, tuple[Callable[..., Any], str | None]] = {
    "firstNonEmpty": (first_non_empty, None),
    "mapValues": (map_values, None),
    "removeEmptyItems": (remove_empty_items, None),
    "dtFromIso": (dt_from_iso, None),
    "toNumber": (to_number, None),
}
"""By name, with the JSONata signature where one is checked."""

NOT_HERE = frozenset(
    """base64ToBlob blob bufferToString convertCurrencyFromSubunit convertCurrencyToSubunit dependencyGraph
    diceCoefficient digest getArrayBuffer getDataUri getMimeType jsonParse mostSimilar parseDocument parseQuery parseUrl
    removeEmpty sign sortNodes stringifyQuery teeStream uuid zipSqlResponse groupBy keyBy pick omit compact orderBy find
    lofilter values chunk wrap difference flatten flattenDeep flattenDepth dtFromFormat xmlToJs jsToXml jsonToCsv
    jsonToParquet convertQueryToSql convertHtmlToMarkdown convertMarkdownToHtml convertMarkdownToAdf
    convertMarkdownToGoogleDocs convertMarkdownToNotion convertMarkdownToSlack convertMdToPdf convertNotionToMarkdown
    convertNotionToMd generateEmbeddingsCohere recursiveCharacterTextSplitter""".split()
)
"""Documented functions that no mapping here has needed."""
