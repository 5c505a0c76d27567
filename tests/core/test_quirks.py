"""Quirks: named switches with a default."""

from __future__ import annotations

import pytest

from harness.core.contract import Contract
from harness.core.quirks import Quirk, QuirkError, Quirks


@pytest.fixture
def quirks(contract: Contract) -> Quirks:
    return Quirks(contract.quirks)


def test_a_quirk_says_what_it_switches_and_what_is_known(contract: Contract) -> None:
    sources = ("https://toy.example.com/a", "https://toy.example.com/b")
    assert contract.quirks["mood"] == Quirk("mood", "How it feels.", ("good", "bad"), "good", "client", sources)
    assert contract.quirks["window"].source == ("https://toy.example.com/c",)


def test_a_quirk_is_its_default_until_it_is_chosen(quirks: Quirks) -> None:
    assert dict(quirks) == {"mood": "good", "window": "fixed"}
    quirks.set(mood="bad")
    assert dict(quirks) == {"mood": "bad", "window": "fixed"}
    assert len(quirks) == 2


def test_quirks_can_be_chosen_from_the_start(contract: Contract) -> None:
    assert Quirks(contract.quirks, {"mood": "bad"})["mood"] == "bad"


def test_an_unknown_quirk_is_refused_with_the_nearest(quirks: Quirks) -> None:
    with pytest.raises(QuirkError, match=r"unknown quirk 'mod': did you mean 'mood'\? valid are mood, window"):
        quirks.set(mod="bad")
    with pytest.raises(QuirkError, match="did you mean 'mood'"):
        quirks["mod"]


def test_an_unknown_choice_is_refused_with_the_valid_ones(quirks: Quirks) -> None:
    with pytest.raises(QuirkError, match=r"quirk mood: 'sad'.*valid are bad, good"):
        quirks.set(mood="sad")


def test_one_wrong_choice_and_nothing_is_chosen(quirks: Quirks) -> None:
    with pytest.raises(QuirkError):
        quirks.set({"mood": "bad", "window": "round"})
    assert quirks["mood"] == "good"


def test_the_fingerprint_is_what_differs_from_the_defaults(quirks: Quirks) -> None:
    quirks.set(window="sliding", mood="bad")
    assert quirks.fingerprint == (("mood", "bad"), ("window", "sliding"))
    quirks.set(mood="good")
    assert quirks.fingerprint == (("window", "sliding"),)


def test_a_copy_is_set_apart(quirks: Quirks) -> None:
    quirks.set(mood="bad")
    twin = quirks.copy()
    twin.set(mood="good", window="sliding")
    assert (dict(quirks), twin.fingerprint) == ({"mood": "bad", "window": "fixed"}, (("window", "sliding"),))
