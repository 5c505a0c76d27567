"""An integrated account: one tenant's connection to a provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from harness.nearest import unknown
from harness.unified.errors import ConfigurationError
from harness.unified.integration import Integration
from harness.unified.mapping import Mappings


@dataclass(frozen=True, slots=True)
class IntegratedAccount:
    """Where a provider is reached, with which credentials, by which integration and mappings.

    `is_sandbox` accounts are read-only: every write is answered with 405. `context` is what mappings see as `context`.
    """

    integration: Integration
    mappings: Mappings
    base_url: str
    credentials: Mapping[str, str] = field(repr=False)
    id: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    is_sandbox: bool = False

    @classmethod
    def connect(
        cls,
        integration: str | Integration,
        credentials: Mapping[str, str],
        *,
        base_url: str | None = None,
        id: str = "",
        context: Mapping[str, Any] | None = None,
        is_sandbox: bool = False,
        integration_override: Mapping[str, Any] | None = None,
        environment_override: Mapping[str, Any] | None = None,
        unified_model_override: Mapping[str, Any] | None = None,
    ) -> IntegratedAccount:
        """An account of an integration; without `base_url` it leads to the real provider.

        The overrides are partial configurations: of the integration, and `{model: {resource: {method: config}}}` of
        the mappings, first the environment's, then the account's. Raises ConfigurationError for a missing credential,
        an address that is none and overrides that do not fit.
        """
        base = Integration.load(integration) if isinstance(integration, str) else integration
        used = base.overridden(integration_override)
        if wrong := sorted(credentials.keys() - used.credentials.keys()):
            raise ConfigurationError(f"{used.name} account", unknown("credential", wrong[0], used.credentials))
        for name, required in used.credentials.items():
            value = credentials.get(name)
            if required and not value:
                raise ConfigurationError(
                    f"{used.name} account", f"the credential {name!r} is missing or empty: give it"
                )
            if value and not (value.isascii() and value.isprintable()):
                raise ConfigurationError(f"{used.name} account", f"the credential {name!r} cannot stand in a header")
        address = (base_url or used.base_url).rstrip("/")
        if not _is_address(address):
            raise ConfigurationError(
                f"{used.name} account", f"the base URL {address!r} is none: write such as {used.base_url}"
            )
        mappings = Mappings.load(used)
        mappings = mappings.overridden(environment_override, "environment override")
        return cls(
            used,
            mappings.overridden(unified_model_override, "unified_model_override"),
            address,
            dict(credentials),
            id,
            dict(context or {}),
            is_sandbox,
        )


def _is_address(text: str) -> bool:
    """Whether it names a web server, and no query."""
    try:
        parts = urlsplit(text)
        return bool(
            parts.scheme in ("http", "https")
            and parts.hostname
            and (parts.port is None or parts.port)
            and not (parts.query or parts.fragment)
        )
    except ValueError:  # a port that is none, half a bracket
        return False
