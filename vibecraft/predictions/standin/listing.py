"""Pages of predictions, newest first, with cursors that hold while new ones are made."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from vibecraft.predictions.standin.records import Prediction

PAGE = 100


def list_predictions(
    predictions: Sequence[Prediction], query: Mapping[str, str], base: str
) -> tuple[dict[str, Any], int]:
    """(page, error status or 0); the page's results are the predictions themselves."""
    try:
        after, before = _moment(query, "created_after"), _moment(query, "created_before")
        way, number = read_cursor(query.get("cursor", ""))
    except ValueError as error:
        return {"detail": str(error), "status": 400}, 400
    found = [
        one
        for one in sorted(predictions, key=lambda one: -one.number)
        if (after is None or _created(one) > after)
        and (before is None or _created(one) < before)
        and query.get("source") in (None, "api")
    ]
    if way == "newer":
        rows = [one for one in found if one.number > number][-PAGE:]
    else:
        rows = [one for one in found if not number or one.number < number][:PAGE]
    return _page(found, rows, query, base), 0


def _page(
    found: Sequence[Prediction], rows: list[Prediction], query: Mapping[str, str], base: str
) -> dict[str, Any]:
    has_older = bool(rows) and rows[-1] is not found[-1]
    has_newer = bool(rows) and rows[0] is not found[0]
    return {
        "next": _address("older", rows[-1].number, query, base) if has_older else None,
        "previous": _address("newer", rows[0].number, query, base) if has_newer else None,
        "results": rows,
    }


def _address(way: str, number: int, query: Mapping[str, str], base: str) -> str:
    cursor = base64.urlsafe_b64encode(f"{way}:{number}".encode()).decode()
    return f"{base}/v1/predictions?{urlencode({**query, 'cursor': cursor})}"


def read_cursor(text: str) -> tuple[str, int]:
    """(older or newer, number of a prediction; 0 for the first page). Raises ValueError."""
    if not text:
        return "older", 0
    try:
        way, _, number = base64.urlsafe_b64decode(text).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("Invalid cursor") from error
    if way not in ("older", "newer") or not number.isdigit():
        raise ValueError("Invalid cursor")
    return way, int(number)


def _created(prediction: Prediction) -> float:
    # Shown to the millisecond, and so compared to the millisecond.
    moment = prediction.created_wall + prediction.plan.get("clock_skew", 0.0)
    return int(moment * 1000) / 1000


def _moment(query: Mapping[str, str], name: str) -> float | None:
    text = query.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00").replace(" ", "+"))
    except ValueError as error:
        raise ValueError(f"{name} is not a date and time") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
