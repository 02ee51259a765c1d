"""The only recovery there is: ring for work that nobody does, end what cannot end by itself."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.apps import apps

from vibecraft import storage
from vibecraft.jobs.claims import Claimable
from vibecraft.jobs.doorbell import ring
from vibecraft.jobs.models import Discard
from vibecraft.problems import Problem
from vibecraft.sent_keys import forget_old_keys

log = logging.getLogger(__name__)
ROWS_A_SWEEP = 50


@dataclass(frozen=True)
class Swept:
    """What one sweep did. `left` could not be rung for, or deleted, and waits for the next one."""

    rung: int
    ended: int
    discarded: int
    left: int = 0


def claimable_models() -> list[type[Claimable]]:
    return [model for model in apps.get_models() if issubclass(model, Claimable)]


def sweep(limit: int = ROWS_A_SWEEP) -> Swept:
    """Do one round, with at most `limit` rows of each kind for each act.

    Safe to run anywhere, at any time, any number of times at once.
    """
    forget_old_keys()
    ended = sum(
        _is_ended(row, problem)
        for model in claimable_models()
        for row, problem in _hopeless(model, limit)
    )
    unheard = [list(model.work().unheard()[:limit]) for model in claimable_models()]
    discards = Discard.objects.due()[:limit]
    rung, discarded = sum(map(ring, unheard)), sum(map(discard_one, discards))
    wanted = sum(map(len, unheard)) + len(discards)
    return Swept(rung, ended, discarded, left=wanted - rung - discarded)


def foresee(limit: int = ROWS_A_SWEEP) -> Swept:
    """What a round would do now; nothing is done."""
    ended = rung = 0
    for model in claimable_models():
        hopeless = {row.pk for row, _ in _hopeless(model, limit)}
        ended += len(hopeless)
        rung += model.work().unheard().exclude(pk__in=hopeless)[:limit].count()
    return Swept(rung, ended, Discard.objects.due()[:limit].count())


def _hopeless(model: type[Claimable], limit: int) -> list[tuple[Claimable, Problem]]:
    """Rows that cannot come to a good end, with the reason."""
    rows = model.work()
    late = [(row, _too_late()) for row in rows.overdue()[:limit]]
    dead = [(row, too_often()) for row in rows.exhausted()[:limit]]
    return [*late, *dead]


def _is_ended(row: Claimable, problem: Problem) -> bool:
    """End one row; one that cannot be is logged, and keeps nobody from the rest of the round."""
    try:
        return row.fail(problem)
    except Exception:
        log.exception("cannot end %s %s", row._meta.label_lower, row.pk)
        return False


def _too_late() -> Problem:
    return Problem("too_late", "This took far too long and was stopped. Please try it again.")


def too_often() -> Problem:
    """Why work is over that died on every attempt."""
    sentence = "This could not be finished after several attempts. Please try it again later."
    return Problem("too_many_attempts", sentence, detail="the worker died on every attempt")


def discard() -> int:
    """Delete the stored objects that nothing points at any more; return how many prefixes went."""
    return sum(discard_one(row) for row in Discard.objects.due()[:ROWS_A_SWEEP])


def discard_one(row: Discard) -> bool:
    """Delete what is stored under one prefix; False when that has to be tried again."""
    try:
        storage.delete_prefix(row.prefix)
    except OSError as error:
        log.warning("cannot delete %s yet: %s", row.prefix, error)
        return False
    row.delete()
    return True
