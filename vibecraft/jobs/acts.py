"""What operators do to rows: asked for once, confirmed, done one by one, counted, and written down.

Every act goes through the process that a user's own click goes through; what that refuses stays
refused, with its sentence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from vibecraft.jobs.lists import FastList
from vibecraft.media.errors import MediaError
from vibecraft.problems import DELETED, Problem, price_or_nothing

Row = TypeVar("Row", bound=Model)
ROWS_AT_ONCE = 200
ROWS_SHOWN = 20
# What the audit's filter asks for.
REFUSED = "could not"


@dataclass(frozen=True)
class Act:
    """One thing that can be done to a row. `do` raises Problem where it is refused.

    `does` tells whoever confirms what will happen; `price` is what one row will cost in US dollars,
    and may raise Problem as `do` does.
    """

    name: str
    verb: str
    done: str
    does: str
    permission: str
    do: Callable[[Any], object]
    price: Callable[[Any], Decimal] | None = None
    is_final: bool = False


@dataclass
class Outcome:
    """What came of an act: the rows it was done to, and those that refused, with the reason."""

    done: list[Any] = field(default_factory=list)
    refused: list[tuple[Any, str]] = field(default_factory=list)

    def sentence(self, act: Act) -> str:
        """`3 of 5 retried; 2 could not: This video is made already. (2)`."""
        total = len(self.done) + len(self.refused)
        said = f"{len(self.done)} of {total} {act.done}"
        if not self.refused:
            return f"{said}."
        reasons = Counter(reason for _, reason in self.refused)
        listed = [f"{text} ({n})" if len(reasons) > 1 else text for text, n in reasons.items()]
        return f"{said}; {len(self.refused)} {REFUSED}: {' '.join(listed)}"


def perform(act: Act, rows: Iterable[Any]) -> Outcome:
    """Do an act to each row; one that refuses does not keep the others."""
    outcome = Outcome()
    for row in rows:
        try:
            act.do(row)
        except (Problem, MediaError) as refusal:
            outcome.refused.append((row, refusal.sentence))
        except ObjectDoesNotExist:
            outcome.refused.append((row, DELETED))
        except OSError as error:
            outcome.refused.append((row, f"The storage did not answer: {error}"))
        else:
            outcome.done.append(row)
    return outcome


def write_down(user_id: Any, act: Act, outcome: Outcome) -> None:
    """One line of the audit for each row: who, what, to which row, and what came of it."""
    told = [(row, f"{act.verb}: done.") for row in outcome.done]
    told += [(row, f"{act.verb}: {REFUSED}. {reason}") for row, reason in outcome.refused]
    LogEntry.objects.bulk_create(
        LogEntry(
            user_id=user_id,
            content_type=ContentType.objects.get_for_model(row),
            object_id=str(row.pk),
            object_repr=str(row)[:200],
            action_flag=CHANGE,
            change_message=message,
        )
        for row, message in told
    )


class WithActs(FastList[Row]):
    """A list whose rows can be acted upon: from the list, and from a row's own page."""

    acts: Sequence[Act] = ()
    change_form_template = "admin/acting_form.html"

    def acts_of(self, request: HttpRequest) -> list[Act]:
        """The acts that this operator is allowed."""
        user = request.user
        return [act for act in self.acts if user.has_perm(act.permission)]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        offered: dict[str, Any] = dict(super().get_actions(request))
        for act in self.acts_of(request):
            offered[act.name] = (partial(_act, act), act.name, f"{act.verb} …")
        return offered

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {"acts": self.acts_of(request), **(extra_context or {})}
        return super().change_view(request, object_id, form_url, context)


def _act(
    act: Act, site: WithActs[Any], request: HttpRequest, chosen: QuerySet[Any]
) -> HttpResponse | None:
    """Ask, or once it is confirmed, do it and say what came of it."""
    rows = list(chosen[: ROWS_AT_ONCE + 1])
    if len(rows) > ROWS_AT_ONCE:
        said = f"Choose at most {ROWS_AT_ONCE} rows; for more there are the commands."
        site.message_user(request, said, messages.ERROR)
        return None
    if request.POST.get("confirmed") != act.name:
        return _ask(act, site, request, rows)
    outcome = perform(act, rows)
    write_down(request.user.pk, act, outcome)
    level = messages.WARNING if outcome.refused else messages.SUCCESS
    site.message_user(request, outcome.sentence(act), level)
    return None


def _ask(act: Act, site: WithActs[Any], request: HttpRequest, rows: list[Any]) -> HttpResponse:
    opts = site.model._meta
    context = {
        **site.admin_site.each_context(request),
        "title": f"{act.verb}: are you sure?",
        "act": act,
        "opts": opts,
        "rows": rows,
        "shown": rows[:ROWS_SHOWN],
        "more": max(0, len(rows) - ROWS_SHOWN),
        "usd": sum((_price(act, row) for row in rows), Decimal(0)),
        "checkbox": ACTION_CHECKBOX_NAME,
        "address": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/confirm_act.html", context)


def _price(act: Act, row: Any) -> Decimal:
    return price_or_nothing(act.price, row) if act.price else Decimal(0)
