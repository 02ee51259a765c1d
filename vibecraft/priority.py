"""Who goes first where the cores are few: pages that somebody waits for, before media work."""

from __future__ import annotations

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)


def give_way(niceness: int, pid: int = 0) -> None:
    """Let other processes go first: a process (0: this one), what it starts, and its whole session.

    `niceness` is from 0 (not at all) to 19 (as far as can be).

    Linux shares the cores out by session before it looks at a process's own nice value, which then
    counts within its session only (sched(7), "The autogroup feature"). A kernel that does without has
    no such file; there the nice value alone counts.
    """
    os.setpriority(os.PRIO_PROCESS, pid, niceness)
    try:
        Path(f"/proc/{pid or 'self'}/autogroup").write_text(str(niceness))
    except OSError as refused:
        log.info("sessions are not weighed here: %s", refused)
