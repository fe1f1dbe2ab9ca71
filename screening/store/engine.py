"""Connections and migrations."""

from __future__ import annotations

import sqlite3
import time
from importlib import resources
from pathlib import Path
from threading import Lock
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from ..errors import ScreeningError

#: Milliseconds that a writer waits for another one before it gives up.
BUSY_MS = 30_000
#: Any number will do, as long as every process takes the same one while it migrates.
_MIGRATION_LOCK = 4_919_001
#: Alembic's context is one for the whole process.
_ALEMBIC = Lock()


def connect(url: str) -> Engine:
    """An engine for a SQLAlchemy URL. Its errors carry no parameters: they hold people's words.

    Raises:
        ScreeningError: for what is not a URL, or a database other than SQLite and PostgreSQL.
    """
    try:
        kind = make_url(url).get_backend_name()
    except ArgumentError:
        raise ScreeningError(
            "データベースの指定が読めません。例: sqlite:///var/screening.db"
        ) from None
    if kind == "postgresql":
        engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    if kind != "sqlite":
        raise ScreeningError("データベースは sqlite か postgresql+psycopg を指定してください")
    engine = create_engine(url, connect_args={"timeout": BUSY_MS / 1000}, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_postgresql(connection: Any, _: object) -> None:
    # The record lies in memory or on a disk without a head that moves. By the figure for one that has,
    # the server would rather read every flag with its words than the index that answers alone.
    connection.execute("SET random_page_cost = 1.1")
    connection.commit()


def _prepare_sqlite(connection: Any, _: object) -> None:
    # The driver's own BEGIN comes too late for a read that a write depends on: SQLAlchemy begins.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    _use_wal(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _use_wal(cursor: Any) -> None:
    # SQLite does not wait for other connections here, whatever the busy timeout: so we do.
    for attempt in range(100):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or attempt == 99:
                raise
            time.sleep(0.05)


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def snapshot(engine: Engine) -> Engine:
    """An engine whose every transaction reads one state of the database from its first statement to its
    last, whatever others write meanwhile.
    """
    if engine.dialect.name == "postgresql":
        return engine.execution_options(reading=True, isolation_level="REPEATABLE READ")
    return engine.execution_options(reading=True)  # SQLite in WAL mode reads so anyway


def alembic_config() -> Config:
    config = Config()
    folder = Path(str(resources.files(__package__) / "migrations"))
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


def migrate(engine: Engine) -> None:
    """Brings the database to the newest shape; processes that start together wait for each other.

    Raises:
        ScreeningError: where the database cannot be opened.
    """
    config = alembic_config()
    try:
        with _ALEMBIC, engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except OperationalError as error:
        raise ScreeningError(
            f"データベースを開けません（{type(error.orig).__name__}）。場所と書き込み権限を確かめてください"
        ) from None
