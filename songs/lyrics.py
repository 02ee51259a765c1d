"""Lyrics: read from what the user typed or uploaded, given to sections, written out."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from html import escape
from itertools import zip_longest
from pathlib import PurePath

from songs.lyric_lines import (
    Line,
    LyricsError,
    Word,
    as_dicts,
    check_lines,
    from_dicts,
    lines_between,
    parse_lines,
    words_from,
)
from songs.lyric_readers import (
    LONGEST_LINE_SECONDS,
    looks_like_lrc,
    looks_like_subtitles,
    read_lrc,
    read_plain,
    read_subtitles,
)

__all__ = [
    "MAX_BYTES",
    "Line",
    "LyricsError",
    "Word",
    "as_dicts",
    "from_dicts",
    "lines_between",
    "parse",
    "parse_lines",
    "to_lrc",
    "to_srt",
    "to_text",
    "to_vtt",
    "words_from",
]

MAX_BYTES = 200_000
TIMED_SUFFIXES = {".lrc": "LRC", ".srt": "SRT", ".vtt": "VTT"}
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def parse(text: str | bytes, *, filename: str = "", duration: float) -> tuple[Line, ...]:
    """Read lyrics for a song of `duration` seconds: LRC, SRT, WebVTT or plain text.

    What the text looks like counts; the file name only says whether times were meant to be in
    it. Raises `LyricsError` with a sentence for what cannot be taken.
    """
    if len(text if isinstance(text, bytes) else text.encode(errors="replace")) > MAX_BYTES:
        raise LyricsError(f"The lyrics are larger than {MAX_BYTES // 1000} kB.")
    plain = _decoded(text) if isinstance(text, bytes) else text
    plain = plain.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if _NO_TEXT.search(plain):
        raise LyricsError("This is not a text file.")
    lines = check_lines(_read(plain, filename, duration), duration)
    if not lines:
        raise LyricsError("There are no lyrics in this text.")
    return lines


def _decoded(data: bytes) -> str:
    """Decode UTF-8, UTF-16 with its mark, and else what old Western editors wrote."""
    for mark, name in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return _decoded_as(data, name)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _decoded_as(data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        raise LyricsError("This is not a text file.") from error


def _read(text: str, filename: str, duration: float) -> list[Line]:
    if looks_like_subtitles(text):
        return read_subtitles(text)
    if looks_like_lrc(text):
        return read_lrc(text, duration)
    kind = TIMED_SUFFIXES.get(PurePath(filename).suffix.lower())
    if kind is not None and text.strip():
        raise LyricsError(f"This {kind} file holds no line with a time.")
    return read_plain(text, duration)


def to_lrc(lines: Iterable[Line]) -> str:
    """Write lines as LRC, words with their times; times to the hundredth of a second."""
    ordered = sorted(lines, key=lambda line: line.start)
    written = []
    for line, following in zip_longest(ordered, ordered[1:]):
        written.append(f"[{_lrc_time(line.start)}]{_lrc_text(line)}")
        is_followed = following is not None and following.start <= line.end
        if not is_followed or line.end - line.start > LONGEST_LINE_SECONDS:
            written.append(f"[{_lrc_time(line.end)}]")
    return "\n".join([*written, ""]) if written else ""


def _lrc_text(line: Line) -> str:
    if not line.words:
        return line.text
    words = " ".join(f"<{_lrc_time(word.start)}>{word.text}" for word in line.words)
    return f"{words} <{_lrc_time(line.words[-1].end)}>"


def _lrc_time(seconds: float) -> str:
    minutes, hundredths = divmod(round(seconds * 100), 6000)
    return f"{minutes:02d}:{hundredths // 100:02d}.{hundredths % 100:02d}"


def to_srt(lines: Sequence[Line]) -> str:
    """Write lines as SRT; times to the millisecond."""
    cues = (
        f"{number}\n{_time(line.start, ',')} --> {_time(line.end, ',')}\n{line.text}\n"
        for number, line in enumerate(lines, 1)
    )
    return "\n".join(cues)


def to_vtt(lines: Iterable[Line]) -> str:
    """Write lines as WebVTT, words with their times where they are known."""
    cues = (f"{_time(line.start)} --> {_time(line.end)}\n{_vtt_text(line)}\n" for line in lines)
    return "\n".join(["WEBVTT\n", *cues])


def _vtt_text(line: Line) -> str:
    """A time inside a cue has to be later than its start, so the first word may go without."""
    if not line.words:
        return escape(line.text, quote=False)
    return " ".join(
        f"<{_time(word.start)}>{escape(word.text, quote=False)}"
        if word.start > line.start
        else escape(word.text, quote=False)
        for word in line.words
    )


def to_text(lines: Iterable[Line]) -> str:
    """Write the words alone, a line each."""
    return "".join(f"{line.text}\n" for line in lines)


def _time(seconds: float, mark: str = ".") -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{milliseconds // 1000:02d}{mark}{milliseconds % 1000:03d}"
