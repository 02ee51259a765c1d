"""Lip-sync over HTTP with real media: what the model gets, and what of the film is another one then."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from django.db.models.functions import Now

from accounts.models import User
from songs.models import Song
from vibecraft import storage
from vibecraft.jobs.models import Discard, Job
from vibecraft.jobs.sweeper import sweep
from vibecraft.media.boxes import read_index
from vibecraft.media.ffmpeg import run
from vibecraft.media.parts import cut_sound
from vibecraft.media.tests.making import BITS
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.standin.remote import Remote
from vibecraft.predictions.standin.uploads import signature
from vibecraft.testing import stored_files
from videos import lipsync
from videos.models import Clip, Take, Video
from videos.tests.filmed import Work, charged, make_clips
from videos.tests.finished import Held, finished

pytestmark = pytest.mark.django_db

SLUG = "sync/lipsync-2"
LINES = [
    {"start": 4.5, "end": 7.0, "text": "Say my name", "words": []},
    {"start": 8.5, "end": 10.0, "text": "Again", "words": []},
]


@pytest.fixture
def video(
    alice: User,
    ready_song: Callable[..., Song],
    sections_of: Callable[..., Any],
    tmp_path: Path,
) -> Video:
    song = ready_song(alice)
    song.lyrics = LINES
    song.save()
    sections_of(song)
    video = finished(song, tmp_path)
    # The visualizer shows no lips.
    Take.objects.update(model="seedance-1-lite")
    return video


def clip_of(video: Video, number: int) -> Clip:
    clip: Clip = video.clips.select_related("chosen_take").get(clip_index=number - 1)
    return clip


def film_of(video: Video) -> bytes:
    with storage.open_read(video.film_key) as file:
        return file.read()


def number_of(picture: np.ndarray) -> int:
    """The number in the stripes of one small picture, read in its middle row."""
    edges = [320 * edge // BITS for edge in range(BITS + 1)]
    middles = [(left + right) // 2 for left, right in pairwise(edges)]
    return sum(1 << bit for bit, at in enumerate(middles) if picture[90, at] > 137)


def sound_of(film: bytes, folder: Path) -> str:
    """What a decoder hears, as a digest."""
    (folder / "film.mp4").write_bytes(film)
    heard = hashlib.sha256()
    words = ["-i", f"file:{folder / 'film.mp4'}", "-map", "0:a:0", "-f", "s16le", "pipe:1"]
    run(words, folder=folder, on_stdout=heard.update)
    return heard.hexdigest()


def numbers_of(film: bytes, folder: Path) -> list[int]:
    """The numbers that the film's pictures carry, each of them decoded."""
    (folder / "film.mp4").write_bytes(film)
    data = bytearray()
    words = ["-i", f"file:{folder / 'film.mp4'}", "-map", "0:v:0", "-fps_mode", "passthrough"]
    words += ["-vf", "scale=320:180:flags=area,format=gray"]
    run([*words, "-f", "rawvideo", "pipe:1"], folder=folder, on_stdout=data.extend)
    pictures = np.frombuffer(data, np.uint8).reshape(-1, 180, 320)
    return [number_of(picture) for picture in pictures]


def uploaded(ai: Remote, name: str, folder: Path) -> Path:
    """The file that the service was given for an input of the one prediction."""
    [made] = ai.predictions()
    account = ai.account()
    file_id = made["input"][name].rpartition("/")[2]
    owner, expiry = account["username"], str(int(time.time()) + 60)
    sign = signature(account["files_secret"], owner, file_id, expiry)
    answer = httpx.get(
        f"{ai.api}/v1/files/{file_id}/download",
        params={"owner": owner, "expiry": expiry, "signature": sign},
    )
    assert answer.status_code == 200, answer.text
    path = folder / f"uploaded-{name}"
    path.write_bytes(answer.content)
    return path


def test_one_clip_is_another_one_and_everything_else_is_as_it_was(
    ai: Remote, video: Video, do_work: Work, alice: User, tmp_path: Path
) -> None:
    before, old = film_of(video), clip_of(video, 2)
    takes_before = list(video.clips.values_list("chosen_take", flat=True))
    stored_before = video.stored_bytes
    alice.refresh_from_db()
    used_before = alice.storage_used_bytes

    job = lipsync.start_lipsync(video, old)
    do_work()
    job.refresh_from_db()
    video.refresh_from_db()
    assert (job.status, job.progress, job.step) == ("succeeded", 100, "done")
    assert video.status == "ready"

    # The clip's choice is the new take, of exactly the clip's frames; no other clip was touched.
    clip = clip_of(video, 2)
    take = clip.chosen_take
    assert take is not None
    assert (take.kind, take.number, take.model) == ("lipsync", 2, "lipsync-2")
    with storage.local(take.key) as path:
        assert read_index(path).frames == clip.frames
    chosen = list(video.clips.values_list("chosen_take", flat=True))
    assert [chosen[0], chosen[2]] == [takes_before[0], takes_before[2]]
    assert Take.objects.filter(clip__video=video).count() == 4

    # The film has as many frames as before; what was there stays picture by picture; so does sound.
    after = film_of(video)
    assert after != before
    assert sound_of(after, tmp_path) == sound_of(before, tmp_path)
    numbers = [first + at for first in (0, 200, 400) for at in range(96)]
    assert numbers_of(after, tmp_path) == numbers
    assert video.film_facts["frames"] == video.song.frames

    # The service got the take as it is and the song's sound under it, to the sample.
    with storage.local(old.chosen_take.key) as path:
        assert uploaded(ai, "video", tmp_path).read_bytes() == path.read_bytes()
    with storage.local(video.song.master_key) as master:
        cut_sound(master, tmp_path / "own.wav", frames=(clip.start_frame, clip.end_frame))
    assert uploaded(ai, "audio", tmp_path).read_bytes() == (tmp_path / "own.wav").read_bytes()

    # What it cost stands on the take and on the video; what it took stands on the quota.
    assert take.cost_usd == video.actual_usd == charged(ai)
    assert float(take.cost_usd) == pytest.approx(0.05 * clip.frames / 24)
    assert video.reserved_usd == 0
    Discard.objects.update(due_at=Now())
    sweep()
    alice.refresh_from_db()
    grown = video.stored_bytes - stored_before
    assert alice.storage_used_bytes - used_before == grown
    files = [name for name in stored_files(alice) if name.startswith("videos/")]
    assert video.stored_bytes == sum(storage.size(f"{alice.pk}/{name}") for name in files)
    assert not [name for name in stored_files(alice) if "predictions" in name]


def test_the_old_film_is_watched_until_the_new_one_is_there(
    ai: Remote, video: Video, client_of: Callable[..., Any], alice: User
) -> None:
    before = film_of(video)
    lipsync.start_lipsync(video, clip_of(video, 2))
    make_clips()
    job = Job.objects.get(kind="lipsync")
    assert job.next_run_at is not None
    assert film_of(video) == before
    page = client_of(alice).get(f"/videos/{video.pk}").content.decode()
    assert 'id="film"' in page
    assert "You can go on watching." in page
    assert clip_of(video, 2).chosen_take.number == 1


@pytest.mark.parametrize(
    ("knobs", "code"),
    [({"fail": "nsfw"}, "refused_content"), ({"serve": "html"}, "output_bad")],
)
def test_a_failure_leaves_the_last_good_take_and_film(
    ai: Remote, video: Video, do_work: Work, alice: User, knobs: dict[str, Any], code: str
) -> None:
    before, files = film_of(video), stored_files(alice)
    old = clip_of(video, 2).chosen_take
    alice.refresh_from_db()
    used = alice.storage_used_bytes
    ai.fault({"model": SLUG}, times=0, **knobs)
    job = lipsync.start_lipsync(video, clip_of(video, 2))
    for _ in range(4):
        do_work()
        Take.objects.filter(job=job, status="running").update(next_run_at=Now())
        Prediction.objects.update(finished_at="2026-01-01T00:00:00Z")
    sweep()
    for row in (job, video, alice):
        row.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", code)
    assert job.error_sentence.startswith("Clip 2 could not be lip-synced; the film is as it was.")
    assert (video.status, video.error) == ("ready", None)
    assert clip_of(video, 2).chosen_take == old
    assert film_of(video) == before
    assert stored_files(alice) == files
    assert alice.storage_used_bytes == used
    assert video.reserved_usd == 0
    assert video.actual_usd == charged(ai)
    assert Take.objects.get(job=job).status == "failed"
    assert not Discard.objects.exists()


def test_a_film_that_cannot_be_joined_leaves_choice_and_film_and_keeps_the_paid_take(
    ai: Remote, video: Video, do_work: Work, alice: User
) -> None:
    before, old = film_of(video), clip_of(video, 2).chosen_take
    first = clip_of(video, 1).chosen_take
    assert first is not None
    with storage.local(first.key) as path:
        path.write_bytes(b"no picture any more")
    job = lipsync.start_lipsync(video, clip_of(video, 2))
    for _ in range(4):
        do_work()
        Job.objects.filter(pk=job.pk, status__in=("queued", "running")).update(next_run_at=Now())
    for row in (job, video):
        row.refresh_from_db()
    assert job.status == "failed"
    assert clip_of(video, 2).chosen_take == old
    assert film_of(video) == before
    assert video.status == "ready"
    take = Take.objects.get(job=job)
    assert (take.status, take.is_terminal) == ("succeeded", True)
    assert storage.exists(take.key)
    sweep()
    assert not [name for name in stored_files(alice) if str(job.pk) in name]


def test_what_can_pass_with_time_is_tried_again(ai: Remote, video: Video, do_work: Work) -> None:
    ai.fault({"model": SLUG}, fail="E9828")
    job = lipsync.start_lipsync(video, clip_of(video, 2))
    do_work()
    Take.objects.filter(job=job).update(next_run_at=Now())
    Prediction.objects.update(finished_at="2026-01-01T00:00:00Z")
    do_work()
    job.refresh_from_db()
    assert job.status == "succeeded"
    assert len(ai.predictions()) == 2
    video.refresh_from_db()
    assert video.actual_usd == charged(ai)


def test_canceling_stops_the_call_and_leaves_everything(
    ai: Remote, video: Video, do_work: Work, alice: User
) -> None:
    before, files = film_of(video), stored_files(alice)
    job = lipsync.start_lipsync(video, clip_of(video, 2))
    take = Take.objects.get(job=job)
    from_queue = Take.objects.select_related("clip__video__song", "clip__chosen_take", "job")
    row = from_queue.get(pk=take.pk)
    assert row.claim()
    lipsync.make_take(Held(), row)  # type: ignore[arg-type]
    assert Prediction.objects.about(take.pk).count() == 1
    assert lipsync.cancel_lipsync(video)
    do_work()
    sweep()
    for one in (job, take, video):
        one.refresh_from_db()
    assert (job.status, take.status) == ("canceled", "canceled")
    assert film_of(video) == before
    assert stored_files(alice) == files
    assert (video.reserved_usd, video.actual_usd) == (0, charged(ai))
    assert not lipsync.cancel_lipsync(video)


def test_what_comes_in_another_shape_fills_the_clip_to_the_frame(
    ai: Remote, video: Video, do_work: Work
) -> None:
    ai.fault({"model": SLUG}, media="wrong_size")
    lipsync.start_lipsync(video, clip_of(video, 3))
    do_work()
    clip = clip_of(video, 3)
    assert clip.chosen_take is not None
    assert clip.chosen_take.kind == "lipsync"
    with storage.local(clip.chosen_take.key) as path:
        assert read_index(path).frames == clip.frames
