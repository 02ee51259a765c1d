"""Videos that a model makes, for tests: planned, made as far as the clips, and counted."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from celery import current_app
from numpy.typing import NDArray

from songs.models import Song
from vibecraft import storage
from vibecraft.jobs.models import Job
from vibecraft.media import stills
from vibecraft.media.ffmpeg import run
from vibecraft.predictions.standin.remote import Remote
from vibecraft.testing import calls_on_the_way, due_rows
from videos import drafts
from videos.models import Take, Video

Work = Callable[[], int]


def planned(song: Song, **choices: Any) -> Video:
    video = drafts.create_video(song.owner, song, **choices)
    drafts.plan_video(video, seed=3)
    return video


def make_clips() -> int:
    """Do all due work but the joining, which takes long and is tested elsewhere."""
    current_app.loader.import_default_modules()
    done = 0
    while rows := [row for row in due_rows() if not isinstance(row, Job)] or calls_on_the_way():
        for row in rows:
            current_app.tasks[row.task_name](str(row.pk))
        done += len(rows)
        assert done < 1000, "the work never ends"
    return done


def charged(ai: Remote) -> Decimal:
    """What the service has taken, by its own ledger."""
    return sum((Decimal(str(entry["amount"])) for entry in ai.ledger()), Decimal(0))


def sent(ai: Remote) -> list[dict[str, Any]]:
    """The inputs of all predictions as the service has received them, oldest first."""
    made = sorted(ai.predictions(), key=lambda one: int(one["number"]))
    return [dict(one["input"]) for one in made]


def takes_of(video: Video) -> list[Take]:
    video.refresh_from_db()
    return list(Take.objects.of_job(video.job_id).select_related("clip", "continues"))


def gray(take: Take, frame: int, folder: Path) -> NDArray[np.float64]:
    """One decoded picture of a kept take, small and gray: brightness by row and column."""
    with storage.local(take.key) as clip:
        stills.still(clip, folder / "still.jpg", frame=frame, width=480)
    words = ["-i", f"file:{folder / 'still.jpg'}", "-vf", "format=gray", "-f", "rawvideo"]
    made = run([*words, "-y", f"file:{folder / 'still.raw'}"], folder=folder)
    assert made.exit_code == 0
    return np.fromfile(folder / "still.raw", np.uint8).reshape(270, 480).astype(np.float64)


def likeness(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Mean structural similarity (SSIM) of two pictures over blocks of 8 x 8."""
    first, second = _blocks(one), _blocks(other)
    means = first.mean(1), second.mean(1)
    spread = first.var(1) + second.var(1)
    together = (first * second).mean(1) - means[0] * means[1]
    light, contrast = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    top = (2 * means[0] * means[1] + light) * (2 * together + contrast)
    bottom = (means[0] ** 2 + means[1] ** 2 + light) * (spread + contrast)
    return float((top / bottom).mean())


def _blocks(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    height, width = (side // 8 * 8 for side in picture.shape)
    cut = picture[:height, :width].reshape(height // 8, 8, width // 8, 8)
    return cut.transpose(0, 2, 1, 3).reshape(-1, 64)
