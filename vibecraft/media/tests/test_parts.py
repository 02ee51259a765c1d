"""A stretch of a song is cut to the sample, and is as long as its frames."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from vibecraft.media.audio import write_master
from vibecraft.media.parts import cut_sound
from vibecraft.media.tests.making import make_song


def read(path: Path) -> tuple[int, np.ndarray]:
    """The rate of a WAV and its samples (samples, channels)."""
    with wave.open(str(path)) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return file.getframerate(), data.reshape(-1, file.getnchannels())


@pytest.fixture
def master(tmp_path: Path) -> Path:
    write_master(make_song(tmp_path / "song.wav", seconds=3.0), tmp_path / "master.flac")
    return tmp_path / "master.flac"


def whole_song(master: Path) -> np.ndarray:
    cut_sound(master, master.with_name("all.wav"), frames=(0, 72))
    return read(master.with_name("all.wav"))[1]


@pytest.mark.parametrize(
    ("frames", "samples"), [((12, 36), (22050, 66150)), ((1, 2), (1838, 3675))]
)
def test_a_part_is_exactly_what_the_song_plays_there(
    master: Path, tmp_path: Path, frames: tuple[int, int], samples: tuple[int, int]
) -> None:
    assert cut_sound(master, tmp_path / "part.wav", frames=frames) == samples
    rate, part = read(tmp_path / "part.wav")
    assert rate == 44100
    assert np.array_equal(part, whole_song(master)[samples[0] : samples[1]])


def test_neighboring_parts_leave_no_sample_out(master: Path, tmp_path: Path) -> None:
    spans = [
        cut_sound(master, tmp_path / "part.wav", frames=frames)
        for frames in ((0, 5), (5, 17), (17, 72))
    ]
    assert [end for _, end in spans[:-1]] == [start for start, _ in spans[1:]]
    assert spans[-1][1] == 3 * 44100


def test_where_the_song_ends_before_the_frames_do_silence_follows(
    master: Path, tmp_path: Path
) -> None:
    cut_sound(master, tmp_path / "part.wav", frames=(60, 80))
    _, part = read(tmp_path / "part.wav")
    assert len(part) == round(20 * 44100 / 24)
    assert part[: 22050 - 1].any()
    assert not part[22050:].any()
