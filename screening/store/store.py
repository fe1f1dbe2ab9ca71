"""The record as one object: each method is one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime

from sqlalchemy import Engine, text

from ..errors import NotFound
from ..policy import Policy
from ..records import Conversation, MailSeen, ScreeningResult
from ..review import Decision, FlagState, Person
from . import conversations, decisions, mails, own, queue
from .engine import connect, migrate
from .people import People
from .rows import Case, FlagRow, Page, SavedConversation
from .shadow import Shadow
from .steps import Steps


class Store:
    """Safe to share between threads; processes may open the same database side by side."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reading = engine.execution_options(reading=True)
        self.people = People(engine)
        self.steps = Steps(engine)
        self.shadow = Shadow(engine)

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

    def save(
        self, conversation: Conversation, result: ScreeningResult, *, source: str = ""
    ) -> SavedConversation:
        """See ``conversations.save``."""
        with self.engine.begin() as connection:
            return conversations.save(
                connection, conversation, result, source=source, now=_now().isoformat()
            )

    def save_many(
        self,
        screened: Sequence[tuple[Conversation, ScreeningResult]],
        *,
        source: str = "",
    ) -> list[SavedConversation]:
        """Saves all or none, at the cost of one transaction."""
        now = _now().isoformat()
        with self.engine.begin() as connection:
            return [
                conversations.save(connection, conversation, result, source=source, now=now)
                for conversation, result in screened
            ]

    def flags(
        self,
        *,
        states: Sequence[FlagState] = (FlagState.PROPOSED,),
        category: str | None = None,
        kind: str | None = None,
        limit: int = 50,
        after: str | None = None,
        all_flags: bool = False,
        only: Collection[str] = (),
        without: Collection[str] = (),
    ) -> Page:
        """See ``queue.flags``."""
        with self._reading.begin() as connection:
            return queue.flags(
                connection,
                states=tuple(states),
                category=category,
                kind=kind,
                limit=limit,
                after=after,
                all_flags=all_flags,
                only=only,
                without=without,
            )

    def following(self, flag: FlagRow, *, without: Collection[str] = ()) -> FlagRow | None:
        """The next flag in the queue that belongs to another conversation, or None at its end."""
        with self._reading.begin() as connection:
            return queue.following(connection, flag, without=without)

    def flag(self, flag_id: str) -> FlagRow:
        """Raises NotFound."""
        with self._reading.begin() as connection:
            return conversations.one_flag(connection, flag_id)

    def case(self, key: str) -> Case:
        """Raises NotFound."""
        with self._reading.begin() as connection:
            return conversations.case(connection, key)

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
                now=now or _now(),
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
                now=_now().isoformat(),
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


def _now() -> datetime:
    return datetime.now(UTC)
