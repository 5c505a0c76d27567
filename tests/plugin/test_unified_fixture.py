"""The fixture `unified`: the client on the test's sandbox, in process and with a running server."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.testing.unified import default_provider

pytest_plugins = ["pytester"]

Run = Callable[..., pytest.RunResult]

SUITE = """
    import pytest
    from harness.unified import UnifiedClient, UnifiedError

    def test_it_lists_the_sandboxs_contacts(unified, harness):
        contacts = list(unified.ticketing.contacts.list(limit=7))
        assert len({contact.id for contact in contacts}) == harness.state["superchat"]["contacts"] == 40

    def test_it_speaks_to_the_tests_own_sandbox(unified, superchat):
        made = unified.ticketing.contacts.create(name="Ada L", emails=[{"email": "ada@example.org"}])
        assert superchat.collection("contacts")[made.id]["first_name"] == "Ada"
        superchat.journal.assert_called("contacts.create")

    def test_it_is_fresh_each_time(unified):
        assert unified.ticketing.contacts.list(emails=[{"email": "ada@example.org"}]).result == []

    def test_other_providers_are_called_by_name(unified, superchat):
        assert unified.provider == "superchat"
        assert unified("superchat") is unified
        with pytest.raises(ValueError, match="unknown integration 'notebook'"):
            unified("notebook")

    def test_an_account_has_its_client(superchat):
        assert isinstance(superchat.unified, UnifiedClient)
        assert superchat.unified is superchat.unified
        assert superchat.unified.proxy.me.list().result[0]["workspace"]

    @pytest.mark.harness(faults={"superchat": [{"operation": "contacts.get", "effect": "status", "status": 500}]})
    def test_marks_hold_for_it(unified):
        with pytest.raises(UnifiedError) as failure:
            unified.ticketing.contacts.get("ct_x")
        assert (failure.value.status, failure.value.is_remote) == (500, True)
"""


def test_it_is_a_client_of_the_tests_sandbox(run: Run) -> None:
    run(SUITE).assert_outcomes(passed=6)


@pytest.mark.parametrize(
    ("reached", "requested", "provider"),
    [
        (["superchat"], [], "superchat"),
        (["aardvark", "superchat"], [], "superchat"),  # a further provider changes nobody's tests
        (["aardvark", "superchat"], ["unified", "aardvark", "harness"], "aardvark"),
        (["aardvark", "superchat"], ["aardvark", "superchat"], "superchat"),
        (["aardvark"], ["superchat"], "aardvark"),
    ],
)
def test_its_provider_follows_from_the_test_and_not_from_what_is_installed(
    reached: list[str], requested: list[str], provider: str
) -> None:
    assert default_provider(reached, requested) == provider


@pytest.mark.parametrize(("reached", "told"), [([], "no integration"), (["a", "b"], "harness_unified")])
def test_where_it_could_be_any_it_is_none(reached: list[str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        default_provider(reached)


def test_no_connection_is_left_open(run: Run) -> None:
    run(
        """
        import gc

        def test_a(unified, superchat):
            assert unified.ticketing.tags.list().result
            assert superchat.unified.ticketing.tags.list().result

        def test_b():
            gc.collect()
        """
    ).assert_outcomes(passed=2)


def test_the_ini_file_may_name_its_provider(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nharness_unified = superchat")
    run("def test_a(unified): assert unified.provider == 'superchat'").assert_outcomes(passed=1)
    pytester.makeini("[pytest]\nharness_unified = superchad")
    told = run("def test_a(unified): pass").stdout
    told.fnmatch_lines(["*no unified client for this test: unknown provider with an integration 'superchad': did you*"])


def test_the_failed_tests_report_has_what_it_sent(run: Run) -> None:
    told = run("def test_a(unified): assert unified.ticketing.contacts.list(limit=3).result == []").stdout
    told.fnmatch_lines(["*harness journal*", "*GET /v1.0/contacts[?]limit=3*"])
