"""Recording a real API: requests go out through httpx, and nothing is written before all of it is scrubbed.

Not vcrpy's record mode: it writes each answer as it came and redacts by the names of headers and parameters, while here
names and secrets of one answer are looked for in all others first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from harness.core.hosts import known_as
from harness.verify.cassette import Cassette, Interaction, Provenance
from harness.verify.recording.plan import Step, at, filled
from harness.verify.scrubbing.scrubber import Scrubber
from harness.verify.scrubbing.secret_forms import stand_in

if TYPE_CHECKING:
    import httpx

    from harness.core.pack import Pack

MAX_BODY = 5_000_000
"""Bytes of an answer that are kept."""
MAX_WAIT = 300
"""Seconds of a Retry-After that are waited for."""
MAX_WAITS = 5
"""How often one request is sent again."""
REHEARSAL = "Rehearsal against a loopback server: says nothing about the provider."


class RecordingError(Exception):
    """Nothing was recorded, or not all; the text says why and what to do."""


class Interrupted(RecordingError):
    """The other side did not let us go on."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go."""

    base_url: str
    host: str
    is_loopback: bool = False
    note: str | None = None
    """What a cassette says about a host that is not the provider's known one."""


def live_key(pack: Pack, environment: Mapping[str, str], target: Target | None = None) -> str:
    """The key of the real account, from the one place it is read from. Raises RecordingError."""
    variable = f"{pack.name.upper()}_LIVE_API_KEY"
    key = environment.get(variable, "").strip()
    if not key:
        raise RecordingError(
            f"{variable} is not set: recording needs a key of a real account, and takes it from nowhere else"
        )
    if len(key) < 8 or not (key.isascii() and key.isprintable()):
        raise RecordingError(f"{variable} holds no key: it is too short, or has characters that no header can have")
    if stand_in(key) == key and not (target and target.is_loopback):
        raise RecordingError(f"{variable} holds the key of a fake, which no real host knows")
    return key


def target_of(
    pack: Pack, base_url: str | None = None, *, allowed: Iterable[str] = (), against_loopback: bool = False
) -> Target:
    """The address to record against, where that is allowed. Raises RecordingError."""
    servers = [server["url"] for server in pack.contract.document.get("servers", ())]
    url = (base_url or (servers[0] if servers else "")).rstrip("/")
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    if not host or parts.scheme not in ("http", "https") or parts.query or parts.fragment or "@" in parts.netloc:
        raise RecordingError(
            f"{url!r} is no address to record against: give one such as {servers[0] if servers else 'https://api.example.com'}"
        )
    if not parts.path and pack.contract.base_path:
        url += pack.contract.base_path
    if is_loopback(host):
        if not against_loopback:
            raise RecordingError(
                f"{host} is this machine: no cassette is made from a fake; --against-loopback rehearses with a server"
                " that stands in for the real one, and what it writes says so"
            )
        return Target(url, host, True, REHEARSAL)
    if against_loopback:
        raise RecordingError(f"{host} is not this machine: leave --against-loopback out")
    if parts.scheme != "https":
        raise RecordingError(f"{url} is not https: the live key would be readable on the way")
    if known_as(host, pack.hosts) is not None:
        return Target(url, host)
    if host not in {name.lower() for name in allowed}:
        known = ", ".join(pack.hosts)
        raise RecordingError(
            f"{host} is not a host of {pack.title} ({known}): the live key goes there only with --allow-target {host}"
        )
    return Target(url, host, note=f"Recorded at {host}, a host that was allowed by name.")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, as far as its name tells."""
    name = host.lower().rstrip(".").strip("[]")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return bool(mapped.is_loopback or mapped.is_unspecified)


@dataclass(slots=True)
class Recorder:
    """Carries out a plan against one target and keeps the exchanges in memory."""

    pack: Pack
    target: Target
    key: str = field(repr=False)
    transport: httpx.BaseTransport | None = None
    """For tests: what carries the requests."""
    sleep: Callable[[float], object] | None = None
    """Waits out a Retry-After; without it a 429 ends the recording."""
    skipped: list[str] = field(default_factory=list)
    """What was not asked, or not kept, with the reason."""
    _found: dict[str, list[Interaction]] = field(default_factory=dict, repr=False)
    _shown: dict[str, list[str]] = field(default_factory=dict, repr=False)

    def run(self, steps: Iterable[Step]) -> None:
        """Ask. Raises Interrupted when the other side refuses the key, limits us or cannot be reached."""
        import httpx

        values: dict[str, Any] = {}
        options: dict[str, Any] = {"transport": self.transport} if self.transport else {}
        # redirects are answers, and following one could carry the key elsewhere
        with httpx.Client(
            follow_redirects=False,
            timeout=30,
            trust_env=not self.target.is_loopback,
            headers={"user-agent": "provider-harness", "accept": "application/json", **self.pack.headers(self.key)},
            **options,
        ) as client:
            for step in steps:
                missing = [name for name in step.wanted if values.get(name) is None]
                if missing:
                    self.skipped.append(f"{step.operation.id}: no earlier answer held ${missing[0]}")
                    continue
                try:
                    self._walk(client, step, values)
                except httpx.HTTPError as error:
                    what = type(error).__name__
                    raise Interrupted(f"{step.operation.id}: {self.target.host} could not be asked: {what}") from None

    @property
    def interactions(self) -> list[Interaction]:
        """What was recorded, as it came. It is not fit to be written."""
        return [each for found in self._found.values() for each in found]

    def cassettes(self, scrubber: Scrubber, today: date) -> list[Cassette]:
        """What was recorded, scrubbed, one cassette a resource. Raises NotScrubbed."""
        found = []
        for resource, interactions in self._found.items():
            provenance = Provenance(
                "recorded",
                today,
                (self.target.base_url,),
                str(self.pack.contract.document["info"]["version"]),
                tuple(dict.fromkeys(self._shown[resource])),
                self.target.note,
            )
            name = f"{self.pack.name}/{resource}"
            found.append(Cassette(name, self.pack.name, None, provenance, tuple(interactions)))
        return scrubber.cassettes(found)

    def _walk(self, client: httpx.Client, step: Step, values: dict[str, Any]) -> None:
        query = dict(filled(step.query, values))
        paging = self.pack.paging
        for page in range(step.pages):
            document = self._ask(client, step, query, values)
            if page == 0:
                values |= {name: at(document, way) for name, way in step.save.items()}
            forward = [name for name in paging.cursors if name not in paging.backward] if paging else []
            cursors = paging.next_cursors(document) if paging and document is not None else []
            name = next((name for name in forward if name in step.operation.parameters), None)
            if not cursors or name is None:
                return
            query[name] = cursors[0]

    def _ask(self, client: httpx.Client, step: Step, query: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
        operation = step.operation
        template = operation.template
        for name, value in step.path.items():
            template = template.replace(f"{{{name}}}", quote(str(filled(value, values)), safe=""))
        options: dict[str, Any] = {"params": dict(query)} if query else {}
        if step.files:
            options["files"] = {name: (file.name, file.read_bytes()) for name, file in step.files.items()}
            options["data"] = filled(step.body or {}, values)
        elif step.body is not None:
            options["json"] = filled(step.body, values)
        request = client.build_request(operation.method, f"{self.target.base_url}{template}", **options)
        answer = client.send(request)
        for _ in range(MAX_WAITS):
            if answer.status_code != 429:
                break
            self._wait(operation.id, answer.headers.get("retry-after", ""))
            answer = client.send(client.build_request(operation.method, f"{self.target.base_url}{template}", **options))
        if answer.status_code == 429:
            raise Interrupted(f"{operation.id}: {self.target.host} goes on limiting us; nothing is written: try later")
        # some answer a wrong key with 403, which a plan that allows less does as well, though not to everything
        if answer.status_code == 401 or (answer.status_code == 403 and not self._found):
            status = answer.status_code
            raise Interrupted(f"{operation.id}: {self.target.host} refuses the live key ({status}); nothing is written")
        if answer.status_code >= 500 or len(answer.content) > MAX_BODY:
            why = f"answered {answer.status_code}" if answer.status_code >= 500 else f"answered over {MAX_BODY} bytes"
            self.skipped.append(f"{operation.id}: {why}")
            return None
        self._keep(operation.id, request.read(), answer)
        try:
            return answer.json() if answer.status_code < 300 else None
        except ValueError:
            return None

    def _wait(self, operation: str, wish: str) -> None:
        stop = f"{operation}: {self.target.host} limits us (429)"
        if not wish.isdecimal():
            raise Interrupted(
                f"{stop} and does not say for how long; nothing is written: try again later, with a smaller plan"
            )
        if self.sleep is None or int(wish) > MAX_WAIT:
            raise Interrupted(f"{stop} for {wish} seconds; nothing is written: try again then")
        self.sleep(int(wish))

    def _keep(self, operation: str, body: bytes, answer: httpx.Response) -> None:
        resource = operation.rpartition(".")[0]
        kept = self._found.setdefault(resource, [])
        self._shown.setdefault(resource, []).append(operation)
        number = len(kept)
        kept.append(
            Interaction(
                number,
                f"{resource}.yaml, interaction {number} ({operation})",
                answer.request.method,
                str(answer.request.url),
                tuple((name.lower(), value) for name, value in answer.request.headers.multi_items()),
                body,
                answer.status_code,
                _headers(answer),
                answer.content,
                "recorded",
            )
        )


def _headers(answer: httpx.Response) -> tuple[tuple[str, str], ...]:
    """The answer's headers as they describe the body that httpx has decoded."""
    gone = ("content-encoding", "transfer-encoding")
    coded = answer.headers.get("content-encoding", "identity") != "identity"
    pairs = [(name.lower(), value) for name, value in answer.headers.multi_items() if name.lower() not in gone]
    return tuple(
        (name, str(len(answer.content)) if coded and name == "content-length" else value) for name, value in pairs
    )


def write(cassettes: Iterable[Cassette], folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Write them to `folder/provider/resource.yaml`, all or none. Raises RecordingError where one is there already."""
    places = {folder / f"{cassette.name}.yaml": cassette for cassette in cassettes}
    refuse_existing(places, overwrite=overwrite)
    for path, cassette in places.items():
        cassette.save(path)
    return list(places)


def refuse_existing(paths: Iterable[Path], *, overwrite: bool) -> None:
    """Raise RecordingError for files that are there and may not be replaced."""
    there = [str(path) for path in paths if path.exists()]
    if there and not overwrite:
        raise RecordingError(f"{', '.join(there)} is there already: give --overwrite to replace, or another --to")
