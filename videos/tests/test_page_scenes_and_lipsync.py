"""The scenes' part of a draft's page, and the lip-sync part of the player."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from accounts.models import User
from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.predictions.catalog import pricing
from vibecraft.problems import Problem
from videos import scenes
from videos.models import Clip, Take, Video
from videos.tests import cast

HX = {"HX-Request": "true"}
# So many tokens a scene that the words of three cost more than the smallest budget, one cent.
WORDY = 2500
LINES = [{"start": 0.5, "end": 3.0, "text": "Say my name", "words": []}]


@pytest.fixture
def on(settings: LazySettings) -> None:
    settings.REPLICATE_API_TOKEN = "r8_not_a_real_token"
    settings.REPLICATE_BASE_URL = "http://127.0.0.1:9"


@pytest.fixture
def song(alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., Any]) -> Song:
    made = ready_song(alice)
    made.lyrics = LINES
    made.save()
    sections_of(made)
    return made


@pytest.fixture
def draft(song: Song) -> Video:
    return cast.draft_of(song, model="visualizer")


@pytest.fixture
def ready(song: Song) -> Video:
    return cast.ready(song)


@pytest.fixture
def client(alice: User, client_of: Callable[..., Client]) -> Client:
    return client_of(alice)


def page(client: Client, video: Video) -> str:
    return client.get(reverse("video", args=[video.pk])).content.decode()


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def part(html: str, name: str) -> str:
    """The section of this id."""
    found = re.search(rf'<section class="\w+" id="{name}".*?</section>', html, re.DOTALL)
    assert found, html
    return found[0]


def scenes_job(video: Video) -> Job:
    job: Job = Job.objects.get(video_id=video.pk, kind="scenes")
    return job


def write_scenes(client: Client, video: Video) -> Any:
    """Press the button, at its price."""
    sent = {"agreed_usd": str(scenes.price_of_scenes(video))}
    return client.post(reverse("video-scenes", args=[video.pk]), sent, headers=HX)


# --- scenes --------------------------------------------------------------------------------------


def test_without_ai_the_button_is_off_and_says_why(client: Client, draft: Video) -> None:
    shown = part(page(client, draft), "scenes")
    assert "REPLICATE_API_TOKEN" in words(shown)
    assert 'disabled aria-describedby="scenes-why"' in shown


def test_the_button_has_its_price(on: None, client: Client, draft: Video) -> None:
    shown = part(page(client, draft), "scenes")
    price = f"${scenes.price_of_scenes(draft):.2f}"
    assert f"Write the scenes with AI, about {price}" in words(shown)
    assert "disabled" not in shown.replace("hx-disabled-elt", "")


def test_a_click_starts_it_and_the_part_asks_for_itself(
    on: None, client: Client, draft: Video
) -> None:
    address = reverse("video-scenes", args=[draft.pk])
    answer = write_scenes(client, draft)
    assert answer.status_code == 200
    shown = answer.content.decode()
    assert f'hx-get="{address}?seen=' in shown
    assert shown.count('hx-trigger="every 3s"') == 1
    assert "Waiting for the writer." in words(shown)
    assert "HX-Trigger" not in answer.headers
    assert client.post(address, headers=HX).status_code == 200
    assert scenes_job(draft).status == "queued"


def test_the_end_stops_the_asking_and_brings_the_new_plan(
    on: None, client: Client, draft: Video
) -> None:
    write_scenes(client, draft)
    scenes_job(draft).fail(Problem("refused_content", "The model refused. The scenes stay."))
    answer = client.get(reverse("video-scenes", args=[draft.pk]), headers=HX)
    assert answer.headers["HX-Trigger"] == "plan-changed"
    assert "every 3s" not in answer.content.decode()
    assert "The model refused. The scenes stay." in words(answer.content.decode())
    assert "The model refused." in words(part(page(client, draft), "scenes"))


def test_written_scenes_are_shown_and_can_be_taken_back(
    on: None, client: Client, draft: Video
) -> None:
    before = list(draft.clips.values_list("prompt", flat=True))
    for clip in draft.clips.all():
        Clip.objects.filter(pk=clip.pk).update(shot=clip.shot | {"scene": "A wall glows."})
    Video.objects.filter(pk=draft.pk).update(scenes_by="gpt-5-structured")
    shown = page(client, draft)
    assert "Scenes by GPT-5 mini 3 of 3 clips have a scene of their own." in words(shown)
    assert shown.count("A wall glows.") == 3
    answer = client.post(reverse("video-scenes-undo", args=[draft.pk]), headers=HX)
    assert answer.headers["HX-Trigger"] == "plan-changed"
    assert "Back to the built-in scenes" not in answer.content.decode()
    draft.refresh_from_db()
    assert draft.scenes_by == ""
    assert not any(clip.shot["scene"] for clip in draft.clips.all())
    assert list(draft.clips.values_list("prompt", flat=True)) == before


def test_a_budget_that_does_not_reach_is_said_beside_the_button(
    on: None, client: Client, draft: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pricing, "TOKENS_PER_PROPERTY", WORDY)
    Video.objects.filter(pk=draft.pk).update(budget_usd=Decimal("0.01"))
    shown = part(page(client, draft), "scenes")
    assert 'disabled aria-describedby="scenes-problem"' in shown
    assert "the budget of this video is $0.01" in words(shown)
    answer = client.post(reverse("video-scenes", args=[draft.pk]), headers=HX)
    assert answer.status_code == 402
    assert not Job.objects.filter(kind="scenes").exists()


def test_it_can_be_canceled(on: None, client: Client, draft: Video) -> None:
    write_scenes(client, draft)
    answer = client.post(reverse("video-scenes-cancel", args=[draft.pk]), headers=HX)
    assert "every 3s" not in answer.content.decode()
    assert scenes_job(draft).status == "canceled"


def test_without_scripts_each_act_leads_back_to_the_page(
    on: None, client: Client, draft: Video
) -> None:
    sent = {"agreed_usd": str(scenes.price_of_scenes(draft))}
    for name in ("video-scenes", "video-scenes-cancel", "video-scenes-undo"):
        answer = client.post(reverse(name, args=[draft.pk]), sent)
        assert (answer.status_code, answer.url) == (302, f"/videos/{draft.pk}#scenes")


@pytest.mark.parametrize("name", ["video-scenes", "video-scenes-cancel", "video-scenes-undo"])
def test_charlie_finds_no_scenes(
    on: None, draft: Video, charlie: User, client_of: Callable[..., Client], name: str
) -> None:
    assert client_of(charlie).post(reverse(name, args=[draft.pk])).status_code == 404
    assert not Job.objects.filter(kind="scenes").exists()


# --- lip-sync ------------------------------------------------------------------------------------


def sync_job(video: Video) -> Job:
    job: Job = Job.objects.get(video_id=video.pk, kind="lipsync")
    return job


def start(client: Client, video: Video, number: int = 1) -> Any:
    sent = {"agreed_usd": "0.20"}
    return client.post(reverse("video-clip-lipsync", args=[video.pk, number]), sent, headers=HX)


def test_each_clip_has_its_price_or_the_reason(on: None, client: Client, ready: Video) -> None:
    shown = part(page(client, ready), "lipsync")
    assert shown.count("data-of-clip=") == 3
    said = words(shown)
    assert "Lip-sync this clip for $0.20 Clip 1, 0:00–0:04: moves the lips" in said
    assert "Clip 2, 0:04–0:08: No lyrics are sung in this clip." in said
    assert shown.count("hidden method") == 2


def test_without_ai_the_reason_is_said_once(client: Client, ready: Video) -> None:
    shown = part(page(client, ready), "lipsync")
    assert "REPLICATE_API_TOKEN" in words(shown)
    assert shown.count("<button") == 1
    assert 'disabled aria-describedby="lipsync-why"' in shown


def test_a_click_starts_it_and_shows_how_far_it_is(on: None, client: Client, ready: Video) -> None:
    answer = start(client, ready)
    shown = answer.content.decode()
    assert f'hx-get="{reverse("video-news", args=[ready.pk])}?seen=' in shown
    assert shown.count('hx-trigger="every 3s"') == 1
    assert "Cutting out what is sung in clip 1." in words(shown)
    assert "You can go on watching." in words(shown)
    assert start(client, ready).status_code == 200
    assert Take.objects.filter(kind="lipsync").count() == 1


def test_a_clip_that_cannot_be_synced_is_refused_in_its_place(
    on: None, client: Client, ready: Video
) -> None:
    answer = start(client, ready, 2)
    assert answer.status_code == 409
    assert "No lyrics are sung in this clip." in words(answer.content.decode())
    assert start(client, ready, 9).status_code == 404
    assert not Job.objects.filter(kind="lipsync").exists()


def test_the_page_that_saw_it_run_is_told_of_the_new_film(
    on: None, client: Client, ready: Video
) -> None:
    start(client, ready)
    job = sync_job(ready)
    take = Take.objects.get(job=job)
    Take.objects.filter(pk=take.pk).update(thumbnail_key="k.jpg", status="succeeded")
    Job.objects.filter(pk=job.pk).update(status="succeeded")
    address = reverse("video-news", args=[ready.pk])
    answer = client.get(address, {"seen": f"x.{job.pk.hex}"}, headers=HX)
    assert json.loads(answer.headers["HX-Trigger"]) == {
        "film-renewed": {
            "film": f"/videos/{ready.pk}/film.mp4?made={job.pk}",
            "pictures": {"0": f"/videos/{ready.pk}/takes/{take.pk}.jpg"},
        }
    }
    assert "the film is joined again" in words(answer.content.decode())
    assert "every 3s" not in answer.content.decode()
    later = client.get(address, headers=HX)
    assert "HX-Trigger" not in later.headers
    assert 'id="lipsync"' not in later.content.decode()


def test_a_failure_is_said_with_its_sentence_and_can_be_tried_again(
    on: None, client: Client, ready: Video
) -> None:
    start(client, ready)
    sync_job(ready).fail(Problem("refused_content", "The model refused this clip."))
    shown = part(page(client, ready), "lipsync")
    assert "The model refused this clip." in words(shown)
    assert "Lip-sync this clip for $0.20" in words(shown)
    assert "every 3s" not in shown


def test_lip_sync_can_be_canceled(on: None, client: Client, ready: Video) -> None:
    start(client, ready)
    answer = client.post(reverse("video-lipsync-cancel", args=[ready.pk]), headers=HX)
    assert "every 3s" not in answer.content.decode()
    assert sync_job(ready).status == "canceled"
    assert Take.objects.get(kind="lipsync").status == "canceled"


@pytest.mark.parametrize("name", ["video-news", "video-lipsync-cancel", "video-clip-lipsync"])
def test_charlie_finds_no_lip_sync(
    on: None, ready: Video, charlie: User, client_of: Callable[..., Client], name: str
) -> None:
    ids = [ready.pk, 1] if name == "video-clip-lipsync" else [ready.pk]
    method = "get" if name == "video-news" else "post"
    assert getattr(client_of(charlie), method)(reverse(name, args=ids)).status_code == 404
    assert not Job.objects.filter(kind="lipsync").exists()
