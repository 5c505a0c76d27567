"""What can be verified here: the installed providers, each with what the environment has for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from harness.verify.subject import Subject


class WrongSuite(ValueError):
    """Suites were asked for what there is not."""


def known_providers() -> list[str]:
    """Those that are installed with a pack and an integration: they can be verified."""
    from harness.core.registry import Registry
    from harness.unified.integration import installed

    return [name for name in Registry().names() if name in installed()]


def subject_of(
    provider: str,
    *,
    cassettes: str | os.PathLike[str] | None = None,
    **more: Any,
) -> Subject:
    """What suites judge, with the keys of the environment (`SUPERCHAT_LIVE_API_KEY`). Raises WrongSuite."""
    folder = None if cassettes is None else Path(cassettes)
    if folder is not None and not folder.is_dir():
        raise WrongSuite(f"there is no folder {folder} with cassettes")
    name = provider.upper()
    return Subject(
        provider=provider,
        cassette_folder=folder,
        live_key=os.environ.get(f"{name}_LIVE_API_KEY") or None,
        live_url=os.environ.get(f"{name}_LIVE_BASE_URL") or None,
        **more,
    )
