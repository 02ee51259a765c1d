"""The static files of the site, collected on the disk of every machine that answers browsers."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from vibecraft.fingerprint import fingerprint


def collect_static(say: Callable[[str], object]) -> None:
    """Collect them unless that is done for this code; where processes share a disk, one does it."""
    stamp = Path(settings.STATIC_ROOT, f".collected-{_mark()}")
    with Path(f"{settings.STATIC_ROOT}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists():
            say("Preparing the static files, once …")
            call_command("collectstatic", interactive=False, verbosity=0)
            stamp.touch()


def _mark() -> str:
    return fingerprint(settings.BASE_DIR / source for source in ("requirements.txt", "static"))
