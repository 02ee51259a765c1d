"""Every route of the site, declared with what it gives to each kind of visitor; a module a noun."""

from __future__ import annotations

from tests.route_rules import accounts, films, pictures, platform, songs, videos
from tests.route_rules.kinds import Rule

NOUNS = (accounts, songs, videos, films, pictures, platform)
RULES: dict[str, Rule] = {name: rule for noun in NOUNS for name, rule in noun.RULES.items()}
