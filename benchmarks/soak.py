"""Ten minutes of mixed load with faults and webhooks over one server: `python benchmarks/soak.py [--seconds 600]`.

Fails when a write or a delivery is lost, when a refused write left a trace, or when memory grows after the warm-up.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

WORKERS = 4
WARM_UP = 0.4
"""The share of the run after which memory has to be flat."""
GROWTH = 1.1
"""What memory may grow to after that, as a factor."""
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Tally:
    """What one worker did and what it knows must be true in the end."""

    requests: int = 0
    faults: int = 0
    problems: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    """Contacts that must be there: e-mail by id."""
    refused: list[str] = field(default_factory=list)
    """E-mails whose creation was refused."""
    created: int = 0


class Receiver(ThreadingHTTPServer):
    """Counts deliveries by event; refuses the first attempt of every tenth event, as receivers do."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Delivery)
        self.lock = threading.Lock()
        self.attempts = 0
        self.seen: set[str] = set()
        self.events: set[str] = set()


class Delivery(BaseHTTPRequestHandler):
    """One attempt."""

    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.server.lock:
            self.server.attempts += 1
            refuse = body["id"] not in self.server.seen and len(self.server.seen) % 10 == 0
            self.server.seen.add(body["id"])
            if not refuse:
                self.server.events.add(body["contact"]["id"])
        self.send_response(503 if refuse else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Silent."""


def worker(number: int, base: str, headers: dict[str, str], until: float, tally: Tally) -> None:
    """Create, read, change, list and delete; remember what must hold."""
    step = 0
    with httpx.Client(base_url=base, headers=headers, timeout=30) as client:
        while time.monotonic() < until:
            step += 1
            mail = f"soak-{number}-{step}@example.com"
            body = {"first_name": f"Soak {step}", "handles": [{"type": "mail", "value": mail}]}
            tally.requests += 1
            try:
                answer = client.post("/contacts", json=body)
            except httpx.TransportError:
                tally.faults += 1
                tally.created += 1
                there = found(client, mail)  # the fault lets the request take effect
                if len(there) != 1:
                    tally.problems.append(f"{mail} was made, its answer cut off, and it is there {len(there)} times")
                for contact in there:
                    client.delete(contact["url"])
                continue
            if answer.status_code >= 500:
                tally.faults += 1
                tally.refused.append(mail)
                continue
            assert answer.status_code == 200, answer.text
            tally.created += 1
            made = answer.json()
            reads = [
                client.get(made["url"]),
                client.patch(made["url"], json={"last_name": "Changed"}),
                client.get("/contacts", params={"limit": 20}),
                client.get("/conversations", params={"limit": 20}),
            ]
            tally.requests += len(reads)
            assert reads[0].json()["id"] == made["id"]
            assert reads[1].json()["last_name"] == "Changed"
            if step % 1000:
                tally.requests += 1
                assert client.delete(made["url"]).status_code == 200
            else:
                tally.kept[made["id"]] = mail


def memory(process: int) -> float:
    """Resident memory in MiB."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE / 2**20


def found(client: httpx.Client, mail: str) -> list[dict[str, Any]]:
    """The contacts with an e-mail."""
    query = {"query": {"value": [{"field": "mail", "operator": "=", "value": mail}]}}
    results: list[dict[str, Any]] = client.post("/contacts/search", json=query).json()["results"]
    return results


def run(seconds: float) -> list[str]:
    """The problems of a run of so many seconds; prints its figures."""
    receiver = Receiver()
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    command = [sys.executable, "-m", "harness.cli", "serve", "--port", "0", "--quotas", "off"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().split()[3]
        key = json.loads(subprocess.check_output([*command[:3], "env", "superchat", "--json", "--url", url]))
        base, headers = key["SUPERCHAT_BASE_URL"], {"X-API-KEY": key["SUPERCHAT_API_KEY"]}
        client = httpx.Client(base_url=base, headers=headers, timeout=60)
        target = f"http://127.0.0.1:{receiver.server_address[1]}/hook"
        client.post("/webhooks", json={"target_url": target, "events": [{"type": "contact_created"}]})
        control = httpx.Client(base_url=f"{url}/_harness/sandboxes/default", timeout=60)
        rules = [
            {"operation": "contacts.create", "effect": "status", "status": 503, "chance": 0.05},
            {"operation": "contacts.create", "effect": "cut", "handled": True, "chance": 0.02},
        ]
        control.post("/faults/superchat", json={"rules": rules}).raise_for_status()
        begin = time.monotonic()
        tallies = [Tally() for _ in range(WORKERS)]
        threads = [
            threading.Thread(target=worker, args=(number, base, headers, begin + seconds, tally))
            for number, tally in enumerate(tallies)
        ]
        for thread in threads:
            thread.start()
        threads[0].join(seconds * WARM_UP)
        warm = memory(server.pid)
        for thread in threads:
            thread.join()
        grown = memory(server.pid)
        control.delete("/faults/superchat").raise_for_status()
        # Refused deliveries are tried again by the clock: move it, rather than wait for it.
        for _ in range(20):
            control.post("/clock", json={"action": "advance", "by": "1h"}).raise_for_status()
        settled(receiver, sum(tally.created for tally in tallies))
        problems = [problem for tally in tallies for problem in lost(client, tally)]
        created = sum(tally.created for tally in tallies)
        if len(receiver.events) != created:
            problems.append(f"{created} contacts were made, {len(receiver.events)} deliveries came")
        if grown > warm * GROWTH:
            problems.append(f"memory grew from {warm:.0f} to {grown:.0f} MiB after the warm-up")
        requests, faults = sum(t.requests for t in tallies), sum(t.faults for t in tallies)
        print(
            f"{seconds:.0f} s: {requests} requests ({requests / seconds:.0f}/s), {created} contacts made, "
            f"{faults} faults, "
            f"{receiver.attempts} delivery attempts for {len(receiver.events)} events, "
            f"memory {warm:.0f} MiB after the warm-up, {grown:.0f} MiB at the end"
        )
        return problems
    finally:
        server.terminate()
        server.wait(30)
        receiver.shutdown()


def settled(receiver: Receiver, expected: int) -> None:
    """Return when all deliveries came, or none has come for a while."""
    idle, seen = 0, -1
    while len(receiver.events) < expected and idle < 50:
        idle, seen = (idle + 1, seen) if receiver.attempts == seen else (0, receiver.attempts)
        time.sleep(0.1)


def lost(client: httpx.Client, tally: Tally) -> list[str]:
    """What a worker knows and the server does not, or the other way round."""
    problems = list(tally.problems)
    for id, mail in tally.kept.items():
        there = found(client, mail)
        if len(there) != 1:
            problems.append(f"{mail} was made ({id}) and is there {len(there)} times")
    problems += [f"{mail} was refused and is there" for mail in tally.refused if found(client, mail)]
    return problems


def main() -> int:
    """0 when nothing was lost and memory is flat, 1 otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    problems = run(parser.parse_args().seconds)
    for problem in problems[:20]:
        print(f"problem: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
