from __future__ import annotations

from dataclasses import replace

import pytest

from vibecraft.media.audio import write_master
from vibecraft.media.concat import join
from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import run
from vibecraft.media.tests.making import SMALL, make_clip, make_song, make_take
from vibecraft.media.verify import check_film, first_pictures, inspect_film


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A sound film of five seconds with one cut, its master beside it."""
    folder = tmp_path_factory.mktemp("film")
    clips = [(folder / f"{n}.mp4", make_clip(folder / f"{n}.mp4", range(1, 61))) for n in (1, 2)]
    write_master(make_song(folder / "a.mp3", seconds=5), folder / "m.flac")
    join(clips, folder / "m.flac", folder / "film.mp4", frames=120)
    return folder / "film.mp4"


def _changed(film, dst, *args):
    run(["-i", str(film), *args, "-y", str(dst)], folder=dst.parent)
    return dst


def _faults(path, film):
    facts = inspect_film(path, audio=film.parent / "m.flac")
    with pytest.raises(MediaError) as caught:
        check_film(facts, size=SMALL, frames=120, cuts=(0, 60))
    assert caught.value.code == "verify_failed"
    assert not caught.value.is_permanent
    return caught.value.detail


def test_a_film_is_described_as_decoded(film):
    facts = inspect_film(film, audio=film.parent / "m.flac")
    assert (facts.width, facts.height, facts.frames, facts.frame_rate) == (320, 180, 120, 24)
    assert (facts.duration, facts.undecoded, facts.decode_errors) == (5.0, 0, 0)
    assert (facts.codec, facts.sound_codec) == ("h264", "aac")
    assert facts.keyframes == (0, 48, 60, 108)
    assert facts.song_seconds == pytest.approx(5.0, abs=0.001)
    assert facts.worst_offset < 0.0001
    check_film(facts, size=SMALL, frames=120, cuts=(0, 60))


def test_a_quick_look_decodes_keyframes_only_and_still_counts_all(film):
    quick = inspect_film(film, audio=film.parent / "m.flac", every_picture=False)
    full = inspect_film(film, audio=film.parent / "m.flac")
    assert replace(quick, longest_freeze=0) == replace(full, longest_freeze=0)


def test_a_late_sound_is_found_to_the_millisecond(film, tmp_path):
    late = tmp_path / "late.mp4"
    words = ["-i", str(film), "-itsoffset", "0.02", "-i", str(film), "-map", "0:v", "-map", "1:a"]
    run([*words, "-c", "copy", "-y", str(late)], folder=tmp_path)
    facts = inspect_film(late, audio=film.parent / "m.flac")
    assert facts.offset_middle == pytest.approx(0.02, abs=0.0005)
    assert "sound offset: 20.0 ms" in _faults(late, film)


def test_a_cut_sound_is_found(film, tmp_path):
    short = _changed(film, tmp_path / "a.mp4", "-c:v", "copy", "-af", "atrim=0:4.5")
    assert "sound: 4.5" in _faults(short, film)


def test_a_missing_frame_is_found(film, tmp_path):
    short = _changed(film, tmp_path / "a.mp4", "-c", "copy", "-frames:v", "119")
    assert "frames: 119, not 120" in _faults(short, film)


def test_a_cut_inside_a_group_of_pictures_is_found(film, tmp_path):
    facts = inspect_film(film, audio=film.parent / "m.flac")
    with pytest.raises(MediaError, match=r"cuts without a keyframe: \[50\]"):
        check_film(facts, size=SMALL, frames=120, cuts=(0, 50))


def test_uneven_times_and_another_rate_are_found(film, tmp_path):
    uneven = ["-c:v", "libx264", "-vf", "setpts='if(lt(N,60),N,N+0.5)/24/TB'", "-fps_mode", "vfr"]
    detail = _faults(_changed(film, tmp_path / "a.mp4", *uneven), film)
    assert "even times: False" in detail


def test_another_size_codec_and_color_are_found(film, tmp_path):
    words = ["-vf", "scale=160:90", "-c:v", "libx264", "-colorspace", "smpte170m", "-crf", "30"]
    detail = _faults(_changed(film, tmp_path / "a.mp4", *words), film)
    assert "size: (160, 90), not (320, 180)" in detail
    assert "colour: ('smpte170m'" in detail


def test_damaged_pictures_are_found(film, tmp_path):
    content = bytearray(film.read_bytes())
    middle = len(content) - 40_000
    content[middle : middle + 3000 : 7] = bytes(len(range(middle, middle + 3000, 7)))
    (tmp_path / "a.mp4").write_bytes(content)
    facts = inspect_film(tmp_path / "a.mp4", audio=film.parent / "m.flac")
    assert facts.decode_errors > 0


def test_black_and_frozen_pictures_are_counted(tmp_path, film):
    take = make_take(
        tmp_path / "a.mp4", "-vf", "drawbox=c=black:t=fill:enable='lt(n,24)'", count=120
    )
    words = ["-i", str(take), "-i", str(film), "-map", "0:v", "-map", "1:a", "-c", "copy"]
    run([*words, "-y", str(tmp_path / "b.mp4")], folder=tmp_path)
    facts = inspect_film(tmp_path / "b.mp4", audio=film.parent / "m.flac")
    assert facts.black_frames == 24
    assert facts.longest_freeze == 23


def test_a_film_without_sound_is_no_film(tmp_path, film):
    make_clip(tmp_path / "a.mp4", range(10))
    with pytest.raises(MediaError) as caught:
        inspect_film(tmp_path / "a.mp4", audio=film.parent / "m.flac")
    assert caught.value.code == "verify_failed"


def test_the_place_of_a_cut_is_measured_and_not_taken_from_the_plan(film):
    first = first_pictures([film.parent / "1.mp4"])[0]
    other = b"a picture of another film"
    facts = inspect_film(
        film, audio=film.parent / "m.flac", begins={0: first, 50: first, 99: other}
    )
    assert facts.cuts == (0, 60, None)
    with pytest.raises(MediaError, match=r"cuts: \(0, 60, None\), not \(0, 60, 99\)"):
        check_film(facts, size=SMALL, frames=120, cuts=(0, 60, 99))
    quick = inspect_film(
        film, audio=film.parent / "m.flac", begins={0: first, 60: first}, every_picture=False
    )
    assert quick.cuts == (0, 60)
    check_film(quick, size=SMALL, frames=120, cuts=(0, 60))
