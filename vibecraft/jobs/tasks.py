"""The sweeper as a task; beat calls it every 15 seconds."""

from __future__ import annotations

import logging

from celery import shared_task

from vibecraft.jobs import pulse, sweeper

log = logging.getLogger(__name__)


@shared_task(name="sweep")
def sweep() -> None:
    pulse.beat()
    swept = sweeper.sweep()
    if swept.rung or swept.ended or swept.discarded:
        log.info("swept: %s", swept)


@shared_task(name="discard")
def discard() -> None:
    sweeper.discard()
