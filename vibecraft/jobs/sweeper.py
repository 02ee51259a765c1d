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
RINGS_A_SWEEP = 50


@dataclass(frozen=True)
class Swept:
    """What one sweep did."""

    rung: int
    ended: int
    discarded: int


def claimable_models() -> list[type[Claimable]]:
    return [model for model in apps.get_models() if issubclass(model, Claimable)]


def sweep() -> Swept:
    """Do one round. Safe to run anywhere, at any time, any number of times at once."""
    forget_old_keys()
    ended = sum(_end_hopeless(model) for model in claimable_models())
    rung = sum(ring(model.work().unheard()[:RINGS_A_SWEEP]) for model in claimable_models())
    return Swept(rung=rung, ended=ended, discarded=discard())


def _end_hopeless(model: type[Claimable]) -> int:
    rows = model.work()
    late = [(row, _too_late()) for row in rows.overdue()]
    dead = [(row, _too_often()) for row in rows.exhausted()]
    return sum(int(row.fail(problem)) for row, problem in late + dead)


def _too_late() -> Problem:
    return Problem("too_late", "This took far too long and was stopped. Please try it again.")


def _too_often() -> Problem:
    sentence = "This could not be finished after several attempts. Please try it again later."
    return Problem("too_many_attempts", sentence, detail="the worker died on every attempt")


def discard() -> int:
    """Delete the stored objects that nothing points at any more; return how many prefixes went."""
    return sum(discard_one(row) for row in Discard.objects.due()[:RINGS_A_SWEEP])


def discard_one(row: Discard) -> bool:
    """Delete what is stored under one prefix; False when that has to be tried again."""
    try:
        storage.delete_prefix(row.prefix)
    except OSError as error:
        log.warning("cannot delete %s yet: %s", row.prefix, error)
        return False
    row.delete()
    return True
