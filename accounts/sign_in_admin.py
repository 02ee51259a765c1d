"""The operators' view of sign-ins and of programs' tokens: lists of others, made to stay fast.

They are sorted by their ids, in which they were written, and nothing is looked through whole: no calendar
above the list, no values of a column gathered for a filter. Axes says nothing of its types, and the tokens'
lists say theirs too narrowly.
"""

from __future__ import annotations

from axes.admin import (
    AccessAttemptAdmin,
    AccessFailureLogAdmin,
    AccessLogAdmin,
    IsLockedOutFilter,
)
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from rest_framework_simplejwt.token_blacklist.admin import (
    BlacklistedTokenAdmin,
    OutstandingTokenAdmin,
)
from rest_framework_simplejwt.token_blacklist.models import BlacklistedToken, OutstandingToken

from vibecraft.jobs.lists import FastList, WhenFilter

SEARCHED = ("username", "ip_address", "user_agent")

for model in (AccessAttempt, AccessFailureLog, AccessLog, BlacklistedToken, OutstandingToken):
    admin.site.unregister(model)


@admin.register(AccessAttempt)
class AttemptAdmin(FastList[AccessAttempt], AccessAttemptAdmin):  # type: ignore[misc]
    """Wrong passwords that count now; deleting one lets its address try again at once."""

    date_hierarchy = None
    list_filter = (IsLockedOutFilter, ("attempt_time", WhenFilter))
    search_fields = SEARCHED
    ordering = ("-id",)


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
