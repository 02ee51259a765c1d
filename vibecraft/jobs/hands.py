"""What runs inside a process of `drain`. No model is imported here: it is loaded before Django is."""

from __future__ import annotations

import django
from celery import current_app


def prepare() -> None:
    """What a Celery worker does at its start: load the apps, and the tasks by their names."""
    django.setup()
    current_app.loader.import_default_modules()


def work(task_name: str, pk: str) -> None:
    """Do one task here and now."""
    current_app.tasks[task_name](pk)
