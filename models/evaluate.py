"""Precision and recall on hands that training never saw, beside baselines, with intervals.

Everything is counted by document unless named otherwise: a category is right where the document
carries it and the product flags it. Intervals are 95 % bootstrap percentiles over documents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from corpora.export import conversation_of
from corpora.hands import split_of
from corpora.reader import CATEGORIES, HALVES, MEANS, Document
from screening.classifier.model import Classifier
from screening.policy import load_policy
from screening.records import ScreeningResult
from screening.rules import RuleSet
from screening.screener import Screener

from . import ablation, baselines

RESAMPLES = 500
SEED = 20261001

Predict = Callable[[Sequence[Document]], list[frozenset[str]]]


def screened(model: Classifier, documents: Sequence[Document]) -> list[ScreeningResult]:
    """The whole product's answers, under the shipped policy."""
    screener = Screener(model, RuleSet.load(), load_policy("medical-care"))
    return list(screener.screen_many([conversation_of(d) for d in documents]))


def _labels(results: Sequence[ScreeningResult]) -> list[frozenset[str]]:
    return [frozenset(flag.category for flag in result.flags) for result in results]


def scores(documents: Sequence[Document], predicted: Sequence[frozenset[str]]) -> dict[str, Any]:
    """Counts by document: any means category, and each category's precision, recall and F1."""
    means = frozenset(MEANS)
    truth = np.array([bool(d.labels & means) for d in documents])
    found = np.array([bool(p & means) for p in predicted])
    by_category = {}
    for name in CATEGORIES:
        is_there = np.array([name in d.labels for d in documents])
        is_flagged = np.array([name in p for p in predicted])
        right = int((is_there & is_flagged).sum())
        by_category[name] = {
            "documents": int(is_there.sum()),
            "precision": _ratio(right, int(is_flagged.sum())),
            "recall": _ratio(right, int(is_there.sum())),
            "f1": _ratio(2 * right, int(is_there.sum() + is_flagged.sum())),
        }
    present = [c["f1"] for c in by_category.values() if c["documents"]]
    return {
        "documents": len(documents),
        "harassing": int(truth.sum()),
        "recall": _with_interval(found, truth),
        "flagged_harmless": _with_interval(found, ~truth),
        "macro_f1": round(float(np.mean([f or 0.0 for f in present])), 4) if present else None,
        "categories": by_category,
    }


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _with_interval(found: Any, among: Any) -> dict[str, Any]:
    """The share of ``found`` among some documents, with its bootstrap interval."""
    hits = found[among]
    if not len(hits):
        return {"value": None, "low": None, "high": None}
    rng = np.random.default_rng(SEED)
    samples = rng.choice(hits, (RESAMPLES, len(hits))).mean(axis=1)
    low, high = np.percentile(samples, [2.5, 97.5])
    return {
        "value": round(float(hits.mean()), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
    }


def turns(documents: Sequence[Document], results: Sequence[ScreeningResult]) -> dict[str, Any]:
    """False flags per 1,000 harmless customer turns, and character F1 of the highlighted words."""
    means = frozenset(MEANS)
    harmless = false = 0
    common = marked = labelled = 0
    for document, result in zip(documents, results, strict=True):
        flags = [f for f in result.flags if f.turn is not None and f.category in means]
        for at, turn in enumerate(document.turns):
            if turn.speaker != "customer" or not turn.text:
                continue
            mine = [f for f in flags if f.turn == at]
            if not turn.labels & means:
                harmless += 1
                false += bool(mine)
            shown = {i for f in mine for i in range(f.start, f.end)}
            meant = {i for s in turn.spans if means & set(s.labels) for i in range(s.start, s.end)}
            common += len(shown & meant)
            marked += len(shown)
            labelled += len(meant)
    return {
        "harmless_turns": harmless,
        "false_per_1000": round(1000 * false / harmless, 2) if harmless else None,
        "evidence_f1": _ratio(2 * common, marked + labelled),
    }


def report(model: Classifier, documents: Sequence[Document], split: str) -> dict[str, Any]:
    """All figures for one split, by half of the corpus, with the baselines beside."""
    chosen = [d for d in documents if split_of(d.hand) == split]
    training = [d for d in documents if split_of(d.hand) == "train"]
    others: Mapping[str, Predict] = {
        "keyword_list": baselines.keywords,
        "char_tfidf_logistic": baselines.char_tfidf(training),
    }
    result: dict[str, Any] = {}
    for half in HALVES:
        part = [d for d in chosen if d.half == half]
        if not part:
            continue
        answers = screened(model, part)
        result[half] = scores(part, _labels(answers)) | turns(part, answers)
        result[half]["ablation"] = ablation.ablate(model, part)
        result[half]["calibration_error_of_flags"] = ablation.calibration_error(model, part)
        result[half]["baselines"] = {
            name: {k: v for k, v in scores(part, predict(part)).items() if k != "categories"}
            for name, predict in others.items()
        }
    return result
