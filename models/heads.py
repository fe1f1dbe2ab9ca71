"""The linear heads: fitted on units and whole conversations, and scores by heads that saw nothing of a hand."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, vstack
from sklearn.linear_model import LogisticRegression

from screening.classifier.facts import PRIOR_WEIGHT, weights_of

from .encode import HEADS, WHOLE, Text, Units
from .material import Material
from .side_by_side import WORKERS

#: A feature must stand in this many units to be kept; rarer ones are a writer's, not the language's.
MIN_UNITS = 4
#: Inverse strength of the L2 penalty, chosen on the dev hands.
STRENGTH = 12.0
#: Where the solver may stop. What the heads then say of a quarter of the training hands that were left out
#: ranks alike with a fiftieth of it, to the third place of the average precision.
TOLERANCE = 0.5
#: The same two for the heads that read whole conversations, whose rows are means and so much shorter. A
#: weaker penalty ranks a quarter of the training hands a little better and then flags more of the dev hands'
#: ordinary week that is harmless. Where this stops, scores correlate over 0.9998 with those of a tenth of it.
WHOLE_STRENGTH, WHOLE_TOLERANCE = 300.0, 1.0
#: Groups of hands, left out in turn when the stack is fitted.
FOLDS = 4
SEED = 20261001


def _weigh(features: csr_matrix) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The kept features and their inverse document frequencies (smoothed, as scikit-learn's)."""
    frequency = np.asarray(features.sum(axis=0)).ravel()
    kept = np.flatnonzero(frequency >= MIN_UNITS)
    n = features.shape[0]
    idf = np.log((1 + n) / (1 + frequency[kept])) + 1
    return kept, idf.astype(np.float32)


def matrix(features: csr_matrix, kept: NDArray[np.int64], idf: NDArray[np.float32]) -> csr_matrix:
    """Features weighted and brought to length one, as the inference kernel does."""
    weighted = features[:, kept] @ diags(idf)
    norm = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return csr_matrix(diags(1 / np.where(norm > 0, norm, 1)) @ weighted)


def fit_head(x: csr_matrix, y: NDArray[np.bool_], weights: NDArray[np.float64], *, strength: float = STRENGTH, tolerance: float = TOLERANCE) -> tuple[NDArray[np.float32], float]:  # fmt: skip
    """A logistic regression; a head with under three examples stays silent."""
    if y.sum() < 3:
        return np.zeros(x.shape[1], np.float32), -8.0
    # The dual problem is the smaller one: far fewer texts than features.
    model = LogisticRegression(C=strength, solver="liblinear", dual=True, tol=tolerance, random_state=SEED, max_iter=400)  # fmt: skip
    # Abuse is rare: its examples count for more, though not so much that precision goes.
    balance = np.where(y, min(8.0, np.sqrt((~y).sum() / y.sum())), 1.0)
    model.fit(x, y, sample_weight=weights * balance)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


def _means_of(x: csr_matrix, units: Units, owner: NDArray[np.int64], count: int) -> csr_matrix:
    """For each document the mean of its units' rows, weighted as inference weighs their scores."""
    weights = weights_of(units.lengths, units.own)
    gather = csr_matrix((weights, (owner, np.arange(len(owner)))), (count, len(owner)))
    totals = np.asarray(gather.sum(axis=1)).ravel()
    return csr_matrix(diags(1 / (totals + PRIOR_WEIGHT)) @ (gather @ x))


@dataclass(slots=True)
class Heads:
    """Fitted linear heads: of units, and of whole conversations from both sides' words."""

    kept: NDArray[np.int64]
    idf: NDArray[np.float32]
    rows: NDArray[np.float32]
    intercepts: NDArray[np.float32]
    whole_intercepts: NDArray[np.float32]
    agent_kept: NDArray[np.int64]
    agent_idf: NDArray[np.float32]
    agent_rows: NDArray[np.float32]

    def scores(self, material: Material) -> Scores:
        n = len(material.documents)
        x = matrix(material.units.features, self.kept, self.idf)
        raw = np.asarray(x @ self.rows) + self.intercepts
        whole = raw[:, len(HEADS) :]
        agent = np.asarray(
            matrix(material.agent.features, self.agent_kept, self.agent_idf) @ self.agent_rows
        )
        return Scores(
            raw[:, : len(HEADS)],
            _weighted(whole, material.units, material.customer_of, n) + self.whole_intercepts,
            _weighted(agent, material.agent, material.agent_of, n),
        )


@dataclass(slots=True)
class Scores:
    """Raw scores: ``units`` (units, heads), ``said`` and ``answered`` (documents, whole)."""

    units: NDArray[np.float64]
    said: NDArray[np.float64]
    answered: NDArray[np.float64]


def _weighted(
    scores: NDArray[np.float64], units: Units, owner: NDArray[np.int64], count: int
) -> NDArray[np.float64]:
    weights = weights_of(units.lengths, units.own)
    totals = np.bincount(owner, weights, count)
    sums = np.stack([np.bincount(owner, weights * s, count) for s in scores.T], axis=1)
    return np.asarray(sums / (totals + PRIOR_WEIGHT)[:, None])


def fit_heads(material: Material, extra: Sequence[Text], extra_units: Units) -> Heads:
    """Fits all linear heads on one set of documents, and on texts made at training time."""
    texts = [*material.texts, *extra]
    written = ~material.made[material.customer_of]
    owner = np.concatenate([material.units.text[written], extra_units.text + len(material.texts)])
    features = vstack([material.units.features[written], extra_units.features]).tocsr()
    labels = np.concatenate([material.units.labels[written], extra_units.labels])
    own = np.concatenate([material.units.own[written], extra_units.own])
    kept, idf = _weigh(features)
    x = matrix(features, kept, idf)
    weights = np.array([texts[i].weight for i in owner]) * own
    rows, intercepts = [], []
    for i, name in enumerate(HEADS):
        known = np.array([texts[t].teaches is None or name in (texts[t].teaches or ()) for t in owner])  # fmt: skip
        known &= own
        row, intercept = fit_head(x[known], labels[known, i], weights[known])
        rows.append(row)
        intercepts.append(intercept)
    n = len(material.documents)
    whole_x = matrix(material.units.features, kept, idf)
    means = _means_of(whole_x, material.units, material.customer_of, n)
    agent_kept, agent_idf = _weigh(material.agent.features)
    agent_x = matrix(material.agent.features, agent_kept, agent_idf)
    agent_means = _means_of(agent_x, material.agent, material.agent_of, n)
    answered = np.asarray(agent_means.getnnz(axis=1) > 0)
    whole_intercepts, agent_rows = [], []
    whole = {"strength": WHOLE_STRENGTH, "tolerance": WHOLE_TOLERANCE}
    for name in WHOLE:
        truth = material.truth(name)
        row, intercept = fit_head(means, truth, np.ones(n), **whole)
        rows.append(row)
        intercepts.append(0.0)
        whole_intercepts.append(intercept)
        row, _ = fit_head(agent_means[answered], truth[answered], np.ones(int(answered.sum())), **whole)  # fmt: skip
        agent_rows.append(row)

    def as_array(values: list[float]) -> NDArray[np.float32]:
        return np.array(values, np.float32)

    return Heads(
        kept,
        idf,
        np.stack(rows, axis=1),
        as_array(intercepts),
        as_array(whole_intercepts),
        agent_kept,
        agent_idf,
        np.stack(agent_rows, axis=1),
    )


def fit_and_leave_out(
    material: Material, extra: Sequence[Text], extra_units: Units
) -> tuple[Heads, Scores]:
    """The heads, and raw scores of every document by heads that saw nothing of its hand."""
    hands = sorted({d.hand for d in material.documents})
    fold_of = {hand: i % FOLDS for i, hand in enumerate(hands)}
    hand_of = np.array([fold_of[d.hand] for d in material.documents])
    made_by = np.array([fold_of[t.hand] for t in extra], np.int64)
    n = len(material.documents)
    scores = Scores(
        np.zeros((len(material.units.text), len(HEADS))),
        np.zeros((n, len(WHOLE))),
        np.zeros((n, len(WHOLE))),
    )
    jobs = [
        (
            material.part(hand_of != number),
            extra,
            extra_units[made_by[extra_units.text] != number],
            material.part(hand_of == number),
        )
        for number in range(min(FOLDS, len(hands)))
    ]
    with ProcessPoolExecutor(WORKERS) as pool:
        heads = pool.submit(fit_heads, material, extra, extra_units)
        for number, held in enumerate(pool.map(_held, jobs)):
            out = hand_of == number
            scores.units[out[material.customer_of]] = held.units
            scores.said[out], scores.answered[out] = held.said, held.answered
        return heads.result(), scores


def _held(job: tuple[Material, Sequence[Text], Units, Material]) -> Scores:
    """Scores of the last by heads fitted on the others."""
    *taught, held = job
    return fit_heads(*taught).scores(held)
