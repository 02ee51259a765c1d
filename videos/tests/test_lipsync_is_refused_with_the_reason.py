"""Where lip-sync makes no sense it says why, and nothing is begun, stored or spent."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection

from accounts.models import User
from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.predictions.models import Prediction
from vibecraft.testing import stored_files
from videos import lipsync
from videos.models import Clip, Take, Video
from videos.tests import cast

LINES = [
    {"start": 0.5, "end": 3.0, "text": "Say my name", "words": []},
    {"start": 8.2, "end": 11.0, "text": "Again", "words": []},
]


@pytest.fixture
def on(settings: LazySettings) -> None:
    """AI is on; nothing in these tests gets as far as a call."""
    settings.REPLICATE_API_TOKEN = "r8_not_a_real_token"
    settings.REPLICATE_BASE_URL = "http://127.0.0.1:9"


def ready_with_lyrics(song: Song, sections_of: Callable[..., Any]) -> Video:
    song.lyrics = LINES
    song.save()
    sections_of(song)
    return cast.ready(song)


@pytest.fixture
def video(alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., Any]) -> Video:
    return ready_with_lyrics(ready_song(alice), sections_of)


@pytest.fixture
def ask(api_of: Callable[..., Any]) -> Callable[..., Any]:
    """POST for a clip by its number; the answer."""

    def post(user: User, video: Video, number: int = 1, **headers: str) -> Any:
        clip = video.clips.get(clip_index=number - 1)
        return api_of(user).post(f"/api/videos/{video.pk}/clips/{clip.pk}/lipsync", headers=headers)

    return post


def change(row: Any, **fields: Any) -> None:
    type(row).objects.filter(pk=row.pk).update(**fields)


Prepare = Callable[[Video], None]


def _shorten(video: Video) -> None:
    change(video.clips.get(clip_index=0), end_frame=24)


def _lengthen(video: Video) -> None:
    change(video.clips.get(clip_index=0), end_frame=264)


def _untake(video: Video) -> None:
    change(video.clips.get(clip_index=0), chosen_take=None)


def _swell(video: Video) -> None:
    Take.objects.filter(clip__video=video).update(size_bytes=101 * 1024 * 1024)


def _draw(video: Video) -> None:
    Take.objects.filter(clip__video=video).update(model="visualizer")


def _occupy(video: Video) -> None:
    Job.objects.create(owner=video.owner, kind="composition", video_id=video.pk)


REFUSALS: list[tuple[str, Prepare, int, str, str]] = [
    ("film_not_ready", lambda video: change(video, status="failed"), 1, "", "not made yet"),
    ("video_is_final", lambda video: change(video, is_finalized=True), 1, "", "is final"),
    ("no_take", _untake, 1, "", "has no picture yet"),
    ("no_lyrics", lambda video: None, 2, "", "No lyrics are sung in this clip."),
    ("no_face", _draw, 1, "", "The visualizer shows no faces"),
    ("take_too_large", _swell, 1, "", "larger than 100 MB"),
    ("already_running", _occupy, 1, "", "being made for this video already"),
    ("clip_too_short", _shorten, 1, "kling-lip-sync", "Kling Lip Sync takes clips of 2 s to 10 s."),
    ("clip_too_long", _lengthen, 1, "kling-lip-sync", "Kling Lip Sync takes clips of 2 s to 10 s."),
    ("model_gone", lambda video: None, 1, "no-such-model", "not in the catalog"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "prepare", "number", "model", "words"), REFUSALS, ids=[one[0] for one in REFUSALS]
)
def test_each_reason_is_a_409_with_its_code_and_leaves_nothing(
    on: None,
    video: Video,
    alice: User,
    ask: Callable[..., Any],
    settings: LazySettings,
    code: str,
    prepare: Prepare,
    number: int,
    model: str,
    words: str,
) -> None:
    settings.LIPSYNC_MODEL = model or settings.LIPSYNC_MODEL
    prepare(video)
    before = (Job.objects.count(), Take.objects.count(), stored_files(alice))
    answer = ask(alice, video, number)
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert words in answer.json()["detail"]
    assert answer.json()["video_id"] == str(video.pk)
    assert (Job.objects.count(), Take.objects.count(), stored_files(alice)) == before
    assert not Prediction.objects.exists()
    video.refresh_from_db()
    assert (video.reserved_usd, video.actual_usd) == (0, 0)


@pytest.mark.django_db
def test_without_ai_it_is_refused(video: Video, alice: User, ask: Callable[..., Any]) -> None:
    answer = ask(alice, video)
    assert (answer.status_code, answer.json()["code"]) == (409, "ai_is_off")
    assert not Take.objects.filter(kind="lipsync").exists()


@pytest.mark.django_db
def test_a_budget_that_does_not_reach_is_402(
    on: None, video: Video, alice: User, ask: Callable[..., Any]
) -> None:
    change(video, budget_usd=Decimal("0.19"))
    answer = ask(alice, video)
    assert (answer.status_code, answer.json()["code"]) == (402, "over_budget")
    assert "$0.20" in answer.json()["detail"]
    change(video, budget_usd=Decimal("0.20"))
    assert ask(alice, video).status_code == 202


@pytest.mark.django_db
def test_a_full_storage_is_429(
    on: None, video: Video, alice: User, ask: Callable[..., Any]
) -> None:
    change(alice, storage_used_bytes=5 * 1024**3, storage_limit_bytes=5 * 1024**3)
    answer = ask(alice, video)
    assert (answer.status_code, answer.json()["code"]) == (429, "quota_reached")
    assert not Take.objects.filter(kind="lipsync").exists()


@pytest.mark.django_db
def test_starts_are_counted_by_the_minute(
    on: None, video: Video, alice: User, ask: Callable[..., Any], settings: LazySettings
) -> None:
    settings.PAID_STARTS_A_MINUTE = 1
    assert ask(alice, video).status_code == 202
    lipsync.cancel_lipsync(video)
    answer = ask(alice, video)
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert Take.objects.filter(kind="lipsync").count() == 1


@pytest.mark.django_db
def test_only_the_owner_may(
    on: None, video: Video, bob: User, charlie: User, ask: Callable[..., Any]
) -> None:
    for user in (bob, charlie):
        assert ask(user, video).status_code == 404
    assert not Take.objects.filter(kind="lipsync").exists()


@pytest.mark.django_db
def test_a_clip_of_another_video_is_not_there(
    on: None, video: Video, alice: User, api_of: Callable[..., Any]
) -> None:
    other = cast.draft_of(video.song)
    clip = other.clips.first()
    answer = api_of(alice).post(f"/api/videos/{video.pk}/clips/{clip.pk}/lipsync")
    assert answer.status_code == 404


@pytest.mark.django_db
def test_asking_twice_is_one_job_and_another_clip_has_to_wait(
    on: None, video: Video, alice: User, ask: Callable[..., Any]
) -> None:
    first, second = ask(alice, video), ask(alice, video)
    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    other = ask(alice, video, 3)
    assert (other.status_code, other.json()["code"]) == (409, "already_running")
    take = Take.objects.get(kind="lipsync")
    assert (take.number, take.status) == (2, "queued")
    assert str(take.job_id) == first.json()["job_id"]


@pytest.mark.django_db
def test_the_same_key_is_the_same_job_also_after_its_end(
    on: None, video: Video, alice: User, ask: Callable[..., Any]
) -> None:
    key = {"Idempotency-Key": "00000000-0000-4000-8000-000000000001"}
    first = ask(alice, video, **key)
    lipsync.cancel_lipsync(video)
    assert ask(alice, video, **key).json() == first.json()
    assert Take.objects.filter(kind="lipsync").count() == 1


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_many_clicks_at_once_are_one_job(
    on: None, ready_song: Callable[..., Song], sections_of: Callable[..., Any]
) -> None:
    owner = User.objects.create_user("clicker@example.org")
    video = ready_with_lyrics(ready_song(owner), sections_of)
    gate, seen = threading.Barrier(4), []

    def click() -> None:
        try:
            mine = Video.objects.select_related("owner", "song").get(pk=video.pk)
            clip = Clip.objects.select_related("chosen_take").get(video=mine, clip_index=0)
            gate.wait()
            seen.append(lipsync.start_lipsync(mine, clip).pk)
        finally:
            connection.close()

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert len(seen) == 4
    assert len(set(seen)) == 1
    assert Take.objects.filter(kind="lipsync").count() == 1
