"""The rules for sections: how many, how long, in what order, and what is said about a refusal.

A section is a named stretch of the song that the user draws. Drafts come in as seconds, are
checked against the whole song, and leave as whole frames that tile it without gap or overlap.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from songs.clock import clock
from vibecraft.media.frames import FRAME_RATE, to_frames, to_seconds, total_frames
from vibecraft.texts import can_be_kept

MIN_SECTIONS = 3
MAX_SECTIONS = 10
MIN_SECONDS = 1.0
MAX_SECONDS = 120.0
MAX_LABEL_WORDS = 2
MAX_LABEL_CHARS = 40
MAX_NOTE_CHARS = 100

# Two borders this close are the same border: it is the most that snapping to a frame can move one.
TOLERANCE_SECONDS = 0.5 / float(FRAME_RATE)
# Differences of decimal numbers ("4.1 - 3.1") fall short of the whole by less than this.
ROUNDING_SECONDS = 1e-6


@dataclass(frozen=True)
class Draft:
    """A section as the user drew it: seconds from the start of the song, nothing checked yet."""

    label: str
    start: float
    end: float
    note: str = ""


@dataclass(frozen=True)
class Placed:
    """A section that keeps all the rules, on the frame grid of the film."""

    index: int
    label: str
    note: str
    start_frame: int
    end_frame: int

    @property
    def start(self) -> float:
        """The start in seconds, exactly on the frame grid."""
        return to_seconds(self.start_frame)

    @property
    def end(self) -> float:
        """The end in seconds, exactly on the frame grid."""
        return to_seconds(self.end_frame)


class SectionErrors(Exception):
    """What is wrong with a set of drafts: sentences for each section, and for all of them."""

    def __init__(self, sections: Sequence[Sequence[str]], overall: Sequence[str]) -> None:
        self.sections = tuple(tuple(sentences) for sentences in sections)
        self.overall = tuple(overall)
        super().__init__(" ".join(self.sentences))

    @property
    def sentences(self) -> tuple[str, ...]:
        """All sentences, those about the whole first."""
        return self.overall + tuple(text for section in self.sections for text in section)

    def as_dict(self) -> dict[str, list[str] | list[list[str]]]:
        """Return `{"overall": [sentence], "sections": [[sentence] for each section]}`."""
        return {"overall": list(self.overall), "sections": [list(one) for one in self.sections]}


def check(drafts: Sequence[Draft], *, duration: float) -> tuple[Placed, ...]:
    """Return the drafts as sections on the frame grid that tile a song of `duration` seconds.

    Raises `SectionErrors` with a sentence for each rule that a draft breaks.
    """
    drafts = [_tidy(draft) for draft in drafts]
    sections = [_alone(number, draft, duration) for number, draft in enumerate(drafts, 1)]
    for number, (before, draft) in enumerate(pairwise(drafts), 2):
        sections[number - 1] += _against_the_one_before(number, before, draft)
    overall = _together(drafts, duration)
    if overall or any(sections):
        raise SectionErrors(sections, overall)
    return _place(drafts, duration)


def check_words(index: int, label: str, note: str) -> dict[str, list[str]]:
    """Return the sentences about a label and a note of section `index`, by field; empty if none."""
    wrong = {"label": _label(index + 1, label), "prompt_note": _note(index + 1, note)}
    return {field: sentences for field, sentences in wrong.items() if sentences}


def _tidy(draft: Draft) -> Draft:
    """Return a draft of texts and numbers whatever came in: an outside caller may send anything."""
    return Draft(
        label=_read_text(draft.label),
        start=_read_number(draft.start),
        end=_read_number(draft.end),
        note=_read_text(draft.note),
    )


def song_frames(duration: float) -> int:
    """Return how many frames cover a song of `duration` seconds.

    A song that ends on the frame grid must not gain a frame by the last digit of a float.
    """
    nearest = to_frames(duration)
    is_on_grid = abs(duration - to_seconds(nearest)) <= ROUNDING_SECONDS
    return nearest if is_on_grid else total_frames(duration)


def _place(drafts: Sequence[Draft], duration: float) -> tuple[Placed, ...]:
    """Snap the borders to frames. One border is shared by two sections, so it is snapped once."""
    borders = [0, *(to_frames(draft.start) for draft in drafts[1:]), song_frames(duration)]
    return tuple(
        Placed(index, " ".join(draft.label.split()), draft.note.strip(), start, end)
        for index, (draft, (start, end)) in enumerate(zip(drafts, pairwise(borders), strict=True))
    )


def _together(drafts: Sequence[Draft], duration: float) -> list[str]:
    """What is wrong with the set as a whole: its size, and what it leaves uncovered at the ends."""
    errors = []
    if len(drafts) < MIN_SECTIONS:
        there = "is 1 section" if len(drafts) == 1 else f"are {len(drafts)} sections"
        errors.append(f"There {there}; a song needs at least {MIN_SECTIONS}.")
    if len(drafts) > MAX_SECTIONS:
        errors.append(f"There are {len(drafts)} sections; a song has {MAX_SECTIONS} at most.")
    if drafts and drafts[0].start > TOLERANCE_SECONDS:
        errors.append(
            f"The sections begin at {clock(drafts[0].start)}; the first has to begin at 0:00."
        )
    if drafts and drafts[-1].end < duration - TOLERANCE_SECONDS:
        errors.append(
            f"The sections end at {clock(drafts[-1].end)}; the last has to end with the song"
            f" at {clock(duration)}."
        )
    return errors


def _alone(number: int, draft: Draft, duration: float) -> list[str]:
    """What is wrong with one section whatever the others are."""
    times = _not_numbers(number, draft) or _times(number, draft, duration)
    return [*_label(number, draft.label), *times, *_note(number, draft.note)]


def _label(number: int, label: str) -> list[str]:
    words = label.split()
    if not words:
        return [f"Section {number} needs a label of one or two words."]
    errors = []
    if len(words) > MAX_LABEL_WORDS:
        errors.append(
            f"The label of section {number} has {len(words)} words; one or two are allowed."
        )
    if len(" ".join(words)) > MAX_LABEL_CHARS:
        errors.append(
            f"The label of section {number} has {len(' '.join(words))} characters;"
            f" {MAX_LABEL_CHARS} are allowed."
        )
    return [*errors, *_unstorable(f"The label of section {number}", label)]


def _note(number: int, note: str) -> list[str]:
    length, name = len(note.strip()), f"The note of section {number}"
    errors = _unstorable(name, note)
    if length > MAX_NOTE_CHARS:
        errors.append(f"{name} has {length} characters; {MAX_NOTE_CHARS} are allowed.")
    return errors


def _unstorable(name: str, text: str) -> list[str]:
    if can_be_kept(text):
        return []
    return [f"{name} has characters that cannot be stored."]


def _not_numbers(number: int, draft: Draft) -> list[str]:
    return [
        f"The {name} of section {number} is not a number."
        for name, seconds in (("start", draft.start), ("end", draft.end))
        if not math.isfinite(seconds)
    ]


def _times(number: int, draft: Draft, duration: float) -> list[str]:
    """What is wrong with the times of one section; both are finite here."""
    errors = _outside(number, draft, duration)
    length = draft.end - draft.start
    if length <= 0:
        errors.append(
            f"Section {number} ends at {clock(draft.end)}, which is not after its start"
            f" at {clock(draft.start)}."
        )
    elif length < MIN_SECONDS - ROUNDING_SECONDS:
        errors.append(
            f"Section {number} ({_span(draft)}) lasts {length:.2f} seconds; it has to last"
            f" at least {MIN_SECONDS:.0f} second."
        )
    elif length > MAX_SECONDS + ROUNDING_SECONDS:
        errors.append(
            f"Section {number} ({_span(draft)}) lasts {clock(length)}; it may last"
            f" {clock(MAX_SECONDS)} at most."
        )
    return errors


def _outside(number: int, draft: Draft, duration: float) -> list[str]:
    """Refuse what lies out of the song; its picture may end a part of a frame after its sound."""
    last = max(duration, to_seconds(song_frames(duration))) + ROUNDING_SECONDS
    errors = []
    if draft.start < -ROUNDING_SECONDS:
        errors.append(f"Section {number} starts at {clock(draft.start)}, before the song does.")
    for verb, seconds in (("starts", draft.start), ("ends", draft.end)):
        if seconds > last:
            errors.append(
                f"Section {number} {verb} at {clock(seconds)}, after the song has ended"
                f" at {clock(duration)}."
            )
    return errors


def _against_the_one_before(number: int, before: Draft, draft: Draft) -> list[str]:
    """What is wrong with the border between a section and the one before it."""
    if not all(map(math.isfinite, (before.start, before.end, draft.start, draft.end))):
        return []
    if draft.start < before.start:
        return [
            f"Section {number} starts at {clock(draft.start)}, before section {number - 1}"
            f" starts at {clock(before.start)}; sections go in order."
        ]
    distance = draft.start - before.end
    if abs(distance) <= TOLERANCE_SECONDS + ROUNDING_SECONDS:
        return []
    where = f"Section {number - 1} ends at {clock(before.end)}"
    if distance > 0:
        return [
            f"{where} and section {number} starts at {clock(draft.start)}:"
            " there is a gap between them."
        ]
    return [f"{where} but section {number} starts at {clock(draft.start)}: they overlap."]


def _span(draft: Draft) -> str:
    return f"{clock(draft.start)} to {clock(draft.end)}"


def read_drafts(items: object) -> tuple[Draft, ...]:
    """Read drafts from decoded JSON: a list of `{label, start_time, end_time, prompt_note?}`.

    What is missing or of the wrong type becomes a value that `check` refuses at its place, so
    that the user reads all that is wrong at once. Raises `SectionErrors` for what is no list.
    """
    if not isinstance(items, Sequence) or isinstance(items, str | bytes):
        raise SectionErrors([], ["Sections have to be sent as a list."])
    return tuple(_read_draft(item) for item in items)


def _read_draft(item: object) -> Draft:
    fields: Mapping[object, object] = item if isinstance(item, Mapping) else {}
    return Draft(
        label=_read_text(fields.get("label")),
        start=_read_number(fields.get("start_time")),
        end=_read_number(fields.get("end_time")),
        note=_read_text(fields.get("prompt_note")),
    )


def _read_text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _read_number(value: object) -> float:
    """Return a number as float, and NaN for anything that is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf
