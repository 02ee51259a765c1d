"""The short form of trial T9: whatever happens in whatever order, the rows keep their promises."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import LazySettings
from hypothesis import HealthCheck, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from accounts.models import User
from songs.models import Section, Song
from tests.trials import figures
from tests.trials.memory_service import MemoryService
from tests.trials.states import Points, States, World
from vibecraft.jobs import doorbell, failpoints
from vibecraft.media import stills
from vibecraft.predictions import arriving
from vibecraft.predictions.checking import Checked
from videos import drafts, film, filming, takes

pytestmark = pytest.mark.django_db

SHORT_EXAMPLES, SHORT_STEPS = 20, 20
STEPS = 50
STORIES_A_ROUND = 25
FILMED_BY = "p-video-draft"


@dataclass
class NoFacts:
    """What is known of a film that is no real one."""

    keyframes: list[int] = field(default_factory=list)


@pytest.fixture
def _no_media(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are a few bytes: this trial is about rows, and where files are."""

    def draw(lease: Any, take: Any, target: Path) -> None:
        target.write_bytes(b"drawn")

    def picture(source: Path, target: Path, **rest: Any) -> None:
        target.write_bytes(b"picture")

    def fetched(output: Any, kind: str, folder: Path) -> list[Checked]:
        (folder / "made").write_bytes(b"made")
        return [Checked(folder / "made", "mp4", Decimal(5))]

    monkeypatch.setattr(takes, "_draw", draw)
    monkeypatch.setattr(stills, "still", picture)
    monkeypatch.setattr(arriving, "fetch", fetched)
    monkeypatch.setattr(filming, "normalize", lambda made, to, **rest: shutil.copyfile(made, to))
    monkeypatch.setattr(
        film.concat, "join", lambda clips, sound, to, **rest: to.write_bytes(b"film")
    )
    monkeypatch.setattr(film.verify, "first_pictures", lambda clips: [b""] * len(clips))
    monkeypatch.setattr(film, "_verify", lambda *about: NoFacts())
    monkeypatch.setattr(film, "sync_report", lambda *about: NoFacts())


@pytest.fixture
def world(
    alice: User,
    ready_song: Callable[..., Song],
    sections_of: Callable[..., list[Section]],
    settings: LazySettings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    _no_media: None,
) -> World:
    settings.REPLICATE_API_TOKEN = "r8_none"
    settings.LOST_ANSWER_SECONDS = 0
    settings.FAILPOINTS_DIR = str(tmp_path)
    points, service = Points(), MemoryService()
    monkeypatch.setattr(failpoints, "Path", points)
    monkeypatch.setattr(doorbell, "_send", lambda *about: True)
    service.put_in_place(monkeypatch)
    current_app.loader.import_default_modules()
    song = ready_song(alice)
    sections_of(song, labels=("Verse", "Chorus"))
    drawn = drafts.create_video(alice, song, model="visualizer")
    filmed = drafts.create_video(alice, song, model=FILMED_BY)
    for video in (drawn, filmed):
        drafts.plan_video(video, seed=3)
    return World(song, drawn, filmed, service, points)


def rounds() -> list[int]:
    """How many stories each round tells: what a transaction leaves behind slows those after it."""
    left = figures.size(SHORT_EXAMPLES)
    return [min(STORIES_A_ROUND, left - told) for told in range(0, left, STORIES_A_ROUND)]


@pytest.fixture(scope="module")
def told() -> Counter[str]:
    """What was counted in all rounds so far."""
    return Counter()


# What comes due in a story is the clock's to say, so that no two runs are alike.
@pytest.mark.clock
@pytest.mark.parametrize(("number", "stories"), list(enumerate(rounds())))
def test_every_promise_holds_after_every_step(
    world: World, told: Counter[str], number: int, stories: int
) -> None:
    world.counts, world.points.deaths = told, Counter()
    is_short = figures.size(SHORT_EXAMPLES) <= SHORT_EXAMPLES
    machine = seed(1000 * figures.seed() + number)(type("Bound", (States,), {"world": world}))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=stories,
            stateful_step_count=SHORT_STEPS if is_short else STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    told.update(f"died at {place}" for place in world.points.deaths.elements())
    figures.note("examples", told["examples"])
    figures.note("counts", dict(told))
    places = [name for name in told if name.startswith("died at ")]
    assert told["videos ready"] > 0
    assert len(places) >= 5, "the workers died in too few places"
