"""Lyrics are corrected as text: what was not touched keeps the times of its words to the millisecond."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from songs.lyric_lines import Line, Word, as_dicts
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


def corrected(text: str, before: tuple[Line, ...] = BEFORE) -> tuple[Line, ...]:
    return with_times_of(before, parse(text, duration=12.0), duration=12.0)


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
