"""The Superchat pack: what the provider is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from harness import data
from harness.core.clock import MINUTE
from harness.core.exchange import Request
from harness.core.ids import uuid_text
from harness.core.pack import Pack
from harness.core.provider import Call
from harness.core.quota import Quota
from harness.providers.superchat import (
    analytics,
    channels,
    contact_lists,
    contacts,
    conversation_exports,
    conversations,
    custom_attributes,
    files,
    inboxes,
    labels,
    messages,
    notes,
    signatures,
    template_folders,
    templates,
    users,
    webhooks,
)
from harness.providers.superchat.dialect import KEY_HEADER, SuperchatDialect
from harness.providers.superchat.resources import PAGING
from harness.providers.superchat.simulate import SIMULATE
from harness.providers.superchat.unstable import UNSTABLE
from harness.providers.superchat.world import check_world, seed

if TYPE_CHECKING:
    from harness.core.shown import Shown
    from harness.core.unit import Unit

FAKE_KEY: Final = "fa4e0000-0000-4000-8000-"
"""How every fake key begins: a UUID in form, as real keys are, that nobody takes for one."""

_RESOURCES = (
    users,
    inboxes,
    labels,
    channels,
    custom_attributes,
    contacts,
    contact_lists,
    conversations,
    messages,
    notes,
    conversation_exports,
    files,
    template_folders,
    templates,
    webhooks,
)


def make_key(seed: str, roles: tuple[str, ...] | None) -> str:
    """A key drawn from a seed; all are alike. client: real ones look like lower-case UUIDs."""
    return FAKE_KEY + uuid_text(seed)[-12:]


def credential(request: Request) -> str | None:
    """documented: the raw key in X-API-KEY. https://developers.superchat.com/reference/authentication"""
    return request.header(KEY_HEADER) or None


def authorise(call: Call) -> None:
    """A key may do everything; the plan may not."""
    if call.operation.id == "conversation_messages.list":
        messages.authorise_list(call)


def _prime(unit: Unit, shown: Shown) -> None:
    """Loaded when a cassette is replayed: nobody who serves needs it."""
    from harness.providers.superchat.prime import prime

    prime(unit, shown)


PACK = Pack(
    name="superchat",
    title="Superchat",
    contract_folder=lambda: data.folder("contracts") / "superchat",
    collections={name: schema for module in _RESOURCES for name, schema in module.COLLECTIONS.items()},
    handlers={id: handler for module in (*_RESOURCES, analytics) for id, handler in module.HANDLERS.items()},
    links={**files.LINKS, **conversation_exports.LINKS},
    dialect=SuperchatDialect(),
    credential=credential,
    make_key=make_key,
    headers=lambda key: {"X-API-KEY": key},
    seed=seed,
    prime=_prime,
    unstable=UNSTABLE,
    check_world=check_world,
    views={module.VIEW.collection: module.VIEW for module in _RESOURCES},
    # documented: https://developers.superchat.com/reference
    quotas=(Quota("requests", limit=2500, window=5 * MINUTE, quirk="rate_limit_window"),),
    due={**conversations.DUE, **messages.DUE, **templates.DUE},
    jobs={conversation_exports.JOB.name: conversation_exports.JOB},
    webhooks=signatures.RULES,
    simulate=SIMULATE,
    job_parameters={"conversation_exports.get": "conversationExportId"},
    authorise=authorise,
    paging=PAGING,
    # a contact that is put on a list twice is on it once
    creates=frozenset(
        id
        for module in _RESOURCES
        for id in module.HANDLERS
        if id.endswith(".create") and id != "contact_contact_lists.create"
    ),
    hosts=("api.superchat.com", "api.superchat.de"),
)
