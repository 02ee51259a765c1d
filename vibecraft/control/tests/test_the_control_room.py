"""The first page of the admin says how everything stands, in the same few queries for any number."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from vibecraft.control import room
from vibecraft.jobs import workers
from vibecraft.jobs.models import Discard, Job, Worker
from vibecraft.predictions import days, valve
from vibecraft.predictions.models import Prediction
from vibecraft.problems import Problem
from vibecraft.testing import PASSWORD

ClientOf = Callable[[User], Client]
pytestmark = pytest.mark.django_db
QUERIES = 24


@pytest.fixture
def olga(db: None) -> User:
    cache.clear()
    return User.objects.create_superuser("olga@example.org", PASSWORD)


def a_job(owner: User, **fields: object) -> Job:
    return Job.objects.create(owner=owner, **({"kind": "export"} | fields))


def a_call(owner: User, **fields: object) -> Prediction:
    given = {"purpose": "still", "subject_id": uuid.uuid4(), "model": "flux-schnell"}
    return Prediction.objects.create(owner=owner, **(given | fields))


def figures(user: User) -> dict[str, str]:
    seen = room.look(user)
    return {tile.name: tile.figure for tile in (*seen.tiles, *seen.money)}


def test_work_is_counted_as_it_stands(olga: User, alice: User) -> None:
    now = timezone.now()
    for _ in range(3):
        a_job(alice)
    assert a_job(alice).claim()
    a_job(alice, next_run_at=now - timedelta(minutes=20))
    a_job(alice).fail(Problem("disk_full", "There is no space left."))
    old = a_job(alice)
    old.fail(Problem("disk_full", "There is no space left."))
    Job.objects.filter(pk=old.pk).update(finished_at=now - timedelta(days=1, minutes=1))
    counted = figures(olga)
    assert counted["Running"] == "1"
    assert counted["Waiting"] == "4"
    assert counted["Stuck"] == "1"
    assert counted["Failed today"] == "1"


def test_what_was_spent_today_this_month_and_is_promised(olga: User, alice: User) -> None:
    now = timezone.now()
    a_call(alice, status="succeeded", actual_usd="0.25", finished_at=now)
    first = now.replace(day=1, hour=0, minute=0, second=1)
    a_call(alice, status="succeeded", actual_usd="1.50", finished_at=first)
    before = first - timedelta(days=2)
    a_call(alice, status="succeeded", actual_usd="7", finished_at=before)
    a_call(alice, status="running", estimated_usd="0.40")
    counted = figures(olga)
    today = Decimal("1.75") if now.day == 1 else Decimal("0.25")
    assert counted["Cost today"] == f"${today}"
    assert counted["Cost this month"] == "$1.75"
    assert counted["Promised"] == "$0.40"


def test_what_is_ordered_today_stands_beside_the_limit_of_the_site(
    olga: User, alice: User, settings: LazySettings
) -> None:
    days.spend(alice, Decimal("1.25"), day=days.today())
    assert [tile.note for tile in room.look(olga).money if tile.name == "Cost today"] == [""]
    settings.SITE_DAILY_USD = Decimal("20")
    said = [tile.note for tile in room.look(olga).money if tile.name == "Cost today"]
    assert said == ["$1.25 of $20.00 is ordered"]


def test_queues_say_how_long_the_oldest_waits(olga: User, alice: User) -> None:
    now = timezone.now()
    a_job(alice, next_run_at=now - timedelta(minutes=10))
    a_job(alice, next_run_at=now - timedelta(minutes=2))
    a_job(alice, kind="character", next_run_at=now - timedelta(seconds=30))
    a_job(alice, kind="scenes", next_run_at=now + timedelta(minutes=5))
    queues = {queue.name: queue for queue in room.look(olga).queues}
    assert sorted(queues) == ["default", "io", "media"]
    found = {name: (queue.due, round(queue.oldest_seconds / 10)) for name, queue in queues.items()}
    assert found == {"default": (0, 0), "io": (1, 3), "media": (2, 60)}
    assert [queues[name].tone for name in ("default", "io", "media")] == ["good", "wait", "bad"]


def test_workers_say_that_they_live_and_are_missed_when_silent(olga: User) -> None:
    workers.say("media@one", "media")
    workers.say("io@one", "default,io")
    workers.say("media@one", "media")
    Worker.objects.filter(name="io@one").update(seen_at=timezone.now() - timedelta(minutes=2))
    seen = room.look(olga).workers
    assert [(one.name, one.queues, one.tone) for one in seen] == [
        ("media@one", "media", "good"),
        ("io@one", "default,io", "bad"),
    ]
    workers.forget("media@one")
    assert [one.name for one in room.look(olga).workers] == ["io@one"]


def test_the_room_for_files_is_measured(
    olga: User, alice: User, settings: LazySettings, tmp_path: Path
) -> None:
    settings.DATA_DIR = tmp_path
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "film.mp4").write_bytes(bytes(1000))
    (tmp_path / "vibecraft.sqlite3").write_bytes(bytes(234))
    User.objects.filter(pk=alice.pk).update(storage_used_bytes=5000)
    Discard.objects.later("alice/songs/1/")
    disk = room.look(olga).disk
    assert (disk.counted, disk.waiting, disk.used, disk.is_whole) == (5000, 1, 1234, True)
    assert disk.total is not None
    assert disk.free is not None
    assert 0 < disk.free < disk.total


def test_a_folder_that_takes_too_long_is_measured_in_part(tmp_path: Path) -> None:
    cache.clear()
    (tmp_path / "one").mkdir()
    (tmp_path / "film.mp4").write_bytes(bytes(10))
    times = iter([0.0, 0.0, 9.0])
    assert room.measured(tmp_path, clock=lambda: next(times)) == (10, False)


def test_a_folder_that_cannot_be_read_is_left_out_and_the_rest_is_shown(
    olga: User,
    client_of: ClientOf,
    settings: LazySettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.DATA_DIR = tmp_path
    for name, size in (("lost+found", 5000), ("media", 1000), ("scratch", 234)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "film.mp4").write_bytes(bytes(size))
    scandir = os.scandir

    def as_another_user(path: str) -> Any:
        if path.endswith("lost+found"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    # Tests may run as root, to whom every folder is open.
    monkeypatch.setattr(os, "scandir", as_another_user)
    page = client_of(olga).get("/admin/")
    assert page.status_code == 200
    assert "<dt>Data folder</dt><dd>more than 1.2\xa0KB</dd>" in page.content.decode()
    assert room.measured(tmp_path) == (1234, False)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (valve.CREDIT, "The account has no credit: buy some, then open the valve."),
        (valve.AUTH, "The token is refused: set another one, then open the valve."),
    ],
)
def test_the_paid_service_is_named_when_it_is_closed(
    olga: User, settings: LazySettings, reason: str, words: str
) -> None:
    provider = room.look(olga).provider
    assert provider is not None
    assert provider.state == "off"
    settings.REPLICATE_API_TOKEN = "r8_token"
    opened = room.look(olga).provider
    assert opened is not None
    assert (opened.state, opened.tone) == ("open", "good")
    valve.close(300, reason)
    closed = room.look(olga).provider
    assert closed is not None
    assert closed.state.startswith("closed until ")
    assert (closed.sentence, closed.tone) == (words, "bad")


def test_the_page_and_its_polled_part_are_the_same(
    olga: User, alice: User, client_of: ClientOf
) -> None:
    a_job(alice)
    client = client_of(olga)
    page = client.get("/admin/")
    assert page.status_code == 200
    part = client.get("/admin/room")
    assert part.content.decode().count('id="control-room"') == 1
    for text in ("Which jobs are stuck?", "Cost this month", "No worker was ever heard."):
        assert text in part.content.decode()
        assert text in page.content.decode()
    assert "no-store" in part.headers["Cache-Control"]


def test_a_look_takes_the_same_queries_for_many(
    olga: User, alice: User, bob: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    room.look(olga)
    with django_assert_max_num_queries(QUERIES) as few:
        room.look(olga)
    for owner in (alice, bob) * 10:
        a_job(owner)
        a_call(owner, status="running", estimated_usd=1)
        workers.say(f"media@{owner}", "media")
    with django_assert_max_num_queries(len(few)):
        room.look(olga)


def test_an_operator_sees_what_they_may_see(bob: User, client_of: ClientOf) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    client = client_of(bob)
    assert 'id="control-room"' not in client.get("/admin/").content.decode()
    assert client.get("/admin/room").status_code == 403
    bob.user_permissions.add(Permission.objects.get(codename="view_job"))
    part = client_of(bob).get("/admin/room").content.decode()
    assert "Failed today" in part
    assert "Cost today" not in part
    assert "Paid service" not in part


@pytest.mark.parametrize("path", ["", "room", "admin/logentry/", "jobs/job/"])
def test_charlie_is_led_to_the_sign_in(charlie: User, client_of: ClientOf, path: str) -> None:
    answer = client_of(charlie).get(f"/admin/{path}")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/")
