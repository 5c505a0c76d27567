"""Records that a world asks for by number: invented with Faker, the same for the same seed always."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from faker import Faker

_LOCALES = ("de_DE", "en_US", "fr_FR", "es_ES", "nl_NL", "pt_BR", "pl_PL", "ja_JP")
_GENERATED = re.compile(r"generated-([0-9]+)")
_MINUTE = 60_000
_DAY = 86_400_000
_YEAR = 365 * _DAY

# numbers kept free for films and books: +49 30 23125, +44 7700 900, +1 <area> 555-01, +33 1 99 00
_FICTIONAL = {
    "de_DE": ("+493023125{:03}", "+496990009{:03}", "+494066969{:03}", "+492214710{:03}", "+498999998{:03}"),
    "en_US": ("+1212555{:04}", "+1415555{:04}", "+1312555{:04}"),
    "fr_FR": ("+331990{:05}", "+332619{:05}"),
}
_STATUSES = ("open", "closed", "snoozed", "archived", "spam")
_STATUS_WEIGHTS = (45, 40, 7, 5, 3)
_DELIVERIES = ("read", "delivered", "sent", "failed")
_DELIVERY_WEIGHTS = (60, 30, 7, 3)
_COMPANY_FORMS = {"de_DE": "GmbH", "en_US": "Inc.", "fr_FR": "SARL"}
_NEEDS = {"email": "emails", "whatsapp": "phones", "sms": "phones", "phone": "phones"}


def add(world: dict[str, Any], *, companies: int, contacts: int, conversations: int, seed: int) -> None:
    """Append that many records to the lists of an expanded world.

    Conversations are between the given and invented contacts and the given channels and agents. A
    contact writes on a channel that it has an address for, where there is one.
    """
    _Inventor(world, seed).add(companies, contacts, conversations)


class _Inventor:
    def __init__(self, world: dict[str, Any], seed: int) -> None:
        self.world = world
        self.random = Random(seed)  # noqa: S311
        self.fakers = {}
        for number, locale in enumerate(_LOCALES):
            self.fakers[locale] = Faker(locale)
            self.fakers[locale].seed_instance(seed * 1_000 + number)
        self.taken = {phone for contact in world["contacts"] for phone in contact["phones"]}
        self.phones = _phones(self.taken)
        self.emails = {email.casefold() for contact in world["contacts"] for email in contact["emails"]}

    def add(self, companies: int, contacts: int, conversations: int) -> None:
        self._append("companies", companies, self.company)
        self._append("contacts", contacts, self.contact)
        self._append("conversations", conversations, self.conversation)

    def _append(self, collection: str, count: int, make: Callable[[str, int], dict[str, Any]]) -> None:
        width = max(4, len(str(count)))
        there = (_GENERATED.fullmatch(record["key"]) for record in self.world[collection])
        first = 1 + max((int(match[1]) for match in there if match), default=0)
        for number in range(first, first + count):
            self.world[collection].append(make(f"generated-{number:0{width}}", number))

    def company(self, key: str, number: int) -> dict[str, Any]:
        locale = self.random.choice(list(_COMPANY_FORMS))
        name = f"{self.fakers[locale].last_name()} {_COMPANY_FORMS[locale]}"
        return {
            "key": key,
            "name": name,
            "domains": [f"company-{number}.example.com"],
            "phones": [],
            "created": -self.random.randrange(_YEAR, 4 * _YEAR),
        }

    def contact(self, key: str, number: int) -> dict[str, Any]:
        chance = self.random.random
        locale = self.random.choice(_LOCALES)
        fake = self.fakers[locale]
        gender = self.random.choice(("male", "female"))
        first = fake.first_name_male() if gender == "male" else fake.first_name_female()
        last = fake.last_name()
        reachable = chance()
        created = -self.random.randrange(_DAY, 3 * _YEAR)
        company = self.random.choice(self.world["companies"])["key"] if self.world["companies"] else None
        return {
            "key": key,
            "first_name": None if chance() < 0.02 else first,
            "last_name": None if chance() < 0.05 else last,
            "gender": gender if chance() < 0.8 else "unknown",
            "emails": [] if reachable < 0.15 else [self.email(number)],
            "phones": [] if reachable > 0.80 else [next(self.phones[locale])],
            "socials": [{"type": "instagram", "value": f"contact.{number}"}] if chance() < 0.1 else [],
            "company": company if chance() < 0.2 else None,
            "language": locale[:2],
            "city": fake.city(),
            "created": created,
            "updated": created if chance() < 0.5 else self.random.randrange(created, 0),
            "attributes": {},
        }

    def email(self, number: int) -> str:
        email = f"contact{number}@example.org"
        while email in self.emails:
            number += 1_000_000
            email = f"contact{number}@example.org"
        self.emails.add(email)
        return email

    def conversation(self, key: str, _: int) -> dict[str, Any]:
        chance = self.random.random
        contact = self.random.choice(self.world["contacts"])
        channels = [channel for channel in self.world["channels"] if _reaches(channel["type"], contact)]
        channel = self.random.choice(channels or self.world["channels"])
        agent = self.random.choice(self.world["agents"])["key"]
        fake = self.fakers.get(_locale(contact["language"]), self.fakers["en_US"])
        status = self.random.choices(_STATUSES, _STATUS_WEIGHTS)[0]
        subject = _sentence(fake, 5).rstrip(".。") if channel["type"] == "email" else None
        messages = self.messages(agent, subject, fake, max(contact["created"], -_YEAR))
        tags = [tag["key"] for tag in self.world["tags"] if chance() < 0.15]
        noted = chance() < 0.1
        return {
            "key": key,
            "contact": contact["key"],
            "channel": channel["key"],
            "subject": subject,
            "status": status,
            "snoozed_until": self.random.randrange(_DAY, 7 * _DAY) if status == "snoozed" else None,
            "assignees": [agent] if chance() < 0.7 else [],
            "team": channel["team"],
            "tags": tags,
            "messages": messages,
            "notes": ([{"at": messages[-1]["at"], "author": agent, "text": _sentence(fake, 8)}] if noted else []),
        }

    def messages(self, agent: str, subject: str | None, fake: Faker, earliest: int) -> list[dict[str, Any]]:
        count = self.random.randint(2, 8)
        at = self.random.randrange(earliest, 0) if earliest < 0 else 0
        found = []
        for number in range(count):
            inbound = number == 0 or self.random.random() < 0.5
            delivery = self.random.choices(_DELIVERIES, _DELIVERY_WEIGHTS)[0]
            found.append(
                {
                    "at": at,
                    "from": "contact" if inbound else agent,
                    "text": _sentence(fake, 10),
                    "html": None,
                    "subject": (subject if number == 0 else f"Re: {subject}") if subject else None,
                    "file": None,
                    "status": None if inbound else delivery,
                    "reply_to": None,
                }
            )
            at = min(0, at + self.random.randrange(_MINUTE, 180 * _MINUTE))
        return found


def _phones(taken: set[str]) -> dict[str, Iterator[str]]:
    """A stream of free fictional numbers for each locale, French ones where it has no range of its own."""
    french = _numbers(_FICTIONAL["fr_FR"], taken)
    return {
        locale: _numbers(_FICTIONAL[locale], taken) if locale in ("de_DE", "en_US") else french for locale in _LOCALES
    }


def _numbers(patterns: tuple[str, ...], taken: set[str]) -> Iterator[str]:
    for pattern in patterns:
        low, high = (100, 200) if pattern.endswith("{:04}") else (0, 10 ** int(pattern[-2]))
        for number in range(low, high):
            phone = pattern.format(number)
            if phone not in taken:
                taken.add(phone)
                yield phone
    # the fictional ranges are spent: an unassigned country code goes on
    for number in range(10**9):
        phone = f"+999{number:09}"
        if phone not in taken:
            taken.add(phone)
            yield phone


def _reaches(channel: str, contact: dict[str, Any]) -> bool:
    if channel in _NEEDS:
        return bool(contact[_NEEDS[channel]])
    return any(social["type"] == channel for social in contact["socials"])


def _locale(language: str | None) -> str:
    return next((locale for locale in _LOCALES if locale[:2] == language), "en_US")


def _sentence(fake: Faker, words: int) -> str:
    return str(fake.sentence(nb_words=words))
