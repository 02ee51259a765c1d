"""Which workers live: each says so every few seconds, whatever it is doing."""

from __future__ import annotations

import logging
import shutil
import time
from datetime import timedelta
from typing import Any

from celery.signals import heartbeat_sent, worker_ready, worker_shutdown
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from vibecraft.jobs.models import Worker

log = logging.getLogger(__name__)
SAID_EVERY_SECONDS = 15.0
SILENCE = timedelta(seconds=60)
KEPT = timedelta(days=1)


def heard_lately(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(seen_at__gt=Now() - SILENCE)


def say(name: str, queues: str) -> None:
    """Write that a worker lives, with the room on its machine; called by the worker itself."""
    said = {"queues": queues, "free_bytes": shutil.disk_usage(settings.SCRATCH_DIR).free}
    Worker.objects.update_or_create(
        name=name, defaults=said | {"seen_at": Now()}, create_defaults=said
    )


def forget(name: str) -> None:
    """A worker has ended in good order; those that were silent for a day go with it."""
    Worker.objects.filter(name=name).delete()
    Worker.objects.filter(seen_at__lt=Now() - KEPT).delete()


class Voice:
    """Says that this worker lives, seldom enough not to be work."""

    def __init__(self) -> None:
        self.queues = ""
        self.said_at = 0.0

    def ready(self, sender: Any, **_: Any) -> None:
        """`sender` is the consumer of the worker that has come up."""
        self.queues = ",".join(sorted(sender.app.amqp.queues.consume_from))
        self._say(sender.hostname)

    def beat(self, sender: Any, **_: Any) -> None:
        """`sender` sends the worker's heartbeats, one every two seconds."""
        if time.monotonic() - self.said_at >= SAID_EVERY_SECONDS:
            self._say(sender.eventer.hostname)

    def _say(self, name: str) -> None:
        self.said_at = time.monotonic()
        _write(lambda: say(name, self.queues))

    def end(self, sender: Any, **_: Any) -> None:
        _write(lambda: forget(sender.hostname))


def _write(act: Any) -> None:
    """A database that is away must not end a worker: it says so again later."""
    try:
        act()
    except DatabaseError as error:
        log.warning("this worker cannot say that it lives: %s", error)
    finally:
        # The worker forks children; none may inherit a connection.
        connection.close()


voice = Voice()


def listen() -> None:
    """Have the worker of this process, if it is one, say that it lives."""
    worker_ready.connect(voice.ready, weak=False)
    heartbeat_sent.connect(voice.beat, weak=False)
    worker_shutdown.connect(voice.end, weak=False)
