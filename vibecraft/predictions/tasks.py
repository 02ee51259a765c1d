"""The tasks of paid calls. Arguments are ids."""

from __future__ import annotations

import logging

from celery import shared_task

from vibecraft.jobs.doorbell import ring
from vibecraft.jobs.runner import run
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.ordering import is_on
from vibecraft.predictions.protocol import advance

log = logging.getLogger(__name__)
RINGS_A_TICK = 100


@shared_task(name="advance_prediction")
def advance_prediction(prediction_id: str) -> None:
    prediction = Prediction.objects.select_related("job").filter(pk=prediction_id).first()
    if prediction is not None:
        run(prediction, lambda lease: advance(lease, prediction), job=prediction.job)


@shared_task(name="ring_predictions")
def ring_predictions() -> None:
    """Ring for calls whose time to be looked at has come: beat sends this about every second."""
    if is_on():
        ring(Prediction.work().unheard()[:RINGS_A_TICK])
