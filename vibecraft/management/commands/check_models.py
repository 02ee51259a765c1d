"""`manage.py check_models`: the catalog against the service's own description of each model."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.management.base import BaseCommand

from vibecraft.management.selecting import EXIT_CODES, SomeFailed, WrongUse
from vibecraft.predictions import client
from vibecraft.predictions.catalog import Model, catalog
from vibecraft.predictions.catalog.drift import differences
from vibecraft.predictions.ordering import is_on

NOT_THERE = (404, 410)


class Command(BaseCommand):
    help = (
        "Asks the service for the schema of each model of the catalog and says what differs: models "
        "and versions that are gone, inputs, choices and limits that have changed. Reads only; "
        "nothing is ordered and nothing is written. Needs REPLICATE_API_TOKEN. What differs counts as "
        "failed. " + EXIT_CODES
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("models", nargs="*", help="Keys of models (default: all).")

    def handle(self, *args: Any, **options: Any) -> None:
        if not is_on():
            raise SomeFailed(
                "There is no token: set REPLICATE_API_TOKEN to compare the catalog with the service."
            )
        models = self._chosen(options["models"])
        differing = [model for model in models if not self._is_equal(model)]
        if differing:
            raise SomeFailed(f"{len(differing)} of {len(models)} models differ.")
        self.stdout.write(self.style.SUCCESS(f"All {len(models)} models are as the catalog says."))

    def _chosen(self, keys: Iterable[str]) -> list[Model]:
        known = {key: model for key, model in catalog().items() if not model.is_builtin}
        unknown = sorted(set(keys) - set(known))
        if unknown:
            raise WrongUse(f"Not in the catalog: {', '.join(unknown)}.")
        return [known[key] for key in keys or known]

    def _is_equal(self, model: Model) -> bool:
        """Say what differs, or nothing."""
        sentences = self._look(model)
        for sentence in sentences:
            self.stdout.write(f"{model.key} ({model.slug}): {sentence}")
        return not sentences

    def _look(self, model: Model) -> list[str]:
        try:
            return differences(model, client.model(model.slug, model.version))
        except client.ApiProblem as problem:
            if problem.status in NOT_THERE:
                return [f"this {'version' if model.version else 'model'} is not there any more"]
            raise SomeFailed(f"The service refuses to answer: {problem}") from problem
        except (client.NotSent, client.AnswerLost) as error:
            raise SomeFailed(f"The service cannot be reached: {error}") from error
