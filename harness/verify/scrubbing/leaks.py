"""What in a cassette still looks like a secret, or like a person whom nobody made up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from harness.core.journal import SECRET_HEADERS
from harness.verify.cassette import Cassette, Interaction
from harness.verify.operations import Operations
from harness.verify.scrubbing import pseudonyms
from harness.verify.scrubbing.json_text import KEY, NoJson, Path, rewritten
from harness.verify.scrubbing.personal import Rules, rules_of
from harness.verify.scrubbing.scrubbed_text import EMAIL, IPV4, PHONE
from harness.verify.scrubbing.secret_forms import (
    authorization,
    cookie,
    is_secret_name,
    is_secret_parameter,
    stand_in,
    suspects,
)

if TYPE_CHECKING:
    from harness.core.pack import Pack

REMEDY = "run `harness cassettes scrub` on the file"


def check_places(cassette: Cassette, pack: Pack) -> list[str]:
    """What looks like a secret: each with file, line and remedy."""
    fake = pack.make_key("cassette", None)
    rules = rules_of(pack.contract)
    operations = Operations(pack.contract, pack.target)
    keys = SECRET_HEADERS | pack.secret_headers | {name.lower() for name in pack.headers("k")}
    note = cassette.provenance.note or ""
    found = [f"{cassette.name}: the note of the provenance has {what}: take it out" for what in suspects(note)]
    for interaction in cassette.interactions:
        left = _left(interaction, operations.id_of(interaction), rules, keys, pack, fake)
        found += [f"{interaction.place}: {problem}; {REMEDY}" for problem in dict.fromkeys(left)]
    return found


def _left(
    interaction: Interaction, operation: str | None, rules: Rules, keys: frozenset[str], pack: Pack, fake: str
) -> Iterator[str]:
    for side, headers in (("request", interaction.request_headers), ("answer", interaction.headers)):
        for name, value in headers:
            place = f"the {side} header {name}"
            if name in ("cookie", "set-cookie"):
                if cookie(value, is_set=name == "set-cookie") != value:
                    yield f"{place} looks like a live cookie"
            elif (name in keys or is_secret_name(name)) and fake not in value and authorization(value) != value:
                yield f"{place} looks like a live credential"
            yield from (f"{place} has what looks like {what}" for what in suspects(value))
    yield from (f"the address has what looks like {what}" for what in suspects(interaction.uri))
    for name, value in parse_qsl(interaction.query):
        if is_secret_parameter(name) and stand_in(value) != value:
            yield f"the parameter {name} of the address looks like a secret"

    problems: list[str] = []

    def look(side: str, path: Path, text: str, number: bool) -> str:
        kind = rules.kind(operation, path)
        name = path[-1] if path else ""
        named = kind == "secret" or (kind is None and is_secret_name(name)) or name in pack.secret_fields
        place = f"the {side}'s body.{'.'.join(path)}"
        if named and name != KEY and not number and text != fake and stand_in(text) != text:
            problems.append(f"{place} looks like a secret")
        else:
            problems.extend(f"{place} has what looks like {what}" for what in suspects(text))
        return text

    for side, body in (("request", interaction.request_body), ("answer", interaction.body)):
        text = body.decode("utf-8", "replace")

        def looked(path: Path, value: str, number: bool, side: str = side) -> str:
            return look(side, path, value, number)

        try:
            rewritten(text, looked)
        except NoJson:
            problems += [f"the {side}'s body has what looks like {what}" for what in suspects(text)]
    yield from problems


def persons(cassette: Cassette, pack: Pack) -> list[str]:
    """What looks like somebody's: an e-mail address at a domain that can be owned, a number that can be called, an
    address of the internet; and in what was taken from a live answer, names that are no pseudonyms."""
    rules = rules_of(pack.contract)
    operations = Operations(pack.contract, pack.target)
    live = cassette.provenance.kind != "documented"
    found: list[str] = []
    for interaction in cassette.interactions:
        operation = operations.id_of(interaction)
        what = list(_somebodys(interaction.uri))
        for side, body in (("request", interaction.request_body), ("answer", interaction.body)):

            def look(path: Path, text: str, number: bool, side: str = side) -> str:
                place = f"the {side}'s body.{'.'.join(path)}"
                what.extend(f"{place} has {each}" for each in _somebodys(text))  # noqa: B023
                if live and rules.kind(operation, path) == "name" and not pseudonyms.is_name(text):  # noqa: B023
                    what.append(f"{place} has a name")  # noqa: B023
                return text

            try:
                rewritten(body.decode("utf-8", "replace"), look)
            except NoJson:
                what += [f"the {side}'s body has {each}" for each in _somebodys(body.decode("utf-8", "replace"))]
        found += [f"{interaction.place}: {each}" for each in dict.fromkeys(what)]
    return found


def _somebodys(text: str) -> Iterator[str]:
    if any(not pseudonyms.is_reserved(match[0].rpartition("@")[2]) for match in EMAIL.finditer(text)):
        yield "an e-mail address at a domain that can be owned"
    if any(not pseudonyms.is_fictitious(match[0]) for match in PHONE.finditer(text)):
        yield "a phone number that can be called"
    for match in IPV4.finditer(text):
        parts = [int(part) for part in match[0].split(".")]
        # a version such as 1.2.3.4 has small figures
        if all(part < 256 for part in parts) and max(parts) > 20 and pseudonyms.is_public(match[0]):
            yield "an address of the internet"
            return
