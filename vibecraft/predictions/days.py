"""What may be spent on paid calls in a day (UTC): by each account, and by the whole site.

A call counts by its price from the moment it is ordered, and by what it did cost once it has ended. Every
change is one conditional update of a row, so that no two calls at once get past a limit.

A film is refused before it is begun, never in the middle, where what was made of it would be paid for
nothing: what films under way are still to order is promised to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from vibecraft.money import usd_sum, usd_text
from vibecraft.predictions.models import DaySpend
from vibecraft.problems import Problem

ZERO = Decimal(0)
Promised = Callable[[Any | None], Decimal]


class Limit(NamedTuple):
    """Who may spend how much in a day; no owner stands for the site, no amount for no limit."""

    owner: Any | None
    usd: Decimal | None


@transaction.atomic
def spend(owner: Any, usd: Decimal, *, is_promised: bool = False) -> None:
    """Count a call, inside the caller's transaction. Problem 402 where today does not allow it.

    What was promised when a film was begun is counted, and not refused.
    """
    for limit in _limits(owner):
        DaySpend.objects.get_or_create(owner=limit.owner, day=_today())
        after = usd_sum(F("usd") + usd)
        rows = _day(limit.owner)
        if limit.usd is not None and not is_promised:
            rows = rows.alias(after=after).filter(after__lte=limit.usd)
        if rows.update(usd=after) != 1:
            raise _over(limit)


def check(owner: Any, usd: Decimal) -> None:
    """Problem 402 where something that costs so much cannot be begun today; nothing is counted yet."""
    for limit in _limits(owner):
        if limit.usd is not None and spent_today(limit.owner) + usd > limit.usd:
            raise _over(limit)


def promise(owner: Any, usd: Decimal, promised: Promised) -> None:
    """Problem 402 where a film of this price does not fit beside what is promised to others.

    Inside the transaction that begins the film: until it ends, other films wait here. `promised(owner)`
    tells what films under way, of a user or with None of all, are still to order.
    """
    for limit in _limits(owner):
        if limit.usd is None:
            continue
        DaySpend.objects.get_or_create(owner=limit.owner, day=_today())
        _day(limit.owner).update(usd=F("usd"))
        if spent_today(limit.owner) + promised(limit.owner) + usd > limit.usd:
            raise _over(limit)


def spent_today(owner: Any | None) -> Decimal:
    """What today's calls of a user cost, or with None those of all users."""
    row = _day(owner).first()
    return row.usd if row else ZERO


def _limits(owner: Any) -> Iterator[Limit]:
    """Always in this order: so no two calls wait for each other."""
    yield Limit(owner, settings.USER_DAILY_USD)
    yield Limit(None, settings.SITE_DAILY_USD)


def _day(owner: Any | None) -> QuerySet[DaySpend]:
    return DaySpend.objects.filter(owner=owner, day=_today())


def _today() -> date:
    return timezone.now().astimezone(UTC).date()


def _over(limit: Limit) -> Problem:
    again = datetime.combine(_today() + timedelta(days=1), time(), UTC)
    if limit.owner is None:
        sentence = "The AI models of this site are used up for today."
    else:
        spent = usd_text(spent_today(limit.owner))
        sentence = (
            f"An account may spend {usd_text(limit.usd)} on AI models in a day, and {spent} of yours "
            "is spent, so this does not fit."
        )
    return Problem(
        "over_budget",
        f"{sentence} They are free again at midnight (UTC); the visualizer costs nothing and works now.",
        status=402,
        about={"resets_at": again.isoformat()},
    )
