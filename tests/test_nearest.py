"""Naming the valid choices."""

from __future__ import annotations

from harness.nearest import SHOWN, unknown


def test_the_nearest_and_all_valid_choices_are_named() -> None:
    assert unknown("quirk", "mod", ["mood", "window"]) == (
        "unknown quirk 'mod': did you mean 'mood'? valid are mood, window"
    )


def test_of_very_many_choices_only_some_are_listed() -> None:
    text = unknown("sandbox", "sb-x", [f"sb-{number}" for number in range(SHOWN + 5)])
    assert text.endswith(" and 5 more")
