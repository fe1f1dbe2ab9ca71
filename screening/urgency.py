"""Which flag comes first, and why: urgency, then confidence × gravity × age.

The weight of a waiting flag doubles every ``DOUBLING``. All flags then grow at the same rate, so the
order of two of them never changes by waiting, and the logarithm of the weight less the common growth
is a fixed ``rank`` that a database can keep in an index.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log2

from .policy import kinds
from .policy.kinds import Gravity
from .records import PRIORITIES as PRIORITIES
from .records import Priority

#: After so long a flag weighs as much as a new one of twice the confidence. Our choice: within a
#: working week an ordinary flag overtakes a new serious one of the same confidence.
DOUBLING = timedelta(days=2)
#: How much graver than ordinary conduct; ours as well, and only ever used for the order.
GRAVITIES: Mapping[Gravity, float] = {Gravity.GRAVE: 3, Gravity.SERIOUS: 2, Gravity.ORDINARY: 1}
#: Of a category that no policy in force knows.
UNKNOWN_GRAVITY = 1.0
#: The least confidence that is told apart from none.
_LEAST = 0.001

#: The least weight of each, gravest first, with its name.
_LABELS = tuple(
    (GRAVITIES[g] if g is not Gravity.ORDINARY else 0.0, kinds.GRAVITIES[g]) for g in Gravity
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Why a flag stands where it stands. ``growth`` is the factor that waiting has added, 1 or more.

    ``weight`` is confidence × gravity × growth; ``why`` says all of it in Japanese.
    """

    priority: Priority
    confidence: float
    gravity: float
    waited: timedelta
    growth: float
    weight: float
    why: str


def rank(confidence: float, gravity: float, since: datetime) -> float:
    """The place within one priority, lower first: less the fixed part of the weight's logarithm."""
    return since.timestamp() / DOUBLING.total_seconds() - log2(max(confidence, _LEAST) * gravity)


def regrade(old: float, new: float) -> float:
    """What to add to a rank when the gravity of a category changes from ``old`` to ``new``."""
    return log2(old) - log2(new)


def standing(
    priority: Priority, confidence: float, gravity: float, since: datetime, now: datetime
) -> Standing:
    """``since`` is when the flag was raised; both times carry their zones."""
    waited = max(now - since, timedelta())
    growth = 2 ** (waited / DOUBLING)
    weight = confidence * gravity * growth
    label = next(word for least, word in _LABELS if gravity >= least)
    why = (
        f"{PRIORITIES[priority]}。確信度{confidence * 100:.0f}％ × 重さ「{label}」（{gravity:g}） × "
        f"待ち時間{_time(waited)}（{growth:.1f}倍）＝{weight:.2f}"
    )
    return Standing(priority, confidence, gravity, waited, growth, weight, why)


def _time(waited: timedelta) -> str:
    minutes = int(waited.total_seconds() // 60)
    if minutes < 60:
        return f"{minutes}分"
    hours = minutes // 60
    return f"{hours}時間" if hours < 48 else f"{hours // 24}日"
