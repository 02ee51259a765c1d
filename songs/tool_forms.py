"""The forms of the song tools."""

from __future__ import annotations

import uuid

from django import forms

from songs.audio.correction import MAX_BPM, MIN_BPM
from vibecraft.outside import MAX_ADDRESS_CHARS


class BeatForm(forms.Form):
    """One correction of the beat: the value of the button that was pressed, or a tempo."""

    scale = forms.FloatField(required=False)
    offset_ms = forms.FloatField(required=False)
    downbeat_shift = forms.IntegerField(required=False)
    bpm = forms.FloatField(
        label="Tempo in BPM",
        required=False,
        widget=forms.NumberInput(
            attrs={"min": f"{MIN_BPM:g}", "max": f"{MAX_BPM:g}", "step": "any"}
        ),
        error_messages={"invalid": "A tempo is a number, such as 128 or 92.5."},
    )
    detected = forms.BooleanField(required=False)


class TrimForm(forms.Form):
    """A part of a song; times as one types them: `1:02.5` or `62.5`."""

    upload_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    start_at = forms.CharField(
        label="Start",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    end_at = forms.CharField(
        label="End",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


class ImportForm(forms.Form):
    """A song's address; where it leads is checked when it is fetched."""

    upload_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    address = forms.CharField(
        label="Web address",
        max_length=MAX_ADDRESS_CHARS,
        widget=forms.URLInput(
            attrs={"placeholder": "https://example.org/song.mp3", "autocomplete": "off"}
        ),
        error_messages={"required": "Paste the address of the song first."},
    )
