"""What a person has opened of the conversation that they are in, kept until they leave it.

The browser keeps it in a cookie that no script reads: the conversation's key and the names of parts,
numbers only. Whatever page is not of that conversation closes it.
"""

from __future__ import annotations

from collections.abc import Collection

from fastapi import Request, Response

COOKIE = "screening_opened"
_ALL = "all"
#: A cookie holds 4 KiB; of more single parts than these the first ones close again.
_MOST = 200


def opened(request: Request, key: str, hidden: Collection[str]) -> frozenset[str]:
    """The parts among ``hidden`` that are open in the conversation of ``key``."""
    of, _, names = request.cookies.get(COOKIE, "").partition(":")
    if of != key:
        return frozenset()
    if names == _ALL:
        return frozenset(hidden)
    return frozenset(n for n in names.split(".") if n in hidden)


def keep(
    request: Request, response: Response, key: str, now: Collection[str], hidden: Collection[str]
) -> None:
    """Has the browser keep what is open now; nothing closes whatever was kept."""
    if not now:
        close(request, response)
        return
    names = _ALL if set(now) >= set(hidden) else ".".join(sorted(now)[-_MOST:])
    secure = request.url.scheme == "https"
    response.set_cookie(
        COOKIE, f"{key}:{names}", httponly=True, samesite="strict", secure=secure, path="/"
    )


def close(request: Request, response: Response) -> None:
    if COOKIE in request.cookies:
        response.delete_cookie(COOKIE, path="/")
