"""What the pages show of the user's images where one is to be chosen."""

from __future__ import annotations

from typing import Any

from vibecraft.predictions.catalog import catalog
from videos.first_frames import takes_first_frame
from videos.models import Asset, Video

PICKED_FROM = 24


def character_context(video: Video) -> dict[str, Any]:
    """The images to choose from, the chosen one among them, and what the model does with it.

    `film_model` is None once it has left the catalog.
    """
    ready = Asset.objects.for_user(video.owner).filter(status=Asset.Status.READY)
    listed = list(ready[:PICKED_FROM])
    chosen = ready.filter(pk=video.character_id).first() if video.character_id else None
    if chosen is not None and chosen not in listed:
        listed.insert(0, chosen)
    model = catalog().get(video.model)
    return {
        "video": video,
        "pictures": listed,
        "chosen": chosen,
        "film_model": model,
        "starts_from_it": model is not None and takes_first_frame(model),
    }
