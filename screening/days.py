"""Days as those count them who work by them: Japan's, whatever zone a time is written in."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

JAPAN = timezone(timedelta(hours=9))


def day_of(moment: datetime) -> date:
    """The day in Japan of a moment with its zone."""
    return moment.astimezone(JAPAN).date()


def begins(day: date) -> datetime:
    """The moment at which a day begins in Japan."""
    return datetime(day.year, day.month, day.day, tzinfo=JAPAN)
