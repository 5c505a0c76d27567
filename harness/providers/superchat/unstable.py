"""What answers of Superchat may differ in from those of its fake because no source tells."""

from __future__ import annotations

from typing import Final

from harness.core.shown import Unstable

_FEW = "texts follow the account's language, any of them may be null, and few were ever seen"

UNSTABLE: Final = (
    Unstable("*", "errors", ("length",), "whether each wrong value is an error of its own is not known"),
    Unstable("*", "errors.title", ("value", "filled"), _FEW),
    Unstable("*", "errors.detail", ("value", "filled"), _FEW),
    Unstable("*", "errors.url", ("value", "filled"), "known of one error only, in a form that no other path has"),
    Unstable("*", "errors.docs", ("value", "filled"), "known of one error only"),
    Unstable("*", "link.url", ("value",), "a temporary address of a storage, whose form is not known"),
    Unstable("*", "link.valid_until", ("value",), "how long a link works is not known"),
    Unstable("conversation_exports.*", "id", ("value",), "no source shows the prefix of an export"),
    Unstable("*", "time_window", ("filled",), "what a channel without a window shows is not known"),
    Unstable("*", "time_window.open_until", ("null",), "whether a closed window tells when it closed is not known"),
    Unstable("users.*", "inboxes", ("order",), "the order of a user's inboxes is not known"),
    Unstable("me.list", "user.inboxes", ("order",), "the order of a user's inboxes is not known"),
    Unstable("templates.*", "channels", ("empty",), "which channels a new generic template has is not known"),
    Unstable("templates.*", "variables.display_name", ("value",), "how a static variable is called is not known"),
    Unstable("message_analytics.list", "replied_at", ("filled",), "which messages a reply counts for is not known"),
    Unstable("template_analytics.list", "results", ("order",), "no source tells the order"),
)
