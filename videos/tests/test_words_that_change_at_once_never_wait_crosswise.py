"""Words that change while the beat is corrected or the song is deleted: nobody waits crosswise."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, OperationalError, connection

from songs import beat_grid, drawing, pipeline, wording
from songs.beat_grid import Wish
from songs.models import Analysis, Song
from vibecraft.testcrowd import at_once
from videos import rework
from videos.models import Video
from videos.tests import cast

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]

# Long enough for the other one to take its first lock between two of ours.
PAUSE_SECONDS = 0.2


def slowly(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
    """Stop after each lock on a song or a video."""
    made = execute(sql, *rest)
    if sql.startswith(('UPDATE "songs_song"', 'UPDATE "videos_video"')):
        time.sleep(PAUSE_SECONDS)
    return made


def both(*acts: Callable[[], object]) -> None:
    def act(number: int) -> None:
        with connection.execute_wrapper(slowly):
            acts[number]()

    at_once(act, len(acts))


def fresh(song: Song) -> Song:
    return Song.objects.select_related("owner").get(pk=song.pk)


def sing(song: Song) -> None:
    lines = [{"start": 1.0, "end": 3.0, "text": "Lanterns on water"}]
    wording.set_lyrics(song, lines=lines)


def test_lyrics_and_a_corrected_beat(song: Song) -> None:
    video = cast.draft_of(song)
    one, other = fresh(song), fresh(song)
    both(lambda: sing(one), lambda: beat_grid.correct(other, Wish(changes=({"bpm": 118},))))
    assert Analysis.objects.get(song=song).bpm == 118
    assert [line.text for line in fresh(song).lines] == ["Lanterns on water"]
    assert video.clips.exists()


def test_lyrics_and_a_label(song: Song) -> None:
    video = cast.draft_of(song)
    section, other = song.sections.get(section_index=0), fresh(song)
    both(lambda: drawing.change_section(section, label="Harbour"), lambda: sing(other))
    prompts = video.clips.filter(section=section).values_list("prompt", flat=True)
    assert ["Harbour" in one and "Lanterns on water" in one for one in prompts] == [True] * len(
        prompts
    )
    assert rework.written_by_hand(Video.objects.get(pk=video.pk)) == {}


def test_lyrics_and_the_end_of_the_song(song: Song) -> None:
    cast.draft_of(song)
    one, other = fresh(song), fresh(song)

    def sing_unless_gone() -> None:
        try:
            sing(one)
        except OperationalError:
            raise
        except DatabaseError:
            # Who comes second finds no song that could be saved.
            assert not Song.objects.filter(pk=song.pk).exists()

    both(sing_unless_gone, lambda: pipeline.delete_song(other))
    assert not Song.objects.filter(pk=song.pk).exists()
