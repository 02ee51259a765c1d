"""`manage.py make_video song.mp3`: a film of a song without a browser, with a progress bar."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Q

from accounts.models import User
from songs import drawing, intake
from songs.listening import price as price_of_words
from songs.models import Analysis, Song
from songs.pipeline import bring_song, delete_song
from vibecraft import storage
from vibecraft.jobs import doorbell
from vibecraft.jobs.drain import Crew, crew
from vibecraft.jobs.models import Job
from vibecraft.jobs.sweeper import discard
from vibecraft.management.database import prepare_new
from vibecraft.management.progress import percent_on
from vibecraft.management.selecting import EXIT_CODES, SomeFailed, WrongUse, dollars, positive
from vibecraft.media.frames import total_frames
from vibecraft.money import usd_text
from vibecraft.predictions.catalog import Model, default_key, get_model
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.ordering import is_on
from vibecraft.problems import Problem
from videos import choosing, drafts
from videos.flavors.loader import DEFAULT, flavors
from videos.model_cards import card_of
from videos.models import Video
from videos.pipeline import delete_video, start_generation
from videos.plan import sections_from_bars
from videos.status import video_status

CHOSEN = ("idea", "video_type", "flavor", "aspect_ratio", "seed", "model")


class Command(BaseCommand):
    help = (
        "Makes a music video of a song file and writes it to a file, by the same work as the site; "
        "the song and the video are removed from the database afterwards unless --keep is given, the "
        "film is made but not written, or something unforeseen goes wrong. "
        "Says the price first; what costs something, the words of the song included, is only made or "
        "heard with --yes or a --budget. Prepares "
        "a new database, and leaves one of an earlier version alone. " + EXIT_CODES
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("song", type=Path, help="An MP3, WAV or M4A file.")
        parser.add_argument(
            "--output", type=Path, help="Where the film goes (default: beside the song)."
        )
        parser.add_argument("--idea", default="", help="What the video shall show.")
        parser.add_argument("--type", dest="video_type", help="The video type, or any own words.")
        parser.add_argument("--flavor", choices=sorted(flavors()), default=DEFAULT)
        parser.add_argument(
            "--format", dest="aspect_ratio", choices=["16:9", "9:16", "1:1"], default="16:9"
        )
        parser.add_argument("--model", help="A model of the catalog (default: the site's own).")
        parser.add_argument("--budget", type=dollars, help="Spend at most so many US dollars.")
        parser.add_argument("--yes", action="store_true", help="Spend what it costs.")
        parser.add_argument("--seed", type=int)
        parser.add_argument("--email", default="studio@localhost", help="Whose video it is.")
        parser.add_argument(
            "--parallel",
            type=positive,
            default=os.cpu_count() or 1,
            help="So many processes at most (default: one for each core).",
        )
        parser.add_argument(
            "--keep", action="store_true", help="Leave song and video in the library."
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Only check the file and say what would be made, and for how much at the least.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["song"]
        output: Path = options["output"] or path.with_suffix(".mp4")
        check_files(path, output)
        try:
            model = check_choice(options)
            prepare_new()
            if options["dry_run"]:
                self.tell(path, output, model, options)
                return
            call_command("warm", verbosity=0)
            # All is done here: without a site there is nobody to be rung for.
            with doorbell.turned_off():
                self.produce(path, output, options)
        except Problem as problem:
            raise SomeFailed(problem.sentence) from problem
        except KeyboardInterrupt as interrupt:
            raise SomeFailed("It was interrupted.") from interrupt

    def tell(self, path: Path, output: Path, model: Model, options: dict[str, Any]) -> None:
        """What would be made. The exact price is known when the beats are."""
        with storage.scratch("check") as folder:
            duration = intake.check(path, folder).duration
        card = card_of(model, choosing.price_list(), total_frames(duration), is_default=False)
        price = f"costs at least {card.song_price}" if card.song_price else "costs nothing"
        hearing = f" To hear its words costs about {usd_text(price_of_words())}."
        paid = hearing if is_on() and (card.song_price or is_agreed(options)) else ""
        self.stdout.write(
            f"{path}: {float(duration):.1f} seconds, in {options['aspect_ratio']} by {model.name}: "
            f"this {price}.{paid} Would be written: {output}. Nothing was done."
        )

    def produce(self, path: Path, output: Path, options: dict[str, Any]) -> None:
        with self.song_of(path, options) as song:
            # Without consent nothing is paid for, not even a cent to have the words heard.
            with crew(options["parallel"], may_pay=is_agreed(options)) as ours:
                self.hear(song, ours)
                video = self.direct(song, options)
                told = self.check_price(video, options)
                start_generation(video, agreed_usd=told)
                self.watch(video, ours)
            save_film(video, output)
            self.report(video, output)

    @contextmanager
    def song_of(self, path: Path, options: dict[str, Any]) -> Iterator[Song]:
        """The song, which is in the library while its film is made, and with --keep for good."""
        owner = User.objects.filter(email=options["email"].lower()).first()
        owner = owner or User.objects.create_user(options["email"])
        with path.open("rb") as file:
            song = bring_song(owner, UploadedFile(file, name=path.name, size=path.stat().st_size))
        end: Callable[[Song, int], None] = self.end
        try:
            yield song
        except (Problem, CommandError, KeyboardInterrupt):
            if is_made(song):
                # It may have been paid for, whatever has kept it from being written.
                options["keep"] = True
                self.stderr.write(f"The film stays in the library of {owner}. {way_out(owner)}")
            else:
                stays = "stays in" if options["keep"] else "is removed from"
                self.stderr.write(f"No film was made. The song {stays} the library of {owner}.")
            raise
        except Exception:
            # Nobody knows how far it came: what is made may have been paid for.
            options["keep"], end = True, self.leave
            self.stderr.write(
                "Something unforeseen went wrong. Song and video stay in the library of "
                f"{owner}. {way_on(owner)} {way_out(owner)}"
            )
            raise
        finally:
            end(song, options["parallel"])
            if not options["keep"]:
                remove(song)

    def end(self, song: Song, processes: int, *, goes_on: Sequence[str] = ()) -> None:
        """Cancel what still runs, and stay until the service was told of every call it works on.

        Jobs of the kinds that go on stay as they are, and so do their calls.
        """
        jobs = Job.objects.filter(song_id=song.pk)
        for job in jobs.active().exclude(kind__in=goes_on):
            job.cancel()
        about = Q(song_id=song.pk) | Q(video_id__in=song.videos.values("pk"))
        calls = Prediction.objects.filter(about).active().exclude(job__in=jobs.active())
        if calls.exists():
            # An interrupt at a terminal has ended the processes of before as well.
            with crew(processes) as ours:
                ours.drain([song.owner], until=lambda: not calls.exists())

    def leave(self, song: Song, processes: int) -> None:
        """End all but the clips and the film, which were agreed to: their rows are good to go on with.

        Workers of a site do so by themselves. While the database is away nothing is ended: that would
        only hide what went wrong first.
        """
        if not connection.is_usable():
            # It may be lost, and the database there: then another one is made.
            connection.close()
        try:
            self.end(song, processes, goes_on=[Job.Kind.GENERATION])
        except (OperationalError, InterfaceError) as error:
            self.stderr.write(f"What still runs for it could not be canceled: {error}")

    def hear(self, song: Song, ours: Crew) -> None:
        self.follow(song.owner, ours, lambda: job_progress(song.analysis_job_id))
        song.refresh_from_db()
        if not song.is_ready:
            raise SomeFailed("It was canceled.")

    def watch(self, video: Video, ours: Crew) -> None:
        self.follow(video.owner, ours, lambda: video_progress(video))
        video.refresh_from_db()
        if not video.has_film:
            raise SomeFailed("It was canceled.")

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

    def check_price(self, video: Video, options: dict[str, Any]) -> Decimal:
        """Say what it costs, and return it; go on only if that is nothing, or was agreed to."""
        made = drafts.estimate_video(video)
        name = get_model(video.model).name
        price = f"costs {usd_text(made.usd)}" if made.usd else "costs nothing"
        self.stdout.write(f"{made.clips} clips by {name}: this {price}.")
        if made.usd and not is_agreed(options):
            raise SomeFailed("No clip was ordered. Say --yes, or set a --budget, to make it.")
        return made.usd

    def follow(self, owner: User, ours: Crew, look: Callable[[], tuple[int, str, bool]]) -> None:
        """Do the owner's work here, in processes of our own, and draw how far it is."""
        with percent_on(self.stderr) as shown:

            def draw() -> bool:
                progress, message, is_done = look()
                shown.look(progress, message)
                return is_done

            ours.drain([owner], until=draw)

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


class NotWritten(SomeFailed):
    """The film is made, and perhaps paid for, but it cannot be had, or has no room where it should go."""

    def __init__(self, output: Path, error: OSError) -> None:
        super().__init__(f"The film could not be written to {output}: {error.strerror or error}.")


def save_film(video: Video, output: Path) -> None:
    """Write a video's film to a file, from wherever it is stored."""
    try:
        with storage.local(video.film_key) as film:
            write_film(film, output)
    except OSError as error:
        raise NotWritten(output, error) from error


def write_film(film: Path, output: Path) -> None:
    """Put the film where it belongs: whole, or not at all."""
    part = output.with_name(f".{output.name}.part")
    try:
        shutil.copyfile(film, part)
        part.replace(output)
    except OSError as error:
        raise NotWritten(output, error) from error
    finally:
        # Also where it was interrupted.
        part.unlink(missing_ok=True)


def is_made(song: Song) -> bool:
    """Whether there is a film of the song."""
    return song.videos.exclude(film_key="").exists()


def way_on(owner: User) -> str:
    """How a film is made that was begun and left."""
    states = "--state generating --state composing"
    return f"“manage.py render_videos --user {owner.email} {states} --here” goes on with what was begun."


def way_out(owner: User) -> str:
    """How a film is had that stays in the library."""
    call = f"manage.py export_videos --user {owner.email} --wait --output FOLDER"
    return f"“{call}” writes what is finished there into a folder."


def is_agreed(options: dict[str, Any]) -> bool:
    """Whether something may be spent."""
    return options["yes"] or options["budget"] is not None


def check_files(path: Path, output: Path) -> None:
    """Raise WrongUse where there is nothing to read, or no place to write to."""
    if not path.is_file():
        raise WrongUse(f"There is no file {path}.")
    if not output.parent.is_dir():
        raise WrongUse(f"There is no folder {output.parent}.")
    if output.is_dir() or (output.exists() and output.samefile(path)):
        raise WrongUse(f"The film cannot be written to {output}: name another --output.")
    try:
        with tempfile.TemporaryFile(dir=output.parent):
            pass
    except OSError as error:
        raise WrongUse(f"Nothing can be written to {output.parent}: {error.strerror}.") from error


def check_choice(options: dict[str, Any]) -> Model:
    """The model that would make the clips. WrongUse where there is none that does; Problem if off."""
    try:
        model = choosing.check_model(options["model"] or default_key("video"))
        choosing.check_format(model, options["aspect_ratio"])
    except Problem as problem:
        if problem.errors is None:
            raise
        raise WrongUse(problem.sentence) from problem
    return model


def remove(song: Song) -> None:
    for video in song.videos.select_related("owner"):
        delete_video(video)
    delete_song(song)
    discard()


def job_progress(job_id: uuid.UUID | None) -> tuple[int, str, bool]:
    job = Job.objects.get(pk=str(job_id))
    _raise_if_failed(job.error)
    return job.progress, job.message, job.is_terminal


def video_progress(video: Video) -> tuple[int, str, bool]:
    video.refresh_from_db()
    status = video_status(video)
    _raise_if_failed(status["error"])
    return status["progress"], status["message"], not video.is_running


def _raise_if_failed(error: dict[str, str] | None) -> None:
    if error is not None:
        raise SomeFailed(error["detail"])
