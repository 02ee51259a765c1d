"""Still: a storyboard image of a clip. Asset: an image of the user's, brought or made."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models, transaction

from vibecraft.jobs.claims import Claimable, ClaimableQuerySet, Status
from vibecraft.jobs.models import Job
from vibecraft.problems import Problem
from vibecraft.texts import counted


class StillQuerySet(ClaimableQuerySet):
    def for_user(self, user: Any) -> Self:
        return self.filter(clip__video__owner=user)

    def of_job(self, job_id: uuid.UUID) -> Self:
        return self.filter(job_id=job_id)


class Still(Claimable):
    """A storyboard image of a clip: made by an image model, or drawn here."""

    Status = Status

    task_name: ClassVar[str] = "make_still"
    OWNER: ClassVar[str] = "job__owner"

    clip = models.ForeignKey("videos.Clip", models.CASCADE, related_name="stills")
    job = models.ForeignKey(Job, models.CASCADE, related_name="stills")
    number = models.PositiveSmallIntegerField()
    model = models.CharField(max_length=60)
    prompt = models.TextField(max_length=6000)
    seed = models.PositiveBigIntegerField()
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    key = models.CharField(max_length=300, blank=True)
    thumbnail_key = models.CharField(max_length=300, blank=True)
    size_bytes = models.PositiveBigIntegerField(default=0)

    objects = StillQuerySet.as_manager()

    class Meta:
        ordering = ("clip__clip_index", "number")
        constraints = (
            models.UniqueConstraint(fields=["clip", "number"], name="one_still_a_number"),
        )
        indexes = (
            models.Index(fields=["status", "next_run_at"], name="still_due"),
            models.Index(fields=["-created_at"], name="still_newest"),
        )

    def __str__(self) -> str:
        return f"still {self.number}"

    def accept(self, **fields: Any) -> bool:
        """running → succeeded and the clip's choice at once; False if the lease is lost."""
        with transaction.atomic():
            Job.objects.hold(self.job_id)
            if not self.succeed(**fields):
                return False
            self.clip.chosen_still = self
            self.clip.save(update_fields=["chosen_still"])
            self.count()
        return True

    def fail(self, problem: Problem) -> bool:
        """A still that cannot be made leaves the others alone; the job ends with the last one."""
        with transaction.atomic():
            Job.objects.hold(self.job_id)
            if not super().fail(problem):
                return False
            self.count()
        return True

    def count(self) -> bool:
        """Write how far the job is; the last still wakes it: True for that one only.

        The caller holds the job, so that of two last stills the second sees what the first has written.
        """
        stills = Still.objects.of_job(self.job_id)
        made = stills.filter(status=Status.SUCCEEDED).count()
        failed = stills.filter(status=Status.FAILED).count()
        total = stills.count()
        job = Job.objects.get(pk=self.job_id)
        rest = f", {failed} not made" if failed else ""
        message = f"{made} of {counted(total, 'still')}{rest}"
        job.report(100 * (made + failed) // max(1, total), job.step, message, completed=made)
        return not stills.active().exists() and job.wake()


class AssetQuerySet(models.QuerySet["Asset"]):
    def for_user(self, user: Any) -> Self:
        return self.filter(owner=user)

    def of_job(self, job: Job) -> Self:
        """The image that a job makes: one or none."""
        return self.filter(job_id=job.pk)


class Asset(models.Model):
    """An image of the user's, for use as character or first frame."""

    class Source(models.TextChoices):
        UPLOAD = "upload"
        MADE = "made"

    class Status(models.TextChoices):
        """making → ready | failed; failed → making (again); an uploaded one is ready at once."""

        MAKING = "making"
        READY = "ready"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="assets")
    source = models.CharField(max_length=6, choices=Source.choices, default=Source.UPLOAD)
    status = models.CharField(max_length=6, choices=Status.choices, default=Status.READY)
    title = models.CharField(max_length=150)
    description = models.TextField(blank=True, max_length=2000)
    key = models.CharField(max_length=300, blank=True)
    thumbnail_key = models.CharField(max_length=300, blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    size_bytes = models.PositiveBigIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    job_id = models.UUIDField(null=True, blank=True)
    error_sentence = models.TextField(blank=True)
    upload_id = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AssetQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        indexes = (models.Index(fields=["-created_at"], name="asset_newest"),)
        constraints = (
            models.UniqueConstraint(
                fields=["owner", "upload_id"], name="one_asset_for_each_upload"
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def is_ready(self) -> bool:
        return self.status == self.Status.READY

    @property
    def is_making(self) -> bool:
        return self.status == self.Status.MAKING

    @property
    def job(self) -> Job | None:
        """What makes it, while it is being made."""
        if not self.is_making or self.job_id is None:
            return None
        job: Job | None = Job.objects.filter(pk=self.job_id).first()
        return job

    def move(self, *, to: Status, out_of: Status, **fields: Any) -> bool:
        """One transition as one conditional update; False when the image was not in `out_of`."""
        rows = Asset.objects.filter(pk=self.pk, status=out_of)
        if rows.update(status=to, **fields) != 1:
            return False
        self.refresh_from_db()
        return True

    def begin_making(self, job_id: uuid.UUID) -> bool:
        """failed → making, for exactly one caller."""
        return self.move(
            to=self.Status.MAKING, out_of=self.Status.FAILED, job_id=job_id, error_sentence=""
        )

    def become_ready(self, **picture: Any) -> bool:
        return self.move(to=self.Status.READY, out_of=self.Status.MAKING, **picture)

    def fail(self, sentence: str) -> bool:
        return self.move(to=self.Status.FAILED, out_of=self.Status.MAKING, error_sentence=sentence)
