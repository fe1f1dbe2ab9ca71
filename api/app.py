"""Puts the service together."""

from __future__ import annotations

import importlib.metadata
from importlib import resources
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.staticfiles import StaticFiles

from screening.policy import Policy
from screening.screener import Screener
from screening.store import Store

from . import console, errors
from .auth import Anyone, Auth
from .console.numbers import Shelf
from .console.settings import Settings
from .guards import Guards
from .metrics import Metrics
from .routes import router


def create_app(
    store: Store,
    screener: Screener,
    policy: Policy,
    *,
    secret: bytes,
    secure_cookies: bool = False,
    settings: Settings | None = None,
) -> FastAPI:
    """The whole service. ``secret`` (16 bytes or more) signs sessions; keep it between restarts.

    ``secure_cookies`` belongs on wherever the service is reached over HTTPS. ``settings`` are the
    console's.
    """
    app = FastAPI(
        title="カスハラ・スクリーニング API",
        version=importlib.metadata.version("customer-harassment-screening"),
        description="検出は候補を挙げるだけで、判断は必ず人が行います。",
        openapi_url=None,  # served to callers who are signed in, and no page loads from a CDN
        docs_url=None,
        redoc_url=None,
    )
    store.adopt(policy)
    app.state.store = store
    app.state.screener = screener
    app.state.policy = policy
    app.state.metrics = Metrics()
    app.state.console = settings or Settings()
    app.state.waiting = {}
    app.state.past = {}
    app.state.figures = Shelf()
    app.state.auth = Auth(store, secret, secure=secure_cookies)
    app.state.secret = secret
    errors.install(app)

    def changed() -> None:
        """What somebody has just done shows in the numbers of the next page."""
        app.state.waiting.clear()
        app.state.figures.stale()

    app.add_middleware(Guards, metrics=app.state.metrics, changed=changed)
    app.include_router(router)
    console.install(app)
    folder = Path(str(resources.files("api") / "console" / "static"))
    app.mount("/static", StaticFiles(directory=folder), name="static")

    @app.get("/healthz", include_in_schema=False)
    def health() -> Response:
        """Open to everybody, and says nothing but whether the service can work."""
        try:
            return PlainTextResponse("ok" if store.alive() else "database", 200)
        except Exception:
            return PlainTextResponse("database", 503)

    @app.get("/metrics", include_in_schema=False)
    def metrics(request: Request, caller: Anyone) -> Response:
        body = generate_latest(request.app.state.metrics.registry)
        return Response(body, media_type=CONTENT_TYPE_LATEST)

    return app
