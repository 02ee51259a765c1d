"""The first page and the guide: what VibeCraft does, how, and what it costs today."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from songs import sample, sections
from vibecraft.media.frames import to_frames
from vibecraft.media.house import SIZES
from vibecraft.predictions.catalog import default_key, get_model, models_of
from vibecraft.predictions.ordering import is_on
from videos import choosing, model_cards
from videos.direction.types import VIDEO_TYPES
from videos.export_model import Export
from videos.model_cards import ModelCard
from videos.models import REFINEMENTS

PRICED_SECONDS = 180  # the length of the song that prices are told for
BUILTIN = "visualizer"


@dataclass(frozen=True)
class Guide:
    """One page of the guide: its address, its name, and what it answers."""

    slug: str
    title: str
    answers: str

    @property
    def template(self) -> str:
        return f"help/{self.slug}.html"


GUIDES = (
    Guide("first-film", "Your first film", "From a song to a finished film in six steps."),
    Guide("sections", "Sections", "What they are for, how to draw them, and what is final."),
    Guide("prompts", "Prompts", "How your words become pictures, and how to say it well."),
    Guide("models-and-cost", "Models and cost", "What each model makes, and what it costs today."),
    Guide("formats", "Formats", "What you can bring, and what you can take with you."),
)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What VibeCraft does, for visitors; whoever is signed in goes on to their videos."""
    if request.user.is_authenticated:
        return redirect("library")
    context = {"timeline": sample.film_timeline(), "sample": sample, **_limits(), **_prices()}
    return render(request, "home.html", context)


@require_safe
def guides(request: HttpRequest) -> HttpResponse:
    """The guide's own contents."""
    return render(request, "help/help.html", {"guides": GUIDES, "nav": "help"})


@require_safe
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    """One page of the guide."""
    place = next((index for index, one in enumerate(GUIDES) if one.slug == slug), None)
    if place is None:
        raise Http404
    context = {
        "nav": "help",
        "guides": GUIDES,
        "guide": GUIDES[place],
        "following": GUIDES[(place + 1) % len(GUIDES)],
        **_limits(),
        **_prices(),
    }
    return render(request, GUIDES[place].template, context)


def _limits() -> dict[str, Any]:
    """What the guide says of numbers, from where they hold."""
    return {
        "limits": {
            "song_mb": settings.UPLOAD_MAX_BYTES // 1024**2,
            "song_minutes": settings.SONG_MAX_SECONDS // 60,
            "song_seconds": settings.SONG_MIN_SECONDS,
            "videos": settings.QUOTA_VIDEOS,
            "storage": settings.QUOTA_STORAGE_BYTES,
        },
        "rules": {
            "fewest": sections.MIN_SECTIONS,
            "most": sections.MAX_SECTIONS,
            "shortest": round(sections.MIN_SECONDS),
            "longest": round(sections.MAX_SECONDS),
            "words": sections.MAX_LABEL_WORDS,
            "note": sections.MAX_NOTE_CHARS,
        },
        "video_types": VIDEO_TYPES.values(),
        "shapes": [(shape, *size) for shape, size in SIZES.items()],
        "export_formats": Export.Format.labels,
        "export_heights": Export.Height.values,
        "refinements": REFINEMENTS,
    }


def _prices() -> dict[str, Any]:
    """The models that make clips as cards, for a song of PRICED_SECONDS at today's prices."""
    usd_of, default = choosing.price_list(), default_key("video")
    frames = to_frames(PRICED_SECONDS)
    cards: list[ModelCard] = [
        model_cards.card_of(model, usd_of, frames, is_default=model.key == default)
        for model in models_of("video").values()
    ]
    paid = sorted((card for card in cards if card.song_usd), key=lambda card: card.song_usd or 0)
    return {
        "priced_minutes": PRICED_SECONDS // 60,
        "builtin": get_model(BUILTIN),
        "cards": cards,
        "usual": next(card for card in cards if card.model.key == settings.VIDEO_MODEL),
        "cheapest": paid[0],
        "dearest": paid[-1],
        "is_ai_on": is_on(),
    }
