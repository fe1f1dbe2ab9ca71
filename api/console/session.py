"""Signing in and out, and the script that pages load."""

from __future__ import annotations

from importlib import resources
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import FileResponse, RedirectResponse

from screening.errors import PermissionDenied

from .forms import Checked
from .pages import render

router = APIRouter(include_in_schema=False)


@router.get("/static/htmx.min.js")
def htmx() -> Response:
    """The package's own file, so that its version is the installed one."""
    file = resources.files("js_lib_htmx") / "static" / "htmx" / "htmx.min.js"
    return FileResponse(str(file), media_type="text/javascript")


@router.get("/login")
def login_page(request: Request, next: str = "/") -> Response:
    return render(
        request, "login.html", next=next, name="", demo=getattr(request.app.state, "demo", None)
    )


@router.post("/login")
def login(
    request: Request,
    name: Annotated[str, Form()],
    password: Annotated[str, Form()],
    next: Annotated[str, Form()] = "/",
) -> Response:
    # Other sites cannot post here with effect: the answer's cookie is SameSite=Strict.
    address = request.client.host if request.client else None
    try:
        person = request.app.state.store.people.authenticate(name, password, address)
    except PermissionDenied as error:
        return render(
            request,
            "login.html",
            status=403,
            next=next,
            name=name,
            error=str(error),
            demo=getattr(request.app.state, "demo", None),
        )
    local = next.startswith("/") and not next.startswith(("//", "/\\"))
    response = RedirectResponse(next if local else "/", 303)
    request.app.state.auth.sign_in(response, person)
    return response


@router.post("/logout")
def logout(request: Request, form: Checked) -> Response:
    response = RedirectResponse("/login", 303)
    request.app.state.auth.sign_out(request, response)
    return response
