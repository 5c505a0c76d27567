"""What the pytest entry point names: makes sure that `harness` is this distribution's, and hands over.

A folder `harness` of the user's own that comes first on the import path would otherwise end pytest with
`No module named 'harness.pytest_plugin'`, which says nothing about the folder.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

_ours = Path(__file__).resolve().parent / "harness"
_spec = find_spec("harness")
_found = (
    [Path(folder).resolve() for folder in (_spec.submodule_search_locations or [_spec.origin or ""])] if _spec else []
)

if _ours not in _found:
    raise pytest.UsageError(
        f"{', '.join(map(str, _found)) or 'nothing'} is imported as `harness` and hides the package of that "
        f"name in {_ours.parent} that the pytest plugin of provider-harness needs: rename your folder, "
        "or do without the plugin (-p no:harness)"
    )

pytest_plugins = ["harness.pytest_plugin"]
