"""What holds for the plan of any song, of any tempo, with any sections and any model."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from videos.footage import Footage, Length
from videos.plan import ClipSlot, SectionSpan, plan_clips

FREE = Footage("visualizer")
STEPS = Footage(
    "steps",
    lengths=tuple(Length(Decimal(n), 24 * n) for n in range(2, 13)),
    usd_per_second=Decimal("0.06"),
)
TIERS = Footage(
    "tiers",
    lengths=(Length(Decimal(6), 141), Length(Decimal(10), 237)),
    usd_by_length=((Decimal(6), Decimal("0.19")), (Decimal(10), Decimal("0.32"))),
)
FIVE = Footage("five", lengths=(Length(Decimal(5), 121),), usd_per_clip=Decimal("0.19"))

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@st.composite
def section_spans(draw: st.DrawFn) -> list[SectionSpan]:
    """3 to 10 sections of 1 to 40 seconds: long enough for any case, short enough to be quick."""
    sizes = draw(st.lists(st.integers(24, 960), min_size=3, max_size=10))
    borders = [sum(sizes[:k]) for k in range(len(sizes) + 1)]
    return [SectionSpan(k, start, end) for k, (start, end) in enumerate(pairwise(borders))]


@st.composite
def drifting_beats(draw: st.DrawFn, seconds: float = 420.0) -> list[float]:
    """Beats from 40 to 240 BPM whose period drifts by up to 4 % and swings round it."""
    period = 60.0 / draw(st.floats(40.0, 240.0))
    drift = draw(st.floats(-0.04, 0.04))
    jitter = draw(st.lists(st.floats(-0.02, 0.02), min_size=7, max_size=7))
    beats, now = [], draw(st.floats(0.0, 1.0))
    while now < seconds:
        beats.append(now)
        now += period * (1 + drift * now / seconds + jitter[len(beats) % 7])
    return beats


def inner_cuts(slots: tuple[ClipSlot, ...], spans: list[SectionSpan]) -> list[int]:
    borders = {span.start_frame for span in spans}
    return [slot.start_frame for slot in slots if slot.start_frame not in borders]


def is_on(frame: int, moments: list[float]) -> bool:
    return any(abs(frame / 24 - moment) <= 1 / 48 + 1e-9 for moment in moments)


def assert_tiled(slots: tuple[ClipSlot, ...], spans: list[SectionSpan]) -> None:
    for span in spans:
        clips = [slot for slot in slots if slot.section_index == span.index]
        edges = [clips[0].start_frame, *(clip.end_frame for clip in clips)]
        assert edges[1:-1] == [clip.start_frame for clip in clips[1:]]
        assert (edges[0], edges[-1]) == (span.start_frame, span.end_frame)
        assert all(start < end for start, end in pairwise(edges))


def assert_legal(slots: tuple[ClipSlot, ...], spans: list[SectionSpan]) -> None:
    for slot in slots:
        if spans[slot.section_index].frames >= 72:
            assert 72 <= slot.frames <= 240
        else:
            assert slot.frames == spans[slot.section_index].frames


@quick
@given(section_spans(), drifting_beats(), st.integers(0, 2**31))
def test_any_song_is_tiled_by_legal_clips_that_are_cut_on_beats(spans, beats, seed):
    slots = plan_clips(spans, beats=beats, downbeats=beats[::4], seed=seed, footage=FREE)
    assert_tiled(slots, spans)
    assert_legal(slots, spans)
    cuts = inner_cuts(slots, spans)
    assert all(is_on(cut, beats) for cut in cuts if cut / 24 > beats[0] + 3)
    assert sum(is_on(cut, beats) for cut in cuts) >= 0.95 * len(cuts)


@quick
@given(section_spans(), st.lists(st.floats(0, 400), max_size=300), st.integers(0, 2**31))
def test_beats_in_any_disorder_still_give_a_legal_tiling(spans, beats, seed):
    slots = plan_clips(spans, beats=beats, downbeats=beats[1::5], seed=seed, footage=FREE)
    assert_tiled(slots, spans)
    assert_legal(slots, spans)


@quick
@given(section_spans(), drifting_beats(), st.sampled_from([STEPS, TIERS, FIVE]), st.integers(0, 99))
def test_every_clip_is_filled_by_what_is_ordered_for_it(spans, beats, footage, seed):
    slots = plan_clips(spans, beats=beats, downbeats=beats[::4], seed=seed, footage=footage)
    assert_tiled(slots, spans)
    for slot in slots:
        assert slot.frames <= slot.order.frames <= (footage.longest or 240)
        assert slot.order == footage.order_for(slot.frames)


@quick
@given(
    section_spans(),
    drifting_beats(),
    st.lists(st.tuples(st.floats(0, 400), st.floats(0, 1)), max_size=50),
    st.integers(0, 2**31),
)
def test_the_same_arguments_give_the_same_plan(spans, beats, energy, seed):
    plans = [
        plan_clips(spans, beats=beats, downbeats=beats[::3], energy=energy, seed=seed, footage=FREE)
        for _ in range(2)
    ]
    assert plans[0] == plans[1]


@quick
@given(st.floats(40, 240), st.integers(3, 4), st.integers(0, 2**31))
def test_most_cuts_of_a_steady_song_are_on_downbeats(bpm, beats_per_bar, seed):
    beats = [k * 60 / bpm for k in range(int(180 * bpm / 60))]
    downbeats = beats[::beats_per_bar]
    spans = [SectionSpan(k, 864 * k, 864 * (k + 1)) for k in range(5)]
    slots = plan_clips(spans, beats=beats, downbeats=downbeats, seed=seed, footage=FREE)
    cuts = inner_cuts(slots, spans)
    assert sum(is_on(cut, downbeats) for cut in cuts) > 0.5 * len(cuts)
    assert all(is_on(cut, beats) for cut in cuts)


@quick
@given(section_spans(), drifting_beats(), st.integers(20, 150), st.integers(0, 99))
def test_a_model_of_any_reach_fills_every_clip(spans, beats, longest, seed):
    footage = Footage("short", max_frames=longest, usd_per_second=Decimal("0.1"))
    slots = plan_clips(spans, beats=beats, downbeats=beats[::4], seed=seed, footage=footage)
    assert_tiled(slots, spans)
    for slot in slots:
        section = spans[slot.section_index].frames
        assert slot.frames <= longest
        # Clips below three seconds come only where longer ones cannot tile the section.
        can_be_legal = section < 72 or -(-section // longest) * 72 <= section
        assert slot.frames >= (min(72, section) if can_be_legal and section <= longest else 0)
