"""What can become of a call that went wrong: stable codes, the user's sentences, what may be tried.

The service's own words are for the log and the admin only; the user reads the sentences here.
"""

from __future__ import annotations

import re

from vibecraft.problems import Problem

SENTENCES: dict[str, str] = {
    "provider_busy": (
        "The service that runs the AI models is very busy at the moment. Try again in a few "
        "minutes."
    ),
    "provider_failed": "The AI model failed at this one. That happens now and then: try it again.",
    "output_bad": "What the AI model sent could not be used. Try it again.",
    "output_lost": (
        "What the AI model made was deleted before it could be fetched. Making it again costs "
        "again, so it was not done by itself: start it when you want it."
    ),
    "refused_content": (
        "The AI model refused this because of its rules on content. Change the words or the "
        "picture, then try again."
    ),
    "bad_input": (
        "The AI model did not take this combination of choices. Change them, or choose another "
        "model."
    ),
    "model_gone": "This AI model cannot be used at the moment. Choose another model.",
    "no_credit": (
        "The AI models cannot be used at the moment, because the operator's account is out of "
        "credit. Nothing was charged to you; try again later."
    ),
    "provider_auth": (
        "The AI models cannot be used at the moment, because the operator's access to them does "
        "not work. Tell the operator."
    ),
    "lost_answer": (
        "The connection broke while this was ordered, and the service does not know of the order. "
        "Try it again."
    ),
    "order_unknown": (
        "The connection broke while this was ordered, and whether the service took the order could "
        "not be learned in time. It may have been made, so it was not ordered again by itself: "
        "start it when you want it. It does not count against your budget."
    ),
    "too_late": "The AI model took far too long, so it was stopped. Try it again.",
    "canceled": "This was canceled.",
}

# After these a new call (a new row, a new price) may be tried by itself: nothing was made, or nothing
# that could be used. Not after `output_lost` and `order_unknown`, which may have been paid for.
RETRIABLE = frozenset({"provider_busy", "provider_failed", "output_bad", "too_late", "lost_answer"})

CODE = re.compile(r"\((E\d{3,5})\)|\bcode:\s*(PA)\b")
_BY_CODE = {
    "E005": "refused_content",
    "E1001": "model_gone",  # out of memory: it would end so again
    "E4875": "bad_input",
    "E8765": "provider_busy",
}
_BY_WORDS = (
    (re.compile(r"nsfw|sensitive|moderat|flagged|content polic|safety", re.I), "refused_content"),
    (re.compile(r"out of memory", re.I), "model_gone"),
    (
        re.compile(r"\b(invalid|requires?|required|must be|cannot be|only supports?)\b", re.I),
        "bad_input",
    ),
)
_BY_STATUS = {
    400: "bad_input",
    401: "provider_auth",
    402: "no_credit",
    403: "provider_auth",
    404: "model_gone",
    405: "model_gone",
    413: "bad_input",
    415: "bad_input",
    422: "bad_input",
    429: "provider_busy",
}


def problem(code: str, detail: str = "") -> Problem:
    """The failure of a call, as its row keeps it. `detail` is the technical side, for operators."""
    return Problem(code, SENTENCES[code], status=502, detail=detail)


def code_in(text: str) -> str:
    """The service's code anywhere in a text ("E9828", "PA"), or nothing."""
    found = CODE.search(text)
    return next(filter(None, found.groups())) if found else ""


def class_of_failure(error: object) -> str:
    """The code for what the service says of a prediction that failed (any JSON)."""
    text = str(error or "")
    code = code_in(text)
    if code:
        return _BY_CODE.get(code, "provider_failed")
    by_words = (kind for words, kind in _BY_WORDS if words.search(text))
    return next(by_words, "provider_failed")


def class_of_refusal(status: int, title: str = "") -> str:
    """The code for an HTTP answer that refuses a creation."""
    if status == 422 and "version" in title.lower():
        return "model_gone"
    return _BY_STATUS.get(status, "provider_failed")
