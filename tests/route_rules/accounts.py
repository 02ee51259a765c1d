"""The routes of accounts, and those before one has one."""

from __future__ import annotations

from tests.route_rules.kinds import api_own, everybody, nobody, page_own, page_row

RULES = {
    "home": everybody("GET"),
    "help": everybody("GET"),
    "guide": everybody("GET"),
    "register": everybody("GET", "POST"),
    "sign-in": everybody("GET", "POST"),
    "sign-out": everybody("POST"),
    "account": page_own("GET"),
    "account-password": page_own("POST"),
    "account-delete": page_own("POST"),
    "account-tokens": page_own("GET", "POST"),
    "account-token-revoke": page_row("POST"),
    "styleguide": nobody("GET"),
    "account-costs": page_own("GET"),
    # the API
    "api-register": everybody("POST"),
    "api-login": everybody("POST"),
    "api-refresh": everybody("POST"),
    "api-logout": api_own("POST"),
    "api-me": api_own("GET", "DELETE"),
    "api-uploads": api_own("POST"),
}
