"""How far two readers agree who did not see each other's answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Agreement:
    """``pairs`` flags were read twice. ``alpha`` is None where all readings are the same answer.

    ``equal`` is the plain share of equal outcomes, 0 to 1; ``confusion`` counts (first, second).
    ``alpha_result`` is alpha over what an outcome does to the flag (confirmed, dismissed, on hold), so
    that two dismissals for different reasons agree.
    """

    pairs: int
    equal: float | None
    alpha: float | None
    alpha_result: float | None
    confusion: Mapping[tuple[str, str], int]


def krippendorff(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Krippendorff's alpha for nominal answers of two readers without gaps (Krippendorff 2004, ch. 11).

    1 is full agreement, 0 what chance gives, below 0 is worse than chance. None where nothing varies.
    """
    count = Counter(answer for pair in pairs for answer in pair)
    total = sum(count.values())
    expected = total * total - sum(n * n for n in count.values())
    if not expected:
        return None
    observed = 2 * sum(first != second for first, second in pairs)
    return 1 - (total - 1) * observed / expected


def agreement(outcomes: Sequence[tuple[str, str]], results: Sequence[tuple[str, str]]) -> Agreement:
    """``outcomes`` and ``results`` are (first, second) of the same flags in the same order."""
    same = sum(first == second for first, second in outcomes)
    return Agreement(
        pairs=len(outcomes),
        equal=same / len(outcomes) if outcomes else None,
        alpha=krippendorff(outcomes),
        alpha_result=krippendorff(results),
        confusion=dict(sorted(Counter(outcomes).items())),
    )
