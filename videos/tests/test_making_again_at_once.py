"""Many clicks on "make again" in the same moment: one job, one turn, one take for each clip [J2]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.testcrowd import at_once, outcomes
from videos import drafts, finalizing, remaking
from videos.models import Clip, SectionTurn, Take, Video

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]

CLICKS = 20
KEY = {"Idempotency-Key": "0b9a1a0c-3f57-4a6e-8d5a-6f1f7f0d3c11"}


@pytest.fixture
def video(alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., Any]) -> Video:
    """A film by its rows alone: two clips a section, each with its take. No picture is looked at."""
    song = ready_song(alice, seconds=48.0)
    sections_of(song)
    made = drafts.create_video(alice, song)
    drafts.plan_video(made, seed=1)
    job = Job.objects.create(owner=alice, kind="generation", status="succeeded", video_id=made.pk)
    for clip in made.clips.all():
        take = Take.objects.create(
            clip=clip, job=job, number=1, seed=1, status="succeeded", key="k"
        )
        Clip.objects.filter(pk=clip.pk).update(chosen_take=take, film_take=take)
    Video.objects.filter(pk=made.pk).update(status="ready", film_key="film.mp4")
    made.refresh_from_db()
    return made


def seen(video: Video) -> Video:
    """The video as one request has read it."""
    return Video.objects.select_related("owner", "song").get(pk=video.pk)


def test_clicks_on_a_clip_use_its_turn_once(
    video: Video, alice: User, api_of: Callable[[User], APIClient]
) -> None:
    clip = video.clips.first()
    assert clip is not None
    clients = [api_of(alice) for _ in range(CLICKS)]
    address = f"/api/videos/{video.pk}/regenerate/clip/{clip.pk}"
    answers = at_once(lambda number: clients[number].post(address), CLICKS)
    job = Job.objects.get(kind="regeneration")
    assert Counter(one.status_code for one in answers) == {202: CLICKS}
    assert {one.json()["job_id"] for one in answers} == {str(job.pk)}
    assert list(Take.objects.of_job(job.pk).values_list("clip_id", "number")) == [(clip.pk, 2)]
    left = Counter(video.clips.values_list("regenerations_left", flat=True))
    assert left == {0: 1, 1: video.clips.count() - 1}


def test_clicks_on_a_clip_and_on_its_section_start_one_of_them(video: Video) -> None:
    clip = video.clips.select_related("section").first()
    assert clip is not None
    clips = list(video.clips.filter(section=clip.section))
    assert len(clips) > 1, "so that the two are not the same work"
    rows = [seen(video) for _ in range(CLICKS)]

    def click(number: int) -> Job:
        if number % 2:
            return remaking.remake_section(rows[number], clip.section)
        return remaking.remake_clip(rows[number], Clip.objects.get(pk=clip.pk))

    met = outcomes(click, CLICKS)
    assert met == ["already_running"] * (CLICKS // 2) + ["done"] * (CLICKS // 2)
    job = Job.objects.get(kind="regeneration")
    made = set(Take.objects.of_job(job.pk).values_list("clip_id", flat=True))
    of_section = SectionTurn.objects.filter(job=job).exists()
    assert made == ({one.pk for one in clips} if of_section else {clip.pk})
    assert video.clips.filter(regenerations_left=0).count() == (0 if of_section else 1)


def test_making_again_and_making_final_never_both_begin(video: Video) -> None:
    clip = video.clips.first()
    assert clip is not None
    rows = [seen(video) for _ in range(2)]
    acts: list[Callable[[], object]] = [
        lambda: finalizing.finalize(rows[0]),
        lambda: remaking.remake_clip(rows[1], clip),
    ]
    met = outcomes(lambda number: acts[number](), 2)
    assert met in (["done", "still_running"], ["done", "video_is_final"])
    is_final = Video.objects.get(pk=video.pk).is_finalized
    assert Job.objects.filter(kind="regeneration").active().exists() is not is_final
    assert Take.objects.filter(clip=clip, number=2).exists() is not is_final


def test_the_same_key_with_another_prompt_is_refused(
    video: Video, alice: User, api_of: Callable[[User], APIClient]
) -> None:
    clip = video.clips.first()
    assert clip is not None
    client, address = api_of(alice), f"/api/videos/{video.pk}/regenerate/clip/{clip.pk}"
    first = client.post(address, {"prompt": "rain"}, headers=KEY)
    again = client.post(address, {"prompt": "rain"}, headers=KEY)
    other = client.post(address, {"prompt": "snow"}, headers=KEY)
    assert (first.status_code, again.json()) == (202, first.json())
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    assert Take.objects.get(clip=clip, number=2).prompt == "rain"
