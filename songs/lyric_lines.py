"""Lines of lyrics with times, the rules for them, and what is sung in a stretch of the song."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from songs.clock import clock

MAX_LINE_CHARS = 500
MAX_LINES = 2000
# A last line may ring on a little after the song was cut off; it is then ended with the song.
TOLERANCE_SECONDS = 1.0


Timed = TypeVar("Timed", "Line", "Word")


@dataclass(frozen=True)
class Word:
    """One word with its times in seconds from the start of the song."""

    start: float
    end: float
    text: str


@dataclass(frozen=True)
class Line:
    """One line with its times in seconds, and its words where the source times them.

    `is_estimated` says that nobody gave the times: they are spread evenly over the song;
    `is_doubtful` that the text was aligned to the song and too little of the line was heard there.
    """

    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()
    is_estimated: bool = False
    is_doubtful: bool = False


class LyricsError(ValueError):
    """Lyrics that cannot be taken; `sentence` says why, for the user, `line` where (from 1)."""

    def __init__(self, sentence: str, *, line: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.line = line


def check_lines(lines: Iterable[Line], duration: float) -> tuple[Line, ...]:
    """Return lines in order of their starts, ended with the song, times to the millisecond.

    Raises `LyricsError` for the first line (counted as they came) that breaks a rule.
    """
    checked = [_placed(number, line, duration) for number, line in enumerate(lines, 1)]
    if len(checked) > MAX_LINES:
        raise LyricsError(f"The lyrics have {len(checked)} lines; {MAX_LINES} are allowed.")
    return tuple(sorted(checked, key=lambda line: line.start))


def _placed(number: int, line: Line, duration: float) -> Line:
    """The checked line; what is wrong with it knows its number."""
    try:
        return _checked(number, line, duration)
    except LyricsError as error:
        raise LyricsError(error.sentence, line=number) from error


def _checked(number: int, line: Line, duration: float) -> Line:
    _check_times(f"Line {number}", line.start, line.end, duration)
    if len(line.text) > MAX_LINE_CHARS:
        raise LyricsError(
            f"Line {number} has {len(line.text)} characters; {MAX_LINE_CHARS} are allowed."
        )
    for word in line.words:
        where = f"The word \u201c{word.text}\u201d in line {number}"
        _check_times(where, word.start, word.end, duration)
        if word.start < line.start - 0.001 or word.end > line.end + 0.001:
            raise LyricsError(f"{where} is not within the times of its line.")
    words = tuple(_trimmed(word, duration) for word in line.words)
    return replace(_trimmed(line, duration), words=words)


def _check_times(what: str, start: float, end: float, duration: float) -> None:
    if not (math.isfinite(start) and math.isfinite(end)):
        raise LyricsError(f"{what} has a time that is not a number.")
    if start < 0:
        raise LyricsError(f"{what} starts at {clock(start)}, before the song does.")
    if end < start:
        raise LyricsError(f"{what} ends at {clock(end)}, before it starts at {clock(start)}.")
    if start >= duration:
        raise LyricsError(
            f"{what} starts at {clock(start)}, after the song has ended at {clock(duration)}."
        )
    if end > duration + TOLERANCE_SECONDS:
        raise LyricsError(
            f"{what} ends at {clock(end)}, after the song has ended at {clock(duration)}."
        )


def _trimmed(timed: Timed, duration: float) -> Timed:
    return replace(
        timed, start=_milliseconds(timed.start), end=_milliseconds(min(timed.end, duration))
    )


def _milliseconds(seconds: float) -> float:
    return round(seconds, 3)


def parse_lines(items: Sequence[Mapping[str, Any]], *, duration: float) -> tuple[Line, ...]:
    """Read lines sent as `{start, end, text, words?}`; lines without text are left out.

    Raises `LyricsError` with a sentence that names the line.
    """
    if not isinstance(items, Sequence) or isinstance(items, str | bytes):
        raise LyricsError("Lines have to be sent as a list.")
    lines = [_sent_line(number, item) for number, item in enumerate(items, 1)]
    checked = check_lines(lines, duration)
    return tuple(line for line in checked if line.text)


def _sent_line(number: int, item: object) -> Line:
    where = f"Line {number}"
    fields = _sent_fields(where, item)
    words = fields.get("words") or ()
    if not isinstance(words, Sequence) or isinstance(words, str | bytes):
        raise LyricsError(f"The words of line {number} have to be a list.")
    return Line(
        start=_sent_number(where, "start", fields),
        end=_sent_number(where, "end", fields),
        text=_sent_text(where, fields),
        words=tuple(_sent_word(number, word) for word in words),
        is_estimated=fields.get("is_estimated") is True,
        is_doubtful=fields.get("is_doubtful") is True,
    )


def _sent_word(number: int, item: object) -> Word:
    where = f"A word in line {number}"
    fields = _sent_fields(where, item)
    return Word(
        start=_sent_number(where, "start", fields),
        end=_sent_number(where, "end", fields),
        text=_sent_text(where, fields),
    )


def _sent_fields(where: str, item: object) -> Mapping[str, Any]:
    if not isinstance(item, Mapping):
        raise LyricsError(f"{where} has to be an object with start, end and text.")
    return item


def _sent_number(where: str, name: str, fields: Mapping[str, Any]) -> float:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e9:
        raise LyricsError(f"{where} needs its {name} in seconds.")
    return float(value)


def _sent_text(where: str, fields: Mapping[str, Any]) -> str:
    value = fields.get("text")
    if not isinstance(value, str):
        raise LyricsError(f"{where} needs a text.")
    return " ".join(value.split())


def as_dicts(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Return lines as they are stored and sent: `{start, end, text, words, …}` and the two marks."""
    return [
        {
            "start": line.start,
            "end": line.end,
            "text": line.text,
            "words": [
                {"start": word.start, "end": word.end, "text": word.text} for word in line.words
            ],
            "is_estimated": line.is_estimated,
            "is_doubtful": line.is_doubtful,
        }
        for line in lines
    ]


def words_from(items: Iterable[Mapping[str, Any]]) -> tuple[Word, ...]:
    """Return words from `{start, end, text}` each."""
    return tuple(
        Word(float(word["start"]), float(word["end"]), str(word["text"])) for word in items
    )


def from_dicts(items: Iterable[Mapping[str, Any]]) -> tuple[Line, ...]:
    """Return lines from what `as_dicts` made of them."""
    return tuple(
        Line(
            start=float(item["start"]),
            end=float(item["end"]),
            text=str(item["text"]),
            words=words_from(item.get("words", ())),
            is_estimated=bool(item.get("is_estimated", False)),
            is_doubtful=bool(item.get("is_doubtful", False)),
        )
        for item in items
    )


def lines_between(lines: Iterable[Line], start: float, end: float) -> tuple[Line, ...]:
    """Return what is sung from `start` to `end`.

    A line with timed words brings those that overlap the stretch, so a word across a border
    belongs to both sides of it. A line without belongs wherever it overlaps.
    """
    parts = (_part(line, start, end) for line in lines)
    return tuple(part for part in parts if part is not None)


def _part(line: Line, start: float, end: float) -> Line | None:
    if not line.words:
        return line if _overlaps(line, start, end) else None
    words = tuple(word for word in line.words if _overlaps(word, start, end))
    if len(words) == len(line.words):
        return line
    if not words:
        return None
    text = " ".join(word.text for word in words)
    return replace(line, start=words[0].start, end=words[-1].end, text=text, words=words)


def _overlaps(timed: Line | Word, start: float, end: float) -> bool:
    """Whether something is sung in a stretch; what has no length is where it starts."""
    return timed.start < end and (timed.end > start or timed.start == timed.end == start)
