"""Lyrics drawn into the picture: an ASS document in one of three styles, inside the safe area.

Lines are broken here and not by the renderer, whose widths are estimated generously: so a line of
any length stays inside. The text is escaped; nothing of it is read as a command.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from songs.lyrics import Line
from vibecraft.media.house import SIZES, Size
from videos.safe_areas import SAFE_AREAS, SafeArea

TYPEFACE = "Instrument Sans"
# Colors are written as alpha, blue, green, red.
WHITE, BLACK, SHADE, ACCENT = "&H00FFFFFF", "&H00000000", "&H78000000", "&H006285FF"
# A line that is over at once, or whose end nobody knows, is still to be read.
LEAST_SECONDS = 0.3
SMALLER = 0.92
WORD_JOINER = "\u2060"


@dataclass(frozen=True)
class Style:
    """How a line looks. Sizes are pixels where the picture's shorter side has 1080.

    `rows` is how many it should take; `least_size` is how far it is made smaller for that.
    """

    size: int
    least_size: int
    rows: int
    alignment: int
    outline: int
    before: str = WHITE
    after: str = WHITE
    effect: str = ""
    by_words: bool = False


# Alignments as on a number pad.
BELOW, CENTER = 2, 5
STYLES = {
    "line": Style(62, 40, rows=2, alignment=BELOW, outline=3),
    "karaoke": Style(
        72, 44, rows=2, alignment=BELOW, outline=4, before=WHITE, after=ACCENT, by_words=True
    ),
    "large": Style(150, 70, rows=3, alignment=CENTER, outline=5, effect=r"\fad(140,140)"),
}


@dataclass(frozen=True)
class Piece:
    """A word, or a part of one that is too long for a row, with its times in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class Setting:
    """A line broken into rows, at a size at which they fit."""

    rows: tuple[tuple[Piece, ...], ...]
    size: int


def ass_document(lines: Sequence[Line], style_name: str, aspect_ratio: str) -> str:
    """The lyrics of a song as an ASS document for a film of this aspect ratio."""
    size, area, style = SIZES[aspect_ratio], SAFE_AREAS[aspect_ratio], STYLES[style_name]
    events = (_event(line, style, size, area) for line in one_at_a_time(lines))
    return "\n".join([*_head(style, size, area), *events, ""])


def _head(style: Style, size: Size, area: SafeArea) -> list[str]:
    width, height = size
    fields = {
        "Name": "lyrics",
        "Fontname": TYPEFACE,
        "Fontsize": style.size,
        "PrimaryColour": style.after,
        "SecondaryColour": style.before,
        "OutlineColour": BLACK,
        "BackColour": SHADE,
        "Bold": 0,
        "Italic": 0,
        "Underline": 0,
        "StrikeOut": 0,
        "ScaleX": 100,
        "ScaleY": 100,
        "Spacing": 0,
        "Angle": 0,
        "BorderStyle": 1,
        "Outline": style.outline,
        "Shadow": 2,
        "Alignment": style.alignment,
        "MarginL": round(area.left * width),
        "MarginR": round(area.right * width),
        "MarginV": round(area.bottom * height),
        "Encoding": -1,
    }
    return [
        "[Script Info]",
        "ScriptType: v4.00+",
        f"PlayResX: {width}",
        f"PlayResY: {height}",
        "WrapStyle: 2",
        "ScaledBorderAndShadow: yes",
        "YCbCr Matrix: TV.709",
        "",
        "[V4+ Styles]",
        f"Format: {', '.join(fields)}",
        f"Style: {','.join(str(value) for value in fields.values())}",
        "",
        "[Events]",
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text",
    ]


def one_at_a_time(lines: Sequence[Line]) -> list[Line]:
    """Lines in order, each gone before the next comes; those that start together are one."""
    joined: list[Line] = []
    for line in sorted(lines, key=lambda line: line.start):
        if joined and line.start - joined[-1].start < LEAST_SECONDS:
            joined[-1] = _together(joined[-1], line)
        elif line.text.strip():
            joined.append(replace(line, end=max(line.end, line.start + LEAST_SECONDS)))
    ends = [following.start for _, following in pairwise(joined)] + [float("inf")]
    return [replace(line, end=min(line.end, end)) for line, end in zip(joined, ends, strict=True)]


def _together(first: Line, second: Line) -> Line:
    words = first.words + second.words if first.words and second.words else ()
    text = f"{first.text} {second.text}".strip()
    return replace(first, end=max(first.end, second.end), text=text, words=words)


def _event(line: Line, style: Style, size: Size, area: SafeArea) -> str:
    setting = set_in_rows(pieces_of(line, by_words=style.by_words), style, size, area)
    write = _sung_row if style.by_words else _plain_row
    at, rows = line.start, []
    for row in setting.rows:
        rows.append(write(row, at))
        at = row[-1].end
    text = r"\N".join(rows)
    times = f"{_time(line.start)},{_time(line.end)}"
    commands = f"{_place(style, size, area)}{style.effect}\\fs{setting.size}"
    return f"Dialogue: 0,{times},lyrics,,0,0,0,,{{{commands}}}{text}"


def _place(style: Style, size: Size, area: SafeArea) -> str:
    """What stands in the middle stands in the middle of the safe area."""
    if style.alignment != CENTER:
        return ""
    across = round((1 + area.left - area.right) / 2 * size[0])
    down = round((1 + area.top - area.bottom) / 2 * size[1])
    return f"\\pos({across},{down})"


def pieces_of(line: Line, *, by_words: bool) -> list[Piece]:
    """The words of a line; where their times are not known, each gets its share by its length."""
    if by_words and line.words:
        return [
            Piece(word.text, min(word.start, line.end), min(word.end, line.end))
            for word in line.words
            if word.text.strip()
        ]
    return _spread(line.text.split(), line.start, line.end)


def _spread(texts: Sequence[str], start: float, end: float) -> list[Piece]:
    total = sum(len(text) for text in texts) or 1
    pieces, done = [], 0
    for text in texts:
        until = done + len(text)
        step = (end - start) / total
        pieces.append(Piece(text, start + done * step, start + until * step))
        done = until
    return pieces


def set_in_rows(pieces: Sequence[Piece], style: Style, picture: Size, area: SafeArea) -> Setting:
    """Break a line into rows: few of them while it stays large enough, and never out of the area."""
    # The outline and the shadow stand around the letters.
    around = 2 * (style.outline + 2)
    width = picture[0] * (1 - area.left - area.right) - around
    height = picture[1] * (1 - area.top - area.bottom) - around
    size = float(style.size)
    while True:
        rows = _broken(pieces, width / size)
        fits = len(rows) * size <= height
        if fits and (len(rows) <= style.rows or size <= style.least_size):
            return Setting(rows, int(size))
        size *= SMALLER


def _broken(pieces: Iterable[Piece], width: float) -> tuple[tuple[Piece, ...], ...]:
    """Fill row after row of `width` (in parts of the letters' size)."""
    rows: list[list[Piece]] = [[]]
    left = width
    for piece in chain.from_iterable(_short_enough(one, width) for one in pieces):
        needed = width_of(piece.text) + (width_of(" ") if rows[-1] else 0)
        if needed > left and rows[-1]:
            rows.append([])
            left, needed = width, width_of(piece.text)
        rows[-1].append(piece)
        left -= needed
    return tuple(tuple(row) for row in rows)


def _short_enough(piece: Piece, width: float) -> list[Piece]:
    if width_of(piece.text) <= width:
        return [piece]
    parts, part = [], ""
    for letter in piece.text:
        if part and width_of(part + letter) > width:
            parts.append(part)
            part = ""
        part += letter
    return _spread([*parts, part], piece.start, piece.end)


def width_of(text: str) -> float:
    """How wide a text is at most, in parts of the size of its letters."""
    return sum(_width(letter) for letter in text)


def _width(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    if letter in " iljItf.,:;'!|":
        return 0.33
    if letter in "mwMW@%&" or not letter.isascii():
        return 0.8
    return 0.62 if letter.isupper() else 0.52


def _plain_row(row: Sequence[Piece], _at: float) -> str:
    return " ".join(escaped(piece.text) for piece in row)


def _sung_row(row: Sequence[Piece], at: float) -> str:
    """Each word fills with color while it is sung; lengths are the differences of rounded times."""
    written = []
    for piece in row:
        pause = _hundredths(piece.start) - _hundredths(at)
        length = max(0, _hundredths(piece.end) - _hundredths(piece.start))
        waiting = f"{{\\k{pause}}}" if pause > 0 else ""
        written.append(f"{waiting}{{\\kf{length}}}{escaped(piece.text)}")
        at = piece.end
    return " ".join(written)


def escaped(text: str) -> str:
    """Text as the renderer shows it letter by letter: no command, no line of its own."""
    plain = "".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in text)
    # A backslash cannot be escaped itself; what follows it must not be a letter.
    plain = plain.replace("\\", "\\" + WORD_JOINER)
    return plain.replace("{", "\\{").replace("}", "\\}")


def _hundredths(seconds: float) -> int:
    return round(seconds * 100)


def _time(seconds: float) -> str:
    minutes, hundredths = divmod(_hundredths(seconds), 6000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{hundredths // 100:02d}.{hundredths % 100:02d}"
