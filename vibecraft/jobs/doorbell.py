"""The doorbell: tell a worker that a row wants work. A lost ring is repeated by the sweeper."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog
from celery import current_app
from django.db import transaction
from django.db.models.functions import Now
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

if TYPE_CHECKING:  # a process may turn the doorbell off before it loads any model
    from vibecraft.jobs.claims import Claimable

log = logging.getLogger(__name__)
REQUEST_HEADER = "request_id"


class Switch:
    """Whether this process rings at all."""

    is_off = False


def turn_off() -> None:
    """From here on this process rings for nobody: it, or who has started it, does the work."""
    Switch.is_off = True


@contextmanager
def turned_off() -> Iterator[None]:
    """For a block that does its own work; what is left over is rung for by the sweeper."""
    before, Switch.is_off = Switch.is_off, True
    try:
        yield
    finally:
        Switch.is_off = before


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
    if Switch.is_off:
        return False
    try:
        current_app.send_task(
            task_name, args=args, retry=False, ignore_result=True, headers=_on_behalf()
        )
    except (KombuError, RedisError, OSError) as error:
        log.warning("the broker is away, the sweeper will ring later: %s", error)
        return False
    return True
