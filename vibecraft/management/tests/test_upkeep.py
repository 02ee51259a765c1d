"""Pruning, bills, manifests of backups, and the question whether every service answers."""

from __future__ import annotations

import csv
import io
import json
import os
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

from accounts.models import User
from accounts.tokens import make_token
from songs.models import Song
from vibecraft import storage
from vibecraft.control import pruning
from vibecraft.jobs import doorbell, workers
from vibecraft.jobs.models import Discard, Job, JobEvent
from vibecraft.predictions.models import Prediction

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folders(settings: LazySettings, tmp_path: Path) -> None:
    settings.SCRATCH_DIR = tmp_path / "scratch"
    settings.SCRATCH_DIR.mkdir()
    default = {"BACKEND": "vibecraft.disk.Disk", "OPTIONS": {"location": str(tmp_path / "media")}}
    settings.STORAGES = settings.STORAGES | {"default": default}


def called(name: str, *words: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command(name, *words, stdout=out, stderr=StringIO())
    except CommandError as error:
        return error.returncode, out.getvalue() + str(error)
    return 0, out.getvalue()


def put(key: str, content: bytes = b"x", *, days: float = 0) -> str:
    with storage.scratch("test") as folder:
        (folder / "file").write_bytes(content)
        storage.put(key, folder / "file")
    path = storage.store().local_path(key)
    assert path is not None
    then = time.time() - days * 24 * 3600
    os.utime(path, (then, then))
    return key


# --- prune ------------------------------------------------------------------------------------------


@pytest.fixture
def leftovers(
    alice: User, ready_song: Callable[..., Song], settings: LazySettings
) -> dict[str, str]:
    """One of everything that goes, beside its like that stays."""
    song = ready_song(alice)
    for name, days in (("old", 2), ("new", 0)):
        folder = settings.SCRATCH_DIR / name
        folder.mkdir()
        (folder / "file").write_text("x")
        then = time.time() - days * 24 * 3600
        os.utime(folder, (then, then))
    Discard.objects.later(put(f"{alice.pk}/videos/{uuid.uuid4()}/film.mp4"))
    lost = put(storage.song_key(alice.pk, uuid.uuid4(), "source.mp3"), days=2)
    young = put(storage.song_key(alice.pk, uuid.uuid4(), "source.mp3"))
    strange = put("elsewhere/readme.txt", days=9)
    stays = put(storage.song_key(alice.pk, song.pk, "extra.bin"), days=9)
    make_token(alice)
    OutstandingToken.objects.create(
        user=alice, jti="old", token="x", expires_at=timezone.now() - timedelta(days=1)
    )
    _events(alice)
    _sign_ins(alice)
    return {"lost": lost, "young": young, "strange": strange, "stays": stays}


def _events(alice: User) -> None:
    long_ago = timezone.now() - timedelta(days=100)
    ended = Job.objects.create(owner=alice, kind="export", status="failed", finished_at=long_ago)
    living = Job.objects.create(owner=alice, kind="export")
    for job in (ended, living):
        job.note(JobEvent.Kind.STEP, "once upon a time")
    JobEvent.objects.update(at=long_ago)
    ended.note(JobEvent.Kind.STEP, "yesterday")


def _sign_ins(alice: User) -> None:
    for days in (91, 89):
        about = {"username": alice.email, "ip_address": "203.0.113.9", "user_agent": f"{days}"}
        AccessLog.objects.create(**about)
        AccessAttempt.objects.create(**about, failures_since_start=1)
        then = timezone.now() - timedelta(days=days)
        for log in (AccessLog, AccessAttempt):
            log.objects.filter(user_agent=f"{days}").update(attempt_time=then)


COUNTED = {
    "old scratch": 1,
    "discarded files": 1,
    "orphan objects": 1,
    "expired tokens": 1,
    "expired sessions": 0,
    "old events": 1,
    "old webhooks": 0,
    "old sign-ins": 1,
    "old failed sign-ins": 1,
}


def test_a_trial_counts_and_removes_nothing(leftovers: dict[str, str]) -> None:
    code, said = called("prune")
    lines = [f"{name}: {number}" for name, number in COUNTED.items()]
    assert (code, said.splitlines()[:-1]) == (0, lines)
    assert said.splitlines()[-1] == "Nothing was removed. Say --yes to remove it."
    assert all(storage.exists(key) for key in leftovers.values())
    assert (Discard.objects.count(), JobEvent.objects.count()) == (1, 3)
    assert OutstandingToken.objects.count() == 2


def test_what_retention_removes_goes_and_all_else_stays(
    leftovers: dict[str, str], settings: LazySettings
) -> None:
    code, said = called("prune", "--yes")
    lines = [f"{name}: {number} of {number} removed" for name, number in COUNTED.items()]
    assert (code, said.splitlines()) == (0, lines)
    there = {name for name, key in leftovers.items() if storage.exists(key)}
    assert there == {"young", "strange", "stays"}
    assert [path.name for path in settings.SCRATCH_DIR.iterdir()] == ["new"]
    assert (Discard.objects.count(), JobEvent.objects.count()) == (0, 2)
    assert OutstandingToken.objects.filter(jti="old").count() == 0
    left = [*AccessLog.objects.all(), *AccessAttempt.objects.all()]
    assert [row.user_agent for row in left] == ["89", "89"]
    assert Song.objects.count() == 1
    assert called("prune", "--yes")[1].count("0 of 0 removed") == len(COUNTED)


def test_either_a_trial_or_the_real_thing() -> None:
    assert called("prune", "--yes", "--dry-run") == (2, "Either --dry-run or --yes.")


def test_pruning_takes_some_at_a_time_and_no_more_than_it_was_told_to(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "AT_ONCE", 2)
    long_ago = timezone.now() - timedelta(days=100)
    job = Job.objects.create(owner=alice, kind="export", status="failed", finished_at=long_ago)
    for _ in range(7):
        job.note(JobEvent.Kind.STEP, "once upon a time")
    JobEvent.objects.update(at=long_ago)
    job.note(JobEvent.Kind.STEP, "yesterday")
    assert "old events: 7\n" in called("prune")[1]
    assert "old events: 3\n" in called("prune", "--limit", "3")[1]
    assert JobEvent.objects.count() == 8
    assert "old events: 3 of 3 removed\n" in called("prune", "--yes", "--limit", "3")[1]
    assert JobEvent.objects.count() == 5
    assert "old events: 4 of 4 removed\n" in called("prune", "--yes")[1]
    assert JobEvent.objects.count() == 1


def test_what_cannot_go_is_met_once_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(prefix: str) -> None:
        raise OSError("busy")

    monkeypatch.setattr(pruning, "AT_ONCE", 2)
    monkeypatch.setattr(storage, "delete_prefix", refuse)
    Discard.objects.later("a/", "b/", "c/")
    code, said = called("prune", "--yes")
    assert (code, "discarded files: 0 of 3 removed\n" in said) == (1, True)
    assert said.endswith("3 could not be removed; call it again later.")
    assert Discard.objects.count() == 3


# --- sweep -------------------------------------------------------------------------------------------


@pytest.fixture
def _lost_work(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "_send", lambda *about: True)
    for _ in range(2):
        Job.objects.create(owner=alice, kind="export")
    Job.objects.create(owner=alice, kind="export", deadline_at=timezone.now() - timedelta(days=1))


@pytest.mark.usefixtures("_lost_work")
def test_a_round_of_the_sweeper_can_be_tried_first() -> None:
    code, said = called("sweep", "--dry-run")
    assert (code, said) == (
        0,
        "Would be rung 2, ended 1, discarded 0\nNothing was done.\n",
    )
    assert Job.objects.active().filter(rung_at=None).count() == 3
    assert called("sweep", "--limit", "1") == (0, "rung 1, ended 1, discarded 0\n")
    assert called("sweep") == (0, "rung 1, ended 0, discarded 0\n")
    assert called("sweep") == (0, "rung 0, ended 0, discarded 0\n")


@pytest.mark.usefixtures("_lost_work")
def test_a_round_that_must_leave_something_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "_send", lambda *about: False)
    assert called("sweep") == (
        1,
        "rung 0, ended 1, discarded 0\n2 could not be rung for or deleted; the log says why.",
    )


@pytest.mark.usefixtures("_lost_work")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--dry-run", "--loop"), "Either --dry-run or --loop."),
        (("--limit", "0"), "is no whole number above zero"),
        (("--seconds", "-1"), "is no number of seconds above zero"),
    ],
)
def test_a_sweeper_that_is_called_wrongly_does_nothing(
    words: tuple[str, str], sentence: str
) -> None:
    code, said = called("sweep", *words)
    assert (code in (1, 2), sentence in said) == (True, True)
    assert Job.objects.active().filter(rung_at=None).count() == 3


# --- report_costs ------------------------------------------------------------------------------------


@pytest.fixture
def _calls(alice: User, bob: User) -> None:
    moments = {day: datetime(2026, 3, day, 12, tzinfo=UTC) for day in (1, 2)}
    for owner, model, day, usd, status in (
        (alice, "flux-schnell", 1, "0.003", "succeeded"),
        (alice, "flux-schnell", 2, "0.1", "failed"),
        (bob, "p-video", 2, "1.5", "succeeded"),
    ):
        Prediction.objects.create(
            owner=owner,
            purpose="clip",
            subject_id=uuid.uuid4(),
            model=model,
            status=status,
            estimated_usd="0.5",
            actual_usd=usd,
            finished_at=moments[day],
        )
    Prediction.objects.create(owner=bob, purpose="clip", subject_id=uuid.uuid4(), model="p-video")


@pytest.mark.usefixtures("_calls")
def test_costs_by_day_as_a_table() -> None:
    assert called("report_costs") == (
        0,
        "day         calls  failed  estimated    cost\n"
        "2026-03-01      1       0      $0.50  $0.003\n"
        "2026-03-02      2       1      $1.00   $1.60\n"
        "total           3       1      $1.50   $1.60\n",
    )


@pytest.mark.usefixtures("_calls")
def test_costs_by_user_and_model_as_csv_and_json() -> None:
    rows = list(
        csv.DictReader(io.StringIO(called("report_costs", "--by", "user", "--format", "csv")[1]))
    )
    assert [(row["user"], row["calls"], row["actual_usd"]) for row in rows] == [
        ("alice@example.org", "2", "0.103000"),
        ("bob@example.org", "1", "1.500000"),
    ]
    found = json.loads(called("report_costs", "--by", "model", "--format", "json")[1])
    assert [(line["model"], line["failed"]) for line in found["lines"]] == [
        ("flux-schnell", 1),
        ("p-video", 0),
    ]
    assert found["total"]["actual_usd"] == "1.603000"


@pytest.mark.usefixtures("_calls")
def test_costs_of_some_time_and_some_users(tmp_path: Path) -> None:
    words = ("--since", "2026-03-02", "--user", "alice@example.org", "--output")
    assert called("report_costs", *words, str(tmp_path / "bill")) == (0, "")
    assert (tmp_path / "bill").read_text().splitlines()[1].split() == [
        "2026-03-02",
        "1",
        "1",
        "$0.50",
        "$0.10",
    ]
    assert called("report_costs", "--user", "nobody@example.org")[0] == 2


# --- backup_manifest ----------------------------------------------------------------------------------


@pytest.fixture
def manifest(alice: User, ready_song: Callable[..., Song], tmp_path: Path) -> Path:
    ready_song(alice)
    path = tmp_path / "manifest.jsonl"
    assert called("backup_manifest", "--output", str(path)) == (0, f"{path}: 4 objects.\n")
    return path


def test_a_manifest_lists_every_object_and_every_table(manifest: Path) -> None:
    head, *objects, end = (json.loads(line) for line in manifest.read_text().splitlines())
    assert head["tables"]["songs.song"] == 1
    assert head["tables"]["accounts.user"] == 1
    assert [one["key"] for one in objects] == storage.keys("")
    assert [one["size"] for one in objects] == [storage.size(one["key"]) for one in objects]
    assert {len(one["sha256"]) for one in objects} == {64}
    assert end == {"objects": 4, "bytes": sum(one["size"] for one in objects)}


def test_a_whole_restore_is_said_to_be_one(manifest: Path) -> None:
    code, said = called("backup_manifest", "--check", str(manifest))
    assert code == 0
    assert said == "4 of 4 objects are as they were, and every table has its rows.\n"
    put("elsewhere/new.txt")
    code, said = called("backup_manifest", "--check", str(manifest))
    assert (code, "added since: elsewhere/new.txt" in said) == (0, True)


def test_what_a_restore_lacks_is_named(manifest: Path, alice: User) -> None:
    first, second, *_ = storage.keys("")
    storage.delete_prefix(first)
    put(second, b"something else")
    Song.objects.all().delete()
    code, said = called("backup_manifest", "--check", str(manifest))
    assert code == 1
    assert f"missing: {first}\nchanged: {second}\n" in said
    assert "rows of songs.song: 1 then, 0 now\n" in said
    assert said.endswith("2 of 4 objects are as they were; the restore is not whole.")


@pytest.mark.parametrize("spoil", [lambda text: "", lambda text: text[: len(text) // 2], str.upper])
def test_what_is_no_whole_manifest_is_refused(manifest: Path, spoil: Callable[[str], str]) -> None:
    manifest.write_text(spoil(manifest.read_text()))
    assert called("backup_manifest", "--check", str(manifest))[0] == 2


def test_a_manifest_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none"
    assert called("backup_manifest", "--check", str(path)) == (2, f"There is no file {path}.")


# --- check_services -----------------------------------------------------------------------------------


def test_each_service_answers_with_one_line(ai: Any) -> None:
    workers.say("media@one", "media")
    code, said = called("check_services")
    lines = {line.split()[0]: line.split()[1:] for line in said.splitlines()}
    assert (code, list(lines)) == (
        0,
        ["database", "broker", "storage", "workers", "ffmpeg", "provider"],
    )
    assert {words[0] for words in lines.values()} == {"ok"}
    assert "media@one (media)" in said
    assert "ffmpeg version" in said


def test_what_does_not_answer_is_named(db: None) -> None:
    code, said = called("check_services")
    assert code == 1
    assert said.endswith("Not in order: workers.")
    assert "workers   BAD no worker was heard in the last minute" in said
    assert "provider  off switched off: there is no token" in said
