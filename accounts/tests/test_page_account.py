"""The account page: what is used, a new password, and the end of an account."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.forms import WRONG_PASSWORD
from accounts.models import User
from songs.models import Song
from vibecraft import storage
from vibecraft.jobs.models import Discard
from vibecraft.testing import PASSWORD

ClientOf = Callable[[User], Client]

pytestmark = pytest.mark.django_db


def test_the_page_shows_what_is_used(alice: User, client_of: ClientOf) -> None:
    User.objects.filter(pk=alice.pk).update(videos_used=3, storage_used_bytes=1536 * 1024**2)
    page = client_of(alice).get("/account").content.decode()
    assert "3 of 15" in page
    assert "1.5 GB of 5.0 GB" in page


def test_every_page_says_in_its_header_how_many_videos_are_left(
    alice: User, client_of: ClientOf
) -> None:
    User.objects.filter(pk=alice.pk).update(videos_used=3)
    for address in ("/videos", "/songs", "/account/tokens"):
        header = client_of(alice).get(address).content.decode().split("</header>")[0]
        chip = header.split('class="quota-chip numbers"')[1]
        assert "<span>3 of 15<" in chip
        assert 'value="3" max="15"' in chip


def test_a_new_password_is_set_and_the_session_goes_on(alice: User, client_of: ClientOf) -> None:
    client = client_of(alice)
    sent = {"change-password": PASSWORD, "change-new_password": "another long one"}
    assert client.post("/account/password", sent)["Location"] == "/account"
    alice.refresh_from_db()
    assert alice.check_password("another long one")
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize(
    ("password", "new", "sentence"),
    [
        ("not mine", "another long one", WRONG_PASSWORD),
        (PASSWORD, "alice@example.org", "The password is too similar to the e-mail."),
    ],
)
def test_a_refused_password_changes_nothing(
    alice: User, client_of: ClientOf, password: str, new: str, sentence: str
) -> None:
    sent = {"change-password": password, "change-new_password": new}
    response = client_of(alice).post("/account/password", sent)
    assert response.status_code == 400
    assert sentence in response.content.decode()
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_deleting_takes_everything_of_this_user_and_nothing_else(
    alice: User, bob: User, client_of: ClientOf, ready_song: Callable[..., Song]
) -> None:
    ready_song(alice)
    kept = ready_song(bob)
    client = client_of(alice)
    response = client.post("/account/delete", {"delete-password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/")
    assert list(User.objects.filter(is_active=True)) == [bob]
    assert list(Song.objects.all()) == [kept]
    assert [row.prefix for row in Discard.objects.all()] == [storage.user_prefix(alice.pk)]
    assert client.get("/account").status_code == 302


def test_deleting_asks_for_the_password(alice: User, client_of: ClientOf) -> None:
    response = client_of(alice).post("/account/delete", {"delete-password": "not mine"})
    assert response.status_code == 400
    assert WRONG_PASSWORD in response.content.decode()
    assert list(User.objects.all()) == [alice]
    assert not Discard.objects.exists()
