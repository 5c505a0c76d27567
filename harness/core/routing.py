"""Method and path to operation: a tree of path segments, compiled once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import unquote

T = TypeVar("T")

_PARAMETER = re.compile(r"([^{}]*)\{([^{}]+)\}")
"""A segment that takes a value: what stands before it, and its name."""

_COMPARED = 200
"""Characters of a path that are compared with the routes: a longer one would take seconds."""


class Match(NamedTuple, Generic[T]):
    """The target of a request and the decoded parameters of its path; one that takes the rest stays encoded, since
    its slashes could not be told from encoded ones."""

    target: T
    path: dict[str, str]


class _Branch(NamedTuple, Generic[T]):
    """Where a parameter leads that does not take just any segment."""

    prefix: str
    form: re.Pattern[str] | None
    node: _Node[T]

    def value(self, segment: str) -> str | None:
        """What of a segment is the value, still encoded; None where the segment is none of these."""
        value = segment[len(self.prefix) :]
        if not value or not segment.startswith(self.prefix):
            return None
        return value if self.form is None or self.form.fullmatch(unquote(value)) else None


class _Node(Generic[T]):
    __slots__ = ("branches", "child", "is_rest", "methods", "names", "rest")

    def __init__(self) -> None:
        self.names: dict[str, _Node[T]] = {}
        self.branches: list[_Branch[T]] = []
        """The longest prefix first, and of one length those with a form."""
        self.child: _Node[T] | None = None
        self.rest: _Node[T] | None = None
        """Where all that follows belongs to one parameter."""
        self.is_rest = False
        self.methods: dict[str, tuple[T, tuple[str, ...]]] = {}

    def branch(self, prefix: str, form: str | None) -> _Node[T]:
        """Where a parameter with a prefix, or of a form, leads."""
        for branch in self.branches:
            if (branch.prefix, branch.form and branch.form.pattern) == (prefix, form):
                return branch.node
        made: _Branch[T] = _Branch(prefix, None if form is None else re.compile(form), _Node())
        self.branches.append(made)
        self.branches.sort(key=lambda branch: (-len(branch.prefix), branch.form is None))
        return made.node


class Router(Generic[T]):
    """Targets by method and path template (`/contacts/{id}`, `/contacts/email={email}`).

    A literal with the method wins over a parameter behind a prefix, that over one of a form, that over a plain one,
    and that over one that takes the rest of the path.
    """

    def __init__(self, routes: Iterable[tuple[str, str, T]] = ()) -> None:
        self._root: _Node[T] = _Node()
        self._templates: list[tuple[str, str, T]] = []
        for method, template, target in routes:
            self.add(method, template, target)

    def add(
        self,
        method: str,
        template: str,
        target: T,
        *,
        catch_all: bool = False,
        forms: Mapping[str, str] | None = None,
    ) -> None:
        """Register; a second target for the same method and path is a ValueError.

        With `catch_all` the last parameter takes whatever follows, slashes included. `forms` are patterns by the
        name of a parameter: it takes only what, decoded, is of that form from one end to the other.
        """
        node = self._root
        forms = forms or {}
        parameters = []
        segments = template.strip("/").split("/")
        for number, segment in enumerate(segments, 1):
            if catch_all and number == len(segments):
                parameters.append(segment[1:-1])
                node.rest = node.rest or _Node()
                node = node.rest
                node.is_rest = True
            elif parameter := _PARAMETER.fullmatch(segment):
                prefix, name = parameter.groups()
                parameters.append(name)
                if prefix or name in forms:
                    node = node.branch(prefix, forms.get(name))
                else:
                    node.child = node.child or _Node()
                    node = node.child
            elif "{" in segment:
                raise ValueError(f"{method} {template}: {segment!r} has more than a literal and a parameter after it")
            else:
                node = node.names.setdefault(segment, _Node())
        if method in node.methods:
            raise ValueError(f"{method} {template} is routed twice")
        node.methods[method] = (target, tuple(parameters))
        self._templates.append((method, template, target))

    def match(self, method: str, path: str) -> Match[T] | None:
        """The target of a percent-encoded path, or None."""
        values: list[str] = []
        node = self._find(self._root, path[1:].split("/"), 0, values, method)
        if node is None:
            return None
        target, names = node.methods[method]
        if not names:
            return Match(target, {})
        found = {name: unquote(v) if "%" in v else v for name, v in zip(names, values, strict=True)}
        if node.is_rest:
            found[names[-1]] = values[-1]
        return Match(target, found)

    def allowed(self, path: str) -> list[str]:
        """The methods this path has, sorted; none for an unknown path."""
        segments = path[1:].split("/")
        methods = {method for method, _, _ in self._templates}
        return sorted(method for method in methods if self._find(self._root, segments, 0, [], method))

    def nearest(self, method: str, path: str) -> tuple[str, str, T] | None:
        """The route most like a request that matched none."""
        path = path[:_COMPARED]
        segments = path.split("/")

        def likeness(route: tuple[str, str, T]) -> float:
            template = route[1].split("/")
            if len(template) == len(segments):  # a parameter is like whatever stands in its place
                template = [_filled(own, ours) for own, ours in zip(template, segments, strict=True)]
            same_path = SequenceMatcher(None, path, "/".join(template)).ratio()
            return same_path + (0.1 if route[0] == method else 0.0)

        return max(self._templates, key=likeness, default=None)

    def _find(self, node: _Node[T], segments: list[str], at: int, values: list[str], method: str) -> _Node[T] | None:
        if at == len(segments):
            return node if method in node.methods else None
        segment = segments[at]
        literal = node.names.get(segment)
        if literal is not None:
            found = self._find(literal, segments, at + 1, values, method)
            if found is not None:
                return found
        for branch in node.branches:
            value = branch.value(segment)
            if value is not None:
                values.append(value)
                found = self._find(branch.node, segments, at + 1, values, method)
                if found is not None:
                    return found
                values.pop()
        if node.child is not None and segment:
            values.append(segment)
            found = self._find(node.child, segments, at + 1, values, method)
            if found is not None:
                return found
            values.pop()
        if node.rest is not None and method in node.rest.methods and any(segments[at:]):
            values.append("/".join(segments[at:]))
            return node.rest
        return None


def _filled(own: str, ours: str) -> str:
    """A segment of a template with what stands in the place of its parameter, where it has one."""
    parameter = _PARAMETER.fullmatch(own)
    return own if parameter is None else parameter[1] + ours.removeprefix(parameter[1])
