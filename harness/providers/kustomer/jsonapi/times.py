"""Times as clients write them: moments, and those counted from now."""

from __future__ import annotations

import re
from calendar import monthrange
from typing import Final

from harness.core.clock import DAY, HOUR, MINUTE, SECOND, TimeError, parse_instant, parse_shown, to_datetime
from harness.core.unit import Unit
from harness.providers.kustomer.dialect import wrong
from harness.providers.kustomer.jsonapi.stamps import moment

_MATH: Final = re.compile(r"now((?:[+-][0-9]{1,18}[smhdwMy])*)")
_STEP: Final = re.compile(r"([+-])([0-9]+)([smhdwMy])")
_LENGTHS: Final = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}


def date_math(text: str, now: int) -> int:
    """Milliseconds of a moment, or of one counted from now: `now+1h`, `now-1M+2d` (M: months, y: years).

    inferred: the name of the format alone is documented. https://github.com/LarisLab/kustomer-client
    """
    found = _MATH.fullmatch(text)
    if found is None:
        return parse_shown(text)
    at = now
    try:
        for sign, number, unit in _STEP.findall(found[1]):
            steps = int(sign + number)
            at = _months(at, steps * (12 if unit == "y" else 1)) if unit in "My" else at + steps * _LENGTHS[unit]
        to_datetime(at)
    except OverflowError:
        raise TimeError(f"not a moment: {text!r}; it lies outside the years 1 to 9999") from None
    return at


def _months(at: int, months: int) -> int:
    """So many months on; a day that month does not have is its last one."""
    date = to_datetime(at)
    years, month = divmod(date.month - 1 + months, 12)
    year = date.year + years
    if not 1 <= year <= 9999:
        raise TimeError(f"not a moment: the year {year}")
    last = monthrange(year, month + 1)[1]
    return parse_instant(date.replace(year=year, month=month + 1, day=min(date.day, last)))


def given_moment(unit: Unit, parameter: str, text: str) -> str:
    """A date-time of a body as answers write it, or 400."""
    return moment(_read(unit, parameter, text, "date-time"))


def given_math(unit: Unit, parameter: str, text: str) -> int:
    """The milliseconds of a moment or expression of a body, or 400."""
    return _read(unit, parameter, text, "date-time-math")


def _read(unit: Unit, parameter: str, text: str, format: str) -> int:
    try:
        return date_math(text, unit.now) if format == "date-time-math" else parse_shown(text)
    except TimeError:
        title = f"Format validation failed (must be a valid {format})"
        raise wrong(unit, parameter, title, f"/properties/{parameter}/format") from None
