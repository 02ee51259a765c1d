"""The lyrics that a user brings: typed, pasted with times, or as a file [C6]."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile

from songs import lyrics
from songs.lyrics import Line, LyricsError
from songs.models import Song
from vibecraft.problems import Problem

MAX_FILE_BYTES = 200_000


def set_lyrics(
    song: Song,
    *,
    text: str | None = None,
    lines: list[dict[str, Any]] | None = None,
    file: UploadedFile[Any] | None = None,
) -> tuple[Line, ...]:
    """Replace the song's lyrics by exactly one of text, lines or file; empty text removes them.

    Raises Problem with a sentence, and then the lyrics stay as they are.
    """
    try:
        read = _read(song, text, lines, file)
    except LyricsError as error:
        about = {"song_id": str(song.pk)}
        raise Problem("lyrics_invalid", error.sentence, about=about) from error
    song.lyrics = lyrics.as_dicts(read)
    song.lyrics_source = _source(read, file)
    song.save(update_fields=["lyrics", "lyrics_source"])
    return read


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


def _source(read: tuple[Line, ...], file: UploadedFile[Any] | None) -> str:
    if not read:
        return Song.LyricsSource.NONE
    return Song.LyricsSource.FILE if file is not None else Song.LyricsSource.TYPED
