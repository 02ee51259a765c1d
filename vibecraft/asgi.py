"""The ASGI entry point. Media files are served better by WSGI: synchronous iterators are read whole here."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vibecraft.settings")

application = get_asgi_application()
