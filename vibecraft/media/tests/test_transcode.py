"""A film as another file: every picture, every sample, and nothing else in it."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from vibecraft.media.audio import write_master
from vibecraft.media.concat import join
from vibecraft.media.delivery import check_export
from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import recording, run
from vibecraft.media.lag import measure_lags
from vibecraft.media.limits import OWN_EXPORT
from vibecraft.media.probe import probe
from vibecraft.media.tests.making import gray, make_clip, make_song, read_numbers, samples
from vibecraft.media.transcode import (
    Shape,
    is_copied,
    picture_filter,
    size_of,
    transcode,
    transcode_arguments,
)

FILM_SIZE = (640, 360)
SMALL = (320, 180)
FRAMES = 120
ASS = """[Script Info]
PlayResX: 640
PlayResY: 360
[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Alignment
Style: lyrics,DejaVu Sans,120,&H00FFFFFF,5
[Events]
Format: Layer, Start, End, Style, Text
Dialogue: 0,0:00:01.00,0:00:02.00,lyrics,HELLO
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Five seconds of numbered pictures with one cut; the song's master is beside it."""
    folder = tmp_path_factory.mktemp("film")
    clips = []
    for name, numbers in (("a", range(60)), ("b", range(60, FRAMES))):
        path = folder / f"{name}.mp4"
        clips.append((path, make_clip(path, numbers, FILM_SIZE)))
    write_master(make_song(folder / "a.wav", seconds=5), folder / "m.flac")
    join(clips, folder / "m.flac", folder / "film.mp4", frames=FRAMES)
    return folder / "film.mp4"


def exported(film, dst, shape, **more):
    transcode(
        film, film.parent / "m.flac", dst, shape=shape, film_size=FILM_SIZE, frames=FRAMES, **more
    )
    return dst


def stream_hash(path, which):
    words = ["-i", str(path), "-map", f"0:{which}:0", "-c", "copy", "-f", "hash", "pipe:1"]
    return run(words, folder=path.parent).stdout


@pytest.mark.parametrize(
    ("aspect_ratio", "height", "size"),
    [
        ("16:9", 1080, (1920, 1080)),
        ("16:9", 720, (1280, 720)),
        ("16:9", 480, (854, 480)),
        ("9:16", 1080, (1080, 1920)),
        ("9:16", 720, (720, 1280)),
        ("9:16", 480, (480, 854)),
        ("1:1", 1080, (1080, 1080)),
        ("1:1", 480, (480, 480)),
    ],
)
def test_the_height_is_the_shorter_side(aspect_ratio, height, size):
    assert size_of(aspect_ratio, height) == size


@pytest.mark.parametrize("container", ["mp4", "mov", "webm"])
@pytest.mark.parametrize("size", [FILM_SIZE, SMALL])
def test_every_picture_and_all_the_sound_arrive(film, tmp_path, container, size):
    shape = Shape(container, size)
    path = exported(film, tmp_path / f"out.{container}", shape)
    assert read_numbers(path, size) == list(range(FRAMES))
    song, heard = samples(film.parent / "m.flac"), samples(path)
    lags = measure_lags(song, heard, 22050)
    assert max(abs(lags.start), abs(lags.middle), abs(lags.end)) < 0.001
    assert len(heard) >= len(song) - 22
    check_export(path, shape=shape, frames=FRAMES, master=film.parent / "m.flac")


@pytest.mark.parametrize(
    ("container", "codecs", "brand"),
    [
        ("mp4", ("h264", "aac"), "isom"),
        ("mov", ("h264", "aac"), "qt  "),
        ("webm", ("vp9", "opus"), None),
    ],
)
def test_a_file_is_what_its_name_says_and_carries_nothing_else(
    film, tmp_path, container, codecs, brand
):
    path = exported(film, tmp_path / f"out.{container}", Shape(container, SMALL))
    about = probe(path, guard=OWN_EXPORT)
    assert (about.video.codec, about.audio.codec) == codecs
    assert about.tags.get("major_brand") == brand
    assert set(about.tags) <= {"major_brand", "minor_version", "compatible_brands", "encoder"}
    assert "Lavf5" not in str(about.tags)
    assert (about.video.pixel_format, about.video.sample_aspect) == ("yuv420p", 1)
    assert (about.video.color_space, about.video.color_range) == ("bt709", "tv")
    assert about.duration == pytest.approx(5.0, abs=0.03)


@pytest.mark.parametrize("container", ["mp4", "mov"])
def test_the_full_size_is_copied_and_not_encoded_again(film, tmp_path, container):
    path = exported(film, tmp_path / f"out.{container}", Shape(container, FILM_SIZE))
    assert [stream_hash(path, which) for which in "va"] == [
        stream_hash(film, which) for which in "va"
    ]


def test_the_sound_of_a_smaller_film_is_the_films_own(film, tmp_path):
    path = exported(film, tmp_path / "out.mp4", Shape("mp4", SMALL))
    assert stream_hash(path, "a") == stream_hash(film, "a")


@pytest.mark.parametrize("container", ["mp4", "mov"])
def test_a_browser_finds_the_index_first(film, tmp_path, container):
    data = exported(film, tmp_path / f"out.{container}", Shape(container, SMALL)).read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_index_of_a_webm_stands_before_its_pictures(film, tmp_path):
    data = exported(film, tmp_path / "out.webm", Shape("webm", SMALL)).read_bytes()
    cues, cluster = bytes.fromhex("1c53bb6b"), bytes.fromhex("1f43b675")
    assert data.rindex(cues) < data.index(cluster)


def test_lyrics_are_drawn_for_their_time_only(film, tmp_path):
    path = exported(film, tmp_path / "out.mp4", Shape("mp4", FILM_SIZE), subtitles=ASS)
    plain, drawn = gray(film, FILM_SIZE).astype(int), gray(path, FILM_SIZE).astype(int)
    changed = [
        number
        for number, (one, other) in enumerate(zip(plain, drawn, strict=True))
        if (abs(one - other) > 60).mean() > 0.02
    ]
    assert changed == list(range(24, 48))


def test_the_same_film_gives_the_same_file(film, tmp_path):
    hashes = {
        hashlib.sha256(
            exported(film, tmp_path / f"{n}.mp4", Shape("mp4", SMALL)).read_bytes()
        ).digest()
        for n in (1, 2)
    }
    assert len(hashes) == 1


def test_progress_is_told_and_a_stop_is_heeded(film, tmp_path):
    told = []
    exported(film, tmp_path / "out.mp4", Shape("mp4", SMALL), on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0, abs=0.02)
    with pytest.raises(MediaError) as caught:
        exported(film, tmp_path / "no.webm", Shape("webm", FILM_SIZE), should_stop=lambda: True)
    assert caught.value.code == "canceled"
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]


def test_no_text_of_a_user_is_a_word_of_the_command(film, tmp_path):
    runs = []
    with recording(runs.append):
        exported(film, tmp_path / "out.mp4", Shape("mp4", SMALL), subtitles=ASS)
    assert [word for word in runs[0].command if "HELLO" in word] == []
    assert picture_filter(SMALL, FILM_SIZE, has_subtitles=True) == (
        "scale=320:180:flags=lanczos,ass=filename=lyrics.ass:fontsdir=fonts,setsar=1,format=yuv420p"
    )


def test_only_what_must_be_is_encoded(tmp_path):
    assert is_copied(Shape("mov", FILM_SIZE), FILM_SIZE, has_subtitles=False)
    assert not is_copied(Shape("mov", FILM_SIZE), FILM_SIZE, has_subtitles=True)
    assert not is_copied(Shape("mov", SMALL), FILM_SIZE, has_subtitles=False)
    assert not is_copied(Shape("webm", FILM_SIZE), FILM_SIZE, has_subtitles=False)
    words = transcode_arguments(
        tmp_path,
        tmp_path / "out",
        shape=Shape("webm", SMALL),
        film_size=FILM_SIZE,
        has_subtitles=False,
    )
    assert words.count("-i") == 2
    assert words[words.index("1:a:0") - 1] == "-map"


# --- the last check -------------------------------------------------------------------------------


def faults(path, film, shape, frames=FRAMES):
    with pytest.raises(MediaError) as caught:
        check_export(path, shape=shape, frames=frames, master=film.parent / "m.flac")
    assert caught.value.code == "verify_failed"
    return caught.value.detail


def test_a_file_of_another_kind_is_refused(film, tmp_path):
    shape = Shape("mp4", SMALL)
    path = exported(film, tmp_path / "out.mp4", shape)
    assert "size: (320, 180), not (640, 360)" in faults(path, film, Shape("mp4", FILM_SIZE))
    assert "brand: isom, not qt" in faults(path, film, Shape("mov", SMALL))
    assert "codecs: ('h264', 'aac'), not ('vp9', 'opus')" in faults(
        path, film, Shape("webm", SMALL)
    )
    assert faults(path, film, shape, frames=119) == "frames: 120, not 119"


def test_a_late_sound_and_a_lost_stream_are_found(film, tmp_path):
    late, silent = tmp_path / "late.mp4", tmp_path / "silent.mp4"
    words = ["-i", str(film), "-itsoffset", "0.02", "-i", str(film), "-map", "0:v", "-map", "1:a"]
    run([*words, "-c", "copy", "-y", str(late)], folder=tmp_path)
    run(["-i", str(film), "-an", "-c", "copy", "-y", str(silent)], folder=tmp_path)
    assert "sound offset: 20.0 ms" in faults(late, film, Shape("mp4", FILM_SIZE))
    assert faults(silent, film, Shape("mp4", FILM_SIZE)) == "streams: ['video']"


def test_a_damaged_picture_is_found(film, tmp_path):
    path = exported(film, tmp_path / "out.mp4", Shape("mp4", SMALL))
    data = bytearray(path.read_bytes())
    at = data.index(b"mdat") + 200
    data[at : at + 4000] = np.random.default_rng(3).bytes(4000)
    path.write_bytes(bytes(data))
    assert "decoding" in faults(path, film, Shape("mp4", SMALL))
