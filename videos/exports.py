"""Making the export that a job is about, and removing exports whose film or lyrics are gone."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F

from vibecraft import storage
from vibecraft.jobs.failpoints import failpoint
from vibecraft.jobs.models import Discard, Job, JobEvent
from vibecraft.jobs.runner import Lease, LeaseLost
from vibecraft.media import house
from vibecraft.media.delivery import check_export
from vibecraft.media.errors import MediaError
from vibecraft.media.transcode import Shape, size_of, transcode
from vibecraft.problems import Problem
from videos.burned_lyrics import ass_document
from videos.export_model import Export
from videos.models import Video

MAKING_SHARE, CHECKING_AT, STORING_AT = 88, 90, 96
PROGRESS_SECONDS = 1.0
# Free space beside three times the film: the export, what ffmpeg writes of it, and others at work.
ROOM_BYTES = 1024**3
FONTS = Path(settings.BASE_DIR) / "static/vendor/instrument-sans"


def fingerprint(video: Video, lyrics: str) -> str:
    """Names what an export shows: the film as last made, and the lyrics that are drawn into it."""
    said = [video.film_key, str(video.finished_at), video.song.lyrics if lyrics else None]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def make_export(lease: Lease, job: Job) -> None:
    """Write, check and keep the export of a job. Running it twice gives the same file once."""
    export = Export.objects.making().filter(job=job).select_related("video__song").first()
    if export is None:
        raise LeaseLost
    _check_room(export.video)
    with storage.scratch("export") as folder:
        target = folder / f"export.{export.format}"
        with (
            storage.local(export.video.film_key) as film,
            storage.local(export.video.song.master_key) as master,
        ):
            _write(lease, job, export, film, master, target)
            _check(lease, job, export, master, target)
        lease.check()
        failpoint("export-made")
        _keep(job, export, target)


def _check_room(video: Video) -> None:
    """Raise before anything is written where the disk may become full on the way."""
    if shutil.disk_usage(settings.SCRATCH_DIR).free < 3 * video.film_size_bytes + ROOM_BYTES:
        raise MediaError("disk_full", "less than three films and a gigabyte are free")


def shape_of(export: Export) -> Shape:
    return Shape(export.format, size_of(export.video.aspect_ratio, export.height))


def _write(lease: Lease, job: Job, export: Export, film: Path, master: Path, target: Path) -> None:
    video = export.video
    document = ""
    if export.lyrics:
        document = ass_document(video.song.lines, export.lyrics, video.aspect_ratio)
    transcode(
        film,
        master,
        target,
        shape=shape_of(export),
        film_size=house.SIZES[video.aspect_ratio],
        frames=video.song.frames,
        subtitles=document,
        fonts=FONTS,
        on_progress=_Progress(job, export),
        should_stop=lease.is_lost,
    )


class _Progress:
    """Writes how far the file is, about once a second."""

    def __init__(self, job: Job, export: Export) -> None:
        self.job = job
        self.message = f"Writing the {export.get_format_display()}."
        self.written_at = 0.0

    def __call__(self, fraction: float) -> None:
        if time.monotonic() - self.written_at >= PROGRESS_SECONDS:
            self.written_at = time.monotonic()
            self.job.report(round(MAKING_SHARE * fraction), "write", self.message)


def _check(lease: Lease, job: Job, export: Export, master: Path, target: Path) -> None:
    job.report(CHECKING_AT, "check", "Checking picture and sound.")
    try:
        check_export(
            target,
            shape=shape_of(export),
            frames=export.video.song.frames,
            master=master,
            should_stop=lease.is_lost,
        )
    except MediaError as error:
        if error.code != "verify_failed":
            raise
        sentence = "The file did not pass its check. Please try it again."
        raise Problem("export_failed", sentence, detail=error.detail, is_permanent=False) from error


def _keep(job: Job, export: Export, target: Path) -> None:
    """Store the file and count its bytes, in one transaction with the export's end."""
    job.report(STORING_AT, "store", "Storing the file.")
    video = export.video
    key = storage.video_key(video.owner_id, video.pk, f"export_{export.pk}.{export.format}")
    size = storage.put(key, target)
    failpoint("export-stored")
    if not _is_kept(job, export, key, size):
        if _is_unwanted(export):
            Discard.objects.later(key)
        raise LeaseLost


def _is_unwanted(export: Export) -> bool:
    """Whether nothing points at its file, nor will: the film has changed or is gone, or it failed.

    Else another worker has taken over: the file is the one it has stored, or is going to store.
    """
    rows = Export.objects.filter(pk=export.pk)
    return not rows.exclude(status=Export.Status.FAILED).exists()


def _is_kept(job: Job, export: Export, key: str, size: int) -> bool:
    with transaction.atomic():
        is_done = job.succeed(progress=100, step="done", message="The file is ready.")
        if not (is_done and export.become_ready(key, size)):
            transaction.set_rollback(True)
            return False
        Video.objects.filter(pk=export.video_id).update(stored_bytes=F("stored_bytes") + size)
        export.video.owner.add_storage(size)
        job.note(JobEvent.Kind.STATUS, "succeeded", bytes=size)
    return True


def hold_jobs(job: Job, video: Video) -> None:
    """Lock a job together with those that make exports of a video (see `Job.hold`).

    In one, since an account that is closed holds all jobs of its user in the same order. An export
    that begins in this very moment is not held, which is tolerated.
    """
    making = Job.objects.filter(exports__video=video).active()
    Job.objects.hold(job.pk, *making.values_list("pk", flat=True))


def remove(video: Video, *exports: Export) -> None:
    """Take exports away with their files, and give their bytes back (in a transaction).

    The jobs come first, as they do where an export is finished: who locks rows in one order never
    waits for one another.
    """
    for export in exports:
        if export.job is not None:
            export.job.cancel()
    freed = 0
    for export in Export.objects.filter(pk__in=[export.pk for export in exports]):
        if export.delete()[0] and not export.is_film:
            Discard.objects.later(export.key)
            freed += export.counted_bytes
    if freed:
        Video.objects.filter(pk=video.pk).update(stored_bytes=F("stored_bytes") - freed)
        video.owner.give_back_storage(freed)


def outdate(video: Video) -> None:
    """A new film is there: what was made of the old one goes.

    Inside the film's transaction, which has called `hold_jobs` first.
    """
    remove(video, *video.exports.select_related("job"))


def export_ended(job: Job) -> None:
    """A failed export can be asked for again; of a canceled one nothing is left."""
    rows = Export.objects.making().filter(job=job)
    if job.status == Job.Status.CANCELED:
        rows.delete()
    else:
        rows.update(status=Export.Status.FAILED)
