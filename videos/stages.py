"""What the progress of a video's jobs is made of: their milestones, clips or stills, time and cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.db.models import Count, Q
from django.utils import timezone

from vibecraft.jobs.claims import Status
from vibecraft.jobs.models import Job
from vibecraft.jobs.progress import Cost, Counts, Kind, row_counts, tell
from vibecraft.predictions.telling import cost_of, seconds_left
from videos import waiting
from videos.exports import CHECKING_AT, STORING_AT
from videos.generation import CLIPS_SHARE
from videos.models import Clip, Still, Take, Video

# What joining, storing and checking take of the time of making the clips, for the time left.
COMPOSITION_PART = 0.06
# Frames and seconds after which the pace of the drawing is taken for the rest.
PACE_FRAMES, PACE_SECONDS = 24, 2
JOINING = (
    (90, "Joining them with your song"),
    (95, "Storing the film"),
    (100, "Checking every frame"),
)
# Of a take and its clip, what is counted.
COUNTED = (
    "job",
    "status",
    "attempts",
    "model",
    "frames_done",
    "clip__start_frame",
    "clip__end_frame",
)
STANDS = {
    "total": Count("pk"),
    "completed": Count("pk", filter=Q(status=Status.SUCCEEDED)),
    "failed": Count("pk", filter=Q(status=Status.FAILED)),
    "retrying": Count("pk", filter=Q(status=Status.QUEUED, attempts__gt=0)),
    "in_progress": Count("pk", filter=Q(status=Status.RUNNING)),
}
MAKING = ((CLIPS_SHARE, "Making the clips"), *JOINING)


@dataclass(frozen=True)
class Making:
    """A job that makes clips or joins them, with its video and its takes, each with its clip."""

    job: Job
    video: Video | None
    takes: Sequence[Take] = ()

    @property
    def is_elsewhere(self) -> bool:
        """Whether its clips are being made by the service now."""
        if self.video is None or self.job.is_terminal or self.job.progress >= CLIPS_SHARE:
            return False
        return waiting.is_made_elsewhere(self.video)

    @cached_property
    def service(self) -> waiting.AtService:
        """How its calls stand; read once for everything that is told of them."""
        return waiting.at_service(self.job, self.takes)


def making_of(job: Job) -> Making:
    """With all that is counted, from three queries."""
    video = Video.objects.of_job(job).lightly().first()
    takes = Take.objects.of_job(job.pk).order_by().select_related("clip").only(*COUNTED)
    return Making(job, video, list(takes))


def making_of_clips(job: Job, video: Video, clips: Sequence[Clip]) -> Making:
    """The same of clips that were read with their takes."""
    takes = [take for clip in clips for take in clip.takes.all() if take.job_id == job.pk]
    return Making(job, video, takes)


def takes_counted(making: Making) -> Counts:
    """How the takes of a job stand; those that are tried again after a call that went wrong, too."""
    takes = making.takes
    stands = Counter(take.status for take in takes)
    counts = Counts(
        total=len(takes),
        completed=stands[Status.SUCCEEDED],
        failed=stands[Status.FAILED],
        retrying=sum(take.status == Status.QUEUED and take.attempts > 0 for take in takes),
        in_progress=stands[Status.RUNNING],
        work_done=sum(take.frames_done for take in takes),
        work_wanted=sum(take.clip.frames for take in takes),
    )
    if not making.is_elsewhere:
        return counts
    service = making.service
    retrying = counts.retrying + len(service.retried)
    return replace(counts, retrying=retrying, waiting=service.waiting)


def no_parts(making: Making) -> Counts:
    """Joining a film has no parts that can be counted."""
    return row_counts(making.job)


def stills_counted(job: Job) -> Counts:
    """How the stills of a job stand."""
    return Counts(**Still.objects.of_job(job.pk).aggregate(**STANDS))


def film_seconds_left(making: Making, counts: Counts) -> int | None:
    """From how long calls take, or from the frames drawn so far; None before one can judge."""
    job, video = making.job, making.video
    if video is None or job.started_at is None:
        return None
    elapsed = (timezone.now() - job.started_at).total_seconds()
    if job.progress >= CLIPS_SHARE:
        share = max(0, 100 - job.progress) / (100 - CLIPS_SHARE)
        return round(elapsed * COMPOSITION_PART * share)
    if making.is_elsewhere:
        to_make = counts.total - counts.completed
        return waiting.seconds_left(video, job, making.service, to_make=to_make)
    return _from_frames(counts, elapsed, video.song.frames)


def _from_frames(counts: Counts, elapsed: float, song_frames: int) -> int | None:
    if counts.work_done < PACE_FRAMES or elapsed < PACE_SECONDS:
        return None
    speed = counts.work_done / elapsed
    left = max(0, counts.work_wanted - counts.work_done) / speed
    return round(left + COMPOSITION_PART * song_frames / speed)


def purse_of(making: Making) -> Cost:
    """What the whole video has cost so far: its making is the largest part, and not the first."""
    video = making.video
    return Cost(video.actual_usd, video.reserved_usd) if video else Cost()


def calls_of(making: Making) -> Cost:
    """What this job alone costs."""
    return cost_of(making.job)


GENERATION = Kind(
    "The making of the video",
    MAKING,
    "Clips",
    counts=takes_counted,
    seconds_left=film_seconds_left,
    cost=purse_of,
    subject=making_of,
)
REGENERATION = replace(GENERATION, name="The making of clips again", cost=calls_of)
REFRAMING = replace(REGENERATION, name="The other format")
COMPOSITION = replace(
    REGENERATION, name="The joining of the film", milestones=JOINING, unit="", counts=no_parts
)
LIPSYNC = Kind(
    "The lip-sync",
    ((60, "Moving the lips"), (CLIPS_SHARE, "Fitting the clip"), *JOINING),
    seconds_left=seconds_left,
    cost=cost_of,
)
STORYBOARD = Kind("The stills", (), "Stills", stills_counted, seconds_left, cost_of)
CHARACTER = Kind("The picture", seconds_left=seconds_left, cost=cost_of)
SCENES = Kind("The writing of the scenes", seconds_left=seconds_left, cost=cost_of)
EXPORT = Kind(
    "The export",
    ((CHECKING_AT, "Writing the file"), (STORING_AT, "Checking it"), (100, "Storing it")),
)


def tell_all() -> None:
    """Called once all models exist."""
    tell(Job.Kind.GENERATION, GENERATION)
    tell(Job.Kind.COMPOSITION, COMPOSITION)
    tell(Job.Kind.REGENERATION, REGENERATION)
    tell(Job.Kind.REFRAMING, REFRAMING)
    tell(Job.Kind.LIPSYNC, LIPSYNC)
    tell(Job.Kind.STORYBOARD, STORYBOARD)
    tell(Job.Kind.CHARACTER, CHARACTER)
    tell(Job.Kind.SCENES, SCENES)
    tell(Job.Kind.EXPORT, EXPORT)
