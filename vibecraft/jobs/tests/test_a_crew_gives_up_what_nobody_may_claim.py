"""A crew of a command ends what died on every attempt; its command would wait for it for ever."""

from __future__ import annotations

import uuid
from concurrent.futures import ProcessPoolExecutor
from unittest.mock import create_autospec

import pytest

from accounts.models import User
from vibecraft.jobs.drain import Crew
from vibecraft.jobs.models import Job

pytestmark = pytest.mark.django_db
ROUNDS = 5


def exports(owner: User, attempts: int) -> Job:
    return Job.objects.create(
        owner=owner, kind="export", video_id=uuid.uuid4(), attempts=attempts, attempts_allowed=3
    )


def test_only_the_owners_work_that_died_too_often_is_ended(alice: User, bob: User) -> None:
    dead, fresh, bobs = exports(alice, 3), exports(alice, 2), exports(bob, 3)
    pool = create_autospec(ProcessPoolExecutor, instance=True)
    looks = iter(range(ROUNDS))

    def is_over() -> bool:
        dead.refresh_from_db()
        return dead.status == "failed" or next(looks, None) is None

    Crew(pool, 1).drain([alice], until=is_over)
    assert (dead.status, dead.error_code) == ("failed", "too_many_attempts")
    assert [call.args[2] for call in pool.submit.call_args_list] == [str(fresh.pk)]
    fresh.refresh_from_db()
    bobs.refresh_from_db()
    assert (fresh.status, bobs.status) == ("queued", "queued")
