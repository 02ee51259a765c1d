"""Reading lyrics files: LRC with line and word times, SRT, WebVTT, and text without times."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import pairwise

import pysubs2

from songs.lyric_lines import Line, LyricsError, Word

# A line of an LRC file ends where the next one starts, but nobody holds one longer than this: else
# it would stand through a whole instrumental.
LONGEST_LINE_SECONDS = 10.0

_TIME = r"(\d{1,3}):(\d{1,2}(?:[.:]\d{1,3})?)"
_LRC_TAGS = re.compile(rf"\s*((?:\[\s*{_TIME}\s*\]\s*)+)(.*)")
_LRC_TIME = re.compile(rf"\[\s*{_TIME}\s*\]")
_LRC_OFFSET = re.compile(r"^\s*\[offset:\s*([+-]?\d{1,9})\s*\]", re.IGNORECASE | re.MULTILINE)
_HEADING = re.compile(r"^\s*\[[^\]]*\]\s*$")
_WORD_TIME = re.compile(r"<\s*(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2}(?:[.,:]\d{1,3})?)\s*>")
_ARROW = re.compile(r"^\s*(?:\d+:)?\d+:\d+[.,]\d+\s*-->", re.MULTILINE)
_VTT_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2}[.,]\d{1,3})"
_VTT_CUE = re.compile(rf"^[ \t]*{_VTT_TIME}[ \t]*-->[ \t]*{_VTT_TIME}[^\n]*", re.MULTILINE)
_BELOW_ZERO = re.compile(r"^\s*-\s*\d[\d:.,]*\s*-->|-->\s*-\s*\d", re.MULTILINE)
_MARKUP = re.compile(r"<[^<>]*>|\{\\[^{}]*\}")


@dataclass(frozen=True)
class _Tagged:
    """A line of an LRC file for one of its times; the text may hold word times still."""

    start: float
    text: str
    first_tag: float


def looks_like_lrc(text: str) -> bool:
    """Whether any line begins with a time in square brackets."""
    return any(_LRC_TAGS.match(line) for line in text.splitlines())


def looks_like_subtitles(text: str) -> bool:
    """Whether any line is the time line of a subtitle, or the text calls itself WebVTT."""
    return text.startswith("WEBVTT") or bool(_ARROW.search(text) or _BELOW_ZERO.search(text))


def read_plain(text: str, duration: float) -> list[Line]:
    """Spread lines without times over the song, each as long as its share of the words.

    Headings such as "[Chorus]" are not sung and left out.
    """
    texts = [" ".join(line.split()) for line in text.splitlines() if not _HEADING.match(line)]
    texts = [line for line in texts if line]
    counts = [len(line.split()) for line in texts]
    total, before, lines = sum(counts), 0, []
    for line, count in zip(texts, counts, strict=True):
        start, end = duration * before / total, duration * (before + count) / total
        lines.append(Line(start, end, line, is_estimated=True))
        before += count
    return lines


def read_lrc(text: str, duration: float) -> list[Line]:
    """Read an LRC file: several times for one line, `<mm:ss.xx>` before words, an offset.

    A positive offset makes the lyrics come earlier. A line without text ends the one before it.
    """
    earlier = _earlier(text)
    tagged = sorted(_tagged_lines(text), key=lambda one: (one.start, bool(one.text)))
    lines = []
    for at, one in enumerate(tagged):
        if one.text:
            lines.append(_lrc_line(one, tagged[at + 1 :], earlier, duration))
    return lines


def written_ends(text: str, duration: float) -> frozenset[float]:
    """Where an LRC file itself says that a line ends: its times without text, to the millisecond."""
    earlier = _earlier(text)
    ends = (one.start - earlier for one in _tagged_lines(text) if not one.text)
    return frozenset(round(min(max(0.0, end), duration), 3) for end in ends)


def _earlier(text: str) -> float:
    """By how many seconds the offset of an LRC file moves its lines to the front."""
    found = _LRC_OFFSET.search(text)
    return int(found[1]) / 1000 if found else 0.0


def _tagged_lines(text: str) -> Iterator[_Tagged]:
    """Give each line once for each of its times; lines without a time continue the one before."""
    current: list[float] = []
    said: list[str] = []
    for raw in [*text.splitlines(), "[00:00]"]:
        found = _LRC_TAGS.match(raw)
        if found is None:
            if current and raw.strip() and not _HEADING.match(raw):
                said.append(raw.strip())
            continue
        yield from (_Tagged(start, " ".join(said), current[0]) for start in current)
        current = [_seconds(*time.groups()) for time in _LRC_TIME.finditer(found[1])]
        said = [found[4].strip()] if found[4].strip() else []


def _lrc_line(one: _Tagged, later: Sequence[_Tagged], earlier: float, duration: float) -> Line:
    end = min(_lrc_end(one, later), max(duration + earlier, one.start))
    # A repeated line has its word times once, those of its first time.
    shift = one.start - one.first_tag
    line = _timed_words(one.text, one.start, end, shift)
    return _moved(line, -earlier)


def _lrc_end(one: _Tagged, later: Sequence[_Tagged]) -> float:
    following = next((other for other in later if other.start > one.start or not other.text), None)
    if following is None:
        return one.start + LONGEST_LINE_SECONDS
    if not following.text:
        return following.start
    return min(following.start, one.start + LONGEST_LINE_SECONDS)


def _moved(line: Line, by: float) -> Line:
    """Move a line; what an offset would put before the song starts with it."""
    words = tuple(Word(max(0.0, w.start + by), max(0.0, w.end + by), w.text) for w in line.words)
    return Line(max(0.0, line.start + by), max(0.0, line.end + by), line.text, words)


def read_subtitles(text: str) -> list[Line]:
    """Read SRT or WebVTT; markup is taken off, word times inside WebVTT cues are kept."""
    if _BELOW_ZERO.search(text):
        raise LyricsError("A subtitle has a time below zero.")
    lines = _vtt_lines(text) if text.startswith("WEBVTT") else _srt_lines(text)
    return [line for line in lines if line.text]


def _srt_lines(text: str) -> list[Line]:
    try:
        events = pysubs2.SSAFile.from_string(text, format_="srt").events
    except (pysubs2.Pysubs2Error, ValueError) as error:
        raise LyricsError("The subtitles could not be read.") from error
    return [Line(one.start / 1000, one.end / 1000, _clean(one.plaintext)) for one in events]


def _vtt_lines(text: str) -> list[Line]:
    """Read WebVTT by its blocks: pysubs2 would take notes, cue names and word times for cues."""
    lines = []
    for block in re.split(r"\n[ \t]*\n", text):
        found = _VTT_CUE.search(block)
        if found is not None:
            start, end = _clock_seconds(found.groups()[:3]), _clock_seconds(found.groups()[3:])
            lines.append(_timed_words(block[found.end() :], start, end, 0.0))
    return lines


def _timed_words(text: str, start: float, end: float, shift: float) -> Line:
    """Make a line of a text that may hold times before its words; `shift` is added to those."""
    tags = [
        (tag.start(), tag.end(), _clock_seconds(tag.groups()) + shift)
        for tag in _WORD_TIME.finditer(text)
    ]
    if not tags:
        return Line(start, end, _clean(text))
    first = (start, text[: tags[0][0]])
    stops = [tag[0] for tag in tags[1:]] + [len(text)]
    rest = [(tag[2], text[tag[1] : stop]) for tag, stop in zip(tags, stops, strict=True)]
    words = _words([first, *rest], end)
    last = max((word.end for word in words), default=end)
    line_end = last if tags and not _clean(rest[-1][1]) else max(end, last)
    line_start = min([start, *(word.start for word in words)])
    return Line(line_start, line_end, " ".join(word.text for word in words), words)


def _words(chunks: Sequence[tuple[float, str]], end: float) -> tuple[Word, ...]:
    """Make words of (start, text) chunks; each lasts until the next, syllables are put together."""
    words: list[Word] = []
    is_open = False
    for (start, chunk), (stop, _) in pairwise([*chunks, (end, "")]):
        text = _clean(chunk)
        if text and is_open and not chunk[:1].isspace():
            words[-1] = Word(words[-1].start, max(stop, start), words[-1].text + text)
        elif text:
            words.append(Word(start, max(stop, start), text))
        is_open = bool(text) and not chunk[-1:].isspace()
    return tuple(words)


def _clean(text: str) -> str:
    """Take off markup and needless space: "<i>Hello</i>  you &amp; me" is "Hello you & me"."""
    return " ".join(unescape(_MARKUP.sub("", text)).split())


def _clock_seconds(parts: Sequence[str | None]) -> float:
    """Return seconds of hours (or none), minutes and seconds."""
    hours, minutes, seconds = parts
    return 3600 * int(hours or 0) + _seconds(minutes or "0", seconds or "0")


def _seconds(minutes: str, seconds: str) -> float:
    """Return seconds of "1", "02.5"; some files write "02:50" for the same."""
    return 60 * int(minutes) + float(re.sub("[:,]", ".", seconds))
