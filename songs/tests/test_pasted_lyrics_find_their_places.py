"""Plain lyrics are laid beside what was heard: every word gets the time at which it is sung."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songs.alignment import align, normal, sound
from songs.lyric_lines import Line, LyricsError, Word, check_lines

VERSE_ONE = ["Morning light is falling over the water", "and we are going home tonight"]
VERSE_TWO = ["Streets of silver carry every stranger", "nobody remembers what was promised"]
CHORUS = ["Hold me closer under burning skies", "hold me closer till the engines die"]
SONG = [*VERSE_ONE, *CHORUS, *VERSE_TWO, *CHORUS]
MISHEARD = {"skies": "size", "closer": "clothes her", "die": "dye", "promised": "promise"}


def sung(lines: list[str], *, pause: float = 2.0, pace: float = 0.4) -> list[Word]:
    """The words of lines one after the other, with a pause after each line."""
    words, at = [], 1.0
    for line in lines:
        for name in line.split():
            words.append(Word(round(at, 3), round(at + pace * 0.9, 3), name))
            at += pace
        at += pause
    return words


def all_words(lines: tuple[Line, ...]) -> list[Word]:
    return [word for line in lines for word in line.words]


def test_words_heard_exactly_get_exactly_their_times() -> None:
    heard = sung(SONG)
    aligned = align("\n".join(SONG), heard, duration=100)
    assert all_words(aligned) == heard
    assert [line.text for line in aligned] == SONG
    assert not any(line.is_doubtful or line.is_estimated for line in aligned)
    assert (aligned[1].start, aligned[1].end) == (heard[7].start, heard[12].end)


def test_case_accents_and_punctuation_do_not_matter() -> None:
    heard = [Word(1, 2, "Déjà"), Word(2, 3, "vu,"), Word(3, 4, "DON'T")]
    assert all_words(align("deja vu\n(don’t)", heard, duration=9)) == [
        Word(1, 2, "deja"),
        Word(2, 3, "vu"),
        Word(3, 4, "(don’t)"),
    ]


def test_a_chorus_that_comes_again_finds_its_own_place() -> None:
    heard = sung(SONG)
    aligned = align("\n".join(SONG), heard, duration=100)
    assert aligned[2].text == aligned[6].text
    assert aligned[2].start == heard[13].start
    assert aligned[6].start == heard[13 + 13 + 11].start


def test_the_second_of_two_choruses_is_found_when_the_first_was_not_heard() -> None:
    heard = [word for number, word in enumerate(sung(SONG)) if not 13 <= number < 26]
    aligned = align("\n".join(SONG), heard, duration=100)
    assert aligned[6].words[0].start == sung(SONG)[37].start
    assert [line.is_doubtful for line in aligned] == [False] * 2 + [True] * 2 + [False] * 4
    assert aligned[1].end <= aligned[2].start <= aligned[3].end <= aligned[4].start


def test_a_word_that_was_not_heard_stands_between_its_neighbors() -> None:
    heard = [Word(1, 1.5, "hold"), Word(2.5, 3, "closer")]
    aligned = align("hold me closer", heard, duration=9)
    assert [(word.start, word.end) for word in aligned[0].words] == [(1, 1.5), (1.5, 2.5), (2.5, 3)]
    assert not aligned[0].is_doubtful


def test_words_at_the_end_of_a_line_stay_with_it_through_a_long_pause() -> None:
    heard = [Word(1, 1.4, "morning"), Word(1.5, 1.8, "light"), Word(30, 30.5, "tonight")]
    aligned = align("morning light is falling\ntonight", heard, duration=60)
    assert aligned[0].end < 3.5
    assert aligned[1].start == 30


def test_words_at_the_start_of_a_line_stay_with_it_through_a_long_pause() -> None:
    heard = [Word(1, 1.4, "tonight"), Word(30, 30.5, "falling"), Word(30.6, 31, "water")]
    aligned = align("tonight\nlight is falling water", heard, duration=60)
    assert 28 < aligned[1].start < 30


def test_words_that_sound_alike_are_taken_for_each_other() -> None:
    heard = [Word(1, 2, "under"), Word(2, 3, "burning"), Word(3, 4, "size")]
    aligned = align("under burning skies", heard, duration=9)
    assert all_words(aligned)[2] == Word(3, 4, "skies")
    assert sound(normal("Phoenix")) == sound(normal("fenix"))


def test_a_line_of_which_little_was_heard_is_doubtful() -> None:
    heard = [Word(1, 2, "morning"), Word(2, 3, "light"), Word(20, 21, "home")]
    aligned = align("morning light\nwe are all going home", heard, duration=40)
    assert [line.is_doubtful for line in aligned] == [False, True]


def test_with_nothing_heard_the_lines_are_spread_and_marked() -> None:
    aligned = align("one two\nthree four", [], duration=10)
    assert aligned == (
        Line(0, 5, "one two", is_estimated=True, is_doubtful=True),
        Line(5, 10, "three four", is_estimated=True, is_doubtful=True),
    )


def test_headings_are_not_sung() -> None:
    aligned = align("[Chorus]\nhello\n\n[Verse 2]", [Word(1, 2, "hello")], duration=9)
    assert aligned == (Line(1, 2, "hello", (Word(1, 2, "hello"),)),)


def test_signs_that_nobody_says_get_a_place_and_raise_no_doubt() -> None:
    aligned = align("hello – world", [Word(1, 2, "hello"), Word(3, 4, "world")], duration=9)
    assert aligned[0].words[1] == Word(2, 3, "–")
    assert not aligned[0].is_doubtful


def test_more_words_than_anybody_sings_are_refused() -> None:
    with pytest.raises(LyricsError, match="4001 words"):
        align("la " * 4001, [], duration=300)


def damaged(words: list[Word], rng: random.Random, share: float) -> tuple[list[Word], set[int]]:
    """What a machine makes of them: words lost, misheard or invented; and which are left whole."""
    kept: list[Word] = []
    whole: set[int] = set()
    for number, word in enumerate(words):
        luck = rng.random()
        if luck < share / 2:
            continue
        if luck < share:
            other = MISHEARD.get(word.text, "".join(reversed(word.text)))
            kept.append(Word(word.start, word.end, other))
            continue
        whole.add(number)
        kept.append(word)
    return kept, whole


def test_with_three_words_in_ten_lost_or_misheard_the_rest_is_in_place() -> None:
    rng = random.Random(7)
    truth = sung(SONG)
    wrong = total = 0
    for _ in range(40):
        heard, whole = damaged(truth, rng, 0.3)
        placed = all_words(align("\n".join(SONG), heard, duration=100))
        offs = [abs(placed[number].start - truth[number].start) for number in range(len(truth))]
        wrong += sum(offs[number] > 0.001 for number in whole)
        total += len(whole)
        assert sum(off > 1.0 for off in offs) <= 2
    assert wrong / total < 0.02


names = st.sampled_from(
    ["love", "the", "fire", "la", "la,", "tonight", "–", "you", "you're", "Déjà", "世界", "burn"]
)
lyric_lines = st.lists(
    st.lists(names, min_size=1, max_size=7).map(" ".join), min_size=1, max_size=9
)


@st.composite
def songs(draw: st.DrawFn) -> tuple[list[str], list[Word]]:
    lines = draw(lyric_lines)
    words = [name for line in lines for name in line.split()]
    moments = draw(
        st.lists(st.integers(0, 59_990), min_size=2 * len(words), max_size=2 * len(words))
    )
    times = sorted(moments)
    heard = []
    for number, name in enumerate(words):
        fate = draw(st.integers(0, 9))
        if fate >= 2:
            start, end = times[2 * number] / 1000, times[2 * number + 1] / 1000
            heard.append(Word(start, end, name if fate >= 4 else draw(names)))
    return lines, heard


@settings(deadline=None, max_examples=300, derandomize=True)
@given(songs())
def test_times_hold_and_the_text_stays_whatever_was_heard(
    song: tuple[list[str], list[Word]],
) -> None:
    lines, heard = song
    aligned = align("\n".join(lines), heard, duration=60.0)
    assert [line.text for line in aligned] == lines
    for before, after in pairwise(all_words(aligned)):
        assert 0 <= before.start <= before.end <= after.start <= after.end <= 60
    for line in aligned:
        assert 0 <= line.start <= line.end <= 60
        assert not line.words or " ".join(word.text for word in line.words) == line.text
    assert check_lines(aligned, 60.0) == aligned
