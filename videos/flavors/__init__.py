"""Flavors: named sets of prompts, shots and parameters, one folder each."""

from __future__ import annotations

from videos.flavors.loader import DEFAULT, flavors, get_flavor, load_flavors
from videos.flavors.types import Flavor, Parameters, Prompts, Shots

__all__ = [
    "DEFAULT",
    "Flavor",
    "Parameters",
    "Prompts",
    "Shots",
    "flavors",
    "get_flavor",
    "load_flavors",
]
