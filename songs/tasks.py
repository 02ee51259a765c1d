"""What is done for songs in the background, as tasks: the argument is the job's id."""

from __future__ import annotations

from celery import shared_task

from songs import analysis, importing, listening, making
from vibecraft.jobs.models import Job
from vibecraft.jobs.runner import run


@shared_task(name="run_analysis")
def run_analysis(job_id: str) -> None:
    job = Job.objects.filter(pk=job_id).first()
    run(job, lambda lease: analysis.analyze(lease, job))  # type: ignore[arg-type]


@shared_task(name="run_lyrics")
def run_lyrics(job_id: str) -> None:
    job = Job.objects.filter(pk=job_id).first()
    run(job, lambda lease: listening.hear(lease, job))  # type: ignore[arg-type]


@shared_task(name="run_music")
def run_music(job_id: str) -> None:
    job = Job.objects.filter(pk=job_id).first()
    run(job, lambda lease: making.make(lease, job))  # type: ignore[arg-type]


@shared_task(name="run_import")
def run_import(job_id: str) -> None:
    job = Job.objects.filter(pk=job_id).first()
    run(job, lambda lease: importing.bring(lease, job))  # type: ignore[arg-type]
