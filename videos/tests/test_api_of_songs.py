"""The names that begin with a song: the same acts on its newest video."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from songs.models import Song
from vibecraft.jobs.models import Job
from videos import drafts
from videos.models import Clip, Take, Video

NOT_FOUND = {"detail": "There is nothing at this address.", "code": "not_found"}
ApiOf = Callable[[User], APIClient]

pytestmark = pytest.mark.django_db


def test_a_type_is_suggested_with_its_reason(alice: User, api_of: ApiOf, song: Song) -> None:
    response = api_of(alice).get(f"/api/songs/{song.pk}/suggest-video-type")
    assert response.status_code == 200
    body = response.json()
    suggested = drafts.suggest_type(song)
    assert (body["video_type"], body["reason"]) == ("abstract", suggested.reason)
    assert [choice["key"] for choice in body["choices"]] == [one.key for one in suggested.choices]
    assert body["choices"][0].keys() == {"key", "name", "description", "score"}


def test_before_the_analysis_nothing_is_suggested(alice: User, api_of: ApiOf, song: Song) -> None:
    Song.objects.filter(pk=song.pk).update(status="analyzing")
    response = api_of(alice).get(f"/api/songs/{song.pk}/suggest-video-type")
    assert (response.status_code, response.json()["code"]) == (409, "analysis_not_ready")
    assert response.json()["song_id"] == str(song.pk)


def test_a_draft_is_made_once_where_there_is_none(alice: User, api_of: ApiOf, song: Song) -> None:
    client = api_of(alice)
    sent = {"custom_prompt": "a lighthouse in a storm"}
    response = client.post(f"/api/songs/{song.pk}/generate-prompt", sent)
    video = Video.objects.get()
    assert response.status_code == 200
    assert response.json()["overall_prompt"] == video.overall_prompt
    assert (video.status, video.owner, video.idea) == ("draft", alice, sent["custom_prompt"])
    prompts = client.get(f"/api/songs/{song.pk}/section-prompts").json()["sections"]
    assert [one["section_id"] for one in prompts] == [str(one.pk) for one in song.sections.all()]
    assert Video.objects.get() == video


def test_the_newest_video_is_meant(alice: User, api_of: ApiOf, song: Song) -> None:
    drafts.create_video(alice, song)
    newest = drafts.create_video(alice, song)
    client = api_of(alice)
    planned = client.post(f"/api/songs/{song.pk}/clips/plan", {"seed": 3}).json()
    assert set(Clip.objects.values_list("video_id", flat=True)) == {newest.pk}
    assert client.get(f"/api/videos/{newest.pk}/clips").json() == {"clips": planned["clips"]}
    assert client.get(f"/api/songs/{song.pk}/clips").json() == {"clips": planned["clips"]}


def test_each_section_has_its_clips(alice: User, api_of: ApiOf, song: Song) -> None:
    client = api_of(alice)
    clips = client.post(f"/api/songs/{song.pk}/clips/plan", {"seed": 3}).json()["clips"]
    found = [
        clip
        for section in song.sections.all()
        for clip in client.get(f"/api/songs/{song.pk}/sections/{section.pk}/clips").json()["clips"]
    ]
    assert found == clips


def test_without_sections_no_draft_is_made(
    alice: User, api_of: ApiOf, ready_song: Callable[..., Song]
) -> None:
    song = ready_song(alice)
    for act, path in (("get", "clips"), ("post", "clips/generate"), ("post", "compose")):
        response = getattr(api_of(alice), act)(f"/api/songs/{song.pk}/{path}")
        assert response.status_code == 409
        assert response.json() == {
            "detail": "Draw the sections of this song first.",
            "code": "no_sections",
            "song_id": str(song.pk),
        }
    assert not Video.objects.exists()


def test_generation_is_started_and_watched_by_the_song(
    alice: User, api_of: ApiOf, song: Song
) -> None:
    client = api_of(alice)
    response = client.post(f"/api/songs/{song.pk}/clips/generate")
    job, video = Job.objects.get(), Video.objects.get()
    assert (response.status_code, response.json()) == (202, {"job_id": str(job.pk)})
    status = client.get(f"/api/songs/{song.pk}/generation/status").json()
    assert status == client.get(f"/api/videos/{video.pk}/status").json()
    assert (status["status"], status["job_id"]) == ("generating", str(job.pk))


def test_while_clips_are_made_their_job_is_the_composition(
    alice: User, api_of: ApiOf, song: Song
) -> None:
    client = api_of(alice)
    started = client.post(f"/api/songs/{song.pk}/clips/generate").json()
    response = client.post(f"/api/songs/{song.pk}/compose")
    assert (response.status_code, response.json()) == (202, started)
    address = f"/api/songs/{song.pk}/compose/{started['job_id']}"
    job = client.get(f"/api/jobs/{started['job_id']}").json()
    assert client.get(f"{address}/status").json() == job
    response = client.get(f"{address}/result")
    video = Video.objects.get()
    assert response.status_code == 409
    assert response.json() == {
        "detail": "The film is not made yet. Please wait a little.",
        "code": "film_not_ready",
        "song_id": str(song.pk),
    }
    Job.objects.filter(pk=job["id"]).update(status="succeeded")
    assert client.get(f"{address}/result").json() == client.get(f"/api/videos/{video.pk}").json()


def test_a_composition_needs_all_takes(alice: User, api_of: ApiOf, song: Song) -> None:
    client = api_of(alice)
    client.post(f"/api/songs/{song.pk}/clips/plan", {})
    response = client.post(f"/api/songs/{song.pk}/compose")
    assert response.status_code == 409
    assert response.json()["code"] == "clips_missing"
    assert response.json()["video_id"] == str(Video.objects.get().pk)
    assert not Job.objects.exists()


def test_chosen_takes_are_joined_again(alice: User, api_of: ApiOf, song: Song) -> None:
    client = api_of(alice)
    client.post(f"/api/songs/{song.pk}/clips/plan", {})
    generation = Job.objects.create(owner=alice, kind="generation", status="succeeded")
    for clip in Clip.objects.all():
        clip.chosen_take = Take.objects.create(clip=clip, job=generation, number=1, seed=1)
        clip.save()
    Video.objects.update(status="ready")
    response = client.post(f"/api/songs/{song.pk}/compose")
    job = Job.objects.get(kind="composition")
    assert (response.status_code, response.json()) == (202, {"job_id": str(job.pk)})
    assert client.post(f"/api/songs/{song.pk}/compose").json() == {"job_id": str(job.pk)}


@pytest.mark.parametrize("part", ["status", "result"])
def test_only_compositions_of_the_song_are_shown(
    alice: User, charlie: User, api_of: ApiOf, song: Song, part: str
) -> None:
    client = api_of(alice)
    analysis = client.post(f"/api/songs/{song.pk}/analyze").json()["job_id"]
    Song.objects.update(status="ready")
    job_id = client.post(f"/api/songs/{song.pk}/clips/generate").json()["job_id"]
    not_one = client.get(f"/api/songs/{song.pk}/compose/{analysis}/{part}")
    absent = client.get(f"/api/songs/{song.pk}/compose/{uuid.uuid4()}/{part}")
    assert (not_one.status_code, not_one.content) == (404, absent.content)
    foreign = api_of(charlie).get(f"/api/songs/{song.pk}/compose/{job_id}/{part}")
    assert (foreign.status_code, foreign.json()) == (404, NOT_FOUND)


def test_what_can_be_chosen(alice: User, api_of: ApiOf) -> None:
    client = api_of(alice)
    models = client.get("/api/models").json()
    assert models.keys() == {"count", "next", "previous", "results"}
    assert models["results"][0] == {
        "key": "visualizer",
        "name": "Visualizer",
        "description": models["results"][0]["description"],
        "provider": "builtin",
        "abilities": ["seed", "text_to_video"],
        "aspect_ratios": ["16:9", "9:16", "1:1"],
        "frame_rate": 24.0,
        "lengths_seconds": {"choices": None, "min": 0.0, "max": None},
        "price": {"unit": "free", "usd": 0.0, "by_seconds": []},
        "is_default": True,
        "is_available": True,
        "needs_first_frame": False,
    }
    flavors = client.get("/api/flavors").json()["results"]
    assert [one["name"] for one in flavors] == ["default", "example", "stadium"]
    assert [one["is_default"] for one in flavors] == [True, False, False]
    types = client.get("/api/video-types").json()["results"]
    assert [one["key"] for one in types] == [
        "abstract",
        "performance",
        "narrative",
        "nature",
        "urban",
    ]
