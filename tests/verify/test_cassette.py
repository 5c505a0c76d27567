"""Cassette files: what is read, what is refused with its line, and what vcrpy makes of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import requests
import vcr
import yaml

from harness.verify.cassette import Cassette, CassetteError, Interaction, Provenance, files, load_all

GOOD = """\
version: 1
metadata:
  provenance:
    kind: documented
    date: 2026-11-22
    source: https://developers.superchat.com/reference
    api_version: '1.0'
    operations: [me.list]
interactions:
- request:
    method: get
    uri: https://api.superchat.com/v1.0/me?x=1
    headers:
      Accept: ['*/*']
    body: null
  response:
    status: {code: 200, message: OK}
    headers:
      Content-Type: [application/json]
      Set-Cookie: [a=1, b=2]
    body: {string: '{"user": null}'}
"""


def written(folder: Path, text: str, name: str = "me.yaml") -> Path:
    file = folder / "superchat" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(dedent(text))
    return file


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(CassetteError) as caught:
        Cassette.load(written(folder, text))
    return caught.value.problems


def made(**changes: Any) -> Cassette:
    given: dict[str, Any] = {
        "number": 0,
        "place": "superchat/me.yaml:7",
        "method": "POST",
        "uri": "https://api.superchat.com/v1.0/me",
        "request_headers": (("accept", "*/*"),),
        "request_body": b'{"a": "\xc3\xa4"}',
        "status": 200,
        "headers": (("content-type", "application/json"), ("set-cookie", "a=1"), ("set-cookie", "b=2")),
        "body": b'{"b": 1}',
        "evidence": "documented",
    }
    provenance = Provenance("documented", date(2026, 11, 22), ("somewhere",), "1.0", ("me.list",), "a note")
    return Cassette("superchat/me", "superchat", None, provenance, (Interaction(**{**given, **changes}),))


def test_a_file_is_read_with_its_provenance_and_its_lines(tmp_path: Path) -> None:
    cassette = Cassette.load(written(tmp_path, GOOD))
    assert (cassette.name, cassette.provider) == ("superchat/me", "superchat")
    assert cassette.provenance.date == date(2026, 11, 22)
    assert cassette.provenance.source == ("https://developers.superchat.com/reference",)
    [interaction] = cassette.interactions
    assert (interaction.method, interaction.path, interaction.query) == ("GET", "/v1.0/me", "x=1")
    assert interaction.place == "superchat/me.yaml:10"
    assert interaction.header("set-cookie") == "a=1"
    assert interaction.json() == {"user": None}
    assert interaction.request_headers == (("accept", "*/*"),)


@pytest.mark.parametrize("body", [b"", b'{"b": 1}', b"\x89PNG\r\n\x1a\n\xff\xfe", "grüße 🚲\n  x".encode()])
def test_what_is_saved_is_read_again(tmp_path: Path, body: bytes) -> None:
    cassette = made(body=body)
    cassette.save(tmp_path / "superchat" / "me.yaml")
    found = Cassette.load(tmp_path / "superchat" / "me.yaml")
    assert found.provenance == cassette.provenance
    assert found.interactions[0].body == body
    assert found.interactions[0].headers == cassette.interactions[0].headers
    assert found.interactions[0].request_body == cassette.interactions[0].request_body
    assert [file.name for file in (tmp_path / "superchat").iterdir()] == ["me.yaml"]


def test_vcrpy_plays_what_is_saved(tmp_path: Path) -> None:
    file = tmp_path / "superchat" / "me.yaml"
    made(method="GET", request_body=b"", body=b"\x89\xff").save(file)
    with vcr.use_cassette(str(file), record_mode="none"):
        answer = requests.get("https://api.superchat.com/v1.0/me")
    assert (answer.status_code, answer.content) == (200, b"\x89\xff")


def test_vcrpys_rewriting_keeps_the_provenance(tmp_path: Path) -> None:
    file = tmp_path / "superchat" / "me.yaml"
    made().save(file)
    from vcr.persisters.filesystem import FilesystemPersister
    from vcr.serializers import yamlserializer

    asked, answers, metadata = FilesystemPersister.load_cassette(file, yamlserializer)
    FilesystemPersister.save_cassette(
        file, {"requests": asked, "responses": answers, "metadata": metadata}, yamlserializer
    )
    found = Cassette.load(file)
    assert found.provenance == made().provenance
    assert found.interactions[0].body == b'{"b": 1}'
    assert found.interactions[0].request_body == b'{"a": "\xc3\xa4"}'


def test_a_broken_file_is_named_with_its_line(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, "version: 1\ninteractions: [\n")
    assert problem.startswith("superchat/me.yaml:")
    assert "not readable as YAML" in problem


def test_a_file_without_provenance_is_told_what_it_needs(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, GOOD.replace("metadata", "metadaten"))
    assert "has no metadata.provenance" in problem
    assert "kind, date, source, api_version, operations" in problem


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "kind: documented",
            "kind: document",
            "superchat/me.yaml:4: unknown kind of provenance 'document': did",
        ),
        ("    date: 2026-11-22", "    date: yesterday", "superchat/me.yaml:5: is no date: 'yesterday'"),
        ("    api_version: '1.0'\n", "", "provenance has no api_version"),
        ("api_version:", "api_versoin:", "unknown key of provenance 'api_versoin': did you mean 'api_version'"),
        ("version: 1\n", "version: 2\n", "superchat/me.yaml:1: version is 1, not 2"),
        ("uri: https://", "uri: ", "superchat/me.yaml:10: a request has a method and a whole uri"),
        ("code: 200", "code: 20", "a status with a code from 100 to 599"),
        ("- request:", "- recorded: 1\n  request:", "unknown key of an interaction 'recorded'"),
    ],
)
def test_what_is_wrong_is_named_with_line_and_remedy(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert any(expected in problem for problem in problems(tmp_path, GOOD.replace(old, new, 1)))


def test_a_cassette_without_interactions_proves_nothing(tmp_path: Path) -> None:
    text = GOOD[: GOOD.index("interactions:")] + "interactions: []\n"
    assert any("an empty cassette proves nothing" in problem for problem in problems(tmp_path, text))


def test_an_alias_that_holds_itself_is_refused(tmp_path: Path) -> None:
    assert any("nests deeper" in problem for problem in problems(tmp_path, GOOD + "x: &x [*x]\n"))


def test_aliases_that_multiply_are_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert any("more than" in problem for problem in problems(tmp_path, GOOD + "\n".join(lines) + "\n"))


def test_objects_of_python_are_not_made(tmp_path: Path) -> None:
    text = GOOD.replace("body: null", "body: !!python/object/apply:os.getcwd []")
    assert any("only plain data is read" in problem for problem in problems(tmp_path, text))


def test_all_broken_files_of_a_folder_are_named_at_once(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    written(tmp_path, "[]", "a.yaml")
    written(tmp_path, "{}", "b.yaml")
    with pytest.raises(CassetteError) as caught:
        load_all(tmp_path)
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["superchat/a.yaml", "superchat/b.yaml"]
    assert [file.name for file in files(tmp_path)] == ["a.yaml", "b.yaml", "me.yaml"]


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, GOOD)

    def fail(*told: Any, **named: Any) -> str:
        raise yaml.YAMLError("full")

    monkeypatch.setattr(yaml, "dump", fail)
    with pytest.raises(yaml.YAMLError):
        made().save(file)
    assert file.read_text() == GOOD
