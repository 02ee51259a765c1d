"""Sections for a song without any: equal numbers of bars, within the rules for sections."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songs.sections import Draft, check
from videos.plan import SectionSpan, sections_from_bars


def grid(bpm: float, duration: float, first: float = 0.0) -> list[float]:
    return [first + k * 60 / bpm for k in range(int((duration - first) * bpm / 60))]


def borders(spans: tuple[SectionSpan, ...]) -> list[float]:
    return [spans[0].start, *(span.end for span in spans)]


def test_a_song_of_two_minutes_has_sections_of_eight_bars():
    beats = grid(120, 128)
    spans = sections_from_bars(128, downbeats=beats[::4], beats=beats)
    assert borders(spans) == [0, 16, 32, 48, 64, 80, 96, 112, 128]


def test_a_long_song_has_sections_of_sixteen_bars():
    beats = grid(120, 300)
    spans = sections_from_bars(300, downbeats=beats[::4], beats=beats)
    assert borders(spans) == [0, 32, 64, 96, 128, 160, 192, 224, 256, 300]


def test_a_short_song_has_sections_of_fewer_bars():
    beats = grid(120, 10)
    spans = sections_from_bars(10, downbeats=beats[::4], beats=beats)
    assert borders(spans) == [0, 4, 8, 10]


def test_bars_are_counted_from_the_first_downbeat_after_a_lead_in():
    beats = grid(120, 100, first=0.5)
    spans = sections_from_bars(100, downbeats=beats[::4], beats=beats)
    assert borders(spans) == [0, 16.5, 32.5, 48.5, 64.5, 80.5, 100]


def test_a_long_lead_in_is_a_bar_of_the_first_section():
    beats = grid(120, 100, first=1.5)
    spans = sections_from_bars(100, downbeats=beats[::4], beats=beats)
    assert borders(spans) == [0, 15.5, 31.5, 47.5, 63.5, 79.5, 100]


def test_without_downbeats_every_fourth_beat_counts():
    spans = sections_from_bars(128, downbeats=[], beats=grid(120, 128))
    assert borders(spans) == [0, 16, 32, 48, 64, 80, 96, 112, 128]


@pytest.mark.parametrize(
    ("duration", "expected"), [(30, [0, 10, 20, 30]), (150, [0, 30, 60, 90, 120, 150])]
)
def test_without_beats_the_parts_are_equal_in_time(duration: float, expected: list[float]):
    assert borders(sections_from_bars(duration, downbeats=[], beats=[])) == expected


def test_the_last_frame_covers_the_end_of_the_song():
    spans = sections_from_bars(30.01, downbeats=[], beats=[])
    assert (spans[-1].end_frame, [span.index for span in spans]) == (721, [0, 1, 2])


@pytest.mark.parametrize("duration", [2.5, 1300])
def test_a_song_that_no_sections_can_tile_is_refused(duration: float):
    with pytest.raises(ValueError, match="cannot be divided into sections"):
        sections_from_bars(duration, downbeats=[], beats=[])


@settings(derandomize=True, deadline=None)
@given(st.floats(10, 300), st.floats(30, 250), st.sampled_from([3, 4, 5, 7]), st.floats(0, 20))
def test_sections_of_any_song_keep_the_rules(duration, bpm, beats_per_bar, first):
    beats = grid(bpm, duration, first)
    spans = sections_from_bars(duration, downbeats=beats[::beats_per_bar], beats=beats)
    drafts = [Draft("Part", span.start, span.end) for span in spans]
    placed = check(drafts, duration=duration)
    assert [(one.start_frame, one.end_frame) for one in placed] == [
        (span.start_frame, span.end_frame) for span in spans
    ]
    assert all(before.end_frame == after.start_frame for before, after in pairwise(spans))


@settings(derandomize=True, deadline=None)
@given(st.floats(45, 300), st.floats(60, 200))
def test_sections_of_a_steady_song_are_whole_bars_but_the_last(duration, bpm):
    beats = grid(bpm, duration)
    spans = sections_from_bars(duration, downbeats=beats[::4], beats=beats)
    bar = 4 * 60 / bpm * 24
    sizes = {round(span.frames / bar, 1) for span in spans[:-1]}
    assert len(sizes) == 1
    assert sizes <= {float(bars) for bars in range(2, 33)}
