"""`manage.py warm`: compile what is compiled at first use, once, in one process."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand
from numpy.typing import NDArray

from songs.audio import hearing
from vibecraft.fingerprint import fingerprint
from videos import visualizer

SECONDS = 12
SAMPLE_RATE = 22050


def clicks() -> NDArray[np.float32]:
    """Two clicks a second: the least that can be heard as music."""
    time = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    beat = time % 0.5
    return np.asarray(np.sin(880 * np.pi * beat) * np.exp(-40 * beat), np.float32)


def warm_stamp() -> Path:
    """The file that says: compiled for these libraries and this code, where they lie.

    The compiler finds what it has kept by the path of the source: a copy elsewhere begins anew.
    """
    sources = ("requirements.txt", "songs/audio", "videos/visualizer")
    mark = fingerprint(settings.BASE_DIR / source for source in sources)
    place = hashlib.sha256(f"{settings.BASE_DIR}:{sys.prefix}".encode()).hexdigest()[:8]
    return Path(os.environ["NUMBA_CACHE_DIR"]) / f"warm-{mark}-{place}"


class Command(BaseCommand):
    help = (
        "Compiles the kernels of the visualizer and of the hearing into the cache folder. Two "
        "processes compiling at once can spoil the cache: this one works under a file lock."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        stamp = warm_stamp()
        stamp.parent.mkdir(parents=True, exist_ok=True)
        with (stamp.parent / "warm.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not stamp.exists():
                self.compile(options["verbosity"])
                stamp.touch()

    def compile(self, verbosity: int) -> None:
        if verbosity > 0:
            self.stdout.write("Compiling what hears and draws, once …")
        hearing.hear(clicks(), frames=24 * SECONDS)
        visualizer.warm()
