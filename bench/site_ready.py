"""Importing this sets Django up, as the benchmarks need that read the catalog of models."""

from __future__ import annotations

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vibecraft.settings")
django.setup()
