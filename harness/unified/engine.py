"""The JSONata engine behind mappings: a page of protocol, and jlens behind it.

jlens was the fastest correct engine measured for Python (`benchmarks/` has the figures); a differential test runs all
shipped expressions on a second engine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol

from harness.nearest import unknown
from harness.unified.functions import FUNCTIONS, NOT_HERE


class ExpressionError(ValueError):
    """An expression that does not compile or whose evaluation fails; the text names the place in it."""


class Refused(ExpressionError):
    """The expression called `$error`: what it was given cannot be served; the text is the expression's own."""


class Expression(Protocol):
    """A compiled expression; may be used from any thread."""

    @property
    def source(self) -> str:
        """As it was written."""

    def evaluate(self, scope: Mapping[str, Any]) -> Any:
        """The value over a scope (`response`, `query` …), None for undefined. Raises ExpressionError."""

    def reads(self) -> dict[str, Any]:
        """What it reads of the scope: a tree of names, True where all below is read."""


MAX_STEPS = 10_000_000
"""Of one evaluation, about a second: a page of 100 records takes some ten thousand, a loop without end all of them."""

_ERROR = "D3137"
"""The code of JSONata for a call of `$error`."""
_USED = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_CALLED = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)\s*\(")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|/\*.*?\*/", re.DOTALL)
_BOUND = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)\s*:=|function\s*\(([^)]*)\)|λ\s*\(([^)]*)\)|[@#]\$([A-Za-z_]\w*)")

BUILT_IN = frozenset(
    """sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad
    match contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs
    sqrt power random boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each
    error assert type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent
    decodeUrl eval toMillis fromMillis now millis clone""".split()
)
"""The functions of JSONata itself."""


class _Jlens:
    """An expression of jlens, with the functions it uses."""

    def __init__(self, source: str) -> None:
        from jlens import Expression, JlensError

        self.source = source
        self._failure = JlensError
        try:
            self._compiled = Expression(source)
            for name in _functions(source):
                self._compiled.register_function(name, *FUNCTIONS[name])
        except JlensError as error:
            raise ExpressionError(_told(source, error)) from None

    def evaluate(self, scope: Mapping[str, Any]) -> Any:
        try:
            return self._compiled.evaluate(scope, max_steps=MAX_STEPS)
        except self._failure as error:
            if error.code == _ERROR:
                raise Refused(str(error)) from None
            raise ExpressionError(_told(self.source, error)) from None

    def reads(self) -> dict[str, Any]:
        read: Any = self._compiled.reads().get("input")
        return read if isinstance(read, dict) else {}


@lru_cache(maxsize=4096)
def compiled(source: str) -> Expression:
    """The expression behind a text. Raises ExpressionError, for functions nobody has here by their names."""
    return _Jlens(source)


def _functions(source: str) -> list[str]:
    """The functions of ours that an expression calls; one that nobody knows is refused."""
    bare = _QUOTED.sub("''", source)
    bound = {name for groups in _BOUND.findall(bare) for name in re.findall(r"[A-Za-z_]\w*", " ".join(groups))}
    called = set(_CALLED.findall(bare)) - bound - BUILT_IN
    passed = set(_USED.findall(bare)) & FUNCTIONS.keys()
    for name in sorted(called - FUNCTIONS.keys()):
        if name in NOT_HERE:
            raise ExpressionError(
                f"${name} is a function of Truto's that no mapping here has needed: it is not offered"
            )
        raise ExpressionError(unknown("function", f"${name}", {f"${n}" for n in {*FUNCTIONS, *BUILT_IN}}))
    return sorted((called | passed) - bound)


def _told(source: str, error: Any) -> str:
    """The error with the part of the expression it is about."""
    position = error.start if error.start is not None else error.position
    if position is None:
        return f"{error} [{error.code}]"
    line = source.count("\n", 0, position) + 1
    column = position - (source.rfind("\n", 0, position) + 1) + 1
    near = source[max(0, position - 20) : position + 20].replace("\n", " ")
    return f"{error} [{error.code}], line {line}, column {column}, near …{near}…"
