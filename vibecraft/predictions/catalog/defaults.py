"""Which model does what, where nobody has chosen one: settings, one for each kind."""

from __future__ import annotations

from django.conf import settings

from vibecraft.predictions.catalog.shelf import get_model
from vibecraft.predictions.catalog.types import UnknownModel

BUILTIN_VIDEO = "visualizer"
SETTING_OF = {
    "video": "VIDEO_MODEL",
    "image": "IMAGE_MODEL",
    "lipsync": "LIPSYNC_MODEL",
    "speech": "SPEECH_MODEL",
    "music": "MUSIC_MODEL",
    "words": "WORDS_MODEL",
}


def default_key(kind: str) -> str:
    """Return the key of the model that a setting names for a kind.

    Pictures that move are made by the visualizer while there is no token. Raises `UnknownModel`
    where the setting names none of that kind.
    """
    if kind == "video" and not settings.REPLICATE_API_TOKEN:
        return BUILTIN_VIDEO
    key: str = getattr(settings, SETTING_OF[kind])
    if get_model(key).kind != kind:
        raise UnknownModel(f"{key} (from {SETTING_OF[kind]}) makes no {kind}")
    return key
