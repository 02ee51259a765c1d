"""Lists of the admin that stay fast with very many rows: nothing is counted or looked through whole."""

from __future__ import annotations

import uuid
from typing import Any, TypeVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Count, IntegerField, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.functional import cached_property

Row = TypeVar("Row", bound=Model)
COUNT_LIMIT = 10_000
# From so many of the newest rows the values of a filter are taken.
LOOKED_AT = 2_000
# So many rows that a search has found are named to the queries after it.
FOUND_LIMIT = 2_500


class BoundedPaginator(Paginator[Any]):
    """Counts to ten thousand and no further; who wants to see more narrows the list."""

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[: COUNT_LIMIT + 1].count())

    @property
    def count(self) -> int:
        return min(self._counted, COUNT_LIMIT)

    @property
    def is_bounded(self) -> bool:
        """Whether there are more rows than were counted."""
        return self._counted > COUNT_LIMIT


class FastList(admin.ModelAdmin[Row]):
    """A list whose queries are as many, and about as quick, for a hundred rows as for a million."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Words are looked for in words only."""
        fields = [str(field) for field in super().get_search_fields(request)]
        return [field for field in fields if not _is_id(field)]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Row], search_term: str
    ) -> tuple[QuerySet[Row], bool]:
        """An id is looked up by its index, as a whole; Django would turn each row's into words.

        Rows are looked through for words once, not again for each query of the page. Where many are
        found each query ends early, as it asks for some of them only.
        """
        ids = [str(field) for field in self.search_fields if _is_id(str(field))]
        if ids and is_uuid(search_term.strip()):
            sought = uuid.UUID(search_term.strip())
            return queryset.filter(Q.create([(one, sought) for one in ids], Q.OR)), False
        rows, may_repeat = super().get_search_results(request, queryset, search_term)
        if not search_term.strip() or may_repeat:
            return rows, may_repeat
        found = list(rows.order_by().values_list("pk", flat=True)[: FOUND_LIMIT + 1])
        return (rows if len(found) > FOUND_LIMIT else queryset.filter(pk__in=found)), False


def _is_id(field: str) -> bool:
    """Whether a search field is one of our own ids; the service's are words."""
    name = field.rsplit("__", 1)[-1]
    return name.endswith("id") and name != "provider_id"


def is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def number_of(rows: QuerySet[Any], field: str) -> Coalesce:
    """How many of `rows` point to a row by `field`: counted for the rows that are shown only."""
    of_row = rows.filter(**{field: OuterRef("pk")}).order_by().values(field)
    counted = of_row.annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


class WhenFilter(admin.DateFieldListFilter):
    """By a moment: today, the last seven days, this month, this year."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = "When?"


class RecentValuesFilter(admin.SimpleListFilter):
    """The values of one column as they occur in the newest rows; see `recent_values`."""

    field: str
    path = "created_at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = model_admin.model._default_manager.order_by(f"-{self.path}").values(self.field)
        seen = {row[self.field] for row in newest[:LOOKED_AT]}
        return [(str(value), str(value)) for value in sorted(seen - {None, ""})]

    def has_output(self) -> bool:
        return len(self.lookup_choices) > 1 or self.value() is not None

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.field: self.value()}) if self.value() else queryset


def recent_values(field: str, question: str) -> type[RecentValuesFilter]:
    """A filter by the values that a column has in the newest rows."""
    names = {"title": question, "parameter_name": field, "field": field}
    return type("RecentValues", (RecentValuesFilter,), names)
