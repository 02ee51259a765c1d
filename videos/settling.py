"""The end of a paid call: what it has cost is written down, and whoever waits for it is woken."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import F

from vibecraft.jobs.doorbell import ring_on_commit
from vibecraft.jobs.models import Discard
from vibecraft.money import usd_sum
from vibecraft.predictions.models import Prediction
from videos.models import Still, Take, Video


def settle(call: Prediction, made: type[Take] | type[Still]) -> None:
    """Settle a call for a take or a still, and wake that (database work only)."""
    cost = call.actual_usd or Decimal(0)
    video = Video.objects.filter(pk=call.video_id).first() if call.video_id else None
    if video is not None:
        video.settle(call.estimated_usd, cost)
    rows = made._default_manager.filter(pk=call.subject_id)
    rows.update(cost_usd=usd_sum(F("cost_usd") + cost))
    row = rows.first()
    if row is None or row.is_terminal:
        # Nobody waits for it any more.
        Discard.objects.later(*call.outputs)
    elif row.wake():
        ring_on_commit(row)
