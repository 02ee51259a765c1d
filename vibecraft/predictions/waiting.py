"""waiting → arrived: asking how it stands, less and less often; giving up when it takes too long."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from vibecraft.jobs.failpoints import failpoint
from vibecraft.predictions import client, valve
from vibecraft.predictions.addresses import unsigned
from vibecraft.predictions.client import AnswerLost, ApiProblem, NotSent
from vibecraft.predictions.models import Phase
from vibecraft.predictions.turn import Turn

FIRST_LOOK_SECONDS = 2.0
LAST_LOOK_SECONDS = 15.0
LOOK_SHARE = 0.12
# A new prediction may not be known everywhere at once; later, 404 means that it is gone.
UNKNOWN_SECONDS = 60.0
# Past our own deadline, the service has this long to say how it ended.
LAST_WORD_SECONDS = 300.0
TERMINAL = frozenset({"succeeded", "failed", "canceled", "aborted"})
RUNNING = frozenset({"starting", "processing"})


def wait(turn: Turn) -> bool:
    """Ask once; True when it has ended there and the next phase can begin."""
    prediction = turn.prediction
    is_late = prediction.give_up_at is not None and prediction.give_up_at < timezone.now()
    is_unwanted = prediction.cancel_asked or is_late
    try:
        answer = (client.cancel if is_unwanted else client.get)(str(prediction.provider_id))
    except ApiProblem as problem:
        return _unread(turn, problem)
    except (NotSent, AnswerLost) as error:
        return _unanswered(turn, error)
    turn.note(_said(answer, is_unwanted=is_unwanted))
    return take(turn, answer)


def take(turn: Turn, answer: Mapping[str, Any]) -> bool:
    """What an answer says: states only go forward, and an unknown one counts as running."""
    status = str(answer.get("status") or "")
    if status not in TERMINAL:
        words = "" if status in RUNNING else f"a status that is not known: {status[:50]}"
        return _later(turn, words, provider_status=status[:20], **_moments(answer))
    turn.write(
        phase=Phase.ARRIVED,
        provider_status=status,
        polled_at=timezone.now(),
        answer=unsigned(dict(answer)),
        **_moments(answer),
    )
    turn.answer = answer
    failpoint("prediction-arrived")
    return True


def look_seconds(elapsed: float) -> float:
    """When to ask again, so long after it was sent."""
    return min(LAST_LOOK_SECONDS, max(FIRST_LOOK_SECONDS, LOOK_SHARE * elapsed))


def _later(turn: Turn, words: str = "", **fields: Any) -> bool:
    """Ask again later, or end what has given no last word long after its deadline."""
    prediction = turn.prediction
    if words:
        turn.note(words)
    late = _since(prediction.give_up_at)
    if late > LAST_WORD_SECONDS:
        usd = prediction.estimated_usd
        if prediction.cancel_asked:
            return turn.cancel(usd, "estimate")
        return turn.fail("too_late", words or "no end in sight", usd, "estimate")
    seconds = look_seconds(_since(prediction.sent_at))
    return turn.come_back(seconds, polled_at=timezone.now(), **fields)


def _unread(turn: Turn, problem: ApiProblem) -> bool:
    """The service answered with an error; the prediction itself goes on."""
    prediction = turn.prediction
    if problem.status == 404 and _since(prediction.sent_at) > UNKNOWN_SECONDS:
        return turn.fail("output_lost", str(problem), prediction.estimated_usd, "estimate")
    if problem.status in (401, 403):
        # What is paid for is not given up: the operator may bring the access back in time.
        valve.close(valve.AUTH_SECONDS, valve.AUTH)
    return _unanswered(turn, problem)


def _unanswered(turn: Turn, error: Exception) -> bool:
    turn.count_again("no_answer")
    return _later(turn, f"no answer: {error}")


def _said(answer: Mapping[str, Any], *, is_unwanted: bool) -> str:
    asked = "canceled" if is_unwanted else "asked"
    return f"{asked}: it is {str(answer.get('status'))[:50]}"


def _moments(answer: Mapping[str, Any]) -> dict[str, datetime]:
    """When it started and ended there, as far as it says so."""
    told = {
        "provider_started_at": answer.get("started_at"),
        "provider_completed_at": answer.get("completed_at"),
    }
    read = {name: moment_of(text) for name, text in told.items()}
    return {name: moment for name, moment in read.items() if moment is not None}


def moment_of(text: object) -> datetime | None:
    """A moment as the service writes it, with 0 to 9 digits of a second; None for anything else."""
    head, dot, tail = str(text or "").replace("Z", "+00:00").partition(".")
    if dot:
        digits, sign, zone = tail.partition("+")
        head = f"{head}.{digits[:6]:0<6}{sign}{zone}"
    try:
        found = datetime.fromisoformat(head)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=timezone.get_current_timezone())


def _since(moment: datetime | None) -> float:
    return (timezone.now() - moment).total_seconds() if moment is not None else 0.0
