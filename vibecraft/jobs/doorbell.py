"""The doorbell: tell a worker that a row wants work. A lost ring is repeated by the sweeper."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import structlog
from celery import current_app
from django.db import transaction
from django.db.models.functions import Now
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from vibecraft.jobs.claims import Claimable

log = logging.getLogger(__name__)
REQUEST_HEADER = "request_id"


def ring_on_commit(*rows: Claimable) -> None:
    """Ring for rows when the transaction that made them is committed."""
    transaction.on_commit(lambda: ring(rows))


def knock_on_commit(task_name: str) -> None:
    """Call a task that needs no row, such as the deleting of discarded objects."""
    transaction.on_commit(lambda: _send(task_name))


def ring(rows: Iterable[Claimable]) -> int:
    """Send one message for each row, holding nothing but its id; return how many were sent."""
    sent = 0
    for row in rows:
        if not _send(row.task_name, str(row.pk)):
            break
        type(row)._default_manager.filter(pk=row.pk).update(rung_at=Now())
        sent += 1
    return sent


def _on_behalf() -> dict[str, str]:
    """The request that this is done for, so that one can follow it through the logs."""
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    return {REQUEST_HEADER: request_id} if request_id else {}


def _send(task_name: str, *args: str) -> bool:
    """A broker that is away must never fail the user's request: the sweeper will ring again."""
    try:
        current_app.send_task(
            task_name, args=args, retry=False, ignore_result=True, headers=_on_behalf()
        )
    except (KombuError, RedisError, OSError) as error:
        log.warning("the broker is away, the sweeper will ring later: %s", error)
        return False
    return True
