"""The reports of a run: text, JSON, JUnit, HTML."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.verify.case import Case, Outcome, Verdict
from harness.verify.report import FORMATS, UnknownFormat, conclusion, exit_code, format_of, rows, written
from harness.verify.run import Run


def outcome(name: str, verdict: Verdict, message: str = "", evidence: str = "documented") -> Outcome:
    suite, _, id = name.partition("/")
    case = Case(id, suite, "superchat", ("contacts.list",), lambda subject: None, evidence=evidence)
    return Outcome(case, verdict, message)


MIXED = Run(
    "superchat",
    (
        outcome("contract/contacts.list contacts.yaml:3", "passed", evidence="recorded"),
        outcome("contract/contacts.list contacts.yaml:9", "passed"),
        outcome("fake/contacts.list contacts.yaml:3", "failed", "status: expected 200,\nfound <404> & \x00more"),
        outcome("proxy/contacts.list pages of 7", "unchecked", "the world is empty", "world"),
        outcome("proxy/contacts.list pages of 1", "unchecked", "the world is empty", "world"),
        outcome("live/nothing to check", "unchecked", "skipped: no key", "none"),
    ),
)
GOOD = Run("superchat", (outcome("contract/contacts.list", "passed"),))
OPEN = Run("superchat", (outcome("world/contacts", "unchecked", "later"),))


def test_figures_are_kept_by_suite_and_evidence() -> None:
    found = [(row.suite, row.evidence, row.passed, row.failed, row.unchecked) for row in rows(MIXED)]
    assert found == [
        ("contract", "recorded", 1, 0, 0),
        ("contract", "documented", 1, 0, 0),
        ("fake", "documented", 0, 1, 0),
        ("proxy", "world", 0, 0, 2),
        ("live", "none", 0, 0, 1),
    ]


@pytest.mark.parametrize(
    ("runs", "code"), [([GOOD], 0), ([MIXED], 1), ([OPEN], 3), ([GOOD, OPEN], 3), ([OPEN, MIXED], 1), ([], 3)]
)
def test_a_failure_wins_over_what_was_not_checked(runs: list[Run], code: int) -> None:
    assert exit_code(runs) == code


def test_a_run_without_a_case_has_proven_nothing() -> None:
    nothing = Run("superchat", ())
    assert exit_code([nothing]) == 3
    assert conclusion([nothing]) == "superchat: nothing was checked"


def test_the_text_tells_what_was_not_checked_as_it_tells_what_failed() -> None:
    text = written([MIXED], "text")
    assert "FAILED: 1\n" in text
    assert "NOT CHECKED: 3\n" in text
    assert "  proxy/contacts.list pages of 7\n  proxy/contacts.list pages of 1\n      the world is empty\n" in text
    assert text.endswith("superchat: 1 failed and 3 could not be checked, of 6 cases\n")
    assert written([GOOD], "text").endswith("superchat: all 1 cases passed\n")


def test_the_json_has_every_outcome() -> None:
    document = json.loads(written([MIXED], "json"))
    assert document["exit_code"] == 1
    outcomes = document["providers"]["superchat"]["outcomes"]
    assert [each["verdict"] for each in outcomes] == ["passed", "passed", "failed", *["unchecked"] * 3]
    assert outcomes[2]["name"] == "fake/contacts.list contacts.yaml:3"
    assert outcomes[2]["operations"] == ["contacts.list"]


def test_in_junit_what_was_not_checked_is_an_error_and_what_was_left_out_is_skipped() -> None:
    root = ElementTree.fromstring(written([MIXED], "junit"))  # noqa: S314 - our own text
    assert root.attrib | {"name": ""} == {"name": "", "tests": "6", "failures": "1", "errors": "2", "skipped": "1"}
    (failure,) = root.iter("failure")
    assert failure.text == "status: expected 200,\nfound <404> & \ufffdmore"
    assert {each.get("message") for each in root.iter("error")} == {"not checked: the world is empty"}
    (skipped,) = root.iter("skipped")
    assert skipped.get("message") == "no key"
    assert {each.get("name") for each in root.iter("testsuite")} == {
        f"superchat.{suite}" for suite in ("contract", "fake", "proxy", "live")
    }


class Reader(HTMLParser):
    """Checks that tags are closed in order, and keeps them with the texts."""

    VOID = ("meta", "input", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_needs_nothing_else() -> None:
    text = written([MIXED, GOOD], "html")
    page = Reader(text)
    assert page.open == []
    assert not re.search(r"https?://|@import|url\(", text)
    assert not [attributes for _, attributes in page.tags if attributes.keys() & {"src", "href"}]


def test_the_page_shows_every_case_and_message_without_script() -> None:
    text = re.sub(r"<script>.*?</script>", "", written([MIXED], "html"), flags=re.DOTALL)
    for each in MIXED.outcomes:
        assert each.case.id in text
    assert "found &lt;404&gt; &amp; " in text
    assert "<404>" not in text


def test_the_page_serves_readers_of_every_kind() -> None:
    text = written([MIXED], "html")
    page = Reader(text)
    tags = [tag for tag, _ in page.tags]
    assert '<html lang="en">' in text
    assert tags.count("h1") == 1
    assert tags.count("table") == tags.count("caption")
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")
    assert "prefers-color-scheme: dark" in text
    assert ":focus-visible" in text
    (filters,) = [attributes for tag, attributes in page.tags if tag == "form"]
    assert "hidden" in filters, "without a script there is nothing to filter with"


def test_a_name_that_looks_like_markup_is_text() -> None:
    bad = Run("superchat", (outcome("proxy/<script>alert(1)</script>", "failed", "</pre><b>"),))
    text = written([bad], "html")
    assert "<script>alert" not in text
    assert "</pre><b>" not in text


def test_the_ending_of_a_file_says_which_report() -> None:
    assert {format_of(Path(f"report{ending}")) for ending in FORMATS.values()} == set(FORMATS)
    with pytest.raises(UnknownFormat, match=r"valid are \.html, \.json, \.txt, \.xml"):
        format_of(Path("report.pdf"))
