"""Songs: bringing them, hearing them, their lyrics and their sections."""

from __future__ import annotations

from django.apps import AppConfig


class SongsConfig(AppConfig):
    name = "songs"

    def ready(self) -> None:
        # Models exist only now, and the endings name them.
        from songs import analysis
        from vibecraft.jobs.models import Job, when_it_ends

        when_it_ends(Job.Kind.ANALYSIS, analysis.analysis_ended)
