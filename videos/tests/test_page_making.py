"""Starting, watching and stopping the making of a video."""

from __future__ import annotations

import uuid
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
from videos import drafts, rework
from videos.models import Take, Video
from videos.tests import cast

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def client(alice: Any, client_of: Any) -> Client:
    return client_of(alice)


def generate(client: Client, video: Video, **sent: str) -> Any:
    return client.post(reverse("video-generate", args=[video.pk]), sent)


def test_a_new_video_is_a_draft_with_a_plan(client: Client, song: Song) -> None:
    answer = client.post(reverse("video-new", args=[song.pk]))
    video = Video.objects.get()
    assert answer.headers["Location"] == reverse("video", args=[video.pk])
    assert video.status == Video.Status.DRAFT
    assert video.overall_prompt
    assert video.clips.count() >= 3


def test_asking_for_a_new_video_makes_none(client: Client, song: Song) -> None:
    page = client.get(reverse("video-new", args=[song.pk]))
    assert "Direct a video" in page.content.decode()
    assert Video.objects.count() == 0


def test_a_song_without_sections_gets_no_video(
    client: Client, alice: Any, ready_song: Callable[..., Song]
) -> None:
    bare = ready_song(alice, title="Bare")
    answer = client.post(reverse("video-new", args=[bare.pk]))
    assert answer.status_code == 409
    assert "Draw the sections of this song first." in answer.content.decode()
    assert Video.objects.count() == 0


def test_generate_saves_what_was_typed_last_and_starts(client: Client, song: Song) -> None:
    video = cast.draft_of(song)
    answer = generate(client, video, title="Final title", overall_prompt="Final words.")
    assert answer.headers["Location"] == reverse("video", args=[video.pk])
    video.refresh_from_db()
    assert (video.status, video.title) == (Video.Status.GENERATING, "Final title")
    assert video.overall_prompt == "Final words."
    assert Take.objects.filter(job=video.job_id).count() == video.clips.count()


def test_generate_with_an_empty_prompt_starts_nothing(client: Client, song: Song) -> None:
    video = cast.draft_of(song)
    answer = generate(client, video, title="Title", overall_prompt="")
    assert answer.status_code == 400
    assert "The prompt is empty." in answer.content.decode()
    assert Job.objects.count() == 0


def test_a_form_that_is_sent_twice_starts_one_making(client: Client, song: Song) -> None:
    video = cast.draft_of(song)
    key = str(uuid.uuid4())
    for _ in range(2):
        assert generate(client, video, key=key).status_code == 302
    assert [str(job.pk) for job in Job.objects.all()] == [key]


def test_generate_of_a_running_video_leads_to_its_progress(client: Client, song: Song) -> None:
    video = cast.generating(song)
    assert generate(client, video).status_code == 302
    assert Job.objects.count() == 1


def test_a_full_quota_is_said_at_the_button_and_starts_nothing(client: Client, song: Song) -> None:
    video = cast.draft_of(song)
    User.objects.filter(pk=song.owner_id).update(videos_used=15)
    answer = generate(client, video)
    assert answer.status_code == 429
    page = answer.content.decode()
    sentence = "You&#x27;ve reached your limit (15 videos). Delete existing videos to create more."
    assert sentence in page[page.index('class="launch"') :]
    video.refresh_from_db()
    assert video.status == Video.Status.DRAFT
    assert Job.objects.count() == 0


def test_a_stopped_video_can_be_generated_again(client: Client, song: Song) -> None:
    video = cast.failed(song)
    assert "Generate again" in client.get(reverse("video", args=[video.pk])).content.decode()
    generate(client, video)
    video.refresh_from_db()
    assert video.status == Video.Status.GENERATING


def test_generating_again_says_its_price(
    client: Client, song: Song, settings: LazySettings
) -> None:
    video = cast.failed(song)
    address = reverse("video", args=[video.pk])
    assert "Generate again, free" in client.get(address).content.decode()
    settings.REPLICATE_API_TOKEN = "r8_not_a_real_token"
    Video.objects.filter(pk=video.pk).update(model="p-video-draft")
    usd = usd_text(drafts.price_of(Video.objects.get(pk=video.pk)))
    assert f"Generate again for {usd}<" in client.get(address).content.decode()


def test_a_stopped_video_is_directed_anew_with_all_that_was_chosen(
    client: Client, song: Song
) -> None:
    video = cast.failed(song)
    words = {
        "title": "Boats",
        "idea": "boats",
        "overall_prompt": "Boats.",
        "negative_prompt": "cars",
    }
    choices = {"aspect_ratio": "9:16", "budget_usd": "2.50"}
    Video.objects.filter(pk=video.pk).update(**words, **choices)
    video.refresh_from_db()
    rework.write_anew(video, ())
    video.clips.filter(clip_index=1).update(prompt="Only these words of mine.")
    old = list(video.clips.values_list("start_frame", "end_frame", "prompt"))
    sent = {"like": str(video.pk), "key": str(uuid.uuid4())}
    answers = [client.post(reverse("video-new", args=[song.pk]), sent) for _ in range(2)]
    made = Video.objects.exclude(pk=video.pk).get()
    assert {answer["Location"] for answer in answers} == {reverse("video", args=[made.pk])}
    assert made.status == Video.Status.DRAFT
    for name in rework.TAKEN_OVER:
        assert getattr(made, name) == getattr(video, name), name
    assert list(made.clips.values_list("start_frame", "end_frame", "prompt")) == old
    video.refresh_from_db()
    assert video.status == Video.Status.FAILED


def test_a_model_that_is_switched_off_now_gives_way(client: Client, song: Song) -> None:
    video = cast.failed(song)
    Video.objects.filter(pk=video.pk).update(model="p-video-draft", idea="paper boats")
    assert client.post(reverse("video-new", args=[song.pk]), {"like": video.pk}).status_code == 302
    made = Video.objects.exclude(pk=video.pk).get()
    assert (made.model, made.idea) == ("visualizer", "paper boats")


@pytest.mark.parametrize("like", ["", "not an id", "bobs"])
def test_only_a_video_of_ones_own_and_of_this_song_is_directed_anew(
    client: Client, song: Song, bob: User, like: str
) -> None:
    video = cast.failed(song)
    if like == "bobs":
        Video.objects.filter(pk=video.pk).update(owner=bob)
        like = str(video.pk)
    assert client.post(reverse("video-new", args=[song.pk]), {"like": like}).status_code == 404
    assert Video.objects.count() == 1


def test_the_page_and_the_poll_show_the_same_fragment(client: Client, song: Song) -> None:
    video = cast.generating(song, done=2)
    page = client.get(reverse("video", args=[video.pk])).content.decode()
    poll = client.get(reverse("video-progress", args=[video.pk]), **HTMX).content.decode()
    assert poll.strip() in page
    assert 'hx-trigger="every 3s"' in poll
    assert f"2 of {video.clips.count()}" in poll
    assert poll.count("<img") == 2


def test_a_clip_that_is_tried_again_is_counted(client: Client, song: Song) -> None:
    video = cast.generating(song, done=1)
    take = Take.objects.filter(clip__video=video, clip__clip_index=1)
    take.update(attempts=1)
    poll = client.get(reverse("video-progress", args=[video.pk]), **HTMX).content.decode()
    assert "1 retrying" in poll


@pytest.mark.parametrize("make", [cast.ready, cast.failed, cast.canceled])
def test_the_poll_of_an_ended_making_stops_and_loads_the_page(
    client: Client, song: Song, make: Callable[[Song], Video]
) -> None:
    video = make(song)
    answer = client.get(reverse("video-progress", args=[video.pk]), **HTMX)
    assert answer.headers["HX-Refresh"] == "true"
    assert "hx-trigger" not in answer.content.decode()


def test_a_poll_asks_the_database_a_bounded_number_of_times(
    client: Client, song: Song, django_assert_max_num_queries: Any
) -> None:
    video = cast.generating(song, done=2)
    with django_assert_max_num_queries(8):
        client.get(reverse("video-progress", args=[video.pk]), **HTMX)


def test_cancel_stops_the_making(client: Client, song: Song) -> None:
    video = cast.generating(song)
    answer = client.post(reverse("video-cancel", args=[video.pk]))
    assert answer.headers["Location"] == reverse("video", args=[video.pk])
    video.refresh_from_db()
    assert video.status == Video.Status.CANCELED
    assert not Job.objects.active().exists()


def test_cancel_of_a_finished_video_changes_nothing(client: Client, song: Song) -> None:
    video = cast.ready(song)
    answer = client.post(reverse("video-cancel", args=[video.pk]), follow=True)
    assert "There was nothing to cancel" in answer.content.decode()
    video.refresh_from_db()
    assert video.status == Video.Status.READY


@pytest.mark.parametrize("name", ["video-generate", "video-cancel", "video-direction"])
def test_acts_are_posts(client: Client, song: Song, name: str) -> None:
    video = cast.draft_of(song)
    assert client.get(reverse(name, args=[video.pk])).status_code == 405
