"""Stand-ins for personal data: the same value gets the same one wherever it stands, and leads nowhere without the salt.

A stand-in has the form and, where that form allows it, the length of what it stands for. It is recognisable without
the salt, so that what is scrubbed already stays as it is and a check can tell.
"""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Callable, Iterator
from ipaddress import IPv6Address, ip_address
from itertools import count
from pathlib import Path

_FIRST, _SECOND = "qxjv", "bcdfgkpqtvwxz"
"""No name and hardly a word of any language begins with one of these pairs."""
_VOWELS, _CONSONANTS = "aeiou", "bdfgklmnprstvz"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_WORD = re.compile(rf"[{_FIRST}][{_SECOND}](?:[a-z]{{0,2}}|(?:[{_VOWELS}][{_CONSONANTS}])*[{_VOWELS}]?)")
_RESERVED = re.compile(r"(?:.*\.)?(?:test|example|invalid|localhost|example\.(?:com|net|org))\.?", re.IGNORECASE)
"""RFC 2606 and 6761."""

NOBODYS_CODE = "999"
"""No country has this calling code: the ITU keeps it in reserve."""
_FICTITIOUS = re.compile(
    r"999\d*|1[2-9]\d\d55501\d\d|44(?:7700900|1632960|2079460)\d{3}|49(?:3023125|6990009|4066969|2214710|8999998)\d{3}"
    r"|33(?:19900|63998)\d{4}|61491570\d{3}"
)
"""999, and what the authorities of the USA, Britain, Germany, France and Australia set aside for fiction."""

ID_MARK, HEX_MARK = "00Q0", "facade00"
"""How the ids that stand for others begin, after their prefix."""
SECRET_MARK = "facadefa"
"""How the stand-ins for secrets in hexadecimal begin."""
FAKE_UUID = "fa4e0000-0000-4000-8000-"
"""How the UUIDs begin that are nobody's key."""
UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
PREFIXED_ID = re.compile(r"([a-z]{2,5}_)((?=[a-z]*[0-9A-Z])[0-9A-Za-z]{12,})")
HEX_ID = re.compile(r"[0-9a-f]{24}|[0-9a-f]{32}")
IBAN = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}")
_IBAN_LENGTHS = {
    country: size
    for size, countries in {
        15: "NO", 16: "BE", 18: "NL DK FI", 19: "SI", 20: "AT LU EE LT", 21: "CH LI HR LV", 22: "DE GB IE BG",
        24: "ES SE CZ SK RO", 25: "PT", 26: "TR IS", 27: "FR IT GR MC SM", 28: "PL HU CY", 31: "MT",
    }.items()
    for country in countries.split()
}  # fmt: skip
MIN_SALT = 16
"""Bytes."""


class SaltError(ValueError):
    """No salt that can be used; the text says what to do."""


def salt_of_key(key: str) -> bytes:
    """The salt that a live key stands for."""
    return hmac.digest(key.encode(), b"harness pseudonyms", "sha256")


def salt_of_file(path: Path) -> bytes:
    """The salt in a file; it is made, for its owner alone, where there is none. Never inside a repository."""
    import os
    import secrets

    place = path.expanduser().resolve()
    around = next((folder for folder in place.parents if (folder / ".git").exists()), None)
    if around is not None:
        raise SaltError(f"{path} is inside the repository {around}: keep the salt where nobody can commit it")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(secrets.token_hex(32).encode())
    except FileExistsError:
        pass
    except OSError as error:
        raise SaltError(f"{path} cannot be made: {error.strerror}") from None
    try:
        found = place.read_bytes().strip()
    except OSError as error:
        raise SaltError(f"{path} cannot be read: {error.strerror}") from None
    if len(found) < MIN_SALT:
        few = f"{path} holds {len(found)} bytes: a salt has at least {MIN_SALT}"
        raise SaltError(f"{few}; give another file, or remove this one for a new one")
    return hmac.digest(found, b"harness pseudonyms", "sha256")


class Pseudonyms:
    """Stand-ins drawn with a salt."""

    def __init__(self, salt: bytes) -> None:
        self._salt = salt
        self._owners: dict[tuple[str, str], str] = {}
        self.shared: set[str] = set()
        """Stand-ins of e-mail addresses and phone numbers that two values had to share; another salt parts them."""

    def name(self, text: str) -> str:
        """For the name of a person: each word has a stand-in of its own, whatever stands around it."""
        return _by_words(text, self._word)

    def email(self, text: str) -> str:
        """For an e-mail address: one of the same length at a reserved domain (at least 8 characters long)."""
        local, _, domain = text.rpartition("@")
        if is_reserved(domain):
            return text
        draws = self._draws("email", text)
        stand_in = self.domain(domain)
        room = max(len(text), 8) - len(stand_in) - 1
        if room != len(local):
            return self._own("email", text, f"{_drawn(draws, _LETTERS, room)}@{stand_in}")
        found = _by_words(local, lambda word: self._word(word) if len(word) > 1 else _drawn(draws, _LETTERS, 1))
        return self._own("email", text, f"{_with_digits(found, draws)}@{stand_in}")

    def domain(self, text: str) -> str:
        """For the name of a host: one of the same length (at least 6) below `.test`."""
        if is_reserved(text):
            return text
        letters = _drawn(self._draws("domain", text), _LETTERS, max(len(text) - 5, 1))
        labels = "".join("." if number % 31 == 30 else letter for number, letter in enumerate(letters))
        return f"{labels.removesuffix('.') + ('a' if labels.endswith('.') else '')}.test"

    def phone(self, text: str) -> str:
        """For a phone number in any notation: as many digits, behind a code that no country has."""
        digits = _digits(text)
        if is_fictitious(text) or len(digits) < 3:
            return text
        national = digits.startswith("0")
        lead = "0" if national else ""
        draws = self._draws("phone", digits)
        stand_in = (lead + NOBODYS_CODE + _drawn(draws, "0123456789", len(digits)))[: len(digits)]
        rest = iter(stand_in)
        skipped = 2 if re.match(r"\D*00", text) else 0
        return self._own("phone", digits, _mapped_digits(text, rest, skipped))

    def handle(self, text: str) -> str:
        """For a name in a network: words and figures drawn anew; one without letters becomes figures that begin with
        999."""
        if "@" in text.strip("@"):
            return self.email(text)
        words = [word for word in _words(text) if len(word) > 1]
        if not words:
            return self.phone(text) if len(_digits(text)) > 3 else text
        if all(map(is_word, words)):
            return text
        return _with_digits(self.name(text), self._draws("handle", text))

    def filler(self, text: str, whole: str, at: int = 0) -> str:
        """For free text: words of the same lengths and ones for figures, drawn from the `whole` that it is a part of
        and its place there, so that a word here tells nothing about the same word elsewhere."""
        if is_filler(text):
            return text
        draws = self._draws(f"text {at}", whole)
        return re.sub(r"\d", "1", _by_words(text, lambda word: _shaped(word, draws)))

    def id(self, text: str) -> str:
        """For an identifier: a prefix, the form of a UUID and its version, and the length stay."""
        if match := PREFIXED_ID.fullmatch(text):
            prefix, rest = match.groups()
            if rest.startswith(ID_MARK):
                return text
            return prefix + ID_MARK + _drawn(self._draws("id", text), _BASE62, len(rest) - len(ID_MARK))
        if text.lower().startswith((HEX_MARK, SECRET_MARK, FAKE_UUID)):
            return text
        draws = self._draws("id", text.lower())
        found = HEX_MARK + _drawn(draws, "0123456789abcdef", len(text) - len(HEX_MARK))
        if UUID.fullmatch(text):
            kept = (14, 19)  # the version and the variant
            pairs = enumerate(zip(text, found, strict=True))
            found = "".join(old if old == "-" or at in kept else new for at, (old, new) in pairs)
        return found.upper() if text.isupper() else found

    def iban(self, text: str) -> str:
        """For an IBAN: a valid one of the same country at a bank that is nothing but zeros."""
        plain = text.replace(" ", "")
        if is_nobodys_iban(text):
            return text
        draws = self._draws("iban", plain)
        account = "".join(
            ("X" if old.isalpha() else "0") if at < 8 or old.isalpha() else _drawn(draws, "0123456789", 1)
            for at, old in enumerate(plain[4:])
        )
        check = 98 - _remainder(f"{plain[:2]}00{account}")
        rest = iter(f"{plain[:2]}{check:02}{account}")
        return "".join(" " if old == " " else next(rest) for old in text)

    def ip(self, text: str) -> str:
        """For an address of the internet: one of those for benchmarks (v4) or documentation (v6)."""
        address = ip_address(text)
        if not address.is_global:
            return text
        draws = self._draws("ip", str(address))
        if isinstance(address, IPv6Address):
            return ":".join(["2001", "db8", *(f"{next(draws):x}" for _ in range(6))])
        return f"198.{18 + next(draws) % 2}.{next(draws) % 256}.{next(draws) % 256}"

    def _word(self, word: str) -> str:
        if is_word(word):
            return word
        return _shaped(word, self._draws("word", word))

    def _own(self, kind: str, value: str, stand_in: str) -> str:
        owner = self._owners.setdefault((kind, stand_in.casefold()), _normal(value))
        if owner != _normal(value):
            self.shared.add(stand_in)
        return stand_in

    def _draws(self, kind: str, value: str) -> Iterator[int]:
        """Numbers below 65536, without end."""
        message = f"{kind}\0{_normal(value)}".encode(errors="surrogatepass")
        seed = hmac.digest(self._salt, message, "sha512")
        for number in count():
            block = hmac.digest(seed, str(number).encode(), "sha512")
            yield from (int.from_bytes(block[at : at + 2]) for at in range(0, len(block), 2))


def is_word(text: str) -> bool:
    """Whether a word is one of ours; a single letter is `q`."""
    lower = text.lower()
    return lower == "q" or _WORD.fullmatch(lower) is not None


def is_filler(text: str) -> bool:
    """Whether a text has nothing but words of ours and ones."""
    return all(map(is_word, _words(text))) and not re.search(r"(?!1)\d", text)


def is_name(text: str) -> bool:
    """Whether a name is made of words of ours."""
    return all(map(is_word, _words(text)))


def is_reserved(domain: str) -> bool:
    """Whether nobody can own the domain."""
    return _RESERVED.fullmatch(domain) is not None


def is_fictitious(phone: str) -> bool:
    """Whether nobody can be called by the number."""
    digits = _digits(phone)
    return _FICTITIOUS.fullmatch(digits) is not None or digits.startswith(f"0{NOBODYS_CODE}")


def is_public(address: str) -> bool:
    """Whether an address of the internet may be somebody's."""
    return ip_address(address).is_global


def is_iban(text: str) -> bool:
    """Whether a text of that form has the right check digits."""
    return IBAN.fullmatch(text) is not None and _remainder(text.replace(" ", "")) == 1


def leading_iban(text: str) -> str | None:
    """The IBAN a text begins with, by the length that its country gives it."""
    size = _IBAN_LENGTHS.get(text[:2], 0)
    seen = 0
    for at, letter in enumerate(text):
        seen += letter != " "
        if seen == size:
            return text[: at + 1] if is_iban(text[: at + 1]) else None
    return None


def is_nobodys_iban(text: str) -> bool:
    """Whether its bank is nothing but zeros."""
    return not text.replace(" ", "")[4:12].strip("0X")


def _remainder(iban: str) -> int:
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip().casefold()


def _digits(phone: str) -> str:
    """The digits; the 00 that some dial for a plus left out."""
    return re.sub(r"\D", "", phone).removeprefix("00")


def _mapped_digits(text: str, digits: Iterator[str], skipped: int) -> str:
    found = []
    for letter in text:
        if letter.isdecimal():
            if skipped:
                skipped -= 1
            else:
                letter = next(digits)
        found.append(letter)
    return "".join(found)


def _with_digits(text: str, draws: Iterator[int]) -> str:
    return re.sub(r"\d", lambda _: _drawn(draws, "0123456789", 1), text)


def _drawn(draws: Iterator[int], letters: str, length: int) -> str:
    return "".join(letters[next(draws) % len(letters)] for _ in range(length))


def _shaped(word: str, draws: Iterator[int]) -> str:
    """A word of ours, as long as that one and with capitals in the same places."""
    size = len(word)
    if size == 1:
        found = "q"
    else:
        found = _drawn(draws, _FIRST, 1) + _drawn(draws, _SECOND, 1)
        if size <= 4:  # too short to give variety away for a better sound
            found += _drawn(draws, _LETTERS, size - 2)
        else:
            found += "".join(_drawn(draws, _CONSONANTS if at % 2 else _VOWELS, 1) for at in range(size - 2))
    return "".join(new.upper() if old.isupper() else new for old, new in zip(word, found, strict=True))


def _is_letter(character: str) -> bool:
    return character.isalpha() or unicodedata.category(character).startswith("M")


def _words(text: str) -> list[str]:
    found: list[str] = []

    def keep(word: str) -> str:
        found.append(word)
        return word

    _by_words(text, keep)
    return found


def _by_words(text: str, stand_in: Callable[[str], str]) -> str:
    """The text with each run of letters replaced."""
    found: list[str] = []
    word = ""
    for character in [*text, ""]:
        if character and _is_letter(character):
            word += character
            continue
        if word:
            found.append(stand_in(word))
            word = ""
        found.append(character)
    return "".join(found)
