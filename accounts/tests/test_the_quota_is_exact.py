"""The quota: conditional updates that many requests at once cannot pass."""

from __future__ import annotations

import pytest

from accounts.models import User
from vibecraft.problems import Problem
from vibecraft.testcrowd import outcomes

pytestmark = pytest.mark.databases


def test_the_sixteenth_video_is_refused_with_the_sentence(alice: User) -> None:
    for _ in range(15):
        alice.take_video()
    with pytest.raises(Problem) as refusal:
        alice.take_video()
    assert refusal.value.code == "quota_reached"
    assert refusal.value.status == 429
    assert refusal.value.sentence == (
        "You've reached your limit (15 videos). Delete existing videos to create more."
    )
    alice.refresh_from_db()
    assert alice.videos_used == 15


def test_a_video_given_back_makes_room_and_never_goes_below_zero(alice: User) -> None:
    alice.take_video()
    alice.give_back_video()
    alice.give_back_video()
    alice.refresh_from_db()
    assert alice.videos_used == 0


def test_storage_is_refused_to_the_byte(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(storage_limit_bytes=100)
    alice.take_storage(60)
    with pytest.raises(Problem):
        alice.take_storage(41)
    alice.take_storage(40)
    alice.refresh_from_db()
    assert alice.storage_used_bytes == 100


def test_work_under_way_may_finish_past_the_limit(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(storage_limit_bytes=100)
    alice.add_storage(150)
    with pytest.raises(Problem) as refusal:
        alice.check_room()
    assert refusal.value.status == 429
    alice.give_back_storage(500)
    alice.refresh_from_db()
    assert alice.storage_used_bytes == 0


def test_an_address_is_unique_whatever_its_case(alice: User) -> None:
    assert User.objects.get_by_natural_key("ALICE@Example.ORG") == alice


@pytest.mark.django_db(transaction=True)
def test_fifty_starts_at_once_with_room_for_ten_make_exactly_ten() -> None:
    user = User.objects.create_user("edge@example.org", videos_limit=10)
    met = outcomes(lambda _: user.take_video(), 50)
    assert met == ["done"] * 10 + ["quota_reached"] * 40
    user.refresh_from_db()
    assert user.videos_used == 10
