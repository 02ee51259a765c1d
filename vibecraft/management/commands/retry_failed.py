"""`manage.py retry_failed`: begin once more what has failed, of whatever kind."""

from __future__ import annotations

import uuid
from argparse import ArgumentParser
from collections.abc import Collection
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from vibecraft.jobs.again import broken, can_be_begun, price_of, try_again
from vibecraft.jobs.models import Job
from vibecraft.management.batch import BatchCommand
from vibecraft.management.selecting import Journal, select
from videos.models import Video


class Command(BatchCommand):
    help = (
        "Begins the work of failed jobs once more: analyses, films, clips made again, exports and "
        "all others, each by the process that its user would call. What newer work has replaced, and "
        "what only its user can begin, is left out, so the same call goes on where it was ended. Says "
        "the price first; what costs something is begun only with --yes or a --budget."
    )
    verb = "retried"
    states = (Job.Status.FAILED,)
    usual = (Job.Status.FAILED,)
    has_flavor = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--kind", action="append", choices=Job.Kind.values, help="Of this kind."
        )
        parser.add_argument("--error", action="append", help="With this error code.")

    def every(self) -> QuerySet[Job]:
        return Job.objects.select_related("owner")

    def broken(self, journal: Journal) -> Collection[uuid.UUID]:
        """None: the job that has failed in the place of another is a row by itself."""
        return ()

    def rows(self, options: dict[str, Any]) -> list[Job]:
        jobs = self.with_flavors(broken().select_related("owner"), options)
        if options["kind"]:
            jobs = jobs.filter(kind__in=options["kind"])
        if options["error"]:
            jobs = jobs.filter(error_code__in=options["error"])
        if options["id"]:
            # Whoever names a job is told why it cannot be begun.
            return select(jobs, options)
        every = select(jobs, options | {"limit": None})
        return list(islice(filter(can_be_begun, every), options["limit"]))

    def with_flavors(self, rows: QuerySet[Job], options: dict[str, Any]) -> QuerySet[Job]:
        """A job has the flavor of its video."""
        if not options["flavor"]:
            return rows
        videos = Video.objects.filter(flavor__in=options["flavor"])
        return rows.filter(video_id__in=videos.values("pk"))

    def price(self, row: Job) -> Decimal:
        return price_of(row)

    def begin(self, row: Job, options: dict[str, Any]) -> Job:
        return try_again(row)
