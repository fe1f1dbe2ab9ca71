"""The record: conversations, flags, decisions, people and mails, in one SQLite or PostgreSQL database.

``tables``         what is kept, and where
``migrations/``    how a database comes to that shape (Alembic)
``engine``         connections: SQLite in WAL mode, one writer at a time
``rows``           what is read back
``conversations``  screening results go in, once each; cases come out
``queue``          flags in the order in which people should look
``decisions``      a person's decision, taken through ``screening.review`` and never edited
``own``            a flag that a person raises
``steps``          what decisions oblige to: owners, days, approvals, and their record
``shadow``         what a draft would have flagged differently
``people``         accounts, sessions and keys
``mails``          how far the inbox has come
"""

from .people import People
from .rows import Case, Consultation, Earlier, FlagRow, Page, Recorded, SavedConversation
from .shadow import Shadow
from .steps import StepRow, Steps
from .store import Store

__all__ = [
    "Case",
    "Consultation",
    "Earlier",
    "FlagRow",
    "Page",
    "People",
    "Recorded",
    "SavedConversation",
    "Shadow",
    "StepRow",
    "Steps",
    "Store",
]
