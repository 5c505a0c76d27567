"""Documents that refuse to be changed in place, for strict stores."""

import copy
from typing import Any, NoReturn


class FrozenDict(dict[str, Any]):
    """A dict in a stored document of a strict store: it encodes and compares as a dict, copies are plain."""

    __slots__ = ("place",)

    def __init__(self, content: dict[str, Any], place: str) -> None:
        super().__init__(content)
        self.place = place

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"stored document {self.place} is immutable: put a new one instead")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __copy__(self) -> dict[str, Any]:
        return dict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return {name: copy.deepcopy(value, memo) for name, value in self.items()}


class FrozenList(list[Any]):
    """A list in a stored document of a strict store."""

    __slots__ = ("place",)

    def __init__(self, content: list[Any], place: str) -> None:
        super().__init__(content)
        self.place = place

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError(f"stored document {self.place} is immutable: put a new one instead")

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse

    def __copy__(self) -> list[Any]:
        return list(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> list[Any]:
        return [copy.deepcopy(value, memo) for value in self]


def freeze(value: Any, place: str) -> Any:
    """A copy of a document that nobody can change; `place` names it in the error."""
    if isinstance(value, FrozenDict | FrozenList) and value.place == place:
        return value
    if isinstance(value, dict):
        return FrozenDict({name: freeze(part, place) for name, part in value.items()}, place)
    if isinstance(value, list):
        return FrozenList([freeze(part, place) for part in value], place)
    return value
