"""What is patched while anybody intercepts: put on with the first, taken off with the last.

A patch asks at each call whether the caller's thread of control intercepts the host, so one that is on
changes nothing for anybody else. A library is patched when it is imported, or when its import comes, never
imported for it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Make = Callable[[Any], Any]
"""The present value of an attribute to the one that stands in for it."""

_MISSING: Any = object()

_abandoned: dict[Any, Any] = {}
"""Patches that were taken off under somebody else's, who may put them back; each with what it stood in for."""


class Patches:
    """A stack of patches over modules. `patchers` names, for a module, the function `module:function` that
    patches it, called with the patches and the module."""

    def __init__(self, patchers: Mapping[str, str]) -> None:
        self._patchers = patchers
        self._lock = threading.RLock()
        self._users = 0
        self._stack: list[tuple[Any, str, Any, Any]] = []
        self._watch = _Watch(self)

    def put_on(self) -> None:
        """One more needs them."""
        with self._lock:
            self._users += 1
            if self._users == 1:
                sys.meta_path.insert(0, self._watch)
            try:
                for name in self._patchers:
                    module = sys.modules.get(name)
                    if module is not None and not _half_imported(module):
                        self._apply(name, module)
            except BaseException:
                self.take_off()
                raise

    def take_off(self) -> None:
        """One less needs them; the last restores everything."""
        with self._lock:
            self._users -= 1
            if self._users:
                return
            sys.meta_path.remove(self._watch)
            while self._stack:
                owner, name, previous, ours = self._stack.pop()
                if vars(owner).get(name) is ours:
                    _put(owner, name, _below(previous))
                else:  # somebody else's patch lies on it; ours passes everything through
                    _abandoned[ours] = previous

    def replace(self, owner: Any, name: str, make: Make) -> None:
        """Put `make(present value)` in the place of an attribute, unless what is there is ours already."""
        if any(getattr(owner, name) is ours for _, _, _, ours in self._stack):
            return
        previous = _below(vars(owner).get(name, _MISSING))
        _put(owner, name, previous)
        ours = make(getattr(owner, name))
        self._stack.append((owner, name, previous, ours))
        setattr(owner, name, ours)

    def uncover(self, module: ModuleType) -> None:
        """Put back what a module that was imported meanwhile took for the own functions of a library."""
        for name, value in list(vars(module).items()):
            for _, _, previous, ours in self._stack:
                if value is ours and previous is not _MISSING:
                    setattr(module, name, previous)

    def wants(self, name: str) -> bool:
        """Whether a module of that name is to be patched."""
        return name in self._patchers

    def imported(self, name: str, module: ModuleType) -> None:
        """A module has just been imported."""
        with self._lock:
            if self._users:
                self._apply(name, module)

    def _apply(self, name: str, module: ModuleType) -> None:
        place, _, function = self._patchers[name].partition(":")
        getattr(import_module(place), function)(self, module)


def _below(value: Any) -> Any:
    """A value, or what is below the abandoned patches that it is."""
    while value in _abandoned:
        value = _abandoned[value]
    return value


def _put(owner: Any, name: str, value: Any) -> None:
    """Let an attribute be a value, or the inherited one."""
    if value is not _MISSING:
        setattr(owner, name, value)
    elif name in vars(owner):
        delattr(owner, name)


def _half_imported(module: ModuleType) -> bool:
    spec = getattr(module, "__spec__", None)
    return bool(getattr(spec, "_initializing", False))


class _Watch(MetaPathFinder):
    """Lets modules be patched right after they were executed."""

    def __init__(self, patches: Patches) -> None:
        self._patches = patches

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec the other finders have, with a loader that tells."""
        if not self._patches.wants(fullname):
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec: ModuleSpec | None = find(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _Telling(spec.loader, self._patches)
                return spec
        return None


class _Telling(Loader):
    """A module's own loader, which tells the patches when it is done."""

    def __init__(self, loader: Any, patches: Patches) -> None:
        self._loader = loader
        self._patches = patches

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """As the module's own loader does."""
        made: ModuleType | None = self._loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        """As the module's own loader does, and then patched."""
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._patches.imported(module.__name__, module)
