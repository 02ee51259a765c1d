"""Every model called over HTTP: what is sent is taken, what is charged is the estimate."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from vibecraft.media.ffmpeg import run
from vibecraft.predictions.catalog import AnyLength, Model, build_input, pricing
from vibecraft.predictions.catalog.tests.asking import lengths, paid_models, wishes
from vibecraft.predictions.standin.remote import Remote, running
from vibecraft.predictions.standin.tests.decoding import decode, fetch

pytestmark = pytest.mark.workers
CLIP_SECONDS = 2
MADE = {
    "first_frame": ("png", "image/png", "color=teal:s=64x36"),
    "last_frame": ("png", "image/png", "color=navy:s=64x36"),
    "reference": ("png", "image/png", "color=maroon:s=64x36"),
    "audio": ("wav", "audio/wav", f"sine=d={CLIP_SECONDS}"),
    "video": ("mp4", "video/mp4", f"testsrc=s=64x36:r=24:d={CLIP_SECONDS}"),
}
# Slow enough that all can be drawn at once before the service's limit of half an hour is over.
TIME_SCALE = 40
CENT = Decimal("0.01")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Small files as data addresses, by our names of inputs."""
    folder = tmp_path_factory.mktemp("files")
    return {name: _made(folder / f"{name}.{made[0]}", *made[1:]) for name, made in MADE.items()}


def _made(path: Path, kind: str, source: str) -> str:
    one = ["-frames:v", "1"] if kind == "image/png" else []
    run(["-f", "lavfi", "-i", source, *one, f"file:{path}"], folder=path.parent)
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


@pytest.fixture(scope="module")
def standin() -> Iterator[Remote]:
    """A stand-in of its own, which refuses unknown names of inputs."""
    with running("--time-scale", str(TIME_SCALE), "--strict-inputs") as remote:
        yield remote


@pytest.fixture(scope="module")
def service(standin: Remote) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {standin.token}"}
    with httpx.Client(base_url=standin.api, headers=headers, timeout=60) as client:
        yield client


def asked(model: Model, files: Mapping[str, str]) -> dict[str, Any]:
    """The shortest output, in the model's first format."""
    seconds = (lengths(model) or [None])[0]
    values = wishes(model, first_frame=model.needs_first_frame)
    values |= {name: files[name] for name in values if name in files}
    ratio = next(iter(model.sizes), "")
    return build_input(model, values | {"seconds": seconds, "aspect_ratio": ratio})


def create(service: httpx.Client, model: Model, sent: Mapping[str, Any]) -> str:
    body: dict[str, Any] = {"input": sent}
    path = f"/v1/models/{model.slug}/predictions"
    if model.version:
        path, body = "/v1/predictions", body | {"version": model.version}
    answer = service.post(path, json=body)
    assert answer.status_code == 201, (model.key, answer.text)
    return str(answer.json()["id"])


def test_every_model_is_called_and_charged_as_estimated(
    service: httpx.Client, standin: Remote, files: dict[str, str], tmp_path: Path
):
    calls = {}
    for model in paid_models():
        sent = asked(model, files)
        calls[create(service, model, sent)] = (model, sent)
    standin.wait_until_quiet(120)
    failed = [one["error"] for one in standin.predictions() if one["status"] != "succeeded"]
    assert failed == []
    ledger = {entry["prediction"]: entry for entry in standin.ledger()}
    assert set(ledger) == set(calls)
    for prediction, (model, sent) in calls.items():
        answer = service.get(f"/v1/predictions/{prediction}").json()
        charged = Decimal(str(ledger[prediction]["amount"]))
        told = pricing.measured(model, sent, answer["metrics"])
        if told is not None:
            assert pricing.usd(told[0], model.price.usd[told[1]]) == charged, model.key
        if model.price.unit in ("second", "video", "image", "run") and model.kind != "lipsync":
            assert pricing.list_price(model, sent) == charged, model.key
        if model.price.unit == "hardware":
            assert abs(pricing.list_price(model, sent) - charged) < CENT, model.key
        if model.kind == "video":
            check_film(model, answer["output"], tmp_path)


def check_film(model: Model, output: Any, folder: Path) -> None:
    """What comes has the frames, the rate and the size that the catalog promises."""
    assert not isinstance(model.lengths, AnyLength)
    seen = decode(fetch(output[0] if isinstance(output, list) else output, folder))
    size = next(iter(model.sizes.values()))
    assert (seen.frames, seen.rate) == (model.lengths[0].made_frames, model.frame_rate), model.key
    assert seen.sound_seconds is None, model.key
    if not model.needs_first_frame:
        assert seen.size == (size.width, size.height), model.key


def test_a_lip_sync_is_charged_by_the_length_of_its_clip(
    service: httpx.Client, standin: Remote, files: dict[str, str]
):
    for model in paid_models():
        if model.kind == "lipsync" and model.price.unit == "second":
            # A stored file carries how long it plays; what is uploaded for it is an address.
            values = {"video": {"$file": "a.mp4"}, "audio": files["audio"]}
            estimate = build_input(model, values | {"seconds": CLIP_SECONDS})
            create(service, model, asked(model, files))
            standin.wait_until_quiet()
            charged = Decimal(str(standin.ledger()[-1]["amount"]))
            assert pricing.list_price(model, estimate) == charged
