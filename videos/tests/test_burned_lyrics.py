"""Lyrics in the picture: one line at a time, word by word, never outside of the safe area."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pysubs2
import pytest

from songs.lyrics import Line, Word
from vibecraft.media.audio import write_master
from vibecraft.media.concat import join
from vibecraft.media.house import SIZES
from vibecraft.media.tests.making import gray, make_clip, make_song
from vibecraft.media.transcode import Shape, transcode
from videos.burned_lyrics import (
    STYLES,
    ass_document,
    escaped,
    one_at_a_time,
    pieces_of,
    set_in_rows,
)
from videos.exports import FONTS
from videos.safe_areas import SAFE_AREAS

WORDS = (Word(1.0, 1.5, "Hello"), Word(2.0, 2.25, "you"))
TIMED = Line(1.0, 3.0, "Hello you", WORDS)


def events(lines: list[Line], style: str, aspect_ratio: str = "16:9") -> list[str]:
    document = ass_document(lines, style, aspect_ratio)
    return [line for line in document.splitlines() if line.startswith("Dialogue")]


def test_a_line_is_there_while_it_is_sung() -> None:
    line = Line(61.237, 3600.0, "Say my name")
    assert events([line], "line") == [
        r"Dialogue: 0,0:01:01.24,1:00:00.00,lyrics,,0,0,0,,{\fs62}Say my name"
    ]


def test_words_fill_with_color_at_their_times() -> None:
    assert events([TIMED], "karaoke") == [
        r"Dialogue: 0,0:00:01.00,0:00:03.00,lyrics,,0,0,0,,{\fs72}{\kf50}Hello {\k50}{\kf25}you"
    ]


def test_words_without_times_share_their_line_by_length() -> None:
    line = Line(0.0, 1.0, "abcdef gh ij")
    assert [(piece.start, piece.end) for piece in pieces_of(line, by_words=True)] == [
        (0.0, pytest.approx(0.6)),
        (pytest.approx(0.6), pytest.approx(0.8)),
        (pytest.approx(0.8), pytest.approx(1.0)),
    ]


def test_large_letters_come_and_go_softly() -> None:
    assert events([TIMED], "large") == [
        r"Dialogue: 0,0:00:01.00,0:00:03.00,lyrics,,0,0,0,,{\pos(960,540)\fad(140,140)\fs150}Hello you"
    ]


def test_a_line_is_gone_before_the_next_comes() -> None:
    lines = [Line(1.0, 9.0, "one"), Line(4.0, 6.0, "two"), Line(4.1, 8.0, "echo")]
    assert [(line.start, line.end, line.text) for line in one_at_a_time(lines)] == [
        (1.0, 4.0, "one"),
        (4.0, 8.0, "two echo"),
    ]


def test_a_line_that_is_over_at_once_can_still_be_read() -> None:
    assert one_at_a_time([Line(2.0, 2.0, "Hey")])[0].end == 2.3


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"{\pos(0,0)}x", "\\{\\\u2060pos(0,0)\\}x"),
        (r"a\Nb", "a\\\u2060Nb"),
        ("a\nDialogue: b\x00", "a Dialogue: b "),
    ],
)
def test_text_is_no_command(text: str, shown: str) -> None:
    assert escaped(text) == shown


def test_other_programs_can_read_the_document() -> None:
    read = pysubs2.SSAFile.from_string(
        ass_document([TIMED, Line(5, 6, "a, b, c")], "karaoke", "9:16")
    )
    assert (read.info["PlayResX"], read.info["PlayResY"]) == ("1080", "1920")
    assert [(event.start, event.end, event.plaintext) for event in read.events] == [
        (1000, 3000, "Hello you"),
        (5000, 6000, "a, b, c"),
    ]
    assert (read.styles["lyrics"].marginv, read.styles["lyrics"].marginl) == (461, 97)


def test_a_long_line_becomes_smaller_before_it_takes_a_third_row() -> None:
    style, area = STYLES["line"], SAFE_AREAS["16:9"]
    short, long, endless = (
        set_in_rows(
            pieces_of(Line(0, 1, "word " * count), by_words=False), style, SIZES["16:9"], area
        )
        for count in (5, 22, 120)
    )
    assert (len(short.rows), short.size) == (1, 62)
    assert (len(long.rows), 40 < long.size < 62) == (2, True)
    assert (len(endless.rows) > 2, endless.size) == (True, 37)


LONG = {
    "words": "Wonderful MAMMOTH words " * 20,
    "one word": "M" * 400,
    "cyrillic": "Широкая ЩУКА " * 30,
    "short": "Hey",
}


@pytest.fixture(scope="module", params=["16:9", "9:16", "1:1"])
def black_film(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """A film of dark pictures, a second and a half long."""
    folder = tmp_path_factory.mktemp("black")
    size = SIZES[request.param]
    make_clip(folder / "a.mp4", [0] * 36, size)
    write_master(make_song(folder / "a.wav", seconds=1.5), folder / "m.flac")
    join([(folder / "a.mp4", 36)], folder / "m.flac", folder / "film.mp4", frames=36)
    return request.param, folder


@pytest.mark.parametrize("style", list(STYLES))
def test_whatever_is_sung_stays_inside_the_safe_area(
    black_film: tuple[str, Path], tmp_path: Path, style: str
) -> None:
    aspect_ratio, folder = black_film
    lines = [Line(at * 0.375, at * 0.375 + 0.375, text) for at, text in enumerate(LONG.values())]
    transcode(
        folder / "film.mp4",
        folder / "m.flac",
        tmp_path / "out.mp4",
        shape=Shape("mp4", SIZES[aspect_ratio]),
        film_size=SIZES[aspect_ratio],
        frames=36,
        subtitles=ass_document(lines, style, aspect_ratio),
        fonts=FONTS,
    )
    width, height = SIZES[aspect_ratio]
    area = SAFE_AREAS[aspect_ratio]
    pictures = gray(tmp_path / "out.mp4", (width, height))
    for at, _ in enumerate(LONG):
        rows, columns = np.nonzero(pictures[at * 9 + 4] > 120)
        assert len(rows) > 100, "nothing is drawn"
        assert columns.min() >= area.left * width - 1
        assert columns.max() <= (1 - area.right) * width + 1
        assert rows.min() >= area.top * height - 1
        assert rows.max() <= (1 - area.bottom) * height + 1
