"""The suite `conduct`: a good client passes, and each way to be a bad one is found by the case that is there for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from harness import Account
from harness.verify.case import Outcome, judged
from harness.verify.run import run
from harness.verify.subject import Subject
from harness.verify.suites.conduct import cases

WORK: dict[str, Callable[[Any, Any], Any]] = {
    "contacts.list": lambda client, account: client.contacts(),
    "contacts.create": lambda client, account: client.add("grace@example.org"),
}


class Client:
    """A well-behaved client; subclasses behave badly in one way."""

    attempts = 3
    limit = 100

    def __init__(self, account: Account, sleep: Callable[[float], Any]) -> None:
        self.http = account.client()
        self.sleep = sleep

    def contacts(self) -> list[dict[str, Any]]:
        return list(self._walk("/contacts"))

    def add(self, mail: str) -> Any:
        return self._call("POST", "/contacts", json={"handles": [{"type": "mail", "value": mail}]})

    def close(self) -> None:
        self.http.close()

    def _walk(self, path: str) -> Iterator[dict[str, Any]]:
        asked: dict[str, Any] = {"limit": self.limit}
        while True:
            page = self._call("GET", path, params=asked)
            yield from page["results"]
            if page["pagination"]["next_cursor"] is None:
                return
            asked["after"] = page["pagination"]["next_cursor"]

    def _call(self, method: str, path: str, **more: Any) -> Any:
        for left in reversed(range(self.attempts)):
            answer = self.http.request(method, path, **more)
            if answer.status_code == 429 and "retry-after" in answer.headers and left:
                self.wait(answer)
                continue
            return answer.raise_for_status().json()
        raise AssertionError

    def wait(self, answer: httpx.Response) -> None:
        self.sleep(float(answer.headers["retry-after"]))


class Impatient(Client):
    def wait(self, answer: httpx.Response) -> None:
        self.sleep(1)


class GivesUp(Client):
    attempts = 1


class FirstPageOnly(Client):
    def contacts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._call("GET", "/contacts", params={"limit": self.limit})["results"]
        return found


class OnePageMore(Client):
    def _walk(self, path: str) -> Iterator[dict[str, Any]]:
        yield from super()._walk(path)
        self._call("GET", path, params={"after": "ct_more"})


class Silent(Client):
    def _walk(self, path: str) -> Iterator[dict[str, Any]]:
        try:
            yield from super()._walk(path)
        except Exception:
            return


class Hammers(Client):
    def _call(self, method: str, path: str, **more: Any) -> Any:
        for _ in range(40):
            answer = self.http.request(method, path, **more)
            if answer.is_success:
                return answer.json()
        return answer.raise_for_status().json()


class Repeats(Client):
    def add(self, mail: str) -> Any:
        try:
            return super().add(mail)
        except httpx.HTTPError:
            return super().add(mail)


class Careful(Client):
    """After a cut it looks what became of its contact."""

    def add(self, mail: str) -> Any:
        try:
            return super().add(mail)
        except httpx.TransportError:
            found = [each for each in self.contacts() if any(handle["value"] == mail for handle in each["handles"])]
            return found[0] if found else super().add(mail)


class Knocks(Client):
    def _call(self, method: str, path: str, **more: Any) -> Any:
        try:
            return super()._call(method, path, **more)
        except httpx.HTTPStatusError:
            return super()._call(method, path, **more)


def outcomes(client: Callable[..., Any], **work: Callable[[Any, Any], Any]) -> dict[str, Outcome]:
    subject = Subject(provider="superchat", client=client, work=work or WORK)
    return {each.case.id: each for each in run(subject, ["conduct"]).outcomes}


def judge(client: Callable[..., Any], name: str, **work: Callable[[Any, Any], Any]) -> Outcome:
    """The outcome of one case."""
    subject = Subject(provider="superchat", client=client, work=work or WORK)
    (case,) = (each for each in cases(subject) if each.id == name)
    return judged(case, subject)


def test_the_reference_client_is_asked_much() -> None:
    assert len(list(cases(Subject(provider="superchat")))) > 200  # that it passes them all: test_shipped.py


@pytest.mark.parametrize("client", [Client, Careful])
def test_a_client_that_behaves_passes_every_case(client: type[Client]) -> None:
    found = outcomes(client)
    assert {outcome.message for outcome in found.values() if outcome.verdict != "passed"} == set()
    assert "contacts.list reads all pages" in found
    assert "contacts.create a cut after it took effect" in found


@pytest.mark.parametrize(
    ("client", "found_by"),
    [
        (Impatient, {"contacts.list waits as it is told"}),
        (GivesUp, {"contacts.list waits as it is told"}),
        (FirstPageOnly, {"contacts.list reads all pages"}),
        (OnePageMore, {"contacts.list reads all pages"}),
        (Silent, {"contacts.list gives up some time", "contacts.list half a page"}),
        (Hammers, {"contacts.list gives up some time", "contacts.list does not hammer"}),
        (Repeats, {"contacts.create a cut after it took effect"}),
        (Knocks, {"contacts.list leaves a closed door"}),
    ],
)
def test_a_client_that_misbehaves_is_found_out(client: type[Client], found_by: set[str]) -> None:
    assert {judge(client, name).verdict for name in found_by} == {"failed"}


def test_a_finding_tells_the_exchanges_it_is_about() -> None:
    message = judge(Impatient, "contacts.list waits as it is told").message
    assert "too early" in message
    assert "GET /v1.0/contacts" in message


def test_a_client_that_cannot_be_given_a_sleep_is_judged_in_real_time() -> None:
    def opened(account: Account) -> Client:
        return Impatient(account, sleep=lambda seconds: None)

    assert "too early" in judge(opened, "contacts.list waits as it is told").message


def test_without_work_nothing_is_known_of_a_client() -> None:
    (outcome,) = run(Subject(provider="superchat", client=Client), ["conduct"]).outcomes
    assert outcome.verdict == "unchecked"
    assert "give work={" in outcome.message


def test_a_work_that_does_not_call_its_operation_is_not_checked() -> None:
    found = outcomes(Client, **{"labels.list": lambda client, account: []})
    assert {outcome.verdict for outcome in found.values()} == {"unchecked"}
    assert found["labels.list reads all pages"].message == "the work for labels.list never called it"


def test_a_list_that_fits_on_one_page_of_the_client_is_not_passed_over() -> None:
    work: Any = {"labels.list": lambda client, account: list(client._walk("/labels"))}
    assert "fits on one page" in judge(Client, "labels.list reads all pages", **work).message
    assert judge(Client, "labels.list waits as it is told", **work).verdict == "passed"


def test_records_that_a_work_loses_are_missed() -> None:
    work: Any = {"contacts.list": lambda client, account: client.contacts()[1:]}
    assert "missing is" in judge(Client, "contacts.list reads all pages", **work).message
