"""What is refused, in which order and in which words; and that nothing is made of it."""

from __future__ import annotations

import httpx
import pytest

from vibecraft.predictions.standin.tests.receiver import WORDS

HAILUO = "/v1/models/minimax/hailuo-2.3-fast/predictions"
LITE = "/v1/models/bytedance/seedance-1-lite/predictions"
ZEROSCOPE = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
INVALID = "Input validation failed"


@pytest.fixture(autouse=True)
def _nothing_is_made(standin):
    yield
    assert standin.predictions() == []
    assert standin.ledger() == []


def test_a_missing_token_is_401_whatever_else_is_wrong(standin):
    answer = httpx.post(f"{standin.api}{HAILUO}", content=b"not json")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "title": "Unauthenticated",
        "detail": "You did not pass a valid authentication token",
        "status": 401,
    }


def test_the_old_word_for_a_token_is_taken_too(standin):
    headers = {"authorization": f"Token {standin.token}"}
    assert httpx.get(f"{standin.api}/v1/account", headers=headers).status_code == 200


def test_the_rate_limit_is_looked_at_before_the_body(standin):
    standin.settings(time_scale=1)
    headers = {"authorization": "Bearer r8_low"}
    first, second = (
        httpx.post(f"{standin.api}{HAILUO}", content=b"not json", headers=headers) for _ in "ab"
    )
    assert (first.status_code, second.status_code) == (400, 429)


@pytest.mark.parametrize(
    ("input", "detail", "field"),
    [
        (
            {"prompt": "x"},
            "- input: first_frame_image is required\n",
            {"type": "required", "field": "input", "description": "first_frame_image is required"},
        ),
        (
            {"prompt": "x", "first_frame_image": "https://a/b.png", "duration": 7},
            "- input.duration: duration must be one of the following: 6, 10\n",
            {
                "type": "enum",
                "field": "input.duration",
                "description": "duration must be one of the following: 6, 10",
            },
        ),
        (
            {"prompt": "x", "first_frame_image": "https://a/b.png", "resolution": "768P"},
            '- input.resolution: resolution must be one of the following: "768p", "1080p"\n',
            {
                "type": "enum",
                "field": "input.resolution",
                "description": 'resolution must be one of the following: "768p", "1080p"',
            },
        ),
        (
            {"prompt": "x", "first_frame_image": "https://a/b.png", "duration": "6"},
            "- input.duration: Invalid type. Expected: integer, given: string\n",
            {
                "type": "invalid_type",
                "field": "input.duration",
                "description": "Invalid type. Expected: integer, given: string",
            },
        ),
        (
            {"prompt": "x", "first_frame_image": "frame.png"},
            "- input.first_frame_image: Does not match format 'uri'\n",
            {
                "type": "format",
                "field": "input.first_frame_image",
                "description": "Does not match format 'uri'",
            },
        ),
    ],
)
def test_wrong_inputs_are_told_in_the_services_words(http, input, detail, field):
    answer = http.post(HAILUO, json={"input": input})
    assert answer.status_code == 422
    assert answer.json() == {
        "detail": detail,
        "status": 422,
        "title": INVALID,
        "invalid_fields": [field],
    }


def test_numbers_out_of_range_are_told_with_their_bound(http):
    more = http.post(LITE, json={"input": {"prompt": "x", "duration": 13}}).json()
    less = http.post(LITE, json={"input": {"prompt": "x", "duration": 1}}).json()
    assert more["detail"] == "- input.duration: Must be less than or equal to 12\n"
    assert more["invalid_fields"][0]["type"] == "number_lte"
    assert less["detail"] == "- input.duration: Must be greater than or equal to 2\n"
    assert less["invalid_fields"][0]["type"] == "number_gte"


def test_texts_and_lists_have_their_bounds_too(http):
    song = http.post("/v1/models/minimax/music-1.5/predictions", json={"input": {
        "lyrics": "short", "prompt": "x" * 301}}).json()  # fmt: skip
    assert song["detail"] == (
        "- input.lyrics: String length must be greater than or equal to 10\n"
        "- input.prompt: String length must be less than or equal to 300\n"
    )
    many = {"prompt": "x", "reference_images": ["https://a/b.png"] * 5}
    lite = http.post(LITE, json={"input": many}).json()
    assert lite["detail"] == "- input.reference_images: Array must have at most 4 items\n"


def test_top_level_keys_are_checked_and_the_root_has_no_name(http):
    answer = http.post("/v1/predictions", json={"model": WORDS, "input": {"prompt": "x"}})
    assert answer.status_code == 422
    assert answer.json()["detail"] == (
        "- version is required\n- Additional property model is not allowed\n"
    )
    assert [one["field"] for one in answer.json()["invalid_fields"]] == ["", ""]
    assert [one["type"] for one in answer.json()["invalid_fields"]] == [
        "required",
        "additional_property_not_allowed",
    ]
    assert http.post(HAILUO, json={}).json()["detail"] == "- input is required\n"


@pytest.mark.parametrize(
    "version", ["0" * 64, "google/no-such-model", "lucataco/animate-diff", f"{WORDS}:latest"]
)
def test_versions_that_are_not_there_are_422(http, version):
    answer = http.post("/v1/predictions", json={"version": version, "input": {"prompt": "x"}})
    assert answer.status_code == 422
    assert answer.json() == {
        "title": "Invalid version or not permitted",
        "detail": "The specified version does not exist (or perhaps you don't have permission to"
        " use it?)",
        "status": 422,
    }


@pytest.mark.parametrize("slug", ["google/no-such-model", "anotherjesse/zeroscope-v2-xl"])
def test_unknown_and_community_models_are_404_by_name(http, slug):
    answer = http.post(f"/v1/models/{slug}/predictions", json={"input": {"prompt": "x"}})
    assert answer.status_code == 404
    assert answer.json()["status"] == 404


def test_a_body_that_is_no_json_is_400(http):
    assert http.post(HAILUO, content=b"{").status_code == 400
    assert http.post(HAILUO, json=[1]).status_code == 422


def test_strict_inputs_refuse_unknown_names(http, standin):
    standin.settings(strict_inputs=True)
    answer = http.post(LITE, json={"input": {"prompt": "x", "num_frames": 81}})
    assert answer.status_code == 422
    assert answer.json()["detail"] == ("- input: Additional property num_frames is not allowed\n")


def test_a_webhook_must_be_an_address_and_https_if_that_is_required(http, standin):
    body = {"input": {"prompt": "x"}, "webhook": "not an address"}
    assert http.post(LITE, json=body).json()["invalid_fields"][0]["field"] == "webhook"
    standin.settings(require_https=True)
    body["webhook"] = "http://127.0.0.1:1/x"
    assert http.post(LITE, json=body).status_code == 422
    body |= {"webhook": "https://127.0.0.1:1/x", "webhook_events_filter": ["finished"]}
    assert http.post(LITE, json=body).json()["invalid_fields"][0]["type"] == "enum"


@pytest.mark.parametrize("text", ["4", "4s", "soon", ""])
def test_cancel_after_below_five_seconds_is_422(http, text):
    headers = {"Cancel-After": text}
    body = {"input": {"prompt": "x"}}
    assert http.post(LITE, json=body, headers=headers).status_code == 422


def test_no_credit_is_402_after_all_other_checks(standin):
    headers = {"authorization": "Bearer r8_poor"}
    with httpx.Client(base_url=standin.api, headers=headers) as poor:
        assert poor.post(LITE, json={"input": {}}).status_code == 422
        standin.advance(60)
        answer = poor.post(LITE, json={"input": {"prompt": "x"}})
    assert answer.status_code == 402
    assert answer.json()["title"] == "Insufficient credit"
    assert answer.json()["detail"].startswith("You have insufficient credit to run this model. ")


def test_paths_that_are_not_there_are_404(http):
    for method, path in [("GET", "/v1/nothing"), ("DELETE", "/v1/predictions/abc"), ("GET", "/")]:
        assert http.request(method, path).status_code == 404
    assert http.get(f"/v1/predictions/{'a' * 26}").json() == {
        "detail": "The requested resource could not be found.",
        "status": 404,
    }
