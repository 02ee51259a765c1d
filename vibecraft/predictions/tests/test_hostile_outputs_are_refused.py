"""Whatever an output names or holds: nothing private is called, no token leaves, nothing bad is kept."""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

import pytest

from vibecraft.predictions import fetching
from vibecraft.predictions.addresses import may_fetch, webhook_address
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.tests.calls import order_still
from vibecraft.testing import stored_files


def end_of(prediction: Prediction, do_work: Any) -> tuple[str, str]:
    do_work()
    prediction.refresh_from_db()
    return prediction.status, prediction.error_code


@pytest.mark.django_db
@pytest.mark.parametrize("link", ["http", "foreign", "private", "userinfo"])
def test_addresses_of_others_are_never_called(ai, alice, do_work, link):
    ai.fault(link=link)
    prediction = order_still(alice)
    assert end_of(prediction, do_work) == ("failed", "output_bad")
    assert ai.requests("delivery") == []
    assert stored_files(alice) == []
    assert prediction.actual_usd == Decimal("0.003"), "it was made, so it is paid"


@pytest.mark.django_db
@pytest.mark.parametrize("serve", ["redirect", "redirect_private"])
def test_redirects_are_not_followed(ai, alice, do_work, serve):
    ai.fault(serve=serve)
    assert end_of(order_still(alice), do_work) == ("failed", "output_bad")
    assert {one["status"] for one in ai.requests("delivery")} == {302}
    assert ai.look("canary") == []


@pytest.mark.django_db
@pytest.mark.parametrize("serve", ["empty", "html", "truncated", "wrong_length", "reset", "403"])
def test_spoiled_files_are_refused_after_three_tries(ai, alice, do_work, serve):
    ai.fault(serve=serve)
    assert end_of(order_still(alice), do_work) == ("failed", "output_bad")
    assert len(ai.requests("delivery")) == 3
    assert stored_files(alice) == []
    assert all("authorization" not in one["headers"] for one in ai.requests("delivery"))


@pytest.mark.django_db
def test_five_gigabytes_are_refused_at_their_announcement(ai, alice, do_work):
    ai.fault(serve="huge")
    assert end_of(order_still(alice), do_work) == ("failed", "output_bad")


def test_a_body_that_is_longer_than_announced_is_cut_off():
    with pytest.raises(fetching.Bad, match="more than the 10 bytes"):
        list(fetching._bounded(iter([b"12345"] * 3), 10, until=float("inf")))
    with pytest.raises(fetching.Bad, match="not there after"):
        list(fetching._bounded(iter([b"1"]), 10, until=0.0))


@pytest.mark.django_db
def test_what_was_spoiled_on_its_way_is_fetched_again(ai, alice, do_work):
    ai.fault({"endpoint": "download"}, serve="truncated", times=2)
    prediction = order_still(alice)
    assert end_of(prediction, do_work) == ("succeeded", "")
    assert len(ai.requests("delivery")) == 3
    assert len(stored_files(alice)) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("output", ["null", "empty_list"])
def test_an_output_without_a_file_is_refused(ai, alice, do_work, output):
    ai.fault(output=output)
    assert end_of(order_still(alice), do_work) == ("failed", "output_bad")


@pytest.mark.django_db
@pytest.mark.parametrize("output", ["list", "dict", "data_uri"])
def test_every_shape_of_an_output_is_understood(ai, alice, do_work, output):
    ai.fault(output=output)
    prediction = order_still(alice)
    assert end_of(prediction, do_work) == ("succeeded", "")
    assert [key.rpartition(".")[2] for key in prediction.outputs] == ["jpg"]


@pytest.mark.django_db
@pytest.mark.parametrize("serve", ["404", "410"])
def test_what_is_gone_is_lost_and_not_made_again_by_itself(ai, alice, do_work, serve):
    ai.fault(serve=serve)
    prediction = order_still(alice)
    assert end_of(prediction, do_work) == ("failed", "output_lost")
    assert (prediction.actual_usd, len(ai.predictions())) == (Decimal("0.003"), 1)


@pytest.mark.django_db
def test_what_the_service_has_deleted_is_lost(ai, alice, do_work):
    ai.fault(retention=0)
    assert end_of(order_still(alice), do_work) == ("failed", "output_lost")


def test_only_delivery_hosts_may_be_asked(settings):
    settings.REPLICATE_BASE_URL = "https://api.replicate.com"
    assert may_fetch("https://replicate.delivery/xezq/a/b.mp4")
    assert may_fetch("https://pbxt.replicate.delivery/a.png")
    refused = (
        "http://replicate.delivery/a",
        "https://replicate.delivery:8443/a",
        "https://replicate.delivery.evil.com/a",
        "https://evilreplicate.delivery/a",
        "https://replicate.delivery@evil.com/a",
        "https://user:pw@replicate.delivery/a",
        "https://evil.com/replicate.delivery/a",
        "https://127.0.0.1/a",
        "http://127.0.0.1:8791/xezq/a.mp4",
        "http://[::1]/a",
        "https://169.254.169.254/a",
        "https://[::ffff:127.0.0.1]/a",
        "ftp://replicate.delivery/a",
        "file:///etc/passwd",
        "https://replicate.delivery:99999/a",
        "https://[bad/a",
    )
    assert [address for address in refused if may_fetch(address)] == []


def test_this_machine_may_be_asked_only_where_the_service_is_here(settings):
    settings.REPLICATE_BASE_URL = "http://127.0.0.1:8790"
    assert may_fetch("http://127.0.0.1:8791/xezq/a.mp4")
    assert may_fetch("http://localhost:8791/a")
    refused = ("http://127.0.0.1:8791@evil.com/", "http://10.0.0.1/", "http://2130706433.evil/")
    assert [address for address in refused if may_fetch(address)] == []


def test_webhooks_are_only_asked_for_where_they_can_come(settings):
    settings.REPLICATE_BASE_URL = "https://api.replicate.com"
    found = {}
    for public in ("", "http://films.example.org", "http://127.0.0.1:8000", "https://f.org"):
        settings.PUBLIC_URL = public
        found[public] = webhook_address("x")
    told = "https://f.org/webhooks/replicate/x"
    assert list(found.values()) == [None, None, None, told]
    settings.REPLICATE_BASE_URL = settings.PUBLIC_URL = "http://127.0.0.1:8790"
    assert webhook_address("x") == "http://127.0.0.1:8790/webhooks/replicate/x"


def test_inline_files_are_read_within_bounds(tmp_path):
    coded = base64.b64encode(b"hello").decode()
    assert fetching._inline(f"data:text/plain;base64,{coded}", 10) == b"hello"
    assert fetching._inline("data:,a%20b", 10) == b"a b"
    for link in (f"data:;base64,{coded * 4}", "data:;base64,%%%", "data:nothing"):
        with pytest.raises(fetching.Bad):
            fetching._inline(link, 10)
