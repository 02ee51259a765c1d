"""A still is stored while its storyboard is let go: nobody waits crosswise, and nothing is left of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from django.db import connection

from songs.models import Song
from vibecraft.jobs.models import Job
from vibecraft.testcrowd import at_once
from videos import drafts, stills, storyboard
from videos.models import Still, Video
from videos.tests import boards

pytestmark = [pytest.mark.databases, pytest.mark.django_db(transaction=True)]

# Nobody comes where the order of locks keeps the other one out, so this is how long one waits.
MEET_SECONDS = 0.5
JOB, VIDEO = 'UPDATE "jobs_job"', 'UPDATE "videos_video"'

Execute = Callable[..., Any]


@pytest.fixture
def video(song: Song, sections_of: Callable[..., Any]) -> Video:
    return boards.draft(song, sections_of, model="visualizer")


class Meeting:
    """A still that is being stored holds its job, and goes on when the other one holds the video.

    That never happens where the order of locks is right: then the other one waits for the still.
    """

    def __init__(self) -> None:
        self.is_job_held, self.is_video_held = Event(), Event()

    def stop_the_still(self, execute: Execute, sql: str, *rest: Any) -> Any:
        made = execute(sql, *rest)
        if sql.startswith(JOB) and not self.is_job_held.is_set():
            self.is_job_held.set()
            self.is_video_held.wait(MEET_SECONDS)
        return made

    def tell_the_still(self, execute: Execute, sql: str, *rest: Any) -> Any:
        made = execute(sql, *rest)
        if sql.startswith(VIDEO):
            self.is_video_held.set()
        return made


def store_while(job: Job, folder: Path, act: Callable[[], object]) -> None:
    """Store the first still of a job, and do something else from the moment when its job is held."""
    still = Still.objects.of_job(job.pk).select_related("clip__video__owner")[0]
    assert still.claim()
    for name in (stills.PICTURE, stills.SMALL):
        (folder / name).write_bytes(b"x" * 10)
    meeting = Meeting()

    def both(number: int) -> None:
        if number == 0:
            with connection.execute_wrapper(meeting.stop_the_still):
                stills._keep(still, folder)
            return
        assert meeting.is_job_held.wait(10)
        with connection.execute_wrapper(meeting.tell_the_still):
            act()

    at_once(both, 2)


def assert_all_stills_are_gone(video: Video, used: int) -> None:
    now = boards.fresh(video)
    assert (now.status, now.stored_bytes, boards.used(now.owner)) == ("draft", 0, used)
    assert not Still.objects.exists()
    assert not Job.objects.active().exists()


def plan_again(video: Video) -> None:
    drafts.plan_video(video, seed=12)


def choose_another_flavor(video: Video) -> None:
    drafts.change_video(video, flavor="stadium")


def choose_another_format(video: Video) -> None:
    drafts.change_video(video, aspect_ratio="1:1")


def rewrite_the_prompt(video: Video) -> None:
    """Two changes in one transaction: the first one touches no still, but the second one does."""
    drafts.rewrite_prompt(video, idea="a lighthouse in a storm")


@pytest.mark.parametrize(
    "act",
    [
        plan_again,
        choose_another_flavor,
        choose_another_format,
        rewrite_the_prompt,
        storyboard.remove_storyboard,
    ],
)
def test_a_still_is_stored_while_the_storyboard_is_let_go(
    video: Video, tmp_path: Path, act: Callable[[Video], object]
) -> None:
    used = boards.used(video.owner)
    job = storyboard.start_storyboard(video)
    store_while(job, tmp_path, lambda: act(boards.fresh(video)))
    assert_all_stills_are_gone(video, used)


def test_a_still_is_refined_while_that_of_another_refinement_is_let_go(
    video: Video, tmp_path: Path
) -> None:
    """The end of a refinement locks the video: the jobs of all others are held by then."""
    used = boards.used(video.owner)
    job = storyboard.start_storyboard(video)
    for still in Still.objects.of_job(job.pk):
        still.status = "succeeded"
        still.save()
        type(still.clip).objects.filter(pk=still.clip_id).update(chosen_still=still)
    Job.objects.filter(pk=job.pk).update(status="succeeded")
    # The newest is canceled first.
    oldest, _ = [storyboard.refine(clip) for clip in boards.clips(video)[:2]]
    store_while(oldest, tmp_path, lambda: storyboard.remove_storyboard(boards.fresh(video)))
    assert_all_stills_are_gone(video, used)
