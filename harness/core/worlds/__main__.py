"""`python -m harness.core.worlds [--check]`: 0 when all is well, 1 otherwise, 2 for wrong use."""

from __future__ import annotations

import sys

from harness.core.registry import Registry
from harness.core.worlds import WorldError
from harness.core.worlds.shipped import expand_shipped


def main(arguments: list[str]) -> int:
    """Rewrite what is not current, or with --check say so."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m harness.core.worlds [--check]\n")
        return 2
    try:
        changed = expand_shipped(Registry().world_checks(), check=bool(arguments))
    except WorldError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if arguments and changed:
        sys.stderr.write(f"not current: {', '.join(changed)}; run python -m harness.core.worlds\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
