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
from videos import visualizer

SECONDS = 12
SAMPLE_RATE = 22050


def clicks() -> NDArray[np.float32]:
    """Two clicks a second: the least that can be heard as music."""
    time = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    beat = time % 0.5
    return np.asarray(np.sin(880 * np.pi * beat) * np.exp(-40 * beat), np.float32)


class Command(BaseCommand):
    help = (
        "Compiles the kernels of the visualizer and of the hearing into the cache folder. Two "
        "processes compiling at once can spoil the cache: this one works under a file lock."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(os.environ["NUMBA_CACHE_DIR"])
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "warm.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            stamp = folder / f"warm-{fingerprint()}"
            if not stamp.exists():
                self.compile(options["verbosity"])
                stamp.touch()

    def compile(self, verbosity: int) -> None:
        if verbosity > 0:
            self.stdout.write("Compiling what hears and draws, once …")
        hearing.hear(clicks(), frames=24 * SECONDS)
        visualizer.warm()


def fingerprint() -> str:
    """Changes with the libraries and with the code that is compiled."""
    sources = [
        settings.BASE_DIR / "requirements.txt",
        *(settings.BASE_DIR / "songs/audio").rglob("*.py"),
    ]
    sources += (settings.BASE_DIR / "videos/visualizer").rglob("*.py")
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(sources):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:20]
