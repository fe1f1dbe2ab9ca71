"""The console's addresses, gathered. Every action is a form, so that it works without scripts as well."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI

from . import (
    audit,
    case,
    decided,
    desk,
    numbers,
    people,
    policies,
    queue,
    reports,
    second,
    session,
    steps,
    thresholds,
    work,
)

router = APIRouter(include_in_schema=False)
for module in (
    session,
    queue,
    decided,
    case,
    work,
    policies,
    second,
    steps,
    reports,
    thresholds,
    numbers,
    audit,
    people,
    desk,
):
    router.routes.extend(module.router.routes)


def install(app: FastAPI) -> None:
    app.include_router(router)
