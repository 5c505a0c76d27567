"""What all tests share: one place for byte code, and one root certificate."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import certifi
import pytest

pytest_plugins = ["pytester"]

_END = "-----END CERTIFICATE-----\n"


def pytest_configure(config: pytest.Config) -> None:
    """Spare processes what each would do anew; xdist's workers and all that tests start inherit it."""
    if hasattr(config, "workerinput") or config.cache is None:
        return
    if sys.dont_write_bytecode and "PYTHONPYCACHEPREFIX" not in os.environ:
        _share_byte_code(config.cache.mkdir("byte_code"))
    # a client reads all roots there are when it is made, some 15 ms, and no test meets a real certificate
    root = config.cache.mkdir("certificates") / "root.pem"
    root.write_text(Path(certifi.where()).read_text().partition(_END)[0] + _END)
    os.environ["SSL_CERT_FILE"] = str(root)


def _share_byte_code(folder: Path) -> None:
    """Where none is wanted beside the sources, each process would compile the package and pytest's plugins again."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(folder)
    sys.dont_write_bytecode = False
    temporary = Path(tempfile.gettempdir())
    for earlier in (folder / temporary.relative_to(temporary.anchor)).glob("pytest-of-*"):
        shutil.rmtree(earlier, ignore_errors=True)
