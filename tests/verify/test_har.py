"""HAR files in and out."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.core.registry import Registry
from harness.verify.cassette import Cassette, load_all
from harness.verify.recording.har import HarError, exported, imported

PACK = Registry().pack("superchat")
KEY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"


def entry(url: str, body: Any = None, *, method: str = "GET", status: int = 200, **content: Any) -> dict[str, Any]:
    text = content or {"text": json.dumps(body)}
    return {
        "request": {
            "method": method,
            "url": url,
            "headers": [{"name": ":authority", "value": "x"}, {"name": "X-API-KEY", "value": KEY}],
        },
        "response": {
            "status": status,
            "headers": [
                {"name": "Content-Type", "value": "application/json"},
                {"name": "Content-Encoding", "value": "br"},
            ],
            "content": {"mimeType": "application/json", **text},
        },
    }


def har(folder: Path, *entries: Any) -> Path:
    file = folder / "session.har"
    file.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
    return file


def cassettes_of(file: Path) -> tuple[list[Cassette], list[str]]:
    return imported(file, PACK, "transcribed", date(2026, 11, 22))


def run(*arguments: str) -> Result:
    return CliRunner(env={"SUPERCHAT_LIVE_API_KEY": None, "HARNESS_SALT_FILE": None}).invoke(main, list(arguments))


ME = "https://api.superchat.com/v1.0/me"
CONTACTS = "https://api.superchat.com/v1.0/contacts?limit=1"


def test_calls_become_a_cassette_a_resource(tmp_path: Path) -> None:
    found, left = cassettes_of(har(tmp_path, entry(ME, {}), entry(CONTACTS, {}), entry(ME, {})))
    assert [(each.name, len(each.interactions)) for each in found] == [("superchat/me", 2), ("superchat/contacts", 1)]
    assert left == []
    provenance = found[0].provenance
    assert (provenance.kind, provenance.source) == ("transcribed", ("HAR file session.har",))
    interaction = found[0].interactions[0]
    assert interaction.request_headers == (("x-api-key", KEY),)
    assert interaction.headers == (("content-type", "application/json"),)


def test_a_body_in_base64_is_decoded(tmp_path: Path) -> None:
    coded = {"text": b64encode(b'{"a": 1}').decode(), "encoding": "base64"}
    [found], _ = cassettes_of(har(tmp_path, entry(ME, **coded)))
    assert found.interactions[0].json() == {"a": 1}


def test_a_call_of_a_host_below_the_providers_own_is_taken(tmp_path: Path) -> None:
    file = har(tmp_path, entry("https://acme.api.kustomerapp.com/v1/tags", {}))
    [found], left = imported(file, Registry().pack("kustomer"), "transcribed", date(2026, 11, 22))
    assert (found.name, left) == ("kustomer/tags", [])


def test_other_calls_are_left_out_with_the_reason(tmp_path: Path) -> None:
    other = entry("https://www.superchat.com/"), entry("https://api.superchat.com/v1.0/nothing"), entry(ME, status=0)
    found, left = cassettes_of(har(tmp_path, *other, entry(ME, method="OPTIONS")))
    assert found == []
    assert [each.partition(": ")[2] for each in left] == [
        "www.superchat.com is not a host of Superchat (api.superchat.com, api.superchat.de)",
        "the contract has no GET /v1.0/nothing",
        "me.list was not answered",
    ]


def test_an_import_is_scrubbed_on_the_way_in(tmp_path: Path) -> None:
    body = {"user": {"first_name": "Ada", "email": "ada@firma.de"}, "workspace": {"name": "Firma"}}
    file = har(tmp_path, entry(ME, body))
    to = tmp_path / "cassettes"
    done = run(
        "cassettes", "import", str(file), "--provider", "superchat", "--to", str(to), "--salt", str(tmp_path / "s")
    )
    assert done.exit_code == 0, done.output
    written = (to / "superchat" / "me.yaml").read_text()
    assert not [each for each in ("Ada", "firma", "Firma", KEY) if each in written]
    assert load_all(to)[0].provenance.kind == "transcribed"


def test_an_import_without_a_salt_writes_nothing(tmp_path: Path) -> None:
    to = tmp_path / "cassettes"
    done = run("cassettes", "import", str(har(tmp_path, entry(ME, {}))), "--provider", "superchat", "--to", str(to))
    assert (done.exit_code, to.exists()) == (2, False)
    assert "pseudonyms need a salt: give --salt FILE" in done.output


def test_an_import_does_not_overwrite(tmp_path: Path) -> None:
    file, to = har(tmp_path, entry(ME, {})), tmp_path / "cassettes"
    options = ("--provider", "superchat", "--to", str(to), "--salt", str(tmp_path / "s"))
    assert run("cassettes", "import", str(file), *options).exit_code == 0
    done = run("cassettes", "import", str(file), *options)
    assert done.exit_code == 2
    assert "is there already" in done.output
    assert run("cassettes", "import", str(file), *options, "--overwrite").exit_code == 0


def test_an_import_of_nothing_says_so(tmp_path: Path) -> None:
    done = run("cassettes", "import", str(har(tmp_path)), "--provider", "superchat", "--salt", str(tmp_path / "s"))
    assert done.exit_code == 3
    assert "has no call of Superchat" in done.output


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", r"session\.har:1: is no JSON"),
        ("[]", "is no HAR file: it has no log.entries"),
        ('{"log": {"entries": [1]}}', r"session\.har, entry 0: an entry has a request and a response"),
        ('{"log": {"entries": [{"request": {}, "response": {}}]}}', "entry 0: needs request.method"),
    ],
)
def test_a_broken_file_is_named_with_its_place(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "session.har").write_text(text)
    with pytest.raises(HarError, match=problem):
        cassettes_of(tmp_path / "session.har")


def test_what_is_exported_can_be_imported(tmp_path: Path) -> None:
    binary = {"text": b64encode(b"\x89\xff").decode(), "encoding": "base64"}
    [before], _ = cassettes_of(har(tmp_path, entry(ME, {"a": "ü"}), entry(ME, **binary)))
    file = tmp_path / "again.har"
    file.write_text(json.dumps(exported(before)))
    [after], _ = cassettes_of(file)
    assert [each.body for each in after.interactions] == [each.body for each in before.interactions]
    assert [each.uri for each in after.interactions] == [each.uri for each in before.interactions]
