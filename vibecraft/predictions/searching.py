"""unknown → waiting: a call whose answer was lost is looked for, and never sent again.

It is found in the service's list by its model and its exact input (our uploaded files have
addresses of their own), or by the id that a signed webhook of this attempt has named. Only when it
was missing twice, long enough apart, may something new be ordered in its place. The service forgets
inputs after an hour: what could not be looked for until then ends as unknown, for somebody to decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.utils import timezone

from vibecraft.predictions import client
from vibecraft.predictions.client import AnswerLost, ApiProblem, NotSent
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.sending import keep_id
from vibecraft.predictions.turn import Turn
from vibecraft.predictions.uploading import addressed
from vibecraft.predictions.waiting import moment_of

# The two clocks may differ by this much.
SKEW_SECONDS = 120
LOOK_SECONDS = (3.0, 5.0, 10.0, 20.0, 30.0, 60.0)
# From then on a list proves nothing: the input that it is known by may have been forgotten.
HOPELESS_SECONDS = 55 * 60


def search(turn: Turn) -> bool:
    """Look once; True when it was found and the next phase can begin."""
    try:
        found = next((one for one in _candidates(turn.prediction) if _adopt(turn, one)), None)
    except (ApiProblem, NotSent, AnswerLost) as error:
        turn.note("the list could not be read", why=str(error)[:500])
        if _age(turn.prediction) > HOPELESS_SECONDS:
            return _give_up(turn, "order_unknown", "the list could not be read in time")
        return turn.come_back(_pause(turn.prediction.listings))
    if found is None:
        return _missed(turn)
    turn.note(f"found {found['id']}", answer=dict(found))
    turn.prediction.refresh_from_db()
    return True


def _candidates(prediction: Prediction) -> Iterator[Mapping[str, Any]]:
    """What may be ours, the likeliest first; every one has our model and our input."""
    wanted = _comparable(addressed(prediction.input, prediction.uploads))
    sent_at = prediction.sent_at or prediction.created_at
    told = [
        one for one in _told(prediction) if _is_forgotten(one) or _is_same(one, prediction, wanted)
    ]
    yield from told
    after = (sent_at - timedelta(seconds=SKEW_SECONDS)).isoformat().replace("+00:00", "Z")
    listed = [one for one in client.listing(after) if _is_same(one, prediction, wanted)]
    taken = Prediction.objects.filter(provider_id__in=[str(one.get("id")) for one in listed])
    ids = set(taken.values_list("provider_id", flat=True))
    free = [one for one in listed if one.get("id") not in ids]
    yield from sorted(free, key=lambda one: _distance(one, sent_at.timestamp()))


def _told(prediction: Prediction) -> Iterator[Mapping[str, Any]]:
    """What webhooks of this attempt have named, read from the service itself."""
    ids = prediction.deliveries.exclude(provider_id="").values_list("provider_id", flat=True)
    for provider_id in sorted(set(ids)):
        if not Prediction.objects.filter(provider_id=provider_id).exists():
            try:
                yield client.get(provider_id)
            except ApiProblem as problem:
                if problem.status != 404:
                    raise


def _is_same(one: Mapping[str, Any], prediction: Prediction, wanted: Mapping[str, Any]) -> bool:
    given = one.get("input")
    if not isinstance(given, Mapping) or not one.get("id"):
        return False
    # Where it names no model, or an internal name, the input alone must do.
    slug = str(one.get("model") or prediction.slug)
    is_other_model = "/" in slug and slug != prediction.slug
    return not is_other_model and _comparable(given) == wanted


def _is_forgotten(one: Mapping[str, Any]) -> bool:
    """Whether its input was erased. The signed webhook of this very attempt is enough then."""
    return bool(one.get("data_removed")) or not one.get("input")


def _comparable(given: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in given.items() if value is not None}


def _distance(one: Mapping[str, Any], sent: float) -> float:
    made = moment_of(one.get("created_at"))
    return abs(made.timestamp() - sent) if made else float("inf")


def _adopt(turn: Turn, one: Mapping[str, Any]) -> bool:
    """Take it as ours; False when another row was quicker."""
    try:
        return keep_id(turn.prediction, str(one["id"]), str(one.get("status") or ""))
    except IntegrityError:
        return False


def _missed(turn: Turn) -> bool:
    """Not in the list: look again, and end it when it was missing for long enough."""
    prediction, now = turn.prediction, timezone.now()
    first = prediction.missed_at or now
    count = prediction.listings + 1
    gone = (now - first).total_seconds()
    turn.note("not in the service's list", times=count)
    if _age(prediction) > HOPELESS_SECONDS:
        return _give_up(turn, "order_unknown", "not looked for before the service forgot the input")
    if count >= 2 and gone >= settings.LOST_ANSWER_SECONDS:
        return _give_up(turn, "lost_answer", f"missing in {count} lists over {gone:.0f} s")
    return turn.come_back(_pause(count), listings=count, missed_at=first)


def _give_up(turn: Turn, code: str, why: str) -> bool:
    if turn.prediction.cancel_asked:
        return turn.cancel()
    return turn.fail(code, why)


def _pause(listings: int) -> float:
    return LOOK_SECONDS[min(listings, len(LOOK_SECONDS) - 1)]


def _age(prediction: Prediction) -> float:
    return (timezone.now() - (prediction.sent_at or prediction.created_at)).total_seconds()
