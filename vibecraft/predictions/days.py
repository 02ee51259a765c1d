"""What may be spent on paid calls in a day (UTC): by each account, and by the whole site.

A call counts by its price from the moment it is ordered, and by what it did cost once it has ended. Who
adds to a day holds its row until the transaction ends, so that no two calls at once get past a limit.

A film is refused before it is begun, never in the middle, where what was made of it would be paid for
nothing: what films under way are still to order is promised to them.

Midnight may pass between any two steps. So the day is read once for each call and handed on: a call
counts, and is corrected, on the day that its row was made.
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
PROMISES: list[Promised] = []


class Limit(NamedTuple):
    """Who may spend how much in a day; no owner stands for the site, no amount for no limit."""

    owner: Any | None
    usd: Decimal | None


def count_promises(promised: Promised) -> None:
    """`promised(owner)` tells what films under way, of a user or with None of all, are still to order."""
    PROMISES.append(promised)


@transaction.atomic
def spend(owner: Any, usd: Decimal, *, day: date, is_promised: bool = False) -> None:
    """Count a call, inside the caller's transaction. Problem 402 where its day does not allow it.

    What was promised when a film was begun is counted, and not refused.
    """
    for limit in _limits(owner):
        _hold(limit, day)
        if not is_promised:
            _fit(limit, usd, day)
        _sums(limit.owner, day).update(usd=usd_sum(F("usd") + usd))


def promise(owner: Any, usd: Decimal) -> None:
    """Problem 402 where a film of this price does not fit; inside the transaction that begins it.

    Until that ends, other films and calls of the day wait here. Those of tomorrow as well, and it must
    fit there too: its calls may be ordered then, and so may others while this transaction still runs.
    """
    day = today()
    for limit in _limits(owner):
        if limit.usd is not None:
            for held in (day, day + timedelta(days=1)):
                _hold(limit, held)
                _fit(limit, usd, held)


def check(owner: Any, usd: Decimal) -> None:
    """Problem 402 where something that costs so much cannot be begun today; nothing is counted yet."""
    day = today()
    for limit in _limits(owner):
        _fit(limit, usd, day)


def spent_today(owner: Any | None) -> Decimal:
    """What today's calls of a user cost, or with None those of all users."""
    return _spent(owner, today())


def today() -> date:
    """The day that a call would count on now."""
    return timezone.now().astimezone(UTC).date()


def _limits(owner: Any) -> Iterator[Limit]:
    """Always in this order: so no two calls wait for each other."""
    yield Limit(owner, settings.USER_DAILY_USD)
    yield Limit(None, settings.SITE_DAILY_USD)


def _sums(owner: Any | None, day: date) -> QuerySet[DaySpend]:
    return DaySpend.objects.filter(owner=owner, day=day)


def _spent(owner: Any | None, day: date) -> Decimal:
    row = _sums(owner, day).first()
    return row.usd if row else ZERO


def _hold(limit: Limit, day: date) -> None:
    """Lock the sum of a day until the transaction ends, so that what is read of it stays true."""
    DaySpend.objects.get_or_create(owner=limit.owner, day=day)
    _sums(limit.owner, day).update(usd=F("usd"))


def _fit(limit: Limit, usd: Decimal, day: date) -> None:
    if limit.usd is None:
        return
    taken = _spent(limit.owner, day) + sum((told(limit.owner) for told in PROMISES), ZERO)
    if taken + usd > limit.usd:
        raise _over(limit, usd, taken, day)


def _over(limit: Limit, usd: Decimal, taken: Decimal, day: date) -> Problem:
    again = datetime.combine(day + timedelta(days=1), time(), UTC)
    who = "this site" if limit.owner is None else "an account"
    if usd > (limit.usd or ZERO):
        sentence = f"This costs {usd_text(usd)}, more than {who} may spend on AI models in a day."
        advice = "Choose a cheaper model; the visualizer costs nothing."
    else:
        # What a site has spent is its operator's to know.
        spent = f": {usd_text(taken)} of {usd_text(limit.usd)} is spent or promised to your films"
        sentence = (
            f"What {who} may spend on AI models in a day is used up{spent if limit.owner else ''}."
        )
        advice = "It starts anew at midnight (UTC); the visualizer costs nothing and works now."
    return Problem(
        "over_budget",
        f"{sentence} {advice}",
        status=402,
        about={"resets_at": again.isoformat()},
    )
