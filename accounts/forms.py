"""The forms of the account pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from accounts.joining import ADDRESS_LENGTH, NOT_AN_ADDRESS
from accounts.models import User

WRONG_PASSWORD = "This is not your password."
WRONG_PAIR = "The e-mail address and the password do not belong together. Please try again."


def _email() -> forms.EmailField:
    widget = forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    wrong = {"invalid": NOT_AN_ADDRESS, "max_length": NOT_AN_ADDRESS}
    return forms.EmailField(
        label="E-mail", widget=widget, max_length=ADDRESS_LENGTH, error_messages=wrong
    )


def _password(label: str, *, is_new: bool, help_text: str = "") -> forms.CharField:
    complete = "new-password" if is_new else "current-password"
    widget = forms.PasswordInput(attrs={"autocomplete": complete})
    return forms.CharField(label=label, strip=False, widget=widget, help_text=help_text)


class RegisterForm(forms.Form):
    """What is typed; `accounts.joining.join` decides whether it will do."""

    email = _email()
    password = _password("Password", is_new=True, help_text="At least 8 characters.")

    def refuse(self, errors: dict[str, list[str]]) -> None:
        """Put the sentences of a Problem at their fields."""
        for field, sentences in errors.items():
            for sentence in sentences:
                self.add_error(field, sentence)


class SignInForm(forms.Form):
    email = _email()
    password = _password("Password", is_new=False)

    @property
    def address(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class PasswordOfUserForm(forms.Form):
    """A form that asks for the present password."""

    password = _password("Your password", is_new=False)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if not self.user.check_password(password):
            raise ValidationError(WRONG_PASSWORD)
        return password


class ChangePasswordForm(PasswordOfUserForm):
    password = _password("Present password", is_new=False)
    new_password = _password("New password", is_new=True, help_text="At least 8 characters.")

    def clean_new_password(self) -> str:
        password = str(self.cleaned_data["new_password"])
        password_validation.validate_password(password, self.user)
        return password

    def save(self) -> None:
        self.user.set_password(self.cleaned_data["new_password"])
        self.user.save(update_fields=["password"])
