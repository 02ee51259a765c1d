"""System checks of the paid service's settings: each names what is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from vibecraft.checks import SETTINGS
from vibecraft.predictions.addresses import is_service_local, webhook_address
from vibecraft.predictions.catalog import UnknownModel, get_model, models_of
from vibecraft.predictions.catalog.defaults import SETTING_OF

MAX_LOST_SECONDS = 2400


@register(Tags.compatibility)
def check_public_url(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Webhooks are sent to https addresses only."""
    if not settings.PUBLIC_URL or webhook_address("") is not None:
        return []
    hint = "Begin it with https://, or leave it empty: then the service is asked now and then."
    return [
        Warning(
            "PUBLIC_URL is not https, so no webhook can reach it.", hint=hint, id="vibecraft.W010"
        )
    ]


@register(SETTINGS)
def check_base_url(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """The token goes to this address with every call."""
    base = settings.REPLICATE_BASE_URL
    found: list[CheckMessage] = []
    if not base.startswith("https://") and not is_service_local():
        hint = "Use https://; plain http is for a stand-in on this machine."
        found.append(Error("REPLICATE_BASE_URL is not https.", hint=hint, id="vibecraft.E010"))
    if base.endswith("/v1"):
        hint = "Leave /v1 away: it is added to every call."
        found.append(Error("REPLICATE_BASE_URL ends with /v1.", hint=hint, id="vibecraft.E011"))
    return found


@register(SETTINGS)
def check_models(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Every setting that names a model names one of its kind."""
    found: list[CheckMessage] = []
    for kind, setting in SETTING_OF.items():
        key = getattr(settings, setting)
        if key not in models_of(kind):
            hint = f"Choose a key of vibecraft/predictions/catalog/models/{kind}.yaml."
            said = f"{setting} {key} is no model of its kind."
            found.append(Error(said, hint=hint, id="vibecraft.E012"))
    return found


@register(SETTINGS)
def check_figures(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Limits that would let nothing pass."""
    least = {"CREATIONS_PER_SECOND": 0.01, "CREATIONS_BURST": 1, "PREDICTIONS_AT_ONCE": 1}
    hint = "Choose a larger figure, or leave it to its default."
    return [
        Error(f"{name} is below {figure}.", hint=hint, id="vibecraft.E013")
        for name, figure in least.items()
        if getattr(settings, name) < figure
    ]


@register(Tags.compatibility)
def check_patience(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """A lost call is looked for while the service still shows what it was asked: an hour."""
    if settings.LOST_ANSWER_SECONDS <= MAX_LOST_SECONDS:
        return []
    hint = f"Choose {MAX_LOST_SECONDS} or less: the service forgets inputs after an hour."
    return [Warning("LOST_ANSWER_SECONDS is too long.", hint=hint, id="vibecraft.W011")]


@register(SETTINGS)
def check_webhook_secret(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """A secret in another form would refuse every webhook."""
    secret = settings.REPLICATE_WEBHOOK_SECRET
    if not secret or secret.startswith("whsec_"):
        return []
    hint = "It begins with whsec_; leave it empty to have it asked for."
    return [Error("REPLICATE_WEBHOOK_SECRET has another form.", hint=hint, id="vibecraft.E014")]


@register(SETTINGS)
def check_reference_model(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """A character is only kept by a model that can be shown one."""
    key = settings.REFERENCE_IMAGE_MODEL
    try:
        is_fit = get_model(key).takes_reference
    except UnknownModel:
        is_fit = False
    if is_fit:
        return []
    hint = "Choose an image model that takes a reference, such as flux-kontext-pro."
    said = f"REFERENCE_IMAGE_MODEL {key} takes no reference."
    return [Error(said, hint=hint, id="vibecraft.E015")]
