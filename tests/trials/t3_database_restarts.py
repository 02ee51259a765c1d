"""T3: PostgreSQL crashes and comes back while songs come in and a film is made.

    python -m tests.trials.t3_database_restarts            5 rounds
    python -m tests.trials.t3_database_restarts --short    one round

While it is away, every answer is 503 with a time to come back. What was acknowledged is there
afterwards, and every film is finished.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.trials.harness import QUICK, Options, Trial, Verdict, World, running_world, wait_for
from tests.trials.musician import Musician

RECOVERY_SECONDS = 180
READY_SECONDS = 120
UPLOADERS = 2
OUTAGE_SECONDS = 2.0


def run(options: Options) -> Verdict:
    verdict = Verdict(n=options.rounds)
    with running_world(own_cluster=True, **QUICK) as world:
        alice = Musician(world.address)
        song = str(alice.bring(world.song))
        assert wait_for(lambda: alice.are_ready("songs", [song]), READY_SECONDS)
        alice.draw_sections(song)
        looking = Musician(world.address)
        looking.browse("/songs")
        acknowledged: list[str] = []
        finished = 0
        for number in range(options.rounds):
            video = alice.start_film(song)
            with _busy(world, alice, looking, acknowledged):
                time.sleep(options.rng.uniform(0.3, 2.0))
                _crash(world, looking, is_long=number % 2 == 0)
                _wait_for_a_song(acknowledged)
            done = wait_for(lambda v=video: alice.are_over("videos", [v]), RECOVERY_SECONDS)
            finished += done is not None and alice.status_of("videos", video) == "ready"
        verdict.expect("films_finished", finished, options.rounds)
        _weigh(verdict, alice, looking, acknowledged)
    return verdict


def _crash(world: World, looking: Musician, *, is_long: bool) -> None:
    """`pg_ctl restart -m immediate`; or the same with time between the two, so that somebody sees it."""
    assert world.cluster is not None
    if not is_long:
        world.cluster.restart()
        return
    world.cluster.crash()
    refused = looking.answers[503]
    time.sleep(OUTAGE_SECONDS)
    wait_for(lambda: looking.answers[503] > refused, RECOVERY_SECONDS)
    world.cluster.start()


def _wait_for_a_song(acknowledged: list[str]) -> None:
    """Until one more is acknowledged: on a busy machine an upload takes longer than an outage."""
    so_far = len(acknowledged)
    wait_for(lambda: len(acknowledged) > so_far, RECOVERY_SECONDS)


@contextmanager
def _busy(
    world: World, alice: Musician, looking: Musician, acknowledged: list[str]
) -> Iterator[None]:
    """Songs come in one after the other, and pages are looked at, while the block lasts."""
    is_over = threading.Event()

    def bring() -> None:
        song = alice.bring(world.song)
        if song:
            acknowledged.append(song)

    def look() -> None:
        looking.browse("/songs")
        looking.ask("GET", "/api/songs")

    acts = [bring] * UPLOADERS + [look]
    threads = [threading.Thread(target=_repeat, args=(act, is_over)) for act in acts]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _repeat(act: Callable[[], None], is_over: threading.Event) -> None:
    while not is_over.is_set():
        act()
        is_over.wait(0.2)


def _weigh(verdict: Verdict, alice: Musician, looking: Musician, acknowledged: list[str]) -> None:
    there = sum(alice.status_of("songs", song) != "" for song in acknowledged)
    verdict.figures["acknowledged"] = len(acknowledged)
    verdict.checks["acknowledged"] = len(acknowledged) > 0
    verdict.expect("acknowledged_and_lost", len(acknowledged) - there, 0)
    wait_for(lambda: alice.are_over("songs", acknowledged), RECOVERY_SECONDS, 1.0)
    ready = sum(alice.status_of("songs", song) == "ready" for song in acknowledged)
    verdict.expect("acknowledged_and_not_analyzed", len(acknowledged) - ready, 0)
    answers = alice.answers + looking.answers
    verdict.figures["answers_503"] = answers[503]
    verdict.checks["answers_503"] = answers[503] > 0
    others = sum(times for status, times in answers.items() if status > 500 or status == 0)
    verdict.expect("other_errors", others - answers[503] + answers[500], 0)
    untimed = alice.without_time + looking.without_time
    verdict.expect("errors_without_a_time", sorted(set(untimed)), [])


TRIAL = Trial("T3", run, rounds=5, short_rounds=1)

if __name__ == "__main__":
    sys.exit(TRIAL.main(sys.argv[1:]))
