"""Operators find jobs, read what happened, and cancel them; they never write rows by hand."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from vibecraft.jobs import acts, lists
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


@pytest.mark.databases
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


def act(client: Client, name: str, *jobs: Job, is_sure: bool = True) -> str:
    sent = {"action": name, "_selected_action": [str(job.pk) for job in jobs]}
    sure = {"confirmed": name} if is_sure else {}
    return client.post(LIST, sent | sure, follow=True).content.decode()


def audit() -> list[tuple[str, str]]:
    return list(LogEntry.objects.order_by("id").values_list("object_id", "change_message"))


def test_an_act_asks_first_and_does_nothing_yet(operator: Client, alice: User) -> None:
    jobs = [a_job(alice) for _ in range(22)]
    page = act(operator, "cancel", *jobs, is_sure=False)
    assert "Cancel: are you sure?" in page
    assert "Calls that the service works on are canceled there" in page
    assert page.count("<li><a href=") == 20
    assert "and 2 more" in page
    assert 'value="Cancel 22 jobs"' in page
    assert set(Job.objects.values_list("status", flat=True)) == {"queued"}
    assert audit() == []


def test_canceling_answers_with_a_count_and_is_written_down(operator: Client, alice: User) -> None:
    waiting, running, ended = a_job(alice), a_job(alice), a_job(alice, status="succeeded")
    assert running.claim()
    page = act(operator, "cancel", waiting, running, ended)
    assert "2 of 3 canceled; 1 could not: It had ended before." in page
    statuses = {job.pk: job.status for job in Job.objects.all()}
    assert statuses == {waiting.pk: "canceled", running.pk: "canceled", ended.pk: "succeeded"}
    done = "Cancel: done."
    assert sorted(audit()) == sorted(
        [
            (str(waiting.pk), done),
            (str(running.pk), done),
            (str(ended.pk), "Cancel: could not. It had ended before."),
        ]
    )


def test_a_row_offers_what_can_be_done_to_it(operator: Client, alice: User) -> None:
    page = operator.get(f"{LIST}{a_job(alice).pk}/change/").content.decode()
    assert "Retry …</button>" in page
    assert "Cancel …</button>" in page


def test_too_many_at_once_are_refused(
    operator: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "ROWS_AT_ONCE", 2)
    page = act(operator, "cancel", *(a_job(alice) for _ in range(3)))
    assert "Choose at most 2 rows; for more there are the commands." in page
    assert set(Job.objects.values_list("status", flat=True)) == {"queued"}


def test_who_may_only_look_cannot_act(client_of: ClientOf, bob: User, alice: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    bob.user_permissions.add(Permission.objects.get(codename="view_job"))
    job = a_job(alice)
    assert listed(client_of(bob), "") == {job.pk}
    assert "Cancel …" not in client_of(bob).get(f"{LIST}{job.pk}/change/").content.decode()
    act(client_of(bob), "cancel", job)
    job.refresh_from_db()
    assert (job.status, audit()) == ("queued", [])


def test_retrying_begins_the_same_work_once_more(operator: Client, alice: User) -> None:
    """An export whose video is gone cannot be; work that runs need not be."""
    failed, running = a_job(alice), a_job(alice)
    failed.fail(Problem("disk_full", "There is no space left."))
    page = act(operator, "retry", failed, running)
    assert "0 of 2 retried; 2 could not:" in page
    assert "Its video is deleted. (1)" in page
    assert "Only what failed or was canceled can be tried again. (1)" in page
    assert Job.objects.count() == 2


def test_a_long_list_is_counted_to_its_limit_only(
    operator: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        a_job(alice)
    assert "4 jobs" in operator.get(LIST).content.decode()
    monkeypatch.setattr(lists, "COUNT_LIMIT", 3)
    page = operator.get(LIST).content.decode()
    assert "more than 3 jobs: search or filter to see the others" in page


def test_secrets_in_data_are_not_shown(operator: Client, alice: User) -> None:
    job = a_job(alice)
    job.note(
        JobEvent.Kind.PROVIDER,
        "called",
        headers={"Authorization": "Bearer r8_abcdef"},
        address="https://files.example.org/x?X-Amz-Signature=abc123&part=1",
        list=["token is r8_xyz"],
    )
    page = operator.get(f"{LIST}{job.pk}/change/").content.decode()
    assert [text for text in ("abcdef", "abc123", "xyz") if text in page] == []
    assert "https://files.example.org/x?X-Amz-Signature=***" in page
    assert "&quot;Authorization&quot;: &quot;***&quot;" in page


@pytest.mark.databases
def test_events_of_all_jobs_are_read_newest_first(operator: Client, alice: User) -> None:
    job = a_job(alice)
    job.note(JobEvent.Kind.STEP, "Joining the clips.")
    job.note(JobEvent.Kind.COMMAND, "ffmpeg: exit 1")
    page = operator.get("/admin/jobs/jobevent/").content.decode()
    assert page.index("ffmpeg: exit 1") < page.index("Joining the clips.")
    found = operator.get(f"/admin/jobs/jobevent/?q={job.pk}").context["cl"].result_list
    assert [event.kind for event in found] == ["command", "step"]


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
