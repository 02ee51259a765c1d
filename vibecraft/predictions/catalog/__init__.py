"""The models that make pictures, words and music: what each takes, makes and costs.

One file for each kind lies in `models/`. Adding a model is adding an entry there.
"""

from __future__ import annotations

from vibecraft.predictions.catalog.defaults import default_key
from vibecraft.predictions.catalog.inputs import build_input, check_input
from vibecraft.predictions.catalog.shelf import catalog, get_model, models_of
from vibecraft.predictions.catalog.types import (
    AnyLength,
    Input,
    MadeLength,
    Model,
    Price,
    Size,
    Tier,
    UnknownModel,
)

__all__ = [
    "AnyLength",
    "Input",
    "MadeLength",
    "Model",
    "Price",
    "Size",
    "Tier",
    "UnknownModel",
    "build_input",
    "catalog",
    "check_input",
    "default_key",
    "get_model",
    "models_of",
]
