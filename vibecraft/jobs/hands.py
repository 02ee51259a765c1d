"""What runs inside a process of `drain`. No model is imported here: it is loaded before Django is."""

from __future__ import annotations

import os

import django
from celery import current_app

from vibecraft.jobs import doorbell


def prepare(may_pay: bool) -> None:
    """What a Celery worker does at its start: load the apps, and the tasks by their names.

    Nobody is rung: whoever has started this process finds what is due by looking. Without a token
    there is nothing that could be paid for.
    """
    if not may_pay:
        os.environ["REPLICATE_API_TOKEN"] = ""
    doorbell.turn_off()
    django.setup()
    current_app.loader.import_default_modules()


def work(task_name: str, pk: str) -> None:
    """Do one task here and now."""
    current_app.tasks[task_name](pk)
