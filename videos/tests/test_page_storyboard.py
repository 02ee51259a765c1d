"""The storyboard page: its price, its progress that ends by itself, its buttons, its refusals."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from songs.models import Song
from vibecraft.jobs.models import Job
from videos import storyboard
from videos.models import Still, Video
from videos.tests import boards

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def video(alice: User, ready_song: Callable[..., Song], sections_of: Callable[..., Any]) -> Video:
    return boards.draft(ready_song(alice), sections_of, model="visualizer")


@pytest.fixture
def client(alice: User, client_of: Any) -> Client:
    return client_of(alice)


def page(client: Client, video: Video) -> str:
    return client.get(reverse("storyboard", args=[video.pk])).content.decode()


def as_if_made(video: Video, made: int = 99) -> None:
    """Rows of stills without their files; the rest has failed."""
    job = Job.objects.create(owner=video.owner, kind=Job.Kind.STORYBOARD, status="succeeded")
    video.begin_storyboard(job.pk)
    for number, clip in enumerate(video.clips.all()):
        status = "succeeded" if number < made else "failed"
        still = Still.objects.create(
            clip=clip, job=job, number=1, model="visualizer", prompt="p", seed=1, status=status
        )
        if number < made:
            clip.chosen_still = still
            clip.save()


def test_before_the_start_it_says_what_comes_and_what_it_costs(
    client: Client, video: Video, settings: Any
) -> None:
    shown = page(client, video)
    count = video.clips.count()
    assert f"{count} clips, {count} stills" in shown
    assert "Make the stills, free" in shown
    settings.REPLICATE_API_TOKEN = "r8_x"
    Video.objects.filter(pk=video.pk).update(model=boards.AI_MODEL)
    assert f"{count} × $0.003" in page(client, video)
    assert Still.objects.count() == 0


def test_while_it_is_made_it_asks_and_afterwards_it_does_not(
    client: Client, video: Video, do_work: Callable[[], int]
) -> None:
    address = reverse("storyboard", args=[video.pk])
    assert client.post(address)["Location"] == address
    running = page(client, video)
    polled = re.search(r'hx-get="([^"]+progress[^"]+)" hx-trigger="every 3s"', running)
    assert polled is not None
    assert running.count("Being made") >= video.clips.count()
    do_work()
    answer = client.get(polled[1].replace("&amp;", "&"), **HTMX).content.decode()
    assert "every 3s" not in answer
    assert answer.count('hx-swap-oob="true"') == video.clips.count() + 1
    assert answer.count("<img") == video.clips.count()
    assert ">Approve<" in answer


def test_a_poll_answers_only_the_scenes_that_the_page_saw_being_made(
    client: Client, video: Video
) -> None:
    as_if_made(video)
    one = boards.clips(video)[0]
    address = reverse("storyboard-progress", args=[video.pk])
    answer = client.get(f"{address}?clip={one.pk}&clip=nonsense", **HTMX).content.decode()
    assert f'id="scene-{one.pk}"' in answer
    assert answer.count('class="scene ') == 1


@pytest.mark.parametrize("act", ["earlier", "later"])
def test_a_button_moves_a_scene_one_place(client: Client, video: Video, act: str) -> None:
    as_if_made(video)
    ids = [clip.pk for clip in boards.clips(video)]
    moved = ids[1]
    answer = client.post(reverse("storyboard-order", args=[video.pk]), {act: str(moved)}, **HTMX)
    assert answer.status_code == 200
    at = [clip.pk for clip in boards.clips(video)].index(moved)
    assert at == (0 if act == "earlier" else 2)


def test_a_dragged_order_is_taken(client: Client, video: Video) -> None:
    as_if_made(video)
    ids = [clip.pk for clip in boards.clips(video)][::-1]
    client.post(reverse("storyboard-order", args=[video.pk]), {"clip": ids}, **HTMX)
    assert [clip.pk for clip in boards.clips(video)] == ids


def test_a_refinement_answers_its_scene_and_how_many_are_left(client: Client, video: Video) -> None:
    as_if_made(video)
    clip = boards.clips(video)[0]
    address = reverse("storyboard-refine", args=[video.pk, clip.pk])
    answer = client.post(address, {"prompt": "A lighthouse"}, **HTMX)
    shown = answer.content.decode()
    assert f'id="scene-{clip.pk}"' in shown
    assert "4 left" in shown
    clip.refresh_from_db()
    assert clip.prompt == "A lighthouse"


def test_words_that_cannot_be_stored_cost_no_refinement(client: Client, video: Video) -> None:
    as_if_made(video)
    clip = boards.clips(video)[0]
    address = reverse("storyboard-refine", args=[video.pk, clip.pk])
    answer = client.post(address, {"prompt": "a\0b"}, **HTMX)
    assert answer.status_code == 400
    video.refresh_from_db()
    assert (video.refinements_left, boards.clips(video)[0].prompt) == (5, clip.prompt)


def test_a_refusal_goes_above_the_scenes(client: Client, video: Video) -> None:
    as_if_made(video)
    Video.objects.filter(pk=video.pk).update(refinements_left=0)
    clip = boards.clips(video)[0]
    answer = client.post(
        reverse("storyboard-refine", args=[video.pk, clip.pk]), {"prompt": "x"}, **HTMX
    )
    assert (answer.status_code, answer["HX-Retarget"]) == (409, "#storyboard-state")
    assert "All 5 refinements" in answer.content.decode()


def test_missing_stills_are_named_and_offered(client: Client, video: Video) -> None:
    as_if_made(video, made=video.clips.count() - 1)
    shown = page(client, video)
    assert f"1 of {video.clips.count()} stills is missing" in shown
    assert "Make the missing one" in shown
    refused = client.post(reverse("storyboard-approve", args=[video.pk]))
    assert refused.status_code == 409
    assert "Not every clip has its still" in refused.content.decode()


def test_approved_it_offers_the_making_and_the_direction_says_so(
    client: Client, video: Video
) -> None:
    as_if_made(video)
    client.post(reverse("storyboard-approve", args=[video.pk]))
    shown = page(client, video)
    assert reverse("video-generate", args=[video.pk]) in shown
    direction = client.get(reverse("video", args=[video.pk])).content.decode()
    assert "Your storyboard is approved" in direction
    assert reverse("storyboard", args=[video.pk]) in direction


def test_removed_it_is_a_draft_again(client: Client, video: Video) -> None:
    as_if_made(video)
    answer = client.post(reverse("storyboard-remove", args=[video.pk]))
    assert answer["Location"] == reverse("video", args=[video.pk])
    assert (boards.fresh(video).status, Still.objects.count()) == (Video.Status.DRAFT, 0)


def test_stopped_it_is_not_running_any_more(client: Client, video: Video) -> None:
    storyboard.start_storyboard(video)
    client.post(reverse("storyboard-cancel", args=[video.pk]))
    assert "every 3s" not in page(client, video)
    assert not storyboard.running(video).exists()


def test_once_the_film_is_made_nothing_can_be_changed(client: Client, video: Video) -> None:
    as_if_made(video)
    Video.objects.filter(pk=video.pk).update(status=Video.Status.READY)
    shown = page(client, video)
    assert "<form" not in shown.split('id="main"')[1]
    assert client.get(reverse("storyboard", args=[video.pk])).status_code == 200


def test_a_film_without_a_storyboard_has_no_such_page(client: Client, video: Video) -> None:
    Video.objects.filter(pk=video.pk).update(status=Video.Status.READY)
    answer = client.get(reverse("storyboard", args=[video.pk]))
    assert answer["Location"] == reverse("video", args=[video.pk])
