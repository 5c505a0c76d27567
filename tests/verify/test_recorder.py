"""Recording against a loopback server that stands in for the real host."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from harness.cli import main
from harness.core.registry import Registry
from harness.verify.cassette import Cassette, load_all
from harness.verify.recording.plan import PlanError, default_plan, read_plan
from harness.verify.recording.recorder import Interrupted, Recorder, RecordingError, Target, live_key, target_of, write
from harness.verify.scrubbing.pseudonyms import Pseudonyms
from harness.verify.scrubbing.scrubber import Scrubber

PACK = Registry().pack("superchat")
KEY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
IDS = [f"ct_0L8nWzWbjVlBbXvMQ6wv{number}" for number in range(5)]
ORIGINALS = (KEY, "Lovelace", "Byron", "firma.de", "4915112345678", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZI", *IDS)


def person(number: int) -> dict[str, Any]:
    return {
        "id": IDS[number],
        "url": f"/contacts/{IDS[number]}",
        "first_name": "Ada" if number % 2 else "Anne",
        "last_name": "Lovelace" if number % 2 else "Byron",
        "gender": None,
        "handles": [
            {"id": "ch_1", "type": "mail", "value": f"anne{number}@firma.de"},
            {"id": "ch_2", "type": "phone", "value": f"+4915112345678{number}"},
        ],
        "custom_attributes": [],
        "created_at": "2026-11-01T08:00:00.000Z",
        "updated_at": "2026-11-01T08:00:00.000Z",
    }


class RealHost:
    """Contacts and webhooks, as the real host would have them."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.limited = 0

    def __call__(self, request: Request) -> Response:
        self.asked.append(f"{request.method} {request.full_path.rstrip('?')}")
        if request.headers.get("x-api-key") != KEY:
            return Response(status=401)
        if self.limited:
            self.limited -= 1
            return Response(status=429, headers={"retry-after": "7"})
        rest = request.path.removeprefix("/v1.0/")
        if rest == "contacts":
            start = IDS.index(request.args["after"]) + 1 if "after" in request.args else 0
            size = int(request.args.get("limit", 50))
            found = [person(number) for number in range(start, min(start + size, len(IDS)))]
            following = found[-1]["id"] if start + size < len(IDS) else None
            paging = {"next_cursor": following, "previous_cursor": None, "next_url": None, "previous_url": None}
            return self._json({"url": "/contacts", "results": found, "pagination": paging})
        if rest.startswith("contacts/"):
            return self._json(person(IDS.index(rest.split("/")[1])))
        if rest == "webhooks":
            hook = {"id": "wh_1", "target_url": "https://hooks.firma.de/in", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZI"}
            return self._json({"url": "/webhooks", "results": [hook], "pagination": {}})
        return Response(status=404)

    def _json(self, document: Any) -> Response:
        headers = {"set-cookie": "sid=3f2c9a8b7d6e5f40; Path=/", "x-forwarded-for": "84.23.17.201"}
        return Response(json.dumps(document), content_type="application/json", headers=headers)


@pytest.fixture
def real(httpserver: HTTPServer) -> RealHost:
    host = RealHost()
    import re

    httpserver.expect_request(re.compile("/v1.0/.*")).respond_with_handler(host)
    return host


class Run:
    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder

    def __call__(self, *arguments: str, key: str | None = KEY) -> Result:
        options = ("--base-url", self.url, "--against-loopback", "--to", str(self.folder), "--today", "2026-11-22")
        environment = {"SUPERCHAT_LIVE_API_KEY": key, "HARNESS_SALT_FILE": None}
        return CliRunner(env=environment).invoke(main, ["record", "superchat", *options, *arguments])


@pytest.fixture
def run(httpserver: HTTPServer, tmp_path: Path) -> Run:
    return Run(httpserver.url_for("/v1.0"), tmp_path / "recorded")


def recorder(httpserver: HTTPServer, **options: Any) -> Recorder:
    return Recorder(PACK, Target(httpserver.url_for("/v1.0"), "localhost", True), KEY, **options)


def test_a_round_trip_leaves_no_secret_and_no_person_in_any_byte(real: RealHost, run: Run) -> None:
    done = run("contacts.list", "contacts.get", "webhooks.list")
    assert done.exit_code == 0, done.output
    written = sorted(run.folder.rglob("*"))
    assert [file.name for file in written if file.is_file()] == ["contacts.yaml", "webhooks.yaml"]
    everything = b"".join(file.read_bytes() for file in written if file.is_file()).decode() + done.output
    assert not [original for original in (*ORIGINALS, "84.23", "3f2c9a8b", "Ada", "Anne") if original in everything]
    contacts, webhooks = load_all(run.folder)
    assert webhooks.interactions[0].json()["results"][0]["secret"].startswith("whsec_scrubbed")
    first, second, third, one = contacts.interactions
    assert [len(each.json()["results"]) for each in (first, second, third)] == [2, 2, 1]
    assert second.query == f"limit=2&after={first.json()['results'][-1]['id']}"
    assert one.path == f"/v1.0/contacts/{first.json()['results'][0]['id']}"
    assert one.json() == first.json()["results"][0]
    assert first.header("content-length") == str(len(first.body))
    assert real.asked[0] == "GET /v1.0/contacts?limit=2"


def test_a_recording_says_what_it_is(real: RealHost, run: Run) -> None:
    assert run("contacts.*").exit_code == 0
    [cassette] = load_all(run.folder)
    provenance = cassette.provenance
    assert (provenance.kind, provenance.date, provenance.api_version) == ("recorded", date(2026, 11, 22), "1.0")
    assert provenance.operations == ("contacts.list", "contacts.get")
    assert provenance.note == "Rehearsal against a loopback server: says nothing about the provider."


def test_a_rehearsal_is_no_evidence(real: RealHost, run: Run) -> None:
    run("contacts.list")
    done = CliRunner().invoke(main, ["cassettes", "check", str(run.folder)])
    assert done.exit_code == 1
    assert "no cassette is made from a fake" in done.output


def test_two_recordings_give_the_same_person_the_same_name(real: RealHost, run: Run) -> None:
    run("contacts.list")
    [first] = load_all(run.folder)
    run("contacts.list", "--overwrite")
    [second] = load_all(run.folder)
    assert [each.body for each in second.interactions] == [each.body for each in first.interactions]
    assert [each.uri for each in second.interactions] == [each.uri for each in first.interactions]


def test_what_is_there_is_not_overwritten(real: RealHost, run: Run) -> None:
    file = run.folder / "superchat" / "contacts.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    done = run("contacts.list")
    assert (done.exit_code, file.read_text(), real.asked) == (2, "mine", [])
    assert "give --overwrite to replace" in done.output


def test_without_a_key_nothing_is_asked(real: RealHost, run: Run) -> None:
    done = run("contacts.list", key=None)
    assert (done.exit_code, real.asked) == (2, [])
    assert "SUPERCHAT_LIVE_API_KEY is not set" in done.output


def test_a_refused_key_ends_the_recording_and_is_not_shown(real: RealHost, run: Run) -> None:
    done = run("contacts.list", key="9e107d9d-372b-4682-8bd8-9d3542a419d6")
    assert (done.exit_code, run.folder.exists()) == (3, False)
    assert "refuses the live key (401)" in done.output
    assert "9e107d9d" not in done.output


def test_what_was_not_recorded_is_told(real: RealHost, run: Run) -> None:
    done = run("contacts.list", "message_analytics.list")
    assert done.exit_code == 3
    assert "not recorded: message_analytics.list: no list leads to it" in done.output
    assert (run.folder / "superchat" / "contacts.yaml").exists()


def test_a_plan_is_carried_out_with_values_of_earlier_answers(real: RealHost, run: Run, tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        "- operation: contacts.list\n  query: {limit: 3}\n  save: {last: results.2.id}\n"
        "- operation: contacts.get\n  path: {contactId: $last}\n"
    )
    assert run("--plan", str(plan)).exit_code == 0
    assert real.asked == ["GET /v1.0/contacts?limit=3", f"GET /v1.0/contacts/{IDS[2]}"]


def test_a_write_is_asked_only_in_a_plan(real: RealHost, run: Run) -> None:
    done = run("contacts.create")
    assert (done.exit_code, real.asked) == (2, [])
    assert "contacts.create changes something: ask for it in a plan" in done.output


def test_a_dry_run_asks_nothing_and_needs_no_key(real: RealHost, run: Run) -> None:
    done = run("contacts.*", "--dry-run", "--json", key=None)
    assert (done.exit_code, real.asked) == (0, [])
    assert [row["operation"] for row in json.loads(done.stdout)["plan"]] == ["contacts.list", "contacts.get"]


def test_a_limit_is_waited_out_by_the_callers_sleep(real: RealHost, httpserver: HTTPServer) -> None:
    real.limited = 2
    slept: list[float] = []
    recording = recorder(httpserver, sleep=slept.append)
    recording.run(default_plan(PACK, ["contacts.list"])[0])
    assert slept == [7, 7]
    assert [each.status for each in recording.interactions] == [200, 200, 200]


def test_a_limit_without_an_end_ends_the_recording(real: RealHost, httpserver: HTTPServer) -> None:
    real.limited = 100
    with pytest.raises(Interrupted, match="goes on limiting us"):
        recorder(httpserver, sleep=lambda seconds: None).run(default_plan(PACK, ["contacts.list"])[0])
    assert len(real.asked) == 6


def test_a_403_to_everything_is_a_wrong_key_and_one_among_others_an_answer() -> None:
    statuses = iter([200, 403])

    def recorded(status: Any) -> Recorder:
        transport = httpx.MockTransport(lambda request: httpx.Response(status()))
        recording = Recorder(PACK, target_of(PACK), KEY, transport=transport)
        recording.run(default_plan(PACK, ["me.list", "users.list"])[0])
        return recording

    assert [each.status for each in recorded(lambda: next(statuses)).interactions] == [200, 403]
    with pytest.raises(Interrupted, match=r"refuses the live key \(403\)"):
        recorded(lambda: 403)


def test_a_limit_ends_a_recording_that_may_not_wait(real: RealHost, httpserver: HTTPServer) -> None:
    real.limited = 1
    with pytest.raises(Interrupted, match="limits us \\(429\\) for 7 seconds; nothing is written"):
        recorder(httpserver).run(default_plan(PACK, ["contacts.list"])[0])


def test_a_redirect_is_kept_and_not_followed() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return httpx.Response(302, headers={"location": "https://elsewhere.firma.de/x"})

    recording = Recorder(PACK, target_of(PACK), KEY, transport=httpx.MockTransport(answer))
    recording.run(default_plan(PACK, ["me.list"])[0])
    assert asked == ["api.superchat.com"]
    [cassette] = recording.cassettes(Scrubber(PACK, Pseudonyms(b"0123456789abcdef"), live_key=KEY), date(2026, 1, 1))
    assert "firma" not in str(cassette.interactions[0].headers)
    assert cassette.provenance.source == ("https://api.superchat.com/v1.0",)
    assert cassette.provenance.note is None


def test_a_server_error_is_no_evidence() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(503))
    recording = Recorder(PACK, target_of(PACK), KEY, transport=transport)
    recording.run(default_plan(PACK, ["me.list"])[0])
    assert recording.interactions == []
    assert recording.skipped == ["me.list: answered 503"]


def test_a_host_that_is_not_there_is_told_without_the_key() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no {request.headers['x-api-key']}")

    recording = Recorder(PACK, target_of(PACK), KEY, transport=httpx.MockTransport(fail))
    with pytest.raises(Interrupted) as caught:
        recording.run(default_plan(PACK, ["me.list"])[0])
    assert str(caught.value) == "me.list: api.superchat.com could not be asked: ConnectError"
    assert KEY not in repr(recording)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:4000/v1.0", "is this machine"),
        ("https://localhost/v1.0", "is this machine"),
        ("https://superchat.localhost/v1.0", "is this machine"),
        ("https://[::ffff:127.0.0.1]/", "is this machine"),
        ("http://api.superchat.com/v1.0", "is not https"),
        ("https://api.superchat.example/v1.0", "only with --allow-target api.superchat.example"),
        ("https://api.superchat.com.evil.example", "is not a host of Superchat"),
        ("https://user:pw@api.superchat.com", "is no address to record against"),
        ("ftp://api.superchat.com", "is no address to record against"),
    ],
)
def test_other_targets_are_refused(url: str, why: str) -> None:
    with pytest.raises(RecordingError, match=why):
        target_of(PACK, url)


def test_targets_that_are_allowed() -> None:
    assert target_of(PACK).base_url == "https://api.superchat.com/v1.0"
    assert target_of(PACK, "https://api.superchat.de").base_url == "https://api.superchat.de/v1.0"
    allowed = target_of(PACK, "https://gate.example/v1.0", allowed=["gate.example"])
    assert allowed.note == "Recorded at gate.example, a host that was allowed by name."
    with pytest.raises(RecordingError, match="leave --against-loopback out"):
        target_of(PACK, against_loopback=True)


def test_a_host_below_a_providers_own_may_be_recorded() -> None:
    kustomer = Registry().pack("kustomer")
    found = target_of(kustomer, "https://acme.api.kustomerapp.com")
    assert (found.base_url, found.note) == ("https://acme.api.kustomerapp.com/v1", None)
    with pytest.raises(RecordingError, match="only with --allow-target"):
        target_of(kustomer, "https://acme.kustomerapp.com")


def test_a_rehearsal_does_not_go_among_the_cassettes() -> None:
    done = CliRunner().invoke(main, ["record", "superchat", "--base-url", "http://127.0.0.1:9", "--against-loopback"])
    assert done.exit_code == 2
    assert "--against-loopback needs --to" in done.output


def test_the_key_of_a_fake_is_refused() -> None:
    with pytest.raises(RecordingError, match="holds the key of a fake"):
        live_key(PACK, {"SUPERCHAT_LIVE_API_KEY": PACK.make_key("x", None)})


def test_the_default_plan_only_reads_and_reaches_what_lists_lead_to() -> None:
    steps, left = default_plan(PACK)
    assert {step.operation.method for step in steps} == {"GET"}
    ids = [step.operation.id for step in steps]
    assert ids.index("notes.list") < ids.index("notes.get")
    assert {"contacts.get", "messages.get", "webhooks.get"} <= set(ids)
    reads = [id for id, operation in PACK.contract.operations.items() if operation.method == "GET"]
    assert len(ids) + len(left) == len(reads)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "- operation: contact.list\n",
            "plan.yaml:1: unknown operation of superchat 'contact.list'",
        ),
        ("- operation: contacts.get\n", "plan.yaml:1: contacts.get needs contactId in path"),
        (
            "- operation: contacts.list\n  quary: {}\n",
            "plan.yaml:2: unknown key of a request 'quary'",
        ),
        ("- operation: contacts.get\n  path:\n    contactId: $x\n", "$x is saved by no request before this one"),
        ("- operation: me.list\n  pages: 2\n", "plan.yaml:2: me.list has no pages"),
        ("- operation: me.list\n  pages: 0\n", "plan.yaml:2: pages is a number from 1 to 100, not 0"),
        ("{}\n", "plan.yaml:1: a plan is a list of requests"),
        ("- [\n", "not readable as YAML"),
    ],
)
def test_a_wrong_plan_is_named_with_its_line_before_anything_is_asked(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "plan.yaml").write_text(text)
    with pytest.raises(PlanError) as caught:
        read_plan(tmp_path / "plan.yaml", PACK)
    assert problem in str(caught.value)


def test_all_or_nothing_is_written(tmp_path: Path, real: RealHost, httpserver: HTTPServer) -> None:
    recording = recorder(httpserver)
    recording.run(default_plan(PACK, ["contacts.list", "webhooks.list"])[0])
    scrubber = Scrubber(PACK, Pseudonyms(b"0123456789abcdef"), live_key=KEY)
    cassettes: list[Cassette] = recording.cassettes(scrubber, date(2026, 1, 1))
    (tmp_path / "superchat").mkdir()
    (tmp_path / "superchat" / "webhooks.yaml").write_text("mine")
    with pytest.raises(RecordingError, match=r"webhooks\.yaml is there already"):
        write(cassettes, tmp_path)
    assert [file.name for file in (tmp_path / "superchat").iterdir()] == ["webhooks.yaml"]
