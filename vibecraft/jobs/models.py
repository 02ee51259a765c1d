"""Job: one run that a person can watch. JobEvent: what happened to it. Discard: files to delete."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import ExpressionWrapper, F, Value
from django.db.models.functions import Greatest, Least, Now

from vibecraft.jobs.claims import ACTIVE, Claimable, ClaimableQuerySet, Status
from vibecraft.problems import Problem


class JobQuerySet(ClaimableQuerySet):
    def for_user(self, user: Any) -> Self:
        return self.filter(owner=user)

    def hold(self, *pks: uuid.UUID | None) -> None:
        """Lock these jobs until the transaction ends, before anything else of their runs.

        What ends a run or a part of it locks in one order: its job, its calls, its video, its clips
        with their takes and stills, its owner. So ends in the same moment wait in line and not
        crosswise, where the database would give one of them up, such as a user's cancel.
        """
        for pk in sorted({pk for pk in pks if pk is not None}):
            self.filter(pk=pk).update(completed=F("completed"))


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
    step_at = models.DateTimeField(db_default=Now(), help_text="Since when it is at its step.")
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
        if step != self.step:
            self._go_to(step)
        bounded = Least(Greatest(F("progress"), Value(progress)), Value(99))
        moved = self._row().filter(status__in=(Status.QUEUED, Status.RUNNING))
        moved.update(progress=bounded, step=step, message=message[:200], **fields)

    def _go_to(self, step: str) -> None:
        """Begin another step, and count how long this one took: once, whoever else says so."""
        row = self._row().filter(status__in=ACTIVE, step=self.step)
        now = ExpressionWrapper(Now(), output_field=models.DateTimeField())
        found = row.annotate(now=now).values_list("step_at", "now").first()
        if found and row.update(step=step, step_at=Now()):
            Figure.add(Figure.Name.STEP, self.kind, self.step, found[1] - found[0])
        self.step = step

    def succeed(self, **fields: Any) -> bool:
        """Also counts how long the last step took."""
        if not super().succeed(**fields):
            return False
        began, ended = self._row().values_list("step_at", "finished_at").get()
        Figure.add(Figure.Name.STEP, self.kind, self.step, ended - began)
        return True

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
    free_bytes = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Room for work in progress on its machine."
    )

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


class Figure(models.Model):
    """Something that all processes count together for a monitor: how often, and how long it took."""

    class Name(models.TextChoices):
        STEP = "step"  # of a kind of job, by the step
        CALL_AGAIN = "call_again"  # of a purpose, by the reason

    name = models.CharField(max_length=10, choices=Name.choices)
    kind = models.CharField(max_length=12)
    label = models.CharField(max_length=40)
    times = models.PositiveBigIntegerField(default=0)
    seconds = models.FloatField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["name", "kind", "label"], name="one_figure_a_label"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.kind} {self.label}: {self.times}"

    @classmethod
    def add(cls, name: str, kind: str, label: str, took: timedelta = timedelta(0)) -> None:
        """Count one more once this transaction is committed: it must not hold the row meanwhile."""
        count = partial(cls._add, name, kind, label, took.total_seconds())
        transaction.on_commit(count, robust=True)

    @classmethod
    def _add(cls, name: str, kind: str, label: str, seconds: float) -> None:
        row = cls.objects.filter(name=name, kind=kind, label=label)
        more = {"times": F("times") + 1, "seconds": F("seconds") + seconds}
        if not row.update(**more):
            first = Figure(name=name, kind=kind, label=label)
            Figure.objects.bulk_create([first], ignore_conflicts=True)
            row.update(**more)
