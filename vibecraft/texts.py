"""Texts: whether one that somebody sent can be kept at all, numbers among them, and in sentences."""

from __future__ import annotations

MAX_DIGITS = 18


def can_be_kept(text: str) -> bool:
    """PostgreSQL keeps no zero characters, and half a pair of UTF-16 (JSON may hold it) is no text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def counted(count: int, unit: str) -> str:
    """A number with its unit: 1 clip, 2 clips."""
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def whole_number(text: str) -> int | None:
    """The number that some digits say; None for anything else, and for more digits than a size has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None
