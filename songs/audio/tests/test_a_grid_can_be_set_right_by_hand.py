"""Corrections of the beat: exact, within the song, and each can be taken back."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from songs.audio.correction import (
    CannotCorrect,
    Grid,
    Pulse,
    checked,
    corrected,
    doubled,
    fit_taps,
    halved,
    heard_with,
    moved,
    steady,
    turned,
    with_one_more,
)

EXAMPLES = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
EVEN = Grid(120.0, tuple(0.25 + 0.5 * k for k in range(20)), (0, 4, 8, 12, 16))


@st.composite
def grids(draw: Any) -> Grid:
    """Played grids: no two beats alike, a pickup, bars of 3 to 5 that sometimes miss a beat."""
    gaps = draw(st.lists(st.floats(0.3, 0.9), min_size=12, max_size=60))
    start = draw(st.floats(0, 1))
    beats = tuple(float(beat) for beat in start + np.cumsum([0.0, *gaps]))
    bar = draw(st.integers(3, 5))
    bars = draw(st.lists(st.sampled_from([bar, bar, bar, bar - 1, bar + 1]), min_size=20))
    downs = np.cumsum([draw(st.integers(0, bar - 1)), *bars])
    within = tuple(int(down) for down in downs if down < len(beats))
    return Grid(60 / float(np.mean(gaps)), beats, within, bar)


def is_sound(grid: Grid, duration: float) -> bool:
    """Ascending, within the song, downbeats among the beats."""
    ascending = all(one < other for one, other in pairwise(grid.beats))
    inside = all(0 <= beat <= duration for beat in grid.beats)
    downs = list(grid.downs) == sorted(set(grid.downs))
    return ascending and inside and downs and all(0 <= d < len(grid.beats) for d in grid.downs)


def test_double_puts_a_beat_between_every_two_and_makes_two_bars_of_one() -> None:
    double = doubled(EVEN)
    assert double.bpm == 240
    assert double.beats == pytest.approx([0.25 + 0.25 * k for k in range(39)])
    assert double.downs == tuple(range(0, 39, 4))


def test_half_counts_from_the_first_downbeat() -> None:
    """With a pickup of one beat, it is the beats beside the downbeats that go."""
    pickup = Grid(120.0, EVEN.beats, (1, 5, 9, 13, 17), 4)
    half = halved(pickup)
    assert half.bpm == 60
    assert half.beats == pytest.approx([0.75 + k for k in range(10)])
    assert half.downs == (0, 4, 8)
    assert halved(EVEN).beats == pytest.approx([0.25 + k for k in range(10)])


def test_half_of_bars_of_three_keeps_bars_of_three() -> None:
    waltz = Grid(180.0, tuple(k / 3 for k in range(18)), (0, 3, 6, 9, 12, 15), 3)
    half = halved(waltz)
    assert half.downs == (0, 3, 6)
    assert half.downbeats == pytest.approx([0, 2, 4])


@EXAMPLES
@given(grids())
def test_half_of_double_is_what_it_was(grid: Grid) -> None:
    again = halved(doubled(grid))
    if grid.downs and grid.downs[0] % 2 == 0:
        assert again.beats == grid.beats
    assert set(grid.downbeats) <= set(again.beats)
    assert again.downbeats == grid.downbeats
    assert again.bpm == pytest.approx(grid.bpm)


@EXAMPLES
@given(grids())
def test_all_of_half_are_beats_of_before_and_its_bars_begin_where_bars_began(grid: Grid) -> None:
    half = halved(grid)
    assert set(half.beats) <= set(grid.beats)
    assert set(half.downbeats) <= set(grid.downbeats)
    assert half.downbeats[:1] == grid.downbeats[:1]
    assert abs(2 * len(half.beats) - len(grid.beats)) <= 2 + len(half.downs)


@EXAMPLES
@given(grids(), st.floats(-2, 2))
def test_moved_beats_stay_in_the_song_and_reach_as_far(grid: Grid, seconds: float) -> None:
    duration = grid.beats[-1] + 0.5
    late = moved(grid, seconds, duration=duration)
    assert is_sound(late, duration)
    shifted = [beat + seconds for beat in grid.beats]
    assert [b for b in shifted if 0 <= b <= duration] == pytest.approx(
        [b for b in late.beats if any(abs(b - s) < 1e-9 for s in shifted)]
    )
    assert late.beats[0] < grid.beats[0] + 0.9
    assert late.beats[-1] > grid.beats[-1] - 0.9 - max(0.0, seconds - 0.5)


@EXAMPLES
@given(grids(), st.integers(-9, 9))
def test_turning_back_puts_the_downbeats_back(grid: Grid, beats: int) -> None:
    there = turned(grid, beats)
    assert there.beats == grid.beats
    assert is_sound(there, grid.beats[-1])
    kept = set(grid.downs) - set(turned(there, -beats).downs)
    # Only those at the edges, which left the song on the way, may come back elsewhere.
    assert all(d < abs(beats) or d >= len(grid.beats) - abs(beats) for d in kept)


@EXAMPLES
@given(grids(), st.floats(30, 300), st.one_of(st.none(), st.floats(0, 5)))
def test_a_set_tempo_is_exact_from_end_to_end(grid: Grid, bpm: float, at: float | None) -> None:
    duration = grid.beats[-1] + 1.0
    even = steady(grid, bpm, at, duration=duration)
    period = 60 / bpm
    assert is_sound(even, duration)
    assert np.diff(even.beats) == pytest.approx(period, abs=1e-6)
    assert even.beats[0] < period + 1e-6
    assert even.beats[-1] > duration - period - 1e-6
    phase = grid.beats[grid.downs[0]] if at is None and grid.downs else at
    if phase is not None:
        assert min(abs(beat - phase) for beat in even.downbeats) < 1e-6


@EXAMPLES
@given(st.floats(40, 220), st.integers(8, 60), st.integers(0, 2**31))
def test_taps_with_a_slip_and_missed_beats_find_tempo_and_phase(
    bpm: float, count: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    numbers = np.sort(random.choice(np.arange(1, count + 3), count - 2, replace=False))
    numbers = np.concatenate([[0], numbers])
    period = 60 / bpm
    taps = 3.0 + numbers * period + random.normal(0, 0.02 * period, len(numbers))
    if len(taps) > 10:
        taps[5] += 0.4 * period
    pulse = fit_taps([float(tap) for tap in taps])
    assert pulse.bpm == pytest.approx(bpm, rel=0.03)
    assert abs(pulse.at - 3.0) < 0.08 * period


@pytest.mark.parametrize(
    "taps",
    [[], [1.0, 1.5, 2.0], [1.0, 1.01, 1.02, 1.03, 1.04], [0, 1.9, 2.2, 9.0, 9.3, 17.1, 17.2]],
)
def test_taps_without_a_pulse_are_refused(taps: list[float]) -> None:
    with pytest.raises(CannotCorrect):
        fit_taps(taps)


def test_the_sound_makes_a_tapped_tempo_exact() -> None:
    """A hand that is off by half a percent would be a beat away after a hundred."""
    period = 24 * 60 / 127.3
    phase = np.arange(24 * 200) % period
    onset = np.exp(-phase / 2)
    tapped = Pulse(bpm=127.9, at=1.0, doubt=0.01)
    assert heard_with(tapped, onset, rate=24).bpm == pytest.approx(127.3, abs=0.02)
    assert heard_with(tapped, np.zeros(4800), rate=24) == tapped


@pytest.mark.parametrize(
    "one",
    [{}, {"scale": 3}, {"scale": True}, {"offset_ms": float("nan")}, {"offset_ms": 3000}, {"bpm": 9},
     {"bpm": "120"}, {"downbeat_shift": 0.5}, {"at": 1}, {"bpm": 120, "at": -1}, {"other": 1},
     {"bpm": float("inf")}, {"scale": 2, "bpm": 120}],
)  # fmt: skip
def test_what_is_no_correction_is_refused(one: dict[str, Any]) -> None:
    with pytest.raises(CannotCorrect):
        checked(one)


def test_a_tempo_stays_between_its_bounds() -> None:
    fast = Grid(200.0, tuple(0.3 * k for k in range(20)), (0, 4), 4)
    with pytest.raises(CannotCorrect) as refusal:
        corrected(fast, [{"scale": 2}], duration=10)
    assert refusal.value.field == "scale"


def test_the_list_keeps_sums_and_forgets_what_cancels_out() -> None:
    made: list[dict[str, Any]] = []
    for one in ({"offset_ms": 5}, {"offset_ms": 10}, {"scale": 2}, {"scale": 0.5}):
        made = with_one_more(made, one)
    assert made == [{"offset_ms": 15}]
    assert with_one_more(made, {"offset_ms": -15}) == []
    assert with_one_more([{"bpm": 100}], {"bpm": 101}) == [{"bpm": 101}]
    assert with_one_more([{"offset_ms": 1999}], {"offset_ms": 5}) == [
        {"offset_ms": 1999},
        {"offset_ms": 5},
    ]
    assert with_one_more([{"scale": 2}, {"offset_ms": 5}], {"bpm": 90.0, "at": 1.0}) == [
        {"bpm": 90.0, "at": 1.0}
    ]
