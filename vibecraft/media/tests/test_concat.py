from __future__ import annotations

import wave
from fractions import Fraction

import numpy as np
import pytest

from vibecraft.media.audio import write_master
from vibecraft.media.concat import concat_list, join
from vibecraft.media.errors import MediaError
from vibecraft.media.ffmpeg import Run, recording, run
from vibecraft.media.frames import total_frames
from vibecraft.media.house import house_writer
from vibecraft.media.lag import measure_lags
from vibecraft.media.normalize import normalize
from vibecraft.media.probe import probe
from vibecraft.media.tests.making import make_clip, make_song, make_take, read_numbers, samples
from vibecraft.media.verify import check_film, inspect_film

TINY = (64, 36)
RATE = 22050


def _clips(folder, counts, size=TINY):
    """Clips whose pictures are numbered through the whole film."""
    clips, at = [], 0
    for number, count in enumerate(counts):
        path = folder / f"clip {number}'s.mp4"
        make_clip(path, range(at, at + count), size)
        clips.append((path, count))
        at += count
    return clips


def _master(folder, seconds, *args, name="a.wav"):
    write_master(make_song(folder / name, *args, seconds=seconds), folder / "m.flac")
    return folder / "m.flac"


def test_a_film_has_every_picture_of_every_clip_once(tmp_path):
    counts = [72, 1, 49, 2, 96, 48, 3, 50]
    clips = _clips(tmp_path, counts, (320, 180))
    master = _master(tmp_path, sum(counts) / 24 - 0.01)
    join(clips, master, tmp_path / "film.mp4", frames=sum(counts))
    assert read_numbers(tmp_path / "film.mp4") == list(range(sum(counts)))
    cuts = [int(cut) for cut in np.cumsum([0, *counts[:-1]])]
    facts = inspect_film(tmp_path / "film.mp4", audio=master)
    assert facts.has_even_times
    assert facts.decode_errors == 0
    assert set(cuts) <= set(facts.keyframes)
    check_film(facts, size=(320, 180), frames=sum(counts), cuts=cuts)


def test_drawn_clips_and_takes_of_every_kind_stand_side_by_side(tmp_path):
    kinds = [
        ("a.mp4", ("-c:v", "libx264", "-preset", "veryfast"), "30"),
        ("b.webm", ("-c:v", "libvpx", "-b:v", "1M", "-deadline", "realtime"), "16"),
        ("c.mp4", ("-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le"), "24"),
    ]
    clips = [(tmp_path / "drawn.mp4", make_clip(tmp_path / "drawn.mp4", range(30)))]
    for name, args, rate in kinds:
        take = make_take(tmp_path / name, *args, rate=rate, count=60)
        normalize(take, tmp_path / f"{name}.house.mp4", size=(320, 180), frames=36)
        clips.append((tmp_path / f"{name}.house.mp4", 36))
    frames = sum(count for _, count in clips)
    join(clips, _master(tmp_path, frames / 24), tmp_path / "film.mp4", frames=frames)
    facts = inspect_film(tmp_path / "film.mp4", audio=tmp_path / "m.flac")
    check_film(facts, size=(320, 180), frames=138, cuts=(0, 30, 66, 102))
    assert read_numbers(tmp_path / "film.mp4")[102:] == list(range(36))


def test_the_picture_is_copied_bit_by_bit(tmp_path):
    clips = _clips(tmp_path, [30, 40])
    join(clips, _master(tmp_path, 70 / 24), tmp_path / "film.mp4", frames=70)
    assert _hashes(tmp_path / "film.mp4") == [line for path, _ in clips for line in _hashes(path)]


def _hashes(path):
    words = ["-i", path.name, "-map", "0:v", "-f", "framemd5", "pipe:1"]
    lines = run(words, folder=path.parent).stdout.decode().splitlines()
    return [line.split(",")[-1] for line in lines if not line.startswith("#")]


@pytest.mark.parametrize("extra", [0, 1, 1837])
def test_the_song_is_there_to_its_last_sample(tmp_path, extra):
    song = make_song(tmp_path / "a.wav", "-af", f"apad=whole_len={88200 + extra}", seconds=1.9)
    master = write_master(song, tmp_path / "m.flac")
    assert master.duration == Fraction(88200 + extra, 44100)
    frames = total_frames(master.duration)
    clips = _clips(tmp_path, [frames])
    join(clips, tmp_path / "m.flac", tmp_path / "film.mp4", frames=frames)
    heard = samples(tmp_path / "film.mp4", rate=44100)
    assert len(heard) >= master.samples
    assert frames / 24 - float(master.duration) < 1 / 24


def test_a_film_carries_no_metadata_and_its_index_first(tmp_path):
    clips = _clips(tmp_path, [24])
    join(clips, _master(tmp_path, 1), tmp_path / "film.mp4", frames=24)
    about = probe(tmp_path / "film.mp4")
    assert about.tags.keys() <= {"major_brand", "minor_version", "compatible_brands"}
    content = (tmp_path / "film.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert [stream.codec for stream in about.streams] == ["h264", "aac"]
    assert (about.audio.sample_rate, about.audio.channels) == (44100, 2)


def test_the_same_clips_give_the_same_film(tmp_path):
    clips, master = _clips(tmp_path, [24, 30]), _master(tmp_path, 2)
    for name in ("a.mp4", "b.mp4"):
        join(clips, master, tmp_path / name, frames=54)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_lengths_of_the_list_never_add_up_to_an_error():
    counts = [73, 101, 79, 240, 131] * 20
    lines = concat_list([(f"clip_{n}", count) for n, count in enumerate(counts)]).splitlines()
    lengths = [Fraction(line.split()[1]) for line in lines if line.startswith("duration")]
    starts = np.cumsum(counts)
    at = Fraction(0)
    for length, frames in zip(lengths, starts, strict=True):
        at += length
        assert abs(at - Fraction(int(frames), 24)) <= Fraction(1, 2_000_000)


def test_what_does_not_fit_together_is_not_joined(tmp_path):
    clips, master = _clips(tmp_path, [24, 24]), _master(tmp_path, 2)
    wide = (tmp_path / "wide.mp4", make_clip(tmp_path / "wide.mp4", range(24), (96, 54)))
    (tmp_path / "not.mp4").write_bytes(b"nothing")
    film = tmp_path / "film.mp4"
    refused = {
        "none": ([], 48),
        "too few frames": (clips, 47),
        "another count": ([clips[0], (clips[1][0], 25)], 49),
        "another size": ([clips[0], wide], 48),
        "no clip": ([clips[0], (tmp_path / "not.mp4", 24)], 48),
        "a song that goes on": (clips[:1], 24),
    }
    for list_, frames in refused.values():
        with pytest.raises(MediaError) as caught:
            join(list_, master, film, frames=frames)
        assert caught.value.code == "clips_differ"
    assert not film.exists()


def test_a_join_can_be_canceled_and_leaves_nothing(tmp_path):
    clips, master = _clips(tmp_path, [24]), _master(tmp_path, 1)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(MediaError) as caught:
        join(clips, master, tmp_path / "film.mp4", frames=24, should_stop=lambda: True)
    assert caught.value.code == "canceled"
    assert sorted(tmp_path.iterdir()) == before


# --- five minutes --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def long_song(tmp_path_factory):
    """Five minutes with a burst of noise every half minute and at the very end."""
    folder = tmp_path_factory.mktemp("song")
    chance = np.random.default_rng(11)
    data = np.zeros(300 * 44100, "<i2")
    for second in (*range(0, 300, 30), 295):
        smooth = np.convolve(chance.normal(0, 8000, 5 * 44100), np.ones(9) / 9, mode="same")
        data[second * 44100 : (second + 5) * 44100] = smooth
    with wave.open(str(folder / "song.wav"), "wb") as file:
        file.setparams((1, 2, 44100, 0, "NONE", ""))
        file.writeframes(data.tobytes())
    return folder / "song.wav"


@pytest.fixture(scope="module")
def long_picture(tmp_path_factory):
    """Sixty clips of five seconds, all the same file: here only time matters."""
    folder = tmp_path_factory.mktemp("clip")
    with house_writer(folder / "a.mp4", size=(64, 36), drawn_size=(64, 36), frames=121) as write:
        for _ in range(121):
            write(bytes([120]) * (64 * 54))
    return folder / "a.mp4"


@pytest.mark.parametrize(
    ("name", "args"),
    [
        # The awkward one: without its header nobody knows the encoder's delay.
        ("headerless.mp3", ("-b:a", "160k", "-write_xing", "0")),
        ("lame.mp3", ("-b:a", "192k", "-t", "100")),
        ("aac.m4a", ("-c:a", "aac", "-b:a", "192k", "-t", "100")),
    ],
)
def test_sound_keeps_to_the_picture_over_five_minutes(
    tmp_path, long_song, long_picture, name, args
):
    upload = tmp_path / name
    run(["-i", str(long_song), *args, "-y", str(upload)], folder=tmp_path)
    master = write_master(upload, tmp_path / "m.flac")
    frames = total_frames(master.duration)
    count, rest = divmod(frames, 121)
    clips = [(long_picture, 121)] * count
    if rest:
        clips.append(
            (tmp_path / "last.mp4", make_clip(tmp_path / "last.mp4", [1] * rest, (64, 36)))
        )
    runs: list[Run] = []
    with recording(runs.append):
        join(clips, tmp_path / "m.flac", tmp_path / "film.mp4", frames=frames)
    assert len(runs) == 1
    assert runs[0].peak_bytes < 120 * 1024**2
    facts = inspect_film(tmp_path / "film.mp4", audio=tmp_path / "m.flac")
    check_film(facts, size=(64, 36), frames=frames, cuts=range(0, frames, 121))
    assert facts.worst_offset < 0.0001
    assert abs(facts.drift) < 0.0001
    lags = measure_lags(samples(upload), samples(tmp_path / "film.mp4"), RATE)
    assert [lags.start, lags.middle, lags.end] == pytest.approx([0.0] * 3, abs=0.0001)


def test_a_film_joined_again_has_the_sound_of_the_earlier_one_to_the_packet(tmp_path):
    master = _master(tmp_path, 120 / 24)
    join(_clips(tmp_path, [70, 50]), master, tmp_path / "first.mp4", frames=120)
    others = tmp_path / "others"
    others.mkdir()
    clips = _clips(others, [20, 100])
    again = tmp_path / "again.mp4"
    join(clips, master, again, frames=120, earlier=tmp_path / "first.mp4")
    assert _packets_of_sound(again) == _packets_of_sound(tmp_path / "first.mp4")
    facts = inspect_film(again, audio=master)
    check_film(facts, size=TINY, frames=120, cuts=(0, 20))
    assert facts.worst_offset < 0.001


def _packets_of_sound(path):
    words = ["-i", path.name, "-map", "0:a", "-c", "copy", "-f", "framemd5", "pipe:1"]
    answer = run(words, folder=path.parent)
    return [line for line in answer.stdout.decode().splitlines() if not line.startswith("#")]
