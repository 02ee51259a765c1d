"""What may stand in the prompt of a clip, wherever somebody writes it."""

from __future__ import annotations

from vibecraft.problems import Problem
from vibecraft.texts import can_be_kept

MOST_CHARS = 6000
EMPTY = "A prompt cannot be empty."
TOO_LONG = f"A clip's prompt has at most {MOST_CHARS} characters."
UNSTORABLE = "The prompt has characters that cannot be stored."


def check_prompt(prompt: str, *, is_needed: bool = True) -> None:
    """Raise Problem `invalid` with a sentence about the prompt, if it cannot be used."""
    if is_needed and not prompt.strip():
        sentence = EMPTY
    elif len(prompt) > MOST_CHARS:
        sentence = TOO_LONG
    elif not can_be_kept(prompt):
        sentence = UNSTORABLE
    else:
        return
    raise Problem("invalid", sentence, errors={"prompt": [sentence]})
