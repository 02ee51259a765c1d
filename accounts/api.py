"""Accounts over HTTP: join, sign in and out, see what is used, leave."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken, TokenError
from rest_framework_simplejwt.tokens import RefreshToken

from accounts import serializers as shapes
from accounts.closing import delete_account
from accounts.forms import WRONG_PAIR, WRONG_PASSWORD
from accounts.joining import join
from accounts.models import User
from vibecraft.problems import Problem
from vibecraft.rest import SIGN_IN_AGAIN, ApiView, refusals, valid


def caller(request: Request) -> User:
    """Who is signed in; for views that let nobody else through."""
    assert isinstance(request.user, User), "this view lets strangers through"
    return request.user


def _signed_in(user: User, status: int) -> Response:
    refresh = RefreshToken.for_user(user)
    tokens = {"token": str(refresh.access_token), "refresh": str(refresh)}
    return Response(tokens | {"user": shapes.UserSerializer(user).data}, status=status)


def _owner_of(refresh: str) -> tuple[RefreshToken, User]:
    """A living refresh token and its user.

    Raises Problem 401 for one that is expired, signed out, or of a user who is gone, is blocked or
    has another password by now.
    """
    try:
        token = RefreshToken(refresh)  # type: ignore[arg-type]  # the stub wants an object, text it is
        user = JWTAuthentication().get_user(token)
    except (TokenError, InvalidToken, AuthenticationFailed) as error:
        raise Problem("token_not_valid", SIGN_IN_AGAIN, status=401) from error
    assert isinstance(user, User)
    return token, user


class OpenView(ApiView):
    """A view for everybody. No credentials are read: a stale one must not stand in the way."""

    authentication_classes: tuple[Any, ...] = ()
    permission_classes = (AllowAny,)


class RegisterView(OpenView):
    @extend_schema(
        operation_id="auth_register",
        summary="Join",
        request=shapes.CredentialsSerializer,
        responses={201: shapes.SignedInSerializer, **refusals(400, signed_in=False)},
    )
    def post(self, request: Request) -> Response:
        body = valid(shapes.CredentialsSerializer, request)
        return _signed_in(join(body["email"], body["password"]), 201)


class LoginView(OpenView):
    @extend_schema(
        operation_id="auth_login",
        summary="Sign in",
        description="After repeated failures the address is locked for a while: see `Retry-After`.",
        request=shapes.CredentialsSerializer,
        responses={200: shapes.SignedInSerializer, **refusals(400, 401, 429, signed_in=False)},
    )
    def post(self, request: Request) -> Response:
        body = valid(shapes.CredentialsSerializer, request)
        user = _check_password(request, body["email"].lower(), body["password"])
        if user is None:
            raise Problem("wrong_credentials", WRONG_PAIR, status=401)
        # Tokens make no session; the signal clears the failures that came before.
        user_logged_in.send(sender=User, request=request._request, user=user)
        return _signed_in(user, 200)


def _check_password(request: Request, email: str, password: str) -> User | None:
    """The user, or None. Failures are counted; after too many the middleware answers 429."""
    user = authenticate(request._request, username=email, password=password)
    return user if isinstance(user, User) else None


class RefreshView(OpenView):
    @extend_schema(
        operation_id="auth_refresh",
        summary="Get a new token",
        request=shapes.RefreshSerializer,
        responses={200: shapes.TokenSerializer, **refusals(400, 401, signed_in=False)},
    )
    def post(self, request: Request) -> Response:
        token, _ = _owner_of(valid(shapes.RefreshSerializer, request)["refresh"])
        return Response({"token": str(token.access_token)})


class LogoutView(ApiView):
    @extend_schema(
        operation_id="auth_logout",
        summary="Sign out: the refresh token is dead from here on",
        request=shapes.RefreshSerializer,
        responses={204: None, **refusals(400)},
    )
    def post(self, request: Request) -> Response:
        token, user = _owner_of(valid(shapes.RefreshSerializer, request)["refresh"])
        if user != caller(request):
            raise Problem("token_not_valid", SIGN_IN_AGAIN, status=401)
        token.blacklist()
        return Response(status=204)


class MeView(ApiView):
    @extend_schema(
        operation_id="auth_me",
        summary="Who am I, and what have I used",
        responses={200: shapes.UserSerializer, **refusals()},
    )
    def get(self, request: Request) -> Response:
        return Response(shapes.UserSerializer(caller(request)).data)

    @extend_schema(
        operation_id="auth_delete",
        summary="Delete the account with all its files",
        request=shapes.PasswordSerializer,
        responses={204: None, **refusals(400, 409, 429)},
    )
    def delete(self, request: Request) -> Response:
        password = valid(shapes.PasswordSerializer, request)["password"]
        user = _check_password(request, caller(request).email, password)
        if user is None:
            errors = {"password": [WRONG_PASSWORD]}
            raise Problem("wrong_password", WRONG_PASSWORD, errors=errors)
        delete_account(user)
        return Response(status=204)
