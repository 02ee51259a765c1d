"""Operators find people, see what they use, and change their limits."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from vibecraft.testing import PASSWORD

ClientOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client_of: ClientOf) -> Client:
    return client_of(User.objects.create_superuser("olga@example.org", PASSWORD))


def test_the_start_page_is_branded_and_lists_what_there_is(operator: Client) -> None:
    page = operator.get("/admin/").content.decode()
    assert "VibeCraft operations" in page
    for name in ("Users", "Songs", "Sections", "Videos", "Clips", "Takes", "Jobs", "Discards"):
        assert f">{name}</a>" in page


def test_people_are_listed_with_what_they_use(operator: Client, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(videos_used=3, storage_used_bytes=1024**3)
    page = operator.get("/admin/accounts/user/?q=alice").content.decode()
    assert "3 of 15" in page
    assert "1.0\xa0GB of 5.0\xa0GB" in page
    assert "olga@example.org</a></th>" not in page


def test_the_list_costs_the_same_queries_for_many(
    operator: Client, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    operator.get("/admin/accounts/user/")
    with django_assert_num_queries(3):
        operator.get("/admin/accounts/user/")
    for number in range(5):
        User.objects.create_user(f"user{number}@example.org", PASSWORD)
    with django_assert_num_queries(3):
        operator.get("/admin/accounts/user/")


def test_who_has_reached_a_limit_can_be_asked(operator: Client, alice: User, bob: User) -> None:
    User.objects.filter(pk=alice.pk).update(videos_used=15)
    page = operator.get("/admin/accounts/user/?full=yes").content.decode()
    assert alice.email in page
    assert bob.email not in page


def test_a_person_leads_to_what_they_have(operator: Client, alice: User) -> None:
    page = operator.get(f"/admin/accounts/user/{alice.pk}/change/").content.decode()
    for name in ("songs/song", "videos/video", "jobs/job"):
        assert f'href="/admin/{name}/?owner__id__exact={alice.pk}"' in page


def test_limits_are_changed_but_counts_are_not(operator: Client, alice: User) -> None:
    form = {
        "email": alice.email,
        "videos_limit": 100,
        "storage_limit_bytes": 10 * 1024**3,
        "is_active": "on",
        "videos_used": 0,
    }
    User.objects.filter(pk=alice.pk).update(videos_used=7)
    response = operator.post(f"/admin/accounts/user/{alice.pk}/change/", form)
    assert response.status_code == 302
    alice.refresh_from_db()
    assert (alice.videos_limit, alice.storage_limit_bytes) == (100, 10 * 1024**3)
    assert alice.videos_used == 7


def test_an_operator_adds_a_person_in_lower_case(operator: Client) -> None:
    form = {
        "email": "New.Person@Example.org",
        "usable_password": "true",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    assert operator.post("/admin/accounts/user/add/", form).status_code == 302
    assert User.objects.get(email="new.person@example.org").check_password(PASSWORD)


def test_nobody_is_deleted_here(operator: Client, alice: User) -> None:
    assert operator.post(f"/admin/accounts/user/{alice.pk}/delete/").status_code == 403
    sent = {"action": "delete_selected", "_selected_action": str(alice.pk), "post": "yes"}
    operator.post("/admin/accounts/user/", sent)
    assert User.objects.filter(pk=alice.pk).exists()


@pytest.mark.parametrize("path", ["", "accounts/user/", "jobs/job/"])
def test_others_do_not_come_in(client_of: ClientOf, charlie: User, path: str) -> None:
    for browser in (Client(), client_of(charlie)):
        response = browser.get(f"/admin/{path}")
        assert response.status_code == 302
        assert response["Location"].startswith("/admin/login/")
