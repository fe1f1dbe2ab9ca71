"""Corrections: kept beside what the machine found, which stays as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Engine, exists, select

from ..access import Action
from ..corrections import Correction, CorrectionKind, check
from ..errors import Conflict, NotFound, ReviewError
from ..labels import Decided
from ..policy import Policy
from ..records import Conversation, Flag, Speaker
from ..review import FlagState, Person
from ..urgency import UNKNOWN_GRAVITY, regrade
from . import audit, cases, conversations, own
from . import tables as t
from .flags import PRIORITIES, one_flag
from .identity import allowed
from .moments import kept, now
from .plan import weights
from .readings import awaited_from
from .rows import Corrected, FlagRow

#: The detector of a flag that a person added.
PERSON = "person"


def of_conversation(connection: Connection, key: str) -> tuple[Corrected, ...]:
    """Every correction of a conversation, oldest first."""
    query = (
        select(t.people.c.name, t.corrections)
        .join_from(t.corrections, t.people)
        .where(t.corrections.c.conversation_key == key)
        .order_by(t.corrections.c.id)
    )
    return tuple(_corrected(row) for row in connection.execute(query))


def _corrected(row: Any) -> Corrected:
    return Corrected(
        row.id,
        row.name,
        row.at,
        Correction(
            kind=CorrectionKind(row.kind),
            flag_id=row.flag_id,
            turn=row.turn,
            start=row.start,
            end=row.end,
            category=row.category,
            speaker=Speaker(row.speaker) if row.speaker else None,
            note=row.note,
        ),
    )


class Corrections:
    """Adding corrections, and reading them all for training."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(reading=True)

    def add(self, key: str, person: Person, correction: Correction, *, policy: Policy) -> Corrected:
        """Keeps a correction; a missed flag also goes before people, to be decided like any other.

        A corrected category is the one that the policy's questions are then about. Raises NotFound,
        PermissionDenied, ReviewError for what is not in the conversation or the policy, or Conflict
        where a missed flag stands in the record already.
        """
        moment = now()
        with self._engine.begin() as connection:
            actor = allowed(connection, person, Action.CORRECT)
            row = connection.execute(
                select(t.conversations).where(t.conversations.c.key == key).with_for_update()
            ).first()
            if row is None:
                raise NotFound("その会話は記録にありません。")
            conversation = conversations.unpack(row.content)
            check(correction, conversation, policy)
            if correction.flag_id is not None:
                flag = one_flag(connection, correction.flag_id)
                if flag.conversation_key != key:
                    raise ReviewError("その候補は、この会話のものではありません。")
                if correction.kind is CorrectionKind.SPAN and flag.flag.turn is None:
                    raise ReviewError("会話全体の候補には、直せる箇所がありません。")
                if correction.kind is CorrectionKind.CATEGORY:
                    _regrade(connection, flag, actor, policy, str(correction.category))
            if correction.kind is CorrectionKind.MISSED:
                flag_id = own.added(
                    connection,
                    row,
                    conversation,
                    _missed(correction, conversation, policy),
                    policy=policy,
                    now=moment,
                    again="同じ箇所に、同じ区分の候補がもうあります。",
                )
                correction = replace(correction, flag_id=flag_id)
            inserted = connection.execute(
                t.corrections.insert().values(
                    conversation_key=key,
                    flag_id=correction.flag_id,
                    person_id=actor.id,
                    kind=correction.kind.value,
                    turn=correction.turn,
                    start=correction.start,
                    end=correction.end,
                    category=correction.category,
                    speaker=str(correction.speaker) if correction.speaker else None,
                    note=correction.note.strip(),
                    at=kept(moment),
                )
            ).inserted_primary_key
            assert inserted is not None
            audit.append(
                connection,
                actor.id,
                "correct",
                f"conversation:{key}",
                {"correction": inserted[0], "kind": correction.kind.value},
            )
        return Corrected(inserted[0], actor.name, kept(moment), correction)

    def decided(self, person: Person | None = None) -> Iterator[Decided]:
        """Every conversation in which people decided or corrected something, oldest first.

        Without ``person`` the operator asks. It is one entry in the audit log, for all of them. Raises
        PermissionDenied.
        """
        with self._engine.begin() as connection:
            actor = audit.OPERATOR
            if person is not None:
                actor = allowed(connection, person, Action.EXPORT_LABELS).id
            keys = _touched(connection)
            audit.append(connection, actor, "look", "conversation:*", {"count": len(keys)})
        return self._decided(keys)

    def _decided(self, keys: Sequence[str]) -> Iterator[Decided]:
        for key in keys:
            with self._reading.begin() as connection:
                case = cases.case(connection, key)
            yield Decided(
                key,
                case.conversation,
                # What repeats another flag is no example of harmless words: that one has the label.
                tuple(
                    (f.id, f.flag, f.state)
                    for f in case.flags
                    if f.queued and f.duplicate_of is None
                ),
                tuple(c.correction for c in case.corrections),
                case.trade,
            )

    def of(self, key: str) -> tuple[Corrected, ...]:
        with self._reading.begin() as connection:
            return of_conversation(connection, key)


def _touched(connection: Connection) -> list[str]:
    f, c, r = t.flags.c, t.corrections.c, t.check_results.c
    k = t.conversations.c.key
    query = (
        select(k)
        .where(
            exists().where(f.conversation_key == k, f.state.in_(["confirmed", "dismissed"]))
            | exists().where(c.conversation_key == k)
            | exists().where(r.conversation_key == k)
        )
        .order_by(t.conversations.c.created_at, k)
    )
    return list(connection.execute(query).scalars())


def _regrade(
    connection: Connection, flag: FlagRow, person: Person, policy: Policy, category: str
) -> None:
    """Gives a flag its category, as set right, and the place in the queue that this one has.

    One that is decided or held does not become an urgent one by a correction: nobody would see that it
    waits again. Raises Conflict for it.
    """
    routed = category in policy.routed
    decided = flag.state is not FlagState.PROPOSED and not awaited_from(flag, person)
    if routed and decided:
        raise Conflict(
            "この候補はもう決定されているので、区分を直してもケアの一覧に載りません。"
            "「見落としを加える」で、同じ箇所を新しい候補として加えてください。"
        )
    gravity = weights(connection).get(category, UNKNOWN_GRAVITY)
    place = {
        "named": category,
        "priority": PRIORITIES.index(policy.categories[category].priority),
        "gravity": gravity,
        "rank": flag.rank + regrade(flag.gravity, gravity),
    }
    connection.execute(t.flags.update().where(t.flags.c.id == flag.id).values(place))


def _missed(correction: Correction, conversation: Conversation, policy: Policy) -> Flag:
    """The flag that the machine should have raised."""
    category = policy.categories[str(correction.category)]
    turn = correction.turn
    start, end = (0, 0) if turn is None else (correction.start or 0, correction.end or 0)
    return Flag(
        category=category.id,
        provision=category.provision,
        turn=turn,
        start=start,
        end=end,
        text="" if turn is None else conversation.turns[turn].text[start:end],
        score=1.0,
        detectors=(PERSON,),
        why=f"{category.name}（{category.provision}）のおそれ：確認者が見つけた箇所です",
        priority=category.priority,
    )
