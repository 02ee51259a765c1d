"""The routes of the platform itself: jobs, health, the description of the API."""

from __future__ import annotations

from tests.route_rules.kinds import NO_TOKEN, OK, UNKNOWN, Rule, api_row, everybody

RULES = {
    # The service that makes AI pictures: its signature is its token.
    "replicate-webhook": Rule(("POST",), NO_TOKEN, NO_TOKEN, NO_TOKEN, NO_TOKEN),
    "health": everybody("GET"),
    "ready": everybody("GET"),
    "metrics": Rule(("GET",), UNKNOWN, UNKNOWN, UNKNOWN, OK),
    "api-schema": everybody("GET"),
    "api-docs": everybody("GET"),
    # For operators only; to everybody else it is not there.
    "api-cache-stats": Rule(("GET",), NO_TOKEN, UNKNOWN, UNKNOWN, OK),
    "api-job": api_row("GET"),
    "api-job-cancel": api_row("POST"),
}
