"""The sweeper as a task; beat calls it every 15 seconds."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings

from vibecraft import storage
from vibecraft.jobs import pulse, sweeper

log = logging.getLogger(__name__)


@shared_task(name="sweep")
def sweep() -> None:
    pulse.beat()
    swept = sweeper.sweep()
    if swept.rung or swept.ended or swept.discarded:
        log.info("swept: %s", swept)
    storage.clear_scratch(settings.LEASE_SECONDS)


@shared_task(name="discard")
def discard() -> None:
    sweeper.discard()
