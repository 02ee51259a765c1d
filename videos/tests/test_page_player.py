"""The player's page and the files behind it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from songs.models import Song
from videos.models import Take, Video
from videos.tests import cast

LINES = [
    {"start": 1.0, "end": 3.0, "text": "Say my name", "words": []},
    {
        "start": 3.5,
        "end": 5.0,
        "text": "Rock & roll",
        "words": [
            {"start": 3.5, "end": 4.0, "text": "Rock"},
            {"start": 4.0, "end": 4.2, "text": "&"},
            {"start": 4.2, "end": 5.0, "text": "roll"},
        ],
    },
]


@pytest.fixture
def video(alice: Any, ready_song: Callable[..., Song], sections_of: Callable[..., Any]) -> Video:
    song = ready_song(alice)
    song.lyrics = LINES
    song.save()
    sections_of(song)
    return cast.ready(song)


@pytest.fixture
def client(alice: Any, client_of: Any) -> Client:
    return client_of(alice)


def page_of(client: Client, video: Video) -> str:
    return client.get(reverse("video", args=[video.pk])).content.decode()


def test_the_film_is_served_in_ranges(client: Client, video: Video) -> None:
    address = reverse("video-film", args=[video.pk])
    answer = client.get(address, headers={"Range": "bytes=256-259"})
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes 256-259/{len(cast.FILM)}"
    assert answer.headers["Content-Type"] == "video/mp4"
    assert b"".join(answer.streaming_content) == b"\x00\x01\x02\x03"


def test_a_range_past_the_end_of_the_film_is_refused(client: Client, video: Video) -> None:
    address = reverse("video-film", args=[video.pk])
    answer = client.get(address, headers={"Range": "bytes=999999-"})
    assert answer.status_code == 416


def test_a_download_is_the_whole_film_under_the_title(client: Client, video: Video) -> None:
    Video.objects.filter(pk=video.pk).update(title="Läuft?")
    answer = client.get(reverse("video-film", args=[video.pk]), {"download": "1"})
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "L%C3%A4uft%3F.mp4" in answer.headers["Content-Disposition"]
    assert b"".join(answer.streaming_content) == cast.FILM


@pytest.mark.parametrize("name", ["video-film", "video-poster"])
def test_there_is_no_film_before_it_is_made(client: Client, video: Video, name: str) -> None:
    draft = cast.draft_of(video.song)
    assert client.get(reverse(name, args=[draft.pk])).status_code == 404


def test_the_poster_and_the_thumbnails_are_pictures(client: Client, video: Video) -> None:
    take = Take.objects.filter(clip__video=video).first()
    addresses = [
        reverse("video-poster", args=[video.pk]),
        reverse("take-thumbnail", args=[video.pk, take.pk]),
    ]
    for address in addresses:
        answer = client.get(address)
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert b"".join(answer.streaming_content) == cast.JPEG


def test_a_thumbnail_may_be_kept_since_it_never_changes(client: Client, video: Video) -> None:
    take = Take.objects.filter(clip__video=video).first()
    answer = client.get(reverse("take-thumbnail", args=[video.pk, take.pk]))
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"


def test_the_captions_are_the_lyrics_with_their_times(client: Client, video: Video) -> None:
    answer = client.get(reverse("video-captions", args=[video.pk]))
    assert answer.headers["Content-Type"] == "text/vtt; charset=utf-8"
    assert answer.content.decode() == (
        "WEBVTT\n\n"
        "00:00:01.000 --> 00:00:03.000\nSay my name\n\n"
        "00:00:03.500 --> 00:00:05.000\nRock <00:00:04.000>&amp; <00:00:04.200>roll\n"
    )


def test_a_song_without_lyrics_has_no_captions(client: Client, video: Video) -> None:
    Song.objects.filter(pk=video.song_id).update(lyrics=[])
    assert client.get(reverse("video-captions", args=[video.pk])).status_code == 404
    page = page_of(client, video)
    assert "<track" not in page
    assert 'id="lyrics"' not in page


def test_the_page_shows_lyrics_and_words_with_their_times(client: Client, video: Video) -> None:
    page = page_of(client, video)
    assert page.count("data-line ") == 2
    assert page.count("data-word ") == 3
    assert 'data-start="4.2"' in page


def test_the_page_has_a_button_for_every_clip(client: Client, video: Video) -> None:
    page = page_of(client, video)
    assert page.count("data-clip ") == video.clips.count()
    assert page.count('class="clip-picture" src=') == video.clips.count()


def test_the_player_knows_beats_and_sections(client: Client, video: Video) -> None:
    found = re.search(
        r'id="player-data" type="application/json">(.*?)</script>', page_of(client, video)
    )
    assert found is not None
    data = json.loads(found[1])
    assert data["duration"] == video.song.duration_sec
    assert data["beats"][:3] == [0.0, 0.5, 1.0]
    assert [one["label"] for one in data["sections"]] == ["Intro", "Chorus", "Outro"]


def test_the_report_is_said_in_words_and_drawn(client: Client, video: Video) -> None:
    page = " ".join(re.sub(r"<[^>]+>", "", page_of(client, video)).split())
    assert "1 of 2 cuts fall on a beat, 1 of them on the first beat of a bar." in page
    assert "Each cut inside a section is exactly on its beat." in page
    assert "Sound and picture are 0.4 ms apart and wander by 0.0 ms" in page
    assert page_of(client, video).count('class="plot__dot"') == 2


def test_a_model_that_has_left_the_catalog_is_shown_by_its_key(
    client: Client, video: Video
) -> None:
    Video.objects.filter(pk=video.pk).update(model="gone-model")
    assert "gone-model" in page_of(client, video)
