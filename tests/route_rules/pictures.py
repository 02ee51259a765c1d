"""The routes of a user's pictures."""

from __future__ import annotations

from tests.route_rules.kinds import api_own, api_row, page_own, page_row

RULES = {
    "assets": page_own("GET", "POST"),
    "asset-make": page_own("POST"),
    "assets-running": page_own("GET"),
    "asset-card": page_row("GET"),
    "asset-again": page_row("POST"),
    "asset-delete": page_row("GET", "POST"),
    "asset-picture": page_row("GET"),
    "asset-thumbnail": page_row("GET"),
    # the API
    "api-assets": api_own("GET", "POST"),
    "api-asset-make": api_own("POST"),
    "api-asset": api_row("GET", "DELETE"),
    "api-asset-file": api_row("GET"),
    "api-asset-thumbnail": api_row("GET"),
}
