"""Trials: the whole site, broken on purpose, must lose nothing. Each is one command."""
