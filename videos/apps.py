"""Videos: direction, plan, generation, film, player and library."""

from __future__ import annotations

from django.apps import AppConfig


class VideosConfig(AppConfig):
    name = "videos"

    def ready(self) -> None:
        # Models exist only now, and the endings name them.
        from vibecraft.jobs.models import Job, when_it_ends
        from videos import exports, generation

        when_it_ends(Job.Kind.GENERATION, generation.generation_ended)
        when_it_ends(Job.Kind.EXPORT, exports.export_ended)
