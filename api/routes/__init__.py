"""``/v1``: what programs and other front ends use."""

from fastapi import APIRouter

from . import decisions, flags, policy, screenings, session

router = APIRouter(prefix="/v1")
for module in (session, screenings, flags, decisions, policy):
    router.include_router(module.router)
