from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from vibecraft.media.audio import read_length, read_mono, write_master
from vibecraft.media.errors import MediaError
from vibecraft.media.limits import OWN
from vibecraft.media.probe import probe
from vibecraft.media.tests.making import make, make_song, samples


@pytest.mark.parametrize(
    ("rate", "kept"),
    [(44100, 44100), (48000, 48000), (22050, 48000), (32000, 48000), (96000, 48000)],
)
def test_usual_rates_are_kept_and_others_become_48_khz(tmp_path, rate, kept):
    song = make_song(tmp_path / "a.wav", "-ar", str(rate))
    master = write_master(song, tmp_path / "a.flac")
    assert master.sample_rate == kept
    assert master.duration == Fraction(2)
    assert read_length(tmp_path / "a.flac") == (kept, 2 * kept)


@pytest.mark.parametrize(
    ("name", "args", "bits"),
    [
        ("a.mp3", (), 16),
        ("a.m4a", ("-c:a", "aac"), 16),
        ("a.wav", (), 16),
        ("a.wav", ("-c:a", "pcm_s24le"), 24),
        ("a.wav", ("-c:a", "pcm_f32le"), 24),
        ("a.m4a", ("-c:a", "alac", "-sample_fmt", "s16p"), 16),
        ("a.m4a", ("-c:a", "alac", "-sample_fmt", "s32p"), 24),
    ],
)
def test_a_master_is_stereo_flac_as_deep_as_its_source(tmp_path, name, args, bits):
    master = write_master(make_song(tmp_path / name, *args), tmp_path / "m.flac")
    stream = probe(tmp_path / "m.flac", guard=OWN).audio
    assert (stream.codec, stream.channels, stream.bits) == ("flac", 2, bits)
    assert master.bits == bits


def test_a_lossless_song_keeps_every_sample(tmp_path):
    song = make_song(tmp_path / "a.wav", "-ac", "2")
    write_master(song, tmp_path / "a.flac")
    assert np.array_equal(samples(song, rate=44100), samples(tmp_path / "a.flac", rate=44100))


def test_mono_keeps_its_level_on_both_sides(tmp_path):
    song = make_song(tmp_path / "a.wav", source="aevalsrc=0.5*sin(900*t):d=1")
    master = write_master(song, tmp_path / "a.flac")
    assert master.peak_dbfs == pytest.approx(-6.02, abs=0.01)


def test_surround_is_folded_down_without_clipping(tmp_path):
    source = "aevalsrc=" + "|".join(
        f"0.9*sin({hz}*6.283*t)" for hz in (220, 330, 440, 50, 550, 660)
    )
    song = make_song(tmp_path / "a.wav", source=f"{source}:d=2:c=5.1")
    master = write_master(song, tmp_path / "a.flac")
    assert -6 < master.peak_dbfs < 0
    heard = read_mono(tmp_path / "a.flac")
    spectrum = np.abs(np.fft.rfft(heard))
    for hertz in (220, 330, 440, 550, 660):
        assert spectrum[2 * hertz] > 1000


def test_a_cover_picture_stays_out_of_the_master(tmp_path):
    cover = make(tmp_path / "c.jpg", "-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", "1")
    words = ["-f", "lavfi", "-i", "sine=d=1", "-i", str(cover), "-map", "0", "-map", "1"]
    write_master(make(tmp_path / "a.mp3", *words, "-c:v", "copy"), tmp_path / "a.flac")
    assert [stream.kind for stream in probe(tmp_path / "a.flac").streams] == ["audio"]


def test_a_master_carries_no_tags(tmp_path):
    song = make_song(tmp_path / "a.mp3", "-metadata", "title=Secret")
    write_master(song, tmp_path / "a.flac")
    assert b"Secret" not in (tmp_path / "a.flac").read_bytes()


def test_the_same_song_gives_the_same_master(tmp_path):
    song = make_song(tmp_path / "a.mp3")
    write_master(song, tmp_path / "a.flac")
    write_master(song, tmp_path / "b.flac")
    assert (tmp_path / "a.flac").read_bytes() == (tmp_path / "b.flac").read_bytes()


def test_mono_samples_stand_where_they_stood_in_the_master(tmp_path):
    song = make_song(tmp_path / "a.wav", source="aevalsrc='if(between(n,22050,22057),0.9,0)':d=2")
    write_master(song, tmp_path / "a.flac")
    mono = read_mono(tmp_path / "a.flac")
    assert mono.dtype == np.float32
    assert len(mono) == 44100
    assert abs(int(np.argmax(np.abs(mono))) - 11026) <= 1


def test_a_failed_master_leaves_nothing(tmp_path):
    song = make_song(tmp_path / "a.mp3")
    with pytest.raises(MediaError) as caught:
        write_master(song, tmp_path / "a.flac", should_stop=lambda: True)
    assert caught.value.code == "canceled"
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp3"]
