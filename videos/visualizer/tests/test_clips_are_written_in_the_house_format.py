"""Through the real encoder and back: exact frames, calls, stopping."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import run
from vibecraft.media.files import url
from vibecraft.media.limits import PROBE
from videos.visualizer import render
from videos.visualizer.tests.made import beats_of, brief, song

ENTRIES = "stream=nb_read_frames,width,height"


def decoded(path: Path) -> tuple[int, int, int]:
    """Frames that a decoder sees, width and height."""
    answer = run(
        [
            "-v",
            "error",
            "-of",
            "json",
            "-count_frames",
            "-i",
            url(path),
            "-show_entries",
            "stream=nb_read_frames,width,height",
        ],
        program="ffprobe",
        folder=path.parent,
        limits=PROBE,
    )
    stream = json.loads(answer.stdout)["streams"][0]
    return int(stream["nb_read_frames"]), stream["width"], stream["height"]


def test_a_clip_has_the_exact_frames_and_size(tmp_path: Path) -> None:
    dst, done = tmp_path / "clip.mp4", []
    told = brief(size=(320, 180), start_frame=240, end_frame=271)
    render(told, song(), *beats_of(120.0), dst, on_frame=done.append, should_stop=lambda: False)
    assert done == list(range(1, 32))
    assert decoded(dst) == (31, 320, 180)


def test_a_drawing_that_is_smaller_is_enlarged(tmp_path: Path) -> None:
    dst = tmp_path / "clip.mp4"
    told = brief(size=(1080, 1080), start_frame=240, end_frame=243)
    render(told, song(), *beats_of(120.0), dst, on_frame=print, should_stop=lambda: False)
    assert decoded(dst) == (3, 1080, 1080)


def test_stopping_leaves_no_file(tmp_path: Path) -> None:
    dst, calls = tmp_path / "clip.mp4", []

    def should_stop() -> bool:
        calls.append(1)
        return len(calls) > 3

    with pytest.raises(MediaError) as caught:
        render(brief(), song(), *beats_of(120.0), dst, on_frame=print, should_stop=should_stop)
    assert caught.value.code == "canceled"
    assert not dst.exists()
