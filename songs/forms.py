"""The forms of the song pages."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict

from songs import making
from songs.making import MAX_TEMPO, MIN_TEMPO
from songs.showing import Row, read_time
from vibecraft.money import usd_text
from vibecraft.predictions.catalog import Model
from vibecraft.predictions.ordering import is_on
from vibecraft.problems import Problem

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
    align = forms.BooleanField(label="Align plain lines to the song", required=False)


class WishForm(forms.Form):
    """A song from an idea; what a model can do with it is checked when it is ordered.

    `upload_id` is made with the form: sending the same form twice orders one song.
    """

    # A page that was opened before the last update sends none.
    upload_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4, required=False)
    prompt = forms.CharField(
        label="Your idea",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What it sounds like: instruments, voices, what it makes one feel.",
        error_messages={"required": "Say in a few words what the song should be like."},
    )
    style = forms.CharField(
        label="Style",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "synthpop", "autocomplete": "off"}),
    )
    mood = forms.CharField(
        label="Mood",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"placeholder": "wistful", "autocomplete": "off"}),
    )
    tempo = forms.IntegerField(
        label="Tempo in BPM",
        required=False,
        min_value=MIN_TEMPO,
        max_value=MAX_TEMPO,
        widget=forms.NumberInput(attrs={"placeholder": "120", "inputmode": "numeric"}),
    )
    duration_sec = forms.IntegerField(
        label="Length in seconds",
        min_value=int(settings.SONG_MIN_SECONDS),
        max_value=int(settings.SONG_MAX_SECONDS),
        initial=60,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    model = forms.ChoiceField(label="Model", required=False)
    lyrics = forms.CharField(
        label="Lyrics to be sung",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text="Only for a model that sings; the song is then as long as its lyrics.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        prices = making.prices() if is_on() else []
        choice: Any = self.fields["model"]
        choice.choices = [("", _default_choice(prices)), *map(_model_choice, prices)]

    def wish(self) -> making.Wish:
        """What was asked for; the form has to be valid."""
        data = {name: said for name, said in self.cleaned_data.items() if name != "upload_id"}
        seconds, tempo = data.pop("duration_sec"), data.pop("tempo") or 0
        return making.Wish(seconds=seconds, tempo=tempo, **data)

    def refuse(self, problem: Problem) -> None:
        """Show a refusal at its field, or above the form."""
        for name, sentences in (problem.errors or {"": [problem.sentence]}).items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)


def _default_choice(prices: Sequence[tuple[Model, Decimal]]) -> str:
    """What comes of choosing no model: the default, and for lyrics the first that sings."""
    if not prices:
        return "Chosen for you"
    singing = [usd for model, usd in prices if "lyrics" in model.inputs]
    sung = f", with lyrics about {usd_text(singing[0])}" if singing else ""
    return f"Chosen for you: about {usd_text(prices[0][1])}{sung}"


def _model_choice(priced: tuple[Model, Decimal]) -> tuple[str, str]:
    """A model in the list: `Stable Audio 2.5: instrumental, 10 to 190 s, about $0.20`."""
    model, usd = priced
    longest = making.longest_seconds(model)
    length = f"up to {longest} s" if longest else "as long as its lyrics"
    manner = "sings" if "lyrics" in model.inputs else "instrumental"
    return model.key, f"{model.name}: {manner}, {length}, about {usd_text(usd)}"


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
