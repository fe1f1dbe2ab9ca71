"""Times as they are kept: ISO 8601 in UTC with microseconds, so that text order is time order."""

from __future__ import annotations

from datetime import UTC, datetime

from ..days import JAPAN, day_of
from ..errors import ReviewError


def now() -> datetime:
    return datetime.now(UTC)


def kept(moment: datetime) -> str:
    """``moment`` carries its zone."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def utc(text: str | None) -> str | None:
    """A time as a conversation carries it, or None where there is none or it cannot be read."""
    try:
        moment = datetime.fromisoformat(text or "")
        # A conversation without a zone is Japan's: so are all the systems that leave it out.
        return kept(moment if moment.tzinfo else moment.replace(tzinfo=JAPAN))
    except (ValueError, OverflowError):
        return None


def day(moment: str) -> str:
    """The day in Japan of a time as it is kept."""
    try:
        return day_of(datetime.fromisoformat(moment)).isoformat()
    except OverflowError:  # the last hours of the year 9999
        return moment[:10]


def asked(text: str | None, name: str) -> str | None:
    """A day or time that somebody asks for; without a zone it is Japan's.

    Raises:
        ReviewError: for what is not ISO 8601.
    """
    if not text:
        return None
    found = utc(text)
    if found is None:
        raise ReviewError(f"{name}は 2026-11-01 のような日付か日時で指定してください。")
    return found
