"""T2: Redis forgets everything, dies and comes back empty, or is away while songs come in.

    python -m tests.trials.t2_redis_lost             5 rounds of both, then 60 s without Redis
    python -m tests.trials.t2_redis_lost --short     one round of both, then 2 s without

In each round a song is brought and a film is made while it happens. All are finished, and no answer
of the site is an error.
"""

from __future__ import annotations

import sys
import time

from tests.trials.harness import QUICK, Options, Trial, Verdict, World, running_world, wait_for
from tests.trials.musician import Musician

RECOVERY_SECONDS = 120
READY_SECONDS = 120


def run(options: Options) -> Verdict:
    # In full on the usual clock: recovery is what is measured.
    clock = QUICK if options.is_short else {}
    verdict = Verdict(n=2 * options.rounds)
    with running_world(**clock) as world:
        alice = Musician(world.address)
        song = str(alice.bring(world.song))
        assert wait_for(lambda: alice.are_ready("songs", [song]), READY_SECONDS)
        alice.draw_sections(song)
        taken = [
            _blow(world, alice, song, blow, options.rng.uniform(0.2, 2.5))
            for _ in range(options.rounds)
            for blow in ("flush", "die")
        ]
        verdict.expect("finished", sum(one is not None for one in taken), verdict.n)
        slowest = max((one for one in taken if one is not None), default=0.0)
        verdict.expect_at_most("slowest_seconds_after", slowest, RECOVERY_SECONDS)
        count, seconds = (2, 2) if options.is_short else (20, 60)
        accepted, analyzed = _without(world, alice, count, seconds)
        verdict.expect("uploads_accepted_while_away", accepted, count)
        verdict.expect("of_them_analyzed", analyzed, count)
        verdict.expect("server_errors", alice.server_errors() + alice.answers[0], 0)
    return verdict


def _blow(world: World, alice: Musician, song: str, blow: str, after: float) -> float | None:
    """Seconds from the blow until a film and a song that were under way are ready."""
    video = alice.start_film(song)
    time.sleep(after)
    brought = str(alice.bring(world.song))
    if blow == "flush":
        world.broker.flush()
    else:
        world.broker.kill()
        world.broker.start()

    def is_done() -> bool:
        return alice.are_ready("videos", [video]) and alice.are_ready("songs", [brought])

    return wait_for(is_done, 2 * RECOVERY_SECONDS, 0.5)


def _without(world: World, alice: Musician, count: int, seconds: float) -> tuple[int, int]:
    """Uploads while Redis is away: how many are accepted, and analyzed after it is back."""
    world.broker.kill()
    back_at = time.monotonic() + seconds
    brought = [alice.bring(world.song) for _ in range(count)]
    time.sleep(max(0.0, back_at - time.monotonic()))
    world.broker.start()
    accepted = [song for song in brought if song]
    wait_for(lambda: alice.are_over("songs", accepted), RECOVERY_SECONDS + 10 * count, 1.0)
    return len(accepted), sum(alice.status_of("songs", song) == "ready" for song in accepted)


TRIAL = Trial("T2", run, rounds=5, short_rounds=1)

if __name__ == "__main__":
    sys.exit(TRIAL.main(sys.argv[1:]))
