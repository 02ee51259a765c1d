"""The Celery application: the doorbell. What is to be done stands in the database."""

from __future__ import annotations

import inspect
import os
from typing import Any

import structlog
from celery import Celery, Task
from celery.signals import celeryd_init, task_postrun, task_prerun
from django.conf import settings

from vibecraft.priority import give_way

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vibecraft.settings")


class PatientTask(Task):  # type: ignore[misc]  # Celery says nothing of its types
    """Understands messages of other versions: what its function does not know is left out."""

    abstract = True

    def __call__(self, *args: Any, **named: Any) -> Any:
        known = inspect.signature(self.run).parameters
        named = {name: value for name, value in named.items() if name in known}
        return super().__call__(*args[: len(known)], **named)


app = Celery("vibecraft", task_cls=PatientTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_init.connect
def let_pages_go_first(sender: str, **_: Any) -> None:
    """`sender` is the name of a worker that begins; what it starts later is as polite as it is."""
    if sender.startswith("media@"):
        give_way(settings.MEDIA_NICENESS)


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
