from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from vibecraft.media import ffmpeg
from vibecraft.media.boxes import read_index
from vibecraft.media.errors import MediaError
from vibecraft.media.normalize import normalize, slowing, span_of
from vibecraft.media.probe import probe
from vibecraft.media.tests.making import (
    SMALL,
    gray,
    make,
    make_clip,
    make_song,
    make_take,
    read_numbers,
)

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "12")


def _normalize(take, frames, size=SMALL):
    clip = take.with_name("clip.mp4")
    normalize(take, clip, size=size, frames=frames)
    return clip


@pytest.mark.parametrize("rate", ["8", "12", "15", "23.976", "24", "25", "30000/1001", "30", "60"])
def test_every_rate_becomes_24_without_losing_the_beat(tmp_path, rate):
    above, _, below = rate.partition("/")
    per_second = float(above) / float(below or 1)
    take = make_take(tmp_path / "a.mp4", *X264, rate=rate, count=round(per_second * 2) + 2)
    numbers = read_numbers(_normalize(take, 48))
    assert len(numbers) == 48
    ideal = np.arange(48) * per_second / 24
    # A picture is shown at most half an output frame from its own time.
    assert np.abs(np.array(numbers) - ideal).max() <= 0.5 * per_second / 24 + 1.0
    assert numbers == sorted(numbers)
    assert numbers[0] <= 0.5 * per_second / 24


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("hevc10.mp4", ("-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-preset", "ultrafast")),
        ("vp9.webm", ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8")),
        ("vp8.webm", ("-c:v", "libvpx", "-deadline", "realtime", "-b:v", "2M")),
        ("av1.mp4", ("-c:v", "libsvtav1", "-preset", "12")),
        ("444.mp4", (*X264, "-pix_fmt", "yuv444p")),
        ("rgb.mp4", ("-c:v", "libx264rgb", "-preset", "ultrafast", "-crf", "12")),
        ("full.mp4", (*X264, "-pix_fmt", "yuvj420p")),
        ("bframes.mov", ("-c:v", "libx264", "-bf", "3", "-crf", "15")),
        ("open.mkv", (*X264, "-x264-params", "open-gop=1:bframes=3:keyint=12")),
    ],
)
def test_every_codec_becomes_the_same_house_format(tmp_path, name, args):
    clip = _normalize(make_take(tmp_path / name, *args, count=40), 36)
    assert read_numbers(clip) == list(range(36))
    make_clip(tmp_path / "ours.mp4", range(5))
    assert read_index(clip).parameter_sets == read_index(tmp_path / "ours.mp4").parameter_sets
    assert read_index(clip).frames == 36


def test_a_take_with_sound_gives_a_silent_clip(tmp_path):
    silent = make_take(tmp_path / "a.mp4", *X264)
    song = make_song(tmp_path / "a.wav", seconds=5)
    take = make(tmp_path / "b.mp4", "-i", str(silent), "-i", str(song), "-c:v", "copy")
    clip = _normalize(take, 48)
    assert [stream.kind for stream in probe(clip).streams] == ["video"]
    assert read_numbers(clip) == list(range(48))


def test_a_sound_that_begins_before_the_picture_does_not_push_it(tmp_path):
    silent = make_take(tmp_path / "a.mp4", *X264)
    song = make_song(tmp_path / "a.wav", seconds=3)
    words = ["-itsoffset", "0.7", "-i", str(silent), "-i", str(song), "-c:v", "copy"]
    take = make(tmp_path / "b.mkv", *words, "-c:a", "aac")
    assert read_numbers(_normalize(take, 48)) == list(range(48))


def test_what_an_edit_list_hides_before_the_start_stays_hidden(tmp_path):
    plain = make_take(tmp_path / "a.mp4", *X264, "-bf", "0", "-g", "6")
    shift = ["-i", str(plain), "-c", "copy", "-output_ts_offset", "-0.5"]
    take = make(tmp_path / "b.mp4", *shift, "-avoid_negative_ts", "disabled")
    assert read_numbers(_normalize(take, 36)) == list(range(12, 48))


def test_a_variable_rate_is_evened_out(tmp_path):
    uneven = ["-vf", "setpts='if(lt(N,24),N,24+(N-24)*3)/24/TB'", "-fps_mode", "vfr"]
    take = make_take(tmp_path / "a.mp4", *uneven, *X264, count=40, rate="24")
    numbers = read_numbers(_normalize(take, 60))
    assert numbers[:24] == list(range(24))
    assert numbers[24:60] == [24 + step // 3 for step in range(36)]


def test_a_long_take_is_trimmed(tmp_path):
    take = make_take(tmp_path / "a.mp4", *X264, count=200)
    assert read_numbers(_normalize(take, 72)) == list(range(72))


def test_a_short_take_is_slowed_a_little(tmp_path):
    take = make_take(tmp_path / "a.mp4", *X264, count=66)
    numbers = read_numbers(_normalize(take, 72))
    assert len(numbers) == 72
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(66))
    assert max(np.bincount(numbers)) == 2


def test_a_far_too_short_take_stays_on_its_last_picture_and_is_never_black(tmp_path):
    take = make_take(tmp_path / "a.mp4", *X264, count=48)
    clip = _normalize(take, 96)
    numbers = read_numbers(clip)
    moving = round(48 * 1.15)
    assert len(numbers) == 96
    assert set(numbers[:moving]) == set(range(48))
    assert numbers[moving:] == [47] * (96 - moving)
    assert gray(clip).reshape(96, -1).mean(axis=1).min() > 36


def test_a_single_picture_lasts_as_long_as_it_must(tmp_path):
    take = make_take(tmp_path / "a.mp4", *X264, count=1)
    assert read_numbers(_normalize(take, 30)) == [0] * 30


@pytest.mark.parametrize(
    ("span", "frames", "slow"),
    [
        (Fraction(5), 120, Fraction(1)),
        (Fraction(8), 120, Fraction(1)),
        (Fraction(48, 10), 120, Fraction(25, 24)),
        (Fraction(2), 120, Fraction(115, 100)),
        (Fraction(0), 120, Fraction(1)),
    ],
)
def test_how_much_a_take_is_slowed(span, frames, slow):
    assert slowing(span, frames) == slow


def test_the_span_is_counted_from_packets_that_are_shown():
    lines = "-0.080000,0.040000,_D\n0.000000,0.040000,K_\n0.080000,N/A,__\n0.040000,0.040000,__\n"
    assert span_of(lines) == Fraction(12, 100)


# --- shape ---------------------------------------------------------------------------------------


def _squares(tmp_path, width, height, *args):
    """A gray take with a white square in its middle, 40 pixels wide on screen at height 180."""
    box = "drawbox=x=(iw-40)/2:y=(ih-40)/2:w=40:h=40:color=white:t=fill"
    source = f"color=gray:s={width}x{height}:d=1:r=24,{box}"
    return make(tmp_path / "a.mp4", "-f", "lavfi", "-i", source, *X264, *args)


def _white(picture) -> tuple[int, int]:
    bright = picture > 200
    return int(bright.any(axis=0).sum()), int(bright.any(axis=1).sum())


@pytest.mark.parametrize(
    ("width", "height", "white"),
    [(320, 180, (40, 40)), (640, 360, (20, 20)), (240, 180, (53, 53)), (322, 178, (40, 40))],
)
def test_a_picture_fills_the_frame_and_keeps_its_shape(tmp_path, width, height, white):
    picture = gray(_normalize(_squares(tmp_path, width, height), 6))[3]
    assert _white(picture) == pytest.approx(white, abs=2)
    assert picture.min() > 100


def test_pixels_that_are_not_square_are_made_so(tmp_path):
    take = _squares(tmp_path, 240, 180, "-vf", "setsar=4/3")
    width, height = _white(gray(_normalize(take, 6))[3])
    assert (width, height) == pytest.approx((53, 40), abs=2)


def test_a_rotated_take_is_turned_upright(tmp_path):
    plain = _squares(tmp_path, 180, 320)
    words = ["-i", str(plain), "-c", "copy", "-metadata:s:v", "rotate=90"]
    turned = make(tmp_path / "b.mp4", *words)
    assert probe(turned).video.rotation % 180 == 90
    picture = gray(_normalize(turned, 6))[3]
    assert _white(picture) == pytest.approx((40, 40), abs=2)
    # Upright it fills the frame: no darker sides as a portrait would have.
    assert picture[90, 5] == pytest.approx(picture[90, 100], abs=6)


def test_a_portrait_stands_in_full_before_a_blurred_copy(tmp_path):
    picture = gray(_normalize(_squares(tmp_path, 180, 320), 6))[3]
    assert _white(picture) == pytest.approx((23, 23), abs=2)
    sides, middle = picture[90, 10], picture[20, 160]
    assert 30 < sides < middle


def test_a_landscape_goes_into_a_portrait_the_same_way(tmp_path):
    take = _squares(tmp_path, 320, 180)
    picture = gray(_normalize(take, 6, size=(180, 320)), (180, 320))[3]
    assert _white(picture) == pytest.approx((23, 23), abs=2)
    assert 30 < picture[10, 90] < picture[110, 90]


def test_a_square_is_filled_from_any_shape(tmp_path):
    picture = gray(_normalize(_squares(tmp_path, 320, 180), 6, size=(180, 180)), (180, 180))[3]
    assert _white(picture) == pytest.approx((40, 40), abs=2)
    assert picture.min() > 100


@pytest.mark.parametrize(
    ("args", "size", "matrix"),
    [
        (("-colorspace", "smpte170m"), (320, 180), "bt601"),
        (("-colorspace", "bt709"), (320, 180), "bt709"),
        ((), (320, 180), "bt601"),
        ((), (1280, 720), "bt709"),
        (("-color_range", "pc", "-colorspace", "bt709"), (320, 180), "bt709"),
    ],
)
def test_colors_are_the_same_whatever_matrix_the_take_has(tmp_path, args, size, matrix):
    full = "pc" if "pc" in args else "tv"
    source = f"color=0x3060c0:s={size[0]}x{size[1]}:d=1:r=24,format=rgb24"
    convert = f"scale=out_color_matrix={matrix}:out_range={full}:flags=accurate_rnd,format=yuv420p"
    words = ["-f", "lavfi", "-i", source, "-vf", convert, "-c:v", "libx264", "-crf", "5", *args]
    clip = _normalize(make(tmp_path / "a.mp4", *words), 6)
    yuv = np.frombuffer(_first_picture(clip), np.uint8)
    # 0x3060c0 in BT.709, limited range.
    luma, blue, red = yuv[:57600], yuv[57600:72000], yuv[72000:]
    assert [int(part.mean().round()) for part in (luma, blue, red)] == pytest.approx(
        [96, 175, 103], abs=1
    )


def _first_picture(clip) -> bytes:
    words = ["-i", clip.name, "-frames:v", "1", "-f", "rawvideo", "pipe:1"]
    return ffmpeg.run(words, folder=clip.parent).stdout


# --- what is refused -----------------------------------------------------------------------------


def test_what_is_no_take_is_refused_and_leaves_nothing(tmp_path):
    song = make_song(tmp_path / "song.m4a", "-c:a", "aac")
    (tmp_path / "text.mp4").write_text("<html>not found</html>")
    (tmp_path / "empty.mp4").touch()
    cut = make_take(tmp_path / "cut.mp4", *X264)
    cut.write_bytes(cut.read_bytes()[:2000])
    for name, code in (
        (song.name, "no_picture"),
        ("text.mp4", "not_media"),
        ("empty.mp4", "empty_file"),
        ("cut.mp4", "not_media"),
    ):
        with pytest.raises(MediaError) as caught:
            _normalize(tmp_path / name, 24)
        assert caught.value.code == code
        assert caught.value.is_permanent
    assert not (tmp_path / "clip.mp4").exists()


def test_a_take_that_was_cut_off_in_the_middle_is_refused(tmp_path):
    take = make_take(tmp_path / "a.mp4", *X264, "-movflags", "faststart", count=120)
    take.write_bytes(take.read_bytes()[: take.stat().st_size * 3 // 10])
    with pytest.raises(MediaError) as caught:
        _normalize(take, 120)
    assert caught.value.code == "truncated"
    assert not (tmp_path / "clip.mp4").exists()


def test_normalizing_reports_how_far_it_is(tmp_path):
    seen: list[float] = []
    take = make_take(tmp_path / "a.mp4", *X264, count=24)
    normalize(take, tmp_path / "b.mp4", size=(1920, 1080), frames=60, on_progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0, abs=0.1)
