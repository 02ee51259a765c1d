"""Lyrics as users bring them: LRC, SRT, WebVTT and plain text, with exact times."""

from __future__ import annotations

import pytest

from songs.lyrics import Line, LyricsError, Word, lines_between, parse, parse_lines

LRC = """[ti:A Song]
[ar:Somebody]
[length: 00:40]

[00:05.00]First line
[00:08.5][00:20.25] Again and again
[00:12.00]
[00:25.00]Last line
"""


def line(start: float, end: float, text: str, *words: Word, is_estimated: bool = False) -> Line:
    return Line(start, end, text, words, is_estimated)


def test_lrc_lines_last_until_the_next_tag():
    assert parse(LRC, duration=30) == (
        line(5, 8.5, "First line"),
        line(8.5, 12, "Again and again"),
        line(20.25, 25, "Again and again"),
        line(25, 30, "Last line"),
    )


def test_no_lrc_line_stands_through_an_instrumental():
    assert parse("[00:05.00]One\n[01:00.00]Two", duration=90) == (
        line(5, 15, "One"),
        line(60, 70, "Two"),
    )


def test_a_positive_offset_makes_the_lyrics_come_earlier():
    assert parse("[offset:+500]\n[00:05.00]One\n[00:07.00]Two\n[00:09.00]", duration=30) == (
        line(4.5, 6.5, "One"),
        line(6.5, 8.5, "Two"),
    )
    assert parse("[offset:-250]\n[00:05.00]One\n[00:07.00]", duration=30) == (
        line(5.25, 7.25, "One"),
    )


def test_what_an_offset_would_put_before_the_song_starts_with_it():
    assert parse("[offset:2000]\n[00:01.00]One\n[00:05.00]", duration=30) == (line(0, 3, "One"),)


def test_lrc_words_have_the_times_that_stand_before_them():
    text = "[00:05.00]<00:05.00>Hello <00:05.60>big <00:06.10>world<00:07.00>\n[00:09.00]Next"
    assert parse(text, duration=30)[0] == line(
        5, 7, "Hello big world", Word(5, 5.6, "Hello"), Word(5.6, 6.1, "big"), Word(6.1, 7, "world")
    )


def test_the_first_word_may_go_without_a_time_and_the_last_until_the_next_line():
    text = "[00:05.00]Hello <00:05.60>world\n[00:09.00]Next"
    assert parse(text, duration=30)[0] == line(
        5, 9, "Hello world", Word(5, 5.6, "Hello"), Word(5.6, 9, "world")
    )


def test_syllables_are_put_together():
    text = "[00:05.00]<00:05.00>Hel<00:05.30>lo <00:05.60>world<00:06.00>"
    assert parse(text, duration=30)[0].words == (Word(5, 5.6, "Hello"), Word(5.6, 6, "world"))


def test_a_repeated_line_has_its_word_times_moved_along():
    text = "[00:05.00][00:15.00]<00:05.00>Hey <00:05.50>you<00:06.00>"
    assert parse(text, duration=30)[1] == line(
        15, 16, "Hey you", Word(15, 15.5, "Hey"), Word(15.5, 16, "you")
    )


def test_lrc_times_come_in_several_spellings():
    text = "[0:5]One\n[00:06:50]Two\n[ 00:08.123 ] Three\n[00:10.0]"
    assert [(one.start, one.text) for one in parse(text, duration=30)] == [
        (5, "One"),
        (6.5, "Two"),
        (8.123, "Three"),
    ]


def test_lrc_lines_without_a_time_continue_the_one_before_and_headings_do_not():
    text = "a comment\n[00:05.00]One\ntwo\n[Chorus]\n[00:07.00]Three\n[00:08.00]"
    assert parse(text, duration=30) == (line(5, 7, "One two"), line(7, 8, "Three"))


SRT = """1
00:00:01,000 --> 00:00:02,500
<i>Hello</i>
there {\\an8}you

2
00:00:03,000 --> 00:00:04,000
1999

3
00:00:05,000 --> 00:00:06,000

"""


def test_srt_is_read_without_its_markup():
    expected = (line(1, 2.5, "Hello there you"), line(3, 4, "1999"))
    assert parse(SRT, filename="song.srt", duration=30) == expected
    assert parse(SRT.replace("\n", "\r\n"), duration=30) == expected


VTT = """WEBVTT - A Song

STYLE
::cue { color: red }

NOTE
nothing to sing

intro
00:01.000 --> 00:02.500 align:start
<v Bob>Hello <b>there</b> &amp; <c.red>you</c>

NOTE between

00:00:03.000 --> 00:00:05.000
Sing <00:00:03.500>it <00:04.000>loud
"""


def test_vtt_is_read_without_notes_names_and_markup_but_with_word_times():
    assert parse(VTT, duration=30) == (
        line(1, 2.5, "Hello there & you"),
        line(3, 5, "Sing it loud", Word(3, 3.5, "Sing"), Word(3.5, 4, "it"), Word(4, 5, "loud")),
    )


def test_plain_text_is_spread_over_the_song_by_its_words():
    text = "[Verse 1]\none two three\n\nfour\n  five   six \n"
    assert parse(text, filename="words.txt", duration=60) == (
        line(0, 30, "one two three", is_estimated=True),
        line(30, 40, "four", is_estimated=True),
        line(40, 60, "five six", is_estimated=True),
    )


def test_lines_come_in_order_of_their_times():
    assert [one.text for one in parse("[00:09]B\n[00:05]A\n[00:12]", duration=30)] == ["A", "B"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_files_may_be_in_any_usual_encoding(encoding: str):
    data = "[00:05.00]Füße à gogo\n[00:08.00]".encode(encoding)
    assert parse(data, filename="x.lrc", duration=30) == (line(5, 8, "Füße à gogo"),)


def test_other_alphabets_are_read():
    assert parse("[00:05.00]Привет 世界\n[00:08.00]".encode(), duration=30)[0].text == "Привет 世界"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00", "This is not a text file."),
        (b"ID3\x04\x00\x00\x00", "This is not a text file."),
        (b"\xff\xfe\x00", "This is not a text file."),
        (b"", "There are no lyrics in this text."),
        ("  \n\n", "There are no lyrics in this text."),
        ("[ti:Only a title]", "There are no lyrics in this text."),
        (b"x" * 200_001, "The lyrics are larger than 200 kB."),
        ("\u00fc" * 100_001, "The lyrics are larger than 200 kB."),
        ("word " * 101, "Line 1 has 504 characters; 500 are allowed."),
        ("[00:45.00]Late", "Line 1 starts at 0:45, after the song has ended at 0:30."),
        (
            "1\n00:00:20,000 --> 00:00:31,500\nLong",
            "Line 1 ends at 0:31.5, after the song has ended at 0:30.",
        ),
        (
            "1\n00:00:05,000 --> 00:00:04,000\nBack",
            "Line 1 ends at 0:04, before it starts at 0:05.",
        ),
        ("1\n-00:00:05,000 --> 00:00:04,000\nEarly", "A subtitle has a time below zero."),
        ("WEBVTT\n\nNOTE nothing", "There are no lyrics in this text."),
        (
            "[00:05.00]Hello <00:50.00>world",
            "Line 1 ends at 0:50, after the song has ended at 0:30.",
        ),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_sentence(data: str | bytes, sentence: str):
    with pytest.raises(LyricsError) as caught:
        parse(data, duration=30)
    assert caught.value.sentence == sentence


@pytest.mark.parametrize("kind", ["LRC", "SRT", "VTT"])
def test_a_file_that_should_hold_times_and_does_not_is_refused(kind: str):
    with pytest.raises(LyricsError) as caught:
        parse("only words", filename=f"song.{kind.lower()}", duration=30)
    assert caught.value.sentence == f"This {kind} file holds no line with a time."


def test_a_last_line_may_ring_on_for_a_second_and_ends_with_the_song():
    text = "1\n00:00:20,000 --> 00:00:30,900\nBye"
    assert parse(text, duration=30) == (line(20, 30, "Bye"),)


def test_too_many_lines_are_refused():
    with pytest.raises(LyricsError, match="The lyrics have 2001 lines; 2000 are allowed"):
        parse("la\n" * 2001, duration=30)


def test_lines_sent_with_times_are_taken():
    items = [
        {"start": 7, "end": 8.0004, "text": " B  b ", "words": []},
        {"start": 5, "end": 6, "text": "A", "words": [{"start": 5, "end": 5.5, "text": "A"}]},
        {"start": 6, "end": 7, "text": "  "},
    ]
    assert parse_lines(items, duration=30) == (
        line(5, 6, "A", Word(5, 5.5, "A")),
        line(7, 8, "B b"),
    )
    assert parse_lines([], duration=30) == ()


GOOD = {"start": 1, "end": 2, "text": "A"}


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        ("A", "Line 2 has to be an object with start, end and text."),
        ({"end": 2, "text": "A"}, "Line 2 needs its start in seconds."),
        ({**GOOD, "end": "2"}, "Line 2 needs its end in seconds."),
        ({**GOOD, "end": True}, "Line 2 needs its end in seconds."),
        ({**GOOD, "end": 10**400}, "Line 2 needs its end in seconds."),
        ({**GOOD, "end": float("nan")}, "Line 2 has a time that is not a number."),
        ({**GOOD, "text": None}, "Line 2 needs a text."),
        ({**GOOD, "start": -1}, "Line 2 starts at -0:01, before the song does."),
        ({**GOOD, "end": 0.5}, "Line 2 ends at 0:00.5, before it starts at 0:01."),
        (
            {**GOOD, "start": 40, "end": 41},
            "Line 2 starts at 0:40, after the song has ended at 0:30.",
        ),
        ({**GOOD, "end": 45}, "Line 2 ends at 0:45, after the song has ended at 0:30."),
        ({**GOOD, "text": "x" * 501}, "Line 2 has 501 characters; 500 are allowed."),
        ({**GOOD, "words": "A"}, "The words of line 2 have to be a list."),
        ({**GOOD, "words": [5]}, "A word in line 2 has to be an object with start, end and text."),
        (
            {**GOOD, "words": [{"start": 1, "end": 3, "text": "A"}]},
            "The word \u201cA\u201d in line 2 is not within the times of its line.",
        ),
    ],
)
def test_a_wrong_line_is_refused_by_its_number(item: object, sentence: str):
    with pytest.raises(LyricsError) as caught:
        parse_lines([GOOD, item], duration=30)  # type: ignore[list-item]
    assert caught.value.sentence == sentence


WORDS = line(
    9, 11, "one two three", Word(9, 9.8, "one"), Word(9.8, 10.2, "two"), Word(10.2, 11, "three")
)


def test_a_word_across_a_border_belongs_to_both_sections():
    assert lines_between([WORDS], 0, 10) == (
        line(9, 10.2, "one two", Word(9, 9.8, "one"), Word(9.8, 10.2, "two")),
    )
    assert lines_between([WORDS], 10, 20) == (
        line(9.8, 11, "two three", Word(9.8, 10.2, "two"), Word(10.2, 11, "three")),
    )


def test_a_line_whose_words_are_all_inside_comes_as_it_is():
    punctuated = line(9, 11, "One, two!", Word(9, 10, "One"), Word(10, 11, "two"))
    assert lines_between([punctuated], 5, 20) == (punctuated,)
    assert lines_between([punctuated], 11, 20) == ()


def test_a_line_without_word_times_belongs_wherever_it_overlaps():
    plain = line(9, 11, "one two three")
    assert lines_between([plain], 0, 10) == lines_between([plain], 10, 20) == (plain,)
    assert lines_between([plain], 0, 9) == lines_between([plain], 11, 20) == ()


def test_a_line_without_length_belongs_where_it_starts():
    instant = line(10, 10, "hey")
    assert lines_between([instant], 10, 20) == (instant,)
    assert lines_between([instant], 0, 10) == ()
