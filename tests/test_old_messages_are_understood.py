"""Messages of other versions: each task keeps its name and its queue, and new words are no error."""

from __future__ import annotations

import uuid

import pytest
from django.conf import settings

from accounts.models import User
from tests.trials.t23_upgrade import OLD_MESSAGES
from vibecraft.celery import app
from vibecraft.jobs.models import Discard, Job

pytestmark = pytest.mark.django_db
app.loader.import_default_modules()


def test_every_task_that_was_ever_sent_is_known_and_heard_in_its_queue() -> None:
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert ours == set(OLD_MESSAGES)
    routes = settings.CELERY_TASK_ROUTES
    default = {"queue": settings.CELERY_TASK_DEFAULT_QUEUE}
    assert {name: routes.get(name, default)["queue"] for name in ours} == OLD_MESSAGES


@pytest.mark.parametrize("name", sorted(OLD_MESSAGES))
def test_words_that_a_task_does_not_know_are_left_out(name: str) -> None:
    answer = app.tasks[name].apply(args=[str(uuid.uuid4()), "one more"], kwargs={"version": 2})
    assert (answer.status, answer.result) == ("SUCCESS", None)
    assert not Job.objects.exists()


def test_a_task_with_new_words_does_its_work(alice: User) -> None:
    Discard.objects.later(f"{alice.pk}/")
    app.tasks["discard"].apply(kwargs={"version": 2})
    assert not Discard.objects.exists()
