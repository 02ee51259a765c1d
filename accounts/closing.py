"""Closing an account: the user, everything they own, and all their files [A5]."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from vibecraft import storage
from vibecraft.jobs.doorbell import knock_on_commit
from vibecraft.jobs.models import Discard


def delete_account(user: User) -> None:
    """Delete the user with songs, videos and jobs; their files go right afterwards.

    A worker that is busy for them notices at its next step that its row is gone, and stops.
    Sessions and tokens of the user are worth nothing from here on.
    """
    with transaction.atomic():
        Discard.objects.later(storage.user_prefix(user.pk))
        user.delete()
        knock_on_commit("discard")
