"""Dates of a search: local days, moments, and what is relative to now.

A date stands for a stretch of time: a day for `2026-01-31`, a millisecond for a moment. Before it, in it and after it
is what the operators ask for, so that `lte` a day includes the day.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from harness.core.clock import to_datetime

Stretch = tuple[int, int]
"""Milliseconds of its beginning, and of what follows it."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?( ?([Zz]|[+-]\d{2}(:?\d{2})?))?", re.ASCII
)
_MATHS: Final = re.compile(r"([+-]\d{1,6}|/)([yMwdhHms])", re.ASCII)
_STEPS: Final = {"w": "weeks", "d": "days", "h": "hours", "H": "hours", "m": "minutes", "s": "seconds"}


@lru_cache(maxsize=64)
def zone(name: str) -> tzinfo | None:
    """The time zone of a name; None where there is none of that name."""
    from zoneinfo import ZoneInfo

    if name in ("GMT", "UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name of a file, a folder of zones
        return None


def stretch(text: str, local: tzinfo, now: int) -> Stretch | None:
    """What a date stands for; None for what is none.

    documented: local days and moments in UTC; client: a moment with a space; inferred: `now-7d/d` and
    `2026-01-31||+1M`, the arithmetic of the search engine behind.
    """
    anchor, calculated, maths = text.partition("||")
    if not calculated and text.startswith("now"):
        anchor, maths = "now", text[3:]
    try:
        if anchor == "now":
            found = to_datetime(now).astimezone(local), False
        elif _DAY.fullmatch(anchor):
            found = datetime.fromisoformat(anchor).replace(tzinfo=local), True
        elif _MOMENT.fullmatch(anchor):
            found = _moment(anchor, local), False
        else:
            return None
        return _calculated(*found, maths)
    except (ValueError, OverflowError):  # the 31st of February, the year 10000
        return None


def _moment(text: str, local: tzinfo) -> datetime:
    found = datetime.fromisoformat(re.sub(r" (?=[Z+-])", "", text.upper().replace(",", ".")))
    return found if found.tzinfo is not None else found.replace(tzinfo=local)


def _calculated(moment: datetime, whole_day: bool, maths: str) -> Stretch | None:
    steps = [(match[1], match[2]) for match in _MATHS.finditer(maths)]
    if "".join(amount + unit for amount, unit in steps) != maths:
        return None
    unit = "d" if whole_day else ""
    for amount, each in steps:
        if amount == "/":
            moment, unit = _floor(moment, each), each
        else:
            moment = _moved(moment, int(amount), each)
    end = _moved(moment, 1, unit) if unit else moment + _MILLISECOND
    return _milliseconds(moment), _milliseconds(end)


def _moved(moment: datetime, amount: int, unit: str) -> datetime:
    if unit in "yM":
        months = moment.year * 12 + moment.month - 1 + amount * (12 if unit == "y" else 1)
        year, month = divmod(months, 12)
        day = min(moment.day, monthrange(year, month + 1)[1])
        return moment.replace(year=year, month=month + 1, day=day)
    step = timedelta(**{_STEPS[unit]: amount})
    if unit in "wd":  # a day of the place, however many hours it has
        return moment + step
    return (moment.astimezone(UTC) + step).astimezone(moment.tzinfo)


def _floor(moment: datetime, unit: str) -> datetime:
    if unit == "w":
        moment -= timedelta(days=moment.weekday())
    names = ("microsecond", "second", "minute", "hour", "day", "month")
    count = {"s": 1, "m": 2, "h": 3, "H": 3, "d": 4, "w": 4, "M": 5, "y": 6}[unit]
    return moment.replace(**{name: 1 if name in ("day", "month") else 0 for name in names[:count]})  # type: ignore[arg-type]


def _milliseconds(moment: datetime) -> int:
    return (moment.astimezone(UTC) - _EPOCH) // _MILLISECOND


def years_before(moment: int, years: int) -> int:
    """The moment so many calendar years earlier."""
    return _milliseconds(_moved(to_datetime(moment), -12 * years, "M"))
