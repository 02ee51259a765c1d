"""`manage.py warm`: compile what is compiled at first use, once, in one process."""

from __future__ import annotations

import fcntl
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
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        with (Path(settings.DATA_DIR) / "warm.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            hearing.hear(clicks(), frames=24 * SECONDS)
            visualizer.warm()
        if options["verbosity"] > 0:
            self.stdout.write("The kernels are compiled.")
