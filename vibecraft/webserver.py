"""How gunicorn runs the site: it reads this module as its settings (https://docs.gunicorn.org)."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path
from typing import Any

from django.conf import settings
from gunicorn.glogging import Logger  # type: ignore[import-untyped]
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]

from vibecraft.logging import MaskingFormatter, line_formatter

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vibecraft.settings")
# Everything is read before the processes part: they start at once, and share its memory.
preload_app = True
worker_class = "vibecraft.webserver.Threads"
# As many as wait for a database or a file at a time; more only fight for the interpreter.
threads = 8
timeout = 120
graceful_timeout = 5
control_socket_disable = True
logger_class = "vibecraft.webserver.MaskedLogs"


def on_starting(server: Any) -> None:
    """Make the folder in which the processes count together how long answers took."""
    _figures().mkdir(parents=True, exist_ok=True)


def child_exit(server: Any, worker: Any) -> None:
    """What a process has counted stays."""
    # Only here: when it is first imported it looks where to count, and gunicorn sets that later.
    from prometheus_client import multiprocess  # noqa: PLC0415

    multiprocess.mark_process_dead(worker.pid, str(_figures()))  # type: ignore[no-untyped-call]


def on_exit(server: Any) -> None:
    shutil.rmtree(_figures(), ignore_errors=True)


def _figures() -> Path:
    return Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])


BODILESS = ("GET", "HEAD")


class Threads(ThreadWorker):  # type: ignore[misc]  # gunicorn says nothing of its types
    """Threads that answer, and no visitor can hold up the others at the end of an answer.

    Where a connection ends, gunicorn waits up to two seconds for the visitor to close it too, in the
    loop that accepts everybody's connections: so much of a body may still come that was not read. Here
    the thread waits that has answered, and where nothing was sent with the question, nobody does.
    """

    def handle(self, conn: TConn) -> object:
        is_kept = super().handle(conn)
        if not is_kept:
            asked = getattr(conn.parser, "mesg", None)
            conn.close(graceful=asked is None or asked.method not in BODILESS)
            # The loop closes it once more.
            conn.close = _leave_closed
        return is_kept


def _leave_closed(graceful: bool = False) -> None:
    """What is left to do to a connection that is closed."""


class MaskedLogs(Logger):  # type: ignore[misc]  # gunicorn says nothing of its types
    """gunicorn's logs without a secret: addresses of shared films stand in request lines.

    With LOG_JSON its lines are as all others are.
    """

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.setFormatter(_formatter(handler.formatter))


def _formatter(usual: logging.Formatter | None) -> logging.Formatter:
    if settings.LOG_JSON:
        return line_formatter(as_json=True)
    if usual is None:
        return MaskingFormatter()
    return MaskingFormatter(usual._fmt, usual.datefmt)
