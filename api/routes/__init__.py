"""``/v1``: what programs and other front ends use."""

from fastapi import APIRouter

from . import (
    audit,
    decisions,
    flags,
    people,
    policy,
    quality,
    screenings,
    session,
    steps,
    work,
)

router = APIRouter(prefix="/v1")
for module in (
    session,
    screenings,
    flags,
    work,
    decisions,
    steps,
    quality,
    people,
    audit,
    policy,
):
    router.include_router(module.router)
