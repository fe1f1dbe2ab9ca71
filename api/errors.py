"""Errors of the core become problem details (RFC 9457), or a page where a browser asked for one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException

from screening.errors import (
    Conflict,
    IntakeError,
    NotFound,
    PermissionDenied,
    ReviewError,
    ScreeningError,
)

from .auth import NotSignedIn

log = structlog.get_logger(__name__)

#: The most special first.
_KINDS: tuple[tuple[type[ScreeningError], int, str], ...] = (
    (NotSignedIn, 401, "サインインが必要です"),
    (PermissionDenied, 403, "この操作はできません"),
    (NotFound, 404, "見つかりません"),
    (Conflict, 409, "ほかの人が先に変更しました"),
    (ReviewError, 422, "このままでは進められません"),
    (IntakeError, 422, "入力を読めません"),
    (ScreeningError, 422, "処理できません"),
)
_TITLES = {404: "見つかりません", 405: "このメソッドは使えません", 413: "大きすぎます"}


def problem(status: int, title: str, detail: str = "", **more: Any) -> JSONResponse:
    body = {"type": "about:blank", "title": title, "status": status} | more
    if detail:
        body["detail"] = detail
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(body, status, media_type="application/problem+json", headers=headers)


def wants_page(request: Request) -> bool:
    return not request.url.path.startswith("/v1") and "text/html" in request.headers.get(
        "accept", ""
    )


def kind_of(error: ScreeningError) -> tuple[int, str]:
    return next((status, title) for kind, status, title in _KINDS if isinstance(error, kind))


def install(app: FastAPI) -> None:
    @app.exception_handler(ScreeningError)
    def core(request: Request, error: ScreeningError) -> Response:
        status, title = kind_of(error)
        if wants_page(request):
            if status == 401:
                path = request.url.path if request.method == "GET" else "/"
                query = f"?{request.url.query}" if path != "/" and request.url.query else ""
                from urllib.parse import quote

                return RedirectResponse(f"/login?next={quote(path + query)}", 303)
            return _page(request, status, title, str(error))
        if isinstance(error, IntakeError):
            reject = error.reject
            return problem(status, title, reject.reason, field=reject.field)
        if isinstance(error, Conflict) and error.changed is not None:
            # Who was first, when and with what, so that a program need not read the sentence.
            return problem(status, title, str(error), current=asdict(error.changed))
        return problem(status, title, str(error))

    @app.exception_handler(RequestValidationError)
    def malformed(request: Request, error: RequestValidationError) -> Response:
        # Never the input itself: it may be somebody's words.
        fields = [
            {"field": ".".join(str(x) for x in e["loc"][1:]), "reason": e["msg"]}
            for e in error.errors()
        ]
        if wants_page(request):
            return _page(request, 422, "入力を読めません", "画面を読み直してください。")
        return problem(422, "入力を読めません", errors=fields)

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        title = _TITLES.get(error.status_code, "処理できません")
        if wants_page(request):
            return _page(request, error.status_code, title, "アドレスを確かめてください。")
        return problem(error.status_code, title)

    @app.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> Response:
        log.error("request failed", method=request.method, kind=type(error).__name__)
        if wants_page(request):
            return _page(
                request, 500, "処理できませんでした", "しばらくしてから、もう一度お試しください。"
            )
        return problem(500, "処理できませんでした")


def _page(request: Request, status: int, heading: str, text: str) -> Response:
    from .console.pages import render

    return render(request, "message.html", status=status, heading=heading, text=text)
