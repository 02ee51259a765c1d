"""The plan: every section divided into clips that are cut on the beat and waste little footage.

How one section is divided, and what is weighed against what, is in `tiling.py`; here are the
song and the model that it is divided for, and what the plan will cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from random import Random

import numpy as np

from vibecraft.media.frames import FRAME_RATE, to_frames, to_seconds
from videos.bars import sections_from_bars
from videos.footage import Footage, Length, Order, longest_common
from videos.tiling import (
    LONGEST_FRAMES,
    SHORTEST_FRAMES,
    CutKind,
    Frames,
    Score,
    SectionSpan,
    Values,
    divide,
    kind_of,
)

__all__ = [
    "LONGEST_FRAMES",
    "SHORTEST_FRAMES",
    "ClipSlot",
    "CutKind",
    "Estimate",
    "Footage",
    "Length",
    "Order",
    "Pace",
    "SectionSpan",
    "Unplannable",
    "estimate",
    "plan_clips",
    "sections_from_bars",
]


class Unplannable(Exception):
    """The model makes nothing long enough to fill any clip; the text is a sentence for users."""


@dataclass(frozen=True)
class ClipSlot:
    """One clip of the plan. `cut` says where its start lies, `order` what to ask of the model."""

    clip_index: int
    section_index: int
    start_frame: int
    end_frame: int
    cut: CutKind
    order: Order

    @property
    def frames(self) -> int:
        """The length in frames."""
        return self.end_frame - self.start_frame


@dataclass(frozen=True)
class Pace:
    """How long clips are wished to be, in seconds, where the song is calm and where energetic."""

    calm_seconds: float = 8.0
    energetic_seconds: float = 3.4


@dataclass(frozen=True)
class Estimate:
    """What a plan needs and costs, before anything is spent."""

    clips: int
    seconds_used: float
    seconds_made: float
    usd: Decimal
    usd_with_25_percent_again: Decimal
    usd_with_50_percent_again: Decimal
    model: str
    budget_usd: Decimal | None
    stills_usd: Decimal = Decimal(0)

    @property
    def is_over_budget(self) -> bool:
        """Whether the plan alone costs more than the budget."""
        return self.budget_usd is not None and self.usd > self.budget_usd


def plan_clips(
    sections: Sequence[SectionSpan],
    *,
    beats: Sequence[float],
    downbeats: Sequence[float],
    energy: Sequence[tuple[float, float]] = (),
    seed: int,
    footage: Footage,
    pace: Pace = Pace(),
) -> tuple[ClipSlot, ...]:
    """Divide each section into clips that tile it exactly.

    `beats` and `downbeats` are seconds; `energy` is a curve of (seconds, 0..1), whose calm and
    energetic ends are taken from the song itself. The same arguments give the same plan. Raises
    `Unplannable` if the model makes nothing that fills a clip.
    """
    if not sections:
        return ()
    orders = _orders(footage)
    on_downbeat, on_beat = _cuts(beats, downbeats)
    score = Score(
        downbeats=on_downbeat,
        beats=on_beat,
        wished=_wished_lengths(energy, max(one.end_frame for one in sections), pace),
        wasted=_wasted_seconds(orders),
        random=Random(seed),
    )
    return _plan(sections, score, orders)


def _plan(
    sections: Sequence[SectionSpan], score: Score, orders: Sequence[Order | None]
) -> tuple[ClipSlot, ...]:
    slots: list[ClipSlot] = []
    for section in sections:
        before = slots[-1].frames if slots else 0
        for start, end in pairwise(divide(section, score, before)):
            cut: CutKind = "border" if start == section.start_frame else kind_of(start, score)
            order = orders[end - start]
            assert order is not None, "the search takes no length that costs infinitely much"
            slots.append(ClipSlot(len(slots), section.index, start, end, cut, order))
    return tuple(slots)


def _orders(footage: Footage) -> tuple[Order | None, ...]:
    """Return what to order for each length that a clip may have."""
    longest = longest_common(footage, LONGEST_FRAMES)
    if longest < 1:
        raise Unplannable(f"The model {footage.model} makes no footage that could fill a clip.")
    return footage.orders_up_to(longest)


def _cuts(beats: Sequence[float], downbeats: Sequence[float]) -> tuple[frozenset[int], Frames]:
    """Return the frames of the downbeats, and of all beats in order."""
    frames = {seconds: to_frames(seconds) for seconds in {*beats, *downbeats}}
    on_downbeat = frozenset(frames[seconds] for seconds in downbeats)
    return on_downbeat, np.array(sorted(set(frames.values())), dtype=np.int64)


def _wished_lengths(energy: Sequence[tuple[float, float]], frames: int, pace: Pace) -> Values:
    """Return the running sum, over frames, of the logarithm of the wished length in frames.

    The tenth and the ninetieth percentile of the song's own energy are its calm and its
    energetic end, so that a loud song does not cut fast all through.
    """
    calm, energetic = np.log(
        [float(FRAME_RATE) * pace.calm_seconds, float(FRAME_RATE) * pace.energetic_seconds]
    )
    level = _relative_energy(energy, frames)
    wished: Values = np.zeros(frames + 1)
    np.cumsum(calm + (energetic - calm) * level, out=wished[1:])
    return wished


def _relative_energy(energy: Sequence[tuple[float, float]], frames: int) -> Values:
    """Return the energy at each frame, 0 at the song's calm end, 1 at its energetic end."""
    if not energy:
        return np.full(frames, 0.5)
    times, values = np.array(sorted(energy), dtype=np.float64).T
    curve: Values = np.interp(np.arange(frames) / float(FRAME_RATE), times, values)
    low, high = np.percentile(curve, [10, 90])
    if high - low < 1e-3:
        return np.full(frames, 0.5)
    level: Values = np.clip((curve - low) / (high - low), 0.0, 1.0)
    return level


def _wasted_seconds(orders: Sequence[Order | None]) -> Values:
    """For each length: what the order costs above the best price, in seconds at that price.

    So footage that is paid by the second, by the clip or by tiers is weighed alike, and what
    costs nothing is never wasted.
    """
    per_frame = min((float(o.usd) / o.frames for o in orders if o and o.frames), default=0.0)
    wasted: Values = np.full(len(orders), np.inf)
    for frames, order in enumerate(orders):
        if order is not None:
            paid = float(order.usd) / per_frame - frames if per_frame else 0.0
            wasted[frames] = paid / float(FRAME_RATE)
    return wasted


def estimate(
    slots: Iterable[ClipSlot],
    footage: Footage,
    budget_usd: Decimal | None = None,
    stills_usd: Decimal = Decimal(0),
) -> Estimate:
    """Return what the plan makes and costs, also if a quarter or a half is made once again.

    `stills_usd` is what the images cost that are made first, where the model cannot start without;
    it is part of the price, and a clip that is made again begins with the same image.
    """
    clips = list(slots)
    usd = sum((slot.order.usd for slot in clips), Decimal(0))
    return Estimate(
        clips=len(clips),
        seconds_used=to_seconds(sum(slot.frames for slot in clips)),
        seconds_made=to_seconds(sum(slot.order.frames for slot in clips)),
        usd=_money(usd + stills_usd),
        usd_with_25_percent_again=_money(usd * Decimal("1.25") + stills_usd),
        usd_with_50_percent_again=_money(usd * Decimal("1.50") + stills_usd),
        model=footage.model,
        budget_usd=budget_usd,
        stills_usd=_money(stills_usd),
    )


def _money(usd: Decimal) -> Decimal:
    """Round to a millionth, as each call is priced: a budget is held against the exact sum."""
    return usd.quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)
