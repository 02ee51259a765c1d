"""Lists in parts: `{"count", "next", "previous", "results"}`, by `limit` and `offset`."""

from __future__ import annotations

from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request

DEFAULT_ROWS = 50
MAX_ROWS = 100
# No list is that long; databases refuse offsets that do not fit their integers.
MAX_OFFSET = 1_000_000


class Pages(LimitOffsetPagination):
    """50 rows unless `limit` says otherwise, never more than 100."""

    default_limit = DEFAULT_ROWS
    max_limit = MAX_ROWS

    def get_offset(self, request: Request) -> int:
        return min(super().get_offset(request), MAX_OFFSET)
