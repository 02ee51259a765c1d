"""Songs, their analysis, lyrics and sections as the API shows and takes them."""

from __future__ import annotations

import math
from typing import Any

from django.conf import settings
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from songs import sections as rules
from songs.beat_grid import detected
from songs.making import MAX_TEMPO, MIN_TEMPO
from songs.models import Analysis, Section, Song
from songs.showing import cost_of
from vibecraft.problems import Problem
from vibecraft.rest import Seconds, Text


class SongSerializer(serializers.ModelSerializer[Song]):
    """A song of the user."""

    source = serializers.ChoiceField(  # type: ignore[assignment]  # the contract's name
        Song.Source.choices, read_only=True, help_text="How it came here."
    )
    status = serializers.ChoiceField(
        Song.Status.choices, read_only=True, help_text="Where it is on its way to being ready."
    )
    parent_id = serializers.UUIDField(
        read_only=True, allow_null=True, help_text="The song that it was trimmed or copied from."
    )

    cost_usd = serializers.SerializerMethodField(
        help_text="What AI models have cost for this song itself, without its videos."
    )

    class Meta:
        model = Song
        fields = (
            "id",
            "title",
            "duration_sec",
            "source",
            "parent_id",
            "original_filename",
            "file_size_bytes",
            "status",
            "idea",
            "origin_sec",
            "source_url",
            "lyrics_source",
            "cost_usd",
            "analysis_job_id",
            "created_at",
        )
        read_only_fields = fields
        extra_kwargs = {
            "duration_sec": {"help_text": "Exact length of its sound in seconds."},
            "origin_sec": {
                "help_text": "Of a trimmed song: where it begins in the one it was first cut from."
            },
            "source_url": {"help_text": "Of an imported song: its address, without its query."},
            "original_filename": {"help_text": "The name that the file had, without any path."},
            "analysis_job_id": {
                "help_text": "The newest analysis: watch it at GET /api/jobs/{id}."
            },
        }

    def get_cost_usd(self, song: Song) -> float:
        # A list has worked it out for all of its songs at once.
        return float((song.cost or 0) if hasattr(song, "cost") else cost_of(song))


class SongUploadSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(
        allow_empty_file=True, help_text="MP3, WAV or M4A; at most 50 MB, 10 seconds to 5 minutes."
    )
    title = Text(
        required=False,
        allow_blank=True,
        max_length=150,
        help_text="Else what the file says of itself, else its name.",
    )


class SongTitleSerializer(serializers.Serializer[Any]):
    title = Text(max_length=150, help_text="The new title.")


class WordSerializer(serializers.Serializer[Any]):
    start = serializers.FloatField(help_text="Seconds from the start of the song.")
    end = serializers.FloatField(help_text="Seconds from the start of the song.")
    text = serializers.CharField()


class LineSerializer(WordSerializer):
    """A line of the lyrics; `words` is empty where the source gives no times for them."""

    words = WordSerializer(many=True)
    is_estimated = serializers.BooleanField(
        default=False, help_text="True where the times are guessed from the length of the song."
    )
    is_doubtful = serializers.BooleanField(
        default=False, help_text="True where too little of an aligned line was heard at its times."
    )


class LyricsSerializer(serializers.Serializer[Any]):
    lyrics_available = serializers.BooleanField(help_text="True when there is at least one line.")
    lyrics = LineSerializer(many=True)


class LyricsWrittenSerializer(LyricsSerializer):
    """The last two come where `align` was sent."""

    job_id = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="Listens for the words still; afterwards the lines are aligned.",
    )
    notice = serializers.CharField(
        required=False, help_text="For the user; empty where there is nothing to say."
    )


class SectionLyricsSerializer(serializers.Serializer[Any]):
    lyrics = LineSerializer(many=True, help_text="The lines sung in this section.")


class TypedWordSerializer(serializers.Serializer[Any]):
    start = Seconds()
    end = Seconds()
    text = Text(max_length=100)


class TypedLineSerializer(serializers.Serializer[Any]):
    start = Seconds(help_text="Seconds from the start of the song.")
    end = Seconds(help_text="Seconds from the start of the song.")
    text = Text(allow_blank=True, max_length=500)
    words = TypedWordSerializer(many=True, required=False)
    is_estimated = serializers.BooleanField(
        required=False, help_text="Send it back as it came while nobody has set the times."
    )
    is_doubtful = serializers.BooleanField(
        required=False, help_text="Send false, or nothing, once a person has confirmed the line."
    )


class LyricsInputSerializer(serializers.Serializer[Any]):
    """Exactly one of text, lines and file."""

    text = Text(
        required=False,
        allow_blank=True,
        max_length=100_000,
        trim_whitespace=False,
        help_text="Plain text, LRC, SRT or VTT; empty text removes the lyrics.",
    )
    lines = TypedLineSerializer(many=True, required=False, help_text="Lines with their times.")
    file = serializers.FileField(
        required=False, allow_empty_file=True, help_text="An LRC, SRT, VTT or TXT file."
    )
    align = serializers.BooleanField(
        default=False,
        help_text="Whether text without times finds them by what is heard in the song.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs.keys() & {"text", "lines", "file"}) != 1:
            raise serializers.ValidationError("Send exactly one of text, lines or file.")
        return attrs


class SongWishSerializer(serializers.Serializer[Any]):
    """A song from an idea."""

    prompt = Text(max_length=2000, help_text="What the song should be like.")
    duration_sec = serializers.FloatField(
        min_value=settings.SONG_MIN_SECONDS,
        max_value=settings.SONG_MAX_SECONDS,
        help_text="How long it should be. A sung song is as long as its lyrics.",
    )
    tempo = serializers.IntegerField(
        required=False, min_value=MIN_TEMPO, max_value=MAX_TEMPO, help_text="Beats per minute."
    )
    mood = Text(required=False, allow_blank=True, max_length=100, help_text="Such as: wistful.")
    style = Text(  # type: ignore[assignment]  # the contract's name
        required=False, allow_blank=True, max_length=100, help_text="Such as: synthpop."
    )
    lyrics = Text(
        required=False, allow_blank=True, max_length=5000, help_text="What is sung, if anything."
    )
    model = Text(required=False, allow_blank=True, max_length=60, help_text="A music model's key.")


class SongStartedSerializer(serializers.Serializer[Any]):
    job_id = serializers.UUIDField(help_text="Watch it at GET /api/jobs/{job_id}.")
    song_id = serializers.UUIDField(help_text="The song that is being made.")


class MoodVectorSerializer(serializers.Serializer[Any]):
    """Each from 0 to 1."""

    energy = serializers.FloatField()
    valence = serializers.FloatField()
    danceability = serializers.FloatField()
    tension = serializers.FloatField()


class EnergySerializer(serializers.Serializer[Any]):
    time = serializers.FloatField(help_text="Seconds from the start of the song.")
    value = serializers.FloatField(help_text="0 to 1.")


class AnalysisSerializer(serializers.ModelSerializer[Analysis]):
    """What is heard in a song. Times are seconds from its start."""

    beat_times = serializers.ListField(child=serializers.FloatField())
    downbeat_times = serializers.ListField(child=serializers.FloatField())
    sub_genres = serializers.ListField(child=serializers.CharField())
    mood_tags = serializers.ListField(child=serializers.CharField())
    mood_vector = MoodVectorSerializer()
    energy_curve = EnergySerializer(many=True)
    lyrics_available = serializers.SerializerMethodField()
    lyrics = LineSerializer(many=True, source="song.lyrics")
    peaks_url = serializers.SerializerMethodField(help_text="Peaks for drawing the waveform.")

    class Meta:
        model = Analysis
        fields = (
            "bpm",
            "tempo_confidence",
            "beat_times",
            "downbeat_times",
            "beats_per_bar",
            "genre",
            "sub_genres",
            "genre_confidence",
            "genre_reason",
            "mood_primary",
            "mood_tags",
            "mood_vector",
            "mood_reason",
            "key",
            "energy_curve",
            "lyrics_available",
            "lyrics",
            "peaks_url",
            "created_at",
        )
        read_only_fields = fields

    def get_lyrics_available(self, analysis: Analysis) -> bool:
        return bool(analysis.song.lyrics)

    @extend_schema_field(OpenApiTypes.URI)
    def get_peaks_url(self, analysis: Analysis) -> str:
        return reverse("api-song-peaks", [analysis.pk], request=self.context["request"])


class BeatTimesSerializer(serializers.ModelSerializer[Analysis]):
    """The grid that cuts fall on. Times are seconds from the start of the song."""

    beat_times = serializers.ListField(child=serializers.FloatField())
    downbeat_times = serializers.ListField(child=serializers.FloatField())
    confidence = serializers.FloatField(
        source="tempo_confidence", help_text="Of what was detected, 0 to 1."
    )
    corrections = serializers.ListField(
        child=serializers.DictField(), help_text="What was set by hand, in order."
    )
    detected_bpm = serializers.SerializerMethodField(help_text="The tempo before corrections.")

    class Meta:
        model = Analysis
        fields = (
            "bpm",
            "beat_times",
            "downbeat_times",
            "beats_per_bar",
            "confidence",
            "corrections",
            "detected_bpm",
        )
        read_only_fields = fields

    def get_detected_bpm(self, analysis: Analysis) -> float:
        return float(detected(analysis)["bpm"])


class SectionSerializer(serializers.ModelSerializer[Section]):
    """A named stretch of the song, drawn by the user; its times are final."""

    start_time = serializers.FloatField(help_text="Seconds, on the grid of 24 frames a second.")
    end_time = serializers.FloatField(help_text="Seconds, on the grid of 24 frames a second.")

    class Meta:
        model = Section
        fields = (
            "id",
            "section_index",
            "label",
            "start_time",
            "end_time",
            "prompt_note",
            "created_at",
        )
        read_only_fields = fields


class SectionListSerializer(serializers.Serializer[Any]):
    sections = SectionSerializer(many=True)


class SectionsSavedSerializer(SectionListSerializer):
    warning = serializers.CharField(help_text="That the times are final now.")


class DraftSerializer(serializers.Serializer[Any]):
    """One section as it was drawn."""

    label = serializers.CharField(help_text="One or two words.")  # type: ignore[assignment]
    start_time = serializers.FloatField(help_text="Seconds from the start of the song.")
    end_time = serializers.FloatField(help_text="Seconds from the start of the song.")
    prompt_note = serializers.CharField(
        required=False, help_text="What to show here, up to 100 characters."
    )


@extend_schema_field(DraftSerializer(many=True))
class DraftsField(serializers.Field[list[dict[str, Any]], Any, Any, Any]):
    """Sections as drawn. What is no text and no number is refused at its place by the rules."""

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        if not isinstance(data, list):
            raise _sections_invalid([], ["Sections have to be sent as a list."])
        wrong = [_wrong_texts(number, item) for number, item in enumerate(data, 1)]
        if any(wrong):
            raise _sections_invalid(wrong, [])
        return [
            {
                "label": draft.label,
                "start_time": _finite(draft.start),
                "end_time": _finite(draft.end),
                "prompt_note": draft.note,
            }
            for draft in rules.read_drafts(data)
        ]

    def to_representation(self, value: Any) -> Any:
        return value


def _finite(seconds: float) -> float:
    """JSON's 1e999 is no number that a rule could compare or a sentence could name."""
    return seconds if math.isfinite(seconds) else math.nan


def _sections_invalid(sections: list[list[str]], overall: list[str]) -> Problem:
    """The refusal that the rules themselves make, so that there is one form of it."""
    first = [*overall, *(sentence for one in sections for sentence in one)][0]
    return Problem("sections_invalid", first, errors={"overall": overall, "sections": sections})


def _wrong_texts(number: int, item: object) -> list[str]:
    """What the rules, which know only texts, cannot say of a section."""
    if not isinstance(item, dict):
        return [f"Section {number} has to be an object with label, start_time and end_time."]
    texts = {"label": item.get("label"), "note": item.get("prompt_note")}
    return [
        f"The {name} of section {number} has to be text."
        for name, text in texts.items()
        if not isinstance(text, str | None)
    ]


class SectionsInputSerializer(serializers.Serializer[Any]):
    sections = DraftsField(help_text="All sections of the song in order, 3 to 10.")


class SectionChangeSerializer(serializers.Serializer[Any]):
    """Only what is sent is changed."""

    label = Text(  # type: ignore[assignment]  # the contract's name
        required=False, max_length=rules.MAX_LABEL_CHARS, help_text="One or two words."
    )
    prompt_note = Text(
        required=False, allow_blank=True, max_length=rules.MAX_NOTE_CHARS, help_text="What to show."
    )
