"""Videos over HTTP: a draft, its direction, its plan, its price."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import User
from songs.models import Section, Song
from videos.models import Clip, Video

NOT_FOUND = {"detail": "There is nothing at this address.", "code": "not_found"}
ApiOf = Callable[[User], APIClient]
Ready = Callable[..., Song]
SectionsOf = Callable[..., list[Section]]

pytestmark = pytest.mark.django_db


def create(client: APIClient, song: Song, **choices: Any) -> Video:
    response = client.post("/api/videos", {"song_id": str(song.pk), **choices})
    assert response.status_code == 201, response.content
    return Video.objects.get(pk=response.json()["id"])


def about(video: Video) -> dict[str, str]:
    return {"song_id": str(video.song_id), "video_id": str(video.pk)}


def test_a_new_video_is_a_draft_with_its_prompt_written(
    alice: User, api_of: ApiOf, song: Song
) -> None:
    response = api_of(alice).post("/api/videos", {"song_id": str(song.pk), "seed": 7})
    assert response.status_code == 201
    video = Video.objects.get()
    assert video.owner == alice
    assert video.overall_prompt
    assert response.json() == {
        "id": str(video.pk),
        "song_id": str(song.pk),
        "title": "Night Drive",
        "status": "draft",
        "video_type": "abstract",
        "idea": "",
        "overall_prompt": video.overall_prompt,
        "negative_prompt": video.negative_prompt,
        "model": "visualizer",
        "flavor": "default",
        "aspect_ratio": "16:9",
        "continuity": "cuts",
        "character_id": None,
        "is_storyboard_approved": False,
        "refinements_left": 5,
        "seed": 7,
        "budget_usd": None,
        "format_of_id": None,
        "duration_sec": 12.0,
        "file_size_bytes": None,
        "is_finalized": False,
        "finalized_at": None,
        "share_url": None,
        "poster_url": None,
        "cost": {
            "estimated_usd": 0.0,
            "actual_usd": 0.0,
            "reserved_usd": 0.0,
            "is_far_from_estimate": False,
        },
        "error": None,
        "job_id": None,
        "created_at": video.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert api_of(alice).get(f"/api/videos/{video.pk}").json() == response.json()


def test_everything_can_be_chosen(alice: User, api_of: ApiOf, song: Song) -> None:
    choices = {
        "title": "The Film",
        "video_type": "a puppet theater",
        "idea": "a red balloon",
        "prompt": "A red balloon over the sea.",
        "negative_prompt": "people",
        "model": "visualizer",
        "flavor": "stadium",
        "aspect_ratio": "9:16",
        "continuity": "continuous",
        "seed": 99,
        "budget_usd": 12.5,
    }
    video = create(api_of(alice), song, **choices)
    body = api_of(alice).get(f"/api/videos/{video.pk}").json()
    assert body | {**choices, "overall_prompt": choices["prompt"]} | {"prompt": None} == {
        **body,
        "prompt": None,
    }


@pytest.mark.parametrize(
    ("choices", "field"),
    [
        ({"model": "no-such-model"}, "model"),
        ({"aspect_ratio": "4:3"}, "aspect_ratio"),
        ({"continuity": "sometimes"}, "continuity"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**31}, "seed"),
        ({"seed": "x"}, "seed"),
        ({"budget_usd": -1}, "budget_usd"),
        ({"budget_usd": 1e300}, "budget_usd"),
        ({"budget_usd": "NaN"}, "budget_usd"),
        ({"video_type": "   "}, "video_type"),
        ({"video_type": "x" * 101}, "video_type"),
        ({"video_type": 5}, "video_type"),
        ({"title": ""}, "title"),
        ({"idea": "x" * 2001}, "idea"),
        ({"prompt": ["x"]}, "prompt"),
        ({"character_id": "not-an-id"}, "character_id"),
        ({"song_id": "not-an-id"}, "song_id"),
    ],
)
def test_a_choice_that_does_not_exist_is_refused_at_its_field(
    alice: User, api_of: ApiOf, song: Song, choices: dict[str, Any], field: str
) -> None:
    response = api_of(alice).post("/api/videos", {"song_id": str(song.pk), **choices})
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert response.json()["detail"] == response.json()["errors"][field][0]
    assert not Video.objects.exists()


def test_without_sections_there_is_no_video(alice: User, api_of: ApiOf, ready_song: Ready) -> None:
    song = ready_song(alice)
    response = api_of(alice).post("/api/videos", {"song_id": str(song.pk)})
    assert response.status_code == 409
    assert response.json() == {
        "detail": "Draw the sections of this song first.",
        "code": "no_sections",
        "song_id": str(song.pk),
    }
    assert not Video.objects.exists()


def test_charlie_makes_no_video_of_alices_song(charlie: User, api_of: ApiOf, song: Song) -> None:
    client = api_of(charlie)
    foreign = client.post("/api/videos", {"song_id": str(song.pk)})
    absent = client.post("/api/videos", {"song_id": str(uuid.uuid4())})
    assert (foreign.status_code, foreign.json()) == (404, NOT_FOUND)
    assert absent.content == foreign.content
    assert not Video.objects.exists()


def test_the_list_has_only_own_videos_in_three_queries(
    alice: User,
    bob: User,
    api_of: ApiOf,
    song: Song,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = api_of(alice)
    videos = [create(client, song, title=f"Film {number}") for number in range(4)]
    with django_assert_num_queries(3):  # the user, the count, the rows with their songs
        body = client.get("/api/videos").json()
    assert [row["id"] for row in body["results"]] == [str(one.pk) for one in reversed(videos)]
    assert body["results"][0] == client.get(f"/api/videos/{videos[3].pk}").json()
    assert api_of(bob).get("/api/videos").json()["results"] == []


def test_a_draft_can_be_changed(alice: User, api_of: ApiOf, song: Song) -> None:
    client = api_of(alice)
    video = create(client, song)
    sent = {"title": "Other", "prompt": "Only waves.", "aspect_ratio": "1:1"}
    response = client.patch(f"/api/videos/{video.pk}", sent)
    assert response.status_code == 200
    body = response.json()
    assert (body["title"], body["overall_prompt"], body["aspect_ratio"]) == tuple(sent.values())
    assert client.get(f"/api/videos/{video.pk}").json() == body


def test_a_video_under_way_cannot_be_changed(alice: User, api_of: ApiOf, song: Song) -> None:
    client = api_of(alice)
    video = create(client, song)
    Video.objects.filter(pk=video.pk).update(status="generating")
    for path, method, sent in (
        ("", "patch", {"title": "Other"}),
        ("/prompt", "post", {"idea": "a cat"}),
        ("/plan", "post", {}),
    ):
        response = getattr(client, method)(f"/api/videos/{video.pk}{path}", sent)
        assert response.status_code == 409
        assert response.json() == {
            "detail": "This video is being made or is finished; its direction can no longer be "
            "changed.",
            "code": "not_a_draft",
            **about(video),
        }
    video.refresh_from_db()
    assert (video.title, video.idea) == ("Night Drive", "")
    assert not Clip.objects.exists()


def test_the_prompt_is_written_anew_from_an_idea(alice: User, api_of: ApiOf, song: Song) -> None:
    client = api_of(alice)
    video = create(client, song)
    sent = {"idea": "high energy punk rock video with urban graffiti", "video_type": "Urban"}
    response = client.post(f"/api/videos/{video.pk}/prompt", sent)
    assert response.status_code == 200
    body = response.json()
    video.refresh_from_db()
    assert body["overall_prompt"] == video.overall_prompt
    assert body["parts"].keys() == {"subject", "style", "palette", "setting", "motion", "mood"}
    assert (video.idea, video.video_type) == (sent["idea"], "urban")


def test_each_section_has_its_prompt(alice: User, api_of: ApiOf, song: Song) -> None:
    client = api_of(alice)
    video = create(client, song, prompt="Waves at night.")
    body = client.get(f"/api/videos/{video.pk}/section-prompts").json()
    sections = list(song.sections.all())
    assert [one["section_id"] for one in body["sections"]] == [str(one.pk) for one in sections]
    assert all("Waves at night" in one["prompt"] for one in body["sections"])


def test_the_plan_tiles_the_song_and_repeats_from_its_seed(
    alice: User, api_of: ApiOf, song: Song
) -> None:
    client = api_of(alice)
    video = create(client, song)
    response = client.post(f"/api/videos/{video.pk}/plan", {"seed": 5})
    assert response.status_code == 200
    body = response.json()
    clips = body["clips"]
    assert clips[0]["start_frame"] == 0
    assert clips[-1]["end_frame"] == song.frames == 288
    ends = [clip["end_frame"] for clip in clips[:-1]]
    assert [clip["start_frame"] for clip in clips[1:]] == ends
    first = Clip.objects.get(clip_index=0)
    assert clips[0] == {
        "id": str(first.pk),
        "section_id": str(first.section_id),
        "clip_index": 0,
        "start_frame": 0,
        "end_frame": first.end_frame,
        "start_time": 0.0,
        "end_time": first.end_frame / 24,
        "duration_sec": first.end_frame / 24,
        "prompt": first.prompt,
        "status": "planned",
        "still_url": None,
        "chosen_take_id": None,
        "takes": [],
        "regenerations_left": 1,
    }
    assert body["estimate"] == {
        "clips": len(clips),
        "seconds_used": 12.0,
        "seconds_made": 12.0,
        "usd": 0.0,
        "stills_usd": 0.0,
        "usd_with_25_percent_again": 0.0,
        "usd_with_50_percent_again": 0.0,
        "model": "visualizer",
        "budget_usd": None,
    }
    assert client.get(f"/api/videos/{video.pk}/estimate").json() == body["estimate"]
    assert client.get(f"/api/videos/{video.pk}/clips").json() == {"clips": clips}
    again = client.post(f"/api/videos/{video.pk}/plan", {"seed": 5}).json()["clips"]
    cuts = [(clip["start_frame"], clip["end_frame"], clip["prompt"]) for clip in clips]
    assert [(clip["start_frame"], clip["end_frame"], clip["prompt"]) for clip in again] == cuts


def test_a_clips_prompt_can_be_rewritten(alice: User, api_of: ApiOf, song: Song) -> None:
    client = api_of(alice)
    video = create(client, song)
    clip = client.post(f"/api/videos/{video.pk}/plan", {}).json()["clips"][1]
    address = f"/api/videos/{video.pk}/clips/{clip['id']}"
    response = client.patch(address, {"prompt": "A lighthouse."})
    assert response.status_code == 200
    assert response.json() == clip | {"prompt": "A lighthouse."}


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({}, 400, "invalid"),
        ({"prompt": ""}, 400, "invalid"),
        ({"prompt": 5}, 400, "invalid"),
        ({"prompt": "x", "chosen_take_id": str(uuid.uuid4())}, 400, "invalid"),
        ({"chosen_take_id": "x"}, 400, "invalid"),
        ({"chosen_take_id": str(uuid.uuid4())}, 400, "unknown_take"),
    ],
)
def test_a_refused_change_leaves_the_clip(
    alice: User, api_of: ApiOf, song: Song, sent: dict[str, Any], status: int, code: str
) -> None:
    client = api_of(alice)
    video = create(client, song)
    clip = client.post(f"/api/videos/{video.pk}/plan", {}).json()["clips"][0]
    response = client.patch(f"/api/videos/{video.pk}/clips/{clip['id']}", sent)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response.json().items() >= about(video).items()
    assert client.get(f"/api/videos/{video.pk}/clips").json()["clips"][0] == clip


def test_a_clip_belongs_to_its_video(alice: User, api_of: ApiOf, song: Song) -> None:
    client = api_of(alice)
    video, other = create(client, song), create(client, song)
    clip = client.post(f"/api/videos/{video.pk}/plan", {}).json()["clips"][0]
    response = client.patch(f"/api/videos/{other.pk}/clips/{clip['id']}", {"prompt": "x"})
    assert (response.status_code, response.json()) == (404, NOT_FOUND | about(other))


def test_clips_cost_the_same_queries_however_many(
    alice: User, api_of: ApiOf, song: Song, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = api_of(alice)
    video = create(client, song)
    client.post(f"/api/videos/{video.pk}/plan", {})
    with django_assert_num_queries(4):  # the user, the video, the clips, their takes
        client.get(f"/api/videos/{video.pk}/clips")


def test_a_deleted_draft_is_gone(alice: User, api_of: ApiOf, song: Song) -> None:
    client = api_of(alice)
    video = create(client, song)
    response = client.delete(f"/api/videos/{video.pk}")
    assert (response.status_code, response.content) == (204, b"")
    assert not Video.objects.exists()
    assert client.get(f"/api/videos/{video.pk}").json() == NOT_FOUND


def test_a_song_with_a_made_video_stays(alice: User, api_of: ApiOf, song: Song) -> None:
    client = api_of(alice)
    video = create(client, song)
    Video.objects.filter(pk=video.pk).update(status="ready")
    response = client.delete(f"/api/songs/{song.pk}")
    assert response.status_code == 409
    assert response.json() == {
        "detail": "1 video uses this song. Delete it first, then the song.",
        "code": "song_in_use",
        "song_id": str(song.pk),
    }
    assert Video.objects.get() == video


def test_charlie_sees_and_changes_nothing_of_alices_video(
    alice: User, charlie: User, api_of: ApiOf, song: Song
) -> None:
    video, client = create(api_of(alice), song), api_of(charlie)
    answers = [
        client.get(f"/api/videos/{video.pk}"),
        client.patch(f"/api/videos/{video.pk}", {"title": "Mine"}),
        client.delete(f"/api/videos/{video.pk}"),
        client.post(f"/api/videos/{video.pk}/plan", {}),
        client.post(f"/api/videos/{video.pk}/generate"),
        client.get(f"/api/videos/{video.pk}/file"),
    ]
    absent = client.get(f"/api/videos/{uuid.uuid4()}")
    assert absent.json() == NOT_FOUND
    assert {(one.status_code, one.content) for one in answers} == {(404, absent.content)}
    video.refresh_from_db()
    assert (video.title, video.status) == ("Night Drive", "draft")
    assert not Clip.objects.exists()
