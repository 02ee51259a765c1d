"""The sweeper: rings for lost work, ends hopeless work, deletes discarded files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from accounts.models import User
from vibecraft import storage
from vibecraft.jobs import doorbell, sweeper
from vibecraft.jobs.models import ENDINGS, Discard, Job


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The messages that would be sent."""
    sent: list[tuple[str, ...]] = []

    def send(task_name: str, *args: str) -> bool:
        sent.append((task_name, *args))
        return True

    monkeypatch.setattr(doorbell, "_send", send)
    return sent


def make_job(owner: User, **fields: object) -> Job:
    return Job.objects.create(owner=owner, kind=Job.Kind.ANALYSIS, **fields)


def test_it_rings_for_work_whose_message_was_lost(
    alice: User, rings: list[tuple[str, ...]]
) -> None:
    job = make_job(alice)
    assert sweeper.sweep() == sweeper.Swept(rung=1, ended=0, discarded=0)
    assert rings == [("run_analysis", str(job.pk))]


def test_it_does_not_ring_twice_in_a_minute(alice: User, rings: list[tuple[str, ...]]) -> None:
    job = make_job(alice)
    sweeper.sweep()
    sweeper.sweep()
    assert len(rings) == 1
    Job.objects.filter(pk=job.pk).update(rung_at=timezone.now() - timedelta(seconds=61))
    sweeper.sweep()
    assert len(rings) == 2


def test_it_rings_for_work_whose_worker_died(alice: User, rings: list[tuple[str, ...]]) -> None:
    job = make_job(alice)
    job.claim()
    sweeper.sweep()
    assert rings == []
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    sweeper.sweep()
    assert rings == [("run_analysis", str(job.pk))]


def test_it_leaves_sleeping_and_ended_work_alone(alice: User, rings: list[tuple[str, ...]]) -> None:
    make_job(alice, next_run_at=None)
    make_job(alice, status="failed")
    assert sweeper.sweep().rung == 0
    assert rings == []


def test_it_fails_work_whose_worker_died_on_every_attempt(
    alice: User, rings: list[tuple[str, ...]]
) -> None:
    job = make_job(
        alice, status="running", attempts=3, lease_until=timezone.now() - timedelta(seconds=1)
    )
    assert sweeper.sweep().ended == 1
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "too_many_attempts")
    assert rings == []


def test_it_ends_work_past_its_deadline_even_while_it_runs(alice: User) -> None:
    job = make_job(alice, deadline_at=timezone.now() - timedelta(seconds=1))
    job.claim()
    assert sweeper.sweep().ended == 1
    assert not job.keep_lease()
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "too_late")


def test_work_that_cannot_be_ended_keeps_nobody_from_the_rest(
    alice: User,
    rings: list[tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    past = timezone.now() - timedelta(seconds=1)
    bad = make_job(alice, deadline_at=past, next_run_at=None)
    good = [make_job(alice, deadline_at=past), make_job(alice, attempts=3, next_run_at=None)]
    waiting = make_job(alice)
    Discard.objects.later("a/")

    def ending(job: Job) -> None:
        if job.pk == bad.pk:
            raise ValueError("what it is about is broken")

    monkeypatch.setitem(ENDINGS, Job.Kind.ANALYSIS, ending)
    assert sweeper.sweep() == sweeper.Swept(rung=1, ended=2, discarded=1)
    assert rings == [("run_analysis", str(waiting.pk))]
    bad.refresh_from_db()
    assert bad.status == "queued"
    assert {job.status for job in Job.objects.filter(pk__in=[one.pk for one in good])} == {"failed"}
    assert [one.getMessage() for one in caplog.records] == [f"cannot end jobs.job {bad.pk}"]
    # The next round tries it again, and says so again.
    assert sweeper.sweep() == sweeper.Swept(rung=0, ended=0, discarded=0)
    assert len(caplog.records) == 2


def test_it_deletes_discarded_files_and_only_those(alice: User, tmp_path: Path) -> None:
    for name in ("gone", "kept"):
        (tmp_path / name).write_text(name)
        storage.put(f"{alice.pk}/videos/{name}/film.mp4", tmp_path / name)
    Discard.objects.later(f"{alice.pk}/videos/gone/")
    assert sweeper.sweep().discarded == 1
    assert not storage.exists(f"{alice.pk}/videos/gone/film.mp4")
    assert storage.exists(f"{alice.pk}/videos/kept/film.mp4")
    assert Discard.objects.count() == 0


def test_a_file_that_cannot_be_deleted_stays_on_the_list(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(prefix: str) -> None:
        raise OSError("busy")

    monkeypatch.setattr(storage, "delete_prefix", refuse)
    Discard.objects.later("a/", "b/")
    assert sweeper.sweep().discarded == 0
    assert Discard.objects.count() == 2


def test_a_broker_that_is_away_fails_nothing(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def send_task(self, *args: object, **kwargs: object) -> None:
            raise OperationalError("connection refused")

    monkeypatch.setattr(doorbell, "current_app", Away())
    job = make_job(alice)
    assert doorbell.ring([job]) == 0
    job.refresh_from_db()
    assert (job.status, job.rung_at) == ("queued", None)


def test_who_does_the_work_himself_rings_for_nobody(
    alice: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[str] = []

    class Broker:
        def send_task(self, name: str, **kwargs: object) -> None:
            sent.append(name)

    monkeypatch.setattr(doorbell, "current_app", Broker())
    job = make_job(alice)
    with doorbell.turned_off():
        assert doorbell.ring([job]) == 0
    assert (sent, caplog.records) == ([], [])
    job.refresh_from_db()
    assert job.rung_at is None
    assert doorbell.ring([job]) == 1
    assert sent == ["run_analysis"]


def test_a_round_takes_no_more_than_it_was_told_to(
    alice: User, rings: list[tuple[str, ...]]
) -> None:
    for _ in range(3):
        make_job(alice)
        make_job(alice, deadline_at=timezone.now() - timedelta(seconds=1))
    Discard.objects.later("a/", "b/", "c/")
    assert sweeper.foresee(2) == sweeper.Swept(rung=2, ended=2, discarded=2)
    assert (rings, Discard.objects.count(), Job.objects.active().count()) == ([], 3, 6)
    assert sweeper.sweep(2) == sweeper.Swept(rung=2, ended=2, discarded=2)
    assert (len(rings), Discard.objects.count(), Job.objects.active().count()) == (2, 1, 4)


def test_what_a_round_cannot_do_is_counted(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(prefix: str) -> None:
        raise OSError("busy")

    monkeypatch.setattr(storage, "delete_prefix", refuse)
    monkeypatch.setattr(doorbell, "_send", lambda *about: False)
    make_job(alice)
    Discard.objects.later("a/")
    assert sweeper.sweep() == sweeper.Swept(rung=0, ended=0, discarded=0, left=2)
