"""Generation over HTTP: started once, watched, canceled; the film is served in parts."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError
from rest_framework.test import APIClient

from accounts.models import User
from songs.models import Song
from vibecraft import storage
from vibecraft.jobs.models import Discard, Job
from videos import drafts
from videos.models import Clip, Take, Video

NOT_FOUND = {"detail": "There is nothing at this address.", "code": "not_found"}
KEY = "0b9a1a0c-3f57-4a6e-8d5a-6f1f7f0d3c11"
FILM = bytes(range(256)) * 8
NO_COST = {
    "estimated_usd": 0.0,
    "actual_usd": 0.0,
    "reserved_usd": 0.0,
    "is_far_from_estimate": False,
}
ApiOf = Callable[[User], APIClient]

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(alice: User, song: Song) -> Video:
    """A planned draft of Alice."""
    draft = drafts.create_video(alice, song)
    drafts.plan_video(draft, seed=1)
    return draft


@pytest.fixture
def made(video: Video, tmp_path: Path) -> Video:
    """Alice's video with a film and one take, as files that need not be real pictures."""
    clip = video.clips.first()
    assert clip is not None
    job = Job.objects.create(owner=video.owner, kind="generation", video_id=video.pk)
    names = {"film.mp4": FILM, "poster.jpg": b"poster", "take.mp4": b"take", "take.jpg": b"still"}
    keys = {name: storage.video_key(video.owner_id, video.pk, name) for name in names}
    for name, content in names.items():
        (tmp_path / name).write_bytes(content)
        storage.put(keys[name], tmp_path / name)
    take = Take.objects.create(
        clip=clip,
        job=job,
        number=1,
        seed=1,
        status="succeeded",
        key=keys["take.mp4"],
        thumbnail_key=keys["take.jpg"],
        cost_usd="0.25",
    )
    Clip.objects.filter(pk=clip.pk).update(chosen_take=take)
    Video.objects.filter(pk=video.pk).update(
        status="ready",
        job_id=job.pk,
        film_key=keys["film.mp4"],
        film_size_bytes=len(FILM),
        poster_key=keys["poster.jpg"],
        film_facts={"frames": 288, "width": 1920},
        sync_report={"cuts": 3, "cuts_on_beats": 3},
        actual_usd="0.25",
    )
    video.refresh_from_db()
    return video


def about(video: Video) -> dict[str, str]:
    return {"song_id": str(video.song_id), "video_id": str(video.pk)}


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_what_was_never_planned_is_planned_with_the_seed_that_was_chosen(
    alice: User, api_of: ApiOf, song: Song
) -> None:
    client = api_of(alice)
    chosen = {"song_id": str(song.pk), "seed": 7}
    video = Video.objects.get(pk=client.post("/api/videos", chosen).json()["id"])
    assert not video.clips.exists()
    assert client.post(f"/api/videos/{video.pk}/generate").status_code == 202
    video.refresh_from_db()
    assert video.seed == 7
    takes = Take.objects.of_job(video.job_id).order_by("clip__clip_index")
    seeds = [7 * 1_000_003 + index for index in range(video.clips.count())]
    assert [take.seed for take in takes] == seeds
    assert len(seeds) > 1


def test_generating_makes_a_job_with_a_take_for_each_clip(
    alice: User, api_of: ApiOf, video: Video
) -> None:
    response = api_of(alice).post(f"/api/videos/{video.pk}/generate")
    job = Job.objects.get()
    assert (response.status_code, response.json()) == (202, {"job_id": str(job.pk)})
    assert (job.owner, job.kind, job.video_id) == (alice, "generation", video.pk)
    assert Take.objects.filter(job=job).count() == video.clips.count()
    video.refresh_from_db()
    alice.refresh_from_db()
    assert (video.status, video.job_id, alice.videos_used) == ("generating", job.pk, 1)


def test_generating_plans_by_itself(alice: User, api_of: ApiOf, song: Song) -> None:
    video = drafts.create_video(alice, song)
    assert api_of(alice).post(f"/api/videos/{video.pk}/generate").status_code == 202
    assert video.clips.count() == Take.objects.count() > 0


def test_the_same_key_starts_a_generation_once(alice: User, api_of: ApiOf, video: Video) -> None:
    client, address = api_of(alice), f"/api/videos/{video.pk}/generate"
    answers = [client.post(address, headers={"Idempotency-Key": KEY}) for _ in range(3)]
    job = Job.objects.get()
    assert {one.status_code for one in answers} == {202}
    assert {one.json()["job_id"] for one in answers} == {str(job.pk)}
    alice.refresh_from_db()
    assert alice.videos_used == 1


def test_two_requests_at_once_with_one_key_get_one_job(
    alice: User, api_of: ApiOf, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, address = api_of(alice), f"/api/videos/{video.pk}/generate"
    first = client.post(address, headers={"Idempotency-Key": KEY}).json()

    def too_late(*_: object, **__: object) -> Job:
        raise IntegrityError("the other request has written the job with this id")

    monkeypatch.setattr("videos.pipeline.start_generation", too_late)
    response = client.post(address, headers={"Idempotency-Key": KEY})
    assert (response.status_code, response.json()) == (202, first)
    assert Job.objects.count() == 1


def test_a_key_may_be_used_for_another_video(
    alice: User, api_of: ApiOf, song: Song, video: Video
) -> None:
    other, client = drafts.create_video(alice, song), api_of(alice)
    jobs = [
        client.post(f"/api/videos/{pk}/generate", headers={"Idempotency-Key": KEY}).json()["job_id"]
        for pk in (video.pk, other.pk)
    ]
    assert sorted(jobs) == sorted(str(job.pk) for job in Job.objects.all())


def test_without_a_key_a_running_video_is_not_started_again(
    alice: User, api_of: ApiOf, video: Video
) -> None:
    client, address = api_of(alice), f"/api/videos/{video.pk}/generate"
    client.post(address)
    response = client.post(address)
    assert response.status_code == 409
    assert response.json() == {
        "detail": "This video is being made already.",
        "code": "already_running",
        **about(video),
    }
    assert Job.objects.count() == 1


def test_over_the_limit_nothing_is_started(alice: User, api_of: ApiOf, video: Video) -> None:
    User.objects.filter(pk=alice.pk).update(videos_used=15)
    response = api_of(alice).post(f"/api/videos/{video.pk}/generate")
    assert response.status_code == 429
    assert response.json() == {
        "detail": "You've reached your limit (15 videos). Delete existing videos to create more.",
        "code": "quota_reached",
        **about(video),
    }
    video.refresh_from_db()
    assert video.status == "draft"
    assert not Job.objects.exists()


def test_a_made_video_is_not_made_again(alice: User, api_of: ApiOf, made: Video) -> None:
    response = api_of(alice).post(f"/api/videos/{made.pk}/generate")
    assert (response.status_code, response.json()["code"]) == (409, "already_made")
    assert Job.objects.count() == 1


def test_the_status_says_how_it_stands(alice: User, api_of: ApiOf, video: Video) -> None:
    client = api_of(alice)
    idle = {
        "status": "draft",
        "step": "",
        "message": "Not started yet.",
        "progress": 0,
        "total": 0,
        "completed": 0,
        "failed": 0,
        "retrying": 0,
        "in_progress": 0,
        "waiting": 0,
        "seconds_left": None,
        "cost_usd": 0.0,
        "reserved_usd": 0.0,
        "job_id": None,
        "error": None,
    }
    assert client.get(f"/api/videos/{video.pk}/status").json() == idle
    job_id = client.post(f"/api/videos/{video.pk}/generate").json()["job_id"]
    clips = video.clips.count()
    assert client.get(f"/api/videos/{video.pk}/status").json() == idle | {
        "status": "generating",
        "step": "clips",
        "message": f"0 of {clips} clips",
        "total": clips,
        "job_id": job_id,
    }


def test_a_failed_video_says_why(alice: User, api_of: ApiOf, video: Video) -> None:
    Video.objects.filter(pk=video.pk).update(
        status="failed", error_code="disk_full", error_sentence="There is no space left."
    )
    error = {"code": "disk_full", "detail": "There is no space left."}
    client = api_of(alice)
    assert client.get(f"/api/videos/{video.pk}").json()["error"] == error
    status = client.get(f"/api/videos/{video.pk}/status").json()
    assert (status["status"], status["error"]) == ("failed", error)


def test_a_canceled_generation_stops_and_gives_its_place_back(
    alice: User, api_of: ApiOf, video: Video
) -> None:
    client = api_of(alice)
    client.post(f"/api/videos/{video.pk}/generate")
    for _ in range(2):  # canceling what is canceled changes nothing
        response = client.post(f"/api/videos/{video.pk}/cancel")
        assert (response.status_code, response.json()["status"]) == (202, "canceled")
    assert Job.objects.get().status == "canceled"
    assert set(Take.objects.values_list("status", flat=True)) == {"canceled"}
    alice.refresh_from_db()
    assert alice.videos_used == 0


def test_what_does_not_run_cannot_be_canceled(alice: User, api_of: ApiOf, video: Video) -> None:
    response = api_of(alice).post(f"/api/videos/{video.pk}/cancel")
    assert response.status_code == 409
    assert response.json() == {
        "detail": "Nothing runs for this video, so nothing is canceled.",
        "code": "not_running",
        **about(video),
    }


def test_a_canceled_video_can_be_started_again(alice: User, api_of: ApiOf, video: Video) -> None:
    client = api_of(alice)
    for act in ("generate", "cancel", "generate"):
        assert client.post(f"/api/videos/{video.pk}/{act}").status_code == 202
    video.refresh_from_db()
    assert (video.status, Job.objects.count()) == ("generating", 2)


def test_deleting_a_running_video_ends_its_work(alice: User, api_of: ApiOf, video: Video) -> None:
    client = api_of(alice)
    client.post(f"/api/videos/{video.pk}/generate")
    assert client.delete(f"/api/videos/{video.pk}").status_code == 204
    assert not Video.objects.exists()
    assert not Job.objects.active().exists()
    assert f"{alice.pk}/videos/{video.pk}/" in [row.prefix for row in Discard.objects.all()]
    alice.refresh_from_db()
    assert alice.videos_used == 0


def test_before_the_film_there_is_none(alice: User, api_of: ApiOf, video: Video) -> None:
    client = api_of(alice)
    response = client.get(f"/api/videos/{video.pk}/file")
    assert response.status_code == 409
    assert response.json() == {
        "detail": "The film of this video is not made yet.",
        "code": "film_not_ready",
        **about(video),
    }
    assert client.get(f"/api/videos/{video.pk}/poster").status_code == 404
    assert client.get(f"/api/videos/{video.pk}/metadata").json() == {
        "film": {},
        "sync": {},
        "cost": NO_COST | {"calls": []},
        "downloads": 0,
    }


def test_the_film_comes_whole_and_in_parts(alice: User, api_of: ApiOf, made: Video) -> None:
    client, address = api_of(alice), f"/api/videos/{made.pk}/file"
    whole = client.get(address)
    assert (whole.status_code, whole["Content-Type"]) == (200, "video/mp4")
    assert whole["Content-Disposition"].startswith("inline")
    assert content(whole) == FILM
    part = client.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part["Content-Range"]) == (206, "bytes 10-19/2048")
    assert content(part) == FILM[10:20]
    past = client.get(address, headers={"Range": "bytes=2048-"})
    assert (past.status_code, past["Content-Range"]) == (416, "bytes */2048")


def test_a_download_has_the_videos_name_and_is_counted(
    alice: User, api_of: ApiOf, made: Video
) -> None:
    client, address = api_of(alice), f"/api/videos/{made.pk}/file"
    response = client.get(f"{address}?download=1")
    assert response["Content-Disposition"].startswith('attachment; filename="Night Drive.mp4"')
    assert content(response) == FILM
    client.head(f"{address}?download=1")
    client.get(address)
    client.get(f"{address}?download=0")
    assert client.get(f"/api/videos/{made.pk}/metadata").json() == {
        "film": {"frames": 288, "width": 1920},
        "sync": {"cuts": 3, "cuts_on_beats": 3},
        "cost": NO_COST | {"actual_usd": 0.25, "calls": []},
        "downloads": 1,
    }


def test_every_address_that_is_given_leads_to_its_file(
    alice: User, charlie: User, api_of: ApiOf, made: Video
) -> None:
    client = api_of(alice)
    body = client.get(f"/api/videos/{made.pk}").json()
    assert body["file_size_bytes"] == len(FILM)
    clip = client.get(f"/api/videos/{made.pk}/clips").json()["clips"][0]
    take = clip["takes"][0]
    assert (clip["status"], clip["chosen_take_id"]) == ("completed", take["id"])
    assert (take["kind"], take["status"], take["cost_usd"]) == ("generated", "succeeded", 0.25)
    files = {body["poster_url"]: b"poster", take["url"]: b"take", take["thumbnail_url"]: b"still"}
    for address, expected in files.items():
        assert content(client.get(address)) == expected
        response = api_of(charlie).get(address)
        assert (response.status_code, response.json()) == (404, NOT_FOUND)


def test_a_take_belongs_to_its_video(alice: User, api_of: ApiOf, song: Song, made: Video) -> None:
    other, take = drafts.create_video(alice, song), Take.objects.get()
    client = api_of(alice)
    answers = [
        client.get(f"/api/videos/{other.pk}/takes/{pk}/file") for pk in (take.pk, uuid.uuid4())
    ]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_another_finished_take_can_be_chosen(alice: User, api_of: ApiOf, made: Video) -> None:
    first = Take.objects.get()
    better = Take.objects.get()
    better.pk, better.number = uuid.uuid4(), 2
    better.save(force_insert=True)
    address = f"/api/videos/{made.pk}/clips/{first.clip_id}"
    response = api_of(alice).patch(address, {"chosen_take_id": str(better.pk)})
    assert response.status_code == 200
    assert response.json()["chosen_take_id"] == str(better.pk)
    assert [take["number"] for take in response.json()["takes"]] == [1, 2]
