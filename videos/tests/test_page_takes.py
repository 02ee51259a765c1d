"""The takes' part of the player: what is left and its price beside each button, and why not."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.money import usd_text
from videos import remaking
from videos.models import Clip, SectionTurn, Take, Video
from videos.tests import cast

pytestmark = pytest.mark.django_db

HX = {"HX-Request": "true"}


@pytest.fixture
def video(alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., Any]) -> Video:
    """Two clips a section."""
    song = ready_song(alice, seconds=48.0)
    sections_of(song)
    return cast.ready(song)


@pytest.fixture
def client(alice: User, client_of: Callable[..., Client]) -> Client:
    return client_of(alice)


def said(answer: Any) -> list[str]:
    """What each clip's part says, as plain text."""
    parts = answer.content.decode().split('class="again__clip"')[1:]
    return [" ".join(re.sub(r"<[^>]+>", " ", part).split()) for part in parts]


def player(client: Client, video: Video) -> Any:
    return client.get(reverse("video", args=[video.pk]))


def post(client: Client, name: str, video: Video, *more: Any, **body: str) -> Any:
    return client.post(reverse(name, args=[video.pk, *more]), body, headers=HX)


def test_what_is_left_and_the_price_stand_beside_each_button(
    client: Client, video: Video, settings: LazySettings
) -> None:
    settings.REPLICATE_API_TOKEN = "r8_not_a_real_token"
    Video.objects.filter(pk=video.pk).update(model="seedance-1-pro-fast")
    video.refresh_from_db()
    clips = list(video.clips.select_related("chosen_still"))
    prices = remaking.prices_of(video, clips)
    Clip.objects.filter(pk=clips[1].pk).update(regenerations_left=0)
    parts = said(player(client, video))
    assert len(parts) == len(clips)
    for clip, left, part in zip(clips, (1, 0), parts, strict=False):
        assert prices[clip.pk] > 0
        usd = usd_text(prices[clip.pk])
        assert f"Make this clip again for {usd} {left} of 1 left" in part
        mine = [one for one in clips if one.section_id == clip.section_id]
        together = usd_text(sum(prices[one.pk] for one in mine))
        label, count = clip.section.label, len(mine)
        assert f"Make “{label}” again, {count} clips for {together} 1 of 1 left" in part


def test_a_section_is_made_again_from_any_of_its_clips_and_its_progress_is_by_clips(
    client: Client, video: Video
) -> None:
    first, second = video.clips.all()[:2]
    answer = post(client, "section-again", video, 2)
    job = Job.objects.get(kind="regeneration")
    assert f"0 of {job.total} clips" in answer.content.decode()
    made = set(Take.objects.of_job(job.pk).values_list("clip_id", flat=True))
    assert {first.pk, second.pk} <= made
    assert made == set(Clip.objects.filter(section=first.section_id).values_list("pk", flat=True))
    assert SectionTurn.objects.get().section_id == first.section_id
    assert "Make this clip again" not in answer.content.decode()
    again = post(client, "section-again", video, 1)
    assert (again.status_code, Job.objects.filter(kind="regeneration").count()) == (200, 1)


def test_a_turn_that_is_used_up_is_refused_in_its_place(client: Client, video: Video) -> None:
    Clip.objects.filter(video=video).update(regenerations_left=0)
    answer = post(client, "clip-again", video, 1)
    assert answer.status_code == 409
    assert "This clip was made again already; each can be made again once." in " ".join(
        answer.content.decode().split()
    )
    assert not Job.objects.filter(kind="regeneration").exists()


@pytest.mark.parametrize(
    ("prompt", "sentence"),
    [
        ("a\0b", "The prompt has characters that cannot be stored."),
        ("x" * 6001, "A clip&#x27;s prompt has at most 6000 characters."),
    ],
)
def test_words_that_cannot_be_used_cost_no_turn(
    client: Client, video: Video, prompt: str, sentence: str
) -> None:
    address = reverse("clip-again", args=[video.pk, 1])
    answer = client.post(address, {"prompt": prompt}, headers={"HX-Request": "true"})
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert video.clips.get(clip_index=0).regenerations_left == 1
    assert not Job.objects.filter(kind="regeneration").exists()


def test_a_failed_attempt_keeps_its_badge_and_reason_until_a_better_one(
    client: Client, video: Video
) -> None:
    clip = video.clips.first()
    assert clip is not None
    take = Take(clip=clip, job=clip.chosen_take.job, number=2, seed=2, status="failed")
    take.error_sentence = "The model refused these words."
    take.save()
    part = said(player(client, video))[0]
    assert "Take 1 in the film" in part
    assert "Take 2 failed The model refused these words." in part
    Take.objects.create(
        clip=clip, job=take.job, number=3, seed=3, status="succeeded", key=clip.chosen_take.key
    )
    part = said(player(client, video))[0]
    assert "failed" not in part
    assert "Take 3" in part


def test_charlie_finds_no_takes(
    video: Video, charlie: User, client_of: Callable[..., Client]
) -> None:
    client, take = client_of(charlie), Take.objects.filter(clip__video=video).first()
    assert take is not None
    met = [
        post(client, "clip-again", video, 1),
        post(client, "section-again", video, 1),
        post(client, "take-choose", video, take.pk),
        post(client, "video-join", video),
        post(client, "video-again-cancel", video),
    ]
    assert [answer.status_code for answer in met] == [404] * 5
    assert not Job.objects.filter(kind="regeneration").exists()
