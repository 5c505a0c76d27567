"""What answers of Kustomer may differ in from those of its fake because no source tells."""

from __future__ import annotations

from typing import Final

from harness.core.shown import Unstable

_DRAWN = "the provider draws it"

UNSTABLE: Final = (
    Unstable("*", "attributes.displayColor", ("value",), _DRAWN),
    Unstable("*", "attributes.displayIcon", ("value",), _DRAWN),
    Unstable("customers.create", "attributes.displayName", ("value",), f"nobody's name is color and icon: {_DRAWN}"),
    Unstable("customers.list", "attributes.displayName", ("value",), f"nobody's name is color and icon: {_DRAWN}"),
    Unstable("*", "recentLocation.updatedAt", ("value",), "it is written some milliseconds after the customer"),
    Unstable("customer_merges.*", "attributes.createdAt", ("value",), "how long a merge takes is not known"),
    Unstable("tracking_identities.create", "attributes.createdAt", ("value",), "how long it takes is not known"),
    Unstable("identity_events.create", "attributes.createdAt", ("value",), "how long it takes is not known"),
    Unstable("*", "meta.upload.url", ("value",), "the storage of the fake has another address"),
    Unstable("*", "payload.api.user.orgName", ("value",), "the fake's organisation has a name of its own"),
    Unstable("auth_roles.list", "data", ("items", "order"), "no source lists the roles there are"),
)
