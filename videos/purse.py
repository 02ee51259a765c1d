"""The money of a video: its budget, what is set aside for calls under way, and what was spent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q

from vibecraft.agreeing import check_agreed
from vibecraft.money import usd_sum, usd_text
from vibecraft.predictions import days
from vibecraft.problems import Problem

# What a video costs is said again where it is further than this from what was estimated.
FAR_SHARE = Decimal("0.2")


class Purse(models.Model):
    """Each change is one conditional update, so that many calls at once stay within the budget."""

    owner: Any
    budget_usd = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    estimated_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    actual_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    reserved_usd = models.DecimalField(
        max_digits=12, decimal_places=6, default=0, help_text="Promised to calls under way."
    )

    class Meta:
        abstract = True

    @property
    def committed_usd(self) -> Decimal:
        """What is spent, and what is promised to calls under way."""
        return self.actual_usd + self.reserved_usd

    @property
    def is_far_from_estimate(self) -> bool:
        """Whether it has cost more than a fifth more than was said, or, once made, less [H8]."""
        apart = self.actual_usd - self.estimated_usd
        if apart < 0 and not self.is_paid_in_full:
            return False
        return bool(self.estimated_usd) and abs(apart) > self.estimated_usd * FAR_SHARE

    def reserve(self, usd: Decimal) -> None:
        """Set the price of a call aside. Problem 402 where the budget does not allow it."""
        grown = usd_sum(F("reserved_usd") + usd)
        after = usd_sum(F("actual_usd") + F("reserved_usd") + usd)
        affordable = Q(budget_usd=None) | Q(budget_usd__gte=after)
        if self._purse().filter(affordable).update(reserved_usd=grown) != 1:
            raise self.over_budget(usd)

    def check_affordable(self, usd: Decimal) -> None:
        """Problem 402 where the budget, or today, does not allow something that costs so much."""
        self.refresh_from_db(fields=["budget_usd", "actual_usd", "reserved_usd"])
        if self.budget_usd is not None and self.committed_usd + usd > self.budget_usd:
            raise self.over_budget(usd)
        if usd:
            days.check(self.owner, usd)

    def check_agreed(self, usd: Decimal, agreed_usd: Decimal | None) -> None:
        """Problem 409 where something costs more than was agreed to; None agrees to any price."""
        check_agreed(usd, agreed_usd, video_id=str(self.pk))

    def settle(self, estimated: Decimal, actual: Decimal) -> None:
        """A call has ended: what was set aside for it is free, what it cost is spent."""
        self._purse().update(
            reserved_usd=usd_sum(F("reserved_usd") - estimated),
            actual_usd=usd_sum(F("actual_usd") + actual),
        )

    def over_budget(self, usd: Decimal) -> Problem:
        """The refusal of something that would cost `usd` more."""
        self.refresh_from_db(fields=["budget_usd", "actual_usd", "reserved_usd"])
        spent = f", of which {usd_text(self.committed_usd)} is spent" if self.committed_usd else ""
        return Problem(
            "over_budget",
            f"This costs {usd_text(usd)}, but the budget of this video is "
            f"{usd_text(self.budget_usd)}{spent}. Raise the budget or choose a cheaper model.",
            status=402,
            about={"video_id": str(self.pk)},
        )

    @property
    def is_paid_in_full(self) -> bool:
        """Whether all that was planned was made, so that nothing of it is still to be paid."""
        raise NotImplementedError

    def _purse(self) -> models.QuerySet[Any]:
        return type(self)._default_manager.filter(pk=self.pk)
