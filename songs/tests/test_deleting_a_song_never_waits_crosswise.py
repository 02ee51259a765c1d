"""A song that is deleted while a call for one of its drafts ends: both are done, in line."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from songs import pipeline
from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.predictions.models import Prediction
from vibecraft.problems import Problem
from vibecraft.testcrowd import at_once
from videos.models import Video
from videos.tests import cast

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]

# Long enough for the other one to take its first lock between two of ours.
PAUSE_SECONDS = 0.2
PRICE = Decimal("0.25")


def slowly(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
    """Stop after each lock on a job or a video."""
    made = execute(sql, *rest)
    if sql.startswith(('UPDATE "jobs_job"', 'UPDATE "videos_video"')):
        time.sleep(PAUSE_SECONDS)
    return made


def both(*acts: Callable[[], object]) -> list[object]:
    def act(number: int) -> object:
        with connection.execute_wrapper(slowly):
            return acts[number]()

    return at_once(act, len(acts))


def call_for_scenes(song: Song) -> Prediction:
    """As good as ended, of a job that waits for it."""
    video = cast.draft_of(song)
    Video.objects.filter(pk=video.pk).update(reserved_usd=PRICE)
    about: dict[str, Any] = {"song_id": song.pk, "video_id": video.pk}
    job = Job.objects.create(owner=song.owner, kind="scenes", next_run_at=None, **about)
    call: Prediction = Prediction.objects.create(
        owner=song.owner,
        job=job,
        purpose="scenes",
        subject_id=job.pk,
        keep_at="k",
        model="qwen3-235b",
        slug="s",
        estimated_usd=PRICE,
        phase="arrived",
        **about,
    )
    assert call.claim()
    return call


def test_a_call_for_scenes_ends_while_its_song_is_deleted(song: Song) -> None:
    call = call_for_scenes(song)
    ended, _ = both(
        lambda: call.succeed(actual_usd=PRICE, cost_source="metrics"),
        lambda: pipeline.delete_song(song),
    )
    assert ended is True
    call.refresh_from_db()
    assert (call.status, call.actual_usd) == ("succeeded", PRICE)
    assert (Song.objects.count(), Video.objects.count(), Job.objects.count()) == (0, 0, 0)


def test_a_song_that_films_need_keeps_its_drafts_and_their_work(song: Song) -> None:
    call = call_for_scenes(song)
    film = cast.ready(song)
    with pytest.raises(Problem, match="song_in_use"):
        pipeline.delete_song(song)
    call.refresh_from_db()
    assert (call.status, call.cancel_asked) == ("running", False)
    assert set(song.videos.values_list("status", flat=True)) == {"draft", film.status}
    assert Job.objects.active().get().kind == "scenes"
