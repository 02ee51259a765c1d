"""The gate in front of pages: who is not signed in is led to the sign-in page and back."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url

from accounts.models import User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def signed_in(view: View[P]) -> View[P]:
    """Let only signed-in users through.

    A fragment that htmx asks for must not become a sign-in page inside of another page: there the
    whole page is led to the sign-in.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        if request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Redirect": resolve_url("sign-in")})
        return redirect_to_login(request.get_full_path())

    return guarded


def user_of(request: HttpRequest) -> User:
    """The signed-in user, for views behind the gate."""
    return cast(User, request.user)
