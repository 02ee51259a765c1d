"""Signing up, in and out, and the account page."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from accounts.closing import delete_account
from accounts.forms import (
    WRONG_PAIR,
    ChangePasswordForm,
    PasswordOfUserForm,
    RegisterForm,
    SignInForm,
)
from accounts.gate import signed_in, user_of
from accounts.joining import join
from accounts.tokens import living_tokens, make_token, revoke_token
from vibecraft.problems import Problem

BACKEND = "django.contrib.auth.backends.ModelBackend"


@sensitive_post_parameters("password")
def register(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("library")
    form = RegisterForm(request.POST or None)
    if form.is_valid():
        try:
            user = join(form.cleaned_data["email"], form.cleaned_data["password"])
        except Problem as problem:
            form.refuse(problem.errors or {})
        else:
            login(request, user, backend=BACKEND)
            messages.success(request, "Welcome. Bring your first song to begin.")
            return redirect(next_page(request, "songs"))
    return _form_page(request, "accounts/register.html", form)


@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in and go where the visitor wanted to go; after repeated failures, 429 (lockout.py)."""
    form = SignInForm(request.POST or None)
    if form.is_valid():
        password = form.cleaned_data["password"]
        user = authenticate(request, username=form.address, password=password)
        if user is not None:
            login(request, user)
            return redirect(next_page(request, settings.LOGIN_REDIRECT_URL))
        form.add_error(None, WRONG_PAIR)
    return _form_page(request, "accounts/sign_in.html", form)


def _form_page(
    request: HttpRequest, template: str, form: RegisterForm | SignInForm
) -> HttpResponse:
    context = {"form": form, "next": next_page(request, "")}
    return render(request, template, context, status=400 if form.errors else 200)


def next_page(request: HttpRequest, otherwise: str) -> str:
    """Where the visitor was going, if that is a page of ours; else `otherwise` (a URL name)."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    hosts = {request.get_host()}
    if url_has_allowed_host_and_scheme(wanted, hosts, require_https=request.is_secure()):
        return wanted
    return resolve_url(otherwise) if otherwise else ""


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    messages.success(request, "You are signed out.")
    return redirect("home")


@require_safe
@signed_in
def account(request: HttpRequest) -> HttpResponse:
    return _account_page(request)


@require_POST
@sensitive_post_parameters()
@signed_in
def change_password(request: HttpRequest) -> HttpResponse:
    form = ChangePasswordForm(user_of(request), request.POST, prefix="change")
    if not form.is_valid():
        return _account_page(request, change=form)
    form.save()
    update_session_auth_hash(request, form.user)
    messages.success(request, "Your password is changed.")
    return redirect("account")


@require_POST
@sensitive_post_parameters()
@signed_in
def delete(request: HttpRequest) -> HttpResponse:
    form = PasswordOfUserForm(user_of(request), request.POST, prefix="delete")
    if not form.is_valid():
        return _account_page(request, delete=form)
    try:
        delete_account(form.user)
    except Problem as problem:
        messages.error(request, problem.sentence)
        return redirect("account")
    logout(request)
    messages.success(request, "Your account and everything in it is deleted.")
    return redirect("home")


def _account_page(
    request: HttpRequest,
    *,
    change: ChangePasswordForm | None = None,
    delete: PasswordOfUserForm | None = None,
) -> HttpResponse:
    user = user_of(request)
    context = {
        "nav": "account",
        "change_form": change or ChangePasswordForm(user, prefix="change"),
        "delete_form": delete or PasswordOfUserForm(user, prefix="delete"),
    }
    return render(
        request, "accounts/account.html", context, status=400 if change or delete else 200
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def tokens(request: HttpRequest) -> HttpResponse:
    """The tokens of the user's programs; a POST makes one and shows it, this once."""
    made = make_token(user_of(request)) if request.method == "POST" else None
    context = {
        "nav": "account",
        "made": str(made) if made else "",
        "tokens": living_tokens(user_of(request)),
        "days": RefreshToken.lifetime.days,
        "minutes": AccessToken.lifetime.seconds // 60,
        "site": settings.SITE_URL,
    }
    response = render(request, "accounts/tokens.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
@signed_in
def revoke(request: HttpRequest, jti: str) -> HttpResponse:
    if not revoke_token(user_of(request), jti):
        raise Http404
    messages.success(request, "The token is revoked.")
    return redirect("account-tokens")
