"""The records of the unified API, one module a model: `ticketing`, `user_directory`, `instant_messaging`.

`harness.unified.catalogue` says which resource has which record.
"""

from __future__ import annotations

from harness.unified.schemas.record import Record as Record
