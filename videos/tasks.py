"""The tasks of a video: get the row, do the work, record. Arguments are ids."""

from __future__ import annotations

from celery import shared_task

from vibecraft.jobs.models import Job
from vibecraft.jobs.runner import run
from videos import assets, exports, film, lipsync, reframing, scenes, stills, storyboard, takes
from videos.models import Still, Take

# Who makes a take that is not simply drawn or filmed.
MAKERS = {
    Take.Kind.LIPSYNC: lipsync.make_take,
    Take.Kind.REFRAMED: reframing.make_take,
}


@shared_task(name="make_take")
def make_take(take_id: str) -> None:
    rows = Take.objects.select_related(
        "job",
        "continues__clip",
        "source",
        "clip__section",
        "clip__chosen_still",
        "clip__chosen_take",
        "clip__video__song",
        "clip__video__owner",
    )
    take = rows.filter(pk=take_id).first()
    if take is not None:
        make = MAKERS.get(Take.Kind(take.kind), takes.make_take)
        run(take, lambda lease: make(lease, take), job=take.job)


@shared_task(name="make_still")
def make_still(still_id: str) -> None:
    rows = Still.objects.select_related(
        "job", "clip__section", "clip__video__song", "clip__video__owner"
    )
    still = rows.filter(pk=still_id).first()
    if still is not None:
        run(still, lambda lease: stills.make_still(lease, still), job=still.job)
        storyboard.hand_over(still)


@shared_task(name="run_storyboard")
def run_storyboard(job_id: str) -> None:
    """All stills of the job have ended: so does the job."""
    job = Job.objects.filter(pk=job_id).first()
    run(job, lambda lease: storyboard.finish(lease, job))  # type: ignore[arg-type]


@shared_task(name="run_character")
def run_character(job_id: str) -> None:
    job = Job.objects.filter(pk=job_id).first()
    run(job, lambda lease: assets.run_character(lease, job))  # type: ignore[arg-type]


@shared_task(name="run_generation")
def run_generation(job_id: str) -> None:
    """All clips are made: what is left of a generation is the film."""
    _compose(job_id)


@shared_task(name="run_composition")
def run_composition(job_id: str) -> None:
    _compose(job_id)


@shared_task(name="run_lipsync")
def run_lipsync(job_id: str) -> None:
    """The take is made: the film is joined with it."""
    _compose(job_id)


@shared_task(name="run_regeneration")
def run_regeneration(job_id: str) -> None:
    """The clips are made again: the film is joined with them."""
    _compose(job_id)


@shared_task(name="run_reframing")
def run_reframing(job_id: str) -> None:
    """The clips are cropped anew: the film is joined with them."""
    _compose(job_id)


@shared_task(name="run_scenes")
def run_scenes(job_id: str) -> None:
    job = Job.objects.filter(pk=job_id).first()
    run(job, lambda lease: scenes.write_scenes(lease, job))  # type: ignore[arg-type]


# The worker's usual limits are those of a clip; an export ends by its own (`limits.EXPORT`).
@shared_task(name="run_export", soft_time_limit=3900, time_limit=4000)
def run_export(job_id: str) -> None:
    job = Job.objects.filter(pk=job_id).first()
    run(job, lambda lease: exports.make_export(lease, job))  # type: ignore[arg-type]


def _compose(job_id: str) -> None:
    job = Job.objects.filter(pk=job_id).first()
    run(job, lambda lease: film.compose(lease, job))  # type: ignore[arg-type]
