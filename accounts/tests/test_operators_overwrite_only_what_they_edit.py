"""An operator edits a user while work is counted and people leave: what they did not edit stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db.models import F
from django.test import Client

from accounts.admin import UserAdmin
from accounts.closing import delete_account
from accounts.models import User
from vibecraft.testing import PASSWORD

ClientOf = Callable[[User], Client]
Meanwhile = Callable[[Callable[[], Any]], None]
NEW_PASSWORD = "a-different-tune-for-92"

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client_of: ClientOf) -> Client:
    return client_of(User.objects.create_superuser("olga@example.org", PASSWORD))


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Something that happens once a user was read for a form, and before the form is saved."""
    read = UserAdmin.get_object

    def happens(act: Callable[[], Any]) -> None:
        def read_then_act(*args: Any, **options: Any) -> Any:
            found = read(*args, **options)
            act()
            return found

        monkeypatch.setattr(UserAdmin, "get_object", read_then_act)

    return happens


def make_work(user: User) -> None:
    """A video more, and what it has stored."""
    User.objects.filter(pk=user.pk).update(
        videos_used=F("videos_used") + 1, storage_used_bytes=F("storage_used_bytes") + 5000
    )


def used(user: User) -> tuple[int, int]:
    user.refresh_from_db()
    return user.videos_used, user.storage_used_bytes


def filled(user: User, **changed: Any) -> dict[str, Any]:
    """The form of a user's page as it is sent."""
    form = {
        "email": user.email,
        "videos_limit": user.videos_limit,
        "storage_limit_bytes": user.storage_limit_bytes,
        "is_active": "on",
    }
    return form | changed


def edit(operator: Client, user: User, **changed: Any) -> None:
    answer = operator.post(f"/admin/accounts/user/{user.pk}/change/", filled(user, **changed))
    assert answer.status_code == 302


def set_password(operator: Client, user: User, **form: str) -> None:
    answer = operator.post(f"/admin/accounts/user/{user.pk}/password/", form)
    assert answer.status_code == 302


def test_counters_go_on_while_a_limit_is_edited(
    operator: Client, alice: User, meanwhile: Meanwhile
) -> None:
    meanwhile(lambda: make_work(alice))
    edit(operator, alice, videos_limit=100)
    assert used(alice) == (1, 5000)
    assert alice.videos_limit == 100


def test_an_account_that_was_closed_is_not_opened_again(operator: Client, alice: User) -> None:
    form = filled(alice, videos_limit=100)
    delete_account(alice)
    page = f"/admin/accounts/user/{alice.pk}"
    password = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert operator.post(f"{page}/change/", form).status_code == 403
    assert operator.post(f"{page}/password/", password).status_code == 403
    assert operator.get(f"{page}/change/").status_code == 200
    alice.refresh_from_db()
    assert (alice.is_active, alice.email) == (False, f"{alice.pk}@closed.invalid")
    assert not alice.has_usable_password()
    assert alice.videos_limit != 100


def test_an_account_that_is_closed_meanwhile_stays_closed(
    operator: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = UserAdmin.save_form

    def close_then_read(*args: Any, **options: Any) -> Any:
        delete_account(User.objects.get(pk=alice.pk))
        return read(*args, **options)

    monkeypatch.setattr(UserAdmin, "save_form", close_then_read)
    edit(operator, alice, videos_limit=100)
    alice.refresh_from_db()
    assert (alice.is_active, alice.email) == (False, f"{alice.pk}@closed.invalid")
    assert not alice.has_usable_password()
    assert alice.videos_limit == 100


def test_all_that_is_edited_is_saved(
    operator: Client, alice: User, bob: User, meanwhile: Meanwhile
) -> None:
    makers = Group.objects.create(name="makers")
    meanwhile(lambda: make_work(alice))
    edit(operator, alice, email="alice@example.net", is_active="", groups=[makers.pk])
    assert used(alice) == (1, 5000)
    assert (alice.email, alice.is_active) == ("alice@example.net", False)
    assert list(alice.groups.all()) == [makers]
    bob.refresh_from_db()
    assert (bob.is_active, bob.groups.count()) == (True, 0)


def test_groups_alone_are_saved_too(operator: Client, alice: User, meanwhile: Meanwhile) -> None:
    makers = Group.objects.create(name="makers")
    meanwhile(lambda: make_work(alice))
    edit(operator, alice, groups=[makers.pk])
    assert used(alice) == (1, 5000)
    assert list(alice.groups.all()) == [makers]


def test_a_new_password_is_all_that_its_page_writes(
    operator: Client, alice: User, meanwhile: Meanwhile
) -> None:
    def is_shut_out() -> None:
        make_work(alice)
        User.objects.filter(pk=alice.pk).update(is_active=False, email="alice@example.net")

    meanwhile(is_shut_out)
    set_password(operator, alice, password1=NEW_PASSWORD, password2=NEW_PASSWORD)
    assert used(alice) == (1, 5000)
    assert (alice.is_active, alice.email) == (False, "alice@example.net")
    assert alice.check_password(NEW_PASSWORD)


def test_a_password_is_taken_away_and_nothing_else(
    operator: Client, alice: User, meanwhile: Meanwhile
) -> None:
    meanwhile(lambda: make_work(alice))
    set_password(operator, alice, usable_password="false", **{"unset-password": "1"})
    assert used(alice) == (1, 5000)
    assert not alice.has_usable_password()


def test_charlie_edits_nobody(client_of: ClientOf, alice: User, charlie: User) -> None:
    browser = client_of(charlie)
    edit(browser, alice, videos_limit=100)
    set_password(browser, alice, password1=NEW_PASSWORD, password2=NEW_PASSWORD)
    before = alice.videos_limit, alice.password
    alice.refresh_from_db()
    assert (alice.videos_limit, alice.password) == before
