"""Saving what the user drew: sections with final times, and their words, which stay changeable."""

from __future__ import annotations

from math import nan
from typing import Any

from django.db import IntegrityError, transaction

from songs import sections as rules
from songs.models import Section, Song
from songs.section_drafts import forget_draft
from songs.words import changing_words
from vibecraft.problems import Problem, not_possible

FINAL = (
    "The sections are saved. Their times are final; labels and notes can still be changed. "
    "To cut the song differently, copy the song."
)


def save_sections(song: Song, raw: list[dict[str, Any]]) -> list[Section]:
    """Check and save the sections of a song, once [D1, D4].

    Raises Problem: 409 before the analysis is done or when sections exist, 400 with the
    sentences of each section in `errors`. Then nothing is saved.
    """
    if not song.is_ready:
        raise not_possible(
            "analysis_not_ready",
            "Sections can be drawn when the analysis is done. Please wait a moment.",
            song_id=str(song.pk),
        )
    if song.sections.exists():
        raise _exist(song)
    placed = _placed(song, raw)
    try:
        with transaction.atomic():
            forget_draft(song)
            return Section.objects.bulk_create(
                Section(
                    song=song,
                    section_index=index,
                    label=one.label,
                    prompt_note=one.note,
                    start_frame=one.start_frame,
                    end_frame=one.end_frame,
                )
                for index, one in enumerate(placed)
            )
    except IntegrityError as error:
        # Two saves at once: the other one was first.
        raise _exist(song) from error


def _exist(song: Song) -> Problem:
    return not_possible(
        "sections_exist",
        "This song has its sections already. To cut it differently, copy the song.",
        song_id=str(song.pk),
    )


def _placed(song: Song, raw: list[dict[str, Any]]) -> tuple[rules.Placed, ...]:
    try:
        drafts = [
            rules.Draft(
                label=one.get("label", ""),
                start=one.get("start_time", nan),
                end=one.get("end_time", nan),
                note=one.get("prompt_note") or "",
            )
            for one in raw
        ]
        return rules.check(drafts, duration=song.duration_sec)
    except rules.SectionErrors as error:
        raise Problem(
            "sections_invalid",
            error.sentences[0],
            errors=dict(error.as_dict()),
            about={"song_id": str(song.pk)},
        ) from error


def change_section(
    section: Section, *, label: str | None = None, prompt_note: str | None = None
) -> Section:
    """Change the label or the note; both are checked by the same rules as when drawn.

    Clips that are planned already follow, where nobody has written words of their own into them.
    """
    label = section.label if label is None else label
    note = section.prompt_note if prompt_note is None else prompt_note
    errors = rules.check_words(section.section_index, label, note)
    if errors:
        raise Problem("invalid", next(iter(errors.values()))[0], errors=errors)
    section.label, section.prompt_note = " ".join(label.split()), note.strip()
    with changing_words(section.song):
        section.save(update_fields=["label", "prompt_note"])
    return section
