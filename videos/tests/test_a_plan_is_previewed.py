"""A plan that costs something is drawn by the visualizer first, free of charge: same cuts, same words."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from songs.models import Song
from vibecraft.predictions.models import Prediction
from vibecraft.problems import Problem
from videos import previews
from videos.models import Take, Video
from videos.tests import cast

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]
OWN = "Only these words of mine."


@pytest.fixture
def video(song: Song, settings: LazySettings) -> Video:
    """A draft by a model that is paid for, with words of one's own in its second clip."""
    settings.REPLICATE_API_TOKEN = "r8_not_a_real_token"
    video = cast.draft_of(song, model="p-video-draft", aspect_ratio="9:16")
    video.clips.filter(clip_index=1).update(prompt=OWN)
    return video


def plan_of(video: Video) -> list[tuple[int, int, str]]:
    return list(video.clips.values_list("start_frame", "end_frame", "prompt"))


def test_a_preview_has_the_cuts_and_the_words_and_costs_nothing(video: Video, alice: User) -> None:
    before = Video.objects.values().get(pk=video.pk)
    made = previews.make_preview(video, key=(key := uuid.uuid4()))
    assert previews.make_preview(video, key=key) == made
    assert (made.status, made.title) == ("generating", f"{video.title} preview")
    assert (made.model, made.aspect_ratio, made.estimated_usd) == ("visualizer", "9:16", 0)
    assert plan_of(made) == plan_of(video)
    takes = Take.objects.of_job(made.job_id)
    assert set(takes.values_list("model", flat=True)) == {"visualizer"}
    assert takes.count() == video.clips.count()
    assert Video.objects.values().get(pk=video.pk) == before
    alice.refresh_from_db()
    assert alice.videos_used == 1
    assert Prediction.objects.count() == 0


def test_a_preview_beyond_the_quota_leaves_nothing(video: Video) -> None:
    User.objects.filter(pk=video.owner_id).update(videos_used=15)
    with pytest.raises(Problem) as refusal:
        previews.make_preview(Video.objects.get(pk=video.pk))
    assert refusal.value.status == 429
    assert (Video.objects.count(), Take.objects.count()) == (1, 0)


def test_without_a_plan_there_is_nothing_to_preview(video: Video) -> None:
    video.clips.all().delete()
    with pytest.raises(Problem, match="no_plan"):
        previews.make_preview(video)
    assert Video.objects.count() == 1


@pytest.mark.parametrize("make", [cast.generating, cast.ready, cast.failed])
def test_only_a_draft_is_previewed(song: Song, make: Callable[[Song], Video]) -> None:
    video = make(song)
    with pytest.raises(Problem) as refusal:
        previews.make_preview(video)
    assert refusal.value.status == 409
    assert Video.objects.count() == 1


def test_the_page_offers_it_where_the_plan_costs_something(
    client_of: ClientOf, alice: User, video: Video
) -> None:
    client = client_of(alice)
    page = reverse("video", args=[video.pk])
    assert "Preview for free" in client.get(page).content.decode()
    answer = client.post(reverse("video-preview", args=[video.pk]), {"key": str(uuid.uuid4())})
    made = Video.objects.exclude(pk=video.pk).get()
    assert answer["Location"] == reverse("video", args=[made.pk])
    Video.objects.filter(pk=video.pk).update(model="visualizer")
    assert "Preview for free" not in client.get(page).content.decode()


def test_a_refusal_is_said_on_the_page(client_of: ClientOf, alice: User, video: Video) -> None:
    User.objects.filter(pk=alice.pk).update(videos_used=15)
    answer = client_of(alice).post(reverse("video-preview", args=[video.pk]))
    assert answer.status_code == 429
    assert "reached your limit" in answer.content.decode()
