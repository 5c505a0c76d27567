"""`harness cassettes`, piped."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from harness.cli import main
from harness.core.registry import Registry
from harness.verify.cassette import Cassette, Interaction, Provenance
from harness.verify.scrubbing.scrubber import fake_key

FAKE = fake_key(Registry().pack("superchat"))
USER = {
    "id": "us_1",
    "url": "/users/us_1",
    "first_name": "Qxa",
    "last_name": "Vbelo",
    "email": "qxa@firm.test",
    "role": "admin",
    "language": "de",
    "created_at": "2026-11-01T08:00:00Z",
    "updated_at": "2026-11-01T08:00:00Z",
    "inboxes": [],
    "phone": None,
}
ME = {"user": USER, "workspace": {"name": "Vbelo"}}

Make = Callable[..., Path]


def run(*arguments: str, **environment: str) -> Result:
    wiped = {"SUPERCHAT_LIVE_API_KEY": None, "HARNESS_SALT_FILE": None}
    return CliRunner(env={**wiped, **environment}).invoke(main, ["cassettes", *arguments])


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Writes a cassette of one call and returns its file."""

    def write(
        body: Any = ME,
        *,
        name: str = "me",
        uri: str = "https://api.superchat.com/v1.0/me",
        key: str = FAKE,
        operations: tuple[str, ...] = ("me.list",),
        when: date = date(2026, 11, 22),
        kind: str = "recorded",
        folder: str = "cassettes",
    ) -> Path:
        answered = (("content-type", "application/json"),)
        text = json.dumps(body).encode()
        call = Interaction(0, "x", "GET", uri, (("x-api-key", key),), b"", 200, answered, text, kind)
        provenance = Provenance(kind, when, ("https://api.superchat.com/v1.0",), "1.0", operations)
        file = tmp_path / folder / "superchat" / f"{name}.yaml"
        Cassette(f"superchat/{name}", "superchat", file, provenance, (call,)).save(file)
        return file

    return write


def test_cassettes_are_listed(make: Make) -> None:
    done = run("list", str(make().parent), "--today", "2026-11-30")
    assert done.output.splitlines() == [
        "provider\tresource\tinteractions\tkind\tdate\tdays\toperations",
        "superchat\tme\t1\trecorded\t2026-11-22\t8\tme.list",
    ]
    [row] = json.loads(run("list", str(make()), "--json", "--today", "2026-11-30").stdout)
    assert (row["operations"], row["days"]) == (["me.list"], 8)


def test_the_shipped_ones_are_listed_by_their_provider() -> None:
    shipped = json.loads(run("list", "superchat", "--json").stdout)
    assert {row["provider"] for row in shipped} == {"superchat"}


def test_a_place_that_is_none_is_refused_with_the_providers() -> None:
    done = run("list", "superchad")
    assert done.exit_code == 2
    assert "superchad is no file, no folder and no provider (" in done.output


def test_a_good_cassette_passes_the_check(make: Make) -> None:
    done = run("check", str(make()))
    assert (done.exit_code, done.stderr) == (0, "1 cassettes, 0 problems, 0 not checked, 0 warnings\n"), done.output


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"key": "7c9e6679-7425-40de-944b-e07fc1f90ae7"}, "the request header x-api-key looks like a live credential"),
        ({"body": {**ME, "api_key": "kJ8sd0Fj3kd9sK2ls0dkfj3"}}, "the answer's body.api_key looks like a secret"),
        ({"uri": "https://api.superchat.com/v1.0/nothing"}, "the contract has no GET /v1.0/nothing"),
        ({"uri": "http://127.0.0.1:4000/v1.0/me"}, "no cassette is made from a fake"),
        ({"operations": ("me.lost",)}, "unknown operation of superchat 'me.lost': did you mean 'me.list'"),
        ({"operations": ("me.list", "users.list")}, "says that it shows users.list, and has no call of it"),
        ({"operations": ("users.list",)}, "shows me.list, which its provenance does not name"),
    ],
)
def test_what_is_wrong_is_found(make: Make, changes: dict[str, Any], problem: str) -> None:
    done = run("check", str(make(**changes)))
    assert done.exit_code == 1
    assert problem in done.output
    assert "7c9e6679" not in done.output


def test_persons_are_warnings(make: Make) -> None:
    person = {**USER, "first_name": "Ada", "email": "ada@firma.de", "phone": "+4915112345678"}
    found = json.loads(run("check", str(make({**ME, "user": person})), "--json").stdout)
    assert [text.partition(": ")[2] for text in found["warnings"]] == [
        "the answer's body.user.first_name has a name",
        "the answer's body.user.email has an e-mail address at a domain that can be owned",
        "the answer's body.user.phone has a phone number that can be called",
    ]
    assert found["problems"] == []


def test_a_broken_file_fails_the_check_and_the_others_are_looked_at(make: Make) -> None:
    file = make(operations=("me.lost",))
    (file.parent / "broken.yaml").write_text("interactions: [\n")
    done = run("check", str(file.parent))
    assert done.exit_code == 1
    assert "superchat/broken.yaml:" in done.output
    assert "me.lost" in done.output


def test_nothing_to_check_is_told(tmp_path: Path) -> None:
    assert run("check", str(tmp_path)).exit_code == 3


def test_what_is_of_no_use_is_found(make: Make) -> None:
    make()
    make(name="again")
    file = make(name="lost", uri="https://api.superchat.com/v1.0/nothing")
    done = run("unused", str(file.parent), "--json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)["superchat"]
    assert [Path(each).name for each in found["files"]] == ["again.yaml", "lost.yaml", "me.yaml"]
    assert found["interactions"] == ["superchat/lost.yaml:12: GET /v1.0/nothing is no operation of the contract"]
    assert "contacts.list" in found["operations"]
    assert "me.list" not in found["operations"]
    assert run("unused", str(file.parent), "--fail").exit_code == 1


def test_all_of_use_does_not_fail(make: Make) -> None:
    assert run("unused", str(make()), "--fail").exit_code == 0


def test_old_cassettes_fail(make: Make) -> None:
    make(name="old", when=date(2026, 1, 1))
    folder = str(make().parent)
    assert run("age", folder, "--today", "2026-12-01").exit_code == 0
    done = run("age", folder, "--max", "180", "--today", "2026-12-01")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[1] == "superchat/old\trecorded\t2026-01-01\t334"
    assert "1 older than 180 days" in done.stderr


def test_files_are_scrubbed_in_place_and_the_values_are_not_shown(make: Make, tmp_path: Path) -> None:
    file = make({**ME, "user": {**USER, "first_name": "Ada"}}, key="7c9e6679-7425-40de-944b-e07fc1f90ae7")
    options = (str(file), "--salt", str(tmp_path / "salt"))
    before = file.read_bytes()
    dry = run("scrub", *options, "--dry-run")
    assert file.read_bytes() == before
    done = run("scrub", *options)
    assert done.output == dry.output
    assert [line.split("\t")[1] for line in done.output.splitlines()] == ["kind", "header", "name"]
    assert "Ada" not in done.output + file.read_text()
    assert run("check", str(file)).exit_code == 0
    once = file.read_bytes()
    assert run("scrub", *options).output == "place\tkind\n"
    assert file.read_bytes() == once


def test_what_cannot_be_scrubbed_leaves_every_file_as_it_was(make: Make, tmp_path: Path) -> None:
    good, bad = make({**ME, "user": {**USER, "first_name": "Ada"}}), make(name="bad")
    cassette = Cassette.load(bad)
    [call] = cassette.interactions
    changed = Interaction(
        0, "x", "GET", call.uri, (), b"", 200, (("content-encoding", "br"),), b"\x8b\xff\xfe", "recorded"
    )
    cassette.with_interactions([changed]).save(bad)
    before = good.read_bytes(), bad.read_bytes()
    done = run("scrub", str(good.parent), "--salt", str(tmp_path / "salt"))
    assert done.exit_code == 1
    assert "a body in br cannot be looked into" in done.output
    assert (good.read_bytes(), bad.read_bytes()) == before


def test_a_scrub_needs_a_salt_or_the_live_key(make: Make) -> None:
    file = make({**ME, "user": {**USER, "first_name": "Ada"}})
    assert run("scrub", str(file)).exit_code == 2
    assert run("scrub", str(file), SUPERCHAT_LIVE_API_KEY="7c9e6679-7425-40de-944b-e07fc1f90ae7").exit_code == 0


def test_fields_that_differ_are_shown(make: Make) -> None:
    older = make(folder="older")
    changed = {name: value for name, value in USER.items() if name != "role"}
    newer = make({**ME, "user": {**changed, "colour": "red", "language": 3}}, folder="newer")
    done = run("diff", str(older.parent), str(newer.parent), "--json")
    assert done.exit_code == 1
    found = [(each["field"], each["change"], each["was"], each["now"]) for each in json.loads(done.stdout)["changes"]]
    assert found == [
        ("user.role", "lost", "string", ""),
        ("user.language", "retyped", "string", "number"),
        ("user.colour", "gained", "", "string"),
    ]
    assert run("diff", str(older.parent), str(older.parent)).exit_code == 0


def test_fields_that_the_contract_lacks_are_shown(make: Make) -> None:
    assert run("diff", str(make())).exit_code == 0
    changed = {name: value for name, value in USER.items() if name != "role"}
    done = run("diff", str(make({**ME, "user": {**changed, "colour": "red", "email": 1}})))
    assert done.exit_code == 1
    assert "me.list\t200\tuser.role\tlost\trequired\t" in done.output
    assert "me.list\t200\tuser.colour\tgained\t\tseen" in done.output
    assert "me.list\t200\tuser.email\tretyped\t" in done.output


def test_a_cassette_is_compared_with_the_fake(make: Make) -> None:
    assert run("diff", str(make()), "--fake").exit_code == 0
    done = run("diff", str(make({**ME, "user": {**USER, "colour": "red"}})), "--fake")
    assert "me.list\t200\tuser.colour\tlost\tstring\t" in done.output


def test_nothing_in_common_is_told(make: Make) -> None:
    other = make({}, name="users", uri="https://api.superchat.com/v1.0/users", operations=("users.list",), folder="b")
    assert run("diff", str(make()), str(other)).exit_code == 3


def test_a_cassette_is_exported(make: Make, tmp_path: Path) -> None:
    file, to = make(), tmp_path / "me.har"
    assert run("export", str(file), "--to", str(to)).exit_code == 0
    [entry] = json.loads(to.read_text())["log"]["entries"]
    assert json.loads(entry["response"]["content"]["text"]) == ME
    assert json.loads(run("export", str(file)).stdout)["log"]["version"] == "1.2"
    assert run("export", str(file), "--to", str(to)).exit_code == 2
    assert run("export", str(file), "--to", str(to), "--overwrite").exit_code == 0


def test_a_cassette_with_a_secret_is_not_exported(make: Make, tmp_path: Path) -> None:
    file = make(key="7c9e6679-7425-40de-944b-e07fc1f90ae7")
    done = run("export", str(file), "--to", str(tmp_path / "me.har"))
    assert (done.exit_code, (tmp_path / "me.har").exists()) == (1, False)


def test_a_cassette_of_a_provider_that_is_not_installed_is_counted_as_not_checked(make: Make, tmp_path: Path) -> None:
    elsewhere = tmp_path / "acme" / "me.yaml"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(make().read_bytes())
    result = run("check", str(elsewhere), "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["unchecked"] == [
        "acme/me: no pack of acme is installed, so nothing says what it may hold"
    ]
