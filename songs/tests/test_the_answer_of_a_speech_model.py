"""Whatever a speech model answers, lines and words come out with times that hold."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songs.lyric_lines import Line, Word, check_lines
from songs.speech import Heard, SpeechError, read


def word(text: str, start: float | None = None, end: float | None = None) -> dict[str, Any]:
    times = {"start": start, "end": end} if start is not None else {}
    return {"word": text, "score": 0.9, **times}


def segment(start: float, end: float, text: str, words: list[Any] | None = None) -> dict[str, Any]:
    return {"start": start, "end": end, "text": text} | ({"words": words} if words else {})


def spoken(heard: Heard) -> list[str]:
    return [line.text for line in heard.lines]


def test_segments_with_words_become_lines_with_words() -> None:
    answer = {
        "detected_language": "en",
        "segments": [
            segment(1, 2, " First light", [word("First", 1, 1.4), word("light", 1.5, 2.0)]),
            segment(5, 6, " on water", [word("on", 5, 5.25), word("water", 5.25, 6)]),
        ],
    }
    assert read(answer, duration=12) == Heard(
        (
            Line(1, 2, "First light", (Word(1, 1.4, "First"), Word(1.5, 2, "light"))),
            Line(5, 6, "on water", (Word(5, 5.25, "on"), Word(5.25, 6, "water"))),
        ),
        "en",
    )


def test_segments_without_words_share_their_time_by_the_lengths_of_the_words() -> None:
    heard = read({"segments": [segment(2, 4, "abcd efghi jk")]}, duration=12)
    assert heard.words == (
        Word(2.0, 2.714, "abcd"),
        Word(2.714, 3.571, "efghi"),
        Word(3.571, 4.0, "jk"),
    )


def test_words_without_times_stand_between_those_that_have_them() -> None:
    words = [word("in", 1, 1.5), word("1987", None), word("we", 3, 3.2), word("ran")]
    heard = read({"segments": [segment(1, 4, "in 1987 we ran", words)]}, duration=12)
    assert heard.words == (
        Word(1, 1.5, "in"),
        Word(1.5, 3, "1987"),
        Word(3, 3.2, "we"),
        Word(3.2, 4, "ran"),
    )


def test_chunks_of_words_become_lines_by_their_pauses() -> None:
    chunks = [
        {"text": " First", "timestamp": [1.0, 1.4]},
        {"text": " light", "timestamp": [1.5, 2.0]},
        {"text": " on", "timestamp": [5.0, 5.2]},
        {"text": " water", "timestamp": [5.2, 6.0]},
    ]
    heard = read({"text": " First light on water", "chunks": chunks}, duration=12)
    assert spoken(heard) == ["First light", "on water"]
    assert heard.words[1] == Word(1.5, 2.0, "light")


def test_chunks_of_sentences_are_read_and_an_open_end_is_closed() -> None:
    chunks = [
        {"text": " First light", "timestamp": [1.0, 2.0]},
        {"text": " on the water", "timestamp": [5.0, None]},
    ]
    heard = read({"text": "", "chunks": chunks}, duration=8)
    assert [(line.start, line.end, line.text) for line in heard.lines] == [
        (1.0, 2.0, "First light"),
        (5.0, 8.0, "on the water"),
    ]


def test_a_song_without_words_has_no_lyrics() -> None:
    assert read({"segments": [], "detected_language": "en"}, duration=12) == Heard((), "en")
    assert read({"text": "", "chunks": []}, duration=12) == Heard(())
    assert read({"segments": [segment(0, 9, " [Music]"), segment(9, 11, "♪♪")]}, duration=12) == (
        Heard(())
    )


def test_an_answer_as_json_text_is_read_too() -> None:
    assert spoken(read(json.dumps({"segments": [segment(1, 2, "hello")]}), duration=9)) == ["hello"]


@pytest.mark.parametrize("answer", [None, [], "hello", {"text": "hello"}, {"segments": 3}, {}, 3])
def test_what_is_no_answer_is_refused(answer: object) -> None:
    with pytest.raises(SpeechError):
        read(answer, duration=12)


def test_what_is_outside_of_the_song_is_left_out() -> None:
    segments = [
        segment(-3, -1, "before"),
        segment(-1, 1, "early bird"),
        segment(11, 15, "at the end"),
        segment(12.5, 14, "after"),
    ]
    heard = read({"segments": segments}, duration=12)
    assert spoken(heard) == ["early bird", "at the end"]
    assert (heard.lines[0].start, heard.lines[-1].end) == (0.0, 12.0)


def test_sentences_from_the_ends_of_films_are_left_out() -> None:
    segments = [segment(1, 2, "Hello"), segment(9, 11, " Thanks for watching!")]
    assert spoken(read({"segments": segments}, duration=12)) == ["Hello"]


def test_more_words_than_anybody_sings_are_left_out() -> None:
    segments = [segment(1, 1.5, "one two three four five six seven"), segment(3, 4, "a b c")]
    assert spoken(read({"segments": segments}, duration=12)) == ["a b c"]


def test_a_line_repeated_like_a_machine_is_kept_once() -> None:
    loop = [segment(at, at + 1, "oh baby") for at in range(2, 9)]
    assert spoken(read({"segments": loop}, duration=12)) == ["oh baby"]


def test_a_chorus_sung_often_stays() -> None:
    chorus = [
        segment(2 * at, 2 * at + 1.5, "round", [word("round", 2 * at, 2 * at + 1 + at / 50)])
        for at in range(8)
    ]
    assert len(read({"segments": chorus}, duration=30).lines) == 8


def test_a_long_segment_is_cut_into_lines_at_its_pauses() -> None:
    said = "we are driving home tonight and the sea is calling out for every one of us"
    names = said.split()
    words = [
        word(name, at * 0.5 + (0.6 if at >= 8 else 0), at * 0.5 + 0.4 + (0.6 if at >= 8 else 0))
        for at, name in enumerate(names)
    ]
    heard = read({"segments": [segment(0, 9, " ".join(names), words)]}, duration=12)
    assert spoken(heard) == [
        "we are driving home tonight and the sea",
        "is calling out for every one of us",
    ]


def test_a_word_held_for_ever_ends_after_eight_seconds() -> None:
    heard = read({"segments": [segment(0, 60, "love", [word("love", 1, 55)])]}, duration=60)
    assert heard.words == (Word(1, 9, "love"),)


numbers = st.one_of(
    st.none(),
    st.floats(-20, 80),
    st.sampled_from([float("nan"), float("inf"), "3.5", "x", 0, 59.9999, 60]),
)
texts = st.sampled_from(["la", "Hello, you", "", "♪", "  two words ", "don't", "世界", "x" * 200])
word_dicts = st.fixed_dictionaries({}, optional={"word": texts, "start": numbers, "end": numbers})
segments = st.fixed_dictionaries(
    {},
    optional={
        "start": numbers,
        "end": numbers,
        "text": texts,
        "words": st.lists(st.one_of(word_dicts, st.none()), max_size=12),
    },
)
chunks = st.fixed_dictionaries(
    {"text": texts}, optional={"timestamp": st.lists(numbers, max_size=3)}
)
answers = st.one_of(
    st.fixed_dictionaries({"segments": st.lists(segments, max_size=12)}),
    st.fixed_dictionaries({"chunks": st.lists(chunks, max_size=30)}),
)


@settings(deadline=None, max_examples=400, derandomize=True)
@given(answers)
def test_times_hold_whatever_comes(answer: dict[str, Any]) -> None:
    heard = read(answer, duration=60.0)
    for before, after in pairwise(heard.words):
        assert before.start <= before.end <= after.start
    for line in heard.lines:
        assert 0 <= line.start <= line.end <= 60
        assert line.text == " ".join(one.text for one in line.words)
        assert (line.start, line.end) == (line.words[0].start, line.words[-1].end)
    assert check_lines(heard.lines, 60.0) == heard.lines
