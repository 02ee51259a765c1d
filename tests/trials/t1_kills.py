"""T1: kill -9 at every fail point on the way to a film, then at random moments.

    python -m tests.trials.t1_kills            each point once, then 20 random kills
    python -m tests.trials.t1_kills --short    4 points in two films

Every film is finished within three minutes of the kill, each clip is ordered once, no encoder goes
on alone and nothing is left in the scratch folder.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.trials.harness import QUICK, Options, Trial, Verdict, World, running_world, wait_for
from tests.trials.musician import Musician
from tests.trials.victims import KINDS, strike
from vibecraft.predictions.standin.remote import Remote, running

MODEL = "p-video-draft"
SLUG = "prunaai/p-video"
FINISH_SECONDS = 180
TIDY_SECONDS = 30
SERVICE_TIME_SCALE = "20"
# In turn of a process: the one that died five times within a minute is not started again.
POINTS = (
    "analysis-claimed",
    "prediction-intent",
    "take-claimed",
    "film-joined",
    "prediction-uploaded",
    "take-ordered",
    "analysis-heard",
    "prediction-sending",
    "take-fetched",
    "film-stored",
    "prediction-sent",
    "take-normalized",
    "analysis-stored",
    "prediction-waiting",
    "take-stored",
    "film-verified",
    "prediction-arrived",
    "take-accepted",
    "poster-stored",
    "prediction-fetched",
    "take-drawn",
    "prediction-ended",
)
SHORT_FILMS = (("prediction-sent", "take-normalized"), ("analysis-heard", "film-stored"))


@dataclass
class Toll:
    """What came of the films so far."""

    films: int = 0
    finished: int = 0
    unmet: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0
    clips: int = 0


def run(options: Options) -> Verdict:
    films: Sequence[tuple[str, ...]] = [(point,) for point in POINTS]
    random_kills = options.rounds
    if options.is_short:
        films, random_kills = SHORT_FILMS, 0
    toll = Toll()
    with running("--time-scale", SERVICE_TIME_SCALE) as service:
        ours = {"VIDEO_MODEL": MODEL, "LOST_ANSWER_SECONDS": "10"}
        with running_world(**QUICK, **ours, **service.environment) as world:
            alice = Musician(world.address)
            song = _song(world, alice, ())
            for points in films:
                song = _film_with(world, alice, song, points, toll)
            for number in range(random_kills):
                _film_at_random(world, alice, song, options, number, toll)
            verdict = Verdict(n=toll.films)
            verdict.expect("finished", toll.finished, toll.films)
            verdict.expect("points_not_met", toll.unmet, [])
            verdict.expect_at_most("slowest_seconds", toll.slowest_seconds, FINISH_SECONDS)
            _weigh(verdict, world, service, toll)
    return verdict


def _song(world: World, alice: Musician, points: tuple[str, ...]) -> str:
    """A song that is analyzed while the points are armed, with its sections."""
    world.arm(*points)
    song = str(alice.bring(world.song))
    assert wait_for(lambda: alice.are_ready("songs", [song]), FINISH_SECONDS), points
    alice.draw_sections(song)
    return song


def _film_with(
    world: World, alice: Musician, song: str, points: tuple[str, ...], toll: Toll
) -> str:
    """One film with kills at its points; the song that the next one is made of."""
    heard = tuple(point for point in points if point.startswith("analysis"))
    if heard:
        song = _song(world, alice, heard)
    world.arm(*(point for point in points if point not in heard))
    # Only the visualizer draws.
    own = {"model": "visualizer"} if "take-drawn" in points else {}
    video = alice.start_film(song, **own)
    _finish(alice, video, toll, paid=not own)
    toll.unmet += world.armed()
    for point in world.armed():
        (world.data / "failpoints" / point).unlink()
    return song


def _film_at_random(
    world: World, alice: Musician, song: str, options: Options, number: int, toll: Toll
) -> None:
    """One film, with a child, a parent or a whole tree killed at some moment of it."""
    video = alice.start_film(song)
    time.sleep(options.rng.uniform(0.5, 8.0))
    strike(world, KINDS[number % len(KINDS)], options.rng)
    _finish(alice, video, toll, paid=True)


def _finish(alice: Musician, video: str, toll: Toll, *, paid: bool) -> None:
    seconds = wait_for(lambda: alice.are_over("videos", [video]), FINISH_SECONDS)
    toll.films += 1
    toll.finished += alice.status_of("videos", video) == "ready"
    toll.slowest_seconds = max(toll.slowest_seconds, seconds or FINISH_SECONDS)
    if paid:
        toll.clips += len(alice.must("GET", f"/api/videos/{video}/clips")["clips"])


def _weigh(verdict: Verdict, world: World, service: Remote, toll: Toll) -> None:
    # Without the calls that listen for words: an analysis makes those.
    orders = sum(1 for order in service.requests() if _is_order(order))
    verdict.figures["clips"] = toll.clips
    made = sum(one["model"] == SLUG for one in service.predictions())
    paid = sum(one["model"] == SLUG for one in service.ledger())
    verdict.figures["orders"] = orders
    # A call that was killed between its intent and its sending was never made, and is ordered anew.
    verdict.expect("made_at_the_service", made, toll.clips)
    verdict.expect("paid", paid, toll.clips)
    wait_for(lambda: not world.strays(), TIDY_SECONDS)
    verdict.expect("left_behind", world.strays(), [])


def _is_order(asked: dict[str, object]) -> bool:
    return asked.get("method") == "POST" and SLUG in str(asked.get("path"))


TRIAL = Trial("T1", run, rounds=20, short_rounds=2)

if __name__ == "__main__":
    sys.exit(TRIAL.main(sys.argv[1:]))
