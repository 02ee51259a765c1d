"""The routes of finished films: sharing, exports, lyrics as files, making final."""

from __future__ import annotations

from tests.route_rules.kinds import api_row, nobody, page_row

RULES = {
    "shared": nobody("GET"),
    "shared-film": nobody("GET"),
    "shared-poster": nobody("GET"),
    "video-share": page_row("POST"),
    "video-exports": page_row("GET", "POST"),
    "export-file": page_row("GET"),
    "video-lyrics": page_row("GET"),
    "video-finalize": page_row("GET", "POST"),
    # the API
    "api-video-share": api_row("POST", "DELETE"),
    "api-video-exports": api_row("GET", "POST"),
    "api-export-file": api_row("GET"),
    "api-video-lyrics": api_row("GET"),
    "api-video-finalize": api_row("POST"),
    "api-video-finalization-status": api_row("GET"),
}
