"""Job: one run that a person can watch. JobEvent: what happened to it. Discard: files to delete."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest, Least, Now

from vibecraft.jobs.claims import Claimable, ClaimableQuerySet, Status
from vibecraft.problems import Problem


class JobQuerySet(ClaimableQuerySet):
    def for_user(self, user: Any) -> Self:
        return self.filter(owner=user)


class Job(Claimable):
    """One run. `step` says where it is, `status` how it stands, `error_code` why it failed.

    Songs and videos are named by their ids only: this app stands below theirs. When a job fails or
    is canceled, the ending registered for its kind is called in the same transaction.
    """

    Status = Status

    class Kind(models.TextChoices):
        IMPORT = "import"
        ANALYSIS = "analysis"
        STORYBOARD = "storyboard"
        GENERATION = "generation"
        COMPOSITION = "composition"
        REGENERATION = "regeneration"
        LIPSYNC = "lipsync"
        EXPORT = "export"
        MUSIC = "music"
        CHARACTER = "character"
        SCENES = "scenes"
        LYRICS = "lyrics"
        REFRAMING = "reframing"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    step = models.CharField(max_length=30, default="waiting")
    message = models.CharField(max_length=200, blank=True)
    progress = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveIntegerField(
        default=0, help_text="Parts to be done, where it has parts."
    )
    completed = models.PositiveIntegerField(default=0)
    song_id = models.UUIDField(null=True, blank=True, db_index=True)
    video_id = models.UUIDField(null=True, blank=True, db_index=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        indexes = (
            models.Index(fields=["status", "next_run_at"], name="job_due"),
            models.Index(fields=["owner", "-created_at"], name="job_of_owner"),
            models.Index(fields=["-created_at"], name="job_newest"),
            models.Index(fields=["finished_at"], name="job_ended"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

    @property
    def task_name(self) -> str:  # type: ignore[override]
        return f"run_{self.kind}"

    @property
    def error(self) -> dict[str, str] | None:
        """What the user reads of a failure, with its stable code."""
        if self.status != Status.FAILED:
            return None
        return {"code": self.error_code, "detail": self.error_sentence}

    def report(self, progress: int, step: str, message: str, **fields: Any) -> None:
        """Move the progress forward: never back, never above 99 before the end."""
        bounded = Least(Greatest(F("progress"), Value(progress)), Value(99))
        moved = self._row().filter(status__in=(Status.QUEUED, Status.RUNNING))
        moved.update(progress=bounded, step=step, message=message[:200], **fields)

    def fail(self, problem: Problem) -> bool:
        return self._end_with_ending(lambda: super(Job, self).fail(problem), problem.sentence)

    def cancel(self) -> bool:
        return self._end_with_ending(super().cancel, "Canceled.")

    def _end_with_ending(self, end: Callable[[], bool], message: str) -> bool:
        with transaction.atomic():
            if not end():
                return False
            self._row().update(message=message[:200])
            self.note(JobEvent.Kind.STATUS, f"{self.status}: {message}", detail=self.error_detail)
            ending = ENDINGS.get(self.kind)
            if ending is not None:
                ending(self)
        return True

    def note(self, kind: str, message: str, **data: Any) -> JobEvent:
        """Append one line to the job's history."""
        return JobEvent.objects.create(job=self, kind=kind, message=message[:500], data=data)


Ending = Callable[[Job], None]
ENDINGS: dict[str, Ending] = {}


def when_it_ends(kind: Job.Kind, ending: Ending) -> None:
    """Call `ending(job)` when a job of this kind fails or is canceled (database work only)."""
    ENDINGS[kind] = ending


class JobEvent(models.Model):
    """Append-only: every change of state, every ffmpeg run, every call of a provider."""

    class Kind(models.TextChoices):
        STATUS = "status"
        STEP = "step"
        COMMAND = "command"
        PROVIDER = "provider"
        ERROR = "error"

    job = models.ForeignKey(Job, models.CASCADE, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    message = models.CharField(max_length=500)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("at", "id")
        indexes = (models.Index(fields=["-at"], name="event_newest"),)

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S} {self.message}"


class DiscardQuerySet(models.QuerySet["Discard"]):
    def later(self, *prefixes: str, seconds: int = 0) -> None:
        """Have everything under these storage prefixes (or keys) deleted after this transaction.

        With `seconds`, not before so much time is over.
        """
        due = Now() + timedelta(seconds=seconds)
        self.bulk_create([Discard(prefix=prefix, due_at=due) for prefix in prefixes if prefix])

    def due(self) -> Self:
        return self.filter(due_at__lte=Now())


class Discard(models.Model):
    """A storage prefix whose objects are to be deleted.

    The row is written in the transaction that removes what pointed there; the deleting itself is
    slow, may fail and is repeated by the sweeper until it is done.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    prefix = models.CharField(max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(db_default=Now())

    objects = DiscardQuerySet.as_manager()

    def __str__(self) -> str:
        return self.prefix


class SentKey(models.Model):
    """An `Idempotency-Key` that was used, at which address and with which body, both as hashes.

    What is done once is held by the ids that are made from keys; this row only tells a repetition
    from another request with the same key.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sent_keys")
    place = models.CharField(max_length=64, help_text="Of the address and the key.")
    body = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["owner", "place"], name="one_body_a_key"),)

    def __str__(self) -> str:
        return self.place


class Worker(models.Model):
    """A worker process, and when it last said that it lives; gone ones are kept for a day."""

    name = models.CharField(primary_key=True, max_length=120)
    queues = models.CharField(max_length=200, blank=True)
    began_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class CacheCount(models.Model):
    """How often the status cache had the answer, over all processes: one row."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY)
    hits = models.PositiveBigIntegerField(default=0)
    misses = models.PositiveBigIntegerField(default=0)
    errors = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.hits} hits, {self.misses} misses, {self.errors} errors"
