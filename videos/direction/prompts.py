"""Writing prompts: for the whole video, for a section, for a clip.

The whole prompt gives every part of the picture (subject, setting, style, palette, motion) once. A
part comes from the first of these that names it: the flavor if it is fixed there, the user's
idea, the flavor, the video type or the mood.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from songs.lyrics import Line
from videos.direction.idea import IdeaParts, idea_core, read_idea
from videos.direction.suggestion import plain_words
from videos.direction.types import VIDEO_TYPES
from videos.direction.words import LABEL_MEANINGS, MOOD_PALETTES, OTHER_PALETTE
from videos.flavors.types import Flavor, Shot

MAX_LYRICS_CHARS = 160
_CLAUSE = re.compile(r"(?<=[,.;:!?])\s+|\s+(?=(?:in|inside|at|on|with|and|from)\s)")
_WORD = re.compile(r"[\w'-]+")


def write_prompt(
    *, genre: str, mood: str, video_type: str, idea: str, flavor: Flavor, bpm: float | None = None
) -> str:
    """Write the prompt for a whole video.

    `video_type` is a key of one of the five types or the user's own words. Of an idea, what the
    flavor never shows is left out.
    """
    core = without_never(idea_core(idea), flavor)
    named = read_idea(core)
    feeling = named.mood.split(",")[0] or mood
    parts = _parts(named, video_type, plain_words(feeling), flavor)
    sentences = [
        _opening(genre, feeling, video_type, flavor, bpm),
        _sentence(_beside_fixed(core, named, flavor)),
        *_part_sentences(parts, named, flavor),
        _sentence(flavor.prompts.ending),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def section_prompt(
    overall: str, *, label: str, note: str, lyrics: Sequence[Line], flavor: Flavor
) -> str:
    """Return the whole prompt with what one section adds: its label, its note, its own lyrics."""
    sung = _quoted([line.text for line in lyrics if not _has_never(line.text, flavor)])
    sentences = [
        overall.strip(),
        _label_sentence(label, flavor),
        _sentence(without_never(note, flavor)),
        f"The words sung here: \u201c{sung}\u201d." if sung else "",
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def clip_prompt(section: str, shot: Shot) -> str:
    """Return a section's prompt with one shot's direction before it, where models heed it most.

    A written scene and its style stand between the two.
    """
    direction = f"{shot.framing.capitalize()} shot, {shot.move}: {shot.action}."
    parts = (direction, _sentence(shot.scene), _sentence(shot.style), section)
    return " ".join(part for part in parts if part)


def negative_prompt(flavor: Flavor, own: str = "") -> str:
    """Return what should not be seen: the flavor's words, then the user's own, each once."""
    words = [*flavor.prompts.negative, *(word.strip() for word in own.split(","))]
    return ", ".join(dict.fromkeys(word for word in words if word))


def _parts(named: IdeaParts, video_type: str, mood: str, flavor: Flavor) -> Mapping[str, str]:
    """Return the words for each part of the picture that the idea itself does not bring."""
    own_type = VIDEO_TYPES.get(video_type)
    of_type: Mapping[str, str] = own_type.parts if own_type else {}
    palette = {"palette": MOOD_PALETTES.get(mood, OTHER_PALETTE)}
    parts: dict[str, str] = {}
    for part in ("subject", "setting", "style", "palette", "motion"):
        if part in flavor.prompts.fixed:
            parts[part] = flavor.prompts.parts[part]
        elif not named.as_dict()[part]:
            offered = (flavor.prompts.parts.get(part), of_type.get(part), palette.get(part))
            parts[part] = next((words for words in offered if words), "")
    return parts


def _beside_fixed(core: str, named: IdeaParts, flavor: Flavor) -> str:
    """Return what an idea says beside the parts in which the flavor is stronger."""
    by_part = named.as_dict()
    # Without its subject or place a sentence falls apart; other parts are simply said once more.
    replaced = {"subject", "setting"}.intersection(flavor.prompts.fixed)
    if not any(by_part[part] for part in replaced):
        return core
    kept = [words for part, words in by_part.items() if words and part not in flavor.prompts.fixed]
    return f"Its character: {', '.join(kept)}" if kept else ""


def _opening(genre: str, mood: str, video_type: str, flavor: Flavor, bpm: float | None) -> str:
    """For instance: "An energetic urban music video for a punk rock song at 170 BPM."."""
    music = plain_words(genre)
    adjective, own_words = _kind(video_type, flavor)
    what = " ".join(word for word in (plain_words(mood), adjective, "music video") if word)
    song = f"{_with_article(music)} song" if music else "a song"
    tempo = f" at {bpm:.0f} BPM" if bpm else ""
    own = f": {own_words}" if own_words else ""
    return _sentence(f"{_with_article(what)} for {song}{tempo}{own}")


def _kind(video_type: str, flavor: Flavor) -> tuple[str, str]:
    """Return the adjective of a video type, or the user's own words for it.

    A flavor that fixes who is seen leaves no room for an adjective like "abstract".
    """
    known = VIDEO_TYPES.get(video_type)
    if known is None:
        return "", without_never(video_type, flavor).rstrip(" .")
    return ("", "") if "subject" in flavor.prompts.fixed else (known.adjective, "")


def _part_sentences(parts: Mapping[str, str], named: IdeaParts, flavor: Flavor) -> list[str]:
    """Write the parts that the idea left open, two to a sentence where they belong together."""
    seen = " ".join(words for words in (parts.get("subject"), parts.get("setting")) if words)
    feeling = "" if named.mood else flavor.prompts.parts.get("mood", "")
    return [
        f"It shows {seen}."
        if parts.get("subject")
        else _sentence(f"it takes place {seen}" if seen else ""),
        _look(parts.get("style", ""), parts.get("palette", "")),
        _sentence(parts.get("motion", "")),
        _sentence(f"the mood is {feeling}" if feeling else ""),
    ]


def _look(style: str, palette: str) -> str:
    if style and palette:
        return f"The style is {style}, in {palette}."
    if style:
        return f"The style is {style}."
    return f"The colors are {palette}." if palette else ""


def _label_sentence(label: str, flavor: Flavor) -> str:
    """For instance: "Chorus: the high point, the picture opens up at full strength."."""
    words = plain_words(without_never(label, flavor))
    if not words:
        return ""
    meanings = (meaning for name, meaning in LABEL_MEANINGS if words.startswith(name))
    meaning = next(meanings, "")
    title = " ".join(label.split())
    return _sentence(f"{title}: {meaning}" if meaning else f"This part is called {title}")


def without_never(text: str, flavor: Flavor) -> str:
    """Leave out those clauses of a text that hold what the flavor never shows."""
    if not _has_never(text, flavor):
        return " ".join(text.split())
    kept: list[str] = []
    for clause in _CLAUSE.split(text):
        if not _has_never(clause, flavor):
            kept.append(clause)
        elif kept and clause[-1:] in ",.;:!?" and kept[-1][-1:] not in ",.;:!?":
            kept[-1] += clause[-1]
    return " ".join(" ".join(kept).split()).strip(" ,;:")


def _has_never(text: str, flavor: Flavor) -> bool:
    return bool(never_words(text, flavor))


def never_words(text: str, flavor: Flavor, *, allowed: str = "") -> list[str]:
    """Return what the flavor never shows and a text names, without what `allowed` names too."""
    words, fine = _spaced(text), _spaced(allowed)
    return [
        never
        for never in flavor.prompts.never
        if f" {never} " in words and f" {never} " not in fine
    ]


def _spaced(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.lower()))} "


def _quoted(lines: Sequence[str]) -> str:
    """Join lines with slashes, cut after a whole word."""
    text = " / ".join(" ".join(line.split()) for line in lines if line.strip())
    if len(text) <= MAX_LYRICS_CHARS:
        return text
    return text[:MAX_LYRICS_CHARS].rsplit(" ", 1)[0].rstrip(" /,") + " …"


def _with_article(words: str) -> str:
    return f"{'an' if words[:1].lower() in tuple('aeiou') else 'a'} {words}"


def _sentence(words: str) -> str:
    """Return words as a sentence: a capital first, a full stop last. Nothing stays nothing."""
    text = " ".join(words.split())
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?…" else ".")
