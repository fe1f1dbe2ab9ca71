"""Fits what weighs a sentence with its conversation, on scores of documents the heads had not seen.

The counterpart at inference is ``screening.classifier.stack``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from corpora.reader import MEANS
from screening.classifier.facts import (
    AROUND,
    OF_UNITS,
    by_conversation,
    features_of,
    logit,
    logits,
    read_units,
    surroundings,
)
from screening.classifier.model import ANY
from screening.classifier.stack import Ready, Stack, strongest
from screening.classifier.trees import DEPTH, Trees

from .encode import HEADS, WHOLE
from .evaluate import CRITICAL
from .heads import SEED, Scores
from .material import Material

#: How much more often than in the corpus a conversation is harmless in the world, at the least.
PRIOR_ODDS = 2.5
#: What a conversation that holds a category counts beside one that does not, when it is decided whether
#: one does: a category too many on a conversation costs a reviewer less than one too few.
WHOLE_BALANCE = 1.6
#: The same for the categories in which a miss is worst (``evaluate.CRITICAL``).
CRITICAL_BALANCE = 3.0
#: Trees that judge a conversation, and groups of hands left out in turn when what follows is fitted.
TREES, JUDGES = 250, 6
#: A head with fewer examples than this has no place in the stack.
LEAST = 12


def _trees(x: NDArray[np.float32], y: NDArray[np.bool_], weights: NDArray[np.float64]) -> Trees:
    """Gradient-boosted trees (Friedman 2001) as arrays that inference reads."""
    if y.all() or not y.any():
        inner = 2**DEPTH - 1
        return Trees(np.zeros((0, inner), np.int16), np.zeros((0, inner)), np.zeros((0, inner + 1), np.float32), 8.0 if y.all() else -8.0)  # fmt: skip
    model = GradientBoostingClassifier(
        n_estimators=TREES,
        max_depth=DEPTH,
        learning_rate=0.04,
        subsample=0.5,
        max_features=0.5,
        min_samples_leaf=10,
        random_state=SEED,
    ).fit(x, y, sample_weight=weights)
    shape = (TREES, 2**DEPTH - 1)
    feature, threshold = np.zeros(shape, np.int16), np.full(shape, np.inf)
    value = np.zeros((TREES, 2**DEPTH), np.float32)
    for number, (estimator,) in enumerate(model.estimators_):
        tree = estimator.tree_
        waiting = [(0, 0)]
        while waiting:
            node, place = waiting.pop()
            if place >= shape[1]:
                value[number, place - shape[1]] = model.learning_rate * tree.value[node, 0, 0]
            elif tree.children_left[node] < 0:
                waiting += [(node, 2 * place + 1), (node, 2 * place + 2)]
            else:
                feature[number, place] = tree.feature[node]
                threshold[number, place] = tree.threshold[node]
                waiting.append((tree.children_left[node], 2 * place + 1))
                waiting.append((tree.children_right[node], 2 * place + 2))
    start = float(model.init_.class_prior_[1])
    return Trees(feature, threshold, value, float(np.log(start / (1 - start))))


def conversation_features(material: Material, scores: Scores, ready: Ready, placed: Sequence[tuple[int, int, float]]) -> NDArray[np.float32]:  # fmt: skip
    """``features_of`` of every document."""
    n = len(material.documents)
    bounds = np.searchsorted(material.customer_of, np.arange(n + 1))
    unit_scores = np.ascontiguousarray(scores.units, np.float32)
    of_units = np.empty((n, OF_UNITS), np.float32)
    likely = ready.likely(unit_scores, placed)
    read_units(unit_scores, likely, ready.means, ready.beside, material.units.own, bounds, of_units)
    rules = np.zeros((n, 2), np.float32)
    for i, matched in enumerate(material.rules):
        best = sorted((m.score for _, m in matched if m.category in MEANS), reverse=True)[:2]
        rules[i, : len(best)] = best
    mail = np.array([d.kind == "email" for d in material.documents], np.float32)
    return features_of(scores.said, scores.answered, of_units, rules, mail)


def _shared(rows: Sequence[NDArray[Any]], labels: Sequence[NDArray[np.bool_]]) -> tuple[list[float], list[float]]:  # fmt: skip
    """One logistic regression for all means categories: coefficients and intercept, and an offset each."""
    count = len(rows[0])
    which = csr_matrix(
        (
            np.ones(count * len(rows)),
            (np.arange(count * len(rows)), np.repeat(np.arange(len(rows)), count)),
        )
    )
    x = hstack([csr_matrix(np.concatenate(rows)), which]).tocsr()
    model = LogisticRegression(C=1.0, max_iter=1000).fit(x, np.concatenate(labels))
    known = rows[0].shape[1]
    coefficients = [float(c) for c in model.coef_[0]]
    return [*coefficients[:known], float(model.intercept_[0])], coefficients[known:]


def fit_stack(material: Material, scores: Scores) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Coefficients and trees of ``screening.classifier.stack``, on scores of documents the heads had
    not seen."""
    own = material.units.own
    means = [i for i, name in enumerate(HEADS) if name in MEANS]
    names = [HEADS[i] for i in means]
    rule, rule_offsets = _fit_rules(material)
    placed = _placed(material, rule, rule_offsets)
    rules = np.zeros((len(own), len(HEADS), 2), np.float32)
    for (unit, head), strength in strongest(placed).items():
        rules[unit, head] = strength, 1
    labels = [material.units.labels[own, i] for i in means]
    early, early_offsets = _shared(
        [
            np.column_stack([scores.units[own, i], scores.units[own, 0], rules[own, i]])
            for i in means
        ],
        labels,
    )
    stack: dict[str, Any] = {
        "early": early,
        "early_offsets": dict(zip(names, early_offsets, strict=True)),
        "conversation_start": 0.0,
        "means": [],
        "offsets": dict.fromkeys(names, 0.0),
        "above_even": 1.0,
        "others": {},
        "rule": rule,
        "rule_offsets": rule_offsets,
        "whole": {},
    }
    known = conversation_features(material, scores, _ready(stack), placed)
    truth = material.truth(ANY)
    alone = np.array([len(d.turns) == 1 for d in material.documents])
    # Contrasts are half harmful by design, and the corpus far more so than any centre: were their
    # shares taken for the world's, a quiet sentence would start from a coin's toss.
    weights = np.where(truth, 1.0, PRIOR_ODDS) * np.where(alone & material.made, 0.0, 1.0)
    counted = weights > 0
    conversation = _trees(known[counted], truth[counted], weights[counted])
    # What sees the judgement must not learn from judgements of what the trees were fitted on.
    judged = np.zeros(len(truth), np.float32)
    hands = sorted({d.hand for d in material.documents})
    group = np.array([hands.index(d.hand) % JUDGES for d in material.documents])
    for number in range(JUDGES):
        out, taught = group == number, counted & (group != number)
        if out.any() and taught.any():
            judged[out] = _trees(known[taught], truth[taught], weights[taught]).score(known[out])
    at = judged[material.customer_of]
    bounds = np.searchsorted(material.customer_of, np.arange(len(material.documents) + 1))
    around = np.empty((len(at), AROUND), np.float32)
    surroundings(scores.units[:, 0].astype(np.float32), bounds, around)
    any_rule = rules[:, means, 1].max(axis=1)
    common = np.column_stack([scores.units[:, 0], at, around])[own]
    shared, offsets = _shared(
        [
            np.column_stack([scores.units[own, i], common, rules[own, i], any_rule[own]])
            for i in means
        ],
        labels,
    )
    others = {
        name: _logistic(
            np.column_stack([scores.units[own, i], at[own], rules[own, i]]),
            material.units.labels[own, i],
            1.0,
        )
        for i, name in enumerate(HEADS)
        if name not in MEANS and name != ANY and material.units.labels[own, i].sum() >= LEAST
    }
    stack |= {
        "means": shared,
        "offsets": dict(zip(names, offsets, strict=True)),
        "others": others,
    }
    raw = scores.units.astype(np.float32)
    written = ~material.made
    known_units = own & written[material.customer_of]
    # A flag is right where its turn carries its category, in whichever sentence of it.
    in_turn = np.zeros((len(material.texts), len(HEADS)), np.bool_)
    np.logical_or.at(in_turn, material.units.text, material.units.labels)
    first = _ready(stack).units(raw, at, around, placed)[np.ix_(known_units, means)]
    stack["above_even"] = _slope(first, in_turn[material.units.text][np.ix_(known_units, means)])
    probabilities = _ready(stack).units(raw, at, around, placed)
    probabilities[~own] = 0
    highest, expected = by_conversation(probabilities, bounds)
    likeliest, summed = logits(highest), np.log(expected + np.float32(1e-3))
    said, answered = (np.zeros_like(likeliest) for _ in range(2))
    of_head = [HEADS.index(name) for name in WHOLE]
    said[:, of_head], answered[:, of_head] = scores.said, scores.answered
    whole = {
        name: _logistic(
            np.column_stack(
                [f[written, i] for f in (likeliest, summed, said, answered)] + [judged[written]]
            ),
            material.truth(name)[written],
            0.3,
            np.where(material.truth(name)[written], balance_of(name), 1.0),
        )
        for i, name in enumerate(HEADS)
        if name != ANY and material.truth(name)[written].sum() >= LEAST
    }
    stack |= {"conversation_start": conversation.start, "whole": whole}
    trees = {
        "tree_feature": conversation.feature,
        "tree_threshold": conversation.threshold,
        "tree_value": conversation.value,
    }
    return stack, trees


def balance_of(name: str) -> float:
    """What a conversation that holds a category counts beside one that does not."""
    return CRITICAL_BALANCE if name in CRITICAL else WHOLE_BALANCE


def _slope(probabilities: NDArray[np.float32], labels: NDArray[np.bool_]) -> float:
    """By what the logits of probabilities over a half must be multiplied to be right on average."""
    over = probabilities > 0.5
    if len(set(labels[over].tolist())) < 2:
        return 1.0
    model = LogisticRegression(C=1e4, fit_intercept=False).fit(logits(probabilities[over])[:, None], labels[over])  # fmt: skip
    return float(model.coef_[0, 0])


def _ready(stack: dict[str, Any]) -> Ready:
    """A stack whose trees are not known yet, ready for its earlier parts."""
    inner = 2**DEPTH - 1
    none = {
        "tree_feature": np.zeros((0, inner), np.int16),
        "tree_threshold": np.zeros((0, inner)),
        "tree_value": np.zeros((0, inner + 1), np.float32),
    }
    return Stack.from_card(stack, none).ready(HEADS, WHOLE)


def _placed(
    material: Material, rule: Sequence[float], offsets: dict[str, float]
) -> list[tuple[int, int, float]]:
    """Every rule's match: its unit, the head of its category, and its strength."""
    units: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for unit, text in enumerate(material.units.text.tolist()):
        units[int(material.customer_of[unit]), material.texts[text].turn].append(unit)
    found = []
    for document, matched in enumerate(material.rules):
        for turn, match in matched:
            here = units[document, turn]
            starts = material.units.starts[here]
            unit = here[max(0, int(np.searchsorted(starts, match.start, "right")) - 1)]
            strength = rule[0] * logit(match.score) + rule[1] + offsets.get(match.rule_id, 0.0)
            found.append((unit, HEADS.index(match.category), strength))
    return found


def _fit_rules(material: Material) -> tuple[list[float], dict[str, float]]:
    """How far a rule's match is to be believed: its own score and its past.

    An offset a rule, drawn towards none where it has matched seldom.
    """
    matched = [
        (match, match.category in document.turns[turn].labels)
        for i, document in enumerate(material.documents)
        for turn, match in material.rules[i]
        if not material.made[i] or len(document.turns) == 1
    ]
    names = sorted({m.rule_id for m, _ in matched})
    place = {name: i for i, name in enumerate(names)}
    known = np.array([[logit(m.score)] for m, _ in matched])
    which = csr_matrix(
        (
            np.ones(len(matched)),
            (np.arange(len(matched)), [place[m.rule_id] for m, _ in matched]),
        ),
        (len(matched), len(names)),
    )
    right = np.array([y for _, y in matched])
    model = LogisticRegression(C=1.0, max_iter=2000).fit(hstack([csr_matrix(known), which]).tocsr(), right)  # fmt: skip
    coefficients = [float(c) for c in model.coef_[0]]
    offsets = {name: round(c, 4) for name, c in zip(names, coefficients[1:], strict=True)}
    return [coefficients[0], float(model.intercept_[0])], offsets


def _logistic(
    x: NDArray[Any],
    y: NDArray[np.bool_],
    strength: float,
    weights: NDArray[np.float64] | None = None,
) -> list[float]:
    """Coefficients and intercept of a logistic regression on few features."""
    model = LogisticRegression(C=strength, max_iter=1000).fit(x, y, sample_weight=weights)
    return [*map(float, model.coef_[0]), float(model.intercept_[0])]
