"""The rules for sections: what is accepted, how it is snapped, and what each refusal says."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songs.clock import clock
from songs.sections import (
    Draft,
    Placed,
    SectionErrors,
    check,
    check_words,
    read_drafts,
    song_frames,
)
from vibecraft.media.frames import to_seconds, total_frames


def drafts(*borders: float, label: str = "Verse", note: str = "") -> list[Draft]:
    return [Draft(label, start, end, note) for start, end in pairwise(borders)]


def errors_of(items: list[Draft], duration: float) -> SectionErrors:
    with pytest.raises(SectionErrors) as caught:
        check(items, duration=duration)
    return caught.value


def test_good_sections_are_placed_on_the_frame_grid():
    items = [
        Draft("Intro", 0, 10.01),
        Draft("  Guitar   Solo ", 10.01, 20.5, " loud "),
        Draft("Outro", 20.5, 30.1),
    ]
    assert check(items, duration=30.1) == (
        Placed(0, "Intro", "", 0, 240),
        Placed(1, "Guitar Solo", "loud", 240, 492),
        Placed(2, "Outro", "", 492, 723),
    )


def test_a_placed_section_knows_its_seconds():
    placed = Placed(1, "Verse", "", 241, 492)
    assert (placed.start, placed.end) == (241 / 24, 20.5)


def test_the_last_section_may_end_with_the_song_or_with_the_last_frame():
    for end in (29.99, 30.01, to_seconds(total_frames(30.01))):
        assert check(drafts(0, 10, 20, end), duration=30.01)[-1].end_frame == 721


def test_borders_within_half_a_frame_are_one_border():
    items = [Draft("A", 0.02, 10.0), Draft("B", 10.02, 20.0), Draft("C", 19.98, 29.98)]
    assert check(items, duration=30)[1] == Placed(1, "B", "", 240, 480)
    assert [placed.end_frame for placed in check(items, duration=30)] == [240, 480, 720]


def test_sections_may_last_exactly_a_second_and_exactly_two_minutes():
    placed = check(drafts(0, 1, 121, 121 + 4.1 - 3.1), duration=122)
    assert [one.end_frame - one.start_frame for one in placed] == [24, 2880, 24]


@pytest.mark.parametrize(
    ("items", "duration", "sentences"),
    [
        ([], 30, ["There are 0 sections; a song needs at least 3."]),
        (drafts(0, 30), 30, ["There is 1 section; a song needs at least 3."]),
        (drafts(0, 15, 30), 30, ["There are 2 sections; a song needs at least 3."]),
        (drafts(*range(12)), 11, ["There are 11 sections; a song has 10 at most."]),
        (
            drafts(1.5, 10, 20, 30),
            30,
            ["The sections begin at 0:01.5; the first has to begin at 0:00."],
        ),
        (
            drafts(0, 10, 20, 29),
            65.25,
            ["The sections end at 0:29; the last has to end with the song at 1:05.25."],
        ),
    ],
)
def test_what_is_wrong_with_all_of_them_is_said_once(items, duration, sentences):
    error = errors_of(items, duration)
    assert list(error.overall) == sentences
    assert not any(error.sections)
    assert str(error) == sentences[0]


NAN, INFINITY = math.nan, math.inf


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        (
            Draft("B", 10.5, 20),
            "Section 1 ends at 0:10 and section 2 starts at 0:10.5: there is a gap between them.",
        ),
        (
            Draft("B", 9.5, 20),
            "Section 1 ends at 0:10 but section 2 starts at 0:09.5: they overlap.",
        ),
        (Draft("", 10, 20), "Section 2 needs a label of one or two words."),
        (Draft("   ", 10, 20), "Section 2 needs a label of one or two words."),
        (
            Draft("big last chorus", 10, 20),
            "The label of section 2 has 3 words; one or two are allowed.",
        ),
        (Draft("x" * 41, 10, 20), "The label of section 2 has 41 characters; 40 are allowed."),
        (
            Draft("B", 10, 20, "n" * 101),
            "The note of section 2 has 101 characters; 100 are allowed.",
        ),
        (Draft("B\0", 10, 20), "The label of section 2 has characters that cannot be stored."),
        (
            Draft("B", 10, 20, "\ud800"),
            "The note of section 2 has characters that cannot be stored.",
        ),
        (Draft("B", NAN, 20), "The start of section 2 is not a number."),
        (Draft("B", 10, INFINITY), "The end of section 2 is not a number."),
    ],
)
def test_what_is_wrong_with_one_section_is_said_at_its_place(second: Draft, sentence: str):
    error = errors_of([Draft("A", 0, 10), second, Draft("C", 20, 30)], 30)
    assert error.as_dict() == {"overall": [], "sections": [[], [sentence], []]}


def test_a_section_that_is_too_short_says_how_long_it_is():
    error = errors_of(drafts(0, 10, 10.75, 30), 30)
    assert error.sections == (
        (),
        ("Section 2 (0:10 to 0:10.75) lasts 0.75 seconds; it has to last at least 1 second.",),
        (),
    )


def test_a_section_that_is_too_long_says_how_long_it_is():
    error = errors_of(drafts(0, 10, 131, 140), 140)
    assert error.sections[1] == ("Section 2 (0:10 to 2:11) lasts 2:01; it may last 2:00 at most.",)


def test_a_section_out_of_the_song_is_refused():
    error = errors_of(drafts(-1, 10, 20, 31), 30)
    assert error.sections == (
        ("Section 1 starts at -0:01, before the song does.",),
        (),
        ("Section 3 ends at 0:31, after the song has ended at 0:30.",),
    )


def test_a_section_that_ends_before_it_starts_is_refused():
    error = errors_of([Draft("A", 0, 10), Draft("B", 10, 5), Draft("C", 5, 30)], 30)
    assert error.sections == (
        (),
        ("Section 2 ends at 0:05, which is not after its start at 0:10.",),
        ("Section 3 starts at 0:05, before section 2 starts at 0:10; sections go in order.",),
    )


def test_all_that_is_wrong_is_said_at_once():
    error = errors_of([Draft("", 0, 10), Draft("a b c", 9, 30, "n" * 101)], 30)
    assert len(error.sentences) == 5


def test_drafts_are_read_from_json():
    items = [
        {"label": "Intro", "start_time": 0, "end_time": 10.5, "prompt_note": "rain"},
        {"label": "Verse", "start_time": 10.5, "end_time": 20},
    ]
    assert read_drafts(items) == (Draft("Intro", 0.0, 10.5, "rain"), Draft("Verse", 10.5, 20.0))


@pytest.mark.parametrize("value", ["12", None, True, [], {}, 10**400])
def test_times_that_are_no_numbers_are_refused_at_their_place(value: object):
    items: list[object] = [
        {"label": "A", "start_time": 0, "end_time": 10},
        {"label": "B", "start_time": 10, "end_time": value},
        {"label": "C", "start_time": 20, "end_time": 30},
    ]
    error = errors_of(list(read_drafts(items)), 30)
    assert error.as_dict() == {
        "overall": [],
        "sections": [[], ["The end of section 2 is not a number."], []],
    }


def test_drafts_that_hold_no_texts_and_numbers_are_refused_at_their_place():
    raw = Draft(None, "0", None, 5)  # type: ignore[arg-type]
    assert errors_of([raw, Draft("B", 10, 20), Draft("C", 20, 30)], 30).sections[0] == (
        "Section 1 needs a label of one or two words.",
        "The start of section 1 is not a number.",
        "The end of section 1 is not a number.",
    )


def test_the_words_of_a_saved_section_are_checked_by_the_same_rules():
    assert check_words(0, "Big Drop", "n" * 100) == {}
    assert check_words(1, "a b c", "n" * 101) == {
        "label": ["The label of section 2 has 3 words; one or two are allowed."],
        "prompt_note": ["The note of section 2 has 101 characters; 100 are allowed."],
    }
    assert check_words(1, "a", "\0") == {
        "prompt_note": ["The note of section 2 has characters that cannot be stored."]
    }


def test_a_song_that_ends_on_a_frame_gains_none_by_the_last_digit_of_a_float():
    for frames in range(7000, 7200):
        assert song_frames(frames / 24) == frames
        assert song_frames(frames / 24 + 1e-9) == frames
    assert song_frames(30.01) == 721


@pytest.mark.parametrize("items", [None, "sections", {"label": "A"}, 5])
def test_what_is_no_list_of_sections_is_refused(items: object):
    with pytest.raises(SectionErrors, match="Sections have to be sent as a list"):
        read_drafts(items)


def test_things_that_are_no_sections_are_refused_at_their_place():
    error = errors_of(list(read_drafts([5, {}, None])), 30)
    assert error.sections == tuple(
        (
            f"Section {number} needs a label of one or two words.",
            f"The start of section {number} is not a number.",
            f"The end of section {number} is not a number.",
        )
        for number in (1, 2, 3)
    )


@settings(derandomize=True, deadline=None)
@given(
    st.lists(st.floats(1.05, 30.0), min_size=3, max_size=10),
    st.lists(st.floats(-0.01, 0.01), min_size=10, max_size=10),
)
def test_sections_that_are_accepted_tile_the_song_in_frames(sizes, nudges):
    borders = [sum(sizes[:k]) for k in range(len(sizes) + 1)]
    items = [
        Draft("Verse", max(0.0, start + (nudge if start else 0.0)), end)
        for (start, end), nudge in zip(pairwise(borders), nudges, strict=False)
    ]
    placed = check(items, duration=borders[-1])
    assert placed[0].start_frame == 0
    assert placed[-1].end_frame == total_frames(borders[-1])
    for before, after in pairwise(placed):
        assert before.end_frame == after.start_frame
    assert all(one.end_frame - one.start_frame >= 24 for one in placed)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0:00"), (9.5, "0:09.5"), (59.999, "1:00"), (83.25, "1:23.25"), (-1, "-0:01")],
)
def test_moments_are_said_in_minutes_and_seconds(seconds: float, words: str):
    assert clock(seconds) == words
