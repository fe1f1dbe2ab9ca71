"""Shares with an interval, percentiles, and where the backlog is going."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from ..sampling import Z, wilson


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``of``; ``low`` and ``high`` bound the share, 0 to 1. All None where ``of`` is 0."""

    hits: int
    of: int
    share: float | None
    low: float | None
    high: float | None


def share(hits: int, of: int) -> Share:
    """The share with its interval at 95 % (``sampling.wilson``)."""
    if of <= 0:
        return Share(hits, 0, None, None, None)
    found = wilson(hits, of)
    return Share(hits, of, found.value, found.low, found.high)


def percentile(ordered: Sequence[float], q: float) -> float | None:
    """The value that a share ``q`` (0 to 1) of an ascending sequence does not exceed."""
    if not ordered:
        return None
    return ordered[min(len(ordered) - 1, max(0, ceil(q * len(ordered)) - 1))]


@dataclass(frozen=True, slots=True)
class Forecast:
    """Flags waiting on each of the coming days, today first; ``low`` and ``high`` bound them at 95 %.

    ``arrivals`` and ``capacity`` are flags a day. ``days_to_clear`` is None where the backlog does not
    shrink.
    """

    arrivals: float
    capacity: float
    expected: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    days_to_clear: int | None


def forecast(waiting: int, arrivals: float, capacity: float, *, days: int = 14) -> Forecast:
    """Carries the present pace forward. Arrivals are taken as Poisson: their variance is their mean."""
    per_day = arrivals - capacity
    line = [waiting + per_day * d for d in range(days + 1)]
    spread = [Z * sqrt(arrivals * d) for d in range(days + 1)]
    clear = None if per_day >= 0 else ceil(waiting / -per_day)
    return Forecast(
        arrivals=arrivals,
        capacity=capacity,
        expected=tuple(max(0.0, x) for x in line),
        low=tuple(max(0.0, x - s) for x, s in zip(line, spread, strict=True)),
        high=tuple(max(0.0, x + s) for x, s in zip(line, spread, strict=True)),
        days_to_clear=0 if waiting == 0 else clear,
    )
