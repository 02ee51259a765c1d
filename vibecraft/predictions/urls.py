"""Where the service tells us that a prediction has ended."""

from __future__ import annotations

from django.urls import path

from vibecraft.predictions import webhooks

urlpatterns = [
    path(
        "webhooks/replicate/<uuid:attempt>",
        webhooks.replicate_webhook,
        name="replicate-webhook",
    ),
]
