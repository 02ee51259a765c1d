"""Closing an account: the user, everything they own, all their files, and what runs for them [A5].

It begins in the request: nobody can sign in any more, no shared film can be seen, everything that
runs is canceled, and what the user brought and made is gone. What takes time follows in a worker,
by a row of its own (`Closing`) that the sweeper rings for until it is done:

- calls that the service has begun are canceled there, and their cost is waited for;
- workers that were busy notice within their lease that their work is gone; what they stored in the
  meantime is deleted after that, and with it the last rows.

The audit outlives whoever stands in it: what an operator did stays, under an id that names nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.cached_db import SessionStore
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Closing, Guesses, User
from vibecraft import storage
from vibecraft.jobs.doorbell import knock_on_commit, ring_on_commit
from vibecraft.jobs.failpoints import failpoint
from vibecraft.jobs.models import Discard, Job
from vibecraft.jobs.runner import Lease
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.ordering import stop
from vibecraft.problems import not_possible

LOOK_SECONDS = 2.0
# So much of a row's name the audit keeps.
REPR_LENGTH = 200
# The service forgets its calls after an hour: no answer comes any more.
CALLS_PATIENCE = timedelta(hours=1)
# Stays for good: what operators have done.
KEPT = (LogEntry,)
# Needed until the end: what was paid for is settled, and what runs writes its history.
KEPT_FOR_NOW = (*KEPT, Job, Prediction)
STILL_AN_OPERATOR = (
    "An operator's account cannot be closed. Ask another operator to take away your right to use the "
    "admin first."
)


def delete_account(user: User) -> Closing:
    """Close the account for good; closing it twice at once closes it once.

    Problem 409 for an operator's: what was done with its rights must not lose its name unseen.
    """
    if User.objects.filter(pk=user.pk, is_staff=True).exists():
        raise not_possible("still_an_operator", STILL_AN_OPERATOR)
    with transaction.atomic():
        closing, is_new = Closing.objects.get_or_create(
            user_id=user.pk, defaults=_what_there_was(user)
        )
        if not is_new:
            return closing
        _hold_work(user)
        _delete_sign_ins(user.email)
        _stop_everything(closing)
        _leave_the_audit(user)
        _delete_belongings(user.pk, but=KEPT_FOR_NOW)
        # The user's row comes last, as it does wherever work begins or ends (see `Job.hold`).
        _shut_out(user)
        Discard.objects.later(storage.user_prefix(user.pk))
        knock_on_commit("discard")
        ring_on_commit(closing)
    return closing


def _what_there_was(user: User) -> dict[str, int]:
    # `songs` and `videos` are other apps' related names: how many there are is all that is asked.
    belongings: Any = user
    return {
        "songs": belongings.songs.count(),
        "videos": belongings.videos.count(),
        "stored_bytes": User.objects.values_list("storage_used_bytes", flat=True).get(pk=user.pk),
    }


def _hold_work(user: User) -> None:
    """Lock all jobs first: one that ends by itself waits here, or has ended before."""
    jobs = Job.objects.for_user(user).active().values_list("pk", flat=True)
    calls = Prediction.objects.for_user(user).active().values_list("job_id", flat=True)
    Job.objects.hold(*jobs, *calls)


def _shut_out(user: User) -> None:
    """From here on nobody is this user; the address may join again."""
    User.objects.filter(pk=user.pk).update(
        is_active=False,
        is_staff=False,
        is_superuser=False,
        email=_nobody(user),
        password=make_password(None),
        last_login=None,
    )
    user.groups.clear()
    user.user_permissions.clear()


def _nobody(user: User) -> str:
    """What stands where the address stood."""
    return f"{user.pk}@closed.invalid"


def _leave_the_audit(user: User) -> None:
    """Its lines stay; the address goes from them, and the names of what was the user's."""
    (_lines_about(User, [user.pk]) | _lines_naming(user.email)).update(object_repr=_nobody(user))
    for model, theirs in _rows_of(user.pk):
        if model not in KEPT_FOR_NOW:
            lines = _lines_about(model, theirs.values_list("pk", flat=True))
            lines.update(object_repr=model._meta.verbose_name)


def _lines_naming(address: str) -> models.QuerySet[LogEntry]:
    """Of sign-ins and their tallies: the address as a word of its own, not as the end of another."""
    named = Q(object_repr=address[:REPR_LENGTH]) | Q(object_repr__startswith=f"{address} ")
    return LogEntry.objects.filter(named | Q(object_repr__contains=f" {address} "))


def _lines_about(model: type[models.Model], keys: Iterable[Any]) -> models.QuerySet[LogEntry]:
    lines = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))
    known = set(lines.values_list("object_id", flat=True))
    return lines.filter(object_id__in=known & {str(key) for key in keys})


def _stop_everything(closing: Closing) -> None:
    for job in Job.objects.filter(owner_id=closing.user_id).active():
        job.cancel()
    calls = Prediction.objects.filter(owner_id=closing.user_id, cancel_asked=False)
    stop(calls)


def _delete_belongings(user_id: UUID, *, but: Collection[type[models.Model]]) -> None:
    """All rows that name the user as theirs, what stands above others first."""
    for model, theirs in _rows_of(user_id):
        if model not in but:
            theirs.delete()


def _rows_of(user_id: UUID) -> Iterator[tuple[type[models.Model], models.QuerySet[Any]]]:
    """(model, rows of the user) of every model that names users as owners."""
    for model in reversed(list(apps.get_models())):
        for field in model._meta.concrete_fields:
            if isinstance(field, models.ForeignKey) and field.related_model is User:
                yield model, model._default_manager.filter(**{field.name: user_id})


def _delete_sign_ins(address: str) -> None:
    """What was written of attempts to sign in, successful ones too."""
    for log in (AccessAttempt, AccessFailureLog, AccessLog):
        log.objects.filter(username=address).delete()
    Guesses.objects.filter(name=address).delete()


def close(lease: Lease, closing: Closing) -> None:
    """Do what can be done now; the row has ended or is due again afterwards.

    Stopping is repeated: a request may have begun something while the account was closed.
    """
    failpoint("closing-claimed")
    _stop_everything(closing)
    if _has_calls(closing) or not _all_have_noticed(closing):
        closing.come_back(LOOK_SECONDS)
        return
    storage.delete_prefix(storage.user_prefix(closing.user_id))
    failpoint("closing-emptied")
    _delete_sessions(closing)
    lease.check()
    with transaction.atomic():
        Discard.objects.filter(prefix__startswith=storage.user_prefix(closing.user_id)).delete()
        paid = Prediction.objects.filter(owner_id=closing.user_id).usd()
        _delete_belongings(closing.user_id, but=KEPT)
        # Whoever stands in the audit stays there as an id.
        User.objects.filter(pk=closing.user_id, logentry=None).delete()
        failpoint("closing-deleted")
        closing.succeed(paid_usd=paid)


def _has_calls(closing: Closing) -> bool:
    """Whether the service still works for the user; each such call was told to end."""
    calls = Prediction.objects.filter(owner_id=closing.user_id).active()
    return calls.exists() and not _is_older(closing, CALLS_PATIENCE)


def _all_have_noticed(closing: Closing) -> bool:
    """Whether every lease that was held when the account was closed has been lost or has run out."""
    return _is_older(closing, timedelta(seconds=settings.LEASE_SECONDS))


def _is_older(closing: Closing, span: timedelta) -> bool:
    """By the database's clock, as everything that workers wait for."""
    return Closing.objects.filter(pk=closing.pk, created_at__lt=Now() - span).exists()


def _delete_sessions(closing: Closing) -> None:
    """Sessions name their user only inside, so all living ones are looked at."""
    living = Session.objects.filter(expire_date__gt=timezone.now())
    for session in living.iterator():
        if session.get_decoded().get(SESSION_KEY) == str(closing.user_id):
            SessionStore(session.session_key).delete()
