"""What the song tools show: how the beat stands, what may be trimmed, which imports are under way."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from songs import beat_grid
from songs.models import Analysis, Import, Song
from songs.showing import spoken_time, sureness
from songs.tool_forms import BeatForm, TrimForm


def tools(song: Song, analysis: Analysis) -> dict[str, Any]:
    """What the panels at the timeline need."""
    fixed = beat_grid.why_fixed(song)
    ends = {"start_at": spoken_time(0), "end_at": spoken_time(song.duration_sec)}
    return {
        "beat_said": beat_said(analysis),
        "beat_fixed": fixed.sentence if fixed else "",
        "beat_form": BeatForm(initial={"bpm": round(analysis.bpm, 2)}),
        "beat_state": {
            "corrections": analysis.corrections,
            "sureness": sureness(analysis.tempo_confidence),
            "earlier": earlier_words(song),
        },
        "trim_form": TrimForm(initial=ends),
    }


def beat_said(analysis: Analysis) -> str:
    """The tempo, and where it comes from: `128.0 BPM, set by hand; 64.0 were heard, not sure`."""
    heard = beat_grid.detected(analysis)["bpm"]
    sure = sureness(analysis.tempo_confidence)
    if not analysis.corrections:
        return f"{analysis.bpm:.1f} BPM, as heard, {sure}"
    origin = "set by hand"
    if analysis.corrections == [beat_grid.EARLIER]:
        origin = earlier_words(analysis.song)
    return f"{analysis.bpm:.1f} BPM, {origin}; {heard:.1f} heard, {sure}"


def earlier_words(song: Song) -> str:
    """Where a beat comes from that was there before this analysis."""
    return "from the whole song" if song.source == Song.Source.TRIM else "kept from before"


def imports_of(user: User) -> list[Import]:
    """The imports that are under way, newest first."""
    return list(Import.objects.for_user(user).under_way().select_related("job"))
