"""Cheap calls to test with: words, which need no drawing, and a small picture."""

from __future__ import annotations

import uuid
from typing import Any

from vibecraft.predictions.models import Prediction, Purpose
from vibecraft.predictions.ordering import order

WORDS = "gpt-5-structured"
SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string"}},
    "required": ["title"],
    "additionalProperties": False,
}


def order_words(owner: Any, prompt: str = "a night drive", **more: Any) -> Prediction:
    values = {"prompt": prompt, "schema": SCHEMA} | more.pop("values", {})
    return _order(owner, Purpose.SCENES, WORDS, values, **more)


def order_still(owner: Any, prompt: str = "a red kite", **more: Any) -> Prediction:
    values = {"prompt": prompt, "aspect_ratio": "16:9", "seed": 7} | more.pop("values", {})
    return _order(owner, Purpose.STILL, more.pop("model", "flux-schnell"), values, **more)


def _order(owner: Any, purpose: Purpose, model: str, values: Any, **more: Any) -> Prediction:
    subject = more.pop("subject_id", uuid.uuid4())
    return order(
        owner=owner,
        purpose=purpose,
        model=model,
        values=values,
        subject_id=subject,
        keep_at=f"{owner.pk}/made/{subject}",
        **more,
    )
