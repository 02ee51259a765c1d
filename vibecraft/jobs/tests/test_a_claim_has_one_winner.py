"""Claiming: one conditional UPDATE, one winner, whatever the database."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from vibecraft.jobs.models import Job
from vibecraft.problems import Problem

pytestmark = pytest.mark.databases


def make_job(owner: User, **fields: object) -> Job:
    return Job.objects.create(owner=owner, kind=Job.Kind.ANALYSIS, **fields)


def test_a_claim_counts_the_attempt_and_gives_a_lease(alice: User) -> None:
    job = make_job(alice)
    assert job.claim()
    assert (job.status, job.attempts) == ("running", 1)
    assert job.lease_token is not None
    assert job.started_at is not None
    assert 80 < (job.lease_until - timezone.now()).total_seconds() <= 91


def test_a_claimed_row_cannot_be_claimed_again(alice: User) -> None:
    job = make_job(alice)
    assert job.claim()
    second = Job.objects.get(pk=job.pk)
    assert not second.claim()
    job.refresh_from_db()
    assert job.attempts == 1


def test_a_lease_that_ran_out_can_be_claimed_and_the_old_holder_writes_nothing(alice: User) -> None:
    first = make_job(alice)
    assert first.claim()
    Job.objects.filter(pk=first.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    second = Job.objects.get(pk=first.pk)
    assert second.claim()
    assert not first.keep_lease()
    assert not first.succeed()
    assert not first.write_mine(step="mine")
    second.refresh_from_db()
    assert (second.status, second.attempts, second.step) == ("running", 2, "waiting")


def test_no_claim_before_its_time_nor_while_it_waits_for_others(alice: User) -> None:
    assert not make_job(alice, next_run_at=timezone.now() + timedelta(minutes=1)).claim()
    assert not make_job(alice, next_run_at=None).claim()


def test_no_claim_after_the_last_attempt(alice: User) -> None:
    assert not make_job(alice, attempts=3, attempts_allowed=3).claim()


@pytest.mark.parametrize("status", ["succeeded", "failed", "canceled"])
def test_nothing_leaves_a_terminal_state(alice: User, status: str) -> None:
    job = make_job(alice, status=status)
    assert not job.claim()
    assert not job.cancel()
    assert not job.fail(Problem("late", "Too late."))
    assert not job.wake()
    job.refresh_from_db()
    assert job.status == status


def test_a_sleeping_row_is_woken_by_one_caller_only(alice: User) -> None:
    job = make_job(alice, next_run_at=None, attempts=2)
    assert job.wake()
    assert not job.wake()
    assert job.claim()
    assert job.attempts == 1


@pytest.mark.django_db(transaction=True)
def test_of_twenty_workers_at_once_exactly_one_wins() -> None:
    owner = User.objects.create_user(f"{uuid.uuid4()}@example.org")
    pk = make_job(owner).pk
    start = threading.Barrier(20)
    won: list[bool] = []

    def work() -> None:
        try:
            job = Job.objects.get(pk=pk)
            start.wait()
            won.append(job.claim())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 19 + [True]
    assert Job.objects.get(pk=pk).attempts == 1
