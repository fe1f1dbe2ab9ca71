"""Accounts of people, their sessions, and keys of programs. Secrets are kept as hashes only.

Where ``by`` is asked for it is who acts: a person, who needs the administrator's role, or None for
the operator at the machine, who has the database in hand anyway. Everything is in the audit log.
"""

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
from sqlalchemy import Connection, Engine, Row, func, select
from sqlalchemy.exc import IntegrityError

from ..access import Action, may
from ..errors import NotFound, PermissionDenied, ReviewError
from ..review import Person, Role
from . import audit
from . import tables as t
from .accounts import given_roles, log, manager, not_the_last, person_row
from .identity import known
from .rows import Account, Key, Session

#: A session ends this long after the sign-in.
SESSION = timedelta(hours=12)
#: After so many failures within the window, a name has to wait until the window has passed.
MAX_FAILURES, FAILURE_WINDOW = 8, timedelta(minutes=10)
#: The same for one address, behind which a whole office may sit.
MAX_ADDRESS_FAILURES = 60
#: The least length of a password (NIST SP 800-63B-4 asks for 15 where it stands alone; 12 with the
#: throttling above is our choice for shared telephone desks).
MIN_PASSWORD = 12
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


#: Of a token's hash: enough to tell sessions apart, too little to look one up by the cookie.
_SESSION_ID = 16


class People:
    """Who may sign in, and who is signed in."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(reading=True)

    def add_person(
        self, name: str, password: str, roles: Iterable[Role], by: Person | None = None
    ) -> Person:
        """Raises ReviewError where the name is taken, the password too short, or a role is missing or
        a program's.
        """
        given = given_roles(roles)
        if not name.strip() or len(name) > 120:
            raise ReviewError("名前は1〜120文字にしてください。")
        _long_enough(password)
        person = Person(uuid4().hex, name.strip(), given)
        hashed = _HASHER.hash(password)
        try:
            with self._engine.begin() as connection:
                actor = manager(connection, by)
                connection.execute(
                    t.people.insert().values(
                        id=person.id,
                        name=person.name,
                        password=hashed,
                        roles=",".join(sorted(given)),
                        active=True,
                        created_at=_now().isoformat(),
                    )
                )
                log(connection, actor, "add_person", person.id, {"roles": sorted(given)})
        except IntegrityError:
            raise ReviewError("その名前はもう登録されています。別の名前にしてください。") from None
        return person

    def everyone(self, by: Person | None = None) -> tuple[Account, ...]:
        """All accounts, by name. Raises PermissionDenied."""
        with self._reading.begin() as connection:
            manager(connection, by)
            rows = connection.execute(select(t.people).order_by(t.people.c.name)).all()
        return tuple(Account(_person(r), r.active, r.created_at) for r in rows)

    def set_roles(self, person_id: str, roles: Iterable[Role], by: Person | None = None) -> Person:
        """Raises NotFound, or Conflict where nobody would be left to manage accounts."""
        given = given_roles(roles)
        with self._engine.begin() as connection:
            actor = manager(connection, by)
            row = person_row(connection, person_id)
            if Role.ADMINISTRATOR not in given:
                not_the_last(connection, row)
            connection.execute(
                t.people.update()
                .where(t.people.c.id == person_id)
                .values(roles=",".join(sorted(given)))
            )
            log(connection, actor, "set_roles", person_id, {"roles": sorted(given)})
        return Person(row.id, row.name, given)

    def set_active(self, person_id: str, active: bool, by: Person | None = None) -> None:
        """Lets a person sign in or not any more, which also ends their sessions and claims.

        Raises NotFound, or Conflict where nobody would be left to manage accounts.
        """
        with self._engine.begin() as connection:
            actor = manager(connection, by)
            row = person_row(connection, person_id)
            if not active:
                not_the_last(connection, row)
                connection.execute(t.sessions.delete().where(t.sessions.c.person_id == person_id))
                connection.execute(t.claims.delete().where(t.claims.c.person_id == person_id))
                connection.execute(
                    t.flags.update()
                    .where(t.flags.c.assigned_to == person_id)
                    .values(assigned_to=None)
                )
            connection.execute(
                t.people.update().where(t.people.c.id == person_id).values(active=active)
            )
            log(connection, actor, "activate" if active else "deactivate", person_id)

    def set_password(
        self, person_id: str, password: str, by: Person | None = None, *, old: str | None = None
    ) -> None:
        """Gives a new password and ends the person's sessions.

        A person may change their own with the ``old`` one. Raises NotFound, PermissionDenied or
        ReviewError.
        """
        _long_enough(password)
        hashed = _HASHER.hash(password)
        with self._reading.begin() as connection:
            before = person_row(connection, person_id).password
        own = by is not None and by.id == person_id and old is not None
        if own and not _matches(before, old or ""):
            raise PermissionDenied("今のパスワードが違います。")
        with self._engine.begin() as connection:
            actor = known(connection, by).id if own and by else manager(connection, by)
            connection.execute(
                t.people.update().where(t.people.c.id == person_id).values(password=hashed)
            )
            connection.execute(t.sessions.delete().where(t.sessions.c.person_id == person_id))
            log(connection, actor, "set_password", person_id)

    def named(self, name: str) -> Person | None:
        with self._reading.begin() as connection:
            row = connection.execute(select(t.people).where(t.people.c.name == name)).first()
        return _person(row) if row else None

    def authenticate(self, name: str, password: str, address: str | None = None) -> Person:
        """Raises PermissionDenied: wrong name or password, or too many failures lately.

        Failures count for the name and for the ``address`` that the request came from.
        """
        key, origin = _hash(name.strip()), _hash(f"address:{address}")
        with self._reading.begin() as connection:
            waits = _failures(connection, key) >= MAX_FAILURES or (
                address is not None and _failures(connection, origin) >= MAX_ADDRESS_FAILURES
            )
            row = connection.execute(
                select(t.people).where(t.people.c.name == name.strip())
            ).first()
        if waits:
            minutes = int(FAILURE_WINDOW.total_seconds() // 60)
            raise PermissionDenied(f"失敗が続いたため、{minutes}分ほど待ってからお試しください。")
        right = _matches(row.password if row else _NOBODY, password)
        if row is None or not right or not row.active:
            moment = _now()
            failed = t.failed_sign_ins
            with self._engine.begin() as connection:
                for counted in (key, origin) if address is not None else (key,):
                    connection.execute(
                        failed.insert().values(name_sha256=counted, failed_at=moment.isoformat())
                    )
                stale = (moment - FAILURE_WINDOW).isoformat()
                connection.execute(failed.delete().where(failed.c.failed_at < stale))
                log(connection, row.id if row else "unknown", "sign_in_failed", "")
            raise PermissionDenied(_REFUSED)
        return _person(row)

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
            log(connection, person.id, "sign_in", person.id)
        return token

    def sessions(
        self, by: Person, person_id: str | None = None, *, token: str | None = None
    ) -> tuple[Session, ...]:
        """Open sessions, newest first: the person's own, or with the administrator's role another's.

        ``token`` is the asker's, so that their own session can be told. Raises PermissionDenied.
        """
        with self._reading.begin() as connection:
            actor = known(connection, by)
            if person_id != actor.id and not may(actor, Action.MANAGE_PEOPLE):
                if person_id is not None:
                    raise PermissionDenied("ほかの人のサインインを見られるのは、管理者だけです。")
                person_id = actor.id
            query = (
                select(t.sessions, t.people.c.name)
                .join_from(t.sessions, t.people)
                .where(t.sessions.c.expires_at > _now().isoformat())
                .order_by(t.sessions.c.expires_at.desc())
            )
            if person_id is not None:
                query = query.where(t.sessions.c.person_id == person_id)
            rows = connection.execute(query).all()
        mine = _hash(token) if token else ""
        return tuple(
            Session(
                r.token_sha256[:_SESSION_ID],
                r.person_id,
                r.name,
                (datetime.fromisoformat(r.expires_at) - SESSION).isoformat(),
                r.expires_at,
                r.token_sha256 == mine,
            )
            for r in rows
        )

    def revoke_session(self, session_id: str, by: Person | None = None) -> None:
        """Ends one session at once: one's own, or as an administrator anybody's.

        Raises NotFound, or PermissionDenied for somebody else's.
        """
        with self._engine.begin() as connection:
            row = connection.execute(
                select(t.sessions).where(
                    func.substr(t.sessions.c.token_sha256, 1, _SESSION_ID) == session_id
                )
            ).first()
            if row is None:
                raise NotFound("そのサインインは、もう終わっています。")
            own = by is not None and by.id == row.person_id
            actor = known(connection, by).id if own and by else manager(connection, by)
            connection.execute(
                t.sessions.delete().where(t.sessions.c.token_sha256 == row.token_sha256)
            )
            log(connection, actor, "revoke_session", row.person_id)

    def revoke_all(self, person_id: str, by: Person | None = None) -> int:
        """Ends all of a person's sessions and says how many there were. Raises as above."""
        with self._engine.begin() as connection:
            own = by is not None and by.id == person_id
            actor = known(connection, by).id if own and by else manager(connection, by)
            ended = connection.execute(
                t.sessions.delete().where(t.sessions.c.person_id == person_id)
            ).rowcount
            log(connection, actor, "revoke_session", person_id, {"count": ended})
        return ended

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

    def add_api_key(self, name: str, by: Person | None = None) -> str:
        """A new key ``prefix.secret`` for a program; only this answer ever shows it."""
        prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        with self._engine.begin() as connection:
            actor = manager(connection, by)
            connection.execute(
                t.api_keys.insert().values(
                    prefix=prefix,
                    name=name[:120],
                    secret_sha256=_hash(secret),
                    created_at=_now().isoformat(),
                )
            )
            audit.append(connection, actor, "add_key", f"key:{prefix}")
        return f"{prefix}.{secret}"

    def keys(self, by: Person | None = None) -> tuple[Key, ...]:
        """All keys, newest first. Raises PermissionDenied."""
        with self._reading.begin() as connection:
            manager(connection, by)
            rows = connection.execute(select(t.api_keys).order_by(t.api_keys.c.created_at.desc()))
            return tuple(Key(r.prefix, r.name, r.created_at, r.revoked_at) for r in rows)

    def revoke_key(self, prefix: str, by: Person | None = None) -> None:
        """Ends a key for good. Raises NotFound or PermissionDenied."""
        with self._engine.begin() as connection:
            actor = manager(connection, by)
            revoked = connection.execute(
                t.api_keys.update()
                .where(t.api_keys.c.prefix == prefix, t.api_keys.c.revoked_at.is_(None))
                .values(revoked_at=_now().isoformat())
            ).rowcount
            if not revoked:
                raise NotFound("その鍵はないか、もう止めてあります。")
            audit.append(connection, actor, "revoke_key", f"key:{prefix}")

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


def _long_enough(password: str) -> None:
    if len(password) < MIN_PASSWORD:
        raise ReviewError(f"パスワードは{MIN_PASSWORD}文字以上にしてください。")


def _matches(kept_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _failures(connection: Connection, key: str) -> int:
    since = (_now() - FAILURE_WINDOW).isoformat()
    failed = t.failed_sign_ins
    query = select(func.count()).where(failed.c.name_sha256 == key, failed.c.failed_at > since)
    return connection.execute(query).scalar_one()
