"""The tasks of a video: get the row, do the work, record. Arguments are ids."""

from __future__ import annotations

from celery import shared_task

from vibecraft.jobs.models import Job
from vibecraft.jobs.runner import run
from videos import exports, film, generation
from videos.models import Take


@shared_task(name="make_take")
def make_take(take_id: str) -> None:
    rows = Take.objects.select_related(
        "job", "clip__section", "clip__video__song", "clip__video__owner"
    )
    take = rows.filter(pk=take_id).first()
    if take is not None:
        run(take, lambda lease: generation.make_take(lease, take), job=take.job)


@shared_task(name="run_generation")
def run_generation(job_id: str) -> None:
    """All clips are made: what is left of a generation is the film."""
    _compose(job_id)


@shared_task(name="run_composition")
def run_composition(job_id: str) -> None:
    _compose(job_id)


# The worker's usual limits are those of a clip; an export ends by its own (`limits.EXPORT`).
@shared_task(name="run_export", soft_time_limit=3900, time_limit=4000)
def run_export(job_id: str) -> None:
    job = Job.objects.filter(pk=job_id).first()
    run(job, lambda lease: exports.make_export(lease, job))  # type: ignore[arg-type]


def _compose(job_id: str) -> None:
    job = Job.objects.filter(pk=job_id).first()
    run(job, lambda lease: film.compose(lease, job))  # type: ignore[arg-type]
