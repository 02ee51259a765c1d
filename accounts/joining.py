"""Joining: a new user from an e-mail address and a password [A1]."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts.models import User
from vibecraft.problems import Problem

TAKEN = "There is an account with this e-mail address already. Sign in instead."
NOT_AN_ADDRESS = "Enter an e-mail address like you@example.org."
ADDRESS_LENGTH = 254


def join(email: str, password: str) -> User:
    """Make the account; Problem with `errors` for each field when it is refused.

    Two people who take the same address at once are told apart by the database.
    """
    email = email.strip().lower()
    errors = {"email": _wrong_with_email(email), "password": _wrong_with_password(email, password)}
    found = {field: sentences for field, sentences in errors.items() if sentences}
    if found:
        raise _refused(found)
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password)
    except IntegrityError as error:
        raise _refused({"email": [TAKEN]}) from error


def _refused(errors: dict[str, list[str]]) -> Problem:
    return Problem("invalid", next(iter(errors.values()))[0], errors=errors)


def _wrong_with_email(email: str) -> list[str]:
    try:
        validate_email(email)
    except ValidationError:
        return [NOT_AN_ADDRESS]
    if len(email) > ADDRESS_LENGTH:
        return [NOT_AN_ADDRESS]
    return [TAKEN] if User.objects.filter(email=email).exists() else []


def _wrong_with_password(email: str, password: str) -> list[str]:
    try:
        validate_password(password, User(email=email))
    except ValidationError as error:
        return list(error.messages)
    return []
