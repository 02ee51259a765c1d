"""The library lists, sorts, follows and deletes videos."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from songs.models import Song
from vibecraft import storage
from vibecraft.jobs.models import Discard
from vibecraft.jobs.sweeper import discard
from vibecraft.testing import stored_files
from videos.models import Video
from videos.tests import cast

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def client(alice: Any, client_of: Any) -> Client:
    return client_of(alice)


def titles(answer: Any) -> list[str]:
    return [card.video.title for card in answer.context["cards"]]


def test_an_empty_library_leads_to_the_songs(client: Client) -> None:
    page = client.get(reverse("library")).content.decode()
    assert "No video yet" in page
    assert f'href="{reverse("songs")}"' in page
    assert "Bring a song" in page


def test_a_library_without_videos_but_with_songs_says_so(client: Client, song: Song) -> None:
    assert "Choose a song" in client.get(reverse("library")).content.decode()


def test_only_running_videos_are_asked_for(client: Client, song: Song) -> None:
    for make in (cast.draft_of, cast.generating, cast.ready, cast.failed):
        make(song)
    page = client.get(reverse("library")).content.decode()
    assert page.count('hx-trigger="every 3s"') == 1
    running = Video.objects.get(status="generating")
    assert f'hx-get="{reverse("library-running")}?video={running.pk}&amp;seen=' in page


def test_two_running_videos_are_asked_for_in_one_request(client: Client, song: Song) -> None:
    videos = [cast.generating(song), cast.generating(song)]
    page = client.get(reverse("library")).content.decode()
    assert page.count('hx-trigger="every 3s"') == 1
    answer = client.get(reverse("library-running"), {"video": [v.pk for v in videos]}, **HTMX)
    assert {card.video.pk for card in answer.context["cards"]} == {v.pk for v in videos}
    assert answer.content.decode().count('hx-swap-oob="true"') == 2


def test_a_card_of_a_running_video_says_how_far_it_is(client: Client, song: Song) -> None:
    video = cast.generating(song)
    card = client.get(reverse("library-running"), {"video": video.pk}, **HTMX).content.decode()
    assert "at work" in card
    assert "10 %" in card
    assert 'hx-trigger="every 3s"' in card


def test_a_card_of_a_finished_video_asks_no_more(client: Client, song: Song) -> None:
    video = cast.ready(song)
    card = client.get(reverse("library-running"), {"video": video.pk}, **HTMX).content.decode()
    assert "hx-get" not in card
    assert reverse("video-poster", args=[video.pk]) in card
    assert "Ready" in card


def test_what_is_asked_for_and_is_not_ones_own_is_not_there(
    client: Client, client_of: Any, charlie: Any, song: Song
) -> None:
    video = cast.generating(song)
    answer = client_of(charlie).get(reverse("library-running"), {"video": [video.pk, "nonsense"]})
    assert answer.status_code == 200
    assert answer.context["cards"] == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("neon", ["Neon rain"]),
        ("RAIN neon", ["Neon rain"]),
        ("rain snow", []),
        ("neon\0", ["Neon rain"]),
        ("", None),
    ],
)
def test_videos_are_found_by_the_words_of_their_title(
    client: Client, song: Song, words: str, found: list[str] | None
) -> None:
    for title in ("Neon rain", "Desert"):
        Video.objects.filter(pk=cast.ready(song).pk).update(title=title)
    answer = client.get(reverse("library"), {"q": words})
    assert titles(answer) == (found if found is not None else ["Desert", "Neon rain"])
    assert ("Nothing found" in answer.content.decode()) == (found == [])


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("newest", ["b", "C", "a"]),
        ("oldest", ["a", "C", "b"]),
        ("title", ["a", "b", "C"]),
        ("nonsense", ["b", "C", "a"]),
    ],
)
def test_videos_are_sorted(client: Client, song: Song, sort: str, expected: list[str]) -> None:
    for title in ("a", "C", "b"):
        cast.draft_of(song, title=title)
    assert titles(client.get(reverse("library"), {"sort": sort})) == expected


def test_a_long_library_comes_in_pages(client: Client, song: Song) -> None:
    fields = {"owner": song.owner, "song": song, "video_type": "urban", "model": "visualizer"}
    Video.objects.bulk_create(Video(title=f"Video {n}", **fields) for n in range(30))
    assert len(titles(client.get(reverse("library")))) == 24
    assert len(titles(client.get(reverse("library"), {"page": "2"}))) == 6


def test_the_library_asks_the_database_the_same_number_of_times_for_more_videos(
    client: Client, song: Song, django_assert_max_num_queries: Any
) -> None:
    for make in (cast.draft_of, cast.generating, cast.generating, cast.ready, cast.failed):
        make(song)
    with django_assert_max_num_queries(7):
        client.get(reverse("library"))


def test_deleting_is_asked_before_it_is_done(client: Client, song: Song) -> None:
    video = cast.ready(song)
    page = client.get(reverse("video-delete", args=[video.pk])).content.decode()
    assert "cannot be undone" in page
    assert Video.objects.filter(pk=video.pk).exists()


def test_deleting_frees_the_quota_at_once_and_every_object_of_the_video_goes(
    client: Client, song: Song
) -> None:
    video, owner = cast.ready(song), song.owner
    of_song = [key for key in stored_files(owner) if key.startswith("songs/")]
    bytes_of_song = User.objects.get(pk=owner.pk).storage_used_bytes
    User.objects.filter(pk=owner.pk).update(
        videos_used=1, storage_used_bytes=bytes_of_song + len(cast.FILM)
    )
    Video.objects.filter(pk=video.pk).update(is_counted=True, stored_bytes=len(cast.FILM))
    client.post(reverse("video-delete", args=[video.pk]))
    owner.refresh_from_db()
    assert (owner.videos_used, owner.storage_used_bytes) == (0, bytes_of_song)
    discard()
    assert stored_files(owner) == of_song


def test_a_video_is_found_by_the_title_of_its_song_too(client: Client, song: Song) -> None:
    Video.objects.filter(pk=cast.ready(song).pk).update(title="First cut")
    assert titles(client.get(reverse("library"), {"q": song.title[:5]})) == ["First cut"]


def test_a_film_is_shared_from_its_card(client: Client, song: Song) -> None:
    film, draft = cast.ready(song), cast.draft_of(song)
    page = client.get(reverse("library")).content.decode()
    assert f'href="{reverse("video", args=[film.pk])}#share"' in page
    assert f'href="{reverse("video", args=[draft.pk])}#share"' not in page


def test_deleting_removes_the_video_and_its_files(client: Client, song: Song) -> None:
    video = cast.ready(song)
    answer = client.post(reverse("video-delete", args=[video.pk]), follow=True)
    assert answer.redirect_chain == [(reverse("library"), 302)]
    assert "is deleted" in answer.content.decode()
    assert not Video.objects.filter(pk=video.pk).exists()
    prefix = storage.video_prefix(song.owner_id, video.pk)
    assert list(Discard.objects.values_list("prefix", flat=True)) == [prefix]
    assert Song.objects.filter(pk=song.pk).exists()
