"""Virtual time: durations and moments as text, frozen and live clocks."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from harness.core.clock import (
    DAY,
    EPOCH,
    HOUR,
    MINUTE,
    SECOND,
    Clock,
    TimeError,
    format_instant,
    parse_duration,
    parse_instant,
    to_datetime,
)


class Machine:
    """A machine whose time is set by hand."""

    def __init__(self) -> None:
        self.time = 1_000_000

    def __call__(self) -> int:
        return self.time


@pytest.mark.parametrize(
    ("value", "length"),
    [
        ("5m", 5 * MINUTE),
        ("1h30m", HOUR + 30 * MINUTE),
        ("1d12h", DAY + 12 * HOUR),
        ("250ms", 250),
        ("1s250ms", SECOND + 250),
        ("0s", 0),
        (300, 300 * SECOND),
        (0.5, 500),
        (0.0004, 0),
        (timedelta(days=1, milliseconds=3), DAY + 3),
    ],
)
def test_a_duration_is_text_seconds_or_a_timedelta(value: Any, length: int) -> None:
    assert parse_duration(value) == length


@pytest.mark.parametrize(
    "value", ["", "5", "m", "5 m", "5min", "-5m", "5m!", None, True, [], float("inf"), float("nan"), b"5m"]
)
def test_what_is_no_duration_is_refused_with_the_valid_forms(value: Any) -> None:
    with pytest.raises(TimeError, match="'5m'"):
        parse_duration(value)


@pytest.mark.parametrize("value", [-1, -0.5, timedelta(seconds=-1)])
def test_a_duration_never_runs_backwards(value: Any) -> None:
    with pytest.raises(TimeError, match="backwards"):
        parse_duration(value)


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-15T09:00:00Z",
        "2026-01-15T09:00:00",
        "2026-01-15T10:00:00+01:00",
        "2026-01-15T09:00:00.000Z",
        datetime(2026, 1, 15, 9),
        datetime(2026, 1, 15, 9, tzinfo=UTC),
        datetime(2026, 1, 15, 4, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_a_moment_is_iso_text_or_a_datetime_and_utc_without_a_zone(value: Any) -> None:
    assert parse_instant(value) == EPOCH


@pytest.mark.parametrize("value", ["", "now", "2026-13-01T00:00:00Z", 5, None])
def test_what_is_no_moment_is_refused_with_the_valid_form(value: Any) -> None:
    with pytest.raises(TimeError, match="ISO 8601"):
        parse_instant(value)


@pytest.mark.parametrize("moment", [0, 1, 999, EPOCH, EPOCH + 1, -1, 253402300799999])
def test_a_moment_survives_its_text(moment: int) -> None:
    assert parse_instant(format_instant(moment)) == moment
    assert parse_instant(to_datetime(moment)) == moment


def test_a_moment_is_written_with_or_without_milliseconds() -> None:
    assert format_instant(EPOCH + 7) == "2026-01-15T09:00:00.007Z"
    assert format_instant(EPOCH + 999, fraction=False) == "2026-01-15T09:00:00Z"


def test_a_moment_before_1970_is_written_as_well() -> None:
    assert format_instant(-1) == "1969-12-31T23:59:59.999Z"
    assert format_instant(-1, fraction=False) == "1969-12-31T23:59:59Z"


def test_a_frozen_clock_moves_by_a_tick_a_request() -> None:
    clock = Clock(tick=5)
    assert [clock.now(), clock.begin_request(), clock.begin_request(), clock.now()] == [
        EPOCH,
        EPOCH + 5,
        EPOCH + 10,
        EPOCH + 10,
    ]


def test_a_live_clock_begins_where_it_is_told_and_runs_with_the_machine() -> None:
    machine = Machine()
    clock = Clock(EPOCH, mode="live", source=machine)
    machine.time += 300
    assert (clock.now(), clock.begin_request()) == (EPOCH + 300, EPOCH + 300)


def test_a_clock_can_be_frozen_and_let_go_without_a_jump() -> None:
    machine = Machine()
    clock = Clock(EPOCH, mode="live", source=machine)
    machine.time += 100
    clock.freeze()
    machine.time += 100
    assert clock.now() == EPOCH + 100
    clock.live()
    machine.time += 100
    assert clock.now() == EPOCH + 200


@pytest.mark.parametrize("mode", ["frozen", "live"])
def test_a_clock_can_be_set_either_way_and_keeps_its_mode(mode: Any) -> None:
    clock = Clock(EPOCH, mode=mode, source=Machine())
    for moment in (EPOCH + DAY, EPOCH - DAY):
        clock.set(moment)
        assert (clock.now(), clock.mode) == (moment, mode)


@pytest.mark.parametrize("mode", ["frozen", "live"])
def test_a_copy_shows_the_same_time_and_is_moved_apart(mode: Any) -> None:
    clock = Clock(EPOCH, mode=mode, tick=3, source=Machine())
    twin = clock.copy()
    twin.set(EPOCH + DAY)
    assert (clock.now(), twin.now(), twin.mode, twin.tick) == (EPOCH, EPOCH + DAY, mode, 3)


@pytest.mark.parametrize("mine", ["frozen", "live"])
@pytest.mark.parametrize("other", ["frozen", "live"])
def test_a_clock_becomes_another(mine: Any, other: Any) -> None:
    clock = Clock(EPOCH, mode=mine, source=Machine())
    clock.become(Clock(EPOCH + DAY, mode=other, tick=9, source=Machine()))
    assert (clock.now(), clock.mode, clock.tick) == (EPOCH + DAY, other, 9)


def test_a_frozen_clock_does_not_ask_the_machine() -> None:
    code = (
        "import time; time.time_ns = None\n"
        "from harness.core.clock import Clock\n"
        "clock = Clock(); clock.begin_request(); clock.set(5); print(clock.now())"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "5\n"
