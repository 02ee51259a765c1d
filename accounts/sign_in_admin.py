"""The operators' view of sign-ins, of who is slowed, and of programs' tokens.

Lists of others are made to stay fast: they are sorted by their ids, in which they were written, and nothing
is looked through whole: no calendar above the list, no values of a column gathered for a filter. Axes says
nothing of its types, and the tokens' lists say theirs too narrowly.
"""

from __future__ import annotations

from datetime import datetime

from axes.admin import (
    AccessAttemptAdmin,
    AccessFailureLogAdmin,
    AccessLogAdmin,
    IsLockedOutFilter,
)
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from rest_framework_simplejwt.token_blacklist.admin import (
    BlacklistedTokenAdmin,
    OutstandingTokenAdmin,
)
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from accounts import guessing
from accounts.models import Guesses
from vibecraft.jobs.acts import Act
from vibecraft.jobs.admin import MachineMade, YesFilter
from vibecraft.jobs.lists import FastList, WhenFilter

SEARCHED = ("username", "ip_address", "user_agent")

for model in (AccessAttempt, AccessFailureLog, AccessLog, BlacklistedToken, OutstandingToken):
    admin.site.unregister(model)


FORGIVE = Act(
    "forgive",
    "Let in again",
    "let in again",
    "Forgets the wrong passwords of each account at each place, so that another can be tried at once. "
    "Passwords stay as they are.",
    "accounts.change_guesses",
    guessing.forgive,
)


class SlowedFilter(YesFilter):
    title = "Does it have to wait?"
    parameter_name = "slowed"

    def fitting(self, rows: QuerySet[Guesses]) -> QuerySet[Guesses]:
        return rows & guessing.slowed()


@admin.register(Guesses)
class GuessesAdmin(MachineMade[Guesses]):
    """What slows sign-ins: how often the password of an account was tried at a place, and everywhere."""

    list_display = ("name", "place", "tries", "waits_until", "began_at")
    list_filter = (SlowedFilter, ("began_at", WhenFilter))
    search_fields = ("name", "where")
    search_help_text = "E-mail address or network address."
    ordering = ("-began_at",)
    fields = readonly_fields = ("name", "place", "tries", "waits_until", "began_at")
    acts = (FORGIVE,)

    @admin.display(description="place", ordering="where")
    def place(self, tally: Guesses) -> str:
        return tally.where or "everywhere it was not signed in from"

    @admin.display(description="tries", ordering="taken")
    def tries(self, tally: Guesses) -> str:
        return f"{tally.taken} of {guessing.rule_of(tally.where)[0]}"

    @admin.display(description="has to wait until")
    def waits_until(self, tally: Guesses) -> datetime | None:
        limit, period = guessing.rule_of(tally.where)
        over = tally.began_at + period
        return over if tally.taken >= limit and over > timezone.now() else None


@admin.register(AccessAttempt)
class AttemptAdmin(FastList[AccessAttempt], AccessAttemptAdmin):  # type: ignore[misc]
    """Wrong passwords, with what came along. Who has to wait for them stands in the tallies."""

    date_hierarchy = None
    list_filter = (IsLockedOutFilter, ("attempt_time", WhenFilter))
    search_fields = SEARCHED
    ordering = ("-id",)

    def has_delete_permission(self, request: HttpRequest, obj: AccessAttempt | None = None) -> bool:
        return False


@admin.register(AccessFailureLog)
class FailureAdmin(FastList[AccessFailureLog], AccessFailureLogAdmin):  # type: ignore[misc]
    date_hierarchy = None
    list_filter = ("locked_out", ("attempt_time", WhenFilter))
    search_fields = SEARCHED
    ordering = ("-id",)


@admin.register(AccessLog)
class SignInAdmin(FastList[AccessLog], AccessLogAdmin):  # type: ignore[misc]
    date_hierarchy = None
    list_filter = (("attempt_time", WhenFilter),)
    search_fields = SEARCHED
    ordering = ("-id",)


@admin.register(OutstandingToken)
class TokenAdmin(FastList[OutstandingToken], OutstandingTokenAdmin):
    search_fields = ("user__id", "jti", "user__email")  # type: ignore[assignment]
    ordering = ("-id",)


@admin.register(BlacklistedToken)
class RefusedTokenAdmin(FastList[BlacklistedToken], BlacklistedTokenAdmin):
    search_fields = ("token__user__id", "token__jti", "token__user__email")  # type: ignore[assignment]
    ordering = ("-id",)
