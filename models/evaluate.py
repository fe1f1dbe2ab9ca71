"""Precision and recall on hands that training never saw, beside baselines, with intervals.

Everything is counted by document unless named otherwise: a category is right where the document
carries it and the product flags it. Intervals are 95 % bootstrap percentiles over documents.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpora.export import conversation_of
from corpora.hands import split_of
from corpora.reader import CATEGORIES, HALVES, MEANS, Document
from screening.records import Conversation, Flag, ScreeningResult

from . import noise

RESAMPLES = 500
SEED = 20261001
#: Bins of the expected calibration error (Naeini and others, 2015).
BINS = 10
#: Categories in which a miss is worst.
CRITICAL = ("threat", "sexual_harassment", "self_harm_risk")
#: Traits whose bearers must not be flagged more often than others when they are harmless.
GROUPS = ("dialect", "nonnative", "elderly")

Floats = NDArray[np.float64]
#: Conversations with the customer's earlier contacts go in, proposed flags come out.
Answer = Callable[[Sequence[tuple[Conversation, Sequence[Conversation]]]], list[Sequence[Flag]]]


def contacts(documents: Sequence[Document]) -> list[tuple[Conversation, list[Conversation]]]:
    """Each document as a conversation, with those of its series that came before it."""
    by_series: defaultdict[str, list[Document]] = defaultdict(list)
    for document in documents:
        if document.series and document.date:
            by_series[document.series].append(document)
    return [
        (
            conversation_of(document),
            [
                conversation_of(other)
                for other in by_series.get(document.series or "", ())
                if (other.date or "", other.id) < (document.date or "", document.id)
            ],
        )
        for document in documents
    ]


@dataclass(slots=True)
class Counts:
    """What was there and what was found, by document, so that any resample is a weighted sum.

    ``there`` and ``flagged`` have the shape (documents, categories); ``flags`` holds a row for each
    means flag on a turn: its document, its probability, and whether the turn carries its category.
    """

    truth: NDArray[np.bool_]
    found: NDArray[np.bool_]
    there: NDArray[np.bool_]
    flagged: NDArray[np.bool_]
    harmless_turns: Floats
    false_turns: Floats
    common: Floats
    marked: Floats
    labelled: Floats
    flags: Floats


def count(documents: Sequence[Document], answers: Sequence[Sequence[Flag]]) -> Counts:
    """Compares flags with labels, document by document."""
    n, means = len(documents), frozenset(MEANS)
    there = np.array([[c in d.labels for c in CATEGORIES] for d in documents], np.bool_)
    names = [frozenset(f.category for f in flags) for flags in answers]
    flagged = np.array([[c in found for c in CATEGORIES] for found in names], np.bool_)
    is_means = np.array([c in means for c in CATEGORIES])
    turns = np.zeros((5, n))
    rows = []
    for i, (document, flags) in enumerate(zip(documents, answers, strict=True)):
        mine = [f for f in flags if f.turn is not None and f.category in means]
        rows += [(i, f.score, f.category in document.turns[f.turn].labels) for f in mine if f.turn is not None]  # fmt: skip
        for at, turn in enumerate(document.turns):
            if turn.speaker != "customer" or not turn.text:
                continue
            here = [f for f in mine if f.turn == at]
            if not turn.labels & means:
                turns[0, i] += 1
                turns[1, i] += bool(here)
            shown = {x for f in here for x in range(f.start, f.end)}
            meant = {x for s in turn.spans if means & set(s.labels) for x in range(s.start, s.end)}
            turns[2:, i] += len(shown & meant), len(shown), len(meant)
    return Counts(
        there[:, is_means].any(axis=1),
        flagged[:, is_means].any(axis=1),
        there,
        flagged,
        *turns,
        np.array(rows, float).reshape(-1, 3),
    )


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def measures(counts: Counts, weight: Floats) -> dict[str, float]:
    """Every measure of the card, each document counted ``weight`` times; NaN where nothing was there."""
    truth, found = counts.truth, counts.found
    there, flagged = weight @ counts.there, weight @ counts.flagged
    both = weight @ (counts.there & counts.flagged)
    f1 = 2 * both / np.where(there + flagged > 0, there + flagged, 1)
    critical = [CATEGORIES.index(c) for c in CRITICAL]
    return {
        "recall": _share(weight @ (truth & found), weight @ truth),
        "flagged_harmless": _share(weight @ (~truth & found), weight @ ~truth),
        "false_per_1000": 1000
        * _share(weight @ counts.false_turns, weight @ counts.harmless_turns),
        "macro_f1": float(f1[there > 0].mean()) if (there > 0).any() else float("nan"),
        "critical_recall": _share(both[critical].sum(), there[critical].sum()),
        "evidence_f1": _share(
            2 * weight @ counts.common, weight @ (counts.marked + counts.labelled)
        ),
        "calibration_error": _calibration_error(counts.flags, weight),
    }


def _calibration_error(flags: Floats, weight: Floats) -> float:
    if not len(flags):
        return float("nan")
    much = weight[flags[:, 0].astype(int)]
    bins = np.minimum((flags[:, 1] * BINS).astype(int), BINS - 1)
    said = np.bincount(bins, much * flags[:, 1], BINS)
    right = np.bincount(bins, much * flags[:, 2], BINS)
    return _share(float(np.abs(said - right).sum()), float(much.sum()))


def figures(documents: Sequence[Document], answers: Sequence[Sequence[Flag]]) -> dict[str, Any]:
    """Each measure with its interval, and each category's precision, recall and F1."""
    counts = count(documents, answers)
    n = len(documents)
    rng = np.random.default_rng(SEED)
    samples = [
        measures(counts, np.bincount(rng.integers(0, n, n), minlength=n).astype(float))
        for _ in range(RESAMPLES)
    ]
    result: dict[str, Any] = {
        "documents": n,
        "harassing": int(counts.truth.sum()),
        "harmless_turns": int(counts.harmless_turns.sum()),
        "flags_on_turns": len(counts.flags),
    }
    for name, value in measures(counts, np.ones(n)).items():
        values = np.array([s[name] for s in samples])
        low, high = np.nanpercentile(values, [2.5, 97.5]) if np.isfinite(values).any() else (value, value)  # fmt: skip
        result[name] = {"value": _round(value), "low": _round(low), "high": _round(high)}
    result["categories"] = {
        name: _category(counts.there[:, i], counts.flagged[:, i])
        for i, name in enumerate(CATEGORIES)
    }
    return result


def _round(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None


def _category(there: NDArray[np.bool_], flagged: NDArray[np.bool_]) -> dict[str, Any]:
    right = float((there & flagged).sum())
    return {
        "documents": int(there.sum()),
        "precision": _round(_share(right, float(flagged.sum()))),
        "recall": _round(_share(right, float(there.sum()))),
        "f1": _round(_share(2 * right, float(there.sum() + flagged.sum()))),
    }


def flags_of(results: Sequence[ScreeningResult]) -> list[Sequence[Flag]]:
    return [result.flags for result in results]


def groups(documents: Sequence[Document], answers: Sequence[Sequence[Flag]]) -> dict[str, Any]:
    """How often harmless documents of a group are flagged, beside the harmless rest."""
    counts = count(documents, answers)
    result = {}
    for group in GROUPS:
        inside = np.array([group in d.traits for d in documents]) & ~counts.truth
        outside = ~inside & ~counts.truth
        result[group] = {
            "documents": int(inside.sum()),
            "flagged": int((inside & counts.found).sum()),
            "share": _round(_share(float((inside & counts.found).sum()), float(inside.sum()))),
            "rest": _round(_share(float((outside & counts.found).sum()), float(outside.sum()))),
        }
    return result


def under_noise(documents: Sequence[Document], sounds: noise.Confusions, answer: Answer) -> dict[str, Any]:  # fmt: skip
    """Recall as written, as a recogniser with ``noise.ERROR_RATE`` errors hears it, and disguised."""
    edits: Mapping[str, noise.Edit] = {
        "recogniser": noise.heard(sounds, noise.ERROR_RATE),
        "obfuscation": noise.disguised,
    }
    result = {}
    for name, edit in edits.items():
        rng = random.Random(SEED)
        changed = [noise.rewritten(d, edit, rng) for d in documents]
        measured = figures(changed, answer(contacts(changed)))
        result[name] = {m: measured[m] for m in ("recall", "flagged_harmless")}
    return result


def report(
    documents: Sequence[Document],
    split: str,
    products: Mapping[str, Answer],
    *,
    noisy: Sequence[str] = (),
) -> dict[str, Any]:
    """All figures of several products on one split, by half of the corpus.

    ``products`` are compared by name; those named ``noisy`` are also measured under noise and by
    group.
    """
    chosen = [d for d in documents if split_of(d.hand) == split]
    sounds = noise.confusions(
        t.text for d in documents if split_of(d.hand) == "train" for t in d.turns
    )
    result: dict[str, Any] = {}
    answers = {}
    for half in HALVES:
        part = [d for d in chosen if d.half == half]
        if not part:
            continue
        result[half] = {}
        for name, answer in products.items():
            answers[half, name] = given = answer(contacts(part))
            result[half][name] = figures(part, given)
            if name in noisy:
                result[half][name]["noise"] = under_noise(part, sounds, answer)
    result["groups"] = {
        name: groups(
            [d for half in HALVES for d in chosen if d.half == half and (half, name) in answers],
            [flags for half in HALVES for flags in answers.get((half, name), ())],
        )
        for name in noisy
    }
    return result
