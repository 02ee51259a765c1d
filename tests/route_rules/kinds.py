"""What a route gives to each kind of visitor, and the few ways in which ours do."""

from __future__ import annotations

from dataclasses import dataclass

# What a visitor may meet. OK: the act is theirs, whatever comes of it (200, 302, 400, 409, …).
OK, UNKNOWN, SIGN_IN, NO_TOKEN, WRONG_METHOD = "ok", "unknown", "sign-in", "no token", "method"


@dataclass(frozen=True)
class Rule:
    """Methods that a route has, and what they give to each kind of visitor."""

    methods: tuple[str, ...]
    anonymous: str
    charlie: str
    owner: str
    staff: str


def everybody(*methods: str) -> Rule:
    return Rule(methods, OK, OK, OK, OK)


def api_row(*methods: str) -> Rule:
    """One row of the owner's, over the API."""
    return Rule(methods, NO_TOKEN, UNKNOWN, OK, UNKNOWN)


def api_own(*methods: str) -> Rule:
    """The caller's own things, or things that are the same for all who are signed in."""
    return Rule(methods, NO_TOKEN, OK, OK, OK)


def page_row(*methods: str) -> Rule:
    """One row of the owner's, as a page."""
    return Rule(methods, SIGN_IN, UNKNOWN, OK, UNKNOWN)


def page_own(*methods: str) -> Rule:
    return Rule(methods, SIGN_IN, OK, OK, OK)


def nobody(*methods: str) -> Rule:
    """What is not there for anybody: an address of a shared film that opens nothing."""
    return Rule(methods, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)
