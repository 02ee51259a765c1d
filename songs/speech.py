"""What a speech model heard: its answer, tolerantly read, as lines and words with clean times.

Two forms of answers are known: segments with words (WhisperX, and Whisper itself without words),
and chunks of a word or a sentence each (Incredibly Fast Whisper).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import median
from typing import Any

from songs.lyric_lines import Line, Word

MAX_WORDS = 6000
MAX_WORD_CHARS = 100
# Nobody sings faster, nor holds one word longer.
MAX_WORDS_A_SECOND = 9.0
MAX_WORD_SECONDS = 8.0
# The same line over and over, evenly or unsurely, is a model caught in a loop.
LOOP_LINES = 6
LOOP_EVENNESS_SECONDS = 0.05
LOOP_SCORE = 0.35
LINE_PAUSE_SECONDS = 0.8
MAX_BREATH_WORDS = 60
MAX_LINE_WORDS = 10
MAX_LINE_LETTERS = 56
# What these models say where nobody sings: they learned it from the ends of films.
GHOSTS = frozenset(
    {
        "thanks for watching",
        "thank you for watching",
        "thank you so much for watching",
        "please subscribe",
        "please subscribe to my channel",
        "subtitles by the amara org community",
        "untertitel der amara org community",
        "untertitel im auftrag des zdf für funk 2017",
        "sous titres réalisés par la communauté d amara org",
    }
)
_NO_WORD = re.compile(r"[^\w]+", re.UNICODE)
_NOTES = "♪♫ "
# "[Music]", "*applause*", "(upbeat music)"; a bracket alone may be a choir.
_NOISE = re.compile(r"\[[^\]]*\]|\*[^*]*\*|\([^)]*\bmusic\b[^)]*\)|[♪♫\s]*", re.IGNORECASE)


class SpeechError(ValueError):
    """An answer that is not in any form that we know."""


@dataclass(frozen=True)
class Heard:
    """What was sung: lines in order of time, each with its words. No lines is a fine result."""

    lines: tuple[Line, ...]
    language: str = ""

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for line in self.lines for word in line.words)


@dataclass(frozen=True)
class _Raw:
    """A word as it came; a time that was not given or is no number is None."""

    text: str
    start: float | None = None
    end: float | None = None
    score: float | None = None


@dataclass(frozen=True)
class _Piece:
    """A stretch of speech as the model divides it."""

    start: float | None
    end: float | None
    words: tuple[_Raw, ...]

    @property
    def said(self) -> str:
        return normal(" ".join(word.text for word in self.words))

    @property
    def score(self) -> float | None:
        known = [word.score for word in self.words if word.score is not None]
        return median(known) if known else None


def normal(text: str) -> str:
    """Text without case and punctuation, for comparing."""
    return _NO_WORD.sub(" ", text.casefold()).strip()


def read(answer: object, *, duration: float) -> Heard:
    """Read a model's answer for a song of `duration` seconds.

    Words come back in order, inside the song, none overlapping the next; what cannot have been
    sung is left out. Raises SpeechError for what is no such answer.
    """
    data = _as_mapping(answer)
    pieces = [piece for piece in _pieces(data) if piece.words]
    timed = _timed(pieces, duration)
    kept = [piece for piece in _without_loops(timed) if _can_be_sung(piece)]
    lines = [line for group in _in_order(kept, duration) for line in _lines(group)]
    return Heard(tuple(lines), str(data.get("detected_language") or data.get("language") or ""))


# --- the forms of answers ------------------------------------------------------------------------


def _as_mapping(answer: object) -> Mapping[str, Any]:
    if isinstance(answer, str):
        try:
            answer = json.loads(answer)
        except ValueError as error:
            raise SpeechError("the answer is text, but no JSON") from error
    if isinstance(answer, Mapping) and any(
        isinstance(answer.get(name), list) for name in ("segments", "chunks")
    ):
        return answer
    raise SpeechError("the answer holds neither segments nor chunks")


def _pieces(data: Mapping[str, Any]) -> list[_Piece]:
    if isinstance(data.get("segments"), list):
        return [_segment(one) for one in data["segments"] if isinstance(one, Mapping)]
    chunks = [_chunk(one) for one in data.get("chunks", ()) if isinstance(one, Mapping)]
    # A chunk is a word or a sentence; an answer has but one kind.
    if chunks and sum(len(chunk.words) for chunk in chunks) <= 1.2 * len(chunks):
        words = tuple(
            replace(word, start=chunk.start, end=chunk.end)
            for chunk in chunks
            for word in chunk.words
        )
        return list(_sentences(words))
    return chunks


def _segment(one: Mapping[str, Any]) -> _Piece:
    start, end = _number(one.get("start")), _number(one.get("end"))
    given = one.get("words")
    words = _untimed(one.get("text"))
    if isinstance(given, list) and given and (words or not one.get("text")):
        timed = [_word(word) for word in given if isinstance(word, Mapping)]
        words = tuple(word for word in timed if word.text)
    return _Piece(start, end, words)


def _word(one: Mapping[str, Any]) -> _Raw:
    text = one.get("word") or one.get("text") or ""
    return _Raw(
        text=" ".join(str(text).split()).strip(_NOTES)[:MAX_WORD_CHARS],
        start=_number(one.get("start")),
        end=_number(one.get("end")),
        score=_number(one.get("score", one.get("probability"))),
    )


def _chunk(one: Mapping[str, Any]) -> _Piece:
    times = one.get("timestamp")
    pair = list(times) if isinstance(times, list | tuple) else []
    start, end = (*map(_number, pair[:2]), None, None)[:2]
    return _Piece(start, end, _untimed(one.get("text")))


def _untimed(text: object) -> tuple[_Raw, ...]:
    said = str(text or "").strip()
    if _NOISE.fullmatch(said):
        return ()
    words = (word.strip(_NOTES)[:MAX_WORD_CHARS] for word in said.split())
    return tuple(_Raw(word) for word in words if word)


def _number(value: object) -> float | None:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _sentences(words: Sequence[_Raw]) -> Iterator[_Piece]:
    """Put single words together up to a clear pause or the end of a sentence."""
    group: list[_Raw] = []
    for word, following in pairwise([*words, _Raw("")]):
        group.append(word)
        pause = (following.start or 0.0) - (word.end or 0.0)
        if not following.text or pause > LINE_PAUSE_SECONDS or word.text[-1:] in ".!?":
            yield _Piece(group[0].start, group[-1].end, tuple(group))
            group = []


# --- times ---------------------------------------------------------------------------------------


def _timed(pieces: Sequence[_Piece], duration: float) -> list[_Piece]:
    """Give every piece a start and an end inside the song, and every word its own inside it."""
    timed = []
    last = 0.0
    for piece, following in pairwise([*pieces, _Piece(None, None, ())]):
        start, end = _borders(piece, last, following, duration)
        if start >= duration or end <= 0 or end <= start:
            continue
        start, end = max(0.0, start), min(end, duration)
        timed.append(_Piece(start, end, _filled(piece.words, start, end)))
        last = end
    return timed


def _borders(piece: _Piece, last: float, following: _Piece, duration: float) -> tuple[float, float]:
    starts = [word.start for word in piece.words if word.start is not None]
    ends = [word.end for word in piece.words if word.end is not None]
    start = piece.start if piece.start is not None else min(starts, default=last)
    longest = start + MAX_WORD_SECONDS * len(piece.words)
    end = piece.end if piece.end is not None else max(ends, default=longest)
    if piece.end is None and not ends and following.start is not None:
        end = min(end, following.start)
    return start, min(end, longest, max(duration, start))


def _filled(words: Sequence[_Raw], start: float, end: float) -> tuple[_Raw, ...]:
    """Words that have no times share the time between those that have, by their lengths."""
    filled: list[_Raw] = []
    for is_known, run in groupby(enumerate(words), lambda one: one[1].start is not None):
        group = list(run)
        if is_known:
            filled += _ended([word for _, word in group], end)
            continue
        after = group[-1][0] + 1
        first = _end_of(filled[-1]) if filled else start
        last = words[after].start if after < len(words) else end
        filled += _spread([word for _, word in group], first, max(first, last or end))
    return tuple(filled)


def _ended(words: Sequence[_Raw], end: float) -> list[_Raw]:
    """A word whose end is not known lasts up to the next one, a second at most."""
    starts = [word.start or 0.0 for word in words[1:]]
    return [
        word if word.end is not None else replace(word, end=min(following, (word.start or 0.0) + 1))
        for word, following in zip(words, [*starts, end], strict=True)
    ]


def _end_of(word: _Raw) -> float:
    return word.end if word.end is not None else (word.start or 0.0)


def _spread(words: Sequence[_Raw], start: float, end: float) -> list[_Raw]:
    total = sum(len(word.text) + 1 for word in words)
    before, spread = 0, []
    for word in words:
        after = before + len(word.text) + 1
        times = (start + (end - start) * part / total for part in (before, after))
        first, last = times
        spread.append(replace(word, start=first, end=last))
        before = after
    return spread


def _in_order(pieces: Iterable[_Piece], duration: float) -> list[list[Word]]:
    """The words of each piece: starts never go back, none is longer than a voice can hold it."""
    ordered: list[list[Word]] = []
    last = 0.0
    budget = MAX_WORDS
    for piece in sorted(pieces, key=lambda one: one.start or 0.0):
        group = []
        for word in piece.words[:budget]:
            start = round(max(last, word.start or 0.0), 3)
            if start >= duration:
                break
            end = min(max(start, _end_of(word)), start + MAX_WORD_SECONDS, duration)
            group.append(Word(start, round(end, 3), word.text))
            last = start
        budget -= len(group)
        if group:
            ordered.append(group)
    return _apart(ordered)


def _apart(groups: Sequence[Sequence[Word]]) -> list[list[Word]]:
    """No word ends after the next one starts."""
    starts = [word.start for group in groups for word in group][1:]
    following = iter([*starts, math.inf])
    return [
        [replace(word, end=min(word.end, next(following))) for word in group] for group in groups
    ]


# --- what cannot have been sung ------------------------------------------------------------------


def _can_be_sung(piece: _Piece) -> bool:
    seconds = (piece.end or 0.0) - (piece.start or 0.0)
    if piece.said in GHOSTS or not piece.said:
        return False
    return len(piece.words) <= max(2.0, MAX_WORDS_A_SECOND * seconds)


def _without_loops(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Of a line that a model repeats like a machine, keep the first; a chorus stays whole."""
    kept: list[_Piece] = []
    for _, run in groupby(pieces, lambda piece: piece.said):
        group = list(run)
        kept += group[:1] if _is_loop(group) else group
    return kept


def _is_loop(group: Sequence[_Piece]) -> bool:
    if len(group) < LOOP_LINES:
        return False
    scores = [piece.score for piece in group if piece.score is not None]
    if scores:
        return median(scores) < LOOP_SCORE
    lengths = [(piece.end or 0.0) - (piece.start or 0.0) for piece in group]
    return max(lengths) - min(lengths) <= LOOP_EVENNESS_SECONDS


# --- lines ---------------------------------------------------------------------------------------


def lines_of(words: Sequence[Word]) -> tuple[Line, ...]:
    """Lines of words whose times are clean already, by their pauses and lengths."""
    return tuple(_lines(words))


def _lines(words: Sequence[Word]) -> list[Line]:
    """Cut words that belong together into lines of a length that one reads at a glance."""
    return [_line(part) for run in _breaths(words) for part in _cut(run)]


def _line(words: Sequence[Word]) -> Line:
    text = " ".join(word.text for word in words)
    return Line(words[0].start, words[-1].end, text, tuple(words))


def _breaths(words: Sequence[Word]) -> Iterator[list[Word]]:
    """Divide at clear pauses; who never breathes is divided all the same."""
    run: list[Word] = []
    for word in words:
        if run and (word.start - run[-1].end > LINE_PAUSE_SECONDS or len(run) == MAX_BREATH_WORDS):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _cut(words: Sequence[Word]) -> list[Sequence[Word]]:
    """Halve at the best places until no part is too long for one line."""
    letters = sum(len(word.text) + 1 for word in words)
    if len(words) == 1 or (len(words) <= MAX_LINE_WORDS and letters <= MAX_LINE_LETTERS):
        return [words]
    at = max(range(1, len(words)), key=lambda place: (_worth(words, place), -place))
    return [*_cut(words[:at]), *_cut(words[at:])]


def _worth(words: Sequence[Word], at: int) -> float:
    """How good a place for a cut is: a pause, a comma, a capital, and about in the middle."""
    before, after = words[at - 1], words[at]
    worth = after.start - before.end
    worth += 0.4 * (before.text[-1:] in ",;:.!?") + 0.2 * after.text[:1].isupper()
    return worth - 0.5 * abs(at / len(words) - 0.5)
