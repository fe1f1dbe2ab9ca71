"""The record: conversations, flags, decisions, people and mails, in one SQLite or PostgreSQL database.

``tables``         what is kept, and where
``migrations/``    how a database comes to that shape (Alembic)
``engine``         connections: SQLite in WAL mode, one writer at a time
``moments``        times as they are kept
``rows``           what is read back
``events``         what people did with flags short of deciding them
``identity``       who is acting, as the record knows them
``audit``          the append-only, chained log
``plan``           how much is looked at twice
``flags``          flags as they are read back
``conversations``  screening results go in, once each
``cases``          a conversation with everything that people did with it
``contacts``       when customers got in touch
``queue``          flags in the order in which people should look
``originals``      which flags another may repeat
``decided``        what was decided, the latest first
``readings``       second, blind readings, and where they disagree
``own``            flags that a person found or raises
``corrections``    what a reviewer sets right
``decisions``      a person's decision, taken through ``screening.review`` and never edited
``work``           claims, and what people do with a flag short of deciding it
``checks``         drawn conversations without a flag
``step_rows``      steps as they are kept
``steps``          what decisions oblige to: owners, days, approvals, and their record
``shadow``         what a draft would have flagged differently
``accounts``       what every change of an account asks first
``people``         accounts, sessions and keys
``mails``          how far the inbox has come
"""

from .people import People
from .queue import Filters, Place
from .rows import (
    Account,
    Case,
    Claim,
    Consultation,
    Corrected,
    Dispute,
    Earlier,
    Event,
    FlagRow,
    Key,
    Page,
    Recorded,
    SavedConversation,
    Session,
)
from .shadow import Shadow
from .step_rows import StepRow
from .steps import Steps
from .store import Store

__all__ = [
    "Account",
    "Case",
    "Claim",
    "Consultation",
    "Corrected",
    "Dispute",
    "Earlier",
    "Event",
    "Filters",
    "FlagRow",
    "Key",
    "Page",
    "People",
    "Place",
    "Recorded",
    "SavedConversation",
    "Session",
    "Shadow",
    "StepRow",
    "Steps",
    "Store",
]
