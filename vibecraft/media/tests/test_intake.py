from __future__ import annotations

import io
import tarfile
import zipfile

import numpy as np
import pytest

from vibecraft.media.errors import MediaError
from vibecraft.media.intake import Tags, check_audio, clean_tag
from vibecraft.media.tests.making import LIMITS, make, make_song

NOISE = "anoisesrc=d=3:c=pink:r=44100:seed=7:a=0.5"


def _refused(path, **changes) -> MediaError:
    with pytest.raises(MediaError) as caught:
        check_audio(path, **{**LIMITS, **changes})
    assert caught.value.is_permanent
    return caught.value


# --- what is accepted ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "args", "container", "codec"),
    [
        ("a.mp3", ("-b:a", "128k"), "MP3", "mp3"),
        ("a.mp3", ("-q:a", "5", "-write_xing", "0"), "MP3", "mp3"),
        ("a.wav", (), "WAV", "pcm_s16le"),
        ("a.wav", ("-c:a", "pcm_s24le"), "WAV", "pcm_s24le"),
        ("a.wav", ("-c:a", "pcm_f32le"), "WAV", "pcm_f32le"),
        ("a.wav", ("-c:a", "pcm_u8"), "WAV", "pcm_u8"),
        ("a.wav", ("-rf64", "always"), "WAV", "pcm_s16le"),
        ("a.m4a", ("-c:a", "aac"), "M4A", "aac"),
        ("a.m4a", ("-c:a", "alac"), "M4A", "alac"),
        ("a.m4a", ("-c:a", "aac", "-movflags", "frag_keyframe+empty_moov"), "M4A", "aac"),
    ],
)
def test_mp3_wav_and_m4a_are_accepted(tmp_path, name, args, container, codec):
    facts = check_audio(make_song(tmp_path / name, *args, seconds=3), **LIMITS)
    assert (facts.container, facts.codec) == (container, codec)
    assert (facts.sample_rate, facts.channels) == (44100, 1)
    # An MP3 without a LAME header keeps its encoder's delay and padding.
    assert facts.duration == pytest.approx(3.0, abs=0.09)
    assert -12 < facts.peak_dbfs < 0


def test_the_name_does_not_count(tmp_path):
    song = make_song(tmp_path / "a.mp3").rename(tmp_path / "-i ..%2F$(x)\N{GUITAR}.txt")
    assert check_audio(song, **LIMITS).container == "MP3"


def test_a_cover_picture_is_no_film(tmp_path):
    cover = make(tmp_path / "c.png", "-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", "1")
    words = ["-f", "lavfi", "-i", NOISE, "-i", str(cover), "-map", "0", "-map", "1"]
    attached = ["-disposition:v:0", "attached_pic"]
    for name, codec in (("a.mp3", "copy"), ("a.m4a", "mjpeg")):
        song = make(tmp_path / name, *words, "-c:v", codec, "-pix_fmt", "yuvj420p", *attached)
        assert check_audio(song, **LIMITS).duration == pytest.approx(3.0, abs=0.03)


def test_tags_are_read_as_plain_text(tmp_path):
    tags = {"title": "<img onerror=x>\x07 Song\n two", "artist": "A" * 300, "genre": "Punk"}
    words = [word for name, text in tags.items() for word in ("-metadata", f"{name}={text}")]
    facts = check_audio(make_song(tmp_path / "a.mp3", *words), **LIMITS)
    assert facts.tags == Tags(title="<img onerror=x> Song two", artist="A" * 150, genre="Punk")


def test_a_tag_loses_what_cannot_be_seen():
    assert clean_tag(" a\u202eb\u0000 \t c\u2028d ") == "a b c d"


def test_a_song_of_exactly_the_allowed_length_is_accepted(tmp_path):
    song = make_song(tmp_path / "a.m4a", "-c:a", "aac", seconds=3)
    assert check_audio(song, **{**LIMITS, "max_seconds": 3.0, "min_seconds": 3.0}).duration >= 3


# --- what is refused -----------------------------------------------------------------------------


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("song.mp3", b"ID3" * 100)
    return file.getvalue()


def _tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("song.mp3"))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (bytes(5000), "not_media"),
        (np.random.default_rng(1).bytes(60_000), "not_media"),
        (b"\x7fELF\x02\x01\x01" + bytes(3000), "not_media"),
        (b"%PDF-1.7\n\x00\xff\xfe" + bytes(900), "not_media"),
        (_zip(), "archive"),
        (_tar(), "archive"),
        (b"\x1f\x8b\x08\x00" + bytes(60), "archive"),
        (b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(60), "archive"),
        (b"Rar!\x1a\x07\x01\x00" + bytes(60), "archive"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "picture"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(60), "picture"),
        (b"GIF89a" + bytes(60), "picture"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 " + bytes(60), "picture"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(60), "picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><image href='x'/></svg>", "picture"),
        (b"Dear band,\nhere are the words.\n", "text"),
        ("Grüße aus Köln, ein Lied für dich\n".encode("latin-1"), "text"),
        ("Words in sixteen bits".encode("utf-16"), "text"),
        (b'{"song": "file:///etc/passwd"}', "text"),
        (b"#EXTM3U\n#EXTINF:3,\nsong.mp3\n", "playlist"),
        (b"\xef\xbb\xbf#EXTM3U\nsong.mp3\n", "playlist"),
        (b"[playlist]\nFile1=song.mp3\n", "playlist"),
        (b"ffconcat version 1.0\nfile song.mp3\n", "playlist"),
        (b"<?xml version='1.0'?><MPD><BaseURL>http://x/</BaseURL></MPD>", "playlist"),
        (b"<smil><body><audio src='x.mp3'/></body></smil>", "playlist"),
        (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n", "playlist"),
        (b"RIFF\x24\x00\x00\x00AVI LIST" + bytes(60), "video_file"),
        (b"FLV\x01\x05" + bytes(60), "video_file"),
        ((b"\x47" + bytes(187)) * 10, "video_file"),
        (b"OggS\x00\x02" + bytes(60), "format_not_allowed"),
        (b"FORM\x00\x00\x10\x00AIFFCOMM" + bytes(60), "format_not_allowed"),
        (b"MThd\x00\x00\x00\x06" + bytes(60), "format_not_allowed"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11" + bytes(60), "format_not_allowed"),
        (b"\x00\x00\x00\x20ftypM4P \x00\x00" + bytes(60), "protected"),
    ],
)
def test_what_is_no_song_is_refused_for_what_it_is(tmp_path, content, code):
    path = tmp_path / "song.mp3"
    path.write_bytes(content)
    assert _refused(path).code == code


def test_a_refusal_names_the_format_and_what_is_allowed(tmp_path):
    error = _refused(make_song(tmp_path / "song.mp3", "-f", "flac"))
    assert error.sentence == (
        "This kind of audio file (FLAC) cannot be used here. Convert the song to MP3, WAV or M4A."
    )


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("-c:a", "aac", "-f", "adts"), "format_not_allowed"),
        (("-c:a", "libopus", "-f", "matroska"), "format_not_allowed"),
        (("-c:a", "pcm_s16be", "-f", "aiff"), "format_not_allowed"),
        (("-c:a", "adpcm_ms", "-f", "wav"), "codec_not_allowed"),
        (("-c:a", "ac3", "-f", "mp4"), "codec_not_allowed"),
        (("-c:a", "libmp3lame", "-f", "mp4"), "codec_not_allowed"),
        (("-c:a", "libopus", "-f", "mp4"), "codec_not_allowed"),
    ],
)
def test_other_formats_and_codecs_are_refused_by_name(tmp_path, args, code):
    assert _refused(make_song(tmp_path / "song.mp3", *args)).code == code


@pytest.mark.parametrize(
    ("form", "video", "audio"),
    [
        ("mp4", "libx264", "aac"),
        ("mov", "mpeg4", "aac"),
        ("webm", "libvpx", "libopus"),
        ("matroska", "libx264", "aac"),
        ("mpegts", "libx264", "aac"),
        ("avi", "mpeg4", "libmp3lame"),
        ("mpeg", "mpeg2video", "mp2"),
    ],
)
def test_a_film_is_refused_in_every_container(tmp_path, form, video, audio):
    words = ["-f", "lavfi", "-i", NOISE, "-f", "lavfi", "-i", "testsrc2=s=64x64:d=1:r=25"]
    film = make(tmp_path / "song.mp3", *words, "-c:v", video, "-c:a", audio, "-f", form)
    assert _refused(film).code == "video_file"


def test_a_film_without_sound_is_still_a_film(tmp_path):
    film = make(tmp_path / "a.m4a", "-f", "lavfi", "-i", "testsrc2=s=64x64:d=1", "-f", "mp4")
    assert _refused(film).code == "video_file"


def test_protected_songs_are_named_as_such(tmp_path):
    key = "76a6c65c5ea762046bd749a2e632ccbb"
    locked = ["-encryption_scheme", "cenc-aes-ctr", "-encryption_key", key]
    song = make_song(
        tmp_path / "a.m4a", "-c:a", "aac", *locked, "-encryption_kid", key, "-f", "mp4"
    )
    assert _refused(song).code == "protected"
    plain = make_song(tmp_path / "b.m4a", "-c:a", "aac").read_bytes()
    (tmp_path / "c.m4a").write_bytes(plain.replace(b"mp4a", b"drms", 1))
    assert _refused(tmp_path / "c.m4a").code == "protected"


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("a.mp3", ("-q:a", "5")),
        ("a.wav", ()),
        ("a.m4a", ("-c:a", "aac", "-movflags", "faststart")),
        ("a.m4a", ("-c:a", "alac")),
    ],
)
def test_a_song_that_was_cut_off_is_refused(tmp_path, name, args):
    song = make_song(tmp_path / name, *args, seconds=10)
    whole = song.read_bytes()
    song.write_bytes(whole[: len(whole) * 6 // 10])
    assert _refused(song).code == "truncated"


def test_trailing_junk_does_not_spoil_a_song(tmp_path):
    song = make_song(tmp_path / "a.mp3", seconds=5)
    song.write_bytes(song.read_bytes() + b"TAG and some junk" * 9)
    assert check_audio(song, **LIMITS).duration == pytest.approx(5.0, abs=0.1)


def test_limits_are_kept_and_said(tmp_path):
    song = make_song(tmp_path / "a.mp3", seconds=5)
    error = _refused(song, max_bytes=10_000)
    assert (error.code, "0.00953674 MB" in error.sentence) == ("too_big", True)
    error = _refused(song, max_seconds=4.0)
    assert (error.code, "longer than 4 seconds" in error.sentence) == ("too_long", True)
    error = _refused(song, min_seconds=10.0)
    assert (error.code, "shorter than 10 seconds" in error.sentence) == ("too_short", True)


def test_silence_is_refused_and_a_faint_song_is_not(tmp_path):
    assert _refused(make_song(tmp_path / "a.wav", source="anullsrc=d=2")).code == "silent"
    hum = make_song(tmp_path / "b.wav", source="aevalsrc=0.0005*sin(900*t):d=2")
    assert _refused(hum).code == "silent"
    faint = make_song(tmp_path / "c.wav", source="aevalsrc=0.002*sin(900*t):d=2")
    assert check_audio(faint, **LIMITS).peak_dbfs == pytest.approx(-54, abs=0.2)


def test_a_sound_that_cancels_itself_in_mono_is_not_silent(tmp_path):
    song = make_song(tmp_path / "a.wav", source="aevalsrc=0.5*sin(900*t)|-0.5*sin(900*t):d=2")
    assert check_audio(song, **LIMITS).peak_dbfs == pytest.approx(-6, abs=0.1)
