"""Who is calling. A person has a session in a signed cookie, a program a key ``prefix.secret``.

A request that changes something with a session must also carry the session's CSRF token, in the
header ``X-CSRF-Token`` or the form field ``csrf``; a browser never sends it by itself.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request, Response
from itsdangerous import BadSignature, URLSafeSerializer

from screening.access import Action, require
from screening.errors import PermissionDenied, ScreeningError
from screening.review import Person, Role
from screening.store import Store
from screening.store.people import SESSION

COOKIE = "screening_session"
_SAFE = frozenset(["GET", "HEAD", "OPTIONS"])


class NotSignedIn(ScreeningError):
    """Nobody, or nobody known, is calling."""


class Auth:
    """Reads and writes sessions. ``secret`` signs cookies; ``secure`` limits them to HTTPS."""

    def __init__(self, store: Store, secret: bytes, *, secure: bool) -> None:
        if len(secret) < 16:
            raise ValueError("the secret needs 16 bytes or more")
        self._store = store
        self._secret = secret
        self._secure = secure
        self._cookie = URLSafeSerializer(secret, salt="session")

    def token(self, request: Request) -> str | None:
        signed = request.cookies.get(COOKIE)
        if not signed:
            return None
        try:
            token = self._cookie.loads(signed)
        except BadSignature:
            return None
        return token if isinstance(token, str) else None

    def csrf(self, token: str) -> str:
        return hmac.new(self._secret, b"csrf:" + token.encode(), hashlib.sha256).hexdigest()

    def check_csrf(self, request: Request, given: str | None) -> None:
        """Raises NotSignedIn without a session, PermissionDenied without the session's token."""
        token = self.token(request)
        if not token:
            raise NotSignedIn("サインインしてください。")
        if not hmac.compare_digest(self.csrf(token), given or ""):
            raise PermissionDenied("画面を読み直してから、もう一度操作してください（CSRF）。")

    def person(self, request: Request) -> Person:
        """The caller. Raises NotSignedIn, or PermissionDenied where the CSRF token is missing."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            program = self._store.people.person_for_key(key.strip())
            if program is None:
                raise NotSignedIn("APIキーが正しくありません。")
            return program
        token = self.token(request)
        person = self._store.people.person_for_session(token) if token else None
        if person is None:
            raise NotSignedIn("サインインするか、APIキーを付けてください。")
        if request.method not in _SAFE and request.url.path.startswith("/v1/"):
            self.check_csrf(request, request.headers.get("x-csrf-token"))
        return person

    def sign_in(self, response: Response, person: Person) -> str:
        """Opens a session and returns its CSRF token."""
        token = self._store.people.open_session(person)
        response.set_cookie(
            COOKIE,
            str(self._cookie.dumps(token)),
            max_age=int(SESSION.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=self._secure,
            path="/",
        )
        return self.csrf(token)

    def sign_out(self, request: Request, response: Response) -> None:
        token = self.token(request)
        if token:
            self._store.people.close_session(token)
        response.delete_cookie(COOKIE, path="/")


def caller(request: Request) -> Person:
    """Whoever calls, person or program."""
    auth: Auth = request.app.state.auth
    return auth.person(request)


def needs(*roles: Role) -> Callable[[Request], Person]:
    """A dependency: a caller with one of these roles."""

    def check(request: Request) -> Person:
        person = caller(request)
        if person.roles.isdisjoint(roles):
            wanted = "・".join(roles)
            raise PermissionDenied(f"この操作には次のいずれかの役割が必要です: {wanted}")
        return person

    return check


def can(action: Action) -> Callable[[Request], Person]:
    """A dependency: a caller with a role for the action. The core asks the record once more."""

    def check(request: Request) -> Person:
        person = caller(request)
        require(person, action)
        return person

    return check


#: A person of the staff; programs see no names of people and read no cases.
STAFF = (Role.REVIEWER, Role.APPROVER, Role.ADMINISTRATOR, Role.AUDITOR)
Anyone = Annotated[Person, Depends(caller)]
Staff = Annotated[Person, Depends(needs(*STAFF))]

Deliverer = Annotated[Person, Depends(can(Action.DELIVER))]
Reader = Annotated[Person, Depends(can(Action.READ_QUEUE))]
StepReader = Annotated[Person, Depends(can(Action.READ_STEPS))]
StepActor = Annotated[Person, Depends(can(Action.ACT_ON_STEPS))]
CaseReader = Annotated[Person, Depends(can(Action.READ_CASE))]
Reviewer = Annotated[Person, Depends(can(Action.WORK))]
Reporter = Annotated[Person, Depends(can(Action.READ_REPORTS))]
Labeller = Annotated[Person, Depends(can(Action.EXPORT_LABELS))]
Administrator = Annotated[Person, Depends(can(Action.MANAGE_PEOPLE))]
Planner = Annotated[Person, Depends(can(Action.SET_PLAN))]
Auditor = Annotated[Person, Depends(can(Action.READ_AUDIT))]
