"""The record as one object: each method is one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, text

from ..access import Action
from ..errors import NotFound
from ..policy import Assessment, Effect, Policy, Reading
from ..records import Conversation, MailSeen, ScreeningResult
from ..review import Decision, FlagState, Person
from ..sampling import Plan
from . import (
    audit,
    cases,
    contacts,
    conversations,
    decided,
    decisions,
    flags,
    mails,
    originals,
    own,
    plan,
    queue,
)
from .audit import Audit
from .checks import Checks
from .corrections import Corrections
from .engine import connect, migrate
from .identity import allowed
from .moments import now as _now
from .people import People
from .queue import Filters
from .readings import Readings
from .rows import Case, FlagRow, Page, SavedConversation
from .shadow import Shadow
from .steps import Steps
from .work import Work


class Store:
    """Safe to share between threads; processes may open the same database side by side.

    ``people``, ``work``, ``readings``, ``checks``, ``corrections`` and ``audit`` hold what belongs to
    each.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reading = engine.execution_options(reading=True)
        self.people = People(engine)
        self.work = Work(engine)
        self.readings = Readings(engine)
        self.checks = Checks(engine)
        self.corrections = Corrections(engine)
        self.audit = Audit(engine)
        self.steps = Steps(engine)
        self.shadow = Shadow(engine)
        self._rules = Reading()

    @classmethod
    def open(cls, url: str) -> Store:
        """Opens ``sqlite:///path`` or ``postgresql+psycopg://…`` and brings it to the newest shape.

        Raises:
            ScreeningError: where the database cannot be opened.
        """
        engine = connect(url)
        migrate(engine)
        return cls(engine)

    def close(self) -> None:
        self.engine.dispose()

    def alive(self) -> bool:
        """Whether the database answers."""
        with self._reading.begin() as connection:
            return connection.execute(text("SELECT 1")).scalar() == 1

    def adopt(self, policy: Policy) -> None:
        """Takes over the gravities of the policy's categories for the order of the queue, and how many
        other contacts of a customer a case shows.
        """
        self._rules = policy.reading
        with self.engine.begin() as connection:
            plan.adopt(connection, policy)

    def plan(self) -> Plan:
        """The shares that are looked at twice."""
        with self._reading.begin() as connection:
            return plan.read(connection)

    def set_plan(self, wanted: Plan, person: Person | None = None) -> None:
        """See ``plan.write``; it holds for what comes in from now on."""
        with self.engine.begin() as connection:
            plan.write(connection, person, wanted)

    def save(
        self,
        conversation: Conversation,
        result: ScreeningResult,
        *,
        source: str = "",
        trade: str | None = None,
    ) -> SavedConversation:
        """See ``conversations.save``."""
        with self.engine.begin() as connection:
            return conversations.save(
                connection, conversation, result, source=source, now=_now(), trade=trade
            )

    def save_many(
        self,
        screened: Sequence[tuple[Conversation, ScreeningResult]],
        *,
        source: str = "",
        trade: str | None = None,
    ) -> list[SavedConversation]:
        """Saves all or none, at the cost of one transaction."""
        now = _now()
        with self.engine.begin() as connection:
            drawing = conversations.Drawing.of(connection)
            return [
                conversations.save(
                    connection,
                    conversation,
                    result,
                    source=source,
                    now=now,
                    trade=trade,
                    drawing=drawing,
                )
                for conversation, result in screened
            ]

    def history(self, conversation: Conversation) -> tuple[Conversation, ...]:
        """See ``contacts.history``; for the screener, before it screens ``conversation``."""
        with self._reading.begin() as connection:
            return contacts.history(connection, conversation)

    def flags(
        self,
        filters: Filters | None = None,
        *,
        viewer: Person | None = None,
        limit: int = 50,
        after: str | None = None,
        states: Sequence[FlagState] | None = None,
        category: str | None = None,
        kind: str | None = None,
        all_flags: bool | None = None,
        only: Collection[str] | None = None,
        without: Collection[str] | None = None,
    ) -> Page:
        """One page of the queue as ``viewer`` may see it; without one, everything as it is.

        ``states`` to ``without`` are short for filters. See ``queue.flags``.
        """
        short = {"category": category, "kind": kind, "all_flags": all_flags}
        changes: dict[str, Any] = {k: v for k, v in short.items() if v is not None}
        if states is not None:
            changes["states"] = tuple(states)
        changes |= {k: tuple(v) for k, v in (("only", only), ("without", without)) if v is not None}
        with self._reading.begin() as connection:
            return queue.flags(
                connection,
                replace(filters or Filters(), **changes),
                viewer=viewer,
                limit=limit,
                after=after,
                now=_now(),
            )

    def decided(
        self,
        filters: Filters,
        *,
        viewer: Person | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> Page:
        """What was decided, the latest decision first. See ``decided.flags``."""
        with self._reading.begin() as connection:
            return decided.flags(
                connection, filters, viewer=viewer, limit=limit, after=after, now=_now()
            )

    def onward(
        self,
        flag: FlagRow,
        person: Person,
        *,
        asked_for: queue.Filters | None = None,
        passing: bool = False,
    ) -> FlagRow | None:
        """See ``queue.onward``."""
        with self._reading.begin() as connection:
            return queue.onward(
                connection,
                flag,
                person,
                now=_now(),
                asked_for=asked_for or queue.Filters(),
                passing=passing,
            )

    def flag(self, flag_id: str, viewer: Person | None = None) -> FlagRow:
        """Raises NotFound."""
        with self._reading.begin() as connection:
            return flags.one_flag(connection, flag_id, viewer, _now())

    def flags_of(self, ids: Collection[str], viewer: Person | None = None) -> dict[str, FlagRow]:
        """See ``flags.rows_of``."""
        with self._reading.begin() as connection:
            return flags.rows_of(connection, ids, viewer, _now())

    def case(self, key: str, viewer: Person | None = None) -> Case:
        """Raises NotFound. Records no look: whoever shows the words to a person uses ``open_case``."""
        with self._reading.begin() as connection:
            return cases.case(connection, key, viewer, _now(), reading=self._rules)

    def open_case(self, key: str, person: Person, *, words: bool = True) -> Case:
        """The case as this person may see it, and in the audit log that they looked at its words.

        Where the words are masked (``words=False``), nothing is looked at yet and nothing recorded.
        Raises NotFound, or PermissionDenied for a role that reads no cases.
        """
        with self.engine.begin() as connection:
            actor = allowed(connection, person, Action.READ_CASE)
            found = cases.case(connection, key, actor, _now(), reading=self._rules)
            if words:
                audit.append(connection, actor.id, "look", f"conversation:{key}")
        return found

    def looked(self, person: Person, subject: str, *, count: int = 1, again: int = 0) -> None:
        """Records that a person was sent words: ``queue:`` with how many flags, ``flag:…`` or
        ``conversation:…``. ``again`` are those that stayed open from a look before, which burden nobody
        twice. Raises PermissionDenied for a role that reads none.
        """
        with self.engine.begin() as connection:
            case = subject.startswith("conversation:")
            actor = allowed(connection, person, Action.READ_CASE if case else Action.READ_QUEUE)
            detail = {"count": count} | ({"again": again} if again else {})
            audit.append(connection, actor.id, "look", subject, detail)

    def illness(self, policy: Policy, key: str) -> tuple[bool, bool]:
        """See ``decisions.illness``."""
        with self._reading.begin() as connection:
            return decisions.illness(connection, policy, key)

    def decide(
        self,
        flag_id: str,
        person: Person,
        *,
        policy: Policy,
        answers: Mapping[str, str],
        outcome: str,
        reason: str,
        expected_state: FlagState | None = None,
        expected_decision: int | None = None,
        duplicate_of: str | None = None,
        now: datetime | None = None,
    ) -> Decision:
        """See ``decisions.decide``."""
        with self.engine.begin() as connection:
            return decisions.decide(
                connection,
                flag_id,
                person,
                policy=policy,
                answers=answers,
                outcome=outcome,
                reason=reason,
                expected_state=expected_state,
                expected_decision=expected_decision,
                duplicate_of=duplicate_of,
                now=now or _now(),
            )

    def originals(self, flag_id: str, person: Person) -> tuple[FlagRow, ...]:
        """See ``originals.of_flag``. Raises NotFound or PermissionDenied."""
        with self._reading.begin() as connection:
            actor = allowed(connection, person, Action.READ_CASE)
            flag = flags.one_flag(connection, flag_id)
            return originals.of_flag(connection, flag, actor)

    def assessment(
        self,
        flag_id: str,
        person: Person,
        *,
        policy: Policy,
        answers: Mapping[str, str],
        outcome: str | None = None,
    ) -> tuple[Assessment, tuple[Effect, ...]]:
        """See ``decisions.assessed``; raises NotFound or PermissionDenied as well."""
        with self._reading.begin() as connection:
            actor = allowed(connection, person, Action.READ_CASE)
            flag = flags.one_flag(connection, flag_id)
            return decisions.assessed(
                connection, flag, actor, policy=policy, answers=answers, outcome=outcome
            )

    def withdraw(
        self, flag_id: str, person: Person, *, reason: str, now: datetime | None = None
    ) -> Decision:
        """See ``decisions.withdraw``."""
        with self.engine.begin() as connection:
            return decisions.withdraw(connection, flag_id, person, reason=reason, now=now or _now())

    def consult(
        self,
        key: str,
        person: Person,
        *,
        consulted: str,
        note: str,
        policy: Policy | None = None,
        held_on: date | None = None,
    ) -> None:
        """See ``decisions.consult``; raises NotFound for a conversation that there is not."""
        with self.engine.begin() as connection:
            if not conversations.exists(connection, key):
                raise NotFound("その会話は記録にありません。")
            decisions.consult(
                connection,
                key,
                person,
                consulted=consulted,
                note=note,
                now=_now(),
                policy=policy,
                held_on=held_on,
            )

    def raise_flag(
        self,
        key: str,
        person: Person,
        *,
        policy: Policy,
        turn: int,
        start: int,
        end: int,
        reason: str,
    ) -> str:
        """See ``own.raise_flag``."""
        with self.engine.begin() as connection:
            return own.raise_flag(
                connection,
                key,
                person,
                policy=policy,
                turn=turn,
                start=start,
                end=end,
                reason=reason,
                now=_now(),
            )

    def mail_seen(
        self, mailbox: str, uidvalidity: int, uid: int, message_id: str | None
    ) -> MailSeen | None:
        with self._reading.begin() as connection:
            return mails.seen(connection, mailbox, uidvalidity, uid, message_id)

    def note_mail(
        self,
        mailbox: str,
        uidvalidity: int,
        uid: int,
        message_id: str | None,
        *,
        state: str,
        flagged: bool,
        reason: str = "",
    ) -> None:
        with self.engine.begin() as connection:
            mails.note(
                connection,
                mailbox,
                uidvalidity,
                uid,
                message_id,
                state=state,
                flagged=flagged,
                reason=reason,
                now=_now().isoformat(),
            )

    def mails_noted(self, mailbox: str, uidvalidity: int) -> set[int]:
        with self._reading.begin() as connection:
            return mails.finished(connection, mailbox, uidvalidity)
