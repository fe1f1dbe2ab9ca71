"""Triggers that make a table append-only, in both dialects."""

from __future__ import annotations

_SQLITE = """
CREATE TRIGGER {table}_no_{word} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
#: INSERT OR REPLACE removes the old row without firing its DELETE trigger.
_SQLITE_REPLACE = """
CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""
_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$
"""
_POSTGRES = """
CREATE TRIGGER {table}_no_{word} BEFORE {verb} ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""


def statements(dialect: str, table: str) -> list[str]:
    """What to execute so that rows of ``table`` can only be added."""
    if dialect == "sqlite":
        return [
            _SQLITE.format(table=table, word=verb.lower(), verb=verb)
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        _FUNCTION,
        *(
            _POSTGRES.format(table=table, word=verb.lower(), verb=verb)
            for verb in ("UPDATE", "DELETE", "TRUNCATE")
        ),
    ]


def against_replacing(dialect: str, table: str, key: str) -> list[str]:
    """What to execute so that an insert cannot take the place of a row either."""
    return [_SQLITE_REPLACE.format(table=table, key=key)] if dialect == "sqlite" else []
