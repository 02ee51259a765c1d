"""What failed is begun again for its price of today, by its kind; what is refused or kept is free."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings

from songs.models import Song
from vibecraft.jobs import again
from vibecraft.jobs.models import Job
from vibecraft.problems import Problem
from videos import drafts, scenes, storyboard
from videos.models import Clip, Take, Video
from videos.tests import cast

pytestmark = pytest.mark.django_db
STILL_USD = Decimal("0.003")
LIPS_USD_A_SECOND = Decimal("0.05")


@pytest.fixture(autouse=True)
def _ai_is_on(settings: LazySettings) -> None:
    settings.REPLICATE_API_TOKEN = "r8_not_a_real_token"


def failed(video: Video, kind: str, **fields: Any) -> Job:
    job = Job.objects.create(owner=video.owner, kind=kind, video_id=video.pk, **fields)
    Job.objects.filter(pk=job.pk).update(status="failed")
    job.refresh_from_db()
    return job


def filmed_by(video: Video, model: str) -> Video:
    Video.objects.filter(pk=video.pk).update(model=model)
    video.refresh_from_db()
    return video


def of_job(job: Job, *clips: Clip) -> Decimal:
    """The price of a job that was to make these clips."""
    Take.objects.filter(clip__in=clips).update(job=job)
    return again.price_of(job)


def test_a_film_costs_what_is_planned_and_nothing_that_was_made_from_another_format(
    song: Song,
) -> None:
    video = filmed_by(cast.failed(song), "p-video-draft")
    job = Job.objects.get(pk=video.job_id)
    assert again.price_of(job) == drafts.price_of(video) > 0
    Video.objects.filter(pk=video.pk).update(is_reframed=True)
    assert again.price_of(job) == 0


def test_clips_that_were_to_be_made_again_cost_each_its_own(song: Song) -> None:
    video = filmed_by(cast.ready(song), "p-video-draft")
    first, second = video.clips.all()[:2]
    each = [of_job(failed(video, "regeneration"), clip) for clip in (first, second)]
    assert of_job(failed(video, "regeneration"), first, second) == sum(each)
    assert min(each) > 0


def test_lips_cost_the_seconds_of_their_clip(song: Song) -> None:
    video = cast.ready(song)
    clip = video.clips.all()[0]
    usd = LIPS_USD_A_SECOND * clip.frames / 24
    assert of_job(failed(video, "lipsync"), clip) == usd


def test_stills_cost_those_that_are_missing_and_a_refinement_one(song: Song) -> None:
    video = filmed_by(cast.draft_of(song), "p-video-draft")
    missing = video.clips.count()
    assert missing > 1
    assert again.price_of(failed(video, "storyboard", step=storyboard.ALL)) == STILL_USD * missing
    assert again.price_of(failed(video, "storyboard", step=storyboard.AGAIN)) == STILL_USD


def test_scenes_cost_what_their_page_says_and_nothing_where_no_model_writes(
    song: Song, settings: LazySettings
) -> None:
    video = cast.draft_of(song)
    job = failed(video, "scenes")
    assert again.price_of(job) == scenes.price_of_scenes(video) > 0
    settings.REPLICATE_API_TOKEN = ""
    assert again.price_of(job) == 0


def test_a_character_costs_one_picture_and_is_refused_where_nobody_draws(
    song: Song, settings: LazySettings
) -> None:
    job = Job.objects.create(owner=song.owner, kind="character")
    Job.objects.filter(pk=job.pk).update(status="failed")
    job.refresh_from_db()
    assert again.price_of(job) == STILL_USD
    settings.REPLICATE_API_TOKEN = ""
    with pytest.raises(Problem, match="ai_is_off"):
        again.price_of(job)


@pytest.mark.parametrize("kind", ["composition", "export"])
def test_joining_and_exporting_are_free(song: Song, kind: str) -> None:
    assert again.price_of(failed(cast.ready(song), kind)) == 0


def test_what_would_be_refused_has_no_price(song: Song) -> None:
    video = cast.ready(song)
    job = Job.objects.create(owner=song.owner, kind="export", video_id=video.pk)
    with pytest.raises(Problem, match="not_failed"):
        again.price_of(job)
    with pytest.raises(Problem, match="no_way"):
        again.price_of(failed(video, "reframing"))
