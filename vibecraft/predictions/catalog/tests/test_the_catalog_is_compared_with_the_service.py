"""`manage.py check_models` finds what has changed at the service, and says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from vibecraft.management.commands import check_models
from vibecraft.predictions.catalog import get_model
from vibecraft.predictions.catalog.drift import differences
from vibecraft.predictions.standin import catalog, schema
from vibecraft.predictions.standin.fixture import standin, standin_process
from vibecraft.predictions.standin.remote import Remote

__all__ = ["standin", "standin_process"]

SERVICE = catalog.load()


@pytest.fixture
def service(settings: Any, standin: Remote) -> Remote:
    settings.REPLICATE_API_TOKEN = standin.token
    settings.REPLICATE_BASE_URL = standin.api
    return standin


def said(*models: str) -> str:
    out = StringIO()
    call_command("check_models", *models, stdout=out)
    return out.getvalue()


def answer_for(key: str, change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """What the service says of a model, with a change."""
    found = schema.openapi(SERVICE.by_slug[get_model(key).slug])
    change(found["components"]["schemas"])
    return {"latest_version": {"openapi_schema": found}}


def test_all_models_are_as_the_catalog_says(service: Remote):
    assert said() == "All 29 models are as the catalog says.\n"
    assert service.predictions() == []


def test_without_a_token_it_says_so(settings: Any):
    settings.REPLICATE_API_TOKEN = ""
    with pytest.raises(CommandError, match="There is no token: set REPLICATE_API_TOKEN"):
        said()


def test_a_wrong_token_and_a_dead_service_are_told_apart(service: Remote, settings: Any):
    settings.REPLICATE_API_TOKEN = "r8_wrong"
    with pytest.raises(CommandError, match="refuses to answer: 401"):
        said("flux-schnell")
    settings.REPLICATE_BASE_URL = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match="cannot be reached"):
        said("flux-schnell")


def test_a_model_that_the_catalog_does_not_have_is_refused(service: Remote):
    with pytest.raises(CommandError, match=r"Not in the catalog: sora-9\.") as refused:
        said("sora-9")
    assert refused.value.returncode == 2


def test_a_model_that_is_gone_ends_with_one(service: Remote, monkeypatch: pytest.MonkeyPatch):
    renamed = replace(get_model("flux-schnell"), slug="black-forest-labs/flux-slow")
    monkeypatch.setattr(check_models, "catalog", lambda: {"flux-schnell": renamed})
    out = StringIO()
    with pytest.raises(CommandError, match=r"^1 of 1 models differ\.$") as ended:
        call_command("check_models", stdout=out)
    assert ended.value.returncode == 1
    assert out.getvalue() == (
        "flux-schnell (black-forest-labs/flux-slow): this model is not there any more\n"
    )


def _drop(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda schemas: schemas["Input"]["properties"].pop(name)


def _put(name: str, **changed: Any) -> Callable[[dict[str, Any]], None]:
    return lambda schemas: schemas["Input"]["properties"][name].update(changed)


def _choices(name: str, *values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda schemas: schemas[name].update(enum=list(values))


def _require(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda schemas: schemas["Input"]["required"].append(name)


@pytest.mark.parametrize(
    ("key", "change", "sentence"),
    [
        ("kling-v2.1", _drop("start_image"), "start_image is no input any more"),
        ("veo-3.1-fast", _drop("generate_audio"), "generate_audio is no input any more"),
        ("zeroscope-v2-xl", _drop("width"), "width is no input any more"),
        ("veo-3.1-fast", _choices("duration", 4, 8), "duration does not take 6 any more"),
        ("veo-3.1-fast", _choices("duration", 4, 6, 8, 12), "duration also takes 12"),
        ("veo-3.1-fast", _choices("resolution", "720p"), "resolution does not take 1080p any more"),
        ("seedance-1-lite", _put("duration", maximum=10), "duration is 10 or less, not 12"),
        ("seedance-1-lite", _put("duration", minimum=3), "duration is 3 or more, not 2"),
        ("seedance-1-lite", _put("prompt", maxLength=500), "prompt is 500 or less, not without"),
        ("seedance-1-lite", _put("seed", type="string"), "seed is of the type string, not integer"),
        ("wan-2.2-i2v-fast", _put("frames_per_second", minimum=20), "does not take 16 any more"),
        ("flux-schnell", _require("num_images"), "num_images is required, but not always sent"),
    ],
)
def test_each_change_is_said(key: str, change: Callable[[dict[str, Any]], None], sentence: str):
    found = differences(get_model(key), answer_for(key, change))
    assert len(found) == 1
    assert sentence in found[0]


def test_an_answer_without_a_schema_is_said():
    assert differences(get_model("flux-schnell"), {"latest_version": None}) == [
        "the service shows no schema of its inputs"
    ]
