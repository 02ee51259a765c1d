"""Credit, limits, and the ledger: each prediction is charged once, at its catalog price."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from vibecraft.predictions.standin import catalog, money, shapes
from vibecraft.predictions.standin.money import Bucket, throttled

MODELS = catalog.load()


def price(slug: str, **given) -> Decimal:
    model = MODELS.by_slug[slug]
    values = model.values(given)
    metrics = shapes.expected_metrics(model, values) | {"predict_time": model.seconds}
    return money.price(model, values, metrics)[1]


@pytest.mark.parametrize(
    ("slug", "given", "usd"),
    [
        ("minimax/hailuo-2.3-fast", {}, "0.19"),
        ("minimax/hailuo-2.3-fast", {"duration": 10}, "0.32"),
        ("minimax/hailuo-2.3-fast", {"resolution": "1080p"}, "0.33"),
        ("minimax/hailuo-2.3", {"duration": 10}, "0.56"),
        ("minimax/hailuo-02", {"resolution": "768p"}, "0.264375"),
        ("bytedance/seedance-1-lite", {}, "0.181512"),
        ("bytedance/seedance-1-pro-fast", {"resolution": "480p", "duration": 2}, "0.03063"),
        ("wan-video/wan-2.2-i2v-fast", {"interpolate_output": True}, "0.065"),
        ("wan-video/wan-2.2-i2v-fast", {"resolution": "720p"}, "0.11"),
        ("wan-video/wan-2.2-t2v-fast", {}, "0.060804"),
        ("kwaivgi/kling-v2.5-turbo-pro", {}, "0.35294"),
        ("kwaivgi/kling-v2.1", {"mode": "pro", "duration": 10}, "0.90378"),
        ("google/veo-3.1-fast", {}, "1.2"),
        ("google/veo-3.1-fast", {"generate_audio": False}, "0.8"),
        ("prunaai/p-video", {"draft": True}, "0.025"),
        ("prunaai/p-video", {"resolution": "1080p"}, "0.2"),
        ("lightricks/ltx-2.3-fast", {}, "0.2416"),
        ("anotherjesse/zeroscope-v2-xl", {}, "0.07"),
        ("lucataco/animate-diff", {}, "0.049"),
        ("black-forest-labs/flux-schnell", {"num_outputs": 4}, "0.012"),
        ("black-forest-labs/flux-kontext-pro", {}, "0.04"),
        ("bytedance/seedream-4", {"max_images": 5}, "0.03"),
        ("google/nano-banana", {}, "0.039"),
        ("ideogram-ai/ideogram-character", {"rendering_speed": "Turbo"}, "0.10"),
        ("stability-ai/stable-audio-2.5", {}, "0.20"),
        ("minimax/music-1.5", {}, "0.03"),
    ],
)
def test_prices_are_those_of_the_catalog(slug, given, usd):
    assert price(slug, **given) == Decimal(usd)


def test_each_success_is_charged_once_and_lowers_the_balance(create, http, standin):
    created = [create(str(number)) for number in range(3)]
    standin.wait_until_quiet()
    for one in created:
        for _ in range(3):
            http.get(f"/v1/predictions/{one['id']}")
    assert [entry["prediction"] for entry in standin.ledger()] == [one["id"] for one in created]
    spent = sum(entry["amount"] for entry in standin.ledger())
    assert standin.account()["balance"] == pytest.approx(100 - spent)
    assert standin.paid_twice() == []
    standin.allowed.add("fast_poll")


def test_failures_cost_nothing(create, http, standin):
    standin.fault(fail="E1000")
    created = create()
    standin.wait_until_quiet()
    http.get(f"/v1/predictions/{created['id']}")
    assert standin.ledger() == []
    assert standin.account()["balance"] == 100


def test_equal_inputs_that_were_both_paid_are_found(create, http, standin):
    for one in (create("same"), create("same"), create("other")):
        standin.finish(one["id"])
        http.get(f"/v1/predictions/{one['id']}")
    assert len(standin.paid_twice()) == 1


def test_credit_that_is_used_up_refuses_the_next(create, http, standin):
    standin.set_balance(0.00001)
    standin.finish(create()["id"])
    assert standin.account()["balance"] < 0
    body = {"input": {"prompt": "x"}}
    standin.advance(60)
    refused = http.post("/v1/models/openai/gpt-5-structured/predictions", json=body)
    assert refused.status_code == 402
    assert len(standin.predictions()) == 1
    standin.allowed.add("unseen_end")


def test_low_credit_slows_creation_in_the_services_words(standin):
    standin.settings(time_scale=1)
    headers = {"authorization": "Bearer r8_low"}
    body = {"input": {"prompt": "x"}}
    address = f"{standin.api}/v1/models/openai/gpt-5-structured/predictions"
    assert httpx.post(address, json=body, headers=headers).status_code == 201
    refused = httpx.post(address, json=body, headers=headers)
    assert refused.status_code == 429
    assert refused.json() == {
        "detail": "Request was throttled. Your rate limit for creating predictions is reduced to 6"
        " requests per minute with a burst of 1 requests while you have less than $5.0 in credit."
        " Your rate limit resets in ~10s.",
        "status": 429,
        "retry_after": 10,
    }
    assert "retry-after" not in refused.headers
    standin.advance(10)
    assert httpx.post(address, json=body, headers=headers).status_code == 201
    standin.allowed.add("unseen_end")


def test_an_account_without_a_payment_method_is_told_so(standin):
    standin.settings(time_scale=1)
    headers = {"authorization": "Bearer r8_trial"}
    address = f"{standin.api}/v1/models/openai/gpt-5-structured/predictions"
    body = {"input": {"prompt": "x"}}
    codes = [httpx.post(address, json=body, headers=headers) for _ in range(2)]
    assert (
        codes[1]
        .json()["detail"]
        .endswith("until you add a payment method. Your rate limit resets in ~10s.")
    )


def test_limits_can_be_set_for_an_account(standin):
    standin.settings(time_scale=1)
    limits = {"create": [60, 2], "other": [60, 1]}
    standin.act("accounts", {"username": "slow", "token": "r8_slow", "limits": limits})
    headers = {"authorization": "Bearer r8_slow"}
    codes = [httpx.get(f"{standin.api}/v1/account", headers=headers).status_code for _ in range(3)]
    assert codes == [200, 429, 429]


def test_a_bucket_fills_evenly():
    bucket = Bucket(per_minute=600, burst=2)
    assert [bucket.take(0.0) for _ in range(3)] == [0, 0, 1]
    assert bucket.take(0.1) == 0
    assert [Bucket(6, 1).take(0.0), throttled(None, 30)] == [
        0,
        "Request was throttled. Your rate limit resets in ~30s.",
    ]


def test_canceled_words_are_charged_nothing():
    model = MODELS.by_slug["openai/gpt-5-structured"]
    assert money.price(model, model.values({}), {"predict_time": 1.0}) == (0, Decimal("0.000000"))
