"""A small ensemble of shallow trees, read without scikit-learn: what boosting learned, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

#: Questions asked on the way to a leaf; a tree has 2**DEPTH leaves.
DEPTH = 3


@njit(nogil=True, cache=True)
def walk(
    x: NDArray[np.float32],
    feature: NDArray[np.int16],
    threshold: NDArray[np.float64],
    value: NDArray[np.float32],
    start: Any,
) -> np.float64:
    """``start`` and the values of the leaves that one row ``x`` (features,) reaches."""
    inner = feature.shape[1]
    total = np.float64(start)
    for tree in range(len(feature)):
        node = 0
        while node < inner:
            right = np.float64(x[feature[tree, node]]) > threshold[tree, node]
            node = 2 * node + (2 if right else 1)
        total += value[tree, node - inner]
    return total


@njit(nogil=True, cache=True)
def _walk(
    x: NDArray[np.float32],
    feature: NDArray[np.int16],
    threshold: NDArray[np.float64],
    value: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None:
    for i in range(len(x)):
        out[i] = walk(x[i], feature, threshold, value, out[i])


@dataclass(frozen=True, slots=True)
class Trees:
    """Boosted trees of ``DEPTH`` questions each, laid out as heaps.

    ``feature`` and ``threshold`` have the shape (trees, 2**DEPTH - 1): a value above the threshold goes
    right, and a question that no split asks has the threshold infinity. ``value`` is (trees,
    2**DEPTH); the answer is ``start`` and the values of the leaves reached.
    """

    feature: NDArray[np.int16]
    threshold: NDArray[np.float64]
    value: NDArray[np.float32]
    start: float

    def score(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """The raw score (a logit) of each row of ``x`` (n, features)."""
        out = np.full(len(x), self.start, np.float32)
        _walk(np.ascontiguousarray(x), self.feature, self.threshold, self.value, out)
        return out
