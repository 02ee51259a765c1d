"""Operators find jobs, read what happened, and cancel them; they never write rows by hand."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from vibecraft.jobs.models import Discard, Job, JobEvent
from vibecraft.problems import Problem
from vibecraft.testing import PASSWORD

ClientOf = Callable[[User], Client]
LIST = "/admin/jobs/job/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client_of: ClientOf) -> Client:
    return client_of(User.objects.create_superuser("olga@example.org", PASSWORD))


def a_job(owner: User, **fields: object) -> Job:
    return Job.objects.create(owner=owner, kind="export", **fields)


def listed(client: Client, query: str) -> set[uuid.UUID]:
    changelist = client.get(f"{LIST}?{query}").context["cl"]
    return {job.pk for job in changelist.result_list}


def test_a_job_is_found_and_leads_to_its_owner_song_and_video(
    operator: Client, alice: User
) -> None:
    job = a_job(alice, song_id=uuid.uuid4(), video_id=uuid.uuid4())
    a_job(alice)
    for query in (
        f"q={job.pk}",
        f"q={job.song_id}",
        f"song_id={job.song_id}",
        f"video_id={job.video_id}",
    ):
        assert listed(operator, query) == {job.pk}
    page = operator.get(f"{LIST}{job.pk}/change/").content.decode()
    assert f'href="/admin/accounts/user/{alice.pk}/change/"' in page
    assert f'href="/admin/songs/song/{job.song_id}/change/"' in page
    assert f'href="/admin/videos/video/{job.video_id}/change/"' in page


def test_the_history_of_a_job_is_read_in_order(operator: Client, alice: User) -> None:
    job = a_job(alice)
    job.note(JobEvent.Kind.STEP, "Joining the clips.")
    job.note(JobEvent.Kind.COMMAND, "ffmpeg: exit 1", stderr="No <space> left", exit_code=1)
    page = operator.get(f"{LIST}{job.pk}/change/").content.decode()
    assert page.index("Joining the clips.") < page.index("ffmpeg: exit 1")
    assert "No &lt;space&gt; left" in page


def test_the_list_costs_the_same_queries_for_many(
    operator: Client, alice: User, bob: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for owner in (alice, bob) * 10:
        a_job(owner, song_id=uuid.uuid4())
    with django_assert_max_num_queries(12):
        operator.get(LIST)


def test_stuck_work_is_found(operator: Client, alice: User) -> None:
    now = timezone.now()
    waiting = a_job(alice, next_run_at=now - timedelta(minutes=6))
    dead = a_job(
        alice,
        status="running",
        next_run_at=now - timedelta(minutes=30),
        lease_until=now - timedelta(minutes=1),
    )
    late = a_job(alice, next_run_at=None, deadline_at=now - timedelta(minutes=1))
    a_job(alice, next_run_at=now)
    a_job(
        alice,
        status="running",
        next_run_at=now - timedelta(minutes=30),
        lease_until=now + timedelta(minutes=1),
    )
    a_job(alice, status="succeeded", next_run_at=now - timedelta(minutes=30))
    assert listed(operator, "stuck=yes") == {waiting.pk, dead.pk, late.pk}


def test_what_failed_today_is_found(operator: Client, alice: User) -> None:
    failed, earlier = a_job(alice), a_job(alice)
    for job in (failed, earlier):
        job.fail(Problem("disk_full", "There is no space left."))
    yesterday = timezone.now() - timedelta(days=1, minutes=1)
    Job.objects.filter(pk=earlier.pk).update(finished_at=yesterday)
    a_job(alice)
    assert listed(operator, "failed_today=yes") == {failed.pk}


def test_what_needed_more_attempts_is_found(operator: Client, alice: User) -> None:
    hard = a_job(alice, attempts=2)
    a_job(alice, attempts=1)
    assert listed(operator, "retried=yes") == {hard.pk}


def cancel(client: Client, *jobs: Job) -> str:
    sent = {"action": "cancel", "_selected_action": [str(job.pk) for job in jobs]}
    return client.post(LIST, sent, follow=True).content.decode()


def test_canceling_answers_with_a_count(operator: Client, alice: User) -> None:
    waiting, running, ended = a_job(alice), a_job(alice), a_job(alice, status="succeeded")
    assert running.claim()
    page = cancel(operator, waiting, running, ended)
    assert "Canceled: 2. Ended before: 1." in page
    statuses = {job.pk: job.status for job in Job.objects.all()}
    assert statuses == {waiting.pk: "canceled", running.pk: "canceled", ended.pk: "succeeded"}


def test_who_may_only_look_cannot_cancel(client_of: ClientOf, bob: User, alice: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    bob.user_permissions.add(Permission.objects.get(codename="view_job"))
    job = a_job(alice)
    assert listed(client_of(bob), "") == {job.pk}
    cancel(client_of(bob), job)
    job.refresh_from_db()
    assert job.status == "queued"


@pytest.mark.parametrize("path", ["job/add/", "job/{}/delete/", "discard/add/"])
def test_rows_are_neither_added_nor_deleted_by_hand(
    operator: Client, alice: User, path: str
) -> None:
    job = a_job(alice)
    assert operator.post(f"/admin/jobs/{path.format(job.pk)}", {"post": "yes"}).status_code == 403
    assert Job.objects.get() == job


def test_rows_are_not_written_by_hand(operator: Client, alice: User) -> None:
    job = a_job(alice)
    sent = {"status": "succeeded", "progress": 100}
    assert operator.post(f"{LIST}{job.pk}/change/", sent).status_code == 403
    job.refresh_from_db()
    assert (job.status, job.progress) == ("queued", 0)


def test_files_that_wait_to_be_deleted_are_seen(operator: Client) -> None:
    Discard.objects.later("alice/songs/1/")
    assert "alice/songs/1/" in operator.get("/admin/jobs/discard/").content.decode()
