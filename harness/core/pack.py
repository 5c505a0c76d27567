"""A pack: all that one provider brings, for `Provider` to put to work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from harness.core.contract import Contract, Violation
from harness.core.exchange import Request, Response
from harness.core.quota import Quota, Window
from harness.core.store import Schema
from harness.core.unit import SCHEMAS, Unit

if TYPE_CHECKING:
    from harness.core.jobs import JobKind
    from harness.core.provider import Call, Handler, Link
    from harness.core.sandbox import Account
    from harness.core.shown import Shown, Unstable
    from harness.core.simulate import Simulation
    from harness.core.views import View
    from harness.core.webhooks import WebhookRules
    from harness.core.worlds import Check


class Dialect(Protocol):
    """How a provider words what the core finds out. Each gives a whole answer."""

    def missing_credential(self, request: Request) -> Response:
        """No key was sent."""

    def unknown_credential(self, request: Request) -> Response:
        """The key, or the token of a link, belongs to no account."""

    def unknown_route(self, request: Request, allowed: list[str], quirks: Mapping[str, str]) -> Response:
        """No operation has this path, or (`allowed` not empty) not with this method."""

    def over_quota(self, call: Call, window: Window) -> Response:
        """A window is full."""

    def invalid(self, call: Call, violations: list[Violation]) -> Response:
        """The request breaks the operation's schema."""

    def failure(self, request: Request, status: int) -> Response:
        """The provider fails with this status: by a fault, or (500) because the fake itself did."""


@dataclass(frozen=True, kw_only=True)
class Paging:
    """How a client walks through the provider's lists. An operation that takes none of `cursors` is no list."""

    cursors: tuple[str, ...]
    """The query parameters that take a cursor; without one a list answers its first page."""
    next_cursors: Callable[[Any], list[str]]
    """The cursors of the next page in an answer (JSON data); none on the last page."""
    backward: tuple[str, ...] = ()
    """Those of `cursors` that lead to the page before."""
    previous_cursors: Callable[[Any], list[str]] = lambda document: []
    """The cursors of the page before in an answer; none on the first page."""
    sizes: tuple[str, ...] = ()
    """The query parameters that say how long a page is: with another one it is still the same list."""
    counted: frozenset[str] = frozenset()
    """The operations whose answers hand out no cursors although they have pages: clients count these."""


@dataclass(frozen=True, kw_only=True)
class Pack:
    """All that one provider brings: a contract plus behaviour."""

    name: str
    """As in addresses and fixtures: `acme`."""
    title: str
    contract_folder: Callable[[], Path]
    collections: Mapping[str, Schema]
    """The documents it keeps, with their indexes."""
    handlers: Mapping[str, Handler]
    """One for each operation of the contract."""
    links: Mapping[Link, Handler] = field(default_factory=dict)
    dialect: Dialect
    credential: Callable[[Request], str | None]
    """The key a request carries, None when it carries none."""
    make_key: Callable[[str, tuple[str, ...] | None], str]
    """A well-formed key drawn from a seed, recognisable as fake, for roles (None: all)."""
    headers: Callable[[str], dict[str, str]]
    """What a client sends to authenticate with a key."""
    token: Callable[[Request], str] = lambda request: ""
    """What names the account in a request for a keyless operation of the contract: an account's `link_token`."""
    target: Callable[[Request], tuple[str, str]] | None = None
    """The method and path a request is meant for, where they are not those it names: by a header that overrides
    the method, a trailing slash or another spelling."""
    secret_headers: frozenset[str] = frozenset()
    """Lower-case names of headers with credentials, beside the usual ones."""
    secret_fields: frozenset[str] = frozenset()
    """Names of the fields, anywhere in a request body, whose values the journal must not keep."""
    seed: Callable[[Unit, Mapping[str, Any]], None]
    """Projects an expanded world, or the new records of a fragment (which has no `title`), into documents.
    May refer to documents that are there, and raises WorldError, with the place, for what does not fit them."""
    prime: Callable[[Unit, Shown], None] | None = None
    """Puts a record that an answer of the real provider shows into the documents, its id kept: the inverse of the
    views. May raise NotPrimed."""
    same_ids: frozenset[str] = frozenset()
    """Ids that are the same in every account, such as its organisation's: a cassette has others in their place."""
    other_key: Callable[[Unit, Mapping[str, Any]], str] | None = None
    """A key of the account that is not its first, as a cassette tells of it (`x-key`): one with certain roles, one that
    has expired. May raise NotPrimed."""
    unstable: tuple[Unstable, ...] = ()
    """What answers may differ in although fake and provider are both right, beside what no fake can foretell."""
    check_world: Check | None = None
    """Judges the provider's own section of a world: what is wrong, and where in the world. Its lists hold
    records with keys."""
    views: Mapping[str, View] = field(default_factory=dict)
    """The outside form of its collections, for those who look at the state."""
    quotas: tuple[Quota, ...] = ()
    due: Mapping[str, Callable[[Unit, str, Mapping[str, Any]], None]] = field(default_factory=dict)
    """Due events by kind: called with the unit, the ref and the payload."""
    jobs: Mapping[str, JobKind] = field(default_factory=dict)
    webhooks: WebhookRules | None = None
    """How it signs and retries what `record_event` queues; None where it sends none."""
    simulate: Mapping[str, Simulation] = field(default_factory=dict)
    """What the other side may do, by name: the contact, the agents, the networks."""
    authorise: Callable[[Call], None] | None = None
    """Raises Refused when the key or the plan does not allow the operation."""
    job_parameters: Mapping[str, str] = field(default_factory=dict)
    """For the operations that ask about a job: the path parameter with its id."""
    decorate: Callable[[Call, Response], None] | None = None
    """Adds what every answer carries, such as rate-limit headers."""
    paging: Paging | None = None
    """How its lists are walked; None where they have no cursors."""
    creates: frozenset[str] = frozenset()
    """The operations of which the same request twice makes two of something."""
    hosts: tuple[str, ...] = ()
    """The real hosts; a request with such a Host header is meant for this provider. All but the first may begin
    with `*.`, which stands for any one label."""
    prefixes: tuple[str, ...] = ()
    """The first parts of its paths, for one that stands at the root of a server; any other stands under its name."""
    variables: Callable[[Account], Mapping[str, str]] | None = None
    """What else a client of an account finds in its environment, beside address and key."""

    @cached_property
    def contract(self) -> Contract:
        """The contract, loaded on first use."""
        return Contract.load(self.contract_folder())

    @property
    def address(self) -> str:
        """Where a server shows it, below the server's own address: `/acme/v1`, or its base path alone at the root."""
        base_path = self.contract.base_path
        return base_path if self.prefixes else f"/{self.name}{base_path}"

    def env(self, account: Account, base_url: str | None) -> dict[str, str]:
        """The environment of a client of an account: address and key, where there are such, and the pack's own."""
        name = self.name.upper()
        found = {f"{name}_BASE_URL": base_url, f"{name}_API_KEY": next(iter(account.keys), None)}
        own = self.variables(account) if self.variables else {}
        return {**{variable: value for variable, value in found.items() if value is not None}, **own}

    @cached_property
    def schemas(self) -> dict[str, Schema]:
        """The pack's collections and the core's."""
        return {**self.collections, **SCHEMAS}
