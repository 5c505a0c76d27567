"""What an installed wheel must do away from the checkout; run by `nox -s wheel` in an empty environment."""

import subprocess
import sys
from pathlib import Path

import harness
from harness import data
from harness.unified import documentation
from harness.unified.account import IntegratedAccount

FOLDERS = ("contracts", "fixtures", "cassettes")


def check() -> None:
    """Fail loudly when something of the wheel is missing."""
    inside = Path(harness.__file__).parent
    for name in FOLDERS:
        assert data.folder(name).is_relative_to(inside), f"{name} is not in the wheel"
    for world, contacts in (("support_desk", 40), ("crowd", 1000), ("empty", 0)):
        with harness.sandbox(world=world) as sandbox:
            assert len(sandbox.superchat.collection("contacts")) == contacts
            assert sandbox.superchat.client().get("/contacts").status_code == 200
    account = IntegratedAccount.connect("superchat", {"api_key": "nobodys"})
    assert account.mappings.models() == ["instant-messaging", "ticketing", "user-directory"]
    assert documentation.load(account.integration.folder)["contacts"]["list"]["description"]
    command = Path(sys.executable).with_name("harness")
    for arguments in (["routes", "superchat"], ["env", "superchat"], ["--version"]):
        done = subprocess.run([command, *arguments], check=True, capture_output=True, text=True)
        assert done.stdout
    with harness.serve() as server:
        done = subprocess.run([command, "state", "--url", server.url], check=True, capture_output=True, text=True)
        assert "contacts" in done.stdout
    print(f"the wheel of {harness.__version__} is whole")


check()
