"""A part of a song is a new song: cut to the sample, with its words and its beat [B3]."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from accounts.models import User
from songs import beat_grid, pipeline
from songs.models import Analysis, Song
from vibecraft import storage
from vibecraft.jobs.models import Discard, Job
from vibecraft.media import audio
from vibecraft.testing import stored_files

pytestmark = pytest.mark.django_db


@pytest.fixture
def song(alice: User, ready_song: Callable[..., Song]) -> Song:
    """40 s at 120 BPM, with two lines, one of them with timed words, and one that is over before."""
    song = ready_song(alice, seconds=40.0)
    word = {"start": 13.9, "end": 14.3, "text": "over"}
    song.lyrics = [
        {"start": 2.0, "end": 4.0, "text": "gone", "words": []},
        {"start": 13.0, "end": 15.0, "text": "half over", "words": [
            {"start": 13.0, "end": 13.5, "text": "half"}, word]},
        {"start": 20.0, "end": 22.5, "text": "inside", "words": []},
    ]  # fmt: skip
    song.heard_words = [{"start": 2.0, "end": 2.4, "text": "gone"}, word]
    song.lyrics_source = Song.LyricsSource.FILE
    song.save()
    return song


@pytest.fixture
def call(alice: User, api_of: Any, song: Song) -> Callable[..., Any]:
    client = api_of(alice)
    return lambda pk=song.pk, **body: client.post(f"/api/songs/{pk}/trim", body)


def samples_of(song: Song) -> np.ndarray:
    with storage.local(song.master_key) as master:
        return audio.read_mono(master, 48000)


def late_by(part: np.ndarray, whole: np.ndarray, start: float) -> int:
    """How many samples of 48 kHz the part begins after `start` of the whole, by correlation."""
    reach, length = 4800, 48000 * 4
    first = round(start * 48000) - reach
    heard = whole[first : first + length + 2 * reach]
    size = 1 << (len(heard) + length).bit_length()
    product = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(part[:length], size))
    return int(np.fft.irfft(product, size)[: 2 * reach].argmax()) - reach


def test_the_new_song_begins_at_the_very_sample_and_the_old_one_stays(
    song: Song, call: Any, alice: User
) -> None:
    files, used = stored_files(alice), alice.storage_used_bytes
    answer = call(start_at=14.1234, end_at=30.5)
    assert answer.status_code == 201
    body = answer.json()
    new = Song.objects.get(pk=body["id"])
    assert (body["source"], body["parent_id"]) == ("trim", str(song.pk))
    assert body["title"] == "Night Drive (trimmed)"
    assert body["original_filename"] == "song.flac"
    assert body["duration_sec"] == pytest.approx(30.5 - 14.1234, abs=1 / 44100)
    assert body["origin_sec"] == pytest.approx(14.1234, abs=1 / 44100)
    assert body["status"] == "analyzing"
    assert late_by(samples_of(new), samples_of(song), 14.1234) in (-1, 0, 1)
    again = Song.objects.get(pk=song.pk)
    assert (again.duration_sec, again.status, again.lyrics) == (40.0, "ready", song.lyrics)
    assert sorted(set(stored_files(alice)) - set(files)) == [f"songs/{new.pk}/master.flac"]
    alice.refresh_from_db()
    before = User.objects.get(pk=alice.pk).storage_used_bytes
    assert before == new.stored_bytes + song.stored_bytes
    assert used <= before


def test_trimming_a_trimmed_song_adds_up(song: Song, call: Any) -> None:
    first = Song.objects.get(pk=call(start_at=5.55).json()["id"])
    second = Song.objects.get(pk=call(first.pk, start_at=7.77, end_at=25.0).json()["id"])
    assert second.origin_sec == pytest.approx(13.32, abs=2 / 44100)
    assert late_by(samples_of(second), samples_of(song), 13.32) in (-1, 0, 1)
    assert second.parent == first
    assert second.title == "Night Drive (trimmed)"


def test_the_words_move_along_and_are_cut(song: Song, call: Any) -> None:
    new = Song.objects.get(pk=call(start_at=14.0, end_at=22.0 + 2.0).json()["id"])
    half, inside = new.lines
    assert (half.text, half.start, half.end) == ("over", 0.0, 0.3)
    assert [(word.start, word.end) for word in half.words] == [(0.0, 0.3)]
    assert (inside.text, inside.start, inside.end) == ("inside", 6.0, 8.5)
    assert new.heard_words == [{"start": 0.0, "end": 0.3, "text": "over"}]
    assert new.lyrics_source == "file"


def test_the_beat_of_the_whole_song_is_taken_over(
    song: Song, call: Any, do_work: Callable[[], int]
) -> None:
    """The part is heard anew, but the beat that was corrected by hand holds."""
    beat_grid.correct(song, beat_grid.Wish(changes=({"scale": 0.5}, {"downbeat_shift": 1})))
    new = Song.objects.get(pk=call(start_at=14.25, end_at=30.0).json()["id"])
    do_work()
    analysis = Analysis.objects.get(song=new)
    new.refresh_from_db()
    assert new.status == "ready"
    assert analysis.bpm == 60
    assert analysis.beat_times == [0.75 + k for k in range(16)]
    assert analysis.downbeat_times[:2] == [2.75, 6.75]
    assert analysis.corrections == [{"earlier": True}]
    assert analysis.detected_grid["bpm"] == pytest.approx(120, abs=1)
    assert len(stored_files(new.owner)) == 4 + 3


@pytest.mark.parametrize(
    ("body", "field"),
    [({"start_at": -1}, "start_at"), ({"start_at": 40}, "start_at"), ({"start_at": 31}, "start_at"),
     ({"start_at": 5, "end_at": 14.9}, "end_at"), ({"start_at": 5, "end_at": 5}, "end_at"),
     ({"start_at": 5, "end_at": 40.2}, "end_at"), ({}, "start_at"), ({"start_at": "x"}, "start_at"),
     ({"start_at": "nan"}, "start_at"), ({"start_at": 0, "end_at": "nan"}, "end_at")],
)  # fmt: skip
def test_times_that_do_not_fit_are_refused_and_nothing_is_stored(
    song: Song, call: Any, alice: User, body: dict[str, Any], field: str
) -> None:
    files = stored_files(alice)
    answer = call(**body)
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert Song.objects.count() == 1
    assert stored_files(alice) == files


def test_a_full_storage_is_said_before_and_nothing_stays(
    song: Song, call: Any, alice: User
) -> None:
    files = stored_files(alice)
    User.objects.update(storage_limit_bytes=song.stored_bytes)
    assert call(start_at=5).json()["code"] == "quota_reached"
    assert stored_files(alice) == files
    # There is a little room, but not enough: what was cut goes again.
    User.objects.update(storage_limit_bytes=song.stored_bytes + 100)
    assert call(start_at=5).status_code == 429
    assert Song.objects.count() == 1
    assert Job.objects.count() == 0
    assert User.objects.get(pk=alice.pk).storage_used_bytes == song.stored_bytes
    new = [name for name in stored_files(alice) if name not in files]
    discarded = [one.prefix for one in Discard.objects.all()]
    assert len(new) == 1
    assert [f"{alice.pk}/{new[0]}".startswith(prefix) for prefix in discarded] == [True]


def test_the_same_form_twice_makes_one_song(song: Song, alice: User, client_of: Any) -> None:
    client = client_of(alice)
    form = {"start_at": "0:05.5", "end_at": "", "upload_id": str(uuid.uuid4())}
    first = client.post(f"/songs/{song.pk}/trim", form)
    assert first.status_code == 302
    assert client.post(f"/songs/{song.pk}/trim", form)["Location"] == first["Location"]
    assert Song.objects.filter(source="trim").count() == 1
    assert Song.objects.get(source="trim").origin_sec == pytest.approx(5.5)
    other = client.post(f"/songs/{song.pk}/trim", form | {"start_at": "0:10"})
    assert other["Location"] != first["Location"]
    assert Song.objects.get(pk=other["Location"].split("/")[2]).origin_sec == pytest.approx(10)
    assert client.post(f"/songs/{song.pk}/trim", form)["Location"] == first["Location"]
    wrong = client.post(
        f"/songs/{song.pk}/trim",
        form | {"start_at": "late", "upload_id": uuid.uuid4()},
        follow=True,
    )
    assert "The start lies between 0:00 and 0:40." in wrong.content.decode()


def test_others_get_nothing_and_a_song_without_sound_has_no_parts(
    song: Song, call: Any, bob: User, charlie: User, api_of: Any, client_of: Any
) -> None:
    for other in (bob, charlie):
        path = f"/api/songs/{song.pk}/trim"
        assert api_of(other).post(path, {"start_at": 5}).status_code == 404
        assert client_of(other).post(f"/songs/{song.pk}/trim").status_code == 404
    Song.objects.update(master_key="")
    assert call(start_at=5).json()["code"] == "song_not_made"
    assert Song.objects.count() == 1


def test_a_trimmed_song_is_a_song_like_any_other(
    song: Song, call: Any, alice: User, api_of: Any
) -> None:
    new = Song.objects.get(pk=call(start_at=5).json()["id"])
    sound = api_of(alice).get(f"/api/songs/{new.pk}/audio")
    assert (sound.status_code, sound["Content-Type"]) == (200, "audio/flac")
    Song.objects.filter(pk=new.pk).update(status="ready")
    new.refresh_from_db()
    pipeline.delete_song(song)
    new.refresh_from_db()
    assert new.parent is None
    assert new.master_key in [f"{alice.pk}/{name}" for name in stored_files(alice)]
