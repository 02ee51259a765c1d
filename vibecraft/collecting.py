"""The static files of the site, collected on the disk of every machine that answers browsers."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from vibecraft.fingerprint import fingerprint


def collect_static(say: Callable[[str], object]) -> None:
    """Collect them unless that is done for this code; where processes share a disk, one does it.

    A stamp says for which code. It counts only while it is alone: another release may have collected
    since, and files of the one are not those of the other.
    """
    root = Path(settings.STATIC_ROOT)
    stamp = root / f".collected-{_mark()}"
    with Path(f"{root}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamps = list(root.glob(".collected-*"))
        if stamps != [stamp]:
            say("Preparing the static files, once …")
            # First: whoever is interrupted from here on leaves nobody's files whole.
            for old in stamps:
                old.unlink()
            call_command("collectstatic", interactive=False, verbosity=0)
            stamp.touch()


def _mark() -> str:
    return fingerprint(settings.BASE_DIR / source for source in ("requirements.txt", "static"))
