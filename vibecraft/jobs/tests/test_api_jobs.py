"""Jobs over HTTP: watched and canceled by their owner."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from vibecraft.jobs.models import Job
from vibecraft.problems import Problem

NOT_FOUND = {"detail": "There is nothing at this address.", "code": "not_found"}
ApiOf = Callable[[User], APIClient]

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(alice: User) -> Job:
    return Job.objects.create(owner=alice, kind="export", video_id=uuid.uuid4())


@pytest.mark.clock
def test_a_job_says_how_it_stands(alice: User, api_of: ApiOf, job: Job) -> None:
    assert job.claim()
    job.report(40, "joining", "Joining the clips.")
    job.refresh_from_db()
    assert job.started_at is not None
    response = api_of(alice).get(f"/api/jobs/{job.pk}")
    assert response.status_code == 200
    assert response.json() == {
        "id": str(job.pk),
        "kind": "export",
        "status": "running",
        "step": "joining",
        "message": "Joining the clips.",
        "progress": 40,
        "numbers": {
            "total": 0,
            "completed": 0,
            "failed": 0,
            "retrying": 0,
            "in_progress": 0,
            "waiting": 0,
            "seconds_left": None,
            "cost_usd": 0.0,
            "reserved_usd": 0.0,
            "milestones": [
                {"sentence": "Writing the file", "state": "now"},
                {"sentence": "Checking it", "state": "later"},
                {"sentence": "Storing it", "state": "later"},
            ],
        },
        "error": None,
        "song_id": None,
        "video_id": str(job.video_id),
        "created_at": job.created_at.isoformat().replace("+00:00", "Z"),
        "started_at": job.started_at.isoformat().replace("+00:00", "Z"),
        "finished_at": None,
    }


def test_a_failed_job_says_why_and_keeps_the_technical_part(
    alice: User, api_of: ApiOf, job: Job
) -> None:
    job.fail(Problem("disk_full", "There is no space left.", detail="ENOSPC in /data"))
    response = api_of(alice).get(f"/api/jobs/{job.pk}")
    assert response.json()["status"] == "failed"
    assert response.json()["error"] == {"code": "disk_full", "detail": "There is no space left."}
    assert b"ENOSPC" not in response.content


def test_a_job_is_canceled_and_stays_canceled(alice: User, api_of: ApiOf, job: Job) -> None:
    client = api_of(alice)
    answers = [client.post(f"/api/jobs/{job.pk}/cancel") for _ in range(2)]
    assert [(one.status_code, one.json()["status"]) for one in answers] == [(200, "canceled")] * 2
    assert answers[0].json()["finished_at"] == answers[1].json()["finished_at"] is not None
    job.refresh_from_db()
    assert job.status == "canceled"


@pytest.mark.parametrize("status", ["succeeded", "failed"])
def test_what_has_ended_cannot_be_canceled(
    alice: User, api_of: ApiOf, job: Job, status: str
) -> None:
    Job.objects.filter(pk=job.pk).update(status=status)
    response = api_of(alice).post(f"/api/jobs/{job.pk}/cancel")
    assert response.status_code == 409
    assert response.json() == {
        "detail": "This has ended already, so it cannot be canceled.",
        "code": "already_ended",
        "video_id": str(job.video_id),
    }
    job.refresh_from_db()
    assert job.status == status


def test_charlie_neither_sees_nor_cancels_alices_job(
    charlie: User, api_of: ApiOf, job: Job
) -> None:
    client = api_of(charlie)
    absent = client.get(f"/api/jobs/{uuid.uuid4()}")
    answers = [client.get(f"/api/jobs/{job.pk}"), client.post(f"/api/jobs/{job.pk}/cancel")]
    assert absent.json() == NOT_FOUND
    assert {(one.status_code, one.content) for one in answers} == {(404, absent.content)}
    job.refresh_from_db()
    assert job.status == "queued"
