"""arrived → ended: the output is fetched and kept, the cost settled, the outcome written."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils import timezone

from vibecraft import storage
from vibecraft.jobs.failpoints import failpoint
from vibecraft.predictions import client, errors, prices
from vibecraft.predictions.checking import Checked
from vibecraft.predictions.client import AnswerLost, ApiProblem, NotSent
from vibecraft.predictions.fetching import Bad, Gone, fetch
from vibecraft.predictions.turn import Turn
from vibecraft.predictions.waiting import moment_of
from vibecraft.texts import counted

log = logging.getLogger(__name__)
# What is bad may have been spoiled on its way, and fetching is free: it is fetched again.
FETCH_TRIES = 3
FETCH_PAUSES = (2.0, 5.0)
READ_AGAIN_SECONDS = 3.0
# The service deletes what it made after an hour.
KEPT_SECONDS = 55 * 60
ALARM_SECONDS = 20 * 60
FILE_KINDS = frozenset({"video", "lipsync", "image", "music"})
MAX_DATA_BYTES = 4 * 1024 * 1024
Cost = tuple[Decimal, str]
NOTHING: Cost = (Decimal(0), "none")


@dataclass(frozen=True)
class Kept:
    """What came of an output: storage keys, words, JSON, and how long it plays."""

    outputs: list[str] = field(default_factory=list)
    text: str = ""
    data: Any = None
    seconds: Decimal | None = None


def settle(turn: Turn) -> bool:
    """End a prediction that has ended at the service."""
    prediction = turn.prediction
    match prediction.provider_status:
        case "succeeded" if not prediction.cancel_asked:
            return _succeeded(turn)
        case "succeeded":
            return turn.cancel(*_charge(turn))
        case "failed":
            error = prediction.answer.get("error")
            return turn.fail(errors.class_of_failure(error), str(error), *NOTHING)
    return _stopped(turn)


def _stopped(turn: Turn) -> bool:
    """canceled or aborted there: by us, by our deadline, or by the service itself."""
    prediction = turn.prediction
    was_running = prediction.provider_status == "canceled" and prediction.provider_started_at
    cost = _charge(turn) if was_running else NOTHING
    if prediction.cancel_asked:
        return turn.cancel(*cost)
    said = f"{prediction.provider_status} at the service"
    return turn.fail("too_late" if _is_past_deadline(turn) else "provider_failed", said, *cost)


def _is_past_deadline(turn: Turn) -> bool:
    """Whether it was stopped because of the time that we had allowed, here or there."""
    give_up_at, answer = turn.prediction.give_up_at, turn.prediction.answer
    if give_up_at is not None and give_up_at < timezone.now():
        return True
    deadline, ended = moment_of(answer.get("deadline")), moment_of(answer.get("completed_at"))
    return bool(deadline and ended and (deadline - ended).total_seconds() < 1)


def _succeeded(turn: Turn) -> bool:
    """Fetch, keep and end; what cannot be read now is read again while the service keeps it."""
    if _age(turn) > ALARM_SECONDS:
        log.error("%s is ready for %d min and not fetched", turn.prediction, _age(turn) // 60)
    try:
        answer = turn.answer or client.get(str(turn.prediction.provider_id))
    except (ApiProblem, NotSent, AnswerLost) as error:
        is_gone = isinstance(error, ApiProblem) and error.status == 404
        if is_gone or _age(turn) > KEPT_SECONDS:
            return turn.fail("output_lost", str(error), *_charge(turn))
        return turn.come_back(READ_AGAIN_SECONDS)
    if answer.get("data_removed"):
        return turn.fail("output_lost", "the service has deleted it", *_charge(turn))
    if answer.get("status") != "succeeded":
        # A read that is older than the one that told of the end.
        return turn.come_back(READ_AGAIN_SECONDS)
    try:
        kept = _keep(turn, answer.get("output"))
    except (Bad, Gone) as error:
        return _not_kept(turn, error)
    failpoint("prediction-fetched")
    usd, source = _charge(turn, kept.seconds)
    ended = turn.succeed(
        usd, source, outputs=kept.outputs, text=kept.text, data=kept.data, answer=_last(turn)
    )
    failpoint("prediction-ended")
    return ended


def _last(turn: Turn) -> dict[str, Any]:
    return dict(turn.prediction.answer)


def _not_kept(turn: Turn, error: Bad | Gone) -> bool:
    """Fetch it again a little later, some times; then say what was wrong with it."""
    prediction = turn.prediction
    turn.note("the output cannot be used", why=str(error)[:500], attempt=prediction.attempts)
    code = "output_lost" if isinstance(error, Gone) else "output_bad"
    if prediction.attempts >= FETCH_TRIES:
        return turn.fail(code, str(error), *_charge(turn))
    pause = FETCH_PAUSES[min(prediction.attempts, len(FETCH_PAUSES)) - 1]
    turn.count_again(code)
    prediction.try_again(errors.problem(code, str(error)), after_seconds=pause)
    return False


def _keep(turn: Turn, output: Any) -> Kept:
    """Bring an output into the storage, or read its words. Raises Bad or Gone."""
    kind = turn.model.kind
    if kind not in FILE_KINDS:
        return _words(output)
    with storage.scratch("prediction") as folder:
        files = fetch(output, kind, folder)
        keys = [_key(turn.prediction.keep_at, files, number) for number in range(len(files))]
        for key, file in zip(keys, files, strict=True):
            turn.lease.check()
            storage.put(key, file.path)
    turn.note(f"kept {counted(len(keys), 'file')}", outputs=keys)
    return Kept(outputs=keys, seconds=files[0].seconds)


def _key(keep_at: str, files: list[Checked], number: int) -> str:
    """The first of several is `….1.png`, an only one `….mp4`."""
    middle = f".{number + 1}" if len(files) > 1 else ""
    return f"{keep_at}{middle}.{files[number].ending}"


def _words(output: Any) -> Kept:
    """Words come as a text, or as pieces of one; everything else is JSON."""
    if output in (None, "", [], {}):
        raise Bad("the output is empty")
    if len(json.dumps(output)) > MAX_DATA_BYTES:
        raise Bad("the output is far too long")
    if isinstance(output, str):
        return Kept(text=output)
    if isinstance(output, list) and all(isinstance(piece, str) for piece in output):
        return Kept(text="".join(output), data=output)
    told = output.get("text") if isinstance(output, Mapping) else None
    return Kept(text=told if isinstance(told, str) else "", data=output)


def _charge(turn: Turn, seconds: Decimal | None = None) -> Cost:
    """What the service charges for it."""
    metrics = turn.prediction.answer.get("metrics")
    return prices.charge(turn.prediction, metrics if isinstance(metrics, Mapping) else {}, seconds)


def _age(turn: Turn) -> float:
    ended = turn.prediction.provider_completed_at or turn.prediction.sent_at
    return (timezone.now() - ended).total_seconds() if ended else 0.0
