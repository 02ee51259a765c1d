from __future__ import annotations

from fractions import Fraction

import pytest

from vibecraft.media.frames import FRAME_RATE, to_frames, to_seconds, total_frames


def test_there_are_24_frames_in_a_second():
    assert Fraction(24) == FRAME_RATE
    assert to_frames(10.0) == 240
    assert to_seconds(240) == 10.0


@pytest.mark.parametrize(
    ("seconds", "frames"), [(0.0, 0), (0.02, 0), (Fraction(1, 48), 1), (0.0626, 2), (299.99, 7200)]
)
def test_a_time_goes_to_the_nearest_frame_and_a_tie_to_the_later_one(seconds, frames):
    assert to_frames(seconds) == frames


def test_frames_survive_the_way_to_seconds_and_back_over_ten_minutes():
    assert [to_frames(to_seconds(frame)) for frame in range(14400)] == list(range(14400))


@pytest.mark.parametrize(
    ("duration", "frames"),
    [
        (Fraction(0), 0),
        (Fraction(1, 44100), 1),
        (Fraction(10), 240),
        (Fraction(441001, 44100), 241),
    ],
)
def test_the_picture_covers_the_sound_to_its_last_sample(duration, frames):
    assert total_frames(duration) == frames
