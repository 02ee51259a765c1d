"""What the song's pages show: the analysis in words, the lyrics, and the timeline."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db.models import Q
from django.utils import timezone

from songs import listening, lyrics
from songs.doubts import doubt
from songs.lyrics import Line
from songs.models import Analysis, Section, Song
from songs.section_drafts import draft_of
from songs.sections import MAX_SECTIONS, MIN_SECTIONS
from vibecraft.jobs.models import Job
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.ordering import is_on

PLAIN_ROWS = 4
SECTION_WORDS = ("Intro", "Verse", "Build", "Chorus", "Bridge", "Break", "Drop", "Solo", "Outro")
COMFORTABLE_SECONDS = 30
MOOD_AXES = (
    ("energy", "Energy", ("calm", "steady", "driving")),
    ("valence", "Brightness", ("dark", "mixed", "bright")),
    ("danceability", "Danceability", ("free", "swaying", "danceable")),
    ("tension", "Tension", ("relaxed", "poised", "tense")),
)


@dataclass(frozen=True)
class MoodBar:
    name: str
    value: float
    word: str


@dataclass(frozen=True)
class Row:
    """A section in the form that works without scripts; times as text, as they were typed."""

    label: str = ""
    start: str = ""
    end: str = ""
    note: str = ""
    errors: Sequence[str] = field(default=())


def mood_bars(analysis: Analysis) -> list[MoodBar]:
    bars = []
    for key, name, words in MOOD_AXES:
        value = float(analysis.mood_vector.get(key, 0.0))
        bars.append(MoodBar(name, value, words[min(2, int(value * 3))]))
    return bars


def sureness(confidence: float) -> str:
    """A confidence between 0 and 1 in words."""
    if confidence >= 0.8:
        return "very sure"
    return "fairly sure" if confidence >= 0.5 else "not sure"


def energies(analysis: Analysis) -> list[float]:
    return [float(point["value"]) for point in analysis.energy_curve]


def cost_of(song: Song) -> Decimal:
    """What AI models have cost for the song itself in US dollars: its music, its words."""
    return Prediction.objects.filter(song_id=song.pk, video_id=None).usd()


def jobs_of(songs: Iterable[Song]) -> dict[Any, Job]:
    """What brings several songs to being ready in one query, by song: see `job_of`."""
    running = [song for song in songs if song.status in (Song.Status.NEW, Song.Status.ANALYZING)]
    heard = {song.analysis_job_id: song.pk for song in running if song.has_sound}
    made = [song.pk for song in running if not song.has_sound]
    making = Q(song_id__in=made, kind=Job.Kind.MUSIC)
    jobs = Job.objects.filter(Q(pk__in=heard) | making).order_by("created_at")
    return {heard.get(job.pk, job.song_id): job for job in jobs}


def job_of(song: Song) -> Job | None:
    """What brings this song to being ready: its making while it has no sound, then its analysis."""
    jobs = Job.objects.for_user(song.owner)
    if not song.has_sound:
        return jobs.filter(song_id=song.pk, kind=Job.Kind.MUSIC).first()
    return jobs.filter(pk=song.analysis_job_id).first() if song.analysis_job_id else None


def timeline(song: Song, analysis: Analysis, sections: Sequence[Section]) -> dict[str, Any]:
    """What the timeline's modules need; times in seconds."""
    return {
        "songId": str(song.pk),
        "now": timezone.now(),
        "draft": None if sections else draft_of(song),
        "duration": song.duration_sec,
        "bpm": analysis.bpm,
        "beatsPerBar": analysis.beats_per_bar,
        "beats": analysis.beat_times,
        "downbeats": analysis.downbeat_times,
        "energy": [[point["time"], point["value"]] for point in analysis.energy_curve],
        "sections": [
            {
                "id": str(section.pk),
                "label": section.label,
                "note": section.prompt_note,
                "start": section.start_time,
                "end": section.end_time,
            }
            for section in sections
        ],
    }


def suggested_count(duration: float) -> int:
    """Into how many equal parts a song may be divided: about half a minute each."""
    return min(MAX_SECTIONS, max(MIN_SECTIONS, round(duration / COMFORTABLE_SECONDS)))


def plain_rows(song: Song, downbeats: Sequence[float]) -> list[Row]:
    """A beginning for the form without scripts: equal parts, their borders on downbeats."""
    borders = [0.0, *_even_borders(song.duration_sec, downbeats), song.duration_sec]
    return [
        Row(f"Part {number}", spoken_time(start), spoken_time(end))
        for number, (start, end) in enumerate(pairwise(borders), 1)
    ]


def _even_borders(duration: float, downbeats: Sequence[float]) -> list[float]:
    step = duration / PLAIN_ROWS
    wanted = [step * number for number in range(1, PLAIN_ROWS)]
    near = [min(downbeats, key=lambda beat: abs(beat - time), default=time) for time in wanted]
    return [
        beat if abs(beat - time) <= step / 2 - 1 else time
        for beat, time in zip(near, wanted, strict=True)
    ]


def spoken_time(seconds: float) -> str:
    """A time as the form shows it, to the millisecond: `1:02.500`."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    return f"{minutes}:{milliseconds // 1000:02d}.{milliseconds % 1000:03d}"


def read_time(text: str) -> float:
    """Seconds of `62.5` or `1:02.5`; NaN for anything else, which the rules refuse at its place."""
    found = re.fullmatch(r"(?:(\d{1,3}):)?(\d{1,6}(?:[.,]\d{1,6})?)", text.strip(), re.ASCII)
    if found is None:
        return math.nan
    return 60 * int(found[1] or 0) + float(found[2].replace(",", "."))


def lyrics_shown(song: Song) -> dict[str, Any]:
    """What the lyrics' fragment needs: the lines, their marks, and what can be done about them."""
    lines = song.lines
    job = Job.objects.filter(song_id=song.pk, kind=Job.Kind.LYRICS).first()
    is_hearing = job is not None and not job.is_terminal
    can_hear = not is_hearing and song.is_ready and listening.is_untimed(lines)
    return {
        "lines": lines,
        "lyrics_data": {"lines": _editable(song), "source": song.lyrics_source},
        "has_estimated": any(line.is_estimated for line in lines),
        "doubtful_count": sum(line.is_doubtful for line in lines),
        "hearing": job if is_hearing else None,
        "hearing_failure": listening.last_failure(song) if can_hear else "",
        "can_hear": can_hear and (is_on() or bool(song.heard_words)),
        "is_heard": bool(song.heard_words),
        "was_heard": song.lyrics_source == Song.LyricsSource.HEARD,
        "hearing_usd": listening.price() if is_on() else None,
        "is_ai_on": is_on(),
    }


def _editable(song: Song) -> list[dict[str, Any]]:
    """The lines as the editor takes them: as they are sent, with the reason of each doubt."""
    heard = lyrics.words_from(song.heard_words) if song.heard_words else ()
    return [
        sent | {"doubt": doubt(line, heard)}
        for sent, line in zip(lyrics.as_dicts(song.lines), song.lines, strict=True)
    ]


def lyrics_text(lines: Sequence[Line]) -> str:
    """The lines as one edits them: all with their times, or none where all are only estimated."""
    if listening.is_untimed(tuple(lines)):
        return "\n".join(line.text for line in lines)
    return "\n".join(f"[{exact_tag(line.start)}] {line.text}" for line in lines)


def exact_tag(seconds: float) -> str:
    """A time as LRC files write it: `01:02.50`."""
    minutes, hundredths = divmod(round(seconds * 100), 6000)
    return f"{minutes:02d}:{hundredths // 100:02d}.{hundredths % 100:02d}"
