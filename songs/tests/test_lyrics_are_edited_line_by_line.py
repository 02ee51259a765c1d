"""Lines that the editor sends: kept as they are, refused at their place, and taken away as files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from songs.doubts import doubt
from songs.lyrics import Line, Word
from songs.models import Song

pytestmark = pytest.mark.django_db

HEARD = [
    {"start": 1.0, "end": 1.4, "text": "Hold"},
    {"start": 1.4, "end": 1.6, "text": "me"},
    {"start": 4.0, "end": 4.5, "text": "engines"},
]
LINES: list[dict[str, Any]] = [
    {
        "start": 1.0,
        "end": 2.0,
        "text": "Hold me",
        "words": HEARD[:2],
        "is_estimated": False,
        "is_doubtful": False,
    },
    {
        "start": 3.5,
        "end": 5.0,
        "text": "till the engines die",
        "words": [],
        "is_estimated": False,
        "is_doubtful": True,
    },
    {
        "start": 6.0,
        "end": 8.0,
        "text": "again",
        "words": [],
        "is_estimated": True,
        "is_doubtful": False,
    },
]


@pytest.fixture
def song(alice: User, ready_song: Callable[..., Song]) -> Song:
    song = ready_song(alice)
    song.lyrics, song.heard_words = LINES, HEARD
    song.save()
    return song


@pytest.fixture
def api(alice: User, api_of: Callable[[User], APIClient]) -> APIClient:
    return api_of(alice)


def saved(song: Song) -> list[dict[str, Any]]:
    song.refresh_from_db()
    lines: list[dict[str, Any]] = song.lyrics
    return lines


def test_lines_come_back_exactly_with_their_words_and_marks(song: Song, api: APIClient) -> None:
    path = f"/api/songs/{song.pk}/lyrics"
    answer = api.put(path, {"lines": LINES}, format="json")
    assert (answer.status_code, answer.json()["lyrics"]) == (200, LINES)
    assert saved(song) == LINES
    confirmed = [LINES[0], LINES[1] | {"is_doubtful": False}, LINES[2] | {"is_estimated": False}]
    api.put(path, {"lines": confirmed}, format="json")
    assert saved(song) == confirmed


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"start": 6.0}, "Line 2 ends at 0:05, before it starts at 0:06."),
        ({"start": 13.0, "end": 14.0}, "Line 2 starts at 0:13, after the song has ended at 0:12."),
    ],
)
def test_a_line_that_breaks_a_rule_is_named_and_nothing_is_saved(
    song: Song, api: APIClient, change: dict[str, Any], sentence: str
) -> None:
    sent = [LINES[0], LINES[1] | change, LINES[2]]
    answer = api.put(f"/api/songs/{song.pk}/lyrics", {"lines": sent}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (400, "lyrics_invalid")
    assert answer.json()["errors"] == {"lines": {"1": [sentence]}}
    assert saved(song) == LINES


def test_a_doubtful_line_says_what_of_it_was_heard(song: Song) -> None:
    heard = [Word(one["start"], one["end"], one["text"]) for one in HEARD]
    line = Line(3.5, 5.0, "till the engines die", is_doubtful=True)
    assert doubt(line, heard) == "Only 1 of its 4 words was heard between 0:03.5 and 0:05."
    gone = Line(8.0, 9.5, "till the engines die", is_doubtful=True)
    assert doubt(gone, heard) == "Nothing of it was heard between 0:08 and 0:09.5."
    assert doubt(Line(3.5, 5.0, "engines", is_doubtful=True), heard) == (
        "Too little of it was heard between 0:03.5 and 0:05."
    )
    assert doubt(Line(8.0, 9.5, "till the engines die"), heard) == ""


def test_the_page_carries_the_lines_and_the_reasons(
    song: Song, alice: User, client_of: Callable[[User], Client]
) -> None:
    page = client_of(alice).get(f"/songs/{song.pk}/lyrics").context["lyrics_data"]
    assert page["lines"] == [
        LINES[0] | {"doubt": ""},
        LINES[1] | {"doubt": "Only 1 of its 4 words was heard between 0:03.5 and 0:05."},
        LINES[2] | {"doubt": ""},
    ]


@pytest.mark.parametrize(
    ("ending", "content_type", "beginning"),
    [
        ("lrc", "text/plain", "[00:01.00]<00:01.00>Hold <00:01.40>me <00:01.60>\n[00:02.00]\n"),
        ("srt", "application/x-subrip", "1\n00:00:01,000 --> 00:00:02,000\nHold me\n"),
        ("vtt", "text/vtt", "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\nHold <00:00:01.400>me\n"),
        ("txt", "text/plain", "Hold me\ntill the engines die\nagain\n"),
    ],
)
def test_the_lyrics_of_a_song_are_files(
    song: Song,
    alice: User,
    charlie: User,
    api: APIClient,
    client_of: Callable[[User], Client],
    ending: str,
    content_type: str,
    beginning: str,
) -> None:
    path = f"/songs/{song.pk}/lyrics.{ending}"
    assert client_of(charlie).get(path).status_code == 404
    for answer in (client_of(alice).get(path), api.get(f"/api{path}")):
        assert answer.status_code == 200
        assert answer["Content-Type"] == f"{content_type}; charset=utf-8"
        assert answer.content.decode().startswith(beginning)
        assert f'filename="Night Drive.{ending}"' in answer["Content-Disposition"]
    assert api.get(f"/api/songs/{song.pk}/lyrics.doc").status_code == 404
