"""Making a take: drawn here by the visualizer, or filmed by a model of the catalog."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from songs.audio.features import FrameFeatures
from songs.models import Analysis
from vibecraft import storage
from vibecraft.jobs.failpoints import failpoint
from vibecraft.jobs.runner import Lease
from vibecraft.predictions.catalog import UnknownModel, get_model
from videos import choosing, filming
from videos.briefing import brief_for
from videos.keeping import keep
from videos.models import Take
from videos.visualizer import render

PROGRESS_SECONDS = 1.0


def make_take(lease: Lease, take: Take) -> None:
    """Do what can be done for a take now. Running it twice gives the same file once."""
    failpoint("take-claimed")
    try:
        model = get_model(take.model)
    except UnknownModel as error:
        raise choosing.model_gone(take.clip.video) from error
    if not model.is_builtin:
        filming.go_on(lease, take)
        return
    with storage.scratch("take") as folder:
        _draw(lease, take, folder / "take.mp4")
        keep(lease, take, folder)


def _draw(lease: Lease, take: Take, target: Path) -> None:
    analysis = Analysis.objects.get(song=take.clip.video.song)
    with storage.local(analysis.features_key) as path:
        features = FrameFeatures.load(path)
    render(
        brief_for(take, analysis),
        features,
        np.asarray(analysis.beat_times, np.float64),
        np.asarray(analysis.downbeat_times, np.float64),
        target,
        on_frame=_FrameCount(take),
        should_stop=lease.is_lost,
    )


class _FrameCount:
    """Writes how far a take is, about once a second."""

    def __init__(self, take: Take) -> None:
        self.take = take
        self.written_at = time.monotonic()

    def __call__(self, frames_done: int) -> None:
        if time.monotonic() - self.written_at >= PROGRESS_SECONDS:
            self.written_at = time.monotonic()
            self.take.write_mine(frames_done=frames_done)
