"""The Kustomer pack: what the provider is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from harness import data
from harness.core.pack import Pack
from harness.providers.kustomer import bulk, search
from harness.providers.kustomer.conversations import (
    conversation_tags,
    conversation_times,
    conversations,
    drafts,
    forwards,
    message_files,
    messages,
    notes,
    redactions,
)
from harness.providers.kustomer.customers import companies, customer_merges, customers, tracking, unmasking_windows
from harness.providers.kustomer.dialect import KustomerDialect
from harness.providers.kustomer.events import audit_logs, conversation_events, customer_events, webhooks
from harness.providers.kustomer.files import attachments, media, storage
from harness.providers.kustomer.jsonapi.kind import ORG
from harness.providers.kustomer.jsonapi.kinds import KINDS
from harness.providers.kustomer.jsonapi.resources import PAGING, VIEWS
from harness.providers.kustomer.keys import HOSTS, authorise, credential, make_key
from harness.providers.kustomer.klasses import custom_attributes, custom_objects, klasses
from harness.providers.kustomer.limits import QUOTAS, decorate
from harness.providers.kustomer.paths import target, token
from harness.providers.kustomer.people import auth_tokens, roles, teams, users
from harness.providers.kustomer.priming.unstable import UNSTABLE
from harness.providers.kustomer.settings import (
    brands,
    outbound_accounts,
    satisfactions,
    schedules,
    shortcuts,
    slas,
    spam_senders,
    tags,
)
from harness.providers.kustomer.world.projection import SCHEMAS
from harness.providers.kustomer.world.simulate import SIMULATE

if TYPE_CHECKING:
    from harness.core.shown import Shown
    from harness.core.unit import Unit

_ROOMS: Final = (
    users,
    teams,
    roles,
    auth_tokens,
    customers,
    companies,
    customer_merges,
    customer_events,
    unmasking_windows,
    tracking,
    conversations,
    conversation_tags,
    conversation_times,
    conversation_events,
    messages,
    message_files,
    redactions,
    notes,
    drafts,
    forwards,
    attachments,
    media,
    klasses,
    custom_objects,
    custom_attributes,
    tags,
    brands,
    schedules,
    satisfactions,
    slas,
    shortcuts,
    spam_senders,
    outbound_accounts,
    webhooks,
    audit_logs,
    bulk,
    search,
)
_HANDLERS: Final = {id: handler for room in _ROOMS for id, handler in room.HANDLERS.items()}
_SAME_TWICE: Final = frozenset(
    (
        "conversation_tags.create",
        "customer_unmasking_windows.create",
        "identity_events.create",
        "team_members.create",
        "tracking_identities.create",
    )
)
"""What is there once however often it is asked for."""


def _seed(unit: Unit, world: Mapping[str, Any]) -> None:
    """Loaded when a world is first projected."""
    from harness.providers.kustomer.world.world import seed

    seed(unit, world)


def _check_world(world: Mapping[str, Any]) -> Any:
    from harness.providers.kustomer.world.world import check_world

    return check_world(world)


def _prime(unit: Unit, shown: Shown) -> None:
    """Loaded when a cassette is replayed: nobody who serves needs it."""
    from harness.providers.kustomer.priming.prime import prime

    prime(unit, shown)


def _other_key(unit: Unit, told: Mapping[str, Any]) -> str:
    """The same."""
    from harness.providers.kustomer.priming.prime_keys import other_key

    return other_key(unit, told)


PACK: Final = Pack(
    name="kustomer",
    title="Kustomer",
    contract_folder=lambda: data.folder("contracts") / "kustomer",
    collections={**{kind.collection: kind.schema() for kind in KINDS}, **search.COLLECTIONS, **SCHEMAS},
    handlers=_HANDLERS,
    links=storage.LINKS,
    dialect=KustomerDialect(),
    credential=credential,
    make_key=make_key,
    headers=lambda key: {"Authorization": f"Bearer {key}"},
    secret_fields=frozenset(("password", "token", "headers", "Policy", "X-Amz-Signature", "X-Amz-Credential")),
    seed=_seed,
    check_world=_check_world,
    prime=_prime,
    same_ids=frozenset((ORG,)),
    other_key=_other_key,
    unstable=UNSTABLE,
    views={
        **{kind.collection: view for kind, view in VIEWS.items()},
        **attachments.VIEWS,
        **outbound_accounts.VIEWS,
        **webhooks.VIEWS,
    },
    quotas=QUOTAS,
    due={**conversations.DUE, **drafts.DUE, **forwards.DUE, **unmasking_windows.DUE},
    jobs=bulk.JOBS,
    webhooks=webhooks.RULES,
    simulate=SIMULATE,
    job_parameters={"bulk_operations.get": "id", "bulk_operation_batches.list": "id"},
    authorise=authorise,
    decorate=decorate,
    paging=PAGING,
    creates=frozenset(id for id in _HANDLERS if id.endswith((".create", ".bulk_create"))) - _SAME_TWICE,
    hosts=(*HOSTS.values(), "*.api.kustomerapp.com"),
    target=target,
    token=token,
)
