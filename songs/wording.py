"""The lyrics that a user brings: typed, pasted, corrected, or as a file [C6, C7]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from songs import alignment, lyrics
from songs.lyric_readers import looks_like_subtitles, written_ends
from songs.lyrics import Line, LyricsError
from songs.models import Song
from songs.retiming import with_times_of
from songs.words import changing_words
from vibecraft.problems import Problem

MAX_FILE_BYTES = 200_000


def set_lyrics(
    song: Song,
    *,
    text: str | None = None,
    lines: list[dict[str, Any]] | None = None,
    file: UploadedFile[Any] | None = None,
    align: bool = False,
) -> tuple[Line, ...]:
    """Replace the song's lyrics by exactly one of text, lines or file; empty text removes them.

    With `align`, text without times gets those of the words that were heard, if there are any.
    Lines of a typed text that stand where they stood keep the times of their words; subtitles bring
    all of their times themselves. Planned clips follow, where nobody has rewritten them.
    Raises Problem with a sentence, and then the lyrics stay as they are.
    """
    try:
        read = _read(song, text, lines, file)
        aligned = _aligned(song, read) if align else None
    except LyricsError as error:
        raise _refusal(song, error, has_lines=lines is not None) from error
    kept = aligned or read
    if text is not None and not aligned and not looks_like_subtitles(text):
        ends = written_ends(text, song.duration_sec)
        kept = with_times_of(song.lines, read, duration=song.duration_sec, ends=ends)
    song.lyrics = lyrics.as_dicts(kept)
    song.lyrics_source = Song.LyricsSource.ALIGNED if aligned else _source(kept, file)
    with changing_words(song):
        song.save(update_fields=["lyrics", "lyrics_source"])
    return kept


def _refusal(song: Song, error: LyricsError, *, has_lines: bool) -> Problem:
    """What is wrong; where lines were sent one by one, at the line (from 0) where it is."""
    at_line = {"lines": {str(error.line - 1): [error.sentence]}} if error.line else None
    return Problem(
        "lyrics_invalid",
        error.sentence,
        errors=at_line if has_lines else None,
        about={"song_id": str(song.pk)},
    )


def _read(
    song: Song,
    text: str | None,
    lines: list[dict[str, Any]] | None,
    file: UploadedFile[Any] | None,
) -> tuple[Line, ...]:
    if file is not None:
        content = file.read(MAX_FILE_BYTES + 1)
        return lyrics.parse(content, filename=file.name or "", duration=song.duration_sec)
    if lines is not None:
        return lyrics.parse_lines(lines, duration=song.duration_sec)
    if not (text or "").strip():
        return ()
    return lyrics.parse(text or "", duration=song.duration_sec)


def _aligned(song: Song, read: Sequence[Line]) -> tuple[Line, ...] | None:
    """Lines with the times of the heard words; None for lines that have times, or nothing heard."""
    heard = lyrics.words_from(song.heard_words)
    if not heard or not read or not all(line.is_estimated for line in read):
        return None
    text = "\n".join(line.text for line in read)
    return alignment.align(text, heard, duration=song.duration_sec)


def _source(read: tuple[Line, ...], file: UploadedFile[Any] | None) -> str:
    if not read:
        return Song.LyricsSource.NONE
    return Song.LyricsSource.FILE if file is not None else Song.LyricsSource.TYPED
