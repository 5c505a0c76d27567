"""Search: what is documented of its grammar, over columns that follow the documents write by write.

A body is read (`grammar`, with the names of `attributes` and the times of `dates`), matched (`matching`, over the
`table` of each kind of object) and its page put in order (`ranking`); `answers` stands at the door.
"""

from collections.abc import Mapping
from typing import Final

from harness.core.exchange import Response
from harness.core.provider import Call, Handler
from harness.providers.kustomer.events.search_lag import COLLECTIONS
from harness.providers.kustomer.limits import SEARCHES

__all__ = ["COLLECTIONS", "HANDLERS"]


def _search(call: Call) -> Response:
    """Grammar and catalogue are loaded with the first search: no start waits for them."""
    from harness.providers.kustomer.search.answers import HANDLERS as SEARCHING

    found: Response = SEARCHING[call.operation.id](call)
    return found


HANDLERS: Final[Mapping[str, Handler]] = dict.fromkeys(sorted(SEARCHES), _search)
