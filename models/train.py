"""``python -m models.train``: fits, calibrates and writes the shipped model from the corpus.

Training hands fit the weights. Calibration and thresholds come from predictions on training hands
that were left out in turn, and from the dev hands. Test hands are only ever evaluated.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
import zipfile
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags, hstack, vstack
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from corpora.hands import corpus_hash, split_of
from corpora.reader import MEANS, Document, read_corpus
from screening.classifier.model import ANY, FORMAT, Classifier, identity, library_versions
from screening.classifier.stack import (
    AROUND,
    OF_UNITS,
    PRIOR_WEIGHT,
    Ready,
    Stack,
    by_conversation,
    features_of,
    logit,
    logits,
    read_units,
    strongest,
    surroundings,
    weights_of,
)
from screening.classifier.trees import DEPTH, Trees
from screening.rules import RuleMatch, RuleSet
from screening.text import fold

from .augment import MADE, augmented, excerpts
from .encode import HEADS, WHOLE, Text, Units, encode, texts_of, within

#: A feature must stand in this many units to be kept; rarer ones are a writer's, not the language's.
MIN_UNITS = 4
#: Inverse strength of the L2 penalty, chosen on the dev hands.
STRENGTH = 12.0
#: The same for the heads that read whole conversations, whose rows are means and so much shorter.
WHOLE_STRENGTH = 300.0
#: Where the solver may stop; weights correlate over 0.9999 with those of a tenth of it.
TOLERANCE = 1e-2
#: Groups of hands, left out in turn when the stack is fitted.
FOLDS = 4
#: Folds fitted side by side; how many changes nothing but the time it takes.
WORKERS = 2
#: How much more often than in the corpus a conversation is harmless in the world, at the least.
PRIOR_ODDS = 2.5
#: What a conversation that holds a category counts beside one that does not, when it is decided whether
#: one does: a category too many on a conversation costs a reviewer less than one too few.
WHOLE_BALANCE = 1.6
#: Trees that judge a conversation, and groups of hands left out in turn when what follows is fitted.
TREES, JUDGES = 250, 6
#: A head with fewer examples than this has no place in the stack.
LEAST = 12
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


def fit_head(x: csr_matrix, y: NDArray[np.bool_], weights: NDArray[np.float64], *, strength: float = STRENGTH) -> tuple[NDArray[np.float32], float]:  # fmt: skip
    """A logistic regression; a head with under three examples stays silent."""
    if y.sum() < 3:
        return np.zeros(x.shape[1], np.float32), -8.0
    # The dual problem is the smaller one: far fewer texts than features.
    model = LogisticRegression(C=strength, solver="liblinear", dual=True, tol=TOLERANCE, random_state=SEED, max_iter=400)  # fmt: skip
    # Abuse is rare: its examples count for more, though not so much that precision goes.
    balance = np.where(y, min(8.0, np.sqrt((~y).sum() / y.sum())), 1.0)
    model.fit(x, y, sample_weight=weights * balance)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


@dataclass(slots=True)
class Material:
    """Documents as the heads see them: units of the customer's and of the agent's turns.

    ``made`` marks the documents that were cut out of others, or made of a contrast, at training time.
    ``customer_of`` and ``agent_of`` give each unit's document. ``rules`` holds, by document, the
    turn of every rule's match.
    """

    documents: list[Document]
    texts: list[Text]
    units: Units
    customer_of: NDArray[np.int64]
    agent: Units
    agent_of: NDArray[np.int64]
    rules: list[list[tuple[int, RuleMatch]]]
    made: NDArray[np.bool_]

    @classmethod
    def of(cls, documents: Sequence[Document], rules: RuleSet) -> Material:
        texts, agent = texts_of(documents), texts_of(documents, "agent")
        units, agent_units = encode(texts), encode(agent, words=False)
        return cls(
            list(documents),
            texts,
            units,
            np.array([texts[i].document for i in units.text], np.int64),
            agent_units,
            np.array([agent[i].document for i in agent_units.text], np.int64),
            matches_of(len(documents), texts, rules),
            np.array([MADE in d.id for d in documents]),
        )

    def part(self, chosen: NDArray[np.bool_]) -> Material:
        """The documents that ``chosen`` (one truth value a document) names."""
        at = np.cumsum(chosen) - 1
        mine, theirs = chosen[self.customer_of], chosen[self.agent_of]
        return Material(
            [d for d, c in zip(self.documents, chosen, strict=True) if c],
            self.texts,
            self.units[mine],
            at[self.customer_of[mine]],
            self.agent[theirs],
            at[self.agent_of[theirs]],
            [r for r, c in zip(self.rules, chosen, strict=True) if c],
            self.made[chosen],
        )

    def truth(self, name: str) -> NDArray[np.bool_]:
        """For each document, whether it carries a label, or any means."""
        wanted = frozenset(MEANS if name == ANY else [name])
        return np.array([bool(d.labels & wanted) for d in self.documents])


def matches_of(
    count: int, texts: Sequence[Text], rules: RuleSet
) -> list[list[tuple[int, RuleMatch]]]:
    """By document the turn of every rule's match in the customer's own words."""
    found: list[list[tuple[int, RuleMatch]]] = [[] for _ in range(count)]
    for text in texts:
        folded = fold(text.text)
        for match in rules.find(folded.text):
            start, end = folded.span(match.start, match.end)
            if not within(start, end, text.not_own):
                found[text.document].append((text.turn, match))
    return found


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
    for name in WHOLE:
        truth = material.truth(name)
        row, intercept = fit_head(means, truth, np.ones(n), strength=WHOLE_STRENGTH)
        rows.append(row)
        intercepts.append(0.0)
        whole_intercepts.append(intercept)
        row, _ = fit_head(agent_means[answered], truth[answered], np.ones(int(answered.sum())), strength=WHOLE_STRENGTH)  # fmt: skip
        agent_rows.append(row)
    as_array = lambda values: np.array(values, np.float32)  # noqa: E731
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


def left_out(material: Material, extra: Sequence[Text], extra_units: Units) -> Scores:
    """Raw scores of every document by heads that saw nothing of its hand."""
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
        for number, held in enumerate(pool.map(_held, jobs)):
            out = hand_of == number
            scores.units[out[material.customer_of]] = held.units
            scores.said[out], scores.answered[out] = held.said, held.answered
    return scores


def _held(job: tuple[Material, Sequence[Text], Units, Material]) -> Scores:
    """Scores of the last by heads fitted on the others."""
    *taught, held = job
    return fit_heads(*taught).scores(held)


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
            np.where(material.truth(name)[written], WHOLE_BALANCE, 1.0),
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


def train(documents: Sequence[Document]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Returns the card (without hashes and metrics) and the arrays of the weights file."""
    rules = RuleSet.load()
    written = [d for d in documents if split_of(d.hand) == "train"]
    training = Material.of([*written, *excerpts(written)], rules)
    for_choosing = [d for d in documents if split_of(d.hand) == "dev"]
    dev = Material.of([*for_choosing, *excerpts(for_choosing)], rules)
    extra = augmented(written, texts_of(written))
    extra_units = encode(extra)
    heads = fit_heads(training, extra, extra_units)
    unseen = left_out(training, extra, extra_units)
    stack, trees = fit_stack(*_together((training, unseen), (dev, heads.scores(dev))))
    card = {
        "format": FORMAT,
        "heads": list(HEADS),
        "whole": list(WHOLE),
        "means": list(MEANS),
        "stack": stack,
        "features": len(heads.kept),
        "agent_features": len(heads.agent_kept),
        "trained_on": {
            "hands": sorted({d.hand for d in training.documents}),
            "documents": len(written),
            "turns": len(texts_of(written)),
            "excerpts": len(training.documents) - len(written),
            "augmented_turns": len(extra),
        },
    }
    arrays = {
        "features": heads.kept,
        "idf": heads.idf,
        "weights": heads.rows.astype(np.float16),
        "intercepts": heads.intercepts,
        "whole_intercepts": heads.whole_intercepts,
        "agent_features": heads.agent_kept,
        "agent_idf": heads.agent_idf,
        "agent_weights": heads.agent_rows.astype(np.float16),
        **trees,
    }
    return card, arrays


def _together(*parts: tuple[Material, Scores]) -> tuple[Material, Scores]:
    """Several sets of documents with their scores as one; a set without documents adds nothing."""
    parts = tuple(p for p in parts if p[0].documents)
    materials, scores = zip(*parts, strict=True)
    before = np.cumsum([0, *(len(m.documents) for m in materials)])
    texts_before = np.cumsum([0, *(len(m.texts) for m in materials)])
    join = lambda pieces: np.concatenate(list(pieces))  # noqa: E731

    def units(chosen: Sequence[Units]) -> Units:
        return Units(
            vstack([u.features for u in chosen]).tocsr(),
            join(u.labels for u in chosen),
            join(u.text + t for u, t in zip(chosen, texts_before, strict=False)),
            join(u.starts for u in chosen),
            join(u.lengths for u in chosen),
            join(u.own for u in chosen),
        )

    return (
        Material(
            [d for m in materials for d in m.documents],
            [t for m in materials for t in m.texts],
            units([m.units for m in materials]),
            join(m.customer_of + b for m, b in zip(materials, before, strict=False)),
            units([m.agent for m in materials]),
            join(m.agent_of + b for m, b in zip(materials, before, strict=False)),
            [r for m in materials for r in m.rules],
            join(m.made for m in materials),
        ),
        Scores(
            join(s.units for s in scores),
            join(s.said for s in scores),
            join(s.answered for s in scores),
        ),
    )


def classifier(card: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Classifier:
    """The model as inference sees it, half-precision weights included."""
    return Classifier.build({"id": "unsaved", **card}, arrays)


def packed(arrays: dict[str, NDArray[Any]]) -> bytes:
    """An ``.npz`` whose bytes depend on the arrays alone, so that training can be reproduced."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in sorted(arrays.items()):
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), content.getvalue(), zipfile.ZIP_DEFLATED)  # fmt: skip
    return buffer.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m models.train", description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "shipped")
    parser.add_argument("--no-test", action="store_true", help="leave the test hands alone")
    arguments = parser.parse_args()
    from . import ablation, baselines, evaluate
    from . import card as cards

    documents = read_corpus()
    card, arrays = train(documents)
    card = json.loads(json.dumps(card))
    raw = packed(arrays)
    digest = hashlib.sha256(raw).hexdigest()
    card |= {
        "id": identity(raw, card["stack"]),
        "weights_sha256": digest,
        "corpus_sha256": corpus_hash(),
        "libraries": library_versions(),
    }
    training = [d for d in documents if split_of(d.hand) == "train"]
    products = ablation.products(classifier(card, arrays)) | {
        "keyword_list": baselines.keywords,
        "char_tfidf_logistic": baselines.char_tfidf(training),
    }
    splits = ("dev",) if arguments.no_test else ("dev", "test")
    card["metrics"] = {
        split: evaluate.report(documents, split, products, noisy=["whole_product"])
        for split in splits
    }
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "weights.npz").write_bytes(raw)
    text = json.dumps(card, ensure_ascii=False, indent=1, sort_keys=True)
    (arguments.output / "card.json").write_text(text + "\n", encoding="utf-8")
    (arguments.output / "CARD.md").write_text(cards.markdown(card), encoding="utf-8")
    print(f"{card['id']}: {card['features']} features, {len(raw) / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
