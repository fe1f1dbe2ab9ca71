"""What every request passes: a size limit, security headers, a time measured."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import problem
from .metrics import Metrics

#: The largest body, in bytes.
LARGEST_BODY = 32 * 1024 * 1024
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


def _by_hand(scope: Scope) -> bool:
    """Whether a person changes something: programs send a key, and far too often to count anew each time."""
    headers = dict(scope["headers"])
    return scope["method"] not in ("GET", "HEAD", "OPTIONS") and b"authorization" not in headers


class _TooLarge(Exception):
    pass


class Guards:
    """Pure ASGI, so that bodies are refused while they arrive and nothing is copied."""

    def __init__(
        self, app: ASGIApp, metrics: Metrics, changed: Callable[[], None] = lambda: None
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._changed = changed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500
        received = 0
        started = False

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > LARGEST_BODY:
                raise _TooLarge
            return message

        async def guarded(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                if status < 400 and _by_hand(scope):
                    self._changed()
                headers = list(message.get("headers", ()))
                headers += [(k.encode(), v.encode()) for k, v in _HEADERS.items()]
                if not scope["path"].startswith("/static/"):
                    headers.append((b"cache-control", b"no-store"))
                message = message | {"headers": headers}
            await send(message)

        try:
            length = dict(scope["headers"]).get(b"content-length", b"0")
            if length.isdigit() and int(length) > LARGEST_BODY:
                raise _TooLarge
            await self._app(scope, limited, guarded)
        except _TooLarge:
            if not started:
                limit = LARGEST_BODY // 1024 // 1024
                answer = problem(413, "大きすぎます", f"本文は{limit}MiBまでです。")
                await answer(scope, receive, guarded)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            taken = time.perf_counter() - began
            self._metrics.requests.labels(route, scope["method"], str(status)).observe(taken)
