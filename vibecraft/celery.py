"""The Celery application: the doorbell. What is to be done stands in the database."""

from __future__ import annotations

import os
from typing import Any

import structlog
from celery import Celery
from celery.signals import task_postrun, task_prerun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vibecraft.settings")

app = Celery("vibecraft")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_prerun.connect
def name_in_logs(task: Any = None, **_: Any) -> None:
    """Every line of a task's log names the request that it was started by, if there was one."""
    structlog.contextvars.clear_contextvars()
    request_id = getattr(task.request, "request_id", None)
    if request_id:
        structlog.contextvars.bind_contextvars(request_id=request_id)


@task_postrun.connect
def forget_in_logs(**_: Any) -> None:
    structlog.contextvars.clear_contextvars()
