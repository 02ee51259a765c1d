"""From takes to film: joined without encoding again, stored, verified by decoding, then shown."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import F

from songs.models import Analysis
from vibecraft import storage
from vibecraft.jobs.claims import Status
from vibecraft.jobs.doorbell import knock_on_commit
from vibecraft.jobs.failpoints import failpoint
from vibecraft.jobs.models import Discard, Job, JobEvent
from vibecraft.jobs.runner import Lease, LeaseLost
from vibecraft.media import concat, house, stills, verify
from vibecraft.media.parallel import side_by_side
from vibecraft.media.verify import FilmFacts
from videos import exports
from videos.models import Clip, SectionTurn, Take, Video
from videos.sync import sync_report

POSTER_WIDTH = 1280
STEPS = {
    "join": (80, "Joining the clips with your song."),
    "store": (90, "Storing the film."),
    "verify": (95, "Checking the film, frame by frame."),
}


def compose(lease: Lease, job: Job) -> None:
    """Join, store and verify the film of the job's video; two retries are the runner's."""
    video = Video.objects.of_job(job).select_related("owner", "song").get()
    clips = _clips(video, job)
    with storage.scratch("film") as folder:
        _step(job, "join")
        begins = _join(lease, video, clips, folder / "film.mp4", folder / "poster.jpg")
        failpoint("film-joined")
        try:
            _keep(lease, job, video, clips, begins, folder)
        except LeaseLost:
            _let_go(job, video)
            raise


def _keep(
    lease: Lease,
    job: Job,
    video: Video,
    clips: list[Clip],
    begins: Mapping[int, bytes],
    folder: Path,
) -> None:
    """Store the film beside an earlier one, check it there, then show it."""
    film_key, poster_key = keys_of(video, job)
    _step(job, "store")
    lease.check()
    size = storage.put(film_key, folder / "film.mp4")
    failpoint("film-stored")
    _step(job, "verify")
    facts = _verify(video, film_key, begins)
    failpoint("film-verified")
    lease.check()
    size += storage.put(poster_key, folder / "poster.jpg")
    failpoint("poster-stored")
    _show(job, video, clips, facts, size)


def _clips(video: Video, job: Job) -> list[Clip]:
    """The clips, each with the take that it is joined from."""
    clips = list(video.clips.select_related("chosen_take"))
    again = {take.clip_id: take for take in _made_again(job)}
    for clip in clips:
        clip.chosen_take = again.get(clip.pk, clip.chosen_take)
    return clips


def _made_again(job: Job) -> models.QuerySet[Take]:
    """What a job has made for a film that exists: it goes before the choice of its clip.

    It is chosen in the moment the new film is shown, so that choice and film fail together.
    """
    made = Take.objects.of_job(job.pk).filter(status=Status.SUCCEEDED)
    return made.exclude(kind=Take.Kind.GENERATED)


def _step(job: Job, step: str) -> None:
    progress, message = STEPS[step]
    job.report(progress, step, message)
    job.note(JobEvent.Kind.STEP, message, progress=progress)


def _join(
    lease: Lease, video: Video, clips: list[Clip], target: Path, poster: Path
) -> dict[int, bytes]:
    """Join the clips, with a poster; the print of each first picture by the frame where it should be."""
    with ExitStack() as stack:
        paths = [stack.enter_context(storage.local(_take(clip).key)) for clip in clips]
        master = stack.enter_context(storage.local(video.song.master_key))
        # The print of a take is made once: its file never changes.
        new = {_take(clip): path for clip, path in zip(clips, paths, strict=True)}
        new = {take: path for take, path in new.items() if not take.first_picture}
        shown, frame = _poster_frame(clips)
        earlier = stack.enter_context(storage.local(video.film_key)) if video.has_film else None
        _, prints, _ = side_by_side(
            lambda: concat.join(
                [(path, clip.frames) for path, clip in zip(paths, clips, strict=True)],
                master,
                target,
                frames=video.song.frames,
                earlier=earlier,
                should_stop=lease.is_lost,
            ),
            lambda: verify.first_pictures(list(new.values())),
            lambda: stills.still(paths[shown], poster, frame=frame, width=POSTER_WIDTH),
        )
    for take, one in zip(new, prints, strict=True):
        take.first_picture = one.hex()
    Take.objects.bulk_update(new, ["first_picture"])
    return {clip.start_frame: bytes.fromhex(_take(clip).first_picture) for clip in clips}


def _take(clip: Clip) -> Take:
    assert clip.chosen_take is not None, "a video is composed when every clip has its take"
    return clip.chosen_take


def _poster_frame(clips: list[Clip]) -> tuple[int, int]:
    """The longest clip past the first third and its middle frame: never a cut, never the first fade."""
    later = range(len(clips) // 3, len(clips))
    longest = max(later, key=lambda number: clips[number].frames)
    return longest, clips[longest].frames // 2


def keys_of(video: Video, job: Job) -> tuple[str, str]:
    """Where a job keeps its film and its poster: never where those of an earlier one are.

    So what is shown changes in the transaction that ends the job, and with nothing else.
    """
    film, poster = (
        storage.video_key(video.owner_id, video.pk, name)
        for name in (f"film.{job.pk}.mp4", f"poster.{job.pk}.jpg")
    )
    return film, poster


def _verify(video: Video, film_key: str, begins: Mapping[int, bytes]) -> FilmFacts:
    """Every packet, all the sound, and the picture at every keyframe, every cut among them."""
    with storage.local(film_key) as film, storage.local(video.song.master_key) as master:
        facts = verify.inspect_film(film, audio=master, begins=begins, every_picture=False)
    verify.check_film(
        facts,
        size=house.SIZES[video.aspect_ratio],
        frames=video.song.frames,
        cuts=list(begins),
    )
    return facts


def _show(job: Job, video: Video, clips: list[Clip], facts: FilmFacts, size: int) -> None:
    """Let the verified film be the video's, in the one transaction that ends the job."""
    film_key, poster_key = keys_of(video, job)
    earlier = (video.film_key, video.poster_key)
    grown = size - video.film_size_bytes
    report = sync_report(clips, Analysis.objects.get(song=video.song), facts)
    with transaction.atomic():
        exports.hold_jobs(job, video)
        shown = job.succeed(progress=100, step="done", message="Your film is ready.")
        exports.outdate(video)
        shown = shown and video.become_ready(
            film_key=film_key,
            poster_key=poster_key,
            film_size_bytes=size,
            stored_bytes=F("stored_bytes") + grown,
            film_facts=film_facts(facts),
            sync_report=asdict(report),
        )
        if not shown:
            raise LeaseLost
        _remember(job, clips)
        video.owner.add_storage(grown)
        # As long as signed addresses are good: whoever is watching the earlier film goes on.
        Discard.objects.later(*earlier, seconds=settings.STORAGE_SECONDS)
        job.note(JobEvent.Kind.STATUS, "succeeded")
        knock_on_commit("discard")


def _let_go(job: Job, video: Video) -> None:
    """Discard what came after the job had ended; while it lives, its next attempt stores there."""
    ended = (Status.FAILED, Status.CANCELED)
    if not Job.objects.filter(pk=job.pk).exclude(status__in=ended).exists():
        Discard.objects.later(*keys_of(video, job))


def composing_ended(job: Job) -> None:
    """A job that failed or was canceled leaves no film of its own (database work only)."""
    for video in Video.objects.of_job(job):
        Discard.objects.later(*keys_of(video, job))


def _remember(job: Job, clips: list[Clip]) -> None:
    """What the film shows; what was made again for it is chosen now, with its prompt."""
    for take in _made_again(job):
        Clip.objects.filter(pk=take.clip_id).update(chosen_take=take, prompt=take.prompt)
    for clip in clips:
        clip.film_take = clip.chosen_take
    Clip.objects.bulk_update(clips, ["film_take"])
    turns = SectionTurn.objects.filter(job=job).values("section")
    # A section that was made again gives its clips their own turns back.
    Clip.objects.filter(video=job.video_id, section__in=turns).update(regenerations_left=1)


def film_facts(facts: FilmFacts) -> dict[str, Any]:
    """The facts as JSON; keyframes, one a second and more, and cuts, which are reported, are not."""
    left_out = ("keyframes", "cuts")
    known = {name: value for name, value in asdict(facts).items() if name not in left_out}
    return {
        name: str(value) if isinstance(value, Fraction) else value for name, value in known.items()
    }
