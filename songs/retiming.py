"""Corrected lyrics: what was not touched keeps its exact times, what was gets the nearest to them.

A person corrects lines as text, with the time of each line at most; the times of the words, and
where a line ends, are not in that text. They come from the lines as they stood before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from songs.alignment import align
from songs.lyric_lines import Line, Word

# Text shows hundredths, so a line that was not moved may differ by half of one.
SAME_SECONDS = 0.0051


def with_times_of(
    before: Sequence[Line], after: Sequence[Line], *, duration: float
) -> tuple[Line, ...]:
    """Lines as they were corrected, with the times of words from before where they still hold."""
    rest = [line for line in before if not line.is_estimated]
    corrected: list[Line] = []
    for line in after:
        old = _same_line(rest, line)
        if old is not None:
            rest.remove(old)
        corrected.append(line if old is None else _corrected(old, line, duration))
    return tuple(sorted(corrected, key=lambda line: line.start))


def _same_line(before: Sequence[Line], line: Line) -> Line | None:
    """The line that this one was: at the same time, else the first with the same text."""
    if line.is_estimated or line.words:
        return None
    at = [old for old in before if abs(old.start - line.start) <= SAME_SECONDS]
    same = [old for old in before if old.text == line.text]
    both = [old for old in at if old.text == line.text]
    return next(iter([*both, *at, *same]), None)


def _corrected(old: Line, line: Line, duration: float) -> Line:
    if abs(old.start - line.start) > SAME_SECONDS:
        return _moved(old, line, duration)
    return old if old.text == line.text else _reworded(old, line)


def _moved(old: Line, line: Line, duration: float) -> Line:
    """The whole line goes with its start; one that would leave the song is as it was typed."""
    by = line.start - old.start
    if old.end + by > duration:
        return line
    words = tuple(Word(_late(word.start, by), _late(word.end, by), word.text) for word in old.words)
    return replace(line, end=_late(old.end, by), words=words)


def _late(seconds: float, by: float) -> float:
    return round(max(0.0, seconds + by), 3)


def _reworded(old: Line, line: Line) -> Line:
    """Other words in the same time: those that stayed keep theirs. A wholly new line is new."""
    aligned = align(line.text, old.words, duration=old.end)
    if len(aligned) != 1 or aligned[0].is_doubtful:
        return line
    words = tuple(
        Word(max(old.start, word.start), max(old.start, word.end), word.text)
        for word in aligned[0].words
    )
    return replace(line, end=old.end, words=words)
