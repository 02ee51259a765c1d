"""Places where a trial may kill the worker: between every two steps that leave a trace.

Nothing happens unless `FAILPOINTS_DIR` is set. There, a file named like a point arms it: whoever
reaches the point removes the file and dies as if by `kill -9`. One file kills once.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from django.conf import settings


def failpoint(name: str) -> None:
    """Die here if a trial asks for it."""
    if not settings.FAILPOINTS_DIR:
        return
    try:
        (Path(settings.FAILPOINTS_DIR) / name).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
