"""The platform as a Django app: it brings the system checks, the commands and the template tags."""

from __future__ import annotations

from django.apps import AppConfig

import vibecraft.celery  # noqa: F401  -- makes the configured app the one that sends messages


class VibecraftConfig(AppConfig):
    name = "vibecraft"

    def ready(self) -> None:
        # Registering happens at import; Django loads this module only now, when all models exist.
        from vibecraft import checks
        from vibecraft.predictions import checks as _  # noqa: F401  -- theirs belong to it

        checks.refuse_wrong_settings()
