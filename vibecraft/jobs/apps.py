"""Jobs: runs that a person can watch, and the machinery that finishes them whatever happens."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "vibecraft.jobs"

    def ready(self) -> None:
        # Its model exists only now.
        from vibecraft.jobs import workers

        workers.listen()
