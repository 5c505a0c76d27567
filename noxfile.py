"""Every chore of the project: `nox -l` lists them, CI runs them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "types", "contracts", "tests"]
nox.options.default_venv_backend = "venv"

PROJECT = nox.project.load_toml("pyproject.toml")
EXERCISED = ".harness/exercised.json"


def group(name: str) -> list[str]:
    """The packages of a dependency group."""
    return nox.project.dependency_groups(PROJECT, name)


def install_tests(session: nox.Session) -> None:
    """The project with what its tests need.

    niquests brings a urllib3 of its own. Installed from a wheel it takes the real one's name; built from source it does
    not, when it is told so.
    """
    session.install(*("--no-binary", "urllib3-future"), "-e", ".", *group("test"), env={"URLLIB3_NO_OVERRIDE": "1"})


@nox.session
def tests(session: nox.Session) -> None:
    """The whole suite, in parallel; arguments go to pytest."""
    install_tests(session)
    Path(EXERCISED).unlink(missing_ok=True)
    session.run("pytest", "-n", "auto", "--harness-exercised", EXERCISED, *session.posargs)


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
def supported(session: nox.Session) -> None:
    """The suite on every supported Python that is installed."""
    install_tests(session)
    session.run("pytest", "-n", "auto", *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Which operations the tests of the providers exercised, against the contracts."""
    install_tests(session)
    Path(EXERCISED).unlink(missing_ok=True)
    session.run("pytest", "-n", "auto", "-q", "--harness-exercised", EXERCISED, "tests/providers")
    session.run("harness", "coverage", "--exercised", EXERCISED)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Schemathesis at length: each operation and the chains between them; `-- EXAMPLES SEED` (200, and the date)."""
    install_tests(session)
    given = list(session.posargs)
    examples = given[0] if given else "200"
    seed = given[1] if len(given) > 1 else date.today().strftime("%Y%m%d")
    session.log("the same again: nox -s fuzz -- %s %s", examples, seed)
    session.run(
        "pytest",
        "-n",
        "auto",
        "-q",
        "tests/fuzz",
        env={"HARNESS_FUZZ_EXAMPLES": examples, "HARNESS_FUZZ_SEED": seed},
    )


@nox.session
def lint(session: nox.Session) -> None:
    """Style and formatting; `nox -s lint -- --fix` mends what can be mended."""
    session.install(*group("lint"))
    fix = "--fix" in session.posargs
    session.run("ruff", "check", *(["--fix"] if fix else []), ".")
    session.run("ruff", "format", *([] if fix else ["--check"]), ".")


@nox.session
def types(session: nox.Session) -> None:
    """The strict type check."""
    session.install("-e", ".", *group("types"))
    session.run("mypy")


@nox.session
def contracts(session: nox.Session) -> None:
    """Contracts and worlds: check them and say whether their bundles are current (`-- --write` makes them anew)."""
    session.install("-e", ".", *group("worlds"))
    folders = sorted(str(file.parent) for file in Path("contracts").glob("*/openapi.yaml"))
    write = "--write" in session.posargs
    session.run("python", "-m", "harness.unified.contract", *([] if write else ["--check"]))
    session.run("python", "-m", "harness.core.contract", *([] if write else ["--check"]), *folders)
    session.run("python", "-m", "harness.core.worlds", *([] if write else ["--check"]))
    session.run("python", "-m", "harness.unified.documentation", *([] if write else ["--check"]))


@nox.session
def verify(session: nox.Session) -> None:
    """All suites over all providers, judged by the shipped cassettes, golden files and worlds."""
    session.install("-e", ".")
    session.run("harness", "verify", *session.posargs)


@nox.session
def mutate(session: nox.Session) -> None:
    """Fake and mappings broken on purpose, one thing at a time: do the suites notice? `-- --most 300` for less."""
    session.install("-e", ".")
    session.run("harness", "mutate", "superchat", *session.posargs)
    session.run("harness", "mutate", "kustomer", *(session.posargs or ("--most", "5000")))


@nox.session
def wheel(session: nox.Session) -> None:
    """Build the wheel, install it into an empty environment, and use it away from the checkout."""
    session.install("build")
    out = Path(session.create_tmp()).resolve()
    session.run("python", "-m", "build", "--outdir", str(out), ".", silent=True)
    built = max(out.glob("*.whl"))
    session.run("python", "-m", "venv", "--clear", str(out / "empty"))
    python = str(out / "empty" / "bin" / "python")
    session.run(python, "-m", "pip", "install", "-q", str(built), external=True)
    check = (Path("tests") / "wheel_check.py").resolve()
    with session.chdir(out):
        session.run(python, "-I", str(check), external=True)


@nox.session
def bench(session: nox.Session) -> None:
    """The figures of the project, side by side with its peers; prints and stores a table."""
    session.install("-e", ".")
    session.run("python", "benchmarks/run.py", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Ten minutes of mixed load with faults and webhooks over one server; `-- --seconds 60` for less."""
    session.install("-e", ".")
    session.run("python", "benchmarks/soak.py", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The commands and snippets of README and docs, run as tests."""
    install_tests(session)
    session.run("pytest", "-q", "tests/docs", *session.posargs)
