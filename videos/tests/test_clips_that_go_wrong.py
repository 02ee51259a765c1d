"""Calls for clips that fail at the service: tried again, made otherwise, or the end of the video."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from celery import current_app
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.jobs.sweeper import sweep
from vibecraft.media import house
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.standin.remote import Remote
from vibecraft.testing import calls_on_the_way, stored_files
from videos import attempts, drafts, pipeline
from videos.costs import video_costs
from videos.models import Take, Video
from videos.status import video_status
from videos.tests.filmed import charged, make_clips, planned, sent, takes_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses before repeats, and small pictures."""
    monkeypatch.setattr(attempts, "PAUSES_SECONDS", (0.0, 0.0))
    monkeypatch.setitem(house.SIZES, "16:9", (320, 180))


@pytest.fixture
def kept_before(alice: User, song: Song) -> tuple[list[str], int]:
    """What is stored and counted before anything is made."""
    alice.refresh_from_db()
    return stored_files(alice), alice.storage_used_bytes


def assert_nothing_is_left(video: Video, before: tuple[list[str], int]) -> None:
    sweep()
    video.refresh_from_db()
    video.owner.refresh_from_db()
    assert stored_files(video.owner) == before[0]
    assert video.owner.storage_used_bytes == before[1]
    assert (video.owner.videos_used, video.stored_bytes, video.reserved_usd) == (0, 0, 0)
    assert not Prediction.objects.active().exists()
    assert video.clips.filter(chosen_take=None).count() == video.clips.count()


def explained(video: Video) -> dict[str, Decimal]:
    """The reasons of the cost page; that they add up is checked with every use."""
    video.refresh_from_db()
    costs = video_costs(video)
    assert costs.actual == video.actual_usd
    assert costs.estimated + sum(reason.usd for reason in costs.reasons) == costs.actual
    return {reason.text: reason.usd for reason in costs.reasons}


def test_what_can_pass_is_ordered_again_up_to_three_times(ai: Remote, song: Song) -> None:
    ai.fault({"nth": 1}, fail="E9828")
    ai.fault({"nth": 4}, fail="PA")
    video = planned(song, model="p-video-draft")
    estimate = drafts.estimate_video(video)
    pipeline.start_generation(video)
    make_clips()
    assert {take.status for take in takes_of(video)} == {"succeeded"}
    assert len(ai.predictions()) == estimate.clips + 2
    assert charged(ai) == estimate.usd
    first = Prediction.objects.about(takes_of(video)[0].pk)
    assert [call.status for call in first] == ["failed", "failed", "succeeded"]
    assert len({call.input["seed"] for call in first}) == 3
    failed = first[0].estimated_usd
    assert explained(video) == {
        "1 call of the plan failed or stopped, and not paid": -failed,
        "1 call made once more after something went wrong": failed,
    }


def test_after_three_attempts_the_video_fails_as_a_whole(
    ai: Remote, song: Song, kept_before: tuple[list[str], int]
) -> None:
    video = planned(song, model="p-video-draft")
    hopeless = video.clips.order_by("clip_index").last()
    assert hopeless is not None
    hopeless.prompt = "hopeless"
    hopeless.save()
    ai.fault({"prompt_contains": "hopeless"}, times=0, fail="E6716")
    pipeline.start_generation(video)
    make_clips()
    video.refresh_from_db()
    assert video.error == {
        "code": "provider_failed",
        "detail": "Clip 3 could not be made. The AI model failed at this one. That happens now "
        "and then: try it again.",
    }
    assert sum(one["prompt"] == "hopeless" for one in sent(ai)) == 3
    assert charged(ai) == video.actual_usd
    assert_nothing_is_left(video, kept_before)
    explained(video)


def test_refused_content_is_not_tried_again(
    ai: Remote, song: Song, kept_before: tuple[list[str], int]
) -> None:
    ai.fault({"nth": 2}, fail="E005")
    video = planned(song, model="p-video-draft")
    pipeline.start_generation(video)
    make_clips()
    video.refresh_from_db()
    assert (video.status, video.error_code) == ("failed", "refused_content")
    assert len(ai.predictions()) == 3
    assert_nothing_is_left(video, kept_before)


def test_a_first_picture_that_is_refused_is_left_out(ai: Remote, song: Song) -> None:
    ai.fault({"model": "minimax/hailuo-2.3-fast", "nth": 4}, times=1, fail="E005")
    video = planned(song, model="hailuo-2.3-fast")
    pipeline.start_generation(video)
    make_clips()
    video.refresh_from_db()
    assert video.status != "failed", video.error
    models = [call.model for call in Prediction.objects.order_by("created_at")]
    assert models.count("hailuo-2.3-fast") == 3
    assert models.count("seedance-1-pro-fast") == 1
    other = Prediction.objects.get(model="seedance-1-pro-fast")
    take = Take.objects.get(pk=other.subject_id)
    assert (take.status, take.starts_from) == ("succeeded", "")
    assert "image" not in other.input
    assert charged(ai) == video.actual_usd
    assert set(explained(video)) == {
        "1 call of the plan failed or stopped, and not paid",
        "1 call made once more after something went wrong",
    }


def test_a_budget_that_is_used_up_by_repeats_ends_the_making(
    ai: Remote, song: Song, kept_before: tuple[list[str], int]
) -> None:
    ai.fault({"nth": 1}, times=1, serve="truncated")
    video = planned(song, model="p-video-draft")
    price = drafts.estimate_video(video).usd
    Video.objects.filter(pk=video.pk).update(budget_usd=price.quantize(Decimal("0.01")))
    video.refresh_from_db()
    pipeline.start_generation(video)
    make_clips()
    video.refresh_from_db()
    assert video.budget_usd is not None
    assert video.actual_usd <= video.budget_usd
    assert charged(ai) == video.actual_usd
    if video.status == "failed":
        assert video.error_code == "over_budget"
        assert_nothing_is_left(video, kept_before)


def start_until_sent(video: Video) -> Job:
    """Start, and stop where all calls are at the service."""
    job = pipeline.start_generation(video)
    for take in takes_of(video):
        current_app.tasks["make_take"](str(take.pk))
    for call in Prediction.objects.active():
        current_app.tasks["advance_prediction"](str(call.pk))
    return job


def test_canceling_stops_the_calls_and_records_what_they_cost(
    ai: Remote, song: Song, kept_before: tuple[list[str], int]
) -> None:
    ai.fault(times=0, stuck="processing")
    video = planned(song, model="p-video-draft")
    job = start_until_sent(video)
    status = video_status(Video.objects.get(pk=video.pk))
    assert status["message"] == "0 of 3 clips, 3 waiting for the service"
    assert (status["waiting"], status["cost_usd"]) == (3, 0.0)
    assert status["reserved_usd"] == float(drafts.estimate_video(video).usd)
    while any(one["status"] == "starting" for one in ai.predictions()):
        calls_on_the_way()
    assert pipeline.cancel_video(Video.objects.get(pk=video.pk))
    make_clips()
    assert {one["status"] for one in ai.predictions()} == {"canceled"}
    video.refresh_from_db()
    job.refresh_from_db()
    assert (video.status, job.status) == ("canceled", "canceled")
    assert video.actual_usd == charged(ai)
    assert_nothing_is_left(video, kept_before)
    explained(video)


def test_a_video_deleted_while_it_is_made_is_not_paid_on(
    ai: Remote, song: Song, alice: User, kept_before: tuple[list[str], int]
) -> None:
    ai.fault(times=0, stuck="processing")
    video = planned(song, model="p-video-draft")
    start_until_sent(video)
    pipeline.delete_video(Video.objects.get(pk=video.pk))
    make_clips()
    sweep()
    assert {one["status"] for one in ai.predictions()} == {"canceled"}
    assert not Prediction.objects.active().exists()
    alice.refresh_from_db()
    assert (stored_files(alice), alice.storage_used_bytes) == kept_before
    assert sum(call.actual_usd or 0 for call in Prediction.objects.all()) == charged(ai)


def test_without_a_token_nothing_is_started(
    song: Song, alice: User, settings: LazySettings, client_of: Callable[[User], Client]
) -> None:
    settings.REPLICATE_API_TOKEN = "r8_only_for_this_test"
    video = planned(song, model="p-video-draft")
    settings.REPLICATE_API_TOKEN = ""
    answer = client_of(alice).post(reverse("video-generate", args=[video.pk]))
    assert answer.status_code == 409
    assert "AI models are switched off here" in answer.content.decode()
    assert not Job.objects.exists()
