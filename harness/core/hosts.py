"""The names of hosts a provider is reached by; one that begins with `*.` stands for any one label in its place."""

from __future__ import annotations

from collections.abc import Container


def known_as(host: str, names: Container[str]) -> str | None:
    """Which of the names a host (in lower case) goes by: its own before one with a `*`; None when by neither.

    >>> known_as("acme.api.example.com", {"api.example.com", "*.api.example.com"})
    '*.api.example.com'
    """
    if host in names:
        return host
    label, dot, rest = host.partition(".")
    name = f"*.{rest}"
    return name if label and dot and name in names else None
