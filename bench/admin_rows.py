"""Very many rows as a label's year leaves them, written in large pieces, for `bench.admin`."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from accounts.models import User
from songs.models import Section, Song
from vibecraft.jobs.lists import COUNT_LIMIT
from vibecraft.jobs.models import Job, JobEvent
from vibecraft.predictions.models import Prediction
from videos.models import Clip, Take, Video

PIECE = 5_000
YEAR_SECONDS = 365 * 24 * 3600
STATUSES = ("succeeded",) * 16 + ("failed", "failed", "canceled", "running", "queued")
MODELS = ("visualizer", "seedance-1-pro-fast", "p-video", "flux-schnell")
ERRORS = ("disk_full", "crashed", "refused", "too_late", "bad_output")


@dataclass(frozen=True)
class Filled:
    """What was written, a signed-in operator, and an id to be looked for in each table."""

    rows: int
    client: Client
    ids: dict[str, str]


def fill(rows: int) -> Filled:
    chance = random.Random(7)
    users = _users(max(1, rows // 50))
    songs = _write(Song, max(1, rows // 5), lambda n: _song(n, users, chance))
    _write(Section, rows // 5, lambda n: _section(songs[n]))
    sections = dict(Section.objects.values_list("song_id", "pk"))
    videos = _write(Video, rows, lambda n: _video(n, songs[n % len(songs)], chance))
    jobs = _write(Job, rows, lambda n: _job(videos[n], chance))
    _write(JobEvent, rows, lambda n: JobEvent(job=jobs[n], kind="step", message=f"step {n}"))
    clips = _write(Clip, rows, lambda n: _clip(videos[n], sections[videos[n].song_id]))
    _write(Take, rows, lambda n: _take(clips[n], jobs[n], chance))
    calls = _write(Prediction, rows, lambda n: _call(jobs[n], chance))
    olga = User.objects.create_superuser("olga@example.org", "a long password")
    _write(LogEntry, rows // 10, lambda n: _entry(olga, jobs[n]))
    client = Client(headers={"host": "localhost"})
    client.force_login(olga, backend="django.contrib.auth.backends.ModelBackend")
    ids = {"job": str(jobs[rows // 2].pk), "prediction": str(calls[rows // 3].pk)}
    ids["page"] = str(min(rows, COUNT_LIMIT) // 50)
    tables = (User, Song, Section, Video, Job, JobEvent, Clip, Take, Prediction, LogEntry)
    return Filled(sum(table._default_manager.count() for table in tables), client, ids)


def _users(number: int) -> list[User]:
    return _write(User, number, lambda n: User(email=f"user{n}@example.org", videos_used=n % 16))


def _write(model: type[Model], number: int, make: Callable[[int], Any]) -> list[Any]:
    made: list[Any] = []
    for piece in _pieces(number):
        rows = [make(n) for n in piece]
        model._default_manager.bulk_create(rows)
        made += rows
    _age(model, made)
    return made


def _pieces(number: int) -> Iterator[range]:
    for first in range(0, number, PIECE):
        yield range(first, min(number, first + PIECE))


def _age(model: type[Model], rows: list[Any]) -> None:
    """Spread over a year, the last written the newest: what was written at once is not alike."""
    if not hasattr(model, "created_at") or model is User:
        return
    now = timezone.now()
    for number, row in enumerate(rows):
        row.created_at = now - timedelta(seconds=YEAR_SECONDS * (1 - number / len(rows)))
    for piece in _pieces(len(rows)):
        part = rows[piece.start : piece.stop]
        model._default_manager.bulk_update(part, ["created_at"], batch_size=1000)


def _song(n: int, users: list[User], chance: random.Random) -> Song:
    return Song(
        owner=users[n % len(users)],
        title=f"Song number {n}",
        duration_sec=180.0,
        frames=4320,
        status=chance.choice(("ready",) * 9 + ("failed",)),
        source_key=f"{n}/source.mp3",
        master_key=f"{n}/master.flac",
    )


def _section(song: Song) -> Section:
    return Section(song=song, section_index=0, label="Chorus", start_frame=0, end_frame=4320)


def _video(n: int, song: Song, chance: random.Random) -> Video:
    usd = Decimal(chance.randrange(1, 500)) / 100
    return Video(
        owner_id=song.owner_id,
        song=song,
        title=f"Video number {n}",
        status=chance.choice(("ready",) * 18 + ("failed", "generating")),
        video_type="urban",
        model=chance.choice(MODELS),
        estimated_usd=usd,
        actual_usd=usd * chance.choice((0, 1, 1, 1, Decimal("1.1"))),
    )


def _job(video: Video, chance: random.Random) -> Job:
    status = chance.choice(STATUSES) if chance.random() < 0.02 else chance.choice(STATUSES[:19])
    video.job_id = uuid.uuid4()
    return Job(
        id=video.job_id,
        owner_id=video.owner_id,
        kind="generation",
        status=status,
        video_id=video.pk,
        song_id=video.song_id,
        error_code=chance.choice(ERRORS) if status == "failed" else "",
        finished_at=None if status in ("running", "queued") else _ended(chance),
        next_run_at=None,
    )


def _ended(chance: random.Random) -> Any:
    return timezone.now() - timedelta(seconds=chance.randrange(YEAR_SECONDS))


def _clip(video: Video, section_id: uuid.UUID) -> Clip:
    return Clip(
        video=video,
        section_id=section_id,
        clip_index=0,
        start_frame=0,
        end_frame=96,
        cut="beat",
        prompt="neon streets",
    )


def _take(clip: Clip, job: Job, chance: random.Random) -> Take:
    return Take(
        clip=clip,
        job=job,
        number=1,
        model=chance.choice(MODELS),
        prompt="neon streets",
        seed=1,
        status=job.status,
        finished_at=job.finished_at,
        next_run_at=None,
    )


def _call(job: Job, chance: random.Random) -> Prediction:
    usd = Decimal(chance.randrange(1, 500)) / 1000
    return Prediction(
        owner_id=job.owner_id,
        job=job,
        purpose="clip",
        subject_id=uuid.uuid4(),
        video_id=job.video_id,
        model=chance.choice(MODELS),
        slug="owner/model",
        keep_at="somewhere",
        status=job.status,
        phase="ended" if job.finished_at else "waiting",
        provider_id=uuid.uuid4().hex[:26],
        estimated_usd=usd,
        actual_usd=usd * chance.choice((1, 1, 1, Decimal("1.3"))) if job.finished_at else None,
        error_code=job.error_code,
        finished_at=job.finished_at,
        next_run_at=None,
    )


def _entry(olga: User, job: Job) -> LogEntry:
    return LogEntry(
        user=olga,
        content_type=ContentType.objects.get_for_model(Job),
        object_id=str(job.pk),
        object_repr=str(job),
        action_flag=2,
        change_message="Cancel: done.",
    )
