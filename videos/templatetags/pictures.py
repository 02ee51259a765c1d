"""{% character_picker video %}: the choice of a video's character, wherever it is shown."""

from __future__ import annotations

from typing import Any

from django import template

from videos.asset_showing import character_context
from videos.models import Video

register = template.Library()


@register.inclusion_tag("videos/_character.html")
def character_picker(video: Video) -> dict[str, Any]:
    """The user's images as choices, the chosen one marked."""
    return character_context(video)
