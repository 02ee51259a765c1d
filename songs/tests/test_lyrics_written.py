"""Lyrics written as LRC, SRT, WebVTT and JSON come back as they were."""

from __future__ import annotations

import json
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from songs.lyrics import (
    Line,
    LyricsError,
    Word,
    as_dicts,
    from_dicts,
    parse,
    to_lrc,
    to_srt,
    to_vtt,
)

DURATION = 240.0
TIMED = Line(
    5, 7, "Hello big world", (Word(5, 5.6, "Hello"), Word(5.6, 6, "big"), Word(6, 7, "world"))
)
PLAIN = Line(7, 9.25, "Rock & roll")

texts = st.lists(
    st.text(st.characters(categories=["Ll", "Lu", "Lo"]), min_size=1, max_size=8),
    min_size=1,
    max_size=6,
).map(" ".join)


@st.composite
def lines(draw: st.DrawFn) -> tuple[Line, ...]:
    """Lines that do not overlap, with times in hundredths of a second."""
    moments = draw(st.lists(st.integers(0, 23_900), min_size=2, max_size=20, unique=True))
    pairs = list(pairwise(sorted(moments)))
    kept = [pair for pair in pairs if draw(st.booleans())] or pairs[:1]
    return tuple(Line(start / 100, end / 100, draw(texts)) for start, end in kept)


@st.composite
def timed_lines(draw: st.DrawFn) -> tuple[Line, ...]:
    """Lines of words that follow each other without a pause."""
    made = []
    for line in draw(lines()):
        names = line.text.split()
        first, last = round(line.start * 100), round(line.end * 100)
        cuts = [first + (last - first) * k // len(names) for k in range(len(names) + 1)]
        words = tuple(
            Word(start / 100, end / 100, name)
            for name, (start, end) in zip(names, pairwise(cuts), strict=True)
        )
        made.append(Line(line.start, line.end, line.text, words))
    return tuple(made)


quick = settings(derandomize=True, deadline=None, max_examples=60)


@quick
@given(lines())
def test_lines_come_back_from_lrc_srt_and_vtt(made):
    assert parse(to_lrc(made), duration=DURATION) == made
    assert parse(to_srt(made), duration=DURATION) == made
    assert parse(to_vtt(made), duration=DURATION) == made


@quick
@given(timed_lines())
def test_words_come_back_from_lrc(made):
    assert parse(to_lrc(made), duration=DURATION) == made


@quick
@given(st.one_of(lines(), timed_lines()))
def test_lines_come_back_from_json(made):
    assert from_dicts(json.loads(json.dumps(as_dicts(made)))) == made


def outcome(data: str | bytes) -> str:
    """The sentence of a refusal; nothing if the lyrics were read and keep the rules."""
    try:
        read = parse(data, duration=DURATION)
    except LyricsError as error:
        return error.sentence
    assert all(0 <= line.start <= line.end <= DURATION for line in read)
    return ""


@quick
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_with_a_sentence(data):
    assert outcome(data)[-1:] in ("", ".")


@quick
@given(st.text(st.sampled_from("[]<>:.,-0123456789 \n\tab{}\\/&;WEBVTT"), max_size=120))
def test_any_text_with_the_marks_of_the_formats_is_read_or_refused(text):
    assert outcome(text)[-1:] in ("", ".")
    assert outcome("WEBVTT\n\n00:01.000 --> 00:09.000\n" + text)[-1:] in ("", ".")
    assert outcome("1\n00:00:01,000 --> 00:00:09,000\n" + text)[-1:] in ("", ".")
    assert outcome("[00:01.00]" + text)[-1:] in ("", ".")


def test_lrc_is_written_with_words_and_ends():
    assert to_lrc([TIMED, PLAIN]) == (
        "[00:05.00]<00:05.00>Hello <00:05.60>big <00:06.00>world <00:07.00>\n"
        "[00:07.00]Rock & roll\n"
        "[00:09.25]\n"
    )


def test_srt_is_written_with_numbers():
    assert to_srt([TIMED, PLAIN]) == (
        "1\n00:00:05,000 --> 00:00:07,000\nHello big world\n\n"
        "2\n00:00:07,000 --> 00:00:09,250\nRock & roll\n"
    )


def test_vtt_is_written_with_word_times_and_escaped():
    assert to_vtt([TIMED, PLAIN]) == (
        "WEBVTT\n\n"
        "00:00:05.000 --> 00:00:07.000\n"
        "Hello <00:00:05.600>big <00:00:06.000>world\n\n"
        "00:00:07.000 --> 00:00:09.250\nRock &amp; roll\n"
    )


def test_lines_are_stored_with_their_words_and_whether_their_times_are_a_guess():
    assert as_dicts(
        [Line(1, 2, "Hi", (Word(1, 2, "Hi"),)), Line(2, 3, "Ho", is_estimated=True)]
    ) == [
        {
            "start": 1,
            "end": 2,
            "text": "Hi",
            "words": [{"start": 1, "end": 2, "text": "Hi"}],
            "is_estimated": False,
            "is_doubtful": False,
        },
        {
            "start": 2,
            "end": 3,
            "text": "Ho",
            "words": [],
            "is_estimated": True,
            "is_doubtful": False,
        },
    ]


def test_nothing_is_written_for_no_lines():
    assert (to_lrc([]), to_srt([]), to_vtt([])) == ("", "", "WEBVTT\n")
