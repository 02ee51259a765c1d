"""Takes and their job: the last one wakes it, a failed one fails it, and nothing is left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection, transaction

from accounts.models import User
from songs.models import Section, Song
from vibecraft.jobs.models import Discard, Job
from vibecraft.jobs.sweeper import sweep
from vibecraft.problems import Problem
from vibecraft.testing import stored_files
from videos import drafts, generation, keeping, pipeline
from videos.models import Take, Video

Songs = Callable[..., Song]


@pytest.fixture
def video(alice: User, ready_song: Songs, sections_of: Callable[[Song], list[Section]]) -> Video:
    song = ready_song(alice)
    sections_of(song)
    return drafts.create_video(alice, song)


def start(video: Video) -> tuple[Job, list[Take]]:
    job = pipeline.start_generation(video)
    takes = list(Take.objects.of_job(job.pk).select_related("job", "clip__video__owner"))
    return job, takes


def finish(take: Take, folder: Path) -> None:
    """What is left of a take once it is drawn: keep it, and move the video on."""
    assert take.claim()
    (folder / "take.mp4").write_bytes(b"m" * 100)
    (folder / "take.jpg").write_bytes(b"j" * 10)
    keeping.store(take, folder)


def test_takes_are_counted_and_the_last_one_wakes_the_job(video: Video, tmp_path: Path) -> None:
    job, takes = start(video)
    assert len(takes) == 3
    for done, (take, progress) in enumerate(zip(takes, (26, 53, 80), strict=True), 1):
        finish(take, tmp_path)
        job.refresh_from_db()
        assert (job.completed, job.progress) == (done, progress)
        assert (job.next_run_at is not None) == (done == 3)
    video.refresh_from_db()
    assert video.status == "composing"
    assert [event.message for event in job.events.all()] == ["All clips are made."]
    assert video.stored_bytes == 330


def test_a_take_of_a_lost_lease_is_not_accepted(video: Video, tmp_path: Path) -> None:
    job, takes = start(video)
    take = takes[0]
    assert take.claim()
    Take.objects.filter(pk=take.pk).update(lease_token=None)
    assert not take.accept(key="x", thumbnail_key="y", size_bytes=1, frames_done=1)
    job.refresh_from_db()
    assert job.completed == 0
    assert video.clips.filter(chosen_take=None).count() == 3


def test_one_failed_take_fails_the_video_and_nothing_is_left(
    video: Video, alice: User, tmp_path: Path
) -> None:
    before = stored_files(alice)
    alice.refresh_from_db()
    used = alice.storage_used_bytes
    job, takes = start(video)
    finish(takes[0], tmp_path)
    assert takes[1].claim()
    assert takes[1].fail(Problem("crashed", "A clip could not be made.", detail="signal 11"))
    for row in (job, video, alice):
        row.refresh_from_db()
    assert (job.status, video.status) == ("failed", "failed")
    assert video.error == {"code": "crashed", "detail": "A clip could not be made."}
    assert sorted(take.status for take in Take.objects.of_job(job.pk)) == [
        "canceled",
        "failed",
        "succeeded",
    ]
    assert (alice.videos_used, alice.storage_used_bytes, video.stored_bytes) == (0, used, 0)
    assert video.clips.filter(chosen_take=None).count() == 3
    sweep()
    assert stored_files(alice) == before
    assert Discard.objects.count() == 0


def test_a_failed_video_can_be_made_again_with_new_numbers(video: Video) -> None:
    _, takes = start(video)
    takes[0].fail(Problem("crashed", "A clip could not be made."))
    video.refresh_from_db()
    again, second = start(video)
    assert [take.number for take in second] == [2, 2, 2]
    assert again.status == "queued"


def test_canceling_stops_every_take(video: Video, alice: User) -> None:
    _, takes = start(video)
    assert takes[0].claim()
    assert pipeline.cancel_video(video)
    assert not takes[0].keep_lease()
    video.refresh_from_db()
    alice.refresh_from_db()
    assert (video.status, alice.videos_used) == ("canceled", 0)
    assert set(Take.objects.values_list("status", flat=True)) == {"canceled"}


def test_deleting_a_video_leaves_no_file_and_no_count(
    video: Video, alice: User, tmp_path: Path
) -> None:
    before = stored_files(alice)
    alice.refresh_from_db()
    used = alice.storage_used_bytes
    _, takes = start(video)
    finish(takes[0], tmp_path)
    pipeline.delete_video(video)
    sweep()
    alice.refresh_from_db()
    assert stored_files(alice) == before
    assert (alice.videos_used, alice.storage_used_bytes) == (0, used)
    assert not Take.objects.exists()


@pytest.mark.databases
@pytest.mark.django_db(transaction=True)
def test_when_the_last_takes_end_at_once_the_film_is_started_once(
    ready_song: Songs, sections_of: Callable[[Song], list[Section]]
) -> None:
    owner = User.objects.create_user("racer@example.org")
    song = ready_song(owner)
    sections_of(song)
    video = drafts.create_video(owner, song)
    job, takes = start(video)
    gate = threading.Barrier(len(takes))

    def end(take: Take) -> None:
        try:
            assert take.claim()
            gate.wait()
            with transaction.atomic():
                assert take.accept(key=f"k{take.pk}", size_bytes=1)
                generation.advance(take.job, Video.objects.get(pk=video.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=end, args=(take,)) for take in takes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    job.refresh_from_db()
    video.refresh_from_db()
    assert (job.completed, video.status) == (3, "composing")
    assert job.next_run_at is not None
    assert [event.message for event in job.events.all()] == ["All clips are made."]
