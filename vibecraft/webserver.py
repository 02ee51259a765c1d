"""How gunicorn runs the site: it reads this module as its settings (https://docs.gunicorn.org)."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from vibecraft.logging import MaskingFormatter

# Everything is read before the processes part: they start at once, and share its memory.
preload_app = True
worker_class = "gthread"
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


class MaskedLogs(Logger):  # type: ignore[misc]  # gunicorn says nothing of its types
    """gunicorn's logs without a secret: addresses of shared films stand in request lines."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                handler.setFormatter(_masked(handler.formatter))


def _masked(usual: logging.Formatter | None) -> MaskingFormatter:
    if usual is None:
        return MaskingFormatter()
    return MaskingFormatter(usual._fmt, usual.datefmt)
