"""Each state of a video has its page, and nobody but the owner sees any of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from songs.models import Song
from vibecraft.jobs.models import Job
from videos.models import Take, Video
from videos.tests import cast

PAGES = [
    (cast.draft_of, "videos/direction.html", "Direct your video"),
    (cast.generating, "videos/progress.html", "Your video is being made"),
    (cast.ready, "videos/player.html", "On the beat"),
    (cast.failed, "videos/stopped.html", "A clip could not be drawn."),
    (cast.canceled, "videos/stopped.html", "You stopped the making"),
]


@pytest.mark.parametrize(("make", "template", "words"), PAGES)
def test_a_video_is_shown_by_its_state(
    song: Song, client_of: Any, make: Any, template: str, words: str
) -> None:
    video = make(song)
    answer = client_of(song.owner).get(reverse("video", args=[video.pk]))
    assert answer.status_code == 200
    assert template in [one.name for one in answer.templates]
    assert words in answer.content.decode()


@pytest.mark.parametrize(("make", "template", "words"), PAGES)
def test_a_page_asks_the_database_a_bounded_number_of_times(
    song: Song,
    client_of: Any,
    django_assert_max_num_queries: Any,
    make: Any,
    template: str,
    words: str,
) -> None:
    video = make(song)
    client = client_of(song.owner)
    with django_assert_max_num_queries(16):
        client.get(reverse("video", args=[video.pk]))


GETS = ["video", "video-plan", "video-progress", "video-delete", "video-film"]
GETS += ["video-poster", "video-captions"]
POSTS = ["video-direction", "video-understood", "video-prompt", "video-plan", "video-generate"]
POSTS += ["video-cancel", "video-delete"]


def _addresses(video: Video) -> list[tuple[str, str]]:
    take = Take.objects.exclude(thumbnail_key="").get(clip__video=video, clip__clip_index=0)
    return [
        *(("get", reverse(name, args=[video.pk])) for name in GETS),
        *(("post", reverse(name, args=[video.pk])) for name in POSTS),
        ("post", reverse("video-clip", args=[video.pk, 1])),
        ("get", reverse("take-thumbnail", args=[video.pk, take.pk])),
        ("get", reverse("video-new", args=[video.song_id])),
        ("post", reverse("video-new", args=[video.song_id])),
    ]


def _rows() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (Video, Take, Job)]


def test_charlie_finds_nothing_and_changes_nothing(
    song: Song, charlie: Any, client_of: Any
) -> None:
    addresses = _addresses(cast.ready(song))
    before = _rows()
    client: Client = client_of(charlie)
    for method, address in addresses:
        assert getattr(client, method)(address).status_code == 404, address
    assert _rows() == before


def test_a_visitor_is_led_to_the_sign_in(song: Song, client: Client) -> None:
    addresses = _addresses(cast.ready(song))
    before = _rows()
    for method, address in [*addresses, ("get", reverse("library"))]:
        answer = getattr(client, method)(address)
        assert answer.status_code == 302, address
        assert answer.headers["Location"].startswith(reverse("sign-in")), address
    assert _rows() == before


def test_the_library_of_charlie_does_not_list_the_video_of_alice(
    song: Song, charlie: Any, client_of: Any
) -> None:
    video = cast.ready(song)
    assert video.title not in client_of(charlie).get(reverse("library")).content.decode()


def test_a_thumbnail_is_not_found_under_another_video_of_the_same_user(
    song: Song, client_of: Any
) -> None:
    video, other = cast.ready(song), cast.draft_of(song)
    take = Take.objects.filter(clip__video=video).first()
    client = client_of(song.owner)
    assert client.get(reverse("take-thumbnail", args=[video.pk, take.pk])).status_code == 200
    assert client.get(reverse("take-thumbnail", args=[other.pk, take.pk])).status_code == 404
