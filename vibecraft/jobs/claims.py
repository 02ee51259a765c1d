"""Rows that are work: who may do it, for how long, and what happens if the worker dies.

A row is claimed by one conditional UPDATE whose count must be 1. The claim gives a lease, which a
heartbeat keeps; a result is written only `WHERE lease_token = mine`. A worker that dies lets its
lease run out, and the sweeper rings for the row again. This is right on PostgreSQL and on SQLite.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from vibecraft.problems import Problem


class Status(models.TextChoices):
    """queued → running → succeeded | failed | canceled; running → queued (to try again).

    The last three are terminal: nothing leaves them.
    """

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


ACTIVE = (Status.QUEUED, Status.RUNNING)
TERMINAL = (Status.SUCCEEDED, Status.FAILED, Status.CANCELED)


class ClaimableQuerySet(models.QuerySet[Any]):
    def active(self) -> Self:
        return self.filter(status__in=ACTIVE)

    def unclaimed(self) -> Self:
        return self.filter(Q(lease_until=None) | Q(lease_until__lt=Now()))

    def due(self) -> Self:
        """Work that nobody does, oldest first."""
        return self.active().unclaimed().filter(next_run_at__lte=Now()).order_by("created_at")

    def unheard(self) -> Self:
        """Due work that nobody was called for lately."""
        quiet = Q(rung_at=None) | Q(
            rung_at__lt=Now() - timedelta(seconds=settings.RING_AGAIN_SECONDS)
        )
        return self.due().filter(quiet)

    def exhausted(self) -> Self:
        """Work that died more often than it may be tried."""
        return self.active().unclaimed().filter(attempts__gte=F("attempts_allowed"))

    def overdue(self) -> Self:
        """Work that is past its deadline, whoever holds it."""
        return self.active().filter(deadline_at__lt=Now())


class Claimable(models.Model):
    """A row that a worker claims, works on and ends."""

    task_name: ClassVar[str]
    OWNER: ClassVar[str] = "owner"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    attempts_allowed = models.PositiveSmallIntegerField(default=3)
    lease_token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    next_run_at = models.DateTimeField(
        null=True, blank=True, db_default=Now(), help_text="Empty while it waits for other rows."
    )
    rung_at = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_sentence = models.TextField(blank=True)
    error_detail = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_terminal(self) -> bool:
        return self.status in TERMINAL

    @classmethod
    def due_of(cls, owners: Collection[Any]) -> models.QuerySet[Any]:
        """Due work of some users; `OWNER` is the path from the row to its owner."""
        return cls.work().due().filter(**{f"{cls.OWNER}__in": owners})

    @classmethod
    def work(cls) -> ClaimableQuerySet:
        """All rows, as work to be claimed."""
        return ClaimableQuerySet(cls)

    def _row(self) -> models.QuerySet[Any]:
        return type(self)._default_manager.filter(pk=self.pk)

    def _mine(self) -> models.QuerySet[Any]:
        return self._row().filter(lease_token=self.lease_token, status=Status.RUNNING)

    def claim(self) -> bool:
        """Take the lease; False when another has it, or when there is nothing to do."""
        token = uuid.uuid4()
        free = Q(lease_until=None) | Q(lease_until__lt=Now())
        won = (
            self._row()
            .filter(
                free, status__in=ACTIVE, next_run_at__lte=Now(), attempts__lt=F("attempts_allowed")
            )
            .update(
                status=Status.RUNNING,
                lease_token=token,
                lease_until=Now() + timedelta(seconds=settings.LEASE_SECONDS),
                attempts=F("attempts") + 1,
                rung_at=None,
                started_at=Coalesce("started_at", Now()),
            )
        )
        if won:
            self.refresh_from_db()
        return won == 1 and self.lease_token == token

    def keep_lease(self) -> bool:
        """Prolong the lease; False when it was lost or the work was canceled: then stop."""
        until = Now() + timedelta(seconds=settings.LEASE_SECONDS)
        return self._mine().update(lease_until=until) == 1

    def write_mine(self, **fields: Any) -> bool:
        """Write fields while the lease is held; False (and nothing is written) when it is not."""
        return self._mine().update(**fields) == 1

    def wait_for_others(self, **fields: Any) -> bool:
        """Give the lease back until `wake` is called; the attempt is not counted."""
        return self.write_mine(
            lease_token=None,
            lease_until=None,
            next_run_at=None,
            attempts=F("attempts") - 1,
            **fields,
        )

    def come_back(self, after_seconds: float, **fields: Any) -> bool:
        """Give the lease back and be due again later; what went well so far is not counted."""
        return self.write_mine(
            lease_token=None,
            lease_until=None,
            rung_at=None,
            next_run_at=Now() + timedelta(seconds=after_seconds),
            attempts=0,
            **fields,
        )

    def wake(self, **fields: Any) -> bool:
        """Make a waiting row due now, with all its attempts before it; True for one caller only."""
        sleeping = self._row().filter(status__in=ACTIVE, next_run_at=None)
        return sleeping.update(next_run_at=Now(), rung_at=None, attempts=0, **fields) == 1

    def try_again(self, problem: Problem, *, after_seconds: float, is_counted: bool = True) -> bool:
        """Give the work back to the queue after something that can pass with time.

        An attempt that had no chance, as nothing can be written anywhere, is not counted.
        """
        return self.write_mine(
            attempts=F("attempts") - int(not is_counted),
            status=Status.QUEUED,
            lease_token=None,
            lease_until=None,
            rung_at=None,
            next_run_at=Now() + timedelta(seconds=after_seconds),
            error_code=problem.code,
            error_detail=problem.detail[-4000:],
        )

    def succeed(self, **fields: Any) -> bool:
        """running → succeeded, by the holder of the lease only."""
        return self.write_mine(
            status=Status.SUCCEEDED,
            lease_until=None,
            finished_at=Now(),
            error_code="",
            error_sentence="",
            error_detail="",
            **fields,
        )

    def fail(self, problem: Problem) -> bool:
        """queued | running → failed; False when it had ended already."""
        return self._end(
            Status.FAILED,
            error_code=problem.code,
            error_sentence=problem.sentence,
            error_detail=problem.detail[-4000:],
        )

    def cancel(self) -> bool:
        """queued | running → canceled; False when it had ended already."""
        return self._end(Status.CANCELED)

    def _end(self, status: Status, **fields: Any) -> bool:
        ended = self._row().filter(status__in=ACTIVE)
        fields |= {"status": status, "lease_until": None, "lease_token": None, "finished_at": Now()}
        if ended.update(**fields) != 1:
            return False
        self.refresh_from_db()
        return True
