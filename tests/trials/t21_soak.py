"""T21: many films by an AI model, whose service errs in 5 % of its answers, while workers are killed.

    python -m tests.trials.t21_soak            20 films, a kill every 20 s
    python -m tests.trials.t21_soak --short    2 films, one kill

All end, nearly all as films, and what we say that the calls cost is what the service charged, to the
cent.
"""

from __future__ import annotations

import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from tests.trials.harness import QUICK, Options, Trial, Verdict, World, running_world, wait_for
from tests.trials.musician import Musician
from tests.trials.victims import KINDS, strike
from vibecraft.predictions.standin.remote import Remote, running

# How one answer in twenty goes wrong: creations in five ways, reads in two; downloads a little less.
FAULTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("create", {"fail": "E9828", "at": 0.4}),
    ("create", {"fail": "PA", "at": 0.7}),
    ("create", {"answer": "502", "when": "after"}),
    ("create", {"answer": "reset", "when": "after"}),
    ("create", {"refuse": "429", "told": "body", "retry_after": 5}),
    ("get", {"answer": "503"}),
    ("get", {"answer": "reset"}),
    ("download", {"serve": "truncated"}),
)
FAULT_SHARE = 0.05
KINDS_A_CREATION = 5
KILL_SECONDS = 20.0
READY_SECONDS = 240
WORK_SECONDS = 1500
DONE_SHARE = 0.98
SERVICE_TIME_SCALE = "20"
# Sixty clips wait in a row here: called out again every few seconds, they would only crowd the queue.
CLOCK = QUICK | {
    "RING_AGAIN_SECONDS": "30",
    "LOST_ANSWER_SECONDS": "10",
    "VIDEO_MODEL": "p-video-draft",
}


def run(options: Options) -> Verdict:
    verdict = Verdict(n=options.rounds)
    with (
        running("--time-scale", SERVICE_TIME_SCALE, "--seed", str(options.seed)) as service,
        running_world(**CLOCK, **service.environment) as world,
    ):
        alice = Musician(world.address)
        song = str(alice.bring(world.song))
        assert wait_for(lambda: alice.are_ready("songs", [song]), READY_SECONDS)
        alice.draw_sections(song)
        _err(service)
        killed: Counter[str] = Counter()
        pause = 6.0 if options.is_short else KILL_SECONDS
        most = 1 if options.is_short else 10**6
        with _killing(world, options.rng, killed, pause, most):
            videos = [alice.start_film(song) for _ in range(options.rounds)]
            wait_for(lambda: alice.are_over("videos", videos), WORK_SECONDS, 1.0)
        verdict.expect("unended", _unended(world), 0)
        verdict.figures["killed"] = dict(killed)
        _weigh(verdict, world, service, alice, videos)
    return verdict


def _err(service: Remote) -> None:
    for endpoint, plan in FAULTS:
        # In a creation one of several kinds happens; together they are one in twenty.
        chance = FAULT_SHARE / KINDS_A_CREATION if endpoint == "create" else FAULT_SHARE / 2
        match = {"endpoint": endpoint}
        service.act("scenario", {"match": match, "plan": plan, "times": 0, "chance": chance})


def _unended(world: World) -> int:
    """Work that is still open some time after the last film."""
    wait_for(lambda: world.unended() == 0, 60.0)
    return world.unended()


@contextmanager
def _killing(
    world: World, rng: random.Random, killed: Counter[str], pause: float, most: int
) -> Iterator[None]:
    """Kill a worker, a child of it or both now and then, while the block lasts."""
    is_over = threading.Event()

    def go_on() -> None:
        while sum(killed.values()) < most and not is_over.wait(pause):
            kind = rng.choice(KINDS)
            strike(world, kind, rng)
            killed[kind] += 1

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _weigh(
    verdict: Verdict, world: World, service: Remote, alice: Musician, videos: list[str]
) -> None:
    ended = Counter(alice.status_of("videos", video) for video in videos)
    verdict.figures["films"] = dict(ended)
    verdict.expect("terminal", sum(ended[one] for one in ("ready", "failed")), len(videos))
    verdict.checks["films"] = ended["ready"] >= DONE_SHARE * len(videos)
    verdict.figures["why films failed"] = world.failures()
    ours = world.rows("select coalesce(sum(actual_usd), 0) from predictions_prediction")[0][0]
    ledger = service.ledger()
    theirs = sum((Decimal(str(entry["amount"])) for entry in ledger), Decimal(0))
    verdict.figures["calls"] = world.count("select count(*) from predictions_prediction")
    verdict.figures["charged"] = len(ledger)
    verdict.expect("our_usd", str(round(ours, 6)), str(round(theirs, 6)))
    # Equal inputs are one call's own, unless the first has failed: every clip has words of its own.
    verdict.figures["service_failures"] = world.count(
        "select count(*) from predictions_prediction where status = 'failed'"
    )
    taken = world.count("select count(*) from predictions_prediction where provider_id is not null")
    verdict.expect("orders_at_the_service", len(service.predictions()), taken)


TRIAL = Trial("T21", run, rounds=20, short_rounds=2)

if __name__ == "__main__":
    sys.exit(TRIAL.main(sys.argv[1:]))
