"""Trial T15: a password is guessed from one address and from many, on a site of two web processes.

    python -m tests.trials.t15_guesses            1,000 guesses of each kind
    python -m tests.trials.t15_guesses --short    60

What reaches the hasher is counted there. The addresses are told as a proxy tells them. Then the owner
signs in, from home and from where nobody has guessed; and answers about accounts that exist and
that do not are compared, always one of each.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.stack import wait_until
from tests.trials.counted_hashes import COUNT
from tests.trials.harness import Options, Trial, Verdict
from vibecraft.supervisor import web_command
from vibecraft.testservers import free_port, servers

PASSWORD = "a long password of the owner"
HOME, ELSEWHERE, ONE_SOURCE = "198.51.100.7", "198.51.100.8", "203.0.113.5"
AT_ONCE = 32
COMPARED = 40
START_SECONDS = 60


@dataclass(frozen=True)
class Door:
    """Where one signs in to a site, and the file in which its hasher counts."""

    address: str
    counted: Path

    def post(self, path: str, sender: str, email: str, password: str) -> httpx.Response:
        headers = {"X-Forwarded-For": sender, "X-Forwarded-Proto": "https"}
        sent = {"email": email, "password": password}
        return httpx.post(f"{self.address}{path}", json=sent, headers=headers, timeout=120)

    def sign_in(self, sender: str, email: str, password: str = "not this one") -> int:
        return self.post("/api/auth/login", sender, email, password).status_code

    def join(self, email: str) -> None:
        answer = self.post("/api/auth/register", HOME, email, PASSWORD)
        assert answer.status_code == 201, answer.text

    def hashes(self) -> list[float]:
        """How long each password that was hashed has taken, in seconds."""
        return [float(line) for line in self.counted.read_text().split()]


@contextmanager
def two_processes() -> Iterator[Door]:
    """The web server alone, on a database of its own, as behind a proxy that speaks https."""
    with servers() as base:
        counted = Path(base["VIBECRAFT_DATA"]) / "hashes"
        counted.touch()
        environment = os.environ | base
        environment |= {"SITE_URL": "https://films.example.org", COUNT: str(counted)}
        environment |= {"DJANGO_SETTINGS_MODULE": "tests.trials.counted_hashes"}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=environment, check=True)
        door = Door(f"http://127.0.0.1:{free_port()}", counted)
        command = web_command("127.0.0.1", int(door.address.rsplit(":", 1)[1]), processes=2)
        log = (counted.parent / "web.log").open("wb")
        server = subprocess.Popen(command, env=environment, stderr=log)
        try:
            wait_until(lambda: _answers(door), START_SECONDS)
            yield door
        finally:
            server.terminate()
            server.wait(timeout=30)
            log.close()


def _answers(door: Door) -> bool:
    try:
        return door.sign_in(HOME, "nobody@example.org") == 401
    except httpx.TransportError:
        return False


def guess(door: Door, email: str, senders: list[str]) -> tuple[int, Counter[int]]:
    """Guess once from each; how many have reached the hasher, and what was answered."""
    before = len(door.hashes())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = Counter(pool.map(lambda sender: door.sign_in(sender, email), senders))
    return len(door.hashes()) - before, answers


def compare(door: Door, times: int) -> float:
    """By how many percent refusals of known and unknown accounts differ in time: their medians."""
    taken: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(times):
        for kind in taken:
            began = time.monotonic()
            door.sign_in(f"192.0.2.{number}", f"{kind}-{number % 10}@example.org")
            taken[kind].append(time.monotonic() - began)
    known, unknown = (statistics.median(one) for one in taken.values())
    return 100 * abs(known - unknown) / max(known, unknown)


def run(options: Options) -> Verdict:
    verdict = Verdict(2 * options.rounds)
    many = [f"10.{n // 65536}.{n // 256 % 256}.{n % 256}" for n in range(options.rounds)]
    with two_processes() as door:
        for email in ("one@example.org", "many@example.org"):
            door.join(email)
        hashed, answers = guess(door, "one@example.org", [ONE_SOURCE] * options.rounds)
        verdict.expect_at_most("hashed from one address", hashed, 10)
        _tell_answers(verdict, "one", answers)
        elsewhere = door.sign_in(ELSEWHERE, "one@example.org", PASSWORD)
        verdict.expect("the owner from elsewhere", elsewhere, 200)
        assert door.sign_in(HOME, "many@example.org", PASSWORD) == 200
        hashed, answers = guess(door, "many@example.org", many)
        verdict.expect_at_most("hashed from many", hashed, 20)
        _tell_answers(verdict, "many", answers)
        at_home = door.sign_in(HOME, "many@example.org", PASSWORD)
        verdict.expect("the owner from home", at_home, 200)
        _tell_of_time(door, verdict, options)
    return verdict


def _tell_answers(verdict: Verdict, which: str, answers: Counter[int]) -> None:
    """A guess is refused, or the site says that it is too busy; nothing else."""
    verdict.figures[f"answers to {which}"] = dict(answers)
    verdict.checks[f"answers to {which}"] = set(answers) <= {401, 429, 503}


def _tell_of_time(door: Door, verdict: Verdict, options: Options) -> None:
    """Marks of the long form alone: beside the tests of the suite no time can be trusted."""
    for number in range(10):
        door.join(f"known-{number}@example.org")
    before = len(door.hashes())
    apart = compare(door, 2 if options.is_short else COMPARED)
    milliseconds = 1000 * statistics.median(door.hashes()[before:])
    verdict.figures |= {"hash ms": round(milliseconds), "known, unknown apart %": round(apart, 1)}
    if not options.is_short:
        verdict.checks |= {"hash ms": 50 <= milliseconds <= 250, "apart": apart < 10}


TRIAL = Trial("T15", run, rounds=1000, short_rounds=60)

if __name__ == "__main__":
    sys.exit(TRIAL.main(sys.argv[1:]))
