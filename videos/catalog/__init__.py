"""The models that can make clips: entries of models.yaml."""

from __future__ import annotations

from videos.catalog.loader import (
    UnknownModel,
    catalog,
    default_model_key,
    footage_of,
    get_model,
    load_catalog,
)
from videos.catalog.types import AnyLength, Input, MadeLength, Model, Price, Size

__all__ = [
    "AnyLength",
    "Input",
    "MadeLength",
    "Model",
    "Price",
    "Size",
    "UnknownModel",
    "catalog",
    "default_model_key",
    "footage_of",
    "get_model",
    "load_catalog",
]
