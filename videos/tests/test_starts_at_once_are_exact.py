"""Many requests at once: exactly as many videos as the limit allows, and one for each key [K1]."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import User
from songs.models import Song
from tests.trials import figures
from vibecraft.jobs.models import Job, SentKey
from vibecraft.testcrowd import at_once
from videos import drafts
from videos.models import Take, Video

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]

ApiOf = Callable[[User], APIClient]
LIMIT = 10
STARTS = 50
REPEATS = 100
# So many connections at once a database of ours takes.
AT_ONCE = 50
KEY = {"Idempotency-Key": "0b9a1a0c-3f57-4a6e-8d5a-6f1f7f0d3c11"}
LIMIT_SENTENCE = "You've reached your limit (10 videos). Delete existing videos to create more."


def test_fifty_starts_at_once_make_exactly_as_many_as_the_limit(
    alice: User, song: Song, api_of: ApiOf
) -> None:
    runs = figures.size(1)
    for _ in range(runs):
        Job.objects.all().delete()
        Video.objects.all().delete()
        User.objects.filter(pk=alice.pk).update(videos_limit=LIMIT, videos_used=0)
        assert start_fifty(alice, song, api_of) == {202: LIMIT, 429: STARTS - LIMIT}
    figures.note(f"exact runs of starts, {connection.vendor}", runs)


def start_fifty(alice: User, song: Song, api_of: ApiOf) -> Counter[int]:
    """Start as many drafts at once; how often each status was answered. The rows must agree with it."""
    videos = [drafts.create_video(alice, song) for _ in range(STARTS)]
    clients = [api_of(alice) for _ in videos]
    answers = at_once(lambda n: clients[n].post(f"/api/videos/{videos[n].pk}/generate"), STARTS)
    refused = [one.json() for one in answers if one.status_code == 429]
    assert {(one["code"], one["detail"]) for one in refused} == {("quota_reached", LIMIT_SENTENCE)}
    alice.refresh_from_db()
    assert alice.videos_used == LIMIT
    assert Counter(Video.objects.values_list("status", "is_counted")) == {
        ("generating", True): LIMIT,
        ("draft", False): STARTS - LIMIT,
    }
    begun = set(Video.objects.filter(status="generating").values_list("pk", flat=True))
    assert set(Job.objects.values_list("video_id", flat=True)) == begun
    assert Job.objects.count() == LIMIT
    assert set(Take.objects.values_list("clip__video_id", flat=True)) == begun
    return Counter(one.status_code for one in answers)


def test_a_hundred_equal_requests_with_one_key_make_one_video(
    alice: User, song: Song, api_of: ApiOf
) -> None:
    clients = [api_of(alice) for _ in range(REPEATS)]
    body = {"song_id": str(song.pk), "title": "Once", "seed": 7}
    answers = at_once(lambda n: clients[n].post("/api/videos", body, headers=KEY), REPEATS)
    assert Counter(one.status_code for one in answers) == {201: REPEATS}
    assert {one.content for one in answers} == {answers[0].content}
    assert [str(video.pk) for video in Video.objects.all()] == [answers[0].json()["id"]]
    other = clients[0].post("/api/videos", body | {"title": "Twice"}, headers=KEY)
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    assert Video.objects.get().title == "Once"
    figures.note(f"equal requests, {connection.vendor}", len(answers))


def test_a_hundred_starts_with_one_key_make_one_job_and_count_one_video(
    alice: User, song: Song, api_of: ApiOf
) -> None:
    video = drafts.create_video(alice, song)
    clients = [api_of(alice) for _ in range(REPEATS)]
    address = f"/api/videos/{video.pk}/generate"
    answers = at_once(lambda n: clients[n].post(address, headers=KEY), REPEATS)
    assert Counter(one.status_code for one in answers) == {202: REPEATS}
    assert {one.content for one in answers} == {answers[0].content}
    assert answers[0].json() == {"job_id": str(Job.objects.get().pk)}
    assert Take.objects.count() == video.clips.count()
    alice.refresh_from_db()
    assert alice.videos_used == 1


def test_a_hundred_clicks_without_a_key_make_one_job(
    alice: User, song: Song, api_of: ApiOf
) -> None:
    video = drafts.create_video(alice, song)
    clients = [api_of(alice) for _ in range(REPEATS)]
    answers = at_once(lambda n: clients[n].post(f"/api/videos/{video.pk}/generate"), REPEATS)
    assert Counter(one.status_code for one in answers) == {202: 1, 409: REPEATS - 1}
    assert (Job.objects.count(), Take.objects.count()) == (1, video.clips.count())
    alice.refresh_from_db()
    assert alice.videos_used == 1


def test_double_clicks_on_a_form_make_one_draft_each(
    alice: User, song: Song, client_of: Callable[[User], Any]
) -> None:
    keys = [str(uuid.uuid4()) for _ in range(figures.size(5))]
    clients = [client_of(alice) for _ in range(2 * len(keys))]

    def click(number: int) -> str:
        form = {"key": keys[number // 2]}
        return str(clients[number].post(f"/songs/{song.pk}/videos/new", form)["Location"])

    led_to = at_once(click, len(clients))
    assert led_to[::2] == led_to[1::2]
    assert set(led_to) == {f"/videos/{video.pk}" for video in Video.objects.all()}
    assert Video.objects.count() == len(keys)
    figures.note(f"double clicks, {connection.vendor}", len(keys))


def test_a_refused_request_may_be_put_right_under_its_key(
    alice: User, song: Song, api_of: ApiOf
) -> None:
    client = api_of(alice)
    wrong = client.post("/api/videos", {"song_id": str(song.pk), "model": "none"}, headers=KEY)
    assert (wrong.status_code, SentKey.objects.count()) == (400, 0)
    assert client.post("/api/videos", {"song_id": str(song.pk)}, headers=KEY).status_code == 201


def test_a_key_is_its_users_own(
    alice: User,
    bob: User,
    song: Song,
    api_of: ApiOf,
    ready_song: Callable[..., Song],
    sections_of: Any,
) -> None:
    theirs = ready_song(bob)
    sections_of(theirs)
    ids = {
        api_of(user).post("/api/videos", {"song_id": str(one.pk)}, headers=KEY).json()["id"]
        for user, one in ((alice, song), (bob, theirs))
    }
    assert ids == {str(video.pk) for video in Video.objects.all()}
    assert len(ids) == 2
