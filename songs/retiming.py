"""Corrected lyrics: what was not touched keeps its exact times, what was gets the nearest to them.

A person corrects lines as text, with the time of each line at most; the times of the words, and
mostly where a line ends, are not in that text. They come from the lines as they stood before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from songs.alignment import align
from songs.lyric_lines import Line, Word

# Text shows hundredths, so a line that was not moved may differ by half of one.
SAME_SECONDS = 0.0051


def with_times_of(
    before: Sequence[Line],
    after: Sequence[Line],
    *,
    duration: float,
    ends: Collection[float] = (),
) -> tuple[Line, ...]:
    """Lines as they were corrected, with the times of words from before where they still hold.

    `ends` are those that the text says itself; lines have them from there. Where all lines were
    estimated, the text was without times, so what has times now is new.
    """
    rest = [] if all(line.is_estimated for line in before) else list(before)
    corrected: list[Line] = []
    for line in after:
        old = _same_line(rest, line)
        if old is not None:
            rest.remove(old)
        kept = line if old is None else _corrected(old, line, duration)
        corrected.append(_ended(kept, line.end) if line.end in ends else kept)
    return tuple(sorted(corrected, key=lambda line: line.start))


def _same_line(before: Sequence[Line], line: Line) -> Line | None:
    """The line that this one was: at the same time, else the first with the same text.

    An estimated line was only at its time: wherever it is put, that is new.
    """
    if line.is_estimated or line.words:
        return None
    at = [old for old in before if abs(old.start - line.start) <= SAME_SECONDS]
    same = [old for old in before if old.text == line.text and not old.is_estimated]
    both = [old for old in at if old.text == line.text]
    return next(iter([*both, *at, *same]), None)


def _corrected(old: Line, line: Line, duration: float) -> Line:
    if abs(old.start - line.start) > SAME_SECONDS:
        return _moved(old, line, duration)
    if old.text == line.text:
        return old
    if old.is_estimated:
        return replace(line, end=old.end, is_estimated=True)
    return _reworded(old, line)


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


def _ended(line: Line, end: float) -> Line:
    """The line with an end that somebody gave it; words that it would cut off lose their times."""
    if abs(line.end - end) <= SAME_SECONDS:
        return line
    is_cut = any(word.start >= end for word in line.words)
    words = tuple(replace(word, end=min(word.end, end)) for word in line.words)
    return replace(
        line, end=end, words=() if is_cut else words, is_estimated=False, is_doubtful=False
    )
