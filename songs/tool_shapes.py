"""What the song tools take over the API: corrections of the beat, a part to trim, an address."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from songs.audio.correction import MAX_TAPS
from vibecraft.outside import MAX_ADDRESS_CHARS
from vibecraft.rest import Seconds, Text


class BeatGridSerializer(serializers.Serializer[Any]):
    """Any of these; several at once are applied in the order in which they stand here."""

    detected = serializers.BooleanField(
        required=False, help_text="True takes all corrections back: the beat as it was detected."
    )
    corrections = serializers.ListField(
        child=serializers.DictField(),
        required=False,
        allow_empty=True,
        help_text="A whole list, as an earlier answer had it: this is how corrections are undone.",
    )
    taps = serializers.ListField(
        child=Seconds(),
        required=False,
        max_length=MAX_TAPS,
        help_text="Moments at which somebody tapped along, 4 or more; the first is a downbeat.",
    )
    scale = serializers.FloatField(required=False, help_text="2 doubles the tempo, 0.5 halves it.")
    bpm = serializers.FloatField(
        required=False, help_text="A steady tempo, from the first downbeat on."
    )
    offset_ms = serializers.FloatField(
        required=False, help_text="Later (or, below 0, earlier) by so many milliseconds."
    )
    downbeat_shift = serializers.IntegerField(
        required=False, help_text="The downbeat later (or earlier) by so many beats."
    )

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if not sent:
            sentence = "Say what shall be corrected: scale, bpm, taps, offset_ms or downbeat_shift."
            raise serializers.ValidationError({"scale": [sentence]})
        return sent


class SongTrimSerializer(serializers.Serializer[Any]):
    start_at = Seconds(help_text="Where the new song begins, in seconds of this one.")
    end_at = Seconds(
        required=False, allow_null=True, help_text="Where it ends; else at the end of this one."
    )


class SongImportSerializer(serializers.Serializer[Any]):
    url = Text(
        max_length=MAX_ADDRESS_CHARS,
        help_text="A public http or https address of an MP3, WAV or M4A file.",
    )
