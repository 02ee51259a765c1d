from __future__ import annotations

from fractions import Fraction

from vibecraft.media.limits import Guard
from vibecraft.media.probe import read_answer


def test_an_answer_is_read_into_values():
    stream = {
        "index": 1,
        "codec_type": "video",
        "codec_name": "hevc",
        "codec_tag_string": "hvc1",
        "width": 1280,
        "height": 720,
        "pix_fmt": "yuv420p10le",
        "sample_aspect_ratio": "4:3",
        "avg_frame_rate": "30000/1001",
        "r_frame_rate": "30/1",
        "color_space": "unknown",
        "nb_frames": "48",
        "duration": "1.601600",
        "start_time": "-0.080000",
        "disposition": {"attached_pic": 0},
        "side_data_list": [{"rotation": -90}],
    }
    about = read_answer(
        {"format": {"format_name": "mov", "duration": "2", "size": "9"}, "streams": [stream]}
    )
    assert (about.format_name, about.duration, about.size) == ("mov", 2.0, 9)
    assert about.audio is None
    video = about.video
    assert (video.index, video.codec, video.frames, video.rotation) == (1, "hevc", 48, -90)
    assert (video.sample_aspect, video.frame_rate) == (Fraction(4, 3), Fraction(30000, 1001))
    assert (video.start, video.duration, video.color_space) == (-0.08, 1.6016, "")


def test_what_is_not_said_is_not_guessed():
    about = read_answer({"streams": [{"codec_type": "audio", "avg_frame_rate": "0/0"}]})
    assert about.duration is None
    assert (about.audio.codec, about.audio.duration, about.audio.frame_rate) == ("", None, 0)
    assert read_answer({}).streams == ()


def test_a_cover_is_no_moving_picture():
    cover = {"codec_type": "video", "disposition": {"attached_pic": 1}}
    assert read_answer({"streams": [cover]}).video is None


def test_a_guard_names_all_that_a_file_may_use():
    guard = Guard(formats=("mp3", "wav"), codecs=("mp3",), max_streams=2, max_pixels=99)
    assert guard.options() == [
        *("-protocol_whitelist", "file"),
        *("-format_whitelist", "mp3,wav"),
        *("-codec_whitelist", "mp3"),
        *("-max_streams", "2"),
        *("-max_pixels", "99"),
    ]
