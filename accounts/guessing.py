"""Passwords are slow to guess: each try is counted before it is hashed, exact under many at once [A4].

From one address so many tries of one account, and of one account so many from all addresses that it
was never signed in from. So whoever guesses from everywhere locks new places out for a while, and
not its owner at home; sessions and tokens go on anyway.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest

from accounts.models import Guesses, User
from vibecraft.visitors import address_of

TRIES_OF_AN_ACCOUNT, ACCOUNT_PERIOD = 20, timedelta(hours=1)
KNOWN_PERIOD = timedelta(days=30)
EVERYWHERE, AT = "", "at "


class CountedPasswords(ModelBackend):
    """Looks at a password only if the try is allowed; after it, no other backend is asked."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **rest: Any,
    ) -> User:
        """The user whose password this is. PermissionDenied for another, and for one try too many."""
        if request is None or username is None:
            raise PermissionDenied
        name, address = _name(username), address_of(request)
        is_known = _is_known(name, address)
        wait = _wait(name, address, is_known=is_known)
        if wait is not None:
            # What the middleware turns into the answer of `accounts.lockout`.
            request.axes_locked_out = True  # type: ignore[attr-defined]
            request.axes_wait = wait  # type: ignore[attr-defined]
            raise PermissionDenied
        user = super().authenticate(request, username, password, **rest)
        if not isinstance(user, User):
            raise PermissionDenied
        _forget(name, address, is_known=is_known)
        return user


def _name(username: str) -> str:
    return username.strip().lower().replace("\0", "")[: Guesses.NAME_LENGTH]


def _wait(name: str, address: str, *, is_known: bool) -> timedelta | None:
    """Count a try; how long to wait where it is one too many."""
    here = f"{AT}{address}"
    if not _take(name, here):
        return rule_of(here)[1]
    if is_known or _take(name, EVERYWHERE):
        return None
    return ACCOUNT_PERIOD


def rule_of(where: str) -> tuple[int, timedelta]:
    """(how many tries, in which time) of one place, or of all."""
    if where == EVERYWHERE:
        return TRIES_OF_AN_ACCOUNT, ACCOUNT_PERIOD
    return settings.AXES_FAILURE_LIMIT, settings.AXES_COOLOFF_TIME


def slowed() -> QuerySet[Guesses]:
    """The tallies that are used up now: another try is refused until their time is over."""
    return Guesses.objects.filter(
        _used_up(EVERYWHERE) & Q(where=EVERYWHERE) | _used_up(AT) & ~Q(where=EVERYWHERE)
    )


def _used_up(where: str) -> Q:
    limit, period = rule_of(where)
    return Q(taken__gte=limit, began_at__gt=Now() - period)


def forgive(tally: Guesses) -> None:
    """Let somebody try again at once: what was counted goes, here and in the log that axes goes by."""
    with transaction.atomic():
        if tally.where != EVERYWHERE:
            address = tally.where.removeprefix(AT) or None
            AccessAttempt.objects.filter(username__iexact=tally.name, ip_address=address).delete()
        Guesses.objects.filter(pk=tally.pk).delete()


def _take(name: str, where: str) -> bool:
    """Count here and now. A row that is deleted in between is one try refused too many, once."""
    tally, is_new = Guesses.objects.get_or_create(name=name, where=where)
    if is_new:
        Guesses.objects.filter(began_at__lt=Now() - ACCOUNT_PERIOD).exclude(pk=tally.pk).delete()
    return tally.take(*rule_of(where))


def _is_known(name: str, address: str) -> bool:
    """Whether somebody has signed in to this account from this address lately."""
    if not address:
        return False
    signed_in = AccessLog.objects.filter(username=name, ip_address=address)
    return bool(signed_in.filter(attempt_time__gt=Now() - KNOWN_PERIOD).exists())


def _forget(name: str, address: str, *, is_known: bool) -> None:
    """Who knows the password has not guessed: the tries from here, and this one of the account."""
    tallies = Guesses.objects.filter(name=name)
    tallies.filter(where=f"{AT}{address}").delete()
    if not is_known:
        for tally in tallies.filter(where=EVERYWHERE):
            tally.give_back()
