"""Lyrics are corrected as text: what was not touched keeps the times of its words to the millisecond."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from songs.lyric_lines import Line, Word, as_dicts
from songs.lyric_readers import written_ends
from songs.lyrics import parse
from songs.models import Song
from songs.retiming import with_times_of
from songs.showing import lyrics_text

FIRST = Line(
    1.234,
    2.5,
    "First light on",
    (Word(1.234, 1.6, "First"), Word(1.7, 2.0, "light"), Word(2.1, 2.5, "on")),
)
SECOND = Line(6.0, 7.4, "driving home", (Word(6, 6.5, "driving"), Word(6.5, 7.4, "home")))
BEFORE = (FIRST, SECOND)
# Plain lyrics, of which a person has set the time of the second line.
MIXED = (
    Line(0.0, 3.333, "one a", is_estimated=True),
    Line(4.0, 5.25, "two b"),
    Line(6.667, 9.333, "three c", is_estimated=True),
    Line(9.333, 12.0, "four d", is_estimated=True),
)
TEXTAREA = re.compile(r'<textarea[^>]*name="text"[^>]*>\n?(.*?)</textarea>', re.DOTALL)
SRT = "1\n00:00:01,000 --> 00:00:04,000\nhello you\n"
VTT = "WEBVTT\n\n00:01.000 --> 00:04.000\nhello you\n"


def corrected(text: str, before: tuple[Line, ...] = BEFORE) -> tuple[Line, ...]:
    ends = written_ends(text, 12.0)
    return with_times_of(before, parse(text, duration=12.0), duration=12.0, ends=ends)


def test_lines_shown_and_saved_again_are_as_they_were() -> None:
    assert corrected(lyrics_text(BEFORE)) == BEFORE


def test_a_word_that_was_misheard_gets_the_time_of_the_one_it_replaces() -> None:
    line = corrected("[00:01.23]First night on\n[00:06.00]driving home")[0]
    assert line.text == "First night on"
    assert line.words == (Word(1.234, 1.6, "First"), Word(1.7, 2.0, "night"), Word(2.1, 2.5, "on"))
    assert line.end == 2.5


def test_a_word_too_much_or_too_little_leaves_the_others_in_place() -> None:
    (line, _) = corrected("[00:01.23]First light\n[00:06.00]driving home")
    assert line.words == (Word(1.234, 1.6, "First"), Word(1.7, 2.0, "light"))
    (_, line) = corrected("[00:01.23]First light on\n[00:06.00]driving all home")
    assert [word.text for word in line.words] == ["driving", "all", "home"]
    assert (line.words[0].start, line.words[2].start) == (6.0, 6.5)


def test_a_line_that_is_moved_takes_its_words_along() -> None:
    (_, line) = corrected("[00:01.23]First light on\n[00:08.50]driving home")
    assert line == Line(
        8.5, 9.9, "driving home", (Word(8.5, 9.0, "driving"), Word(9.0, 9.9, "home"))
    )


def test_a_line_moved_to_the_very_end_is_as_it_was_typed() -> None:
    (_, line) = corrected("[00:01.23]First light on\n[00:11.50]driving home")
    assert (line.start, line.end, line.words) == (11.5, 12.0, ())


def test_another_line_in_the_same_place_is_new() -> None:
    (line, _) = corrected("[00:01.23]Nobody knows why\n[00:06.00]driving home")
    assert (line.text, line.words) == ("Nobody knows why", ())


def test_a_doubt_ends_when_the_line_is_set_right() -> None:
    doubtful = Line(6.0, 7.4, "driving home", SECOND.words, is_doubtful=True)
    before = (FIRST, doubtful)
    assert corrected(lyrics_text(before), before)[1].is_doubtful
    moved = corrected("[00:01.23]First light on\n[00:08.50]driving home", before)
    assert not moved[1].is_doubtful


def test_estimated_lines_lend_their_times_to_nobody() -> None:
    before = (Line(0.0, 12.0, "driving home", is_estimated=True),)
    (line,) = corrected("[00:02.00]driving home", before)
    assert (line.start, line.words) == (2.0, ())


def test_lines_of_which_some_are_timed_are_shown_with_all_times_and_come_back() -> None:
    assert corrected(lyrics_text(MIXED), MIXED) == MIXED
    estimated = tuple(line for line in MIXED if line.is_estimated)
    assert lyrics_text(estimated) == "one a\nthree c\nfour d"


def test_an_estimated_line_stays_one_until_its_time_is_set() -> None:
    text = lyrics_text(MIXED)
    reworded = corrected(text.replace("three c", "three seas"), MIXED)[2]
    assert reworded == Line(6.67, 9.333, "three seas", is_estimated=True)
    moved = corrected(text.replace("00:06.67", "00:07.00"), MIXED)[2]
    assert (moved.start, moved.is_estimated) == (7.0, False)


def test_times_that_are_the_first_ones_are_taken_as_they_are() -> None:
    before = (Line(0.0, 12.0, "driving home", is_estimated=True),)
    assert corrected("[00:00.00]driving home", before) == (Line(0.0, 10.0, "driving home"),)


def test_an_end_that_was_written_out_holds() -> None:
    (line, following) = corrected("[00:01.23]First light on\n[00:02.30]\n[00:06.00]driving home")
    words = (*FIRST.words[:2], Word(2.1, 2.3, "on"))
    assert (line, following) == (Line(1.234, 2.3, FIRST.text, words), SECOND)
    (line, _) = corrected("[00:01.23]First light on\n[00:03.00]\n[00:06.00]driving home")
    assert line == Line(1.234, 3.0, FIRST.text, FIRST.words)
    (line, _) = corrected("[00:01.23]First light on\n[00:02.00]\n[00:06.00]driving home")
    assert (line.end, line.words) == (2.0, ())
    (_, line) = corrected("[00:01.23]First light on\n[00:08.00]driving home\n[00:10.00]")
    assert (line.start, line.end, line.words[0].start) == (8.0, 10.0, 8.0)


def test_an_end_after_the_song_and_one_behind_an_offset_hold() -> None:
    text = "[00:01.23]First light on\n[00:06.00]driving home\n[00:12.80]"
    assert corrected(text)[1] == Line(6.0, 12.0, "driving home", SECOND.words)
    early = "[offset:+500]\n[00:06.50]driving home\n[00:09.50]"
    assert corrected(early)[0] == Line(6.0, 9.0, "driving home", SECOND.words)


def test_an_end_that_is_where_it_was_changes_nothing() -> None:
    text = lyrics_text(MIXED).replace("two b", "two b\n[00:05.25]") + "\n[00:12.00]"
    assert corrected(text, MIXED) == MIXED


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "changed"),
    [
        (SRT, SRT.replace("04,000", "02,000")),
        (VTT, VTT.replace("04.000", "02.000")),
        ("[00:01.00]hello you\n[00:04.00]", "[00:01.00]hello you\n[00:02.00]"),
    ],
)
def test_a_text_that_brings_its_ends_is_taken_by_its_ends(
    alice: User,
    ready_song: Callable[..., Song],
    api_of: Callable[[User], APIClient],
    text: str,
    changed: str,
) -> None:
    song = ready_song(alice)
    for sent, end in ((text, 4.0), (changed, 2.0)):
        answer = api_of(alice).put(f"/api/songs/{song.pk}/lyrics", {"text": sent}, format="json")
        (line,) = answer.json()["lyrics"]
        assert (line["start"], line["end"], line["text"]) == (1.0, end, "hello you")


@pytest.mark.django_db
def test_the_page_saves_lines_of_which_some_are_timed_as_they_were(
    alice: User, ready_song: Callable[..., Song], client_of: Callable[[User], Client]
) -> None:
    song = ready_song(alice)
    Song.objects.filter(pk=song.pk).update(lyrics=as_dicts(MIXED), lyrics_source="typed")
    client = client_of(alice)
    shown = TEXTAREA.search(client.get(f"/songs/{song.pk}/lyrics?edit").content.decode())
    assert shown is not None
    text = unescape(shown[1]).replace("\n", "\r\n")
    assert client.post(f"/songs/{song.pk}/lyrics", {"text": text}).status_code == 302
    song.refresh_from_db()
    assert song.lyrics == as_dicts(MIXED)


@pytest.mark.django_db
def test_the_page_keeps_word_times_of_lines_that_were_not_touched(
    alice: User, ready_song: Callable[..., Song], client_of: Callable[[User], Client]
) -> None:
    song = ready_song(alice)
    Song.objects.filter(pk=song.pk).update(lyrics=as_dicts(BEFORE), lyrics_source="heard")
    client = client_of(alice)
    form = client.get(f"/songs/{song.pk}/lyrics?edit").content.decode()
    assert "[00:01.23] First light on" in form
    text = "[00:01.23] First light on\n[00:06.00] driving home tonight"
    client.post(f"/songs/{song.pk}/lyrics", {"text": text})
    song.refresh_from_db()
    assert song.lines[0] == FIRST
    assert [word.text for word in song.lines[1].words] == ["driving", "home", "tonight"]
    assert song.lyrics_source == "typed"
