"""The WSGI entry point."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

import vibecraft.celery  # noqa: F401  -- makes the configured app the current one for senders

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vibecraft.settings")

application = get_wsgi_application()
