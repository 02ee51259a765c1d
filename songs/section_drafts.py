"""Sections that are still being drawn: kept on the server, so that one can go on in any browser.

A draft may break the rules of sections (it is unfinished), but not those of its form.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.utils import timezone

from songs.models import SectionDraft, Song
from songs.sections import MAX_SECTIONS
from vibecraft.problems import Problem, not_possible
from vibecraft.texts import can_be_kept

MAX_BYTES = 16_384
MAX_LABEL_CHARS = 200
MAX_NOTE_CHARS = 500
KEYS = {"borders", "sections", "base"}
SECTION_KEYS = {"label", "note"}


@dataclass(frozen=True)
class Kept:
    """When a draft was kept, and from when the one is that it replaced without knowing it."""

    saved_at: str
    replaced_at: str | None


def draft_of(song: Song) -> dict[str, Any] | None:
    """The draft as the timeline reads it, or None."""
    draft = SectionDraft.objects.filter(song=song).first()
    if draft is None:
        return None
    return {
        "borders": draft.borders,
        "sections": draft.sections,
        "saved_at": draft.saved_at.isoformat(),
    }


def keep_draft(song: Song, raw: object) -> Kept:
    """Keep a draft; the last one to write has the word.

    `raw` is `{borders, sections: [{label, note}], base}`; `base` is the time of the draft that the
    writer knew, or None. Raises Problem: 400 `draft_invalid`, 409 once the sections are saved.
    """
    if song.sections.exists():
        raise not_possible(
            "sections_exist",
            "The sections of this song have been saved elsewhere. Please load the page anew.",
            song_id=str(song.pk),
        )
    drawn = _checked(raw, song.duration_sec)
    before = draft_of(song)
    now = timezone.now()
    values = {"borders": drawn["borders"], "sections": drawn["sections"], "saved_at": now}
    SectionDraft.objects.update_or_create(song=song, defaults=values)
    is_unknown = before is not None and before["saved_at"] != drawn["base"]
    return Kept(now.isoformat(), before["saved_at"] if before and is_unknown else None)


def forget_draft(song: Song) -> None:
    SectionDraft.objects.filter(song=song).delete()


def _checked(raw: object, duration: float) -> dict[str, Any]:
    if not isinstance(raw, dict) or set(raw) != KEYS:
        raise _invalid("A draft has borders, sections and a base.")
    if not _are_borders(raw["borders"], duration):
        raise _invalid("The borders of a draft are times inside the song, in order.")
    if not _are_sections(raw["sections"]) or len(raw["sections"]) != len(raw["borders"]) + 1:
        raise _invalid("The sections of a draft are one more than its borders, with their words.")
    if not isinstance(raw["base"], str | None):
        raise _invalid("The base of a draft is a time, or nothing.")
    return raw


def _are_borders(value: object, duration: float) -> bool:
    if not isinstance(value, list) or len(value) >= MAX_SECTIONS:
        return False
    if not all(type(one) in (int, float) for one in value):
        return False
    # What is no number, or too large for one, is in no order.
    return all(left < right for left, right in pairwise([0.0, *value, duration]))


def _are_sections(value: object) -> bool:
    return isinstance(value, list) and all(_is_section(one) for one in value)


def _is_section(value: object) -> bool:
    if not isinstance(value, dict) or set(value) != SECTION_KEYS:
        return False
    return _is_text(value["label"], MAX_LABEL_CHARS) and _is_text(value["note"], MAX_NOTE_CHARS)


def _is_text(value: object, most: int) -> bool:
    return isinstance(value, str) and len(value) <= most and can_be_kept(value)


def _invalid(sentence: str) -> Problem:
    return Problem("draft_invalid", sentence)
