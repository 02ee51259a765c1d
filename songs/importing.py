"""A song from a web address: fetched as a job, then brought in through the gate of uploads [B2].

The row of the song is made when everything has gone well; until then, and for whatever fails or is
canceled, there is a job with its sentence and nothing else.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import SplitResult, unquote

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.models import User
from songs import analysis, intake
from songs.models import Import, Song
from vibecraft import outside, storage
from vibecraft.jobs.doorbell import ring_on_commit
from vibecraft.jobs.models import Discard, Job, JobEvent
from vibecraft.jobs.runner import Lease, LeaseLost
from vibecraft.media import pages
from vibecraft.media.errors import MediaError
from vibecraft.problems import Problem

DEADLINE_SECONDS = 900
FETCH_SECONDS = 180.0
# Less than this after so many seconds is a server that only keeps us busy.
PATIENCE_SECONDS, LEAST_BYTES = 8.0, 16 * 1024
# How often the database is asked whether the user still wants it, and told how far it is.
LOOK_SECONDS = 0.5
FETCHED_PERCENT = 75
PAGES = frozenset({"text/html", "application/xhtml+xml"})
MEGABYTE = 1024 * 1024


def refusal(code: str, sentence: str, detail: str = "") -> Problem:
    return Problem(code, sentence, detail=detail, errors={"url": [sentence]})


def check(address: str) -> SplitResult:
    """Read a web address. Raises Problem 400 with `errors` for what is none of ours."""
    try:
        return outside.check_address(address)
    except Problem as problem:
        raise refusal(problem.code, problem.sentence, problem.detail) from problem


def shown(parts: SplitResult) -> str:
    """An address for people and logs: without what may be a password or a signature."""
    host = intake.display_name(parts.hostname or "")
    path = "".join(char for char in unquote(parts.path) if char.isprintable())
    return f"{parts.scheme}://{host}{path}"[:300]


# --- ordering ------------------------------------------------------------------------------------


def earlier(owner: User, upload_id: uuid.UUID) -> Import | None:
    """The import that the same form has started before."""
    return Import.objects.for_user(owner).filter(upload_id=upload_id).select_related("job").first()


def order(owner: User, address: str, parts: SplitResult, upload_id: uuid.UUID) -> Import:
    """Write down what is wanted, and ring for it; the same form sent twice at once is one import."""
    try:
        with transaction.atomic():
            return _order(owner, address.strip(), parts, upload_id)
    except IntegrityError:
        return Import.objects.for_user(owner).select_related("job").get(upload_id=upload_id)


def _order(owner: User, address: str, parts: SplitResult, upload_id: uuid.UUID) -> Import:
    song_id = uuid.uuid4()
    job: Job = Job.objects.create(
        owner_id=owner.pk,
        kind=Job.Kind.IMPORT,
        song_id=song_id,
        message="Waiting for a free worker.",
        deadline_at=Now() + timedelta(seconds=DEADLINE_SECONDS),
    )
    wanted = Import.objects.create(
        owner=owner,
        job=job,
        song_id=song_id,
        address=address,
        shown_address=shown(parts),
        upload_id=upload_id,
    )
    ring_on_commit(job)
    return wanted


# --- the job -------------------------------------------------------------------------------------


def bring(lease: Lease, job: Job) -> None:
    """Fetch the file, check and decode it, keep it as a song, and start its analysis."""
    wanted = Import.objects.of_job(job).select_related("owner").get()
    job.report(2, "address", "Looking for the file.")
    with storage.scratch("import") as folder:
        name, title = _fetch(lease, job, wanted, folder)
        job.report(FETCHED_PERCENT, "check", "The file has come. Checking it.")
        incoming = intake.check(folder / "in", folder)
        lease.check()
        job.report(90, "save", "Storing the song.")
        _keep(job, wanted, incoming, name, title)


def _fetch(lease: Lease, job: Job, wanted: Import, folder: Path) -> tuple[str, str]:
    """Write the file to `in`; return its name, and its title where a page has told one."""
    watch = _Watch(lease, job)
    fetched = _get(wanted.address, folder / "in", watch)
    if fetched.content_type not in PAGES:
        return _name(fetched), ""
    sound = _sound_of_page(wanted.address, folder, watch)
    fetched = _get(sound.address, folder / "in", watch)
    if fetched.content_type in PAGES:
        raise _is_a_page()
    return sound.title, sound.title


def _name(fetched: outside.Fetched) -> str:
    return intake.display_name(unquote(fetched.filename))


class _Watch:
    """Tells the job how far the file has come, and whether it is still wanted."""

    def __init__(self, lease: Lease, job: Job) -> None:
        self._lease = lease
        self._job = job
        self._told_at = self._asked_at = 0.0

    def on_bytes(self, size: int, of_all: int | None) -> None:
        if time.monotonic() - self._told_at < LOOK_SECONDS and size != of_all:
            return
        self._told_at = time.monotonic()
        whole = of_all or settings.UPLOAD_MAX_BYTES
        percent = 5 + int((FETCHED_PERCENT - 5) * min(1.0, size / max(1, whole)))
        come = f"{size / MEGABYTE:.1f}" + (f" of {of_all / MEGABYTE:.1f}" if of_all else "")
        self._job.report(percent, "fetch", f"Fetching the file: {come} MB.")

    def should_stop(self) -> bool:
        """The heartbeat notices a cancellation too, but only after some seconds."""
        if time.monotonic() - self._asked_at >= LOOK_SECONDS:
            self._asked_at = time.monotonic()
            return self._lease.is_lost() or not self._job.keep_lease()
        return self._lease.is_lost()


def _get(address: str, target: Path, watch: _Watch) -> outside.Fetched:
    """Fetch one address. What could pass with time is not repeated: the user can try again."""
    try:
        return outside.fetch(
            address,
            target,
            bounds=outside.Bounds(
                settings.UPLOAD_MAX_BYTES, FETCH_SECONDS, PATIENCE_SECONDS, LEAST_BYTES
            ),
            on_bytes=watch.on_bytes,
            should_stop=watch.should_stop,
        )
    except Problem as problem:
        if problem.code == "canceled":
            raise LeaseLost from problem
        raise Problem(problem.code, problem.sentence, detail=problem.detail) from problem


def _sound_of_page(page: str, folder: Path, watch: _Watch) -> pages.Sound:
    if not settings.IMPORT_WITH_YT_DLP:
        raise _is_a_page()
    try:
        return pages.find_sound(page, folder, should_stop=watch.should_stop)
    except MediaError as error:
        if error.code == "canceled":
            raise LeaseLost from error
        raise Problem(error.code, error.sentence, detail=error.detail) from error


def _is_a_page() -> Problem:
    sentence = (
        "At this address there is a page, not a sound file. Give the address of the MP3, WAV or M4A "
        "file itself, or upload the file."
    )
    return Problem("address_is_a_page", sentence)


def _keep(job: Job, wanted: Import, incoming: intake.Incoming, name: str, title: str) -> None:
    intake.keep(
        wanted.owner,
        incoming,
        song_id=wanted.song_id,
        job_id=job.pk,
        then=_end(job, wanted),
        title=intake.title_of(name, incoming.tags, title),
        original_filename=name,
        source=Song.Source.URL,
        source_url=wanted.shown_address,
        upload_id=wanted.upload_id,
    )


def _end(job: Job, wanted: Import) -> Callable[[Song], None]:
    """What belongs to the transaction of the song's row: the end of the job, and what follows."""

    def end(song: Song) -> None:
        if not job.succeed(progress=100, step="done", message="Your song is here."):
            raise LeaseLost
        _forget_address(wanted)
        job.note(JobEvent.Kind.STATUS, "succeeded")
        analysis.start(song)

    return end


def _forget_address(wanted: Import) -> None:
    Import.objects.filter(pk=wanted.pk).update(address="")


def import_ended(job: Job) -> None:
    """The job has failed or was canceled: nothing of it stays but its sentence."""
    for wanted in Import.objects.of_job(job):
        _forget_address(wanted)
        Discard.objects.later(storage.song_prefix(wanted.owner_id, wanted.song_id))
