"""The way of a prediction: what is shown of it, how it ends, and what is erased."""

from __future__ import annotations

import json
import re

import pytest

from vibecraft.predictions.standin.tests.receiver import ATTEMPT, WORDS, until

REQUIRED = {
    "id", "model", "version", "input", "output", "data_removed", "error", "status", "created_at",
    "urls",
}  # fmt: skip
OPTIONAL = {"logs", "metrics", "started_at", "completed_at", "deadline", "source"}
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def check_shape(shown: dict[str, object]) -> None:
    """A prediction has all the required keys, no unknown one, and values of the right types."""
    assert set(shown) >= REQUIRED
    assert set(shown) <= REQUIRED | OPTIONAL
    assert re.fullmatch(r"[a-z0-9]{26}", str(shown["id"]))
    assert all(STAMP.fullmatch(str(shown[k])) for k in shown if k.endswith("_at"))
    assert isinstance(shown["urls"], dict)
    assert set(shown["urls"]) == {"get", "cancel", "web"}
    assert isinstance(shown["input"], dict)


@pytest.fixture
def slow(standin):
    """Runs that last until they are finished by hand."""
    standin.settings(time_scale=1)
    return standin


def read(http, created):
    shown = http.get(f"/v1/predictions/{created['id']}").json()
    check_shape(shown)
    return shown


def test_a_new_prediction_has_all_keys_and_echoes_the_input_as_sent(http, create, slow):
    created = create("hello", input={"verbosity": "low"})
    check_shape(created)
    assert created["input"] == {"prompt": "hello", "verbosity": "low"}
    assert (created["status"], created["output"], created["error"]) == ("starting", None, None)
    assert created["urls"]["get"] == f"{slow.api}/v1/predictions/{created['id']}"
    assert "metrics" not in created


def test_logs_grow_while_it_runs_and_metrics_come_at_the_end(http, create, slow):
    created = create(input={"json_schema": {"type": "object", "properties": {}}})
    assert read(http, created)["logs"] == ""
    slow.advance(1.5)
    first = read(http, created)
    assert first["status"] == "processing"
    slow.advance(4)
    second = read(http, created)
    assert second["logs"].startswith(first["logs"])
    assert "50%|█████     | 15/30" in second["logs"]
    slow.advance(6)
    until(lambda: read(http, created)["status"] == "succeeded")
    over = read(http, created)
    assert over["metrics"]["predict_time"] == 9.0
    assert over["metrics"]["total_time"] == 10.0
    assert over["output"] == {"json_output": {}, "text": "{}"}
    slow.allowed.add("fast_poll")


def test_cancel_ends_a_run_charges_it_and_can_be_repeated(http, create, slow):
    created = create()
    slow.advance(2)
    canceled = http.post(f"/v1/predictions/{created['id']}/cancel").json()
    check_shape(canceled)
    assert (canceled["status"], canceled["logs"], canceled["output"]) == ("canceled", None, None)
    assert canceled["metrics"]["predict_time"] == pytest.approx(1.0, abs=0.5)
    again = http.post(f"/v1/predictions/{created['id']}/cancel").json()
    assert again["completed_at"] == canceled["completed_at"]
    assert [entry["reason"] for entry in slow.ledger()] == ["canceled"]


def test_cancel_before_the_start_costs_nothing(http, create, slow):
    created = create()
    http.post(f"/v1/predictions/{created['id']}/cancel")
    assert slow.ledger() == []
    slow.advance(30)
    assert read(http, created)["status"] == "canceled"


def test_cancel_after_aborts_what_has_not_started(http, create, slow):
    slow.fault(queue=100)
    created = create(headers={"Cancel-After": "30s"})
    assert "deadline" not in created
    assert read(http, created)["deadline"] > created["created_at"]
    slow.advance(31)
    shown = read(http, created)
    assert (shown["status"], shown["output"]) == ("aborted", None)
    assert "started_at" not in shown
    assert slow.ledger() == []


def test_cancel_after_cancels_and_charges_what_runs(http, create, slow):
    created = create(model="kwaivgi/kling-v2.5-turbo-pro", headers={"Cancel-After": "1m"})
    slow.advance(61)
    assert read(http, created)["status"] == "canceled"
    assert [entry["amount"] for entry in slow.ledger()] == [0.35294]


def test_a_run_of_thirty_minutes_is_ended_by_the_service(http, create, slow):
    slow.fault(stuck="processing")
    created = create()
    slow.advance(1795)
    assert read(http, created)["status"] == "processing"
    slow.advance(10)
    assert read(http, created)["error"].endswith("(E8367)")
    assert slow.ledger() == []


def test_prefer_wait_returns_the_output_while_still_processing(http, create, standin):
    answer = http.post(
        f"/v1/models/{WORDS}/predictions",
        json={"input": {"prompt": "hello"}},
        headers={"Prefer": "wait=10"},
    )
    assert answer.status_code == 201
    assert answer.headers["preference-applied"] == "wait=10"
    assert answer.json()["status"] == "processing"
    assert answer.json()["output"]["text"]


def test_prefer_wait_that_runs_out_says_starting(http, slow):
    answer = http.post(
        f"/v1/models/{WORDS}/predictions",
        json={"input": {"prompt": "hello"}},
        headers={"Prefer": "wait=1"},
    )
    assert (answer.status_code, answer.json()["status"]) == (202, "starting")
    slow.advance(1)
    assert read(http, answer.json())["status"] == "processing"


def test_a_waited_image_can_come_as_a_data_uri(http, standin):
    standin.fault(wait_output="data_uri")
    body = {"input": {"prompt": "kite", "megapixels": "0.25", "output_format": "png"}}
    answer = http.post(
        "/v1/models/black-forest-labs/flux-schnell/predictions",
        json=body,
        headers={"Prefer": "wait"},
    ).json()
    assert answer["output"][0].startswith("data:image/png;base64,iVBOR")
    assert read(http, answer)["output"][0].startswith(standin.delivery)


def test_an_hour_later_input_output_and_logs_are_gone(http, create, standin):
    created = create("secret words")
    standin.settings(time_scale=1)
    standin.finish(created["id"])
    assert read(http, created)["data_removed"] is False
    standin.advance(3601)
    shown = read(http, created)
    assert shown["data_removed"] is True
    assert (shown["input"], shown["output"], shown["logs"]) == ({}, None, None)
    assert shown["status"] == "succeeded"


def test_combinations_that_the_schema_allows_fail_the_prediction(http, create, standin):
    given = {"first_frame_image": "https://a/b.png", "resolution": "1080p", "duration": 10}
    created = create(model="minimax/hailuo-2.3-fast", input=given)
    until(lambda: read(http, created)["status"] == "failed")
    assert read(http, created)["error"] == "1080p resolution only supports 6 second duration"
    assert standin.ledger() == []


def test_too_much_inline_dies_after_two_minutes_without_having_started(http, create, slow):
    inline = "data:image/png;base64," + "A" * 7_000_000
    created = create(model="bytedance/seedance-1-lite", input={"image": inline})
    slow.advance(119)
    assert read(http, created)["status"] == "starting"
    slow.advance(2)
    shown = read(http, created)
    assert shown["error"] == "Prediction interrupted; please retry (code: PA)"
    assert "started_at" not in shown
    assert shown["logs"] == ""


@pytest.mark.parametrize(
    "uri", ["data:image/png;base64,AAAA", "https://example.com/x.png", "data:image/png;base64,%%"]
)
def test_an_input_that_is_no_picture_fails_the_prediction(http, create, standin, uri):
    created = create(model="bytedance/seedance-1-lite", input={"image": uri, "duration": 2})
    until(lambda: read(http, created)["status"] == "failed")
    assert read(http, created)["error"]
    assert standin.ledger() == []


def test_a_cold_community_model_boots_first(http, standin):
    version = http.get("/v1/models/lucataco/animate-diff").json()["latest_version"]["id"]
    body = {"version": version, "input": {"prompt": "waves"}}
    standin.settings(time_scale=1)
    first = http.post("/v1/predictions", json=body).json()
    second = http.post("/v1/predictions", json=body).json()
    assert first["version"] == version
    standin.advance(5)
    assert read(http, first)["status"] == "starting"
    assert read(http, second)["status"] == "processing"


def test_an_attempt_is_known_by_its_webhook_or_its_header(create, standin):
    create(webhook=f"http://127.0.0.1:9/hooks/{ATTEMPT}/x", webhook_events_filter=["completed"])
    create(headers={"X-Attempt-Id": "mine"})
    assert [one["attempt"] for one in standin.predictions()] == [ATTEMPT, "mine"]
    standin.allowed.add("unseen_end")


def test_another_account_does_not_see_it(create, http, standin):
    created = create()
    headers = {"authorization": "Bearer r8_other"}
    for method, path in [("GET", ""), ("POST", "/cancel")]:
        address = f"/v1/predictions/{created['id']}{path}"
        assert http.request(method, address, headers=headers).status_code == 404
    assert http.get("/v1/predictions", headers=headers).json()["results"] == []
    standin.allowed.add("unseen_end")


def test_answers_are_json_with_rate_limit_headers(http, create, standin):
    created = create()
    answer = http.get(f"/v1/predictions/{created['id']}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["ratelimit-remaining"] == "59999"
    assert answer.headers["ratelimit-reset"] == "1"
    assert json.loads(answer.text)["source"] == "api"
    assert http.get("/v1/account").headers["ratelimit-remaining"] == "2999"
    standin.allowed.add("unseen_end")
