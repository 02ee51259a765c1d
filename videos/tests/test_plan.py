"""The plan tiles every section exactly, cuts on the beat, and repeats itself from its seed."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import pairwise

import pytest

from videos.footage import Footage, Length, Order
from videos.plan import ClipSlot, Estimate, SectionSpan, Unplannable, estimate, plan_clips

FREE = Footage("visualizer")
FIVE_OR_TEN = Footage(
    "tiers",
    lengths=(Length(Decimal(5), 121), Length(Decimal(10), 241)),
    usd_per_second=Decimal("0.07"),
)
FIVE = Footage("five", lengths=(Length(Decimal(5), 121),), usd_per_clip=Decimal("0.19"))


def beats_at(bpm: float, seconds: float, first: float = 0.0) -> list[float]:
    return [first + k * 60 / bpm for k in range(int((seconds - first) * bpm / 60))]


def one_section(frames: int, *, beats: list[float], footage: Footage = FREE, seed: int = 1):
    return plan_clips(
        [SectionSpan(0, 0, frames)], beats=beats, downbeats=beats[::4], seed=seed, footage=footage
    )


def lengths(slots: tuple[ClipSlot, ...]) -> list[int]:
    return [slot.frames for slot in slots]


def test_no_sections_have_no_clips():
    assert plan_clips([], beats=[], downbeats=[], seed=1, footage=FREE) == ()


def test_a_section_under_three_seconds_is_one_clip():
    assert lengths(one_section(71, beats=beats_at(120, 3))) == [71]


def test_a_section_of_5_9_seconds_is_one_clip_because_two_would_be_too_short():
    assert lengths(one_section(142, beats=beats_at(120, 6))) == [142]


def test_a_section_of_10_5_seconds_is_two_or_three_legal_clips():
    for seed in range(30):
        clips = lengths(one_section(252, beats=beats_at(120, 10.5), seed=seed))
        assert sum(clips) == 252
        assert len(clips) in (2, 3)
        assert all(72 <= frames <= 240 for frames in clips)


def test_clips_are_numbered_through_the_song_and_know_their_section():
    spans = [SectionSpan(0, 0, 240), SectionSpan(1, 240, 300), SectionSpan(2, 300, 700)]
    slots = plan_clips(spans, beats=beats_at(120, 30), downbeats=[], seed=3, footage=FREE)
    assert [slot.clip_index for slot in slots] == list(range(len(slots)))
    assert [slot.section_index for slot in slots] == sorted(slot.section_index for slot in slots)
    for before, slot in pairwise(slots):
        assert before.end_frame == slot.start_frame
    assert (slots[0].start_frame, slots[-1].end_frame) == (0, 700)
    assert [slot.cut for slot in slots if slot.start_frame in (0, 240, 300)] == ["border"] * 3


def test_cuts_of_a_steady_song_lie_on_downbeats():
    beats = beats_at(120, 120)
    kinds = Counter(slot.cut for slot in one_section(2880, beats=beats))
    assert kinds["border"] == 1
    assert kinds["off_beat"] == kinds["free"] == 0
    assert kinds["downbeat"] > 4 * kinds["beat"]


def test_the_kind_of_each_cut_is_what_it_lies_on():
    beats = beats_at(97, 100, first=0.4)
    downbeat_frames = {round(24 * beat) for beat in beats[::4]}
    beat_frames = {round(24 * beat) for beat in beats}
    for slot in one_section(2400, beats=beats)[1:]:
        assert (slot.cut == "downbeat") == (slot.start_frame in downbeat_frames)
        assert slot.start_frame in beat_frames


def test_a_song_without_beats_is_cut_anywhere():
    slots = one_section(1200, beats=[])
    assert {slot.cut for slot in slots[1:]} == {"free"}
    assert all(72 <= slot.frames <= 240 for slot in slots)


def test_beats_over_half_of_the_song_are_used_where_they_are():
    slots = one_section(2880, beats=beats_at(120, 60))
    first_half = [slot.cut for slot in slots[1:] if slot.start_frame < 1440]
    second_half = [slot.cut for slot in slots if slot.start_frame > 1450]
    assert set(first_half) <= {"downbeat", "beat"}
    assert set(second_half) == {"free"}
    assert len(second_half) >= 6


def test_a_section_that_beats_cannot_divide_is_cut_beside_one_beat_only():
    # Two clips of five seconds can only meet between frames 119 and 121, where no beat is.
    slots = one_section(240, beats=[0.0, 2.0, 4.0, 6.0, 8.0], footage=FIVE)
    assert lengths(slots) == [120, 120]
    assert slots[1].cut == "off_beat"


def test_energetic_parts_cut_faster_than_calm_ones():
    beats = beats_at(120, 240)
    spans = [SectionSpan(0, 0, 2880), SectionSpan(1, 2880, 5760)]
    energy = [(0.0, 0.2), (119.0, 0.2), (121.0, 0.9), (240.0, 0.9)]
    for seed in range(10):
        slots = plan_clips(
            spans, beats=beats, downbeats=beats[::4], energy=energy, seed=seed, footage=FREE
        )
        clips = Counter(slot.section_index for slot in slots)
        assert clips[1] > 1.5 * clips[0]


def test_lengths_vary_within_a_steady_section():
    for seed in range(10):
        assert len(set(lengths(one_section(2880, beats=beats_at(128, 120), seed=seed)))) >= 3


def test_the_same_seed_gives_the_same_plan_and_others_give_others():
    beats = beats_at(120, 120)
    plans = [one_section(2880, beats=beats, seed=seed) for seed in range(20)]
    assert plans[7] == one_section(2880, beats=beats, seed=7)
    assert len(set(plans)) >= 18


def test_each_clip_orders_the_cheapest_footage_that_fills_it():
    for slot in one_section(2880, beats=beats_at(120, 120), footage=FIVE_OR_TEN):
        seconds = Decimal(5) if slot.frames <= 121 else Decimal(10)
        made = 121 if slot.frames <= 121 else 241
        assert slot.order == Order(seconds, made, seconds * Decimal("0.07"))


def test_paid_footage_is_wasted_less_than_a_plan_that_does_not_know_it_would():
    beats = beats_at(120, 120)
    wasted_blindly, wasted = [], []
    for seed in range(10):
        blind = one_section(2880, beats=beats, seed=seed)
        orders = [FIVE_OR_TEN.order_for(slot.frames) for slot in blind]
        wasted_blindly.append(sum(order.frames for order in orders if order) - 2880)
        known = one_section(2880, beats=beats, footage=FIVE_OR_TEN, seed=seed)
        wasted.append(sum(slot.order.frames for slot in known) - 2880)
    assert sum(wasted) < 0.25 * sum(wasted_blindly)
    assert sum(wasted) < 0.06 * 28800


def test_no_clip_is_longer_than_the_model_can_fill():
    for seed in range(10):
        slots = one_section(2880, beats=beats_at(70, 120), footage=FIVE, seed=seed)
        assert all(72 <= slot.frames <= 121 for slot in slots)


def test_a_section_that_the_model_can_only_fill_with_short_clips_is_cut_in_two():
    # 5.9 seconds: more than one clip of 121 frames, less than two of 72.
    slots = one_section(142, beats=beats_at(120, 6), footage=FIVE)
    assert len(slots) == 2
    assert sum(lengths(slots)) == 142
    assert all(53 <= frames <= 121 for frames in lengths(slots))
    assert slots[1].cut in ("beat", "downbeat")


def test_a_model_that_makes_nothing_long_enough_is_refused():
    with pytest.raises(Unplannable, match="The model short makes no footage"):
        one_section(240, beats=[], footage=Footage("short", max_frames=0))


def test_an_estimate_adds_up_what_is_used_made_and_paid():
    slots = one_section(363, beats=[0.0, 5.0, 10.0], footage=FIVE)
    assert estimate(slots, FIVE, Decimal("1.00")) == Estimate(
        clips=len(slots),
        seconds_used=15.125,
        seconds_made=len(slots) * 121 / 24,
        usd=len(slots) * Decimal("0.19"),
        usd_with_25_percent_again=len(slots) * Decimal("0.2375"),
        usd_with_50_percent_again=len(slots) * Decimal("0.285"),
        model="five",
        budget_usd=Decimal("1.00"),
    )


def test_a_plan_costs_nothing_with_free_footage():
    slots = one_section(2880, beats=beats_at(120, 120))
    facts = estimate(slots, FREE)
    assert (facts.usd, facts.usd_with_50_percent_again) == (Decimal(0), Decimal(0))
    assert facts.seconds_used == facts.seconds_made == 120.0
    assert facts.budget_usd is None
    assert not facts.is_over_budget


@pytest.mark.parametrize(("budget", "is_over"), [("0.37", True), ("0.38", False)])
def test_a_plan_is_over_budget_when_it_alone_costs_more(budget: str, is_over: bool):
    slots = one_section(242, beats=[], footage=FIVE)
    assert estimate(slots, FIVE, Decimal(budget)).is_over_budget is is_over
