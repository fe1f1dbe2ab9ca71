"""Templates, and what every page needs."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from screening.access import ROLES, Action, may
from screening.errors import ScreeningError
from screening.review import Person
from screening.wellbeing import Exposure, exposure, opened

from . import filters, sight, words
from .settings import Settings

_FOLDER = Path(str(resources.files("api") / "console" / "templates"))
TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)
TEMPLATES.filters["figure"] = words.figure
#: What stands in the navigation: id, address, words, and who sees it.
_PAGES = (
    ("queue", "/", "確認待ち", Action.READ_QUEUE),
    ("care", "/care", "ケア", Action.READ_QUEUE),
    ("decided", "/decided", "決定済み", Action.READ_CASE),
    ("steps", "/steps", "対応", Action.READ_STEPS),
    ("disputes", "/disputes", "食い違い", Action.RESOLVE),
    ("check", "/check", "抜き取り", Action.CHECK),
    ("numbers", "/numbers", "数字", Action.READ_REPORTS),
    ("training", "/training", "研修", Action.READ_CASE),
    ("audit", "/audit", "監査", Action.READ_AUDIT),
    ("people", "/people", "人", Action.MANAGE_PEOPLE),
    ("policy", "/policy", "方針", Action.READ_QUEUE),
)


#: The age up to which the navigation's count may be shown again.
WAITING_SECONDS = 10.0


def settings(request: Request) -> Settings:
    found: Settings = getattr(request.app.state, "console", None) or Settings()
    return found


def seen(request: Request, person: Person) -> Exposure:
    """What the person has opened today."""
    chosen, now = settings(request), datetime.now(UTC)
    entries = opened(request.app.state.store, person, now - timedelta(hours=16))
    return exposure(entries, now, chosen.reading(request.app.state.policy))


def _waiting(request: Request, person: Person, *, care: bool = False) -> int:
    """How many flags wait in the queue, or on the urgent route, as the navigation shows it.

    A few seconds old, because counting costs.
    """
    if not may(person, Action.READ_QUEUE):
        return 0
    known: dict[tuple[str, bool], tuple[float, int]] = request.app.state.waiting
    at, count = known.get((person.id, care), (0.0, 0))
    if time.monotonic() - at > WAITING_SECONDS or not at:
        store, routed = request.app.state.store, tuple(request.app.state.policy.routed)
        asked = {"only": routed or ("",), "all_flags": True} if care else {"without": routed}
        count = store.flags(viewer=person, limit=1, **asked).total
        known[person.id, care] = (time.monotonic(), count)
    return count


def go_on(request: Request, address: str) -> Response:
    """Where to go after something was recorded, also for a script, which goes there itself."""
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


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
    shared: dict[str, Any] = {
        "person": person,
        "csrf": auth.csrf(token) if person and token else "",
        "page": "",
        "list_url": filters.back(request),
        "notice": None,
        "error": None,
    }
    if person:
        shared |= {
            "pages": [p for p in _PAGES if may(person, p[3])],
            "role": "・".join(ROLES[r] for r in ROLES if r in person.roles),
            "waiting": _waiting(request, person) if "waiting" not in context else 0,
            "urgent": _waiting(request, person, care=True),
            "exposure": seen(request, person) if may(person, Action.WORK) else None,
        }
    page = HTMLResponse(TEMPLATES.get_template(template).render(shared | context), status)
    # Another page than the conversation closes what was opened in it; a part of a page does not.
    # The desk does not: whoever needs it comes back to what they left.
    if not template.startswith("_") and template not in ("case.html", "desk.html"):
        sight.close(request, page)
    return page
