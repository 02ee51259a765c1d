"""Operators read which accounts are being closed and what holds them up; nothing is changed there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.closing import delete_account
from accounts.models import Closing, User
from vibecraft.control import room
from vibecraft.jobs.models import Job
from vibecraft.predictions.models import Phase, Prediction
from vibecraft.testing import PASSWORD

ClientOf = Callable[[User], Client]
LIST = "/admin/accounts/closing/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def olga(db: None) -> User:
    return User.objects.create_superuser("olga@example.org", PASSWORD)


@pytest.fixture
def operator(client_of: ClientOf, olga: User) -> Client:
    return client_of(olga)


def call_under_way(user: User) -> Prediction:
    return Prediction.objects.create(
        owner=user, purpose="clip", subject_id=user.pk, model="p-video-draft", phase=Phase.WAITING
    )


def began_hours_ago(closing: Closing, hours: float) -> None:
    """It was asked for so long ago, and has been due ever since."""
    then = timezone.now() - timedelta(hours=hours)
    Closing.objects.filter(pk=closing.pk).update(created_at=then, next_run_at=then)


def listed(client: Client, query: str) -> list[Closing]:
    return list(client.get(f"{LIST}?{query}").context["cl"].result_list)


def page_of(client: Client, closing: Closing) -> str:
    return client.get(f"{LIST}{closing.pk}/change/").content.decode()


@pytest.mark.databases
def test_a_closing_says_how_it_stands_and_what_it_waits_for(operator: Client, alice: User) -> None:
    call_under_way(alice)
    closing = delete_account(alice)
    assert listed(operator, f"q={alice.pk}") == [closing]
    page = operator.get(LIST).content.decode()
    assert "paid calls to end: 1" in page
    assert f'href="/admin/predictions/prediction/?owner__id__exact={alice.pk}"' in page
    assert str(alice.pk) in page_of(operator, closing)
    Prediction.objects.update(status="canceled")
    assert "workers to notice, then files to be deleted" in page_of(operator, closing)
    Closing.objects.update(error_code="store_away", error_detail="The store said 503.")
    page = page_of(operator, closing)
    assert "store_away" in page
    assert "The store said 503." in page


def test_what_was_closed_leaves_its_trace_alone(operator: Client, alice: User) -> None:
    closing = delete_account(alice)
    Closing.objects.update(
        status="succeeded", finished_at=timezone.now(), paid_usd="0.25", stored_bytes=2048
    )
    page = page_of(operator, closing)
    for text in ("$0.25", "2.0\xa0KB", "nothing"):
        assert text in page
    assert alice.email not in page


def test_what_is_stuck_or_late_is_found_and_stands_in_the_control_room(
    operator: Client, olga: User, alice: User, bob: User
) -> None:
    stuck, new = delete_account(alice), delete_account(bob)
    began_hours_ago(stuck, 1)
    assert (listed(operator, "stuck=yes"), listed(operator, "late=yes")) == ([stuck], [])
    tiles = {tile.name: tile for tile in room.look(olga).tiles}
    assert (tiles["Stuck"].figure, tiles["Stuck"].href) == ("1", f"{LIST}?stuck=yes")
    assert "Accounts still open" not in tiles
    began_hours_ago(stuck, 3)
    assert listed(operator, "late=yes") == [stuck]
    tile = {tile.name: tile for tile in room.look(olga).tiles}["Accounts still open"]
    assert (tile.figure, tile.href, tile.tone) == ("1", f"{LIST}?late=yes", "bad")
    assert operator.get("/admin/").status_code == 200
    assert set(listed(operator, "")) == {stuck, new}


def test_nothing_is_added_changed_or_deleted_by_hand(operator: Client, alice: User) -> None:
    closing = delete_account(alice)
    for path in ("add/", f"{closing.pk}/change/", f"{closing.pk}/delete/"):
        assert operator.post(LIST + path, {"post": "yes", "status": "failed"}).status_code == 403
    assert Closing.objects.get().status == "queued"


def test_the_list_costs_the_same_queries_for_many(
    operator: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        user = User.objects.create_user(f"user{number}@example.org", PASSWORD)
        call_under_way(user)
        Job.objects.create(owner=user, kind="lyrics")
        delete_account(user)
    operator.get(LIST)
    with django_assert_num_queries(3):
        operator.get(LIST)


def test_others_do_not_come_in(client_of: ClientOf, charlie: User, alice: User) -> None:
    closing = delete_account(alice)
    for address in (LIST, f"{LIST}{closing.pk}/change/"):
        assert client_of(charlie).get(address).status_code == 302
