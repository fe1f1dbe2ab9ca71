"""The audit log in the database: entries are added in the transaction of what they record."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, text

from ..access import Action
from ..audit import START, Entry, Head, Verification, chain, digest, pack, verify
from ..review import Person
from . import tables as t
from .identity import allowed
from .moments import kept, now

#: Whoever sits at the machine and uses the command.
OPERATOR = "operator"
#: Any number, but the same in every process: PostgreSQL adds one entry at a time under it.
_LOCK = 4_919_002
_BATCH = 2_000


def append(
    connection: Connection,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> None:
    """Adds an entry. The last thing in a transaction: others wait for the chain until it ends.

    ``detail`` holds identifiers, numbers and digests, never somebody's words.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    last = head(connection)
    said: dict[str, Any] = {
        "seq": last.seq + 1,
        "at": kept(at or now()),
        "actor": actor,
        "action": action,
        "subject": subject[:120],
        "detail": pack(detail or {}),
    }
    connection.execute(
        t.audit.insert().values(previous=last.hash, hash=chain(last.hash, **said), **said)
    )


def head(connection: Connection) -> Head:
    row = connection.execute(
        select(t.audit.c.seq, t.audit.c.hash).order_by(t.audit.c.seq.desc()).limit(1)
    ).first()
    return Head(row.seq, row.hash) if row else Head(0, START)


def decision_digest(row: Row[Any] | Mapping[str, Any]) -> str:
    """Of a row of ``decisions`` or ``second_readings``: all that the person gave."""
    said = row if isinstance(row, Mapping) else row._mapping
    names = (
        "flag_id",
        "person_id",
        "answers",
        "outcome",
        "reason",
        "decided_at",
        "to_state",
        "policy",
    )
    return digest(said["salt"] or "", *(said[name] for name in names))


def _entry(row: Any) -> Entry:
    return Entry(
        row.seq,
        row.at,
        row.actor,
        row.action,
        row.subject,
        json.loads(row.detail),
        row.previous,
        row.hash,
    )


class Audit:
    """Reading the log, and proving that it and the decisions are whole."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(reading=True)

    def head(self, person: Person | None = None) -> Head:
        """The newest entry, to be kept elsewhere. Without ``person`` the operator asks."""
        with self._reading.begin() as connection:
            if person is not None:
                allowed(connection, person, Action.READ_AUDIT)
            return head(connection)

    def entries(
        self,
        person: Person,
        *,
        before: int | None = None,
        limit: int = 100,
        actor: str | None = None,
        action: str | None = None,
        subject: str | None = None,
    ) -> tuple[Entry, ...]:
        """The newest first, below number ``before``. Raises PermissionDenied."""
        a = t.audit.c
        query = select(t.audit).order_by(a.seq.desc()).limit(max(1, min(limit, 1000)))
        if before is not None:
            query = query.where(a.seq < before)
        for column, wanted in ((a.actor, actor), (a.action, action), (a.subject, subject)):
            if wanted:
                query = query.where(column == wanted)
        with self._reading.begin() as connection:
            allowed(connection, person, Action.READ_AUDIT)
            return tuple(_entry(row) for row in connection.execute(query))

    def verify(self, kept_head: Head | None = None, person: Person | None = None) -> Verification:
        """Walks the whole chain, and holds every decision and second reading against its entry.

        ``kept_head`` is a head exported earlier. Without ``person`` the operator asks.
        """
        with self._reading.begin() as connection:
            if person is not None:
                allowed(connection, person, Action.READ_AUDIT)
            vouched: dict[tuple[str, int], list[str]] = {}
            begun = 0

            def walked() -> Iterator[Entry]:
                nonlocal begun
                for entry in _all(connection):
                    detail = entry.detail
                    if entry.action == "begin":
                        begun = int(detail["decisions_before"])
                    for name in ("decision", "reading"):
                        if name in detail and "digest" in detail:
                            key = (name, int(detail[name]))
                            vouched.setdefault(key, []).append(str(detail["digest"]))
                    yield entry

            found = verify(walked(), kept_head)
            problems = list(found.problems)
            problems += _held_against(connection, "decision", t.decisions, vouched, begun)
            problems += _held_against(connection, "reading", t.second_readings, vouched, 0)
        return Verification(found.entries, found.head, tuple(problems))


def _all(connection: Connection) -> Iterator[Entry]:
    last = 0
    while True:
        rows = connection.execute(
            select(t.audit).where(t.audit.c.seq > last).order_by(t.audit.c.seq).limit(_BATCH)
        ).all()
        if not rows:
            return
        for row in rows:
            yield _entry(row)
        last = rows[-1].seq


_NAMES = {"decision": "決定", "reading": "二人目の確認"}


def _held_against(
    connection: Connection,
    name: str,
    table: Any,
    vouched: dict[tuple[str, int], list[str]],
    begun: int,
) -> Iterator[str]:
    label = _NAMES[name]
    expected = Counter(key[1] for key in vouched if key[0] == name)
    rows = connection.execution_options(yield_per=_BATCH).execute(
        select(table).where(table.c.id > begun).order_by(table.c.id)
    )
    for row in rows:
        digests = vouched.get((name, row.id), [])
        expected.pop(row.id, None)
        if not digests:
            yield f"{label}{row.id}番は、監査の記録にありません"
        elif len(digests) > 1:
            yield f"{label}{row.id}番が、監査の記録に{len(digests)}回あります"
        elif digests[0] != decision_digest(row):
            yield f"{label}{row.id}番の内容が、記録した後に変わっています"
    for missing in sorted(expected):
        yield f"{label}{missing}番が消えています"
