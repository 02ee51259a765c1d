"""Reading the user's idea for its parts: subject, style, palette, setting, motion, mood.

The words of an idea are looked up in tables (`words.py`), longer phrases first. What names a
part is kept in the user's own words. The subject has no table: it is what the first words are
about, when the request around them ("Generate a … video"), and what the tables know, are gone.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from videos.direction.words import FILLERS, PHRASES

_REQUEST = re.compile(
    r"""^(?:please\s+)?(?:(?:can|could|would)\s+you\s+)?(?:please\s+)?
    (?:(?:i\s+want|i\s+would\s+like|i'd\s+like|let's|let\s+us)\s+(?:to\s+)?)?
    (?:(?:generate|create|make|produce|render|design|film|shoot|do|give|show|imagine|see)\s+)?
    (?:(?:me|us)\s+)?""",
    re.VERBOSE | re.IGNORECASE,
)
_VIDEO = r"(?:music\s+video|video\s*clip|video|clip|film|movie|visuals?|visualizer)"
_VIDEO_OF = re.compile(
    rf"^(?:an?\s+|the\s+|some\s+)?{_VIDEO}\s+"
    r"(?:of|about|with|showing|that\s+shows|where|in\s+which|featuring|for|:)\s*",
    re.IGNORECASE,
)
_ANY_VIDEO = re.compile(rf"\b{_VIDEO}\b\s*", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:an?|the|some)\s+(?=\S)", re.IGNORECASE)
_BREAK = re.compile(
    r"\s*[,.;:!?]\s*|\s+(?:with|in|at|on|through|under|over|during|across|inside|among|against|by"
    r"|near|into|from|like|where|while|of|about|featuring|showing)\s+",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w'&-]+")


@dataclass(frozen=True)
class IdeaParts:
    """What an idea says about each part of the picture; an empty text where it says nothing."""

    subject: str = ""
    style: str = ""
    palette: str = ""
    setting: str = ""
    motion: str = ""
    mood: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return the parts by name."""
        return asdict(self)


@dataclass(frozen=True)
class _Found:
    """A phrase of the tables in an idea: its place and the parts that it names."""

    start: int
    end: int
    parts: tuple[tuple[str, str], ...]


def read_idea(text: str) -> IdeaParts:
    """Return the parts that an idea names."""
    core = idea_core(text)
    found = _find_phrases(core)
    parts: dict[str, list[str]] = {}
    for one in found:
        for part, meaning in one.parts:
            words = meaning or core[one.start : one.end]
            said = parts.setdefault(part, [])
            if words.lower() not in [other.lower() for other in said]:
                said.append(words)
    texts = {part: ", ".join(words) for part, words in parts.items()}
    return IdeaParts(**{"subject": _subject(core, found), **texts})


def idea_core(text: str) -> str:
    """Return an idea without the request around it.

    "Generate a high energy punk rock video with graffiti" becomes "high energy punk rock with
    graffiti".
    """
    words = " ".join(text.split())
    words = _REQUEST.sub("", words, count=1)
    words = _VIDEO_OF.sub("", words, count=1)
    if _ANY_VIDEO.search(words):
        words = _ARTICLE.sub("", _ANY_VIDEO.sub("", words, count=1))
    return words.strip(" .,;:!")


def _find_phrases(core: str) -> list[_Found]:
    """Find the phrases of the tables, longer ones first, none inside another; by place."""
    found: list[_Found] = []
    for pattern, parts in PHRASES:
        for match in pattern.finditer(core):
            if all(match.end() <= one.start or one.end <= match.start() for one in found):
                found.append(_Found(match.start(), match.end(), parts))
    return sorted(found, key=lambda one: one.start)


def _subject(core: str, found: list[_Found]) -> str:
    """Return the first stretch of words between two prepositions that the tables do not cover."""
    start = 0
    for match in [*_BREAK.finditer(core), None]:
        end = match.start() if match else len(core)
        subject = _uncovered(core, start, end, found)
        if subject:
            return subject
        start = match.end() if match else end
    return ""


def _uncovered(core: str, start: int, end: int, found: list[_Found]) -> str:
    """Return a stretch without the known words and fillers at its ends, or an empty text."""
    words = [
        match
        for match in _WORD.finditer(core, start, end)
        if match.group().lower() not in FILLERS and not _is_found(match, found)
    ]
    return core[words[0].start() : words[-1].end()] if words else ""


def _is_found(word: re.Match[str], found: list[_Found]) -> bool:
    return any(one.start <= word.start() and word.end() <= one.end for one in found)
