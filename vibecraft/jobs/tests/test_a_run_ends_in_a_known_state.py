"""The runner: whatever the work does, the row says how it ended."""

from __future__ import annotations

import errno
from typing import Any
from unittest.mock import Mock

import pytest
from django.db import OperationalError

from accounts.models import User
from vibecraft.away import StorageAway
from vibecraft.jobs import runner
from vibecraft.jobs.models import Job
from vibecraft.jobs.runner import Lease, LeaseLost, run
from vibecraft.media.errors import MediaError
from vibecraft.problems import Problem


@pytest.fixture
def job(alice: User) -> Job:
    return Job.objects.create(owner=alice, kind=Job.Kind.EXPORT)


def raising(error: Exception):  # type: ignore[no-untyped-def]
    def work(_: Lease) -> None:
        raise error

    return work


def test_work_that_succeeds_is_done_once(job: Job) -> None:
    done = []

    def work(lease: Lease) -> None:
        done.append(1)
        assert job.succeed(progress=100)

    assert run(job, work)
    assert not run(Job.objects.get(pk=job.pk), work)
    job.refresh_from_db()
    assert (done, job.status, job.progress) == ([1], "succeeded", 100)
    assert job.finished_at is not None


def test_a_permanent_problem_fails_the_job_with_its_sentence(job: Job) -> None:
    run(job, raising(Problem("no_tempo", "There is no beat.", detail="flat")))
    job.refresh_from_db()
    assert job.status == "failed"
    assert job.error == {"code": "no_tempo", "detail": "There is no beat."}
    assert job.error_detail == "flat"
    assert [event.kind for event in job.events.all()] == ["error", "status"]


def test_a_passing_problem_is_tried_again_and_fails_after_the_last_attempt(job: Job) -> None:
    trouble = raising(Problem("busy", "Busy.", is_permanent=False))
    for attempt in (1, 2):
        run(job, trouble)
        job.refresh_from_db()
        assert (job.status, job.attempts, job.error) == ("queued", attempt, None)
        Job.objects.filter(pk=job.pk).update(next_run_at=job.created_at)
    run(job, trouble)
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("failed", 3)
    assert job.error == {"code": "busy", "detail": "Busy."}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full"),
        (MediaError("disk_full", "av_interleaved_write_frame()"), "disk_full"),
        (StorageAway("SlowDown"), "service_away"),
        (OperationalError("the server closed the connection"), "service_away"),
    ],
)
def test_what_is_away_for_a_while_counts_no_attempt(job: Job, error: Exception, code: str) -> None:
    for _ in range(5):
        assert run(job, raising(error))
        job.refresh_from_db()
        assert (job.status, job.attempts, job.error_code) == ("queued", 0, code)
        Job.objects.filter(pk=job.pk).update(next_run_at=job.created_at)


def test_an_outcome_is_written_when_the_database_is_back(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, tries, closed = runner._settle, [], []

    def settling(*given: Any) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError("the database system is starting up")
        settle(*given)

    monkeypatch.setattr(runner, "_settle", settling)
    monkeypatch.setattr(
        runner, "connection", Mock(in_atomic_block=False, close=lambda: closed.append(1))
    )
    monkeypatch.setattr(runner.time, "sleep", lambda _seconds: None)
    run(job, raising(OperationalError("gone")))
    job.refresh_from_db()
    assert (job.status, job.attempts, len(tries)) == ("queued", 0, 2)
    assert 1 in closed


def test_a_heartbeat_outlives_a_database_that_is_away(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert job.claim()
    lease = Lease(job)
    answers = [OperationalError("gone"), True]
    monkeypatch.setattr(runner, "connection", Mock())
    monkeypatch.setattr(job, "keep_lease", Mock(side_effect=answers))
    assert (lease._is_kept(), lease._is_kept()) == (True, True)


def test_an_unexpected_error_shows_no_technical_word_to_the_user(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(attempts=2)
    run(job, raising(ZeroDivisionError("secret detail")))
    job.refresh_from_db()
    assert job.status == "failed"
    assert job.error is not None
    assert job.error["code"] == "internal"
    assert "secret" not in job.error["detail"]
    assert job.error_detail == "ZeroDivisionError: secret detail"


def test_a_media_error_keeps_its_code_and_sentence(job: Job) -> None:
    run(job, raising(MediaError("truncated", "moov atom not found")))
    job.refresh_from_db()
    assert job.error_code == "truncated"
    assert "damaged" in job.error_sentence


def test_a_lost_lease_leaves_the_row_to_its_new_holder(job: Job) -> None:
    run(job, raising(LeaseLost()))
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("running", "")


def test_a_canceled_job_stops_its_work_at_the_next_check(job: Job) -> None:
    reached = []

    def work(lease: Lease) -> None:
        Job.objects.get(pk=job.pk).cancel()
        lease.check()
        reached.append("after")

    run(job, work)
    job.refresh_from_db()
    assert (reached, job.status) == ([], "canceled")


def test_progress_never_goes_back_and_never_passes_99_before_the_end(job: Job) -> None:
    for asked, expected in ((40, 40), (30, 40), (150, 99)):
        job.report(asked, "step", "message")
        job.refresh_from_db()
        assert job.progress == expected


def test_the_ending_of_a_kind_runs_when_it_fails_and_when_it_is_canceled(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []
    monkeypatch.setattr(
        "vibecraft.jobs.models.ENDINGS", {"export": lambda job: ended.append(job.status)}
    )
    Job.objects.create(owner=alice, kind=Job.Kind.EXPORT).cancel()
    Job.objects.create(owner=alice, kind=Job.Kind.EXPORT).fail(Problem("x", "X."))
    Job.objects.create(owner=alice, kind=Job.Kind.IMPORT).cancel()
    assert ended == ["canceled", "failed"]
