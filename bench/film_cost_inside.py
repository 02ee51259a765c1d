"""One film, with what each kind of work took: `bench.film_cost` starts this in a world of its own."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection

import bench.site_ready  # noqa: F401
from accounts.models import User
from songs import drawing
from songs.models import Analysis, Song
from songs.pipeline import bring_song
from vibecraft.predictions.models import Prediction
from vibecraft.testing import beat_samples, due_rows, write_wav
from videos import drafts
from videos.models import Video
from videos.pipeline import start_generation
from videos.plan import sections_from_bars

BPM = 120
LOOK_SECONDS = 0.05

Tasks = dict[str, dict[str, float]]


class Meter:
    """CPU seconds (of this process and the children that ended) and statements, by kind of work."""

    def __init__(self) -> None:
        self.tasks: Tasks = defaultdict(lambda: {"times": 0, "cpu": 0.0, "statements": 0})
        self.statements = 0

    def count(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.statements += 1
        return execute(*arguments)

    def run(self, name: str, act: Callable[[], object]) -> None:
        cpu, statements, part = _cpu(), self.statements, self.tasks[name]
        act()
        part["times"] += 1
        part["cpu"] += _cpu() - cpu
        part["statements"] += self.statements - statements


def _cpu() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(kind) for kind in kinds]
    return sum(one.ru_utime + one.ru_stime for one in used)


def work(meter: Meter, until: Callable[[], bool]) -> None:
    """Do due work, piece by piece, until it is enough; calls at the service are asked after."""
    while not until():
        for row in due_rows():
            name, pk = row.task_name, str(row.pk)
            meter.run(name, lambda name=name, pk=pk: current_app.tasks[name](pk))
        if Prediction.work().active().exists():
            time.sleep(LOOK_SECONDS)


def make_film(model: str, seconds: float) -> dict[str, Any]:
    current_app.loader.import_default_modules()
    call_command("migrate", interactive=False, verbosity=0)
    call_command("warm", verbosity=0)
    meter = Meter()
    with connection.execute_wrapper(meter.count):
        owner = User.objects.create_user("bench@example.org")
        song = _bring(owner, seconds, meter)
        video = _direct(owner, song, model)
        meter.run("plan and start", lambda: start_generation(video))
        work(meter, lambda: not Video.objects.get(pk=video.pk).is_running)
    video.refresh_from_db()
    if not video.has_film:
        raise SystemExit(f"no film: {video.status} {video.error}")
    return {
        "model": model,
        "clips": video.clips.count(),
        "film_seconds": seconds,
        "tasks": meter.tasks,
        "stored_bytes": _stored_bytes(),
    }


def _bring(owner: User, seconds: float, meter: Meter) -> Song:
    with tempfile.TemporaryDirectory() as folder:
        path = write_wav(Path(folder) / "song.wav", beat_samples(seconds, BPM))
        file = SimpleUploadedFile("song.wav", path.read_bytes())
    brought: list[Song] = []
    meter.run("upload", lambda: brought.append(bring_song(owner, file)))
    song = brought[0]
    work(meter, lambda: Song.objects.get(pk=song.pk).status != Song.Status.ANALYZING)
    song.refresh_from_db()
    return song


def _direct(owner: User, song: Song, model: str) -> Video:
    heard = Analysis.objects.get(song=song)
    spans = sections_from_bars(
        song.duration_sec, downbeats=heard.downbeat_times, beats=heard.beat_times
    )
    drawn = [
        {"label": f"Part {number}", "start_time": span.start, "end_time": span.end}
        for number, span in enumerate(spans, 1)
    ]
    drawing.save_sections(song, drawn)
    return drafts.create_video(owner, song, model=model, seed=7)


def _stored_bytes() -> int:
    kept = Path(settings.MEDIA_ROOT).rglob("*")
    return sum(path.stat().st_size for path in kept if path.is_file())


if __name__ == "__main__":
    print(json.dumps(make_film(sys.argv[1], float(sys.argv[2]))))
