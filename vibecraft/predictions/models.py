"""Prediction: one paid call. It leaves a written intent before the call and an id right after it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q, Sum, Value
from django.db.models.functions import Greatest

from vibecraft.jobs.claims import ACTIVE, Claimable, ClaimableQuerySet, Status
from vibecraft.jobs.models import Job
from vibecraft.money import usd_sum
from vibecraft.problems import Problem

Handler = Callable[["Prediction"], None]
HANDLERS: dict[str, Handler] = {}


class Purpose(models.TextChoices):
    """What a prediction is made for; each has one handler, called when it has ended."""

    CLIP = "clip"
    STILL = "still"
    CHARACTER = "character"
    SCENES = "scenes"
    LYRICS = "lyrics"
    MUSIC = "music"
    LIPSYNC = "lipsync"


def when_it_ends(purpose: Purpose, handler: Handler) -> None:
    """Call `handler(prediction)` in the transaction that ends one (database work only)."""
    HANDLERS[purpose] = handler


class Phase(models.TextChoices):
    """intent → sending → waiting → arrived → ended; sending → unknown → waiting | ended;

    sending → intent where it is proven that nothing was created; each phase but `ended` may end.
    """

    INTENT = "intent"  # nothing was sent
    SENDING = "sending"  # committed before the one POST
    UNKNOWN = "unknown"  # the answer was lost: looked for, never sent again
    WAITING = "waiting"  # its id is known, the service works
    ARRIVED = "arrived"  # it has ended there, the output is not fetched yet
    ENDED = "ended"


class PredictionQuerySet(ClaimableQuerySet):
    def for_user(self, user: Any) -> Self:
        return self.filter(owner=user)

    def about(self, subject_id: uuid.UUID) -> Self:
        """All calls made for one take, still, asset or job, oldest first."""
        return self.filter(subject_id=subject_id).order_by("created_at")

    def of_job(self, job_id: uuid.UUID) -> Self:
        return self.filter(job_id=job_id)

    def usd(self) -> Decimal:
        """What they cost together, as far as it is known."""
        total: Decimal | None = self.aggregate(total=Sum("actual_usd"))["total"]
        return total or Decimal(0)


class Prediction(Claimable):
    """One paid call, never repeated and never overwritten; its id is our attempt id everywhere.

    `input` holds what is sent under the model's own names; a file is {"$file": its storage key}.
    `outputs` are the storage keys of what was fetched, `text` and `data` what came as words or JSON.
    """

    Status = Status
    Phase = Phase
    Purpose = Purpose

    task_name: ClassVar[str] = "advance_prediction"

    # Only deaths in a row are counted: what went well gives all of them back.
    attempts_allowed = models.PositiveSmallIntegerField(default=10)

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="predictions")
    job = models.ForeignKey(Job, models.SET_NULL, null=True, blank=True, related_name="predictions")
    purpose = models.CharField(max_length=9, choices=Purpose.choices)
    subject_id = models.UUIDField(help_text="The take, still, asset or job that it is made for.")
    video_id = models.UUIDField(null=True, blank=True, db_index=True)
    song_id = models.UUIDField(null=True, blank=True, db_index=True)
    clip_id = models.UUIDField(null=True, blank=True, db_index=True)
    keep_at = models.CharField(max_length=300, help_text="Where outputs go: a key without ending.")

    model = models.CharField(max_length=60, help_text="The key in the catalog.")
    slug = models.CharField(max_length=120)
    version = models.CharField(max_length=64, blank=True)
    input = models.JSONField(default=dict)
    uploads = models.JSONField(
        default=dict, blank=True, help_text="Storage key → {address, expires_at} at the service."
    )

    phase = models.CharField(max_length=8, choices=Phase.choices, default=Phase.INTENT)
    provider_id = models.CharField(max_length=64, unique=True, null=True, blank=True)
    provider_status = models.CharField(max_length=20, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    polled_at = models.DateTimeField(null=True, blank=True)
    provider_started_at = models.DateTimeField(null=True, blank=True)
    provider_completed_at = models.DateTimeField(null=True, blank=True)
    give_up_at = models.DateTimeField(null=True, blank=True, help_text="Then it is canceled there.")
    listings = models.PositiveSmallIntegerField(
        default=0, help_text="How often a lost answer was looked for in the service's list."
    )
    missed_at = models.DateTimeField(
        null=True, blank=True, help_text="When the service's list first did not show it."
    )
    refused_since = models.DateTimeField(
        null=True, blank=True, help_text="Since when the service takes no more calls of ours."
    )
    cancel_asked = models.BooleanField(default=False)
    answer = models.JSONField(default=dict, blank=True, help_text="The last answer, unsigned.")
    outputs = models.JSONField(default=list, blank=True)
    text = models.TextField(blank=True)
    data = models.JSONField(null=True, blank=True)

    estimated_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    actual_usd = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    cost_source = models.CharField(
        max_length=10, blank=True, help_text="metrics, file, request, estimate or none."
    )

    objects = PredictionQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["subject_id"],
                condition=Q(status__in=ACTIVE),
                name="one_living_call_for_each_subject",
            ),
        )
        indexes = (
            models.Index(fields=["status", "next_run_at"], name="prediction_due"),
            models.Index(fields=["owner", "-created_at"], name="prediction_of_owner"),
            models.Index(fields=["subject_id", "created_at"], name="prediction_of_subject"),
            models.Index(fields=["-created_at"], name="prediction_newest"),
            models.Index(fields=["finished_at"], name="prediction_ended"),
        )

    def __str__(self) -> str:
        return f"{self.model} {self.id}"

    @property
    def day(self) -> date:
        """The day (UTC) that it counts on, whenever it ends."""
        return self.created_at.astimezone(UTC).date()

    def succeed(self, **fields: Any) -> bool:
        """Also calls the purpose's handler, in one transaction."""
        with transaction.atomic():
            Job.objects.hold(self.job_id)
            if not super().succeed(phase=Phase.ENDED, **fields):
                return False
            self._tell()
        return True

    def fail(self, problem: Problem) -> bool:
        """Also calls the purpose's handler, in one transaction."""
        with transaction.atomic():
            Job.objects.hold(self.job_id)
            if not super().fail(problem):
                return False
            self._tell()
        return True

    def cancel(self) -> bool:
        """Also calls the purpose's handler, in one transaction."""
        with transaction.atomic():
            Job.objects.hold(self.job_id)
            if not super().cancel():
                return False
            self._tell()
        return True

    def _tell(self) -> None:
        """Close the books and call the handler. What was sent and has no known cost has its estimate."""
        self.refresh_from_db()
        ended: dict[str, Any] = {"phase": Phase.ENDED}
        if self.actual_usd is None:
            was_sent = self.phase != Phase.INTENT
            ended["actual_usd"] = self.estimated_usd if was_sent else Decimal(0)
            ended["cost_source"] = "estimate" if was_sent else "none"
        type(self).objects.filter(pk=self.pk).update(**ended)
        self.refresh_from_db()
        handler = HANDLERS.get(self.purpose)
        if handler is not None:
            handler(self)
        self._settle_day()

    def _settle_day(self) -> None:
        """Once this is committed, its day counts what it did cost in place of its price.

        Not before: the transaction may change more, and must not hold the site's one row meanwhile. A
        process that dies in between leaves the price that was said.
        """
        more = (self.actual_usd or Decimal(0)) - self.estimated_usd
        if more:
            correct = partial(DaySpend.correct, self.owner_id, self.day, more)
            transaction.on_commit(correct, robust=True)


class DaySpend(models.Model):
    """What the calls that were ordered on one day (UTC) cost: those of a user, or without one, all."""

    day = models.DateField()
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+"
    )
    usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)

    class Meta:
        ordering = ("-day", "owner")
        verbose_name_plural = "day spends"
        constraints = (
            models.UniqueConstraint(fields=["owner", "day"], name="one_sum_a_user_and_day"),
            models.UniqueConstraint(
                fields=["day"], condition=Q(owner=None), name="one_sum_of_the_site_a_day"
            ),
            models.CheckConstraint(condition=Q(usd__gte=0), name="day_spend_is_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.day} ${self.usd}"

    @classmethod
    def correct(cls, owner_id: Any, day: date, more: Decimal) -> None:
        """Add to what a day of a user and of the site cost, or take away."""
        changed = Greatest(usd_sum(F("usd") + more), Value(Decimal(0)))
        for owner in (owner_id, None):
            cls.objects.filter(owner=owner, day=day).update(usd=changed)


class Price(models.Model):
    """A price that an operator has entered; the newest that is valid goes before the catalog's."""

    model = models.CharField(max_length=60, help_text="The key in the catalog.")
    variant = models.CharField(max_length=60, blank=True, help_text="As named in the catalog.")
    usd = models.DecimalField(max_digits=12, decimal_places=6, help_text="By the catalog's unit.")
    valid_from = models.DateTimeField()
    source = models.CharField(max_length=200, blank=True, help_text="Where it was read.")

    class Meta:
        ordering = ("model", "variant", "-valid_from")
        constraints = (
            models.UniqueConstraint(
                fields=["model", "variant", "valid_from"], name="one_price_a_moment"
            ),
            models.CheckConstraint(condition=Q(usd__gte=0), name="price_is_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.model} {self.variant} ${self.usd}"


class Valve(models.Model):
    """How fast we may create: a bucket of tokens; and until when we may not at all, with the reason.

    One row, `creations`, changed by conditional updates only.
    """

    name = models.CharField(max_length=20, primary_key=True)
    tokens = models.FloatField(default=0)
    filled_at = models.DateTimeField()
    slow_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then the service lets us create very slowly."
    )
    closed_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """A webhook that was taken; the same one again does nothing."""

    webhook_id = models.CharField(max_length=100, primary_key=True)
    prediction = models.ForeignKey(Prediction, models.CASCADE, related_name="deliveries")
    provider_id = models.CharField(max_length=64, blank=True, help_text="What it spoke of.")
    received_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.webhook_id
