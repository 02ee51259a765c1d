"""Predictions: paid calls of the service that makes pictures, words and music."""

from __future__ import annotations

from django.apps import AppConfig


class PredictionsConfig(AppConfig):
    name = "vibecraft.predictions"

    def ready(self) -> None:
        # Registering happens at import; Django loads this module only now, when all models exist.
        from vibecraft.predictions import checks  # noqa: F401
