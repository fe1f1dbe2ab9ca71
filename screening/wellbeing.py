"""What one person has had to read, and when a break would do good. For that person's eyes alone.

After how much a break is suggested is the policy's to say (``policy.Reading``, with the sources of its
defaults). Nothing is stored for this: it is read off the audit log, where looks stand anyway.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from .policy import Reading
from .review import Person
from .store import Store
from .store import tables as t


@dataclass(frozen=True, slots=True)
class Exposure:
    """``words`` were opened today, ``since_break`` of them since the last break.

    ``minutes`` of work have passed since that break. ``suggestion`` is a Japanese sentence, or nothing
    while no break is due.
    """

    words: int
    since_break: int
    minutes: int
    suggestion: str


def exposure(
    entries: Sequence[tuple[datetime, int]],
    now: datetime,
    rules: Reading | None = None,
) -> Exposure:
    """``entries`` are one person's today, oldest first: when, and how many words were opened then.

    Entries that opened nothing count as work. All times carry their zones. Without ``rules`` the
    defaults of a policy hold.
    """
    rules = rules or Reading()
    pause = timedelta(minutes=rules.rest_minutes)
    begun: datetime | None = None
    last: datetime | None = None
    total = since = 0
    for at, opened in entries:
        if last is None or at - last >= pause:
            begun, since = at, 0
        total, since, last = total + opened, since + opened, at
    if last is None or begun is None or now - last >= pause:
        return Exposure(total, 0, 0, "")
    worked = int((now - begun).total_seconds() // 60)
    reasons = []
    if worked >= rules.break_minutes:
        reasons.append(f"続けて{worked}分")
    if since >= rules.break_words:
        reasons.append(f"休憩から{since}件の言葉")
    suggestion = (
        f"{'、'.join(reasons)}を見ています。{rules.rest_minutes}分ほど画面から離れませんか。"
        if reasons
        else ""
    )
    return Exposure(total, since, worked, suggestion)


def opened(store: Store, person: Person, since: datetime) -> list[tuple[datetime, int]]:
    """A person's own entries in the audit log, oldest first: when, and how many words were opened."""
    a = t.audit.c
    query = (
        select(a.at, a.action, a.detail)
        .where(a.actor == person.id, a.at >= since.astimezone(UTC).isoformat())
        .order_by(a.seq)
    )
    with store.engine.execution_options(reading=True).begin() as connection:
        rows = connection.execute(query).all()
    return [
        (
            datetime.fromisoformat(row.at),
            int(json.loads(row.detail).get("count", 1)) if row.action == "look" else 0,
        )
        for row in rows
    ]
