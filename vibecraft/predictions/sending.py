"""intent → sending → waiting: the one request that costs money.

Everything before it may be repeated. `sending` is committed before the request leaves, and nothing
that is found in `sending` is ever sent again.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from vibecraft.jobs.claims import ACTIVE
from vibecraft.jobs.failpoints import failpoint
from vibecraft.jobs.runner import LeaseLost
from vibecraft.predictions import client, errors, uploading, valve
from vibecraft.predictions.addresses import unsigned, webhook_address
from vibecraft.predictions.client import AnswerLost, ApiProblem, NotSent
from vibecraft.predictions.models import Phase, Prediction
from vibecraft.predictions.turn import Turn, is_switched_off
from vibecraft.predictions.waiting import FIRST_LOOK_SECONDS

# At the service, beyond the model's own deadline: then we cancel what has not ended.
GRACE_SECONDS = 120
FULL_SECONDS = 2.0
OFFLINE_SECONDS = 5.0
ON_THE_WAY = (Phase.SENDING, Phase.UNKNOWN, Phase.WAITING)
# Statuses whose refusal may pass: the call stays an intent.
_PASSING = frozenset({402, 429})


class _Full(Exception):
    """The owner has as many calls on the way as allowed."""


def send(turn: Turn) -> bool:
    """Bring an intent to the service; True when its id is known and the next phase can begin."""
    failpoint("prediction-intent")
    if turn.prediction.cancel_asked:
        return turn.cancel()
    if is_switched_off():
        return turn.fail("provider_auth", "there is no token")
    try:
        given = uploading.with_addresses(turn)
    except (ApiProblem, NotSent, AnswerLost) as error:
        return _refused_upload(turn, error)
    failpoint("prediction-uploaded")
    taken = _begin(turn)
    if not taken.may_create:
        return _held_back(turn, taken)
    if turn.prediction.cancel_asked:
        return turn.cancel()
    return _post(turn, given)


def _begin(turn: Turn) -> valve.Taken:
    """intent → sending, with a token of the valve, if the owner has room: in one transaction.

    The valve's row is locked by its update, so that two workers never count the same room.
    """
    try:
        with transaction.atomic():
            taken = valve.take()
            if taken.may_create:
                _check_room(turn.prediction)
                seconds = turn.model.deadline_seconds + GRACE_SECONDS
                moments = {"sent_at": Now(), "give_up_at": Now() + timedelta(seconds=seconds)}
                if not turn.prediction.write_mine(phase=Phase.SENDING, **moments):
                    raise LeaseLost
    except _Full:
        return valve.Taken(False, FULL_SECONDS)
    if taken.may_create:
        turn.prediction.refresh_from_db()
    return taken


def _check_room(prediction: Prediction) -> None:
    """Raise _Full where the owner has no room for one more call."""
    theirs = Prediction.objects.filter(owner_id=prediction.owner_id, status__in=ACTIVE)
    if theirs.filter(phase__in=ON_THE_WAY).count() >= settings.PREDICTIONS_AT_ONCE:
        raise _Full


def _held_back(turn: Turn, taken: valve.Taken) -> bool:
    """The valve is closed or empty: wait, or end where waiting makes no sense."""
    if taken.reason == valve.AUTH:
        return turn.fail("provider_auth", "the service refused our token a moment ago")
    if taken.reason:
        return _wait_for(turn, taken.reason, taken.wait_seconds)
    return turn.come_back(taken.wait_seconds + random.random() / 2)


def _post(turn: Turn, given: Mapping[str, Any]) -> bool:
    """The one request, and what its answer says."""
    prediction = turn.prediction
    failpoint("prediction-sending")
    try:
        answer = client.create(
            prediction.slug,
            prediction.version,
            given,
            attempt=prediction.pk,
            webhook=webhook_address(prediction.pk),
            cancel_after=turn.model.deadline_seconds,
        )
    except NotSent as error:
        return _back_to_intent(turn, str(error))
    except ApiProblem as problem:
        if problem.proves_nothing_was_made:
            return _refused(turn, problem)
        return forget_answer(turn, str(problem))
    except AnswerLost as error:
        if error.prediction_id is None:
            return forget_answer(turn, str(error))
        answer = {"id": error.prediction_id, "status": "starting"}
    failpoint("prediction-sent")
    return _keep_id(turn, answer)


def _keep_id(turn: Turn, answer: Mapping[str, Any]) -> bool:
    """The first statement after the answer: the id is known now, whoever holds the lease."""
    provider_id = answer.get("id")
    if not isinstance(provider_id, str) or not provider_id:
        return forget_answer(turn, "the answer has no id")
    try:
        keep_id(turn.prediction, provider_id, str(answer.get("status") or ""))
    except IntegrityError:
        # A twin with the same input has taken it for its own: this one looks for the other.
        return forget_answer(turn, f"{provider_id} belongs to another row")
    turn.write(phase=Phase.WAITING, refused_since=None, answer=unsigned(dict(answer)))
    turn.note(f"created {provider_id}", answer=dict(answer))
    failpoint("prediction-waiting")
    return turn.come_back(FIRST_LOOK_SECONDS)


def keep_id(prediction: Prediction, provider_id: str, status: str) -> bool:
    """Write down which prediction of the service is ours. Raises IntegrityError if another's."""
    rows = Prediction.objects.filter(pk=prediction.pk, provider_id=None)
    fields = {"provider_id": provider_id[:64], "provider_status": status[:20]}
    with transaction.atomic():
        moved = rows.filter(phase__in=(Phase.SENDING, Phase.UNKNOWN)).update(
            phase=Phase.WAITING, **fields
        )
        kept = bool(moved or rows.update(**fields))
    if kept:
        prediction.provider_id, prediction.phase = provider_id, Phase.WAITING
    return kept


def forget_answer(turn: Turn, why: str) -> bool:
    """sending → unknown: it may exist, so it is looked for and never sent again."""
    turn.write(phase=Phase.UNKNOWN)
    turn.note("the answer was lost: it is looked for, not sent again", why=why[:500])
    turn.count_again("answer_lost")
    return turn.come_back(FIRST_LOOK_SECONDS)


def _back_to_intent(turn: Turn, why: str) -> bool:
    turn.write(phase=Phase.INTENT, sent_at=None)
    turn.note("not sent", why=why[:500])
    return _wait_for(turn, valve.BUSY, OFFLINE_SECONDS)


def _refused(turn: Turn, problem: ApiProblem) -> bool:
    """The service took nothing: wait where that can pass, else end by the kind of refusal."""
    turn.write(phase=Phase.INTENT, sent_at=None)
    turn.note(f"refused: {problem.status}", answer=problem.json)
    code = errors.class_of_refusal(problem.status, problem.title)
    if problem.status in (401, 403):
        valve.close(valve.AUTH_SECONDS, valve.AUTH)
    if problem.status not in _PASSING:
        return turn.fail(code, str(problem))
    seconds = problem.wait_seconds
    if problem.status == 402:
        seconds = settings.CREDIT_PAUSE_SECONDS
        valve.close(seconds, valve.CREDIT)
    elif problem.is_low_credit:
        valve.slow_down(seconds)
    else:
        valve.close(seconds, valve.BUSY)
    return _wait_for(turn, code, seconds, str(problem))


def _wait_for(turn: Turn, code: str, seconds: float, detail: str = "") -> bool:
    """Try again later; after too long a time of refusals, end with their code."""
    since = turn.prediction.refused_since or timezone.now()
    if _age(since) > settings.CREDIT_PATIENCE_SECONDS:
        return turn.fail(code, detail or "the service took no calls for too long")
    turn.count_again(code)
    # Those who wait together do not all come back in the same moment.
    return turn.come_back(seconds * (1 + random.random() / 10), refused_since=since)


def _refused_upload(turn: Turn, error: Exception) -> bool:
    turn.note("an upload failed", why=str(error)[:500])
    if isinstance(error, ApiProblem) and error.status < 500 and error.status != 429:
        if error.status in (401, 403):
            valve.close(valve.AUTH_SECONDS, valve.AUTH)
        if error.status != 402:
            return turn.fail(errors.class_of_refusal(error.status), str(error))
    seconds = error.wait_seconds if isinstance(error, ApiProblem) else OFFLINE_SECONDS
    return _wait_for(turn, valve.BUSY, max(seconds, OFFLINE_SECONDS), str(error))


def _age(moment: datetime) -> float:
    return (timezone.now() - moment).total_seconds()
