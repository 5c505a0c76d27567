"""Which fields hold what about persons: by the contract's own word (`x-personal`), by what fields are usually called,
and, where a contract does not describe a field, as free text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from harness.core.contract import Contract
from harness.verify.scrubbing.json_text import KEY, Path

_USUAL = {
    kind: names.split()
    for kind, names in {
        "name": "first_name last_name middle_name full_name display_name given_name family_name nickname sender_name"
        " contact_name author_name agent_name customer_name username user_name",
        "email": "email email_address emails mail reply_to cc bcc",
        "phone": "phone phone_number phones mobile mobile_number telephone fax whatsapp whatsapp_number msisdn",
        "handle": "handle screen_name social_handle instagram twitter facebook telegram",
        "address": "address street street_address address_line1 address_line2 zip postal_code postcode",
        "ip": "ip ip_address remote_ip client_ip",
        "iban": "iban bank_account",
        "text": "body text html subject message comment note caption snippet preview footer signature_text transcript"
        " birthday birthdate date_of_birth",
        "file": "filename file_name",
    }.items()
}
_PERSONS = frozenset(
    "contact author user sender recipient customer agent from to owner assignee created_by updated_by member people"
    " person participant".split()
)
"""What has a name that is a person's."""
_BY_NAME = {name: kind for kind, names in _USUAL.items() for name in names}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PLAIN = re.compile(
    r"-?[0-9.]{1,6}|true|false|null|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9:.]+(?:Z|[+-][0-9:]{4,6})?)?", re.IGNORECASE
)
"""What tells nothing where nobody said what it is: a short figure, a switch, a moment."""


class Rules:
    """What the fields of one provider hold."""

    def __init__(self, contract: Contract) -> None:
        self._own: Mapping[str, Mapping[str, str]] = contract.document.get("x-personal", {})
        self._described = frozenset(_names(contract.document))
        self.kind = lru_cache(maxsize=4096)(self._kind)

    def _kind(self, operation: str | None, path: Path) -> str | None:
        """What a field holds, None where nothing is known against it."""
        if not path or path[-1] == KEY:
            return None
        found: str | None = None
        length = 0
        for pattern, ends in self._own.items():
            if pattern != "*" and not fnmatchcase(operation or "", pattern):
                continue
            for end, kind in ends.items():
                parts = tuple(end.split("."))
                rank = 2 * len(parts) + (pattern != "*")
                if path[-len(parts) :] == parts and rank > length:
                    found, length = kind, rank
        if found is None and path[-1] == "name" and _plain(path[-2] if len(path) > 1 else "") in _PERSONS:
            return "name"
        return found or _BY_NAME.get(_plain(path[-1]))

    def is_described(self, name: str) -> bool:
        """Whether the contract has a field or parameter of that name."""
        return name in self._described


@lru_cache(maxsize=8)
def rules_of(contract: Contract) -> Rules:
    """The rules of a contract, which is read through for them once."""
    return Rules(contract)


def is_plain(value: str) -> bool:
    """Whether a value of an unknown field tells nothing of anybody."""
    return _PLAIN.fullmatch(value) is not None


def _plain(name: str) -> str:
    return _CAMEL.sub("_", name).lower().replace("-", "_")


def _names(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        properties = part.get("properties")
        if isinstance(properties, Mapping):
            yield from properties
        if isinstance(part.get("name"), str) and "in" in part:
            yield part["name"]
        for each in part.values():
            yield from _names(each)
    elif isinstance(part, list):
        for each in part:
            yield from _names(each)
