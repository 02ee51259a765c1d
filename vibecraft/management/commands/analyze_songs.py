"""`manage.py analyze_songs`: hear songs again."""

from __future__ import annotations

from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet

from songs.listening import price_of_analysis
from songs.models import Song
from songs.pipeline import start_analysis
from vibecraft.jobs.models import Job
from vibecraft.management.batch import BatchCommand
from vibecraft.management.selecting import moment, select


class Command(BatchCommand):
    help = (
        "Analyzes songs again: tempo, beats, mood, genre, and words where that is switched on. "
        "Sections and lyrics stay. An analysis that runs already is followed, not started twice. "
        "Says the price first: words that nobody knows yet are asked for only with --yes or a "
        "--budget."
    )
    verb = "analyzed"
    states = tuple(Song.Status.values)
    usual = (Song.Status.FAILED,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--analyzed-before",
            type=moment,
            metavar="DATE",
            help="Only those that were last analyzed before this moment, or never: the same call "
            "again goes on where it was ended.",
        )

    def every(self) -> QuerySet[Song]:
        return Song.objects.select_related("owner")

    def possible(self) -> QuerySet[Song]:
        return self.every().exclude(master_key="")

    def rows(self, options: dict[str, Any]) -> list[Song]:
        songs = self.possible()
        if options["analyzed_before"]:
            done = Job.objects.filter(
                kind=Job.Kind.ANALYSIS,
                status=Job.Status.SUCCEEDED,
                finished_at__gte=options["analyzed_before"],
            )
            songs = songs.filter(
                Q(analysis_job_id=None) | ~Q(analysis_job_id__in=done.values("pk"))
            )
        return select(songs, options)

    def price(self, row: Song) -> Decimal:
        return price_of_analysis(row)

    def under_way(self, row: Song) -> Job | None:
        jobs = Job.objects.filter(song_id=row.pk, kind=Job.Kind.ANALYSIS)
        return jobs.active().first()

    def begin(self, row: Song, options: dict[str, Any]) -> Job:
        return start_analysis(row)
