"""The sample song: made by code, brought in one click, and then a song like any other."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from django.test import Client

from accounts.models import User
from songs import sample
from songs.models import Song
from songs.sample import score, synth
from vibecraft.jobs.models import Job

pytestmark = pytest.mark.django_db
SECONDS = 74.0


def test_one_click_brings_it_with_its_words_and_starts_the_analysis(
    alice: User, client_of: Callable[[User], Client]
) -> None:
    answer = client_of(alice).post("/songs/sample")
    song = Song.objects.get()
    assert answer["Location"] == f"/songs/{song.pk}"
    assert (song.owner, song.title, song.status) == (alice, "Small Hours", "analyzing")
    assert song.duration_sec == pytest.approx(SECONDS, abs=0.06)
    assert [line.text for line in song.lines] == [line.text for line in sample.lyric_lines()]
    assert song.lines[0].words[0].start == 10.312
    assert Job.objects.get().kind == Job.Kind.ANALYSIS
    alice.refresh_from_db()
    assert alice.storage_used_bytes == song.stored_bytes > sample.FILE.stat().st_size


def test_asked_for_twice_it_is_the_same_song_and_deleted_it_can_come_again(
    alice: User, bob: User, client_of: Callable[[User], Client]
) -> None:
    client = client_of(alice)
    addresses = {client.post("/songs/sample")["Location"] for _ in range(2)}
    assert len(addresses) == 1
    client_of(bob).post("/songs/sample")
    assert Song.objects.for_user(bob).count() == Song.objects.for_user(alice).count() == 1
    client.post(f"{addresses.pop()}/delete")
    alice.refresh_from_db()
    assert (Song.objects.for_user(alice).count(), alice.storage_used_bytes) == (0, 0)
    client.post("/songs/sample")
    assert Song.objects.for_user(alice).count() == 1


def test_a_visitor_is_asked_to_sign_in_and_nothing_is_brought(client: Client) -> None:
    answer = client.post("/songs/sample")
    assert (answer.status_code, Song.objects.count()) == (302, 0)
    assert answer["Location"].startswith("/sign-in")


def test_it_is_offered_where_there_is_no_song(
    alice: User, client_of: Callable[[User], Client]
) -> None:
    page = client_of(alice).get("/songs").content.decode()
    assert 'action="/songs/sample"' in page
    shown = client_of(alice).get("/songs/sample").content.decode()
    assert "Streetlights hum a single note" in shown
    assert "/register?next=/songs/sample" in Client().get("/").content.decode()


def test_the_file_is_small() -> None:
    assert sample.FILE.stat().st_size < 1_000_000


def test_its_parts_follow_each_other_and_its_words_are_sung_in_them() -> None:
    assert [part.start_bar for part in score.PARTS[1:]] == [
        part.end_bar for part in score.PARTS[:-1]
    ]
    assert score.PARTS[-1].end_bar == score.BARS == 29
    sung = {score.part_of(line.bar).label for line in score.MELODY}
    assert sung == {"Verse", "Chorus"}
    lines = sample.lyric_lines()
    assert all(a.end <= b.start for a, b in pairwise(lines))


def test_every_word_begins_on_a_half_beat() -> None:
    starts = [word.start for line in sample.lyric_lines() for word in line.words]
    halves = [start / (score.BEAT_SECONDS / 2) for start in starts]
    assert max(abs(place - round(place)) for place in halves) < 0.002
    assert len(starts) == sum(len(line.text.split(" ")) for line in score.MELODY) == 63


@pytest.mark.parametrize("pitch", [57, 64, 74])
def test_a_voice_sings_its_pitch_and_the_same_samples_each_time(pitch: int) -> None:
    def sing() -> synth.Sound:
        return synth.voice(pitch, 0.5, "a", np.random.default_rng(1), before=None)

    sound = sing()
    assert np.array_equal(sound, sing())
    held = sound[synth.RATE // 10 : synth.RATE // 4]
    spectrum = np.abs(np.fft.rfft(held * np.hanning(len(held)), 1 << 18))
    near = np.arange(len(spectrum)) * synth.RATE / (1 << 18)
    around = np.abs(near / synth.hertz(pitch) - 1) < 0.06
    found = near[around][spectrum[around].argmax()]
    assert 12 * np.log2(found / synth.hertz(pitch)) == pytest.approx(0, abs=0.2)
