"""The `replicate` 1.0.7 client speaks to the stand-in as it does to the service."""

from __future__ import annotations

import io
import json
import struct
import zlib

import pytest
import replicate
from pydantic.v1 import ValidationError
from replicate.exceptions import ModelError, ReplicateError
from replicate.webhook import InvalidSignatureError, Webhooks

from vibecraft.predictions.standin.remote import Remote
from vibecraft.predictions.standin.tests.receiver import WORDS

FAST_IMAGE = {"prompt": "a red kite", "megapixels": "0.25", "output_format": "png"}


@pytest.fixture(autouse=True)
def _ends_may_be_unseen(standin: Remote) -> None:
    """Many of these only create a prediction; on a busy machine it has ended before the test has."""
    standin.allowed.add("unseen_end")


def test_a_prediction_by_model_is_created_waited_for_and_read(client):
    prediction = client.models.predictions.create(WORDS, {"prompt": "hello"})
    assert (prediction.status, prediction.version) == ("starting", "hidden")
    assert set(prediction.urls) == {"get", "cancel", "web"}
    prediction.wait()
    assert prediction.status == "succeeded"
    assert client.predictions.get(prediction.id).output == prediction.output
    assert prediction.progress.percentage == 1.0
    assert prediction.metrics["predict_time"] == 9.0


def test_a_community_model_is_called_by_its_version(client):
    model = client.models.get("lucataco/animate-diff")
    prediction = client.predictions.create(model.latest_version, {"prompt": "waves"})
    assert prediction.version == model.latest_version.id
    with pytest.raises(ReplicateError) as refused:
        client.models.predictions.create("lucataco/animate-diff", {"prompt": "waves"})
    assert refused.value.status == 404
    prediction.cancel()


def test_run_gives_a_plain_address_because_it_is_not_https(client, standin):
    output = client.run("black-forest-labs/flux-schnell", FAST_IMAGE)
    assert [type(one) for one in output] == [str]
    assert output[0].startswith(f"{standin.delivery}/xezq/")


def test_run_raises_for_a_failed_prediction_and_returns_nothing_for_a_canceled_one(client, standin):
    standin.fault(fail="E005")
    with pytest.raises(ModelError, match=r"\(E005\)"):
        client.run(WORDS, {"prompt": "hello"})
    standin.fault(end="canceled")
    assert client.run(WORDS, {"prompt": "hello"}) is None


def test_aborted_is_a_status_the_client_does_not_know(client, standin):
    standin.fault(end="aborted")
    prediction = client.models.predictions.create(WORDS, {"prompt": "hello"})
    standin.advance(10)
    with pytest.raises(ValidationError, match="unexpected value"):
        client.predictions.get(prediction.id)
    standin.allowed.add("unseen_end")


@pytest.mark.parametrize(
    ("knobs", "field"),
    [
        ({"stream_null": True}, "stream"),
        ({"omit": "model"}, "model"),
        ({"status": "queued"}, "status"),
        ({"fail": "E1000", "at": 0, "error_object": True}, "error"),
    ],
)
def test_answers_of_an_odd_shape_break_the_client(client, standin, knobs, field):
    standin.fault(times=0, **knobs)
    with pytest.raises(ValidationError, match=field):
        client.models.predictions.create(WORDS, {"prompt": "hello"}).wait()
    standin.allowed.update({"unseen_end"})


def test_a_base_url_with_v1_finds_nothing(standin):
    client = replicate.Client(api_token=standin.token, base_url=f"{standin.api}/v1")
    with pytest.raises(ReplicateError) as refused:
        client.models.predictions.create(WORDS, {"prompt": "hello"})
    assert refused.value.status == 404
    assert standin.predictions() == []


def test_a_wrong_token_is_told_in_the_services_words(standin):
    client = replicate.Client(api_token="r8_wrong", base_url=standin.api)
    with pytest.raises(ReplicateError) as refused:
        client.accounts.current()
    assert refused.value.title == "Unauthenticated"
    assert refused.value.detail == "You did not pass a valid authentication token"


def test_errors_lose_the_invalid_fields(client, standin):
    with pytest.raises(ReplicateError) as refused:
        client.models.predictions.create("minimax/hailuo-2.3-fast", {"prompt": "hello"})
    assert refused.value.detail == "- input: first_frame_image is required\n"
    assert not hasattr(refused.value, "invalid_fields")
    assert standin.predictions() == []


def test_an_error_that_is_a_json_list_breaks_the_client(client, standin):
    standin.fault({"endpoint": "create"}, answer="list")
    with pytest.raises((AttributeError, TypeError)):
        client.models.predictions.create(WORDS, {"prompt": "hello"})
    assert len(standin.predictions()) == 1


def test_reads_are_repeated_after_503_but_creation_is_not(client, standin):
    standin.fault({"endpoint": "account"}, answer="503", times=2)
    assert client.accounts.current().username == "standin"
    standin.fault(answer="503")
    with pytest.raises(ReplicateError) as refused:
        client.models.predictions.create(WORDS, {"prompt": "hello"})
    assert refused.value.status == 503
    asked = [(one["method"], one["path"]) for one in standin.requests()]
    assert asked.count(("GET", "/v1/account")) == 3
    assert asked.count(("POST", f"/v1/models/{WORDS}/predictions")) == 1


def test_retry_after_is_obeyed_for_reads(client, standin):
    standin.fault({"endpoint": "account"}, refuse="429", told="both", retry_after=1)
    client.accounts.current()
    first, second = (one["wall"] for one in standin.requests())
    assert 1.0 <= second - first < 2.5


def test_creation_ignores_the_clients_time_limit(standin):
    client = replicate.Client(api_token=standin.token, base_url=standin.api, timeout=0.2)
    standin.fault(latency=0.6)
    assert client.models.predictions.create(WORDS, {"prompt": "hello"}).status == "starting"


def test_create_by_model_name_drops_wait(client, standin):
    client.predictions.create(model=WORDS, input={"prompt": "hello"}, wait=True)
    client.models.predictions.create(WORDS, {"prompt": "hello"}, wait=30)
    headers = [one["headers"].get("prefer") for one in standin.requests()]
    assert headers == [None, "wait=30"]


def test_cancel_after_goes_with_every_request(standin):
    client = replicate.Client(
        api_token=standin.token, base_url=standin.api, headers={"Cancel-After": "5m"}
    )
    client.models.predictions.create(WORDS, {"prompt": "hello"})
    assert standin.predictions()[0]["cancel_after"] == 300.0


def test_file_objects_are_uploaded_and_their_address_is_the_input(client, standin):
    picture = io.BytesIO(_png())
    picture.name = "frame.png"
    given = {"prompt": "x", "image": picture, "resolution": "480p", "duration": 2}
    prediction = client.models.predictions.create("bytedance/seedance-1-lite", given)
    (upload,) = client.files.list()
    assert (upload.name, upload.content_type) == ("frame.png", "image/png")
    assert prediction.input["image"] == upload.urls["get"]
    prediction.cancel()


def test_every_call_on_files_works_and_needs_name_and_etag(client, standin):
    made = client.files.create(io.BytesIO(b"words"), filename="a.txt", metadata={"attempt": "7"})
    assert (made.size, made.metadata) == (5, {"attempt": "7"})
    assert client.files.get(made.id).checksums == made.checksums
    assert [one.id for one in client.files.list()] == [made.id]
    assert client.files.delete(made.id) is True
    assert client.files.list() == []
    standin.fault({"endpoint": "file_create"}, omit="name+etag")
    with pytest.raises(ValidationError, match="etag"):
        client.files.create(io.BytesIO(b"words"))


def test_models_versions_hardware_and_pages_can_be_read(client):
    assert client.models.get("google/veo-3.1-fast").latest_version.openapi_schema["openapi"]
    slugs = {model.id for model in client.models.list()}
    assert {"minimax/hailuo-2.3-fast", "meta/musicgen", WORDS} <= slugs
    model = client.models.get("meta/musicgen")
    assert [one.id for one in model.versions.list()] == [model.latest_version.id]
    assert model.versions.get(model.latest_version.id).cog_version == "0.16.0"
    assert "gpu-t4" in {one.sku for one in client.hardware.list()}
    made = [client.models.predictions.create(WORDS, {"prompt": str(n)}).id for n in range(3)]
    assert [one.id for one in client.predictions.list()] == made[::-1]


def test_the_account_s_secret_validates_its_webhooks(client, receiver, standin):
    client.models.predictions.create(
        WORDS, {"prompt": "hello"}, webhook=receiver.url, webhook_events_filter=["completed"]
    )
    (call,) = receiver.wait_for(1)
    secret = client.webhooks.default.secret()
    headers, body = dict(call.headers), call.body.decode()
    Webhooks.validate(headers=headers, body=body, secret=secret)
    assert json.loads(body)["status"] == "succeeded"
    with pytest.raises(InvalidSignatureError):
        Webhooks.validate(headers=headers, body=body + " ", secret=secret)


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + bytes((200, 60, 60)) * 16 for _ in range(16))
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def test_remote_knows_the_environment(standin: Remote):
    assert standin.environment == {
        "REPLICATE_BASE_URL": standin.api,
        "REPLICATE_API_TOKEN": "r8_standin",
    }
