"""Snapshots: what is kept of a sandbox under a name, in memory and, when there is a folder for it, as JSON."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from harness.core.account import SandboxError
from harness.core.clock import Clock
from harness.core.quirks import Quirks
from harness.core.quota import Quotas
from harness.core.store import Store

if TYPE_CHECKING:
    from harness.core.sandbox import Sandbox

FORMAT = 1
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class State:
    """The documents, time, quotas and quirks of a sandbox at one moment."""

    now: int
    clock: Clock
    """Its mode and tick; a live one has run on since."""
    epoch: int
    known: Mapping[str, Any]
    """The world with all that was seeded."""
    accounts: Mapping[str, tuple[Store, Quirks, Quotas]]

    @classmethod
    def of(cls, sandbox: Sandbox) -> State:
        """The present state; costs microseconds, whatever it holds."""
        accounts = {
            name: (account.store.fork(), account.quirks.copy(), account.quotas.copy(account.quirks))
            for name, account in sandbox.accounts.items()
        }
        return cls(sandbox.clock.now(), sandbox.clock.copy(), sandbox.epoch, sandbox.known, accounts)

    def document(self) -> dict[str, Any]:
        """As JSON data; what requests have used of the quotas is not kept."""
        return {
            "format": FORMAT,
            "now": self.now,
            "epoch": self.epoch,
            "known": self.known,
            "accounts": {
                name: {"quirks": dict(quirks.fingerprint), "store": store.dump()}
                for name, (store, quirks, _) in self.accounts.items()
            },
        }

    @classmethod
    def read(cls, sandbox: Sandbox, document: Mapping[str, Any]) -> State:
        """From JSON data, for a sandbox whose clock keeps its mode."""
        if document["format"] != FORMAT:
            raise ValueError(f"its format is {document['format']!r}, not {FORMAT}")
        accounts = {}
        for name, kept in document["accounts"].items():
            pack = sandbox.registry.pack(name)
            quirks = Quirks(pack.contract.quirks, kept["quirks"])
            quotas = Quotas({quota.name: quota for quota in pack.quotas}, quirks, real=sandbox.real_quotas)
            accounts[name] = Store.load(pack.schemas, kept["store"], strict=sandbox.strict), quirks, quotas
        return cls(document["now"], sandbox.clock.copy(), document["epoch"], document["known"], accounts)


class SnapshotFolder:
    """Named snapshots as JSON files: `<folder>/<sandbox>/<name>.json`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writing = threading.Lock()

    def write(self, sandbox: str, name: str, document: Mapping[str, Any]) -> None:
        """Keep a snapshot; a half-written file never takes the place of a whole one."""
        if not _NAME.fullmatch(name):
            raise SandboxError(f"not a name for a file: {name!r}; letters, digits, dot, dash, underscore, at most 100")
        file = self._folder / sandbox / f"{name}.json"
        partial = file.with_name(f"{file.name}.partial")
        content = orjson.dumps(document)
        try:
            with self._writing:
                file.parent.mkdir(parents=True, exist_ok=True)
                partial.write_bytes(content)
                partial.replace(file)
        except OSError as error:
            raise SandboxError(
                f"the snapshot cannot be kept as {file}: {error.strerror}; make room, or choose another data folder"
            ) from error

    def read(self, sandbox: Sandbox, name: str) -> State | None:
        """A kept snapshot, or None. Raises SandboxError for a file that is none."""
        file = self._folder / sandbox.id / f"{name}.json"
        if not _NAME.fullmatch(name) or not file.is_file():
            return None
        try:
            return State.read(sandbox, orjson.loads(file.read_bytes()))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SandboxError(
                f"{file} is not a snapshot of this version: {error!r}; remove it or save it anew"
            ) from error

    def names(self, sandbox: str) -> list[str]:
        """The names of a sandbox's kept snapshots."""
        return [file.stem for file in (self._folder / sandbox).glob("*.json")]
