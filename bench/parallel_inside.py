"""One film of many clips in the database of the site that runs: `bench.parallel` starts this."""

from __future__ import annotations

import json
import sys
import tempfile
import time
import uuid
from itertools import pairwise
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile

import bench.site_ready  # noqa: F401
from accounts.models import User
from songs import intake
from songs.models import Section, Song
from vibecraft.jobs.claims import ACTIVE
from vibecraft.predictions.models import Phase, Prediction
from vibecraft.testing import analyze_exactly, beat_samples, write_wav
from videos import drafts, pipeline
from videos.models import Clip, Take, Video

CLIP_FRAMES = 72
SECTIONS = 4
MODEL = "p-video-draft"
BPM = 120
PATIENCE_SECONDS = 1200.0


def make_film(clips: int) -> dict[str, float]:
    """Start it and watch it; seconds until all was ordered, all clips were made, all was ready."""
    video = planned(clips)
    began = time.monotonic()
    job = pipeline.start_generation(video)
    seen: dict[str, float] = {}
    while "film_seconds" not in seen:
        now = time.monotonic() - began
        video.refresh_from_db()
        if video.error or now > PATIENCE_SECONDS:
            raise SystemExit(f"no film after {now:.0f} s: {video.status} {video.error}")
        ordered = Prediction.objects.of_job(job.pk).exclude(phase=Phase.INTENT).count()
        left = Take.objects.of_job(job.pk).filter(status__in=ACTIVE).count()
        is_so = {
            "ordered_seconds": ordered >= clips,
            "clips_seconds": not left,
            "film_seconds": video.status == Video.Status.READY,
        }
        for name, reached in is_so.items():
            if reached:
                seen.setdefault(name, round(now, 1))
        time.sleep(0.2)
    return seen


def planned(clips: int) -> Video:
    """A draft with so many clips of three seconds."""
    owner = User.objects.create_user(f"bench-{uuid.uuid4().hex[:8]}@example.org")
    song = heard_song(owner, clips * CLIP_FRAMES / 24)
    borders = [song.frames * part // SECTIONS for part in range(SECTIONS + 1)]
    sections = [
        Section.objects.create(
            song=song, section_index=n, label=f"Part {n}", start_frame=start, end_frame=end
        )
        for n, (start, end) in enumerate(pairwise(borders))
    ]
    video = drafts.create_video(owner, song, model=MODEL)
    Clip.objects.bulk_create(_clip(video, sections, n, clips) for n in range(clips))
    return video


def heard_song(owner: User, seconds: float) -> Song:
    with tempfile.TemporaryDirectory() as folder:
        path = write_wav(Path(folder) / "song.wav", beat_samples(seconds, BPM))
        song, _ = intake.receive(
            owner, SimpleUploadedFile("song.wav", path.read_bytes()), title="Parallel"
        )
    analyze_exactly(song, BPM)
    return song


def _clip(video: Video, sections: list[Section], index: int, clips: int) -> Clip:
    return Clip(
        video=video,
        section=sections[SECTIONS * index // clips],
        clip_index=index,
        start_frame=CLIP_FRAMES * index,
        end_frame=CLIP_FRAMES * (index + 1),
        cut="downbeat",
        prompt=f"A river under a bridge at night, view {index}",
        shot={"framing": "wide", "move": "slow pan", "action": "light on water"},
    )


if __name__ == "__main__":
    print(json.dumps(make_film(int(sys.argv[1]))))
