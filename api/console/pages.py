"""Templates, and what every page needs."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from screening.errors import ScreeningError
from screening.review import Person

_FOLDER = Path(str(resources.files("api") / "console" / "templates"))
_TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True
)
_STRICT = _TEMPLATES.overlay(undefined=StrictUndefined)


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    person: Person | None = None,
    **context: Any,
) -> Response:
    """A page for whoever is signed in."""
    auth = request.app.state.auth
    if person is None:
        try:
            person = auth.person(request)
        except ScreeningError:
            person = None
    token = auth.token(request)
    shared = {
        "person": person,
        "csrf": auth.csrf(token) if person and token else "",
        "page": "",
        "notice": None,
        "error": None,
    }
    if person:
        shared["waiting"] = request.app.state.store.flags(limit=1).total
    page = _STRICT.get_template(template).render(shared | context)
    return HTMLResponse(page, status)
