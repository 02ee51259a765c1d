"""The task of an account that is being closed. The argument is an id."""

from __future__ import annotations

from celery import shared_task

from accounts import closing
from accounts.models import Closing
from vibecraft.jobs.runner import run


@shared_task(name="close_account")
def close_account(closing_id: str) -> None:
    row = Closing.objects.filter(pk=closing_id).first()
    run(row, lambda lease: closing.close(lease, row))  # type: ignore[arg-type]
