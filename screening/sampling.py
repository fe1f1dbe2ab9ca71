"""What is drawn for a second look, and what a drawn sample says about the rest.

Drawing is by hash, so that anybody can repeat it and nobody can choose: the same content under the
same share is drawn always or never.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from math import sqrt

from .errors import ReviewError

#: The quantile of a normal distribution for a two-sided interval at 95 %.
Z = 1.959964


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is looked at twice. Shares are 0 to 1.

    ``double_share`` of the flags get a second, blind reader; ``check_share`` of the conversations
    without a flag are offered for a look; a claim lasts ``claim_minutes``.
    """

    double_share: float = 0.05
    check_share: float = 0.02
    claim_minutes: int = 20

    def __post_init__(self) -> None:
        for share in (self.double_share, self.check_share):
            if not 0 <= share <= 1:
                raise ReviewError(f"割合は0から1の間にしてください（{share}でした）。")
        if not 1 <= self.claim_minutes <= 480:
            raise ReviewError(
                f"確認中とみなす時間は1〜480分にしてください（{self.claim_minutes}分でした）。"
            )


@dataclass(frozen=True, slots=True)
class Interval:
    """A proportion with its bounds, each 0 to 1; without a sample the bounds are 0 and 1."""

    value: float | None
    low: float
    high: float


def place(kind: str, *content: str | int) -> float:
    """A number from 0 to below 1 that looks random and is always the same for the same content."""
    digest = sha256("\x1f".join([kind, *map(str, content)]).encode()).digest()
    # 53 bits: what a float holds exactly, so that the result stays below 1.
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def drawn(share: float, kind: str, *content: str | int) -> bool:
    """Whether content is in the sample ``kind`` of a share."""
    return place(kind, *content) < share


def clopper_pearson(hits: int, trials: int, level: float = 0.95) -> Interval:
    """The exact interval of a proportion (Clopper and Pearson 1934).

    Exact rather than Wilson's: what is missed is rare, samples are small, and coverage must hold at
    zero hits as well.
    """
    if not 0 <= hits <= trials:
        raise ValueError(f"hits must be from 0 to trials, got {hits} of {trials}")
    if trials == 0:
        return Interval(None, 0.0, 1.0)
    from scipy.special import betaincinv  # only reports need it, and it takes a moment to import

    tail = (1 - level) / 2
    low = float(betaincinv(hits, trials - hits + 1, tail)) if hits else 0.0
    high = float(betaincinv(hits + 1, trials - hits, 1 - tail)) if hits < trials else 1.0
    return Interval(hits / trials, low, high)


def wilson(hits: int, trials: int) -> Interval:
    """Wilson's score interval of a proportion at 95 % (Wilson 1927), sound for few and for extreme."""
    if trials <= 0:
        return Interval(None, 0.0, 1.0)
    p = hits / trials
    spread = 1 + Z * Z / trials
    middle = (p + Z * Z / (2 * trials)) / spread
    half = Z * sqrt(p * (1 - p) / trials + Z * Z / (4 * trials * trials)) / spread
    return Interval(p, max(0.0, middle - half), min(1.0, middle + half))


@dataclass(frozen=True, slots=True)
class Stratum:
    """Conversations without a flag that were drawn under one share: how many there were, how many of
    the drawn ones a person has checked, and in how many of these something had been missed.
    """

    unflagged: int
    checked: int
    missed: int


@dataclass(frozen=True, slots=True)
class Missed:
    """How many conversations with harassment had no flag, and the recall that follows.

    ``missed`` counts conversations; ``recall`` is confirmed / (confirmed + missed), the share of
    conversations with harassment that were flagged. Confirmed conversations count as known, the
    missed ones carry the interval; conversations still waiting for a decision are in neither.
    """

    unflagged: int
    checked: int
    found: int
    confirmed: int
    missed: float | None
    missed_low: float
    missed_high: float
    recall: float | None
    recall_low: float
    recall_high: float
    method: str


def estimate(strata: tuple[Stratum, ...], confirmed: int, level: float = 0.95) -> Missed:
    """What the checked samples say. Where the share was changed there are several strata: each gets
    an interval at a stricter level (Bonferroni), so that their sum still holds at ``level``.
    """
    used = tuple(s for s in strata if s.unflagged)
    each = 1 - (1 - level) / max(1, len(used))
    low = high = 0.0
    value: float | None = 0.0
    for stratum in used:
        interval = clopper_pearson(stratum.missed, stratum.checked, each)
        # What was seen is certain; only the unseen rest is estimated.
        low += max(interval.low * stratum.unflagged, stratum.missed)
        high += min(
            interval.high * stratum.unflagged,
            stratum.unflagged - (stratum.checked - stratum.missed),
        )
        if interval.value is None or value is None:
            value = None
        else:
            value += interval.value * stratum.unflagged
    if not used:
        value = None

    def recall(missed: float) -> float | None:
        return confirmed / (confirmed + missed) if confirmed + missed else None

    found_low, found_high = recall(high), recall(low)
    return Missed(
        unflagged=sum(s.unflagged for s in used),
        checked=sum(s.checked for s in used),
        found=sum(s.missed for s in used),
        confirmed=confirmed,
        missed=value,
        missed_low=low,
        missed_high=high,
        recall=None if value is None else recall(value),
        recall_low=0.0 if found_low is None else found_low,
        recall_high=1.0 if found_high is None else found_high,
        method=f"Clopper-Pearson {level:.0%}",
    )
