"""`manage.py make_video song.mp3`: a film of a song without a browser, with a progress bar."""

from __future__ import annotations

import os
import shutil
import uuid
from argparse import ArgumentParser
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from accounts.models import User
from songs import drawing
from songs.models import Analysis, Song
from songs.pipeline import bring_song, delete_song
from vibecraft import storage
from vibecraft.jobs.drain import drain
from vibecraft.jobs.models import Job
from vibecraft.jobs.sweeper import discard
from vibecraft.money import usd_text
from vibecraft.predictions.catalog import get_model
from vibecraft.predictions.models import Prediction
from vibecraft.problems import Problem
from videos import drafts
from videos.models import Video
from videos.pipeline import cancel_video, delete_video, start_generation
from videos.plan import sections_from_bars
from videos.status import video_status

CHOSEN = ("idea", "video_type", "flavor", "aspect_ratio", "seed", "model")


class Command(BaseCommand):
    help = (
        "Makes a music video of a song file and writes it to a file, by the same work as the site; "
        "the song and the video are removed from the database afterwards unless --keep is given. "
        "Says the price first; what costs something is only made with --yes or a --budget."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("song", type=Path, help="An MP3, WAV or M4A file.")
        parser.add_argument(
            "--output", type=Path, help="Where the film goes (default: beside the song)."
        )
        parser.add_argument("--idea", default="", help="What the video shall show.")
        parser.add_argument("--type", dest="video_type", help="The video type, or any own words.")
        parser.add_argument("--flavor", default="default")
        parser.add_argument(
            "--format", dest="aspect_ratio", choices=["16:9", "9:16", "1:1"], default="16:9"
        )
        parser.add_argument("--model", help="A model of the catalog (default: the site's own).")
        parser.add_argument("--budget", type=Decimal, help="Spend at most so many US dollars.")
        parser.add_argument("--yes", action="store_true", help="Spend what it costs.")
        parser.add_argument("--seed", type=int)
        parser.add_argument("--email", default="studio@localhost", help="Whose video it is.")
        parser.add_argument("--parallel", type=int, default=os.cpu_count() or 1)
        parser.add_argument(
            "--keep", action="store_true", help="Leave song and video in the library."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["song"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("warm", verbosity=0)
        output: Path = options["output"] or path.with_suffix(".mp4")
        try:
            song = self.bring(path, options)
            video = self.direct(song, options)
            self.check_price(video, options)
            self.make(video, options)
        except Problem as problem:
            raise CommandError(problem.sentence) from problem
        with storage.local(video.film_key) as film:
            shutil.copyfile(film, output)
        self.report(video, output)
        if not options["keep"]:
            self.remove(video)

    def remove(self, video: Video) -> None:
        delete_video(video)
        delete_song(video.song)
        discard()

    def bring(self, path: Path, options: dict[str, Any]) -> Song:
        owner = User.objects.filter(email=options["email"].lower()).first()
        owner = owner or User.objects.create_user(options["email"])
        with path.open("rb") as file:
            song = bring_song(owner, UploadedFile(file, name=path.name, size=path.stat().st_size))
        self.follow(owner, options["parallel"], lambda: self.job_progress(song.analysis_job_id))
        song.refresh_from_db()
        return song

    def direct(self, song: Song, options: dict[str, Any]) -> Video:
        """Make the sections, the draft and its plan."""
        analysis = Analysis.objects.get(song=song)
        spans = sections_from_bars(
            song.duration_sec, downbeats=analysis.downbeat_times, beats=analysis.beat_times
        )
        drawing.save_sections(
            song,
            [
                {"label": f"Part {index + 1}", "start_time": span.start, "end_time": span.end}
                for index, span in enumerate(spans)
            ],
        )
        chosen = {name: options[name] for name in CHOSEN} | {"budget_usd": options["budget"]}
        video = drafts.create_video(
            song.owner, song, **{name: value for name, value in chosen.items() if value is not None}
        )
        drafts.plan_video(video, seed=video.seed)
        return video

    def check_price(self, video: Video, options: dict[str, Any]) -> None:
        """Say what it costs; go on only if that is nothing, or was agreed to."""
        made = drafts.estimate_video(video)
        name = get_model(video.model).name
        price = f"costs {usd_text(made.usd)}" if made.usd else "costs nothing"
        self.stdout.write(f"{made.clips} clips by {name}: this {price}.")
        if made.usd and not options["yes"] and options["budget"] is None:
            self.remove(video)
            raise CommandError("No clip was ordered. Say --yes, or set a --budget, to make it.")

    def make(self, video: Video, options: dict[str, Any]) -> None:
        try:
            start_generation(video)
        except Problem:
            self.remove(video)
            raise
        try:
            self.follow(video.owner, options["parallel"], lambda: self.video_progress(video))
        except KeyboardInterrupt:
            self.stop(video, options["parallel"])
            raise
        video.refresh_from_db()

    def stop(self, video: Video, parallel: int) -> None:
        """Cancel, and stay until the service has been told of every call that it works on."""
        cancel_video(video)
        calls = Prediction.objects.for_user(video.owner)
        drain([video.owner], until=lambda: not calls.active().exists(), processes=parallel)

    def follow(self, owner: User, parallel: int, look: Callable[[], tuple[int, str, bool]]) -> None:
        """Do the owner's work here, in processes of our own, and draw how far it is."""
        with tqdm(total=100, bar_format="{l_bar}{bar}| {elapsed} {postfix}") as bar:

            def draw() -> bool:
                progress, message, is_done = look()
                bar.update(max(0, progress - bar.n))
                bar.set_postfix_str(message)
                return is_done

            drain([owner], until=draw, processes=parallel)

    def job_progress(self, job_id: uuid.UUID | None) -> tuple[int, str, bool]:
        job = Job.objects.get(pk=str(job_id))
        _raise_if_failed(job.error)
        return job.progress, job.message, job.is_terminal

    def video_progress(self, video: Video) -> tuple[int, str, bool]:
        video.refresh_from_db()
        status = video_status(video)
        _raise_if_failed(status["error"])
        return status["progress"], status["message"], not video.is_running

    def report(self, video: Video, output: Path) -> None:
        report = video.sync_report
        self.stdout.write(
            self.style.SUCCESS(f"{output}: {report['frames']} frames, {report['cuts'] + 1} clips")
        )
        self.stdout.write(
            f"{report['inner_cuts_on_beats']} of {report['inner_cuts']} cuts inside sections on a beat,"
            f" sound within {abs(report['sound_offset_ms']):.1f} ms of your file."
        )
        if video.actual_usd:
            self.stdout.write(
                f"It cost {usd_text(video.actual_usd)}; {usd_text(video.estimated_usd)} was estimated."
            )


def _raise_if_failed(error: dict[str, str] | None) -> None:
    if error is not None:
        raise CommandError(error["detail"])
