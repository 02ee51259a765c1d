"""Beats set right by hand: arithmetic on a grid of beats, nothing else.

A correction is a small dict of one of these forms, as it is stored and sent:
`{"scale": 2}` or `{"scale": 0.5}`, `{"offset_ms": -10}`, `{"downbeat_shift": 1}` (in beats),
`{"bpm": 128.0}` (a steady tempo from the first downbeat on), `{"bpm": 127.94, "at": 0.513}` (a steady
tempo with a downbeat at that second, as it was tapped).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from songs.audio.arrays import Array
from songs.audio.period import refine_period

Correction = Mapping[str, Any]

MIN_BPM, MAX_BPM = 30.0, 300.0
MAX_OFFSET_MS = 2000.0
MAX_SHIFT_BEATS = 64
MIN_TAPS, MAX_TAPS = 4, 400
# Two taps closer than this are one finger that bounced.
BOUNCE_SECONDS = 0.12
# A tap further than this share of a beat from the grid is a slip.
SLIP_SHARE = 0.25
STEADY_SHARE = 0.6
# How far (relative) the tempo of all taps may be from their usual gap, and how finely it is sought.
TEMPO_SPAN, TEMPO_STEPS = 0.06, 481
# Who taps more seldom than on every third beat does not tap along.
MOST_BEATS_A_TAP = 3


class CannotCorrect(ValueError):
    """A correction that makes no sense here; `field` names it, `sentence` is for the user."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


@dataclass(frozen=True)
class Grid:
    """Beats in seconds, ascending; `downs` are the indices of the downbeats among them."""

    bpm: float
    beats: tuple[float, ...]
    downs: tuple[int, ...]
    beats_per_bar: int = 4

    @property
    def downbeats(self) -> tuple[float, ...]:
        return tuple(self.beats[index] for index in self.downs)

    @classmethod
    def of(
        cls, *, bpm: float, beats: Sequence[float], downbeats: Sequence[float], beats_per_bar: int
    ) -> Grid:
        """A grid from times; a downbeat is the beat that is nearest to its time."""
        times = np.asarray(beats, np.float64)
        downs = sorted({int(np.abs(times - time).argmin()) for time in downbeats}) if beats else []
        return cls(bpm, tuple(map(float, beats)), tuple(downs), max(1, beats_per_bar))


DAY_SECONDS = 86_400.0  # longer than any song
NUMBERS: Mapping[str, tuple[float, float, str]] = {
    "scale": (0.5, 2.0, "The tempo can be doubled (2) or halved (0.5)."),
    "offset_ms": (
        -MAX_OFFSET_MS,
        MAX_OFFSET_MS,
        f"The beat can be moved by {MAX_OFFSET_MS:.0f} milliseconds at most.",
    ),
    "downbeat_shift": (
        -MAX_SHIFT_BEATS,
        MAX_SHIFT_BEATS,
        f"The downbeat can be moved by {MAX_SHIFT_BEATS} whole beats at most.",
    ),
    "bpm": (MIN_BPM, MAX_BPM, f"A tempo lies between {MIN_BPM:.0f} and {MAX_BPM:.0f} BPM."),
    "at": (0.0, DAY_SECONDS, "A beat lies within the song."),
}
FORMS = ({"scale"}, {"offset_ms"}, {"downbeat_shift"}, {"bpm"}, {"bpm", "at"})


def checked(one: Mapping[str, Any]) -> dict[str, float]:
    """A correction with its numbers in their bounds. Raises CannotCorrect for anything else."""
    if set(one) not in FORMS:
        raise CannotCorrect("corrections", "This is not a correction of the beat.")
    return {name: _number(name, value) for name, value in one.items()}


def _number(name: str, value: Any) -> float:
    least, most, sentence = NUMBERS[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not least <= value <= most:
        raise CannotCorrect(name, sentence)
    if name == "downbeat_shift" and value != int(value):
        raise CannotCorrect(name, sentence)
    if name == "scale" and value not in (0.5, 2):
        raise CannotCorrect(name, sentence)
    return int(value) if value == int(value) else float(value)


def corrected(grid: Grid, corrections: Sequence[Correction], *, duration: float) -> Grid:
    """The grid with all corrections (see `checked`), in their order. Raises CannotCorrect."""
    for one in corrections:
        grid = _applied(grid, one, duration)
    return grid


def _applied(grid: Grid, one: Correction, duration: float) -> Grid:
    if "scale" in one:
        return _scaled(grid, float(one["scale"]))
    if "offset_ms" in one:
        return moved(grid, float(one["offset_ms"]) / 1000, duration=duration)
    if "downbeat_shift" in one:
        return turned(grid, int(one["downbeat_shift"]))
    if "bpm" in one:
        start = one.get("at")
        return steady(grid, float(one["bpm"]), start, duration=duration)
    raise CannotCorrect("corrections", "This is not a correction of the beat.")


# --- twice and half ------------------------------------------------------------------------------


def _scaled(grid: Grid, scale: float) -> Grid:
    if not MIN_BPM <= grid.bpm * scale <= MAX_BPM:
        raise CannotCorrect(
            "scale", f"A tempo lies between {MIN_BPM:.0f} and {MAX_BPM:.0f} BPM; this is too far."
        )
    return doubled(grid) if scale == 2.0 else halved(grid)


def doubled(grid: Grid) -> Grid:
    """A beat more between every two; each bar becomes two bars of as many beats."""
    beats: list[float] = []
    for one, following in pairwise(grid.beats):
        beats += [one, (one + following) / 2]
    beats += grid.beats[-1:]
    downs = {2 * down + half for down in grid.downs for half in (0, grid.beats_per_bar)}
    within = sorted(down for down in downs if down < len(beats))
    return replace(grid, bpm=grid.bpm * 2, beats=tuple(beats), downs=tuple(within))


def halved(grid: Grid) -> Grid:
    """Every second beat, counted from the first downbeat; two bars become one of as many beats.

    Of bars with an odd beat too many, the count begins anew at every second downbeat.
    """
    anchors = grid.downs[::2] or (0,)
    ends = (*anchors[1:], len(grid.beats))
    kept = list(range(anchors[0] % 2, anchors[0], 2))
    downs = []
    for start, end in zip(anchors, ends, strict=True):
        downs.append(len(kept))
        kept += range(start, end, 2)
    beats = tuple(grid.beats[index] for index in kept)
    return replace(grid, bpm=grid.bpm / 2, beats=beats, downs=tuple(downs) if grid.downs else ())


# --- earlier, later, another one -----------------------------------------------------------------


def moved(grid: Grid, seconds: float, *, duration: float) -> Grid:
    """All beats earlier or later; the grid still reaches as far as it did, within the song."""
    if len(grid.beats) < 2:
        return grid
    first, last = grid.beats[0], grid.beats[-1]
    late = tuple(beat + seconds for beat in grid.beats)
    steps = [late[1] - late[0], late[-1] - late[-2]]
    before = _run(late[0], -steps[0], first)[::-1]
    after = _run(late[-1], steps[1], last)
    downs = tuple(down + len(before) for down in grid.downs)
    wide = Grid(grid.bpm, (*before, *late, *after), downs, grid.beats_per_bar)
    return _within(_with_all_bars(wide), duration)


def _run(start: float, step: float, end: float) -> tuple[float, ...]:
    """The beats from `start` (which is not one of them) by `step` up to `end`."""
    count = math.floor((end - start) / step + 1e-9)
    return tuple(start + step * number for number in range(1, count + 1))


def _with_all_bars(grid: Grid) -> Grid:
    """Downbeats as well before the first and after the last that there is."""
    if not grid.downs:
        return grid
    bar = grid.beats_per_bar
    before = range(grid.downs[0] - bar, -1, -bar)
    after = range(grid.downs[-1] + bar, len(grid.beats), bar)
    return replace(grid, downs=(*sorted(before), *grid.downs, *after))


def _within(grid: Grid, duration: float) -> Grid:
    kept = [index for index, beat in enumerate(grid.beats) if 0 <= beat <= duration]
    first, count = (kept[0], len(kept)) if kept else (0, 0)
    beats = grid.beats[first : first + count]
    downs = tuple(down - first for down in grid.downs if first <= down < first + count)
    return replace(grid, beats=beats, downs=downs)


def turned(grid: Grid, beats: int) -> Grid:
    """The downbeats by so many beats later (or earlier); the beats stay where they are."""
    if not grid.downs:
        return grid
    shifted = [down + beats for down in grid.downs]
    within = tuple(down for down in shifted if 0 <= down < len(grid.beats))
    if not within:
        within = (shifted[0] % min(grid.beats_per_bar, len(grid.beats)),)
    return _with_all_bars(replace(grid, downs=within))


def steady(grid: Grid, bpm: float, at: float | None = None, *, duration: float) -> Grid:
    """One tempo through the whole song, with a downbeat at `at` (the first downbeat if None)."""
    period = 60 / bpm
    anchors = grid.downbeats or grid.beats or (0.0,)
    phase = anchors[0] if at is None else at
    first = -math.floor(phase / period + 1e-9)
    count = math.floor((duration - phase) / period + 1e-9) - first + 1
    beats = tuple(max(0.0, phase + period * (first + number)) for number in range(count))
    downs = range(-first % grid.beats_per_bar, count, grid.beats_per_bar)
    return Grid(bpm, beats, tuple(downs), grid.beats_per_bar)


# --- tapping -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pulse:
    """A tempo with the second of a beat, and how far (relative) the tempo may be off."""

    bpm: float
    at: float
    doubt: float


def fit_taps(taps: Sequence[float]) -> Pulse:
    """The steady pulse in the times of taps; missed beats and single slips do no harm.

    `at` is where the first tap belongs. Raises CannotCorrect for too few, or for no pulse in them.
    """
    times = _clean(taps)
    period, start = _turning(times)
    numbers = np.round((times - start) / period)
    good = np.abs(times - start - period * numbers) <= SLIP_SHARE * period
    is_thin = np.ptp(numbers) + 1 > MOST_BEATS_A_TAP * len(times)
    if is_thin or good.sum() < max(MIN_TAPS, STEADY_SHARE * len(times)):
        raise CannotCorrect("taps", "These taps are not steady. Tap along again, on every beat.")
    period, start = (float(part) for part in np.polyfit(numbers[good], times[good], 1))
    if not MIN_BPM <= 60 / period <= MAX_BPM:
        raise CannotCorrect("taps", "These taps are too fast or too slow for a tempo.")
    doubt = _doubt(numbers[good], times[good], period)
    return Pulse(60 / period, max(0.0, start + period * float(numbers[0])), doubt)


def _clean(taps: Sequence[float]) -> Array:
    ordered = sorted(taps)
    kept = [
        tap for tap, before in zip(ordered, [-1.0, *ordered], strict=False) if _is_new(tap, before)
    ]
    if len(kept) < MIN_TAPS:
        raise CannotCorrect("taps", f"Tap at least {MIN_TAPS} times, on every beat.")
    return np.asarray(kept[:MAX_TAPS], np.float64)


def _is_new(tap: float, before: float) -> bool:
    return tap - before > BOUNCE_SECONDS


def _turning(times: Array) -> tuple[float, float]:
    """The period at whose turns the taps agree best, and the time of a beat.

    Every tap is taken by itself: no slip makes the count of those after it wrong.
    """
    gaps = np.diff(times)
    short = np.quantile(gaps, 0.25)
    usual = float(np.median(gaps[np.abs(gaps / short - 1) < 0.4]))
    periods = usual * np.linspace(1 - TEMPO_SPAN, 1 + TEMPO_SPAN, TEMPO_STEPS)
    sums = np.exp(2j * np.pi * np.outer(1 / periods, times - times[0])).sum(axis=1)
    best = int(np.abs(sums).argmax())
    turn = float(np.angle(sums[best])) / (2 * np.pi)
    return float(periods[best]), float(times[0] + turn * periods[best])


def _doubt(numbers: Array, times: Array, period: float) -> float:
    """Three standard errors of the tempo, relative; a hand is never surer than a five hundredth."""
    rest = times - np.polyval(np.polyfit(numbers, times, 1), numbers)
    spread = float(np.sqrt(np.sum((numbers - numbers.mean()) ** 2)))
    error = float(np.sqrt(np.mean(rest**2))) / spread / period
    return min(0.03, max(0.002, 3 * error))


def heard_with(pulse: Pulse, onset: Array, *, rate: float) -> Pulse:
    """The pulse with its tempo refined by what sounds: a hand alone drifts within some bars.

    `onset` (n,) holds how strongly something begins, `rate` values a second.
    """
    period = 60 * rate / pulse.bpm
    if len(onset) < 8 * period or not np.any(onset):
        return pulse
    found = refine_period(onset, period, span=pulse.doubt)
    if abs(found / period - 1) > 0.95 * pulse.doubt:
        return pulse
    return replace(pulse, bpm=60 * rate / found)


# --- the list of corrections -----------------------------------------------------------------------


def with_one_more(corrections: Sequence[Correction], new: Correction) -> list[dict[str, Any]]:
    """The list with a new correction at its end: what cancels out goes, sums are one entry."""
    rest = [dict(one) for one in corrections]
    if "at" in new:
        # A tapped tempo with its place leaves nothing of what was before it.
        return [dict(new)]
    last = rest[-1] if rest else {}
    if set(last) != set(new):
        return [*rest, dict(new)]
    if "bpm" in new:
        return [*rest[:-1], dict(new)]
    if "scale" in new:
        return rest[:-1] if last["scale"] * new["scale"] == 1 else [*rest, dict(new)]
    (name,) = new
    total = last[name] + new[name]
    if not total:
        return rest[:-1]
    # A sum out of bounds is an entry more, not a refusal.
    least, most, _ = NUMBERS[name]
    return [*rest[:-1], {name: total}] if least <= total <= most else [*rest, dict(new)]
