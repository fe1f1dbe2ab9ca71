"""Forms that change something: plain posts with the session's CSRF token, so that they need no script."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request


async def _form(request: Request) -> dict[str, str]:
    form = await request.form()
    return {k: v for k, v in form.items() if isinstance(v, str)}


def _checked(request: Request, form: Annotated[dict[str, str], Depends(_form)]) -> dict[str, str]:
    """A form with the session's CSRF token, in its field or in the header that htmx sends."""
    given = form.get("csrf") or request.headers.get("x-csrf-token")
    request.app.state.auth.check_csrf(request, given)
    return form


Checked = Annotated[dict[str, str], Depends(_checked)]
