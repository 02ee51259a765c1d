"""One worker's turn at a prediction: the only writes to its row, each only while the lease holds."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

from vibecraft.jobs.models import Figure, Job, JobEvent
from vibecraft.jobs.runner import Lease, LeaseLost
from vibecraft.predictions import errors
from vibecraft.predictions.addresses import unsigned
from vibecraft.predictions.catalog import Model, get_model
from vibecraft.predictions.models import Prediction

log = logging.getLogger(__name__)
TOLERATED_SHARE = Decimal("0.2")


@dataclass
class Turn:
    """The prediction that is worked on, and the service's last answer as it came (never stored)."""

    lease: Lease
    prediction: Prediction
    answer: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def model(self) -> Model:
        return get_model(self.prediction.model)

    def write(self, **fields: Any) -> None:
        """Write fields of the row and go on. Raises LeaseLost."""
        if not self.prediction.write_mine(**fields):
            raise LeaseLost
        for name, value in fields.items():
            setattr(self.prediction, name, value)

    def come_back(self, seconds: float, **fields: Any) -> bool:
        """Give the row back for so many seconds; False, since this turn is over."""
        if not self.prediction.come_back(seconds, **fields):
            raise LeaseLost
        return False

    def note(self, message: str, **data: Any) -> None:
        """A line in the job's history: what was asked of the service and what came of it."""
        log.info("%s: %s", self.prediction, message)
        job = self.prediction.job
        if job is not None:
            named = {"prediction": str(self.prediction.pk), "model": self.prediction.model}
            job.note(JobEvent.Kind.PROVIDER, message, **unsigned(named | data))

    def count_again(self, reason: str) -> None:
        """Count for the monitor that something is asked of the service once more, and why."""
        Figure.add(Figure.Name.CALL_AGAIN, self.prediction.purpose, reason)

    # --- the ends --------------------------------------------------------------------------------

    def succeed(self, usd: Decimal, source: str, **fields: Any) -> bool:
        self._compare(usd)
        if not self.prediction.succeed(actual_usd=usd, cost_source=source, **fields):
            raise LeaseLost
        return False

    def fail(
        self, code: str, detail: str = "", usd: Decimal = Decimal(0), source: str = "none"
    ) -> bool:
        """End it with the sentence of a code and with what it has cost."""
        self._compare(usd)
        self.note(f"ended: {code}", detail=detail[:1000])
        with transaction.atomic():
            Job.objects.hold(self.prediction.job_id)
            self.write(actual_usd=usd, cost_source=source)
            self.prediction.fail(errors.problem(code, detail))
        return False

    def cancel(self, usd: Decimal = Decimal(0), source: str = "none") -> bool:
        self.note("ended: canceled", usd=str(usd))
        with transaction.atomic():
            Job.objects.hold(self.prediction.job_id)
            self.write(actual_usd=usd, cost_source=source)
            self.prediction.cancel()
        return False

    def _compare(self, usd: Decimal) -> None:
        """Say so where a call has cost something else than was estimated."""
        estimate = self.prediction.estimated_usd
        if not usd or not estimate or abs(usd - estimate) <= TOLERATED_SHARE * estimate:
            return
        log.warning("%s cost $%s, the estimate was $%s", self.prediction, usd, estimate)
        self.note("the cost differs from the estimate", usd=str(usd), estimate=str(estimate))


def is_switched_off() -> bool:
    """Whether the operator has taken the token away."""
    return not settings.REPLICATE_API_TOKEN
