"""Screening results go into the record, each once; cases come out."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, func, select

from ..corrections import CorrectionKind
from ..errors import NotFound
from ..intake import conversation_from_json
from ..policy import Reading
from ..records import Conversation, Flag, Priority, ScreeningResult
from ..review import WITHDRAWN, FlagState, Person
from ..sampling import Plan, drawn, place
from ..urgency import UNKNOWN_GRAVITY, rank
from . import tables as t
from .identity import blinded
from .moments import kept, utc
from .plan import read as read_plan
from .plan import weights
from .rows import Case, Claim, Consultation, Earlier, FlagRow, SavedConversation

PRIORITIES = tuple(Priority)
#: Of a customer's contacts, so many are looked through for those that a case shows.
LOOKED_THROUGH = 1000
#: The samples that are drawn by ``sampling.drawn``.
DOUBLE, CHECK = "double", "check"


@dataclass(frozen=True, slots=True)
class Drawing:
    """What decides about the place of new flags: read once for many conversations."""

    plan: Plan
    weights: Mapping[str, float]

    @classmethod
    def of(cls, connection: Connection) -> Drawing:
        return cls(read_plan(connection), weights(connection))


def pack(conversation: Conversation) -> str:
    return json.dumps(conversation.to_json(), ensure_ascii=False, sort_keys=True)


def unpack(content: str) -> Conversation:
    return conversation_from_json(json.loads(content))


def save(
    connection: Connection,
    conversation: Conversation,
    result: ScreeningResult,
    *,
    source: str,
    now: datetime,
    trade: str | None = None,
    drawing: Drawing | None = None,
) -> SavedConversation:
    """Keeps a conversation and what was found in it; the same again changes nothing.

    Other words under the same identifier are another conversation. Another model or policy adds the
    flags that are new and leaves every earlier one, with its decisions, as it is. ``trade`` is the
    line of business, where whoever delivers knows it.
    """
    content = pack(conversation)
    digest = sha256(content.encode()).hexdigest()
    known = connection.execute(
        select(t.conversations.c.key).where(
            t.conversations.c.external_id == conversation.id, t.conversations.c.sha256 == digest
        )
    ).scalar()
    key: str = known or uuid4().hex
    if known is None:
        connection.execute(
            t.conversations.insert().values(
                key=key,
                external_id=conversation.id,
                sha256=digest,
                kind=str(conversation.kind),
                customer_id=conversation.customer_id,
                occurred_at=conversation.occurred_at,
                content=content,
                created_at=kept(now),
                channel=_short(conversation.channel),
                trade=_short(trade),
            )
        )
    same = select(t.screenings.c.id).where(
        t.screenings.c.conversation_key == key,
        t.screenings.c.policy == result.policy,
        t.screenings.c.model == result.model,
    )
    if connection.execute(same).scalar() is not None:
        return SavedConversation(key, False, _ids(connection, key))
    screening = connection.execute(
        t.screenings.insert().values(
            conversation_key=key,
            policy=result.policy,
            model=result.model,
            needs_review=result.needs_review,
            scores=json.dumps({k: round(v, 4) for k, v in result.scores.items()}),
            source=source,
            created_at=kept(now),
        )
    ).inserted_primary_key
    assert screening is not None
    place_columns = (t.flags.c.category, t.flags.c.turn, t.flags.c.start, t.flags.c.end)
    known_places = select(*place_columns).where(t.flags.c.conversation_key == key)
    places = {tuple(row) for row in connection.execute(known_places)}
    drawing = drawing or Drawing.of(connection)
    rows = []
    for flag in result.flags:
        turn = -1 if flag.turn is None else flag.turn
        where = (flag.category, turn, flag.start, flag.end)
        if where not in places:
            places.add(where)
            rows.append(
                flag_values(
                    flag,
                    key=key,
                    sha256=digest,
                    screening_id=screening[0],
                    policy=result.policy,
                    conversation=conversation,
                    trade=trade,
                    queued=result.needs_review,
                    drawing=drawing,
                    now=now,
                )
            )
    if rows:
        connection.execute(t.flags.insert(), rows)
    if known is None and not result.needs_review:
        connection.execute(
            t.unflagged.insert().values(
                conversation_key=key,
                share=drawing.plan.check_share,
                drawn=drawn(drawing.plan.check_share, CHECK, digest),
                place=place(CHECK, digest),
            )
        )
    return SavedConversation(key, True, _ids(connection, key))


def flag_values(
    flag: Flag,
    *,
    key: str,
    sha256: str,
    screening_id: int,
    policy: str,
    conversation: Conversation,
    trade: str | None,
    queued: bool,
    drawing: Drawing,
    now: datetime,
) -> dict[str, Any]:
    """The row of a new flag that waits for people. ``sha256`` is of the conversation's content."""
    turn = -1 if flag.turn is None else flag.turn
    gravity = drawing.weights.get(flag.category, UNKNOWN_GRAVITY)
    share = drawing.plan.double_share
    return _values(flag) | {
        "id": uuid4().hex,
        "conversation_key": key,
        "screening_id": screening_id,
        "turn": turn,
        "queued": queued,
        "state": FlagState.PROPOSED.value,
        "created_at": kept(now),
        "kind": str(conversation.kind),
        "channel": _short(conversation.channel),
        "trade": _short(trade),
        "happened_at": utc(conversation.occurred_at) or kept(now),
        "policy": policy,
        "gravity": gravity,
        "rank": rank(flag.score, gravity, now),
        "doubled": drawn(share, DOUBLE, sha256, flag.category, turn, flag.start, flag.end),
        "disputed": False,
        "escalated": False,
    }


def _short(text: str | None) -> str | None:
    return text.strip()[:60] or None if text else None


def _values(flag: Flag) -> dict[str, Any]:
    return {
        "category": flag.category,
        "provision": flag.provision,
        "start": flag.start,
        "end": flag.end,
        "text": flag.text,
        "score": flag.score,
        "detectors": json.dumps(flag.detectors),
        "why": flag.why,
        "priority": PRIORITIES.index(flag.priority),
        "evidence": json.dumps(flag.evidence),
    }


def _ids(connection: Connection, key: str) -> tuple[str, ...]:
    found = connection.execute(
        select(t.flags.c.id)
        .where(t.flags.c.conversation_key == key)
        .order_by(t.flags.c.priority, t.flags.c.score.desc(), t.flags.c.id)
    )
    return tuple(found.scalars())


_HOLDER = t.people.alias("holder")
_LAST = t.decisions.alias("last")
#: Where the answers of a decision also keep which flag it repeats; no policy can name a question so.
DUPLICATE_OF = ":duplicate_of"


_NAMED = (
    select(t.corrections.c.category)
    .where(
        t.corrections.c.conversation_key == t.flags.c.conversation_key,
        t.corrections.c.flag_id == t.flags.c.id,
        t.corrections.c.kind == CorrectionKind.CATEGORY.value,
    )
    .order_by(t.corrections.c.id.desc())
    .limit(1)
    .correlate(t.flags)
    .scalar_subquery()
)
#: What a ``FlagRow`` is read from.
FLAG_COLUMNS = (
    *t.flags.c,
    t.conversations.c.external_id,
    t.conversations.c.occurred_at,
    t.screenings.c.model,
    t.claims.c.person_id.label("claimed_by"),
    t.claims.c.until.label("claimed_until"),
    _HOLDER.c.name.label("claimed_name"),
    _LAST.c.id.label("decision"),
    _LAST.c.outcome,
    _LAST.c.answers,
    _NAMED.label("named"),
)
JOINED = (
    t.flags.join(t.conversations)
    .join(t.screenings, t.flags.c.screening_id == t.screenings.c.id)
    .outerjoin(t.claims, t.claims.c.flag_id == t.flags.c.id)
    .outerjoin(_HOLDER, _HOLDER.c.id == t.claims.c.person_id)
    .outerjoin(
        _LAST,
        _LAST.c.id
        == select(func.max(t.decisions.c.id))
        .where(t.decisions.c.flag_id == t.flags.c.id)
        .correlate(t.flags)
        .scalar_subquery(),
    )
)


def flag_row(row: Any, viewer: Person | None = None, at: datetime | None = None) -> FlagRow:
    """``viewer`` sees a flag that waits for a second, blind reading as if nobody had decided it.

    A claim counts while it has not run out ``at`` that time.
    """
    blind = (
        viewer is not None
        and blinded(viewer)
        and row.second_after is not None
        and row.second_after != viewer.id
    )
    claim = None
    if row.claimed_by is not None and (at is None or row.claimed_until > kept(at)):
        mine = viewer is not None and viewer.id == row.claimed_by
        claim = Claim(row.id, row.claimed_by, row.claimed_name, row.claimed_until, mine)
    decided = not blind and row.outcome not in (None, WITHDRAWN)
    return FlagRow(
        id=row.id,
        conversation_key=row.conversation_key,
        conversation_id=row.external_id,
        kind=row.kind,
        occurred_at=row.occurred_at,
        flag=Flag(
            category=row.category,
            provision=row.provision,
            turn=None if row.turn < 0 else row.turn,
            start=row.start,
            end=row.end,
            text=row.text,
            score=row.score,
            detectors=tuple(json.loads(row.detectors)),
            why=row.why,
            priority=PRIORITIES[row.priority],
            evidence=tuple(json.loads(row.evidence)),
        ),
        state=FlagState.PROPOSED if blind else FlagState(row.state),
        queued=row.queued,
        policy=row.policy,
        model=row.model,
        created_at=row.created_at,
        gravity=row.gravity,
        rank=row.rank,
        channel=row.channel,
        trade=row.trade,
        doubled=row.doubled,
        second_after=None if blind else row.second_after,
        disputed=row.disputed,
        escalated=row.escalated,
        held_until=row.held_until,
        assigned_to=row.assigned_to,
        claim=claim,
        decision=0 if blind else row.decision or 0,
        outcome=row.outcome if decided else None,
        duplicate_of=json.loads(row.answers).get(DUPLICATE_OF) if decided else None,
        named=row.named or row.category,
    )


def one_flag(
    connection: Connection,
    flag_id: str,
    viewer: Person | None = None,
    at: datetime | None = None,
) -> FlagRow:
    """Raises NotFound."""
    query = select(*FLAG_COLUMNS).select_from(JOINED).where(t.flags.c.id == flag_id)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound("その候補は記録にありません。")
    return flag_row(row, viewer, at)


def case(
    connection: Connection,
    key: str,
    viewer: Person | None = None,
    at: datetime | None = None,
    *,
    reading: Reading | None = None,
) -> Case:
    """What stands about a conversation, as ``viewer`` may see it. Raises NotFound.

    ``reading`` limits the customer's other contacts; without it a policy's defaults do.
    """
    from .corrections import of_conversation as corrections_of
    from .decisions import of_conversation
    from .work import events_of

    row = connection.execute(select(t.conversations).where(t.conversations.c.key == key)).first()
    if row is None:
        raise NotFound("その会話は記録にありません。")
    flags = connection.execute(
        select(*FLAG_COLUMNS)
        .select_from(JOINED)
        .where(t.flags.c.conversation_key == key)
        # The queue's own order, so that what it opens is the first of these that waits.
        .order_by(t.flags.c.priority, t.flags.c.rank, t.flags.c.id)
    ).all()
    hidden = {
        f.id
        for f in flags
        if viewer is not None
        and blinded(viewer)
        and f.second_after is not None
        and f.second_after != viewer.id
    }
    consulted = connection.execute(
        select(t.people.c.name, t.consultations)
        .join(t.people)
        .where(t.consultations.c.conversation_key == key)
        .order_by(t.consultations.c.id)
    )
    return Case(
        key=key,
        conversation=unpack(row.content),
        flags=tuple(flag_row(f, viewer, at) for f in flags),
        decisions=tuple(
            d for d in of_conversation(connection, key) if d.decision.flag_id not in hidden
        ),
        consultations=tuple(
            Consultation(c.name, c.consulted, c.note, c.recorded_at, c.held_on) for c in consulted
        ),
        earlier=_earlier(connection, row, viewer, reading or Reading()),
        corrections=corrections_of(connection, key),
        events=tuple(e for e in events_of(connection, key) if e.flag_id not in hidden),
        trade=row.trade,
    )


def _earlier(
    connection: Connection, mine: Any, viewer: Person | None, reading: Reading
) -> tuple[Earlier, ...]:
    """Other contacts of the same customer, the latest first, as far as ``reading`` lets them be shown."""
    if not mine.customer_id or not reading.earlier_contacts:
        return ()
    c = t.conversations.c
    others = connection.execute(
        select(c.key, c.kind, c.occurred_at, c.created_at)
        .where(c.customer_id == mine.customer_id, c.key != mine.key)
        .order_by(c.created_at.desc())
        .limit(LOOKED_THROUGH)
    ).all()

    def moment(row: Any) -> datetime:
        return datetime.fromisoformat(utc(row.occurred_at) or row.created_at)

    if reading.earlier_days is not None:
        far = timedelta(days=reading.earlier_days)
        others = [row for row in others if abs(moment(row) - moment(mine)) <= far]
    found = sorted(sorted(others, key=lambda row: row.key), key=moment, reverse=True)
    found = found[: reading.earlier_contacts]
    states: dict[str, Counter[str]] = {}
    outcomes: dict[str, Counter[str | None]] = {}
    f = t.flags.c
    query = (
        select(f.conversation_key, f.state, f.second_after, _LAST.c.outcome)
        .select_from(JOINED)
        .where(f.conversation_key.in_([c.key for c in found]))
    )
    for flag in connection.execute(query):
        blind = blinded(viewer) and flag.second_after not in (None, viewer and viewer.id)
        state = FlagState.PROPOSED.value if blind else flag.state
        outcome = None if blind or flag.outcome == WITHDRAWN else flag.outcome
        states.setdefault(flag.conversation_key, Counter())[state] += 1
        outcomes.setdefault(flag.conversation_key, Counter())[outcome] += 1
    return tuple(
        Earlier(
            c.key, c.kind, c.occurred_at, dict(states.get(c.key, {})), dict(outcomes.get(c.key, {}))
        )
        for c in found
    )


def exists(connection: Connection, key: str) -> bool:
    query = select(t.conversations.c.key).where(t.conversations.c.key == key)
    return connection.execute(query).scalar() is not None
