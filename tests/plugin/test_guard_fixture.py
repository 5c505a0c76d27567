"""The guard of the plugin: up while a fixture is active, and only then."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Run = Callable[..., pytest.RunResult]

SUITE = """
    import socket, urllib.request
    import pytest

    @pytest.fixture(autouse=True)
    def no_names(monkeypatch):
        def getaddrinfo(*told, **named):
            raise socket.gaierror("looked up")
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    def call():
        urllib.request.urlopen("https://api.superchat.com/v1.0/me")

    def test_without_a_fixture():
        with pytest.raises(OSError, match="looked up"):
            call()

    @pytest.mark.parametrize("name", ["harness", "superchat"])
    def test_with_a_fixture(name, request):
        request.getfixturevalue(name)
        with pytest.raises({with_it}):
            call()

    def test_with_the_server(harness_server):
        with pytest.raises({with_it}):
            call()

    def test_without_a_fixture_again():
        with pytest.raises(OSError, match="looked up"):
            call()
"""


def test_it_is_up_while_a_fixture_is_active_and_only_then(run_in_process: Run) -> None:
    error = 'RuntimeError, match="superchat.intercept"'
    run_in_process(SUITE.replace("{with_it}", error)).assert_outcomes(passed=5)


def test_the_ini_file_switches_it_off(run_in_process: Run) -> None:
    suite = SUITE.replace("{with_it}", 'OSError, match="looked up"')
    run_in_process(suite, "-o", "harness_guard=false").assert_outcomes(passed=5)
