"""Suite `mapping`: cassettes through the mappings, and requests out of them, against golden values."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson
import pytest

from harness.verify.case import Outcome, judged
from harness.verify.cassette import shipped_folder
from harness.verify.run import cases_of, run
from harness.verify.subject import Subject

SHIPPED = shipped_folder("superchat")
LABELS = ("labels.yaml", "golden/ticketing.tags.list.json", "golden/ticketing.tags.get.json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The labels' cassette with its golden files, to be changed."""
    return copied(tmp_path, *LABELS)


def copied(place: Path, *names: str) -> Path:
    target = place / "superchat"
    for name in (*names, "golden/asked.yaml", "golden/requests.yaml"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(SHIPPED / name, target / name)
    return target


def outcomes(subject: Subject, *parts: str) -> list[Outcome]:
    """Of the cases whose ids have all the parts."""
    cases = [case for case in cases_of(subject, ["mapping"]) if all(part in case.id for part in parts)]
    assert cases, f"no case has {parts}"
    return [judged(case, subject) for case in cases]


def failures(subject: Subject, *parts: str) -> list[str]:
    return [each.message for each in outcomes(subject, *parts) if each.verdict == "failed"]


def golden(folder: Path, cell: str) -> Path:
    return folder / "golden" / f"{cell}.json"


@pytest.mark.parametrize("provider", ["kustomer", "superchat"])
def test_the_shipped_mappings_give_the_golden_values_of_the_shipped_cassettes(provider: str) -> None:
    found = run(Subject(provider=provider), ["mapping"])
    assert [each.message for each in found.outcomes if each.verdict != "passed"] == []
    assert found.exit_code == 0


def test_every_case_names_the_cell_it_judges() -> None:
    cases = cases_of(Subject(provider="superchat"), ["mapping"])
    assert all(case.cells and case.id.startswith(case.cells[0]) for case in cases)


def test_a_dropped_expression_is_told_with_file_and_place() -> None:
    override = {"ticketing": {"tags": {"list": {"response_mapping": {"name": None}}}}}
    found = failures(Subject(provider="superchat", mapping_override=override), "ticketing.tags.list labels:")
    assert "golden/ticketing.tags.list.json:" in found[0]
    assert 'result[0].name: expected "' in found[0]


def test_a_swapped_expression_of_a_write_is_noticed() -> None:
    override = {"ticketing": {"comments": {"delete": {"query_mapping": "{'conversation_id': query.ticket.name}"}}}}
    found = failures(Subject(provider="superchat", mapping_override=override), "comments.delete request")
    assert any("sent[0]" in message for message in found)


def test_remote_data_has_to_be_the_providers_record() -> None:
    override = {"ticketing": {"tags": {"list": {"response_mapping": {"remote_data": "{'id': id}"}}}}}
    found = failures(Subject(provider="superchat", mapping_override=override), "ticketing.tags.list labels:0")
    assert "remote_data is not the provider's record" in found[0]


def test_a_case_without_a_golden_value_fails_with_the_command_that_writes_it(folder: Path) -> None:
    golden(folder, "ticketing.tags.list").unlink()
    found = failures(Subject(provider="superchat", cassette_folder=folder), "ticketing.tags.list labels:0")
    assert "has no golden value" in found[0]
    assert "harness verify superchat" in found[0]


def test_update_writes_what_is_missing_as_it_was(folder: Path) -> None:
    path = golden(folder, "ticketing.tags.list")
    before = orjson.loads(path.read_bytes())["answers"]
    path.unlink()
    updated = outcomes(
        Subject(provider="superchat", cassette_folder=folder, update=True), "ticketing.tags.list labels:"
    )
    assert {each.verdict for each in updated} == {"passed"}
    after = orjson.loads(path.read_bytes())["answers"]
    assert after == {key: value for key, value in before.items() if key.startswith("labels:")}


def test_update_tells_the_difference_it_rewrites(folder: Path) -> None:
    path = golden(folder, "ticketing.tags.get")
    path.write_text(path.read_text().replace("Garantie", "Guarantee"))
    (told,) = [
        each.message
        for each in outcomes(Subject(provider="superchat", cassette_folder=folder, update=True), "tags.get labels:5")
    ]
    assert 'expected "Guarantee", found "Garantie"' in told
    assert "Guarantee" not in path.read_text()


def test_a_golden_value_without_a_case_fails_and_update_takes_it_out(folder: Path) -> None:
    path = golden(folder, "ticketing.tags.get")
    data = orjson.loads(path.read_bytes())
    data["answers"]["labels:77"] = {"status": 200}
    path.write_bytes(orjson.dumps(data))
    (message,) = failures(Subject(provider="superchat", cassette_folder=folder), "labels:77 without a case")
    assert "golden value without a case" in message
    outcomes(Subject(provider="superchat", cassette_folder=folder, update=True), "labels:77 without a case")
    assert "labels:77" not in path.read_text()


def test_a_golden_file_of_no_cell_fails(folder: Path) -> None:
    golden(folder, "ticketing.tags.fetch").write_text("{}")
    (message,) = failures(Subject(provider="superchat", cassette_folder=folder), "ticketing.tags.fetch")
    assert "no mapping has this cell" in message


@pytest.mark.parametrize("text", ['{"answers": {\n  "labels:0": nonsense}}', '{"answer": {}}', "[]"])
def test_a_golden_file_that_cannot_be_read_is_told_by_line_and_stays(folder: Path, text: str) -> None:
    path = golden(folder, "ticketing.tags.get")
    path.write_text(text)
    found = failures(Subject(provider="superchat", cassette_folder=folder, update=True), "ticketing.tags.get")
    line = 2 if "nonsense" in text else 1
    assert found
    assert all(f"ticketing.tags.get.json:{line}: " in message for message in found)
    assert path.read_text() == text


def test_golden_values_are_not_written_from_a_mutation(folder: Path) -> None:
    before = golden(folder, "ticketing.tags.list").read_bytes()
    override = {"ticketing": {"tags": {"list": {"response_mapping": {"name": None}}}}}
    subject = Subject(provider="superchat", cassette_folder=folder, update=True, mapping_override=override)
    assert "not written from a mutation" in failures(subject, "ticketing.tags.list labels:0")[0]
    assert golden(folder, "ticketing.tags.list").read_bytes() == before


def test_a_call_that_no_cassette_shows_is_unchecked(folder: Path) -> None:
    (found,) = outcomes(Subject(provider="superchat", cassette_folder=folder), "ticketing.teams.list inboxes.list")
    assert (found.verdict, "GET /inboxes" in found.message) == ("unchecked", True)


def test_a_step_that_no_cassette_answers_leaves_the_case_unchecked(tmp_path: Path) -> None:
    folder = copied(tmp_path, "messages.yaml")
    subject = Subject(provider="superchat", cassette_folder=folder)
    found = outcomes(subject, "instant-messaging.messages.create messages:8")
    assert [each.verdict for each in found] == ["unchecked"]
    assert "asks GET /conversations/" in found[0].message


def test_a_write_that_no_request_judges_fails(folder: Path) -> None:
    (folder / "golden" / "requests.yaml").write_text("{}\n")
    (message,) = failures(Subject(provider="superchat", cassette_folder=folder), "ticketing.tickets.update requests")
    assert "write a request for it in" in message


def test_cassettes_of_ones_own_need_nothing_but_golden_files(tmp_path: Path) -> None:
    folder = copied(tmp_path, "notes.yaml", "conversations.yaml")
    shutil.rmtree(folder / "golden")
    subject = Subject(provider="superchat", cassette_folder=folder)
    before = failures(subject, "ticketing.comments.list notes:")
    assert all(f"--cassettes {folder} --update" in message for message in before)
    outcomes(Subject(provider="superchat", cassette_folder=folder, update=True), "")
    after = Subject(provider="superchat", cassette_folder=folder)
    assert failures(after, "") == []


def test_a_provider_without_mappings_is_unchecked() -> None:
    (case,) = cases_of(Subject(provider="unified"), ["mapping"])
    found = judged(case, Subject(provider="unified"))
    assert (found.verdict, "no integration 'unified' is installed" in found.message) == ("unchecked", True)


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("asked.yaml", "ticketing.tag.list: {}\n", "asked.yaml:1: "),
        ("asked.yaml", "ticketing.tags.list:\n  label: {}\n", "asked.yaml:2: "),
        ("asked.yaml", "ticketing.tags.list:\n  labels.get: {}\n", "asked.yaml:2: "),
        ("asked.yaml", "ticketing.tags.list:\n  labels: {only: query.}\n", "asked.yaml:2: "),
        ("requests.yaml", "ticketing.tags.get:\n  one: {ids: lb_1}\n", "requests.yaml:2: "),
        ("requests.yaml", "ticketing.tags.get: [\n", "requests.yaml:"),
    ],
)
def test_a_wrong_line_about_asking_is_told_by_file_and_line(folder: Path, file: str, text: str, told: str) -> None:
    (folder / "golden" / file).write_text(text)
    (message,) = failures(Subject(provider="superchat", cassette_folder=folder), "configuration")
    assert told in message


def test_a_cell_that_makes_another_call_is_told_how_to_be_asked(tmp_path: Path) -> None:
    folder = copied(tmp_path, "search_contacts.yaml")
    (folder / "golden" / "asked.yaml").write_text("{}\n")
    found = failures(Subject(provider="superchat", cassette_folder=folder), "contacts.list search_contacts:2")
    assert "asks GET /contacts and not POST /contacts/search" in found[0]
    assert "asked.yaml" in found[0]


def test_interactions_of_another_kind_at_the_same_address_are_none_of_a_cell(folder: Path) -> None:
    (folder / "golden" / "asked.yaml").write_text("ticketing.tags.list:\n  labels: {only: query.limit = '2'}\n")
    cases = cases_of(Subject(provider="superchat", cassette_folder=folder), ["mapping"])
    asked = [case.id for case in cases if case.id.startswith("ticketing.tags.list labels:")]
    assert asked == [f"ticketing.tags.list labels:{number}" for number in (1, 2, 3)]


@pytest.mark.parametrize("call", ["labels", "labels.list"])
def test_a_call_that_a_cell_never_makes_is_not_asked_for(folder: Path, call: str) -> None:
    (folder / "labels.yaml").unlink()
    subject = Subject(provider="superchat", cassette_folder=folder)
    assert "ticketing.tags.list labels.list" in {case.id for case in cases_of(subject, ["mapping"])}
    (folder / "golden" / "asked.yaml").write_text(f"ticketing.tags.list:\n  {call}: {{only: false}}\n")
    subject = Subject(provider="superchat", cassette_folder=folder)
    assert "ticketing.tags.list labels.list" not in {case.id for case in cases_of(subject, ["mapping"])}


def test_a_request_that_another_cassette_is_to_answer_says_so_where_there_is_none(folder: Path) -> None:
    (folder / "golden" / "requests.yaml").write_text("ticketing.tags.list:\n  all: {cassette: label}\n")
    (message,) = failures(Subject(provider="superchat", cassette_folder=folder), "ticketing.tags.list request all")
    assert "is to be answered by the cassette 'label', which is not there" in message
