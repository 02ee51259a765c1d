"""The WSGI entry point."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

import vibecraft.celery  # noqa: F401  -- makes the configured app the current one for senders

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vibecraft.settings")

application = get_wsgi_application()


def _warm() -> None:
    """Read what every process needs, before they part: else their first visitors wait for it."""
    from vibecraft.predictions.catalog import catalog  # noqa: PLC0415  -- needs the apps

    catalog()
    get_resolver()._populate()


_warm()
