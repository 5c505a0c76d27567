"""The scrubber: nothing secret or personal is left, joins and forms stay, twice is once."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import contract_check
from harness.core.registry import Registry
from harness.verify.cassette import Cassette, Interaction, Provenance
from harness.verify.scrubbing.leaks import check_places, persons
from harness.verify.scrubbing.pseudonyms import Pseudonyms, SaltError, is_fictitious, is_iban, is_reserved, salt_of_file
from harness.verify.scrubbing.scrubbed_text import TextScrubber
from harness.verify.scrubbing.scrubber import NotScrubbed, Scrubber, fake_key

PACK = Registry().pack("superchat")
SALT = b"0123456789abcdef"
KEY = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"

SECRETS = {
    "live key": KEY,
    "jwt": JWT,
    "stripe": "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "webhook": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "github": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "slack": "xoxb-123456789012-abcdefghijkl",
    "aws": "AKIAIOSFODNN7EXAMPL3",
}
PERSONS = {
    "mail": "ada.lovelace@firma.de",
    "umlaut": "jörg.müller@bäckerei.de",
    "phone": "+4915112345678",
    "spaced": "+49 151 98765432",
    "iban": "DE89370400440532013000",
    "ip": "84.23.17.201",
}
PART = '--X\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n%s\r\n--X--'
EVERYTHING = {**SECRETS, **PERSONS}


def interaction(
    body: Any = None,
    *,
    uri: str = "https://api.superchat.com/v1.0/contacts",
    headers: dict[str, str] | None = None,
    sent: dict[str, str] | None = None,
    method: str = "GET",
    request: bytes = b"",
) -> Interaction:
    text = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    answered = {"content-type": "application/json", "content-length": str(len(text)), **(headers or {})}
    return Interaction(
        0,
        "superchat/contacts.yaml:9",
        method,
        uri,
        tuple({"x-api-key": KEY, **(sent or {})}.items()),
        request,
        200,
        tuple(answered.items()),
        text,
        "recorded",
    )


def cassette(*interactions: Interaction) -> Cassette:
    provenance = Provenance(
        "recorded", date(2026, 11, 22), ("https://api.superchat.com/v1.0",), "1.0", ("contacts.list",)
    )
    return Cassette("superchat/contacts", "superchat", None, provenance, ()).with_interactions(interactions)


def scrubbed(*interactions: Interaction, salt: bytes = SALT, key: str | None = KEY) -> list[Interaction]:
    [found] = Scrubber(PACK, Pseudonyms(salt), live_key=key).cassettes([cassette(*interactions)])
    return list(found.interactions)


def contact(**more: Any) -> dict[str, Any]:
    return {
        "id": "ct_0L8nWzWbjVlBbXvMQ6wv2",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "handles": [{"type": "mail", "value": PERSONS["mail"]}, {"type": "phone", "value": PERSONS["phone"]}],
        **more,
    }


@pytest.mark.parametrize("value", EVERYTHING.values(), ids=EVERYTHING)
@pytest.mark.parametrize(
    "wrap",
    [
        lambda value: interaction({"name": value}),
        lambda value: interaction({"name": f"see {value}, please"}),
        lambda value: interaction({"name": json.dumps({"inner": [value]})}),
        lambda value: interaction({"name": b64encode(f"it is {value}".encode()).decode()}),
        lambda value: interaction({"unheard_of": f"it is {value}"}),
        lambda value: interaction({value: 1}),
        lambda value: interaction(f"sorry, {value}".encode(), headers={"content-type": "text/html"}),
        lambda value: interaction({}, headers={"x-note": value if value.isascii() else quote(value)}),
        lambda value: interaction({}, uri=f"https://api.superchat.com/v1.0/contacts?q={quote(value, safe='')}"),
        lambda value: interaction({}, uri=f"https://api.superchat.com/v1.0/contacts/{quote(value, safe='')}"),
        lambda value: interaction({"url": f"https://files.firma.de/a/{quote(value)}?x={quote(value)}"}),
        lambda value: interaction({}, method="POST", request=json.dumps({"query": value}).encode()),
        lambda value: interaction(
            {},
            method="POST",
            request=f"a={quote(value, safe='')}&b=1".encode(),
            sent={"content-type": "application/x-www-form-urlencoded"},
        ),
        lambda value: interaction(
            {},
            method="POST",
            request=(PART % value).encode(),
            sent={"content-type": "multipart/form-data; boundary=X"},
        ),
    ],
    ids="field text nested base64 unknown key html header query path link body form multipart".split(),
)
def test_the_corpus_leaks_nothing_from_anywhere(wrap: Any, value: str) -> None:
    before = wrap(value)
    [after] = scrubbed(before)
    text = "\n".join(
        [after.uri, str(after.request_headers), str(after.headers), after.body.decode(), after.request_body.decode()]
    )
    assert value not in text
    assert quote(value, safe="") not in text
    assert b64encode(f"it is {value}".encode()).decode()[:24] not in text
    assert "firma" not in text
    assert not check_places(cassette(after), PACK)
    assert not persons(cassette(after), PACK)
    assert scrubbed(after, salt=b"another salt of someone", key=None) == [after]


def test_headers_with_credentials_keep_their_form() -> None:
    sent = {
        "authorization": f"Bearer {JWT}",
        "cookie": "sid=abcdef123; theme=dark",
        "proxy-authorization": "Basic YTpiYmJiYg==",
    }
    answered = {"set-cookie": "sid=abcdef123; Path=/; HttpOnly", "x-csrf-token": "f3a9c8d7e6b5a493"}
    [found] = scrubbed(interaction({}, sent=sent, headers=answered))
    headers = dict(found.request_headers)
    assert headers["x-api-key"] == fake_key(PACK)
    assert headers["authorization"].startswith("Bearer eyJhbGciOiJub25lIn0.")
    assert headers["cookie"] == "sid=scrubbed-; theme=scru"
    assert headers["proxy-authorization"] == "Basic c2NydWJiZWQ6c2NydWJiZWQ="
    assert found.header("set-cookie") == "sid=scrubbed-; Path=/; HttpOnly"
    assert found.header("x-csrf-token") == "facadefacadefaca"


def test_a_person_has_one_stand_in_wherever_it_stands() -> None:
    first, second, third = scrubbed(
        interaction({"results": [contact()]}),
        interaction({"email": "Ada.Lovelace@Firma.de", "display_name": "Lovelace, Ada"}),
        interaction({}, uri="https://api.superchat.com/v1.0/contacts?mail=ada.lovelace%40firma.de"),
    )
    one = first.json()["results"][0]
    mail, phone = (handle["value"] for handle in one["handles"])
    assert one["first_name"].lower() == mail.split(".")[0]
    assert one["last_name"].lower() == mail.split("@")[0].split(".")[1]
    assert second.json()["email"].lower() == mail
    assert second.json()["display_name"] == f"{one['last_name']}, {one['first_name']}"
    assert third.query == f"mail={quote(mail, safe='')}"
    assert phone.startswith("+999")


def test_ids_join_addresses_cursors_and_bodies() -> None:
    id = "ct_0L8nWzWbjVlBbXvMQ6wv2"
    page = {
        "results": [contact(url=f"/contacts/{id}")],
        "pagination": {"next_cursor": id, "next_url": f"/contacts?after={id}"},
    }
    first, second = scrubbed(interaction(page), interaction({}, uri=f"https://api.superchat.com/v1.0/contacts/{id}"))
    new = first.json()["results"][0]["id"]
    assert re.fullmatch(r"ct_[0-9A-Za-z]{21}", new)
    assert new != id
    assert first.json()["results"][0]["url"] == f"/contacts/{new}"
    assert first.json()["pagination"] == {"next_cursor": new, "next_url": f"/contacts?after={new}"}
    assert second.path == f"/v1.0/contacts/{new}"


def test_two_runs_with_one_salt_agree_and_with_two_do_not() -> None:
    [first], [second], [other] = (
        scrubbed(interaction(contact()), salt=salt) for salt in (SALT, SALT, b"fedcba9876543210")
    )
    assert first == second
    assert first.json()["first_name"] != other.json()["first_name"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("email", "ada.lovelace@firma.de"),
        ("email", "A.Mueller+news@mail.firma-und-soehne.co.uk"),
        ("phone", "+4915112345678"),
        ("phone", "+1 (212) 736-5000"),
        ("phone", "0049 30 1234567"),
        ("name", "Dr. Jean-Luc O'Neil"),
        ("name", "ADA lovelace"),
        ("name", "José María Núñez"),
        ("handle", "@ada_1815"),
        ("iban", "DE89 3704 0044 0532 0130 00"),
        ("iban", "GB29NWBK60161331926819"),
        ("id", "550e8400-e29b-41d4-a716-446655440000"),
        ("id", "5f1d7f0a8b3c4d5e6f708192"),
        ("domain", "www.firma.de"),
    ],
)
def test_length_and_pattern_stay(kind: str, value: str) -> None:
    found: str = getattr(Pseudonyms(SALT), kind)(value)
    assert found != value
    assert len(found) == len(value)
    assert [letter for letter in found if not letter.isalnum()] == [
        letter for letter in value if not letter.isalnum()
    ] or kind in ("email", "domain")
    if kind == "name":
        assert [letter.isupper() for letter in found] == [letter.isupper() for letter in value]
    assert getattr(Pseudonyms(b"another salt, longer"), kind)(found) == found


@pytest.mark.parametrize(
    "text", ["DE89370400440532013000 030 1234567", "mail.84.23.17.201", "Tel+4915112345678x", "++4915112345678"]
)
def test_what_touches_a_value_does_not_hide_it(text: str) -> None:
    found = TextScrubber(Pseudonyms(SALT)).net(text)
    assert not [value for value in (*PERSONS.values(), "4915112345678") if value in found]


def test_stand_ins_are_valid_and_nobodys() -> None:
    names = Pseudonyms(SALT)
    assert is_reserved(names.email("ada@firma.de").split("@")[1])
    assert is_fictitious(names.phone("+4915112345678"))
    assert re.fullmatch(r"\+[1-9]\d{12}", names.phone("+4915112345678"))
    assert is_iban(names.iban("GB29NWBK60161331926819"))
    uuid = names.id("550e8400-e29b-41d4-a716-446655440000")
    assert (uuid[14], uuid[19]) == ("4", "a")
    assert names.ip("84.23.17.201").startswith("198.1")
    assert names.ip("2a00:1450:4001:81b::200e").startswith("2001:db8:")


@pytest.mark.parametrize("text", ["ada@example.com", "+49 30 23125 000", "+1 212 555 0199", "192.0.2.7", "10.0.0.1"])
def test_what_is_nobodys_stays(text: str) -> None:
    assert TextScrubber(Pseudonyms(SALT)).net(text) == text


@pytest.mark.parametrize(
    "text", ["at 12:30:45 and 1.2.3", "00:1a:2b:3c:4d:5e", "a:b:" + "a" * 5000 + "g", "2026-11-22T10:11:12Z"]
)
def test_times_and_versions_are_no_addresses(text: str) -> None:
    assert TextScrubber(Pseudonyms(SALT)).net(text) == text


def test_a_long_text_that_fits_nothing_takes_no_time() -> None:
    scrubber = TextScrubber(Pseudonyms(SALT))
    for piece in ("a", "a.", "a-", "1 ", "+1", "%41", "@a", "<a ", "a:", "eyJ", "{{"):
        assert scrubber.text(piece * 30_000)
        assert scrubber.net(piece * 30_000)


def test_half_a_character_is_no_hindrance() -> None:
    [found] = scrubbed(interaction(b'{"first_name": "\\ud83d Ada", "name": "\\ud83d"}'))
    assert found.json() is None or "Ada" not in str(found.json())


def test_the_parameters_of_an_embedded_address_are_looked_at() -> None:
    [found] = scrubbed(
        interaction({"next_url": "/contacts?first_name=Ada", "url": "https://api.superchat.com/x?last_name=Ada"})
    )
    assert "Ada" not in found.body.decode()


@given(st.text(max_size=80))
def test_scrubbing_a_text_twice_is_scrubbing_it_once(text: str) -> None:
    once = TextScrubber(Pseudonyms(SALT)).text(text)
    assert TextScrubber(Pseudonyms(b"another salt, longer")).text(once) == once


@given(st.text(alphabet="ab1@.+-_ /:%?=&{}<>é", max_size=60))
def test_the_net_over_a_text_twice_is_once(text: str) -> None:
    once = TextScrubber(Pseudonyms(SALT)).net(text)
    assert TextScrubber(Pseudonyms(b"another salt, longer")).net(once) == once


def test_free_text_keeps_its_layout_and_tells_no_word_twice_alike() -> None:
    text = 'Hallo {{1}},\n<p>Ada hat am 12.03. <a href="https://x.firma.de/Ada">hier</a> bestellt &amp; Ada zahlt</p>'
    [found] = scrubbed(interaction({"content": {"type": "text", "body": text}}))
    new = found.json()["content"]["body"]
    assert "{{1}},\n<p>" in new
    assert new.endswith("</p>")
    assert "&amp;" in new
    assert re.search(r' 11\.11\. <a href="https://[a-z.]+\.test/', new)
    assert "Ada" not in new
    words = re.findall(r"<p>(\w+)|(\w+) \w+</p>", new)
    assert words[0][0] != words[1][1]


def test_a_name_is_found_in_what_is_kept() -> None:
    first, second = scrubbed(interaction(contact()), interaction({"name": "Team of Ada", "type": "mail"}))
    assert second.json() == {"name": f"Team of {first.json()['first_name']}", "type": "mail"}


def test_what_says_nothing_of_anybody_stays_byte_for_byte() -> None:
    body = b'{ "created_at": "2024-05-01T10:11:12.123Z",\n "n": 1.10, "big": 12345678901234567890, "type":"mail" }'
    [found] = scrubbed(interaction(body))
    assert found.body == body


def test_numbers_in_personal_fields_are_replaced_and_stay_numbers() -> None:
    [found] = scrubbed(interaction({"phone": 4915112345678, "custom_attributes": [{"value": 52000.5}]}))
    assert found.json() == {"phone": 1111111111111, "custom_attributes": [{"value": 11111.1}]}


def test_a_number_that_is_a_secret_by_its_name_is_replaced() -> None:
    [found] = scrubbed(interaction({"pin": 4711, "id": 4711}))
    assert found.json() == {"pin": 1111, "id": 4711}


def test_a_contract_with_an_unknown_kind_of_field_is_refused() -> None:
    document = {**PACK.contract.document, "x-personal": {"contacts.*": {"name": "nmae"}, "contcats.*": {}}}
    document.pop("x-digest")
    found = contract_check.check(document)
    assert [problem.partition(": valid")[0].partition(" valid")[0] for problem in found] == [
        "x-personal.contacts.*.name: unknown kind 'nmae': did you mean 'name'?",
        "x-personal: unknown operation 'contcats.*': did you mean 'contacts.get'?",
    ]


def test_the_length_of_a_body_is_told_anew() -> None:
    [found] = scrubbed(interaction({"token": JWT}))
    assert found.header("content-length") == str(len(found.body))


def test_bytes_that_are_no_text_are_blanked_and_keep_their_length() -> None:
    [found] = scrubbed(interaction(b"\x89PNG\xff\xfe" * 10, headers={"content-type": "image/png"}))
    assert found.body == (b"scrubbed " * 7)[:60]


def test_a_compressed_body_is_looked_into() -> None:
    import gzip

    packed = gzip.compress(json.dumps(contact()).encode())
    [found] = scrubbed(interaction(packed, headers={"content-encoding": "gzip"}))
    assert found.json()["first_name"] != "Ada"
    assert found.header("content-encoding") is None


def test_a_body_that_cannot_be_looked_into_is_refused() -> None:
    with pytest.raises(NotScrubbed, match=r"superchat/contacts.yaml:9: a body in br cannot be looked into"):
        scrubbed(interaction(b"\x8b\xff\xfe", headers={"content-encoding": "br"}))


def test_an_original_that_comes_back_in_a_form_nobody_knows_is_refused() -> None:
    odd = b"<x>" + b"".join(b"&#%d;" % byte for byte in b"hi") + b"</x>"
    hidden = interaction({"status": "ada.lovelace@firma.de"[::-1]}), interaction(contact())
    assert scrubbed(*hidden)[1].json()["first_name"] != "Ada"
    assert scrubbed(interaction(odd, headers={"content-type": "text/html"}))
    with pytest.raises(NotScrubbed, match="an e-mail address that was replaced elsewhere is still there"):
        scrubbed(interaction(contact()), interaction({}, headers={"date": "ada.lovelace@firma.de"}))


def test_what_changed_is_told_by_place_and_never_by_value() -> None:
    scrubber = Scrubber(PACK, Pseudonyms(SALT), live_key=KEY)
    scrubber.cassettes([cassette(interaction(contact()))])
    assert ("superchat/contacts.yaml:9 answer body.first_name", "name") in scrubber.changed
    assert ("superchat/contacts.yaml:9 request header x-api-key", "header") in scrubber.changed
    assert "Ada" not in str(scrubber.changed)
    assert KEY not in repr(scrubber)


def test_values_that_share_a_stand_in_are_told() -> None:
    names = Pseudonyms(SALT)
    for number in range(200):
        names.email(f"x{number}@t.me")
    assert names.shared


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({"secret": "9f8e7d6c-aaaa-4bbb-8ccc-123456789012"}, "body.secret looks like a secret"),
        ({"access_token": "kJ8sd0Fj3kd9sK2ls0dkfj3"}, "body.access_token looks like a secret"),
        ({"note": "use Bearer abcdef0123456789"}, "a credential with its scheme"),
        ({"name": JWT}, "a JSON web token"),
        ({"name": SECRETS["stripe"]}, "a key of a known form"),
        ({"url": "https://x.test/a?X-Amz-Signature=abcdef0123"}, "a signed address"),
    ],
)
def test_what_looks_secret_is_named_with_place_and_remedy(body: Any, what: str) -> None:
    found = check_places(cassette(interaction(body, sent={"x-api-key": fake_key(PACK)})), PACK)
    assert any(what in problem for problem in found)
    assert all(
        problem.startswith("superchat/contacts.yaml:9: ") and "harness cassettes scrub" in problem for problem in found
    )


def test_paging_tokens_are_no_secrets() -> None:
    body = {"next_page_token": "abcdef0123456789abcd", "token_type": "bearer", "idempotency_key": "k-1234567890"}
    assert not check_places(cassette(interaction(body, sent={"x-api-key": "REDACTED"})), PACK)


def test_a_salt_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "kept" / "salt"
    assert salt_of_file(file) == salt_of_file(file)
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_salt_within_a_repository_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(SaltError, match="inside the repository"):
        salt_of_file(tmp_path / "deep" / "salt")
    assert not (tmp_path / "deep").exists()


def test_a_salt_that_is_too_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "salt").write_text("abc")
    with pytest.raises(SaltError, match="at least 16"):
        salt_of_file(tmp_path / "salt")


@pytest.mark.parametrize("hosts", [(), ("acme.api.kustomerapp.com",)])
def test_a_label_below_the_providers_host_names_its_customer_and_goes(hosts: tuple[str, ...]) -> None:
    kustomer = Registry().pack("kustomer")
    uri = "https://acme.api.kustomerapp.com/v1/tags?deleted=false"
    provenance = Provenance("recorded", date(2026, 11, 22), ("https://api.kustomerapp.com/v1",), "v1", ("tags.list",))
    found = Cassette("kustomer/tags", "kustomer", None, provenance, ()).with_interactions([interaction({}, uri=uri)])
    [scrubbed] = Scrubber(kustomer, Pseudonyms(SALT), hosts=hosts).cassettes([found])
    assert scrubbed.interactions[0].uri == uri.replace("acme", "scrubbed")
