"""Take: an attempt to fill a clip, by whoever makes it; its row is what workers claim."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self

from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now

from vibecraft.jobs.claims import Claimable, ClaimableQuerySet, Status
from vibecraft.jobs.models import Job
from vibecraft.problems import Problem


class TakeQuerySet(ClaimableQuerySet):
    def for_user(self, user: Any) -> Self:
        return self.filter(clip__video__owner=user)

    def of_job(self, job_id: uuid.UUID) -> Self:
        return self.filter(job_id=job_id)


class Take(Claimable):
    """One attempt to fill a clip: made, fetched, brought to the house format and kept."""

    class Kind(models.TextChoices):
        GENERATED = "generated"
        REGENERATED = "regenerated"
        LIPSYNC = "lipsync"
        REFRAMED = "reframed"

    class Start(models.TextChoices):
        STILL = "still"
        CHARACTER = "character"
        LAST_FRAME = "last_frame"

    Status = Status

    task_name: ClassVar[str] = "make_take"
    OWNER: ClassVar[str] = "job__owner"

    clip = models.ForeignKey("videos.Clip", models.CASCADE, related_name="takes")
    job = models.ForeignKey(Job, models.CASCADE, related_name="takes")
    number = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=11, choices=Kind.choices, default=Kind.GENERATED)
    model = models.CharField(max_length=60)
    prompt = models.TextField(max_length=6000)
    seed = models.PositiveBigIntegerField()
    starts_from = models.CharField(
        max_length=10, blank=True, choices=Start.choices, help_text="Its first frame, if given one."
    )
    continues = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="continued_by"
    )
    source = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="crops",
        help_text="Of a reframed take: what it is cropped from.",
    )
    focus_x = models.FloatField(default=0.5, help_text="0 is the left edge of the source, 1 right.")
    focus_y = models.FloatField(default=0.5, help_text="0 is the upper edge, 1 the lower.")
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    frames_done = models.PositiveIntegerField(default=0)
    key = models.CharField(max_length=300, blank=True)
    thumbnail_key = models.CharField(max_length=300, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0, help_text="Of both files.")
    first_picture = models.CharField(
        max_length=16,
        blank=True,
        editable=False,
        help_text="What tells its first picture from others; empty until it was joined.",
    )
    thumbnail_bytes = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="The picture's part of it; empty where nobody has looked."
    )

    objects = TakeQuerySet.as_manager()

    class Meta:
        ordering = ("clip__clip_index", "number")
        constraints = (
            models.UniqueConstraint(fields=["clip", "number"], name="one_take_a_number"),
            models.CheckConstraint(
                condition=Q(focus_x__range=(0, 1), focus_y__range=(0, 1)),
                name="take_focus_is_in_the_picture",
            ),
        )
        indexes = (
            models.Index(fields=["status", "next_run_at"], name="take_due"),
            models.Index(fields=["-created_at"], name="take_newest"),
            models.Index(fields=["finished_at"], name="take_ended"),
        )

    def __str__(self) -> str:
        return f"take {self.number}"

    def again(self, job: Job) -> Take:
        """The same take once more, not saved yet: for a job that makes anew what was canceled."""
        return Take(
            clip_id=self.clip_id,
            job=job,
            number=self.number + 1,
            kind=self.kind,
            model=self.model,
            prompt=self.prompt,
            seed=self.seed,
            source_id=self.source_id,
            focus_x=self.focus_x,
            focus_y=self.focus_y,
            next_run_at=Now(),
        )

    def accept(self, **fields: Any) -> bool:
        """running → succeeded and the clip's choice at once; False if the lease is lost."""
        with transaction.atomic():
            if not self.succeed(**fields):
                return False
            type(self.clip).objects.filter(pk=self.clip_id).update(chosen_take=self.pk)
        return True

    def fail(self, problem: Problem) -> bool:
        """A take that cannot be made fails the job that asked for it."""
        with transaction.atomic():
            Job.objects.hold(self.job_id)
            return super().fail(problem) and self.job.fail(problem)
