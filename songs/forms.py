"""The forms of the song pages."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.http import QueryDict

from songs.showing import Row, read_time

ACCEPTED = ".mp3,.wav,.m4a,audio/mpeg,audio/wav,audio/x-wav,audio/mp4,audio/x-m4a"
MAX_ROWS = 20


class UploadForm(forms.Form):
    """A song; what the file is gets checked when it is brought in.

    `upload_id` is made with the form: sending the same form twice stores one song.
    """

    upload_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    file = forms.FileField(
        label="Your song",
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
        help_text="MP3, WAV or M4A, 10 seconds to 5 minutes, 50 MB at most.",
        error_messages={"required": "Choose the song's file first."},
    )


class TitleForm(forms.Form):
    title = forms.CharField(
        label="Title",
        max_length=150,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
        error_messages={"required": "A song needs a title."},
    )


class LyricsForm(forms.Form):
    """Typed or pasted text, or a file; the file wins if both are sent."""

    text = forms.CharField(
        label="Type or paste the lines",
        required=False,
        strip=False,
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 12, "spellcheck": "false"}),
        help_text="Plain lines, or with times: LRC, SRT or VTT.",
    )
    file = forms.FileField(
        label="Or bring a file",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".lrc,.srt,.vtt,.txt,text/plain,text/vtt"}),
    )


class SectionForm(forms.Form):
    """The words of a saved section; the rules for them are in `songs.sections`."""

    label = forms.CharField(
        label="Label", required=False, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    prompt_note = forms.CharField(
        label="Note for the picture",
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def rows_of(data: QueryDict) -> list[Row]:
    """The rows of the sections form that have anything in them."""
    columns = (data.getlist(name)[:MAX_ROWS] for name in ("label", "start", "end", "note"))
    rows = [Row(*texts) for texts in zip(*columns, strict=False)]
    return [row for row in rows if row.label.strip() or row.start.strip() or row.end.strip()]


def as_drafts(rows: list[Row]) -> list[dict[str, Any]]:
    """Rows in the form in which sections come in everywhere."""
    return [
        {
            "label": row.label,
            "start_time": read_time(row.start),
            "end_time": read_time(row.end),
            "prompt_note": row.note,
        }
        for row in rows
    ]
