"""Texts that somebody sent: whether they can be kept at all, and numbers among them."""

from __future__ import annotations

MAX_DIGITS = 18


def can_be_kept(text: str) -> bool:
    """PostgreSQL keeps no zero characters, and half a pair of UTF-16 (JSON may hold it) is no text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def whole_number(text: str) -> int | None:
    """The number that some digits say; None for anything else, and for more digits than a size has."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None
