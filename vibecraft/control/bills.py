"""What paid calls have cost, put together by day, user, model or what they were for."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import TruncDate, TruncMonth

from vibecraft.jobs.claims import Status
from vibecraft.money import USD_PLACES, usd_sum, usd_text
from vibecraft.predictions.models import Prediction

BY = {
    "day": TruncDate("finished_at"),
    "month": TruncMonth("finished_at"),
    "user": F("owner__email"),
    "model": F("model"),
    "purpose": F("purpose"),
}
COLUMNS = ("group", "calls", "failed", "estimated_usd", "actual_usd")
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Line:
    """The calls of one day, user, model or purpose, and what they have cost in US dollars."""

    group: str
    calls: int
    failed: int
    estimated_usd: Decimal
    actual_usd: Decimal


def ended_calls() -> QuerySet[Prediction]:
    return Prediction.objects.exclude(finished_at=None)


def bill(calls: QuerySet[Prediction], by: str) -> list[Line]:
    """One line for each group, in its order; from one query."""
    figures: dict[str, Any] = {
        "number": Count("pk"),
        "lost": Count("pk", filter=Q(status=Status.FAILED)),
        "estimated": usd_sum(Sum("estimated_usd")),
        "actual": usd_sum(Sum("actual_usd")),
    }
    grouped: Any = calls.order_by().annotate(group=BY[by]).values("group")
    rows = grouped.annotate(**figures).order_by("group")
    return [
        Line(
            _named(row["group"], by),
            row["number"],
            row["lost"],
            _exact(row["estimated"]),
            _exact(row["actual"]),
        )
        for row in rows
    ]


def _exact(usd: Decimal | None) -> Decimal:
    """With the places that prices are kept with, whatever the database adds up to."""
    return (usd or NOTHING).quantize(Decimal(1).scaleb(-USD_PLACES))


def _named(group: Any, by: str) -> str:
    return f"{group:%Y-%m}" if by == "month" else str(group)


def total(lines: Sequence[Line]) -> Line:
    return Line(
        "total",
        sum(line.calls for line in lines),
        sum(line.failed for line in lines),
        sum((line.estimated_usd for line in lines), NOTHING),
        sum((line.actual_usd for line in lines), NOTHING),
    )


# --- as text --------------------------------------------------------------------------------------


def _cells(line: Line) -> list[str]:
    return [str(getattr(line, name)) for name in COLUMNS]


def as_csv(lines: Sequence[Line], by: str) -> str:
    """With a head; without a total, so that a table program can add up."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([by, *COLUMNS[1:]])
    writer.writerows([_unformulated(cell) for cell in _cells(line)] for line in lines)
    return out.getvalue()


def _unformulated(cell: str) -> str:
    """A table program must take nothing for a formula."""
    return f"'{cell}" if cell[:1] in "=+-@" else cell


def as_json(lines: Sequence[Line], by: str) -> str:
    def written(line: Line) -> dict[str, Any]:
        return {
            "calls": line.calls,
            "failed": line.failed,
            "estimated_usd": str(line.estimated_usd),
            "actual_usd": str(line.actual_usd),
        }

    rows = [{by: line.group, **written(line)} for line in lines]
    return json.dumps({"by": by, "lines": rows, "total": written(total(lines))}, indent=2) + "\n"


def as_table(lines: Sequence[Line], by: str) -> str:
    """Columns that stand under one another, and the total."""
    head = [by, "calls", "failed", "estimated", "cost"]
    rows = [head, *(_told(line) for line in [*lines, total(lines)])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        + "\n"
        for row in rows
    )


def _told(line: Line) -> list[str]:
    money = [usd_text(line.estimated_usd), usd_text(line.actual_usd)]
    return [line.group, str(line.calls), str(line.failed), *money]
