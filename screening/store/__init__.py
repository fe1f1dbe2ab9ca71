"""The record: conversations, flags, decisions, people and mails, in one SQLite or PostgreSQL database.

``tables``         what is kept, and where
``migrations/``    how a database comes to that shape (Alembic)
``engine``         connections: SQLite in WAL mode, one writer at a time
``rows``           what is read back
``conversations``  screening results go in, once each; cases come out
``queue``          flags in the order in which people should look
``decisions``      a person's decision, taken through ``screening.review`` and never edited
``people``         accounts, sessions and keys
``mails``          how far the inbox has come
"""

from .people import People
from .rows import Case, Consultation, Earlier, FlagRow, Page, Recorded, SavedConversation
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
    "Store",
]
