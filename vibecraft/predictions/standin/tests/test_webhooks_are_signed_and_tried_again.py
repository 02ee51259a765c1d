"""Webhooks as the service sends them, and every way in which they can go wrong."""

from __future__ import annotations

import itertools
import json

import pytest
from replicate.webhook import InvalidSignatureError, Webhooks, WebhookSigningSecret

from vibecraft.predictions.standin import hooks
from vibecraft.predictions.standin.clock import Clock
from vibecraft.predictions.standin.hooks import Message
from vibecraft.predictions.standin.tests.receiver import ATTEMPT, until

ONLY_END = {"webhook_events_filter": ["completed"]}


def is_signed(call, standin, account: str = "standin") -> bool:
    secret = WebhookSigningSecret(key=standin.account(account)["webhook_secret"])
    try:
        Webhooks.validate(headers=dict(call.headers), body=call.body.decode(), secret=secret)
    except (InvalidSignatureError, ValueError):
        return False
    return True


def test_the_documented_test_vector_holds():
    signed = hooks.sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "1614265330",
        b'{"test": 2432232314}',
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_all_events_come_in_order_without_a_filter(create, receiver, standin):
    created = create(webhook=receiver.url)
    receiver.wait_for(3)
    assert [one["status"] for one in receiver.bodies] == ["processing", "processing", "succeeded"]
    assert {one["id"] for one in receiver.bodies} == {created["id"]}
    assert all(is_signed(call, standin) for call in receiver.calls)
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 3


def test_the_last_body_is_the_prediction_as_read(create, receiver, http):
    created = create(webhook=receiver.url, **ONLY_END)
    (call,) = receiver.wait_for(1)
    assert json.loads(call.body) == http.get(f"/v1/predictions/{created['id']}").json()
    assert call.path.endswith(ATTEMPT)


def test_only_the_end_is_tried_again_with_the_same_id(create, receiver, standin):
    receiver.statuses = [500, 500, 404, 302]
    create(webhook=receiver.url, webhook_events_filter=["start", "completed"])
    receiver.wait_for(5)
    standin.wait_until_quiet()
    tries = standin.webhooks()
    ends = [one for one in tries if one["event"] == "completed"]
    assert [one["status"] for one in tries if one["event"] == "start"] == [500]
    assert [one["status"] for one in ends] == [500, 404, 302, 200]
    assert [one["attempt"] for one in ends] == [1, 2, 3, 4]
    assert len({one["message"] for one in ends}) == 1
    gaps = [b["at"] - a["at"] for a, b in itertools.pairwise(ends)]
    assert [gap >= wait for gap, wait in zip(gaps, (5, 10, 25), strict=True)] == [True] * 3


def test_after_the_fourth_try_it_is_lost_for_good(create, receiver, standin):
    receiver.statuses = [500] * 10
    create(webhook=receiver.url, **ONLY_END)
    receiver.wait_for(4)
    standin.wait_until_quiet()
    standin.advance(600)
    assert len(receiver.calls) == 4
    standin.allowed.add("unseen_end")


def test_nothing_outside_this_machine_is_called(create, standin):
    create(webhook="https://example.com/hook", **ONLY_END)
    until(lambda: standin.webhooks())
    assert standin.webhooks()[0]["error"] == "not on this machine: not called"
    standin.advance(60)
    standin.allowed.add("unseen_end")


def test_an_aborted_prediction_sends_none(create, receiver, standin, http):
    standin.fault(end="aborted")
    created = create(webhook=receiver.url)
    until(lambda: standin.predictions()[0]["status"] == "aborted")
    http.get(f"/v1/predictions/{created['id']}")
    assert receiver.calls == []


def ended(create, standin, receiver, count: int, **knobs):
    standin.fault(**knobs)
    created = create(webhook=receiver.url, **ONLY_END)
    receiver.wait_for(count)
    standin.wait_until_quiet()
    return created


def test_none_and_late(create, receiver, standin):
    standin.fault(webhook="none")
    standin.fault({"nth": 2}, webhook="late", webhook_delay=400)
    create(webhook=receiver.url, **ONLY_END)
    create(webhook=receiver.url, **ONLY_END)
    until(lambda: all(one["status"] == "succeeded" for one in standin.predictions()))
    assert receiver.calls == []
    standin.advance(400)
    receiver.wait_for(1)
    standin.allowed.add("unseen_end")


def test_duplicates_have_one_id_and_a_flood_has_many(create, receiver, standin):
    ended(create, standin, receiver, 5, webhook="duplicate")
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1
    assert len(receiver.calls) == 5
    ended(create, standin, receiver, 105, webhook="flood")
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 101


def test_a_replay_is_rightly_signed_but_old(create, receiver, standin):
    ended(create, standin, receiver, 2, webhook="replay")
    old, new = sorted(int(call.headers["webhook-timestamp"]) for call in receiver.calls)
    assert 595 <= new - old <= 605
    assert all(is_signed(call, standin) for call in receiver.calls)


def test_out_of_order_tells_the_start_after_the_end(create, receiver, standin):
    standin.fault(webhook="out_of_order")
    create(webhook=receiver.url, webhook_events_filter=["start", "completed"])
    receiver.wait_for(2)
    assert {one["status"] for one in receiver.bodies} == {"succeeded", "processing"}
    standin.wait_until_quiet()


@pytest.mark.parametrize("fault", ["bad_signature", "no_signature", "wrong_secret", "modified"])
def test_forged_ones_do_not_validate(create, receiver, standin, fault):
    ended(create, standin, receiver, 1, webhook=fault)
    assert not is_signed(receiver.calls[0], standin) if fault != "no_signature" else True
    assert ("webhook-signature" in receiver.calls[0].headers) is (fault != "no_signature")


def test_two_signatures_validate_by_the_second(create, receiver, standin):
    ended(create, standin, receiver, 1, webhook="two_signatures")
    assert len(receiver.calls[0].headers["webhook-signature"].split()) == 2
    assert is_signed(receiver.calls[0], standin)


def test_another_id_another_path_and_a_short_body(create, receiver, standin):
    created = ended(create, standin, receiver, 1, webhook="other_account")
    assert receiver.bodies[0]["id"] != created["id"]
    ended(create, standin, receiver, 2, webhook="unknown_attempt")
    assert not receiver.calls[1].path.endswith(ATTEMPT)
    ended(create, standin, receiver, 3, webhook="short")
    assert not {"urls", "model"} & set(receiver.bodies[2])
    standin.allowed.add("double_creation")


def test_an_early_one_arrives_before_the_answer_to_the_creation(http, receiver, standin):
    standin.fault(webhook="early")
    body = {"input": {"prompt": "hello"}, "webhook": receiver.url, **ONLY_END}
    answer = http.post("/v1/models/openai/gpt-5-structured/predictions", json=body).json()
    assert [one["status"] for one in receiver.bodies] == ["succeeded"]
    assert answer["status"] == "starting"


def test_one_can_be_sent_by_hand(create, receiver, standin):
    created = create(webhook=receiver.url, **ONLY_END)
    receiver.wait_for(1)
    sent = standin.send_webhook(created["id"], fault="wrong_secret", id="msg_forged")
    assert (sent["status"], sent["message"]) == (200, "msg_forged")
    assert not is_signed(receiver.calls[1], standin)


def test_a_receiver_that_is_not_there_counts_as_a_failure():
    assert hooks.TIMEOUT_SECONDS == 5.0
    message = Message("msg_1", "http://127.0.0.1:9/x", b"{}", hooks.FORGED_KEY, "completed", "p")
    sender = hooks.Sender(Clock())
    status, error = sender.post(message, hooks.headers_of(message, 0.0))
    sender.stop()
    assert status is None
    assert error is not None
    assert error.startswith("ConnectError")


@pytest.fixture(autouse=True)
def _same_attempt_again(standin):
    """These tests create several predictions for one address on purpose."""
    standin.allowed.add("double_creation")
