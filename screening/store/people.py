"""Accounts of people, their sessions, and keys of programs. Secrets are kept as hashes only."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Engine, Row, func, select
from sqlalchemy.exc import IntegrityError

from ..errors import PermissionDenied, ReviewError
from ..review import Person, Role
from . import tables as t

#: A session ends this long after the sign-in.
SESSION = timedelta(hours=12)
#: After so many failures within the window, a name has to wait until the window has passed.
MAX_FAILURES, FAILURE_WINDOW = 8, timedelta(minutes=10)
#: argon2-cffi's defaults are RFC 9106's low-memory recommendation.
_HASHER = PasswordHasher()
#: Verified when the name is unknown, so that the time taken tells nobody which names there are.
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))
_REFUSED = "名前かパスワードが違います。"


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _now() -> datetime:
    return datetime.now(UTC)


def _person(row: Row[Any]) -> Person:
    roles = frozenset(Role(r) for r in row.roles.split(","))
    return Person(row.id, row.name, roles)


class People:
    """Who may sign in, and who is signed in."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(reading=True)

    def add_person(self, name: str, password: str, roles: Iterable[Role]) -> Person:
        """Raises ReviewError where the name is taken, or a role is missing or a program's."""
        given = frozenset(roles)
        if not name.strip() or len(name) > 120:
            raise ReviewError("名前は1〜120文字にしてください。")
        if not given or Role.MACHINE in given:
            raise ReviewError("人には、機械以外の役割を一つ以上付けてください。")
        person = Person(uuid4().hex, name.strip(), given)
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    t.people.insert().values(
                        id=person.id,
                        name=person.name,
                        password=_HASHER.hash(password),
                        roles=",".join(sorted(given)),
                        active=True,
                        created_at=_now().isoformat(),
                    )
                )
        except IntegrityError:
            raise ReviewError("その名前はもう登録されています。別の名前にしてください。") from None
        return person

    def named(self, name: str) -> Person | None:
        with self._reading.begin() as connection:
            row = connection.execute(select(t.people).where(t.people.c.name == name)).first()
        return _person(row) if row else None

    def authenticate(self, name: str, password: str) -> Person:
        """Raises PermissionDenied: wrong name or password, or too many failures lately."""
        key = _hash(name.strip())
        since = (_now() - FAILURE_WINDOW).isoformat()
        with self._reading.begin() as connection:
            failures = connection.execute(
                select(func.count())
                .select_from(t.failed_sign_ins)
                .where(
                    t.failed_sign_ins.c.name_sha256 == key, t.failed_sign_ins.c.failed_at > since
                )
            ).scalar_one()
            row = connection.execute(
                select(t.people).where(t.people.c.name == name.strip())
            ).first()
        if failures >= MAX_FAILURES:
            minutes = int(FAILURE_WINDOW.total_seconds() // 60)
            raise PermissionDenied(f"失敗が続いたため、{minutes}分ほど待ってからお試しください。")
        try:
            _HASHER.verify(row.password if row else _NOBODY, password)
            known = row if row is not None and row.active else None
        except (VerifyMismatchError, InvalidHashError):
            known = None
        if known is None:
            with self._engine.begin() as connection:
                connection.execute(
                    t.failed_sign_ins.insert().values(name_sha256=key, failed_at=_now().isoformat())
                )
            raise PermissionDenied(_REFUSED)
        return _person(known)

    def open_session(self, person: Person) -> str:
        """A token for one browser; whoever holds it is the person until it expires or is closed."""
        token = secrets.token_urlsafe(32)
        with self._engine.begin() as connection:
            connection.execute(
                t.sessions.delete().where(t.sessions.c.expires_at < _now().isoformat())
            )
            connection.execute(
                t.sessions.insert().values(
                    token_sha256=_hash(token),
                    person_id=person.id,
                    expires_at=(_now() + SESSION).isoformat(),
                )
            )
        return token

    def person_for_session(self, token: str) -> Person | None:
        with self._reading.begin() as connection:
            row = connection.execute(
                select(t.people)
                .join_from(t.sessions, t.people)
                .where(
                    t.sessions.c.token_sha256 == _hash(token),
                    t.sessions.c.expires_at > _now().isoformat(),
                    t.people.c.active.is_(True),
                )
            ).first()
        return _person(row) if row else None

    def close_session(self, token: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(t.sessions.delete().where(t.sessions.c.token_sha256 == _hash(token)))

    def add_api_key(self, name: str) -> str:
        """A new key ``prefix.secret`` for a program; only this answer ever shows it."""
        prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        with self._engine.begin() as connection:
            connection.execute(
                t.api_keys.insert().values(
                    prefix=prefix,
                    name=name[:120],
                    secret_sha256=_hash(secret),
                    created_at=_now().isoformat(),
                )
            )
        return f"{prefix}.{secret}"

    def person_for_key(self, key: str) -> Person | None:
        """The program behind a key, with the role MACHINE and no other."""
        prefix, _, secret = key.partition(".")
        with self._reading.begin() as connection:
            row = connection.execute(
                select(t.api_keys).where(
                    t.api_keys.c.prefix == prefix, t.api_keys.c.revoked_at.is_(None)
                )
            ).first()
        kept = row.secret_sha256 if row else _hash("")
        if not hmac.compare_digest(kept, _hash(secret)) or row is None:
            return None
        return Person(f"key:{row.prefix}", row.name, frozenset([Role.MACHINE]))
