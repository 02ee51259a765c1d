"""User: a person with an e-mail address, and what they use of their quota. Closing: one who left."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import F
from django.db.models.functions import Lower, Now

from vibecraft.jobs.claims import Claimable
from vibecraft.problems import Problem


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a user; the address is kept in lower case, so that it is unique whatever its case."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


def default_videos_limit() -> int:
    return int(settings.QUOTA_VIDEOS)


def default_storage_limit() -> int:
    return int(settings.QUOTA_STORAGE_BYTES)


class User(AbstractBaseUser, PermissionsMixin):
    """A musician, a label or an operator.

    The counters change only by conditional updates in the transaction that makes or removes the
    thing they count, so that many requests at once cannot pass the limit.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField("e-mail", unique=True)
    is_staff = models.BooleanField(default=False, help_text="May use the admin.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    videos_used = models.PositiveIntegerField(default=0)
    videos_limit = models.PositiveIntegerField(default=default_videos_limit)
    storage_used_bytes = models.PositiveBigIntegerField(default=0)
    storage_limit_bytes = models.PositiveBigIntegerField(default=default_storage_limit)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []

    objects = UserManager()

    class Meta:
        ordering = ("-created_at",)
        constraints = (models.UniqueConstraint(Lower("email"), name="one_user_for_each_address"),)

    def __str__(self) -> str:
        return self.email

    def take_video(self) -> None:
        """Count one more video, or raise when the limit is reached."""
        room = User.objects.filter(pk=self.pk, videos_used__lt=F("videos_limit"))
        if room.update(videos_used=F("videos_used") + 1) != 1:
            raise Problem("quota_reached", self.videos_sentence, status=429)

    def give_back_video(self) -> None:
        counted = User.objects.filter(pk=self.pk, videos_used__gt=0)
        counted.update(videos_used=F("videos_used") - 1)

    def take_storage(self, size: int) -> None:
        """Count `size` bytes more, or raise when they do not fit."""
        room = User.objects.filter(
            pk=self.pk, storage_used_bytes__lte=F("storage_limit_bytes") - size
        )
        if room.update(storage_used_bytes=F("storage_used_bytes") + size) != 1:
            raise Problem("quota_reached", self.storage_sentence, status=429)

    def add_storage(self, size: int) -> None:
        """Count bytes of work under way, which may finish even past the limit."""
        User.objects.filter(pk=self.pk).update(storage_used_bytes=F("storage_used_bytes") + size)

    def give_back_storage(self, size: int) -> None:
        """Never below zero: an operator may have corrected the counter meanwhile."""
        user = User.objects.filter(pk=self.pk)
        if user.filter(storage_used_bytes__gte=size).update(
            storage_used_bytes=F("storage_used_bytes") - size
        ):
            return
        user.update(storage_used_bytes=0)

    def check_room(self) -> None:
        """Raise before work that stores much is begun, when the storage is already full."""
        if User.objects.filter(
            pk=self.pk, storage_used_bytes__gte=F("storage_limit_bytes")
        ).exists():
            raise Problem("quota_reached", self.storage_sentence, status=429)

    @property
    def videos_sentence(self) -> str:
        return (
            f"You've reached your limit ({self.videos_limit} videos). "
            "Delete existing videos to create more."
        )

    @property
    def storage_sentence(self) -> str:
        gigabytes = self.storage_limit_bytes / 1024**3
        return (
            f"You've reached your limit ({gigabytes:g} GB of storage). "
            "Delete existing songs or videos to make room."
        )


class Tally(models.Model):
    """How often something was done in the period that began at `began_at`.

    Each step is one conditional update, so that many at once never pass the limit.
    """

    began_at = models.DateTimeField(db_default=Now())
    taken = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True

    def take(self, limit: int, period: timedelta) -> bool:
        """Count one more; False when all of the running period are taken.

        The second round is for the one who found the period over just when another began a new one.
        """
        return any(
            self._count_one(limit, period) or self._begin_anew(period) for _round in range(2)
        )

    def give_back(self) -> None:
        """Count one less; never below zero."""
        self._row().filter(taken__gt=0).update(taken=F("taken") - 1)

    def _count_one(self, limit: int, period: timedelta) -> bool:
        running = self._row().filter(began_at__gt=Now() - period, taken__lt=limit)
        return running.update(taken=F("taken") + 1) == 1

    def _begin_anew(self, period: timedelta) -> bool:
        """Begin a new period with one taken; False while the last one runs."""
        over = self._row().filter(began_at__lte=Now() - period)
        return over.update(began_at=Now(), taken=1) == 1

    def _row(self) -> models.QuerySet[Any]:
        return type(self)._default_manager.filter(pk=self.pk)


class Turns(Tally):
    """How often a user has started something in the minute that began at `began_at`."""

    class Kind(models.TextChoices):
        PAID = "paid"
        OFFER = "offer"
        UPLOAD = "upload"

    user = models.ForeignKey(User, models.CASCADE, related_name="turns")
    kind = models.CharField(max_length=6, choices=Kind.choices)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "kind"], name="one_row_a_kind"),)

    def __str__(self) -> str:
        return f"{self.taken} {self.kind}"


class Guesses(Tally):
    """How often the password of an account was tried: from one address, or from everywhere."""

    NAME_LENGTH: ClassVar[int] = 254

    name = models.CharField(max_length=NAME_LENGTH)
    where = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["name", "where"], name="one_tally_a_place"),)
        indexes = (models.Index(fields=["began_at"], name="old_guesses_first"),)
        verbose_name = "tally of sign-ins"
        verbose_name_plural = "tallies of sign-ins"

    def __str__(self) -> str:
        return f"{self.name} {self.where or 'everywhere'}"


# The service's calls are waited for an hour, and workers for as long as a lease.
CLOSING_PATIENCE = timedelta(hours=2)


class Closing(Claimable):
    """An account that is being closed, and afterwards the one trace of it: nothing personal.

    The id is that of a user who is gone; so whoever restores an old backup knows what to close again.
    """

    task_name: ClassVar[str] = "close_account"

    # Whatever kills the workers: what a person asked to have deleted is never given up.
    attempts_allowed = models.PositiveSmallIntegerField(default=32_767)
    user_id = models.UUIDField(unique=True, editable=False)
    videos = models.PositiveIntegerField(default=0, help_text="How many there were.")
    songs = models.PositiveIntegerField(default=0, help_text="How many there were.")
    stored_bytes = models.PositiveBigIntegerField(default=0)
    paid_usd = models.DecimalField(
        max_digits=12, decimal_places=6, default=0, help_text="What the calls of the user cost."
    )

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"closing of {self.user_id}"

    @classmethod
    def late(cls) -> models.QuerySet[Self]:
        """Those that should have ended long ago: somebody has to look what holds them up."""
        return cls.work().active().filter(created_at__lt=Now() - CLOSING_PATIENCE)

    @classmethod
    def due_of(cls, owners: Collection[Any]) -> models.QuerySet[Self]:
        return cls.work().due().filter(user_id__in=[owner.pk for owner in owners])
