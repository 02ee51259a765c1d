"""A prediction's way: starting, processing, and one of the four ends.

starting → processing | canceled | aborted | failed; processing → succeeded | failed | canceled.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any

from vibecraft.predictions.standin import hooks, shelf
from vibecraft.predictions.standin.faults import FAILURES
from vibecraft.predictions.standin.hooks import Message
from vibecraft.predictions.standin.inputs import MAX_INLINE_BYTES, InputProblem, inline_bytes
from vibecraft.predictions.standin.records import UUID, Prediction, show
from vibecraft.predictions.standin.shapes import expected_metrics
from vibecraft.predictions.standin.studio import Made, Order
from vibecraft.predictions.standin.world import World, new_id

logger = logging.getLogger(__name__)

RUN_LIMIT_SECONDS = 1800.0
RETENTION_SECONDS = 3600.0
FETCHED_WITHIN_SECONDS = 600.0  # of the machine's own clock
INLINE_DEATH_SECONDS = 120.0
LATE_SECONDS = 30.0
FLOOD = 100
DUPLICATES = 5


class Lifecycle:
    """Moves predictions on when the clock says so, or when it is told to."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._clock = world.clock
        self._making: dict[str, Future[Made]] = {}

    # --- the way ---------------------------------------------------------------------------------

    def begin(self, prediction: Prediction) -> None:
        """Plan all that will happen to a new prediction."""
        start = prediction.created + prediction.queue_seconds
        self._plan_deadline(prediction)
        uris = [uri for _, uri in prediction.model.file_inputs(prediction.request.given)]
        if inline_bytes(uris) > MAX_INLINE_BYTES:
            self._later(prediction.created + INLINE_DEATH_SECONDS, self._fail, prediction, "PA")
        elif prediction.plan.get("end") == "aborted":
            self._end_at(start, prediction, "aborted")
        elif prediction.plan.get("stuck") != "starting":
            if self._early_end(prediction) is None:
                self._make(prediction)
            self._later(start, self._start, prediction, start)

    def _plan_deadline(self, prediction: Prediction) -> None:
        seconds = prediction.request.cancel_after
        if seconds is not None:
            prediction.deadline_wall = prediction.created_wall + seconds / self._clock.scale
            deadline = prediction.created + seconds
            self._later(deadline, self._meet_deadline, prediction, deadline)

    def _meet_deadline(self, prediction: Prediction, deadline: float) -> None:
        started = prediction.started
        is_done = started is not None and started + prediction.run_seconds <= deadline
        if is_done and prediction.id in self._making:
            # Only the drawing is late: how busy this machine is has no part in the service's time.
            return
        status = "aborted" if prediction.started is None else "canceled"
        self._end(prediction, status, moment=deadline)

    def _early_end(self, prediction: Prediction) -> tuple[float, str, str] | None:
        """(part of the run, status, error) if the run will not make anything."""
        plan, model = prediction.plan, prediction.model
        if "fail" in plan:
            return plan.get("at", 0.5), "failed", plan["fail"]
        if plan.get("end") == "canceled":
            return plan.get("at", 0.5), "canceled", ""
        if plan.get("stuck") == "processing":
            return RUN_LIMIT_SECONDS / prediction.run_seconds, "failed", "E8367"
        values, given = prediction.values, prediction.request.given
        broken = next((rule for rule in model.rules if rule.is_broken_by(values, given)), None)
        return (0.1, "failed", broken.error) if broken else None

    def _make(self, prediction: Prediction) -> None:
        model = prediction.model
        order = Order(
            model=model,
            values=prediction.values,
            files=tuple(model.file_inputs(prediction.request.given)),
            number=prediction.number,
            seed=self._world.options.seed,
            media=prediction.plan.get("media"),
        )
        self._making[prediction.id] = self._world.studio.make(order)

    def _start(self, prediction: Prediction, moment: float) -> None:
        with self._world.lock:
            if prediction.status != "starting":
                return
            prediction.status = "processing"
            prediction.started, prediction.started_wall = moment, time.time()
        self._tell(prediction, "start")
        run = prediction.run_seconds
        early = self._early_end(prediction)
        self._later(moment + run / 2, self._tell_logs, prediction)
        if early is None:
            self._later(moment + run, self._finish, prediction, moment + run)
            self._later(moment + RUN_LIMIT_SECONDS, self._fail, prediction, "E8367")
        else:
            part, status, error = early
            self._end_at(moment + part * run, prediction, status, error)

    def _tell_logs(self, prediction: Prediction) -> None:
        if not prediction.is_over:
            self._tell(prediction, "logs")

    def _finish(self, prediction: Prediction, moment: float) -> None:
        """Succeed with what was made, as soon as it is made."""
        making = self._making.get(prediction.id)
        if making is None or prediction.is_over:
            return
        if not making.done():
            making.add_done_callback(
                lambda _: self._later(moment, self._finish, prediction, moment)
            )
            return
        error = making.exception()
        if error is None:
            self._succeed(prediction, making.result(), moment)
        else:
            if not isinstance(error, InputProblem):
                logger.error("making an output failed", exc_info=error)
            is_known = isinstance(error, InputProblem)
            self._fail(prediction, str(error) if is_known else "E1000")

    def _succeed(self, prediction: Prediction, made: Made, moment: float) -> None:
        with self._world.lock:
            if prediction.is_over:
                return
            prediction.output = self._output(prediction, made)
            prediction.billed = made.metrics
        if isinstance(prediction.output, list):
            self._tell(prediction, "output")
        self._end(prediction, "succeeded", moment=moment)

    def _output(self, prediction: Prediction, made: Made) -> Any:
        if not made.files:
            return made.value
        plan, now = prediction.plan, self._clock.now()
        expires = now + plan["expires"] if "expires" in plan else None
        stock = self._world.shelf
        items = [stock.put(path, prediction.id, plan, expires) for path in made.files]
        if plan.get("output") == "data_uri":
            return shelf.data_uri(items[0])
        if plan.get("wait_output") == "data_uri":
            links = [shelf.data_uri(item) for item in items]
            prediction.output_data_uri = shelf.shaped(prediction.model.output, links, plan)
        return shelf.shaped(prediction.model.output, [stock.link(item) for item in items], plan)

    # --- the ends --------------------------------------------------------------------------------

    def _fail(self, prediction: Prediction, error: str) -> None:
        self._end(prediction, "failed", error)

    def _end(
        self, prediction: Prediction, status: str, error: str = "", *, moment: float | None = None
    ) -> None:
        """Bring a prediction to its end, once; one from before a reset is left alone."""
        with self._world.lock:
            if prediction.is_over or prediction.id not in self._world.predictions:
                return
            prediction.status = status
            prediction.error = FAILURES.get(error, error) if status == "failed" else None
            prediction.completed = moment if moment is not None else self._clock.now()
            prediction.completed_wall = time.time()
            self._settle(prediction)
            self._world.changed.notify_all()
        seconds = prediction.plan.get("retention", self._retention())
        self._later(prediction.completed + seconds, self.expire, prediction)
        if status != "aborted":
            self._tell(prediction, "completed")

    def _retention(self) -> float:
        """An hour of the service; where its clock is quick, time enough for a busy machine to fetch."""
        return max(RETENTION_SECONDS, FETCHED_WITHIN_SECONDS * self._clock.scale)

    def _settle(self, prediction: Prediction) -> None:
        """Write the metrics and charge what is charged."""
        metrics = self._metrics(prediction)
        shown = {"predict_time", "total_time", *prediction.model.metrics}
        limit = prediction.plan.get("metrics")
        if limit == "none":
            shown = set()
        elif limit == "predict_time":
            shown = {"predict_time"}
        if prediction.status != "succeeded":
            shown &= {"predict_time", "total_time"}
        prediction.metrics = {name: value for name, value in metrics.items() if name in shown}
        is_charged = prediction.status == "succeeded" or (
            prediction.status == "canceled" and prediction.started is not None
        )
        if is_charged:
            self._world.charge(prediction, metrics, prediction.status)

    def _metrics(self, prediction: Prediction) -> dict[str, Any]:
        """All metrics, also those that this model does not show."""
        assert prediction.completed is not None
        ran = 0.0
        metrics: dict[str, Any] = {}
        if prediction.started is not None:
            ran = prediction.completed - prediction.started
            metrics["predict_time"] = round(ran, 6)
        metrics["total_time"] = round(prediction.completed - prediction.created, 6)
        expected = expected_metrics(prediction.model, prediction.values)
        return metrics | expected | dict(prediction.billed)

    # --- from outside ----------------------------------------------------------------------------

    def cancel(self, prediction: Prediction) -> None:
        """The caller's cancel; does nothing to what is over."""
        self._end(prediction, "canceled")

    def finish_now(self, prediction: Prediction) -> None:
        """Let a prediction succeed at once (waits until its output is made)."""
        if prediction.is_over:
            return
        now = self._clock.now()
        if prediction.id not in self._making:
            self._make(prediction)
        self._start(prediction, now)
        self._making[prediction.id].exception()
        self._finish(prediction, now + 0.001)

    def fail_now(self, prediction: Prediction, error: str) -> None:
        self._fail(prediction, error)

    def expire(self, prediction: Prediction) -> None:
        """Erase input, output, files and logs, as after an hour."""
        with self._world.lock:
            if prediction.is_over:
                prediction.input, prediction.output = {}, None
                prediction.data_removed = True
                self._world.shelf.remove(prediction.id)

    def _end_at(self, moment: float, prediction: Prediction, status: str, error: str = "") -> None:
        """Plan an end; its figures are those of the planned moment, however busy the machine is."""
        self._clock.at(moment, partial(self._end, prediction, status, error, moment=moment))

    def _later(self, moment: float, action: Callable[..., None], *args: Any) -> None:
        self._clock.at(moment, partial(action, *args))

    # --- webhooks --------------------------------------------------------------------------------

    def _tell(self, prediction: Prediction, event: str) -> None:
        request = prediction.request
        if not request.webhook or (request.events and event not in request.events):
            return
        fault = prediction.plan.get("webhook", "")
        message = self.message(prediction, event)
        if fault == "none" or (fault == "out_of_order" and event == "start"):
            return
        delay = prediction.plan.get("webhook_delay", LATE_SECONDS if fault == "late" else 0.0)
        for one in self._copies(prediction, message, fault):
            self._world.sender.send(one, delay)

    def message(self, prediction: Prediction, event: str, fault: str = "") -> Message:
        """The webhook of an event, bent by a fault (the plan's, if none is named)."""
        fault = fault or prediction.plan.get("webhook", "")
        shown = show(prediction, self._world.origins.api, self._clock.now(), "webhook")
        url = prediction.request.webhook or ""
        if fault == "other_account":
            shown["id"] = new_id()
        if fault == "unknown_attempt":
            url = UUID.sub(str(uuid.uuid4()), url)
        return Message(
            id=hooks.new_id(),
            url=url,
            body=hooks.body_of(shown),
            key=prediction.account.webhook_key,
            event=event,
            prediction=prediction.id,
            fault=fault,
        )

    def _copies(self, prediction: Prediction, message: Message, fault: str) -> list[Message]:
        if message.event != "completed":
            return [message]
        if fault == "duplicate":
            return [message] * DUPLICATES
        if fault == "replay":
            return [message, replace(message, age=600.0)]
        if fault == "flood":
            return [message, *(replace(message, id=hooks.new_id()) for _ in range(FLOOD - 1))]
        if fault == "out_of_order":
            return [message, self._started_again(message)]
        return [message]

    def _started_again(self, message: Message) -> Message:
        """The start that comes after the end."""
        body = re.sub(rb'"status": "\w+"', b'"status": "processing"', message.body)
        return replace(message, id=hooks.new_id(), body=body, event="start")


def summary(prediction: Prediction) -> Mapping[str, Any]:
    """What the control shows of a prediction."""
    return {
        "id": prediction.id,
        "number": prediction.number,
        "account": prediction.account.username,
        "model": prediction.model.slug,
        "status": prediction.status,
        "attempt": prediction.request.attempt,
        "input": dict(prediction.request.given),
        "input_hash": prediction.input_hash,
        "webhook": prediction.request.webhook,
        "error": prediction.error,
        "output": prediction.output,
        "plan": prediction.plan,
        "unknown_inputs": prediction.warnings,
        "reads": [round(moment, 3) for moment in prediction.reads],
        "was_seen": prediction.was_seen,
        "charged": float(prediction.charged),
        "created": round(prediction.created, 3),
        "cancel_after": prediction.request.cancel_after,
    }
