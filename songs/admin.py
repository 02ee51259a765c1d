"""The operators' view of songs, what is heard in them, and their sections."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.html import format_html_join

from songs import listening, pipeline
from songs.clock import clock
from songs.models import Analysis, Section, Song
from vibecraft.jobs.acts import Act
from vibecraft.jobs.admin import (
    MachineMade,
    MachineMadeInline,
    YesFilter,
    list_link,
    pretty,
    row_link,
)
from vibecraft.jobs.lists import WhenFilter, number_of, recent_values

REANALYZE = Act(
    "reanalyze",
    "Analyze again",
    "sent to be analyzed again",
    "Hears each song anew: tempo, beats, mood, genre; and its words where that is switched on and "
    "nobody knows them yet, which costs something. Sections and lyrics stay as they are. Until it is "
    "done the song has its old analysis.",
    "songs.change_song",
    pipeline.start_analysis,
    price=listening.price_of_analysis,
)


class UnfinishedFilter(YesFilter):
    title = "Does its analysis fail or wait?"
    parameter_name = "unfinished"

    def fitting(self, rows: QuerySet[Song]) -> QuerySet[Song]:
        return rows.exclude(status=Song.Status.READY)


class SpeechlessFilter(YesFilter):
    title = "Is it without lyrics?"
    parameter_name = "speechless"

    def fitting(self, rows: QuerySet[Song]) -> QuerySet[Song]:
        return rows.filter(lyrics_source=Song.LyricsSource.NONE)


class AnalysisInline(admin.StackedInline[Analysis, Song]):
    """The numbers; the long lists are only counted."""

    model = Analysis
    # Without this a song that has no analysis yet would be given an empty one to show.
    extra = 0
    can_delete = False
    fields = readonly_fields = (
        "bpm",
        "tempo_confidence",
        "beats",
        "beats_per_bar",
        "key",
        "genre",
        "sub_genres",
        "genre_confidence",
        "genre_reason",
        "mood_primary",
        "mood_tags",
        "mood_vector",
        "mood_reason",
        "created_at",
    )

    @admin.display(description="beats")
    def beats(self, analysis: Analysis) -> str:
        return f"{len(analysis.beat_times)}, {len(analysis.downbeat_times)} of them downbeats"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SectionInline(MachineMadeInline):
    model = Section
    fields = readonly_fields = ("section_index", "label", "prompt_note", "span")

    @admin.display(description="from, to")
    def span(self, section: Section) -> str:
        return span_of(section)


def span_of(section: Section) -> str:
    return f"{clock(section.start_time)} – {clock(section.end_time)}"


@admin.register(Song)
class SongAdmin(MachineMade[Song]):
    list_display = (
        "title",
        "owner_link",
        "status",
        "length",
        "tempo",
        "genre",
        "sections_drawn",
        "source",
        "size",
        "created_at",
    )
    list_filter = (
        UnfinishedFilter,
        SpeechlessFilter,
        "status",
        "source",
        recent_values("analysis__genre", "Which genre?"),
        ("created_at", WhenFilter),
    )
    list_select_related = ("owner", "analysis")
    acts = (REANALYZE,)
    search_fields = ("id", "title", "original_filename", "owner__email")
    inlines = (AnalysisInline, SectionInline)
    readonly_fields = ("owner_link", "parent_link", "length", "size", "work", "said", "sung")
    fieldsets = (
        (None, {"fields": ("title", "owner_link", "status", "work")}),
        (
            "The file",
            {"fields": ("original_filename", "source", "parent_link", "length", "size", "said")},
        ),
        ("What it was made from", {"fields": ("idea",)}),
        ("Lyrics", {"fields": ("lyrics_source", "sung")}),
        ("Where it is kept", {"fields": ("source_key", "master_key")}),
        ("When", {"fields": ("created_at",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Song]:
        sections = number_of(Section.objects.all(), "song")
        return super().get_queryset(request).annotate(section_count=sections)

    @admin.display(description="owner", ordering="owner__email")
    def owner_link(self, song: Song) -> str:
        return row_link("accounts_user", song.owner_id, song.owner)

    @admin.display(description="made from")
    def parent_link(self, song: Song) -> str:
        return row_link("songs_song", song.parent_id, song.parent)

    @admin.display(description="length", ordering="duration_sec")
    def length(self, song: Song) -> str:
        return clock(song.duration_sec)

    @admin.display(description="tempo", ordering="analysis__bpm")
    def tempo(self, song: Song) -> str:
        analysis = getattr(song, "analysis", None)
        return f"{analysis.bpm:.1f}" if analysis else "–"

    @admin.display(description="genre", ordering="analysis__genre")
    def genre(self, song: Song) -> str:
        analysis = getattr(song, "analysis", None)
        return analysis.genre if analysis else "–"

    @admin.display(description="sections", ordering="section_count")
    def sections_drawn(self, song: Song) -> int:
        return int(getattr(song, "section_count", 0))

    @admin.display(description="size", ordering="stored_bytes")
    def size(self, song: Song) -> str:
        return filesizeformat(song.stored_bytes)

    @admin.display(description="work")
    def work(self, song: Song) -> str:
        links = (
            (row_link("jobs_job", song.analysis_job_id, "newest analysis"),),
            (list_link("jobs_job", "all jobs", song_id=song.pk),),
            (list_link("videos_video", "videos", song__id__exact=song.pk),),
            (list_link("predictions_prediction", "paid calls", song_id=song.pk),),
        )
        return format_html_join(" · ", "{}", links)

    @admin.display(description="what the file says of itself")
    def said(self, song: Song) -> str:
        return pretty(song.tags)

    @admin.display(description="lines")
    def sung(self, song: Song) -> str:
        lines = ((clock(line.start), line.text) for line in song.lines)
        return format_html_join("\n", "<div>{} {}</div>", lines) or "–"


@admin.register(Section)
class SectionAdmin(MachineMade[Section]):
    list_display = ("label", "section_index", "song_link", "owner_link", "span", "prompt_note")
    list_select_related = ("song__owner",)
    ordering = ("-song__created_at", "section_index")
    search_fields = ("id", "label", "prompt_note", "song__title", "song__owner__email")
    readonly_fields = ("song_link", "owner_link", "span")
    fieldsets = (
        (None, {"fields": ("song_link", "owner_link", "section_index", "label", "prompt_note")}),
        ("When", {"fields": ("span", "start_frame", "end_frame", "created_at")}),
    )

    @admin.display(description="song", ordering="song__title")
    def song_link(self, section: Section) -> str:
        return row_link("songs_song", section.song_id, section.song)

    @admin.display(description="owner", ordering="song__owner__email")
    def owner_link(self, section: Section) -> str:
        return row_link("accounts_user", section.song.owner_id, section.song.owner)

    @admin.display(description="from, to", ordering="start_frame")
    def span(self, section: Section) -> str:
        return span_of(section)
