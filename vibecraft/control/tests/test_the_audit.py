"""What operators did can be read, and asked about; it cannot be written or changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from vibecraft.jobs.models import Job
from vibecraft.testing import PASSWORD

pytestmark = pytest.mark.django_db
LIST = "/admin/admin/logentry/"


@pytest.fixture
def olga(db: None) -> User:
    return User.objects.create_superuser("olga@example.org", PASSWORD)


@pytest.fixture
def operator(client_of: Callable[[User], Client], olga: User) -> Client:
    return client_of(olga)


def cancel(client: Client, *jobs: Job) -> None:
    sent = {"action": "cancel", "_selected_action": [job.pk for job in jobs], "confirmed": "cancel"}
    client.post("/admin/jobs/job/", sent)


def listed(client: Client, query: str) -> list[str]:
    return [row.change_message for row in client.get(f"{LIST}?{query}").context["cl"].result_list]


def test_each_row_of_an_act_has_its_line(operator: Client, olga: User, alice: User) -> None:
    waiting = Job.objects.create(owner=alice, kind="export")
    ended = Job.objects.create(owner=alice, kind="export", status="succeeded")
    cancel(operator, waiting, ended)
    refused = "Cancel: could not. It had ended before."
    assert sorted(listed(operator, "")) == sorted(["Cancel: done.", refused])
    assert listed(operator, "refused=yes") == [refused]
    assert listed(operator, f"q={waiting.pk}") == ["Cancel: done."]
    assert len(listed(operator, f"user={olga.pk}")) == 2
    page = operator.get(LIST).content.decode()
    assert f'href="/admin/jobs/job/{waiting.pk}/change/"' in page
    assert "olga@example.org" in page


def test_what_is_changed_by_hand_is_in_it_too(operator: Client, alice: User) -> None:
    form = {
        "email": alice.email,
        "videos_limit": 30,
        "storage_limit_bytes": alice.storage_limit_bytes,
        "is_active": "on",
    }
    assert operator.post(f"/admin/accounts/user/{alice.pk}/change/", form).status_code == 302
    page = operator.get(LIST).content.decode()
    assert "Changed Videos limit" in page


def test_nobody_writes_changes_or_deletes_a_line(operator: Client, olga: User, alice: User) -> None:
    cancel(operator, Job.objects.create(owner=alice, kind="export"))
    line = LogEntry.objects.get()
    for path in ("add/", f"{line.pk}/delete/", f"{line.pk}/change/"):
        assert operator.post(LIST + path, {"post": "yes"}).status_code == 403
    assert operator.get(f"{LIST}{line.pk}/change/").status_code == 200
    assert LogEntry.objects.get() == line


def test_who_may_not_read_it_does_not(client_of: Callable[[User], Client], bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    assert client_of(bob).get(LIST).status_code == 403
    bob.user_permissions.add(Permission.objects.get(codename="view_logentry"))
    assert client_of(bob).get(LIST).status_code == 200
