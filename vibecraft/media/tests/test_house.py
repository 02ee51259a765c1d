from __future__ import annotations

import numpy as np
import pytest

from vibecraft.media.boxes import read_index
from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import run
from vibecraft.media.house import SIZES, encoder_arguments, house_writer, writer_arguments
from vibecraft.media.probe import probe
from vibecraft.media.tests.making import SMALL, gray, make_clip, numbered, read_numbers, words_after


def test_a_clip_is_in_the_house_format(tmp_path):
    assert make_clip(tmp_path / "a.mp4", range(60)) == 60
    about = probe(tmp_path / "a.mp4")
    stream = about.video
    assert [kind.kind for kind in about.streams] == ["video"]
    assert (stream.codec, stream.pixel_format, stream.frames) == ("h264", "yuv420p", 60)
    assert (stream.width, stream.height, stream.sample_aspect) == (320, 180, 1)
    assert (stream.frame_rate, stream.start, stream.duration) == (24, 0.0, 2.5)
    assert (stream.color_space, stream.color_range) == ("bt709", "tv")
    assert about.tags.keys() <= {"major_brand", "minor_version", "compatible_brands"}


def test_every_picture_is_there_once_and_in_order(tmp_path):
    make_clip(tmp_path / "a.mp4", range(100))
    assert read_numbers(tmp_path / "a.mp4") == list(range(100))


def test_keyframes_stand_at_the_start_and_every_two_seconds(tmp_path):
    make_clip(tmp_path / "a.mp4", range(100))
    words = ["-show_entries", "packet=pts_time,flags", "-of", "csv=p=0", "a.mp4"]
    lines = run(words, program="ffprobe", folder=tmp_path).stdout.decode().split()
    keys = [float(line.split(",")[0]) for line in lines if "K" in line]
    assert keys == [0.0, 2.0, 4.0]


@pytest.mark.parametrize("frames", [1, 2, 3, 5])
def test_the_shortest_clips_are_whole(tmp_path, frames):
    make_clip(tmp_path / "a.mp4", range(frames))
    assert read_numbers(tmp_path / "a.mp4") == list(range(frames))


def test_parameter_sets_depend_on_nothing_but_the_size(tmp_path):
    make_clip(tmp_path / "a.mp4", range(50))
    sets = {read_index(tmp_path / "a.mp4").parameter_sets}
    with house_writer(
        tmp_path / "b.mp4", size=SMALL, drawn_size=(160, 90), frames=2, threads=1
    ) as write:
        write(np.zeros((135, 160), np.uint8))
        write(np.full((135, 160), 255, np.uint8))
    sets.add(read_index(tmp_path / "b.mp4").parameter_sets)
    assert len(sets) == 1


def test_small_drawings_are_scaled_to_the_house_size_in_place(tmp_path):
    picture = numbered(0b101, (160, 90))
    with house_writer(tmp_path / "a.mp4", size=SMALL, drawn_size=(160, 90), frames=3) as write:
        for _ in range(3):
            write(picture)
    assert read_numbers(tmp_path / "a.mp4") == [0b101] * 3


def test_colors_come_back_as_they_were_drawn(tmp_path):
    picture = np.full((270, 320), 128, np.uint8)
    picture[:180], picture[180:225], picture[225:] = 81, 90, 240
    with house_writer(tmp_path / "a.mp4", size=SMALL, drawn_size=SMALL, frames=24) as write:
        for _ in range(24):
            write(picture)
    words = ["-i", "a.mp4", "-frames:v", "1", "-f", "rawvideo", "pipe:1"]
    seen = np.frombuffer(run(words, folder=tmp_path).stdout, np.uint8).reshape(270, 320)
    assert np.abs(seen.astype(int) - picture).max() <= 1


def test_the_same_pictures_give_the_same_file(tmp_path):
    for name in ("a.mp4", "b.mp4"):
        make_clip(tmp_path / name, range(60))
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def _write(dst, drawn, **options):
    with house_writer(dst, size=SMALL, drawn_size=SMALL, **options) as write:
        for number in range(drawn):
            write(numbered(number))


@pytest.mark.parametrize("drawn", [1, 3])
def test_a_wrong_count_of_pictures_leaves_no_file(tmp_path, drawn):
    with pytest.raises(ValueError, match="frame"):
        _write(tmp_path / "a.mp4", drawn, frames=2)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_of_another_size_is_refused(tmp_path):
    with (
        pytest.raises(ValueError, match="frame 0: 100 of 86400 bytes"),
        house_writer(tmp_path / "a.mp4", size=SMALL, drawn_size=SMALL, frames=2) as write,
    ):
        write(bytes(100))
    assert list(tmp_path.iterdir()) == []


def test_a_canceled_clip_leaves_no_file(tmp_path):
    with pytest.raises(MediaError) as caught:
        _write(tmp_path / "a.mp4", 9, frames=9, should_stop=lambda: True)
    assert caught.value.code == "canceled"
    assert list(tmp_path.iterdir()) == []


def test_smooth_gradients_keep_their_steps(tmp_path):
    ramp = np.full((270, 320), 128, np.uint8)
    ramp[:180] = np.linspace(40, 72, 320).astype(np.uint8)
    with house_writer(tmp_path / "a.mp4", size=SMALL, drawn_size=SMALL, frames=24) as write:
        for _ in range(24):
            write(ramp)
    seen = gray(tmp_path / "a.mp4")[12].astype(int)
    assert np.abs(seen - ramp[:180]).mean() < 1.0


def test_the_sizes_are_full_hd_in_three_shapes():
    assert SIZES == {"16:9": (1920, 1080), "9:16": (1080, 1920), "1:1": (1080, 1080)}


def test_what_the_encoder_is_told(tmp_path):
    words = encoder_arguments(frames=77)
    assert words_after(words, "-frames:v") == "77"
    assert words_after(words, "-r") == "24"
    assert words_after(words, "-g") == "48"
    assert words_after(words, "-video_track_timescale") == "24000"
    drawn = writer_arguments(tmp_path / "a", size=(1920, 1080), drawn_size=(960, 540), frames=1)
    assert words_after(drawn, "-s") == "960x540"
    assert words_after(drawn, "-vf").startswith("scale=1920:1080:flags=lanczos,")
