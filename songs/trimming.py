"""A part of a song as a new song, cut to the sample; the old one stays as it is [B3]."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from math import isfinite
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.db import transaction

from songs import analysis
from songs.clock import clock
from songs.intake import NAME_LENGTH, or_discard
from songs.lyrics import Line, as_dicts, lines_between
from songs.models import Song
from vibecraft import storage
from vibecraft.media.audio import read_length
from vibecraft.media.errors import spoken_length
from vibecraft.media.frames import total_frames
from vibecraft.media.parts import Span, cut_master
from vibecraft.problems import Problem

SUFFIX = " (trimmed)"
KEPT = ("owner", "tags", "idea", "source_url")


def stretch(song: Song, start: float, end: float | None) -> tuple[float, float]:
    """Check a start and an end in seconds. Raises Problem 400 with `errors` at the field."""
    until = song.duration_sec if end is None else end
    if not (isfinite(start) and 0 <= start < song.duration_sec):
        raise _refused("start_at", f"The start lies between 0:00 and {clock(song.duration_sec)}.")
    # Players round the length that they show.
    if not (isfinite(until) and start < until <= song.duration_sec + 0.05):
        sentence = f"The end lies after the start, at {clock(song.duration_sec)} at the latest."
        raise _refused("end_at", sentence)
    until = min(until, song.duration_sec)
    field = "start_at" if end is None else "end_at"
    if until - start < settings.SONG_MIN_SECONDS - 1e-6:
        least = spoken_length(settings.SONG_MIN_SECONDS)
        raise _refused(field, f"A song has to last {least}; this part is shorter.")
    if until - start > settings.SONG_MAX_SECONDS:
        most = spoken_length(settings.SONG_MAX_SECONDS)
        raise _refused(field, f"A song may last {most}; this part is longer.")
    return start, until


def _refused(field: str, sentence: str) -> Problem:
    return Problem("invalid", sentence, errors={field: [sentence]})


def cut(song: Song, start: float, end: float, *, upload_id: uuid.UUID) -> Song:
    """Store the part from `start` to `end` as a new song, and start its analysis.

    The slow part comes before the transaction; whatever goes wrong, nothing is left behind.
    """
    trimmed = Song(source=Song.Source.TRIM, parent=song, upload_id=upload_id)
    for name in KEPT:
        setattr(trimmed, name, getattr(song, name))
    trimmed.title = _title(song.title)
    trimmed.original_filename = _filename(song)
    key = storage.song_key(song.owner_id, trimmed.pk, "master.flac")
    with or_discard(trimmed):
        _cut_sound(song, trimmed, start, end, key)
        _take_words(song, trimmed, end)
        with transaction.atomic():
            trimmed.owner.take_storage(trimmed.stored_bytes)
            trimmed.save(force_insert=True)
            analysis.start(trimmed)
    return trimmed


def _title(title: str) -> str:
    stem = title.removesuffix(SUFFIX)
    return stem[: NAME_LENGTH - len(SUFFIX)] + SUFFIX


def _filename(song: Song) -> str:
    stem = PurePath(song.original_filename or song.title).stem
    return f"{stem[: NAME_LENGTH - 5]}.flac"


def _cut_sound(song: Song, trimmed: Song, start: float, end: float, key: str) -> None:
    """The master is cut, which is the sound that all else knows; the new song has no other file."""
    with storage.scratch("trim") as folder, storage.local(song.master_key) as master:
        sample_rate, count = read_length(master)
        first = round(start * sample_rate)
        samples = first, min(count, round(end * sample_rate))
        cut_master(master, folder / "master.flac", samples=samples)
        size = storage.put(key, folder / "master.flac")
    _measure(song, trimmed, samples, sample_rate)
    trimmed.source_key = trimmed.master_key = key
    trimmed.file_size_bytes = trimmed.stored_bytes = size


def _measure(song: Song, trimmed: Song, samples: Span, sample_rate: int) -> None:
    duration = Fraction(samples[1] - samples[0], sample_rate)
    trimmed.duration_sec = float(duration)
    trimmed.frames = total_frames(duration)
    trimmed.origin_sec = song.origin_sec + samples[0] / sample_rate


def _take_words(song: Song, trimmed: Song, end: float) -> None:
    """The words that are sung in the part come along, with their times from its start."""
    start = trimmed.origin_sec - song.origin_sec
    lines = [
        _earlier(line, start, trimmed.duration_sec)
        for line in lines_between(song.lines, start, end)
    ]
    trimmed.lyrics = as_dicts(lines)
    trimmed.lyrics_source = song.lyrics_source if lines else Song.LyricsSource.NONE
    trimmed.heard_words = list(_heard(song.heard_words, start, trimmed.duration_sec))


def _earlier(line: Line, by: float, duration: float) -> Line:
    words = tuple(
        replace(word, start=_at(word.start, by, duration), end=_at(word.end, by, duration))
        for word in line.words
    )
    start, end = _at(line.start, by, duration), _at(line.end, by, duration)
    return replace(line, start=start, end=end, words=words)


def _at(seconds: float, by: float, duration: float) -> float:
    return round(min(max(0.0, seconds - by), duration), 3)


def _heard(words: Iterable[dict[str, Any]], by: float, duration: float) -> Iterable[dict[str, Any]]:
    for word in words:
        start, end = _at(word["start"], by, duration), _at(word["end"], by, duration)
        if start < end:
            yield {**word, "start": start, "end": end}
