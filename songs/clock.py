"""Moments of a song in words: `1:02.5` in the sentences that people read."""

from __future__ import annotations


def clock(seconds: float) -> str:
    """Return a moment as `m:ss`, with up to two decimals when it is not a whole second."""
    sign = "-" if seconds < 0 else ""
    minutes, hundredths = divmod(round(abs(seconds) * 100), 6000)
    whole, rest = divmod(hundredths, 100)
    decimals = f".{rest:02d}".rstrip("0") if rest else ""
    return f"{sign}{minutes}:{whole:02d}{decimals}"
