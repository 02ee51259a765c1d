"""Beats are seen, bars more than beats, loud more than soft."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from videos.visualizer.casting import Casting
from videos.visualizer.drive import PULSE_SECONDS, Drive, thin_out
from videos.visualizer.looks import LOOKS
from videos.visualizer.tests.made import beats_of, brief, draw, song

BPM = 60.0
BEAT_FRAMES = 24


@pytest.mark.parametrize("name", LOOKS)
def test_frames_on_the_beat_are_brighter_or_move_more(name: str) -> None:
    told = brief(end_frame=240 + 3 * BEAT_FRAMES)
    lumas = [luma.astype(float) for luma in draw(Casting(name, 0, seed=3), told, song(BPM), BPM)]
    bright = np.array([luma.mean() for luma in lumas])
    moved = np.array([0.0] + [np.abs(b - a).mean() for a, b in itertools.pairwise(lumas)])
    phase = np.arange(len(lumas)) % BEAT_FRAMES
    on, off = (phase >= 1) & (phase < 5), (phase >= 14) & (phase < 22)
    assert (
        bright[on].mean() > bright[off].mean() * 1.01 or moved[on].mean() > moved[off].mean() * 1.1
    )


def test_downbeats_pulse_longer_than_beats() -> None:
    drive = Drive(brief(start_frame=192, end_frame=240), song(BPM), *beats_of(BPM))
    downbeat, after, next_beat = drive.moment(0), drive.moment(8), drive.moment(24)
    assert downbeat.bar > 0.9
    assert downbeat.beat > 0.9
    assert after.bar > 1.5 * after.beat
    assert next_beat.beat > 0.9
    assert next_beat.bar < 0.15


def test_travel_never_turns_back_and_goes_further_when_loud() -> None:
    loud = Drive(brief(), song(energy=0.9), *beats_of(120.0)).travel
    soft = Drive(brief(), song(energy=0.2), *beats_of(120.0)).travel
    assert (np.diff(loud) > 0).all()
    assert np.ptp(loud) > 1.3 * np.ptp(soft)


def test_travel_goes_on_over_a_cut() -> None:
    before = Drive(brief(start_frame=240, end_frame=241), song(), *beats_of(120.0)).travel
    after = Drive(brief(start_frame=241, end_frame=242), song(), *beats_of(120.0)).travel
    both = Drive(brief(start_frame=240, end_frame=242), song(), *beats_of(120.0)).travel
    assert [before[0], after[0]] == both.tolist()


@pytest.mark.parametrize("bpm", [90, 140, 180, 220])
def test_light_pulses_keep_their_distance(bpm: float) -> None:
    beats, downbeats = beats_of(bpm)
    kept = thin_out(beats, downbeats)
    assert np.diff(kept).min() >= PULSE_SECONDS
    assert np.isin(np.round(downbeats, 3), np.round(kept, 3)).mean() > 0.95


def test_a_song_without_beats_is_drawn_too() -> None:
    drive = Drive(brief(), song(), np.array([]), np.array([]))
    assert drive.moment(3).beat == 0.0
    assert drive.moment(3).bar_count == 0
