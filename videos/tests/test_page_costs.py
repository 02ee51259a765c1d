"""What was paid, call by call and month by month: for its owner, in words."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from songs.models import Section, Song
from vibecraft.jobs.models import Job
from vibecraft.predictions.catalog import get_model
from vibecraft.predictions.models import Phase, Prediction, Purpose
from videos import costs, drafts
from videos.models import Video

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(
    alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., list[Section]]
) -> Video:
    """A video of three clips that has just been made, estimated at 60 cents."""
    song = ready_song(alice)
    sections_of(song)
    made = drafts.create_video(alice, song)
    drafts.plan_video(made, seed=1)
    job = Job.objects.create(owner=alice, kind="generation", video_id=made.pk)
    Video.objects.filter(pk=made.pk).update(
        job_id=job.pk, estimated_usd="0.60", status=Video.Status.READY, model="p-video-draft"
    )
    made.refresh_from_db()
    return made


def call(video: Video, index: int | None, estimated: str, actual: str | None, **more: Any) -> Any:
    clip = video.clips.get(clip_index=index) if index is not None else None
    fields = {
        "owner": video.owner,
        "job_id": video.job_id,
        "purpose": Purpose.CLIP,
        "subject_id": clip.pk if clip else uuid.uuid4(),
        "video_id": video.pk,
        "clip_id": clip.pk if clip else None,
        "keep_at": "x",
        "model": "p-video-draft",
        "slug": "prunaai/p-video",
        "status": "succeeded",
        "phase": Phase.ENDED,
        "estimated_usd": Decimal(estimated),
        "actual_usd": None if actual is None else Decimal(actual),
        "cost_source": "metrics",
        "finished_at": datetime(2026, 11, 20, 12, tzinfo=UTC),
    }
    made = Prediction.objects.create(**(fields | more))
    paid = sum(one.actual_usd or 0 for one in Prediction.objects.filter(video_id=video.pk))
    Video.objects.filter(pk=video.pk).update(actual_usd=paid)
    video.refresh_from_db()
    return made


def reasons(video: Video) -> dict[str, Decimal]:
    found = costs.video_costs(video)
    assert found.estimated + sum(one.usd for one in found.reasons) == found.actual
    return {one.text: one.usd for one in found.reasons}


def test_as_estimated_needs_no_reason(video: Video) -> None:
    for index in range(3):
        call(video, index, "0.20", "0.20")
    assert reasons(video) == {}
    assert {one.why for group in costs.video_costs(video).groups for one in group.calls} == {
        "As estimated."
    }


def test_every_difference_has_its_reason(video: Video) -> None:
    call(video, 0, "0.20", "0.21")
    call(video, 1, "0.20", "0", status="failed", error_sentence="The model failed.")
    call(video, 1, "0.20", "0.20")
    call(video, None, "0.01", "0.02", purpose=Purpose.SCENES, model="gpt-5-structured")
    call(video, 2, "0.19", "0.19", job_id=None)
    again = Job.objects.create(owner=video.owner, kind="regeneration", video_id=video.pk)
    call(video, 2, "0.18", "0.18", job_id=again.pk, subject_id=uuid.uuid4())
    assert reasons(video) == {
        "1 call counted otherwise by the service": Decimal("0.01"),
        "1 call of the plan failed or stopped, and not paid": Decimal("-0.20"),
        "1 call made once more after something went wrong": Decimal("0.20"),
        "1 call beyond the plan, for storyboard, scenes or lip-sync": Decimal("0.02"),
        "1 call of an earlier try to make this video": Decimal("0.19"),
        "1 call for clips that were made again": Decimal("0.18"),
        "Clips of the plan that were not ordered": Decimal("-0.20"),
    }


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"status": "queued", "phase": "intent", "actual_usd": None}, "Not sent yet."),
        ({"status": "running", "phase": "waiting"}, "Its price is set aside."),
        (
            {"status": "canceled", "actual_usd": 0},
            "Stopped before the service worked on it: nothing was paid.",
        ),
        (
            {"status": "canceled", "actual_usd": 1},
            "Stopped while the service worked on it: what it had begun is paid.",
        ),
        (
            {"status": "failed", "error_sentence": "It failed.", "actual_usd": 0},
            "It failed. Nothing was paid for it.",
        ),
        (
            {"status": "failed", "error_sentence": "It was bad.", "actual_usd": 1},
            "It was bad. The service had made it, so it is paid.",
        ),
        ({"actual_usd": 2}, "The service made, and counted, more than was asked for."),
        (
            {"actual_usd": Decimal("0.5"), "cost_source": "file"},
            "What came is less than was asked for; its own length is counted.",
        ),
    ],
)
def test_each_call_says_why(fields: dict[str, Any], sentence: str) -> None:
    usual = {"status": "succeeded", "estimated_usd": Decimal(1), "cost_source": "metrics"}
    assert costs.why(Prediction(**(usual | fields))) == sentence


def test_the_page_lists_each_call_with_its_clip(
    video: Video, alice: User, client_of: Callable[[User], Client]
) -> None:
    call(video, 0, "0.20", "0.20")
    call(video, 1, "0.003", "0.003", model="flux-schnell")
    call(video, 1, "0.20", "0.90")
    page = client_of(alice).get(reverse("video-costs", args=[video.pk])).content.decode()
    image = get_model("flux-schnell").name
    for words in ("Clip 1", "Clip 2", "$0.90", "$0.003", "First picture", image):
        assert words in page, words
    assert "This is more than a fifth above the estimate." in page
    player = client_of(alice).get(reverse("video", args=[video.pk])).status_code
    assert player == 200


def test_a_video_that_cost_nothing_says_so(
    video: Video, alice: User, client_of: Callable[[User], Client]
) -> None:
    page = client_of(alice).get(reverse("video-costs", args=[video.pk])).content.decode()
    assert "Nothing was paid for this video" in page


def test_costs_are_the_owners_alone(
    video: Video, charlie: User, client_of: Callable[[User], Client]
) -> None:
    call(video, 0, "0.20", "0.20")
    client = client_of(charlie)
    assert client.get(reverse("video-costs", args=[video.pk])).status_code == 404
    assert "Nothing was paid yet" in client.get(reverse("account-costs")).content.decode()


def test_months_add_up_also_what_was_deleted_since(
    video: Video,
    alice: User,
    client_of: Callable[[User], Client],
    django_assert_max_num_queries: Any,
) -> None:
    call(video, 0, "0.20", "0.20")
    call(video, 1, "0.20", "0.25", finished_at=datetime(2026, 10, 31, 23, 59, tzinfo=UTC))
    for fields in (
        {"video_id": uuid.uuid4()},
        {"video_id": None, "purpose": Purpose.MUSIC, "song_id": video.song_id},
        {"video_id": None, "purpose": Purpose.CHARACTER},
    ):
        call(video, None, "0.10", "0.10", **fields)
    with django_assert_max_num_queries(3):
        november, october = costs.months_of(alice)
    assert [(one.first_day.month, one.usd, one.calls) for one in (november, october)] == [
        (11, Decimal("0.50"), 4),
        (10, Decimal("0.25"), 1),
    ]
    assert {line.name for line in november.lines} == {
        "Night Drive",
        "A video that is deleted",
        "Night Drive (song)",
        "Character",
    }
    page = client_of(alice).get(reverse("account-costs")).content.decode()
    assert "November 2026" in page
    assert reverse("video-costs", args=[video.pk]) in page


def test_the_api_tells_the_cost_of_each_call(
    video: Video, alice: User, api_of: Callable[[User], APIClient]
) -> None:
    call(video, 0, "0.20", "0.20")
    told = api_of(alice).get(f"/api/videos/{video.pk}/metadata").json()["cost"]
    assert (told["estimated_usd"], told["actual_usd"]) == (0.6, 0.2)
    assert told["is_far_from_estimate"] is True
    assert told["calls"] == [
        {
            "name": "Clip",
            "model": "P-Video Draft",
            "attempt": 1,
            "outcome": "made",
            "estimated_usd": 0.2,
            "actual_usd": 0.2,
            "why": "As estimated.",
        }
    ]
