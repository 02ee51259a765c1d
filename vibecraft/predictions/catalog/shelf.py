"""All models of all files, read once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from vibecraft.predictions.catalog.loader import load_catalog
from vibecraft.predictions.catalog.types import Model, UnknownModel

FOLDER = Path(__file__).with_name("models")


@cache
def catalog() -> Mapping[str, Model]:
    """Return all models by key, in the order of the files."""
    return load_catalog(FOLDER)


@cache
def models_of(kind: str) -> Mapping[str, Model]:
    """Return the models of one kind by key, in the order of its file."""
    found = {key: model for key, model in catalog().items() if model.kind == kind}
    return MappingProxyType(found)


def get_model(key: str) -> Model:
    """Return one model. Raises `UnknownModel`."""
    try:
        return catalog()[key]
    except KeyError as error:
        raise UnknownModel(key) from error
