"""What a store refuses."""

from collections.abc import Hashable


class _MissingError(KeyError):
    def __str__(self) -> str:
        return str(self.args[0])  # a KeyError would show its text in quotes


class UnknownCollection(_MissingError):
    """The store has no collection of this name."""


class UnknownIndex(_MissingError):
    """The collection declares no order, or no unique index, of this name."""


class UnknownCursor(_MissingError):
    """A page was asked from a document that is not, and was not lately, in the collection or group."""


class NotThere(_MissingError):
    """A document to replace or delete does not exist."""


class AlreadyThere(ValueError):
    """A document to insert has an id that is taken."""


class NotUnique(Exception):
    """A document has a unique key that another one holds."""

    def __init__(self, collection: str, index: str, key: Hashable, holder: str) -> None:
        super().__init__(
            f"collection {collection!r}: document {holder!r} already has {key!r} in unique index {index!r}"
        )
        self.collection = collection
        self.index = index
        self.key = key
        self.holder = holder
