"""An image asked of a model: ordered, waited for without a worker, tried again where that can help."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import transaction
from django.utils import timezone

from vibecraft.jobs.claims import Claimable, Status
from vibecraft.jobs.runner import LeaseLost
from vibecraft.predictions import errors
from vibecraft.predictions.models import Prediction
from vibecraft.problems import Problem
from videos.attempts import ATTEMPTS, PAUSES_SECONDS

# A call that lives wakes its row when it ends; this is for a row that was rung for before.
LOOK_AGAIN_SECONDS = 15.0

# Writes the order of the call of this number, inside the transaction that lets the row wait.
Place = Callable[[int], Prediction]


def picture_of(row: Claimable, calls: Sequence[Prediction], place: Place) -> Prediction | None:
    """The call that has brought the picture; None when the row has to wait for one.

    `calls` are those made so far, oldest first. Raises Problem with the sentence of what went wrong
    when nothing is left to be tried.
    """
    if not calls:
        _order(row, place, 0)
        return None
    last = calls[-1]
    if not last.is_terminal:
        row.come_back(LOOK_AGAIN_SECONDS)
        return None
    if last.status == Status.SUCCEEDED and last.outputs:
        return last
    code = last.error_code or "output_bad"
    try_on(row, calls, place, code, last.error_detail)
    return None


def try_on(
    row: Claimable, calls: Sequence[Prediction], place: Place, code: str, detail: str
) -> None:
    """Order once more after a call that was of no use, or raise when that cannot help [H4]."""
    if code not in errors.RETRIABLE or len(calls) >= ATTEMPTS:
        sentence = errors.SENTENCES.get(code) or calls[-1].error_sentence
        raise Problem(code, sentence, status=502, detail=detail)
    left = PAUSES_SECONDS[len(calls) - 1] - _seconds_since(calls[-1])
    if left > 0:
        row.come_back(left)
        return
    _order(row, place, len(calls))


def _order(row: Claimable, place: Place, number: int) -> None:
    with transaction.atomic():
        place(number)
        if not row.wait_for_others():
            raise LeaseLost


def _seconds_since(call: Prediction) -> float:
    ended = call.finished_at or timezone.now()
    return (timezone.now() - ended).total_seconds()
