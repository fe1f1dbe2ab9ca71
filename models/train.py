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
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.linear_model import LogisticRegression

from corpora.hands import corpus_hash, split_of
from corpora.reader import MEANS, Document, read_corpus
from screening.classifier.model import FORMAT, Classifier, library_versions

from .augment import augmented
from .encode import HEADS, Text, Units, encode, texts_of

#: A feature must stand in this many units to be kept; rarer ones are a writer's, not the language's.
MIN_UNITS = 2
#: Inverse strength of the L2 penalty, chosen on the dev hands.
STRENGTH = 12.0
#: Hands left out together when calibrating.
FOLDS = 6
SEED = 20261001


def _weigh(units: Units) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The kept features and their inverse document frequencies (smoothed, as scikit-learn's)."""
    frequency = np.asarray(units.features.sum(axis=0)).ravel()
    kept = np.flatnonzero(frequency >= MIN_UNITS)
    n = units.features.shape[0]
    idf = np.log((1 + n) / (1 + frequency[kept])) + 1
    return kept, idf.astype(np.float32)


def matrix(features: csr_matrix, kept: NDArray[np.int64], idf: NDArray[np.float32]) -> csr_matrix:
    """Features weighted and brought to length one, as the inference kernel does."""
    weighted = features[:, kept] @ diags(idf)
    norm = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
    return csr_matrix(diags(1 / np.where(norm > 0, norm, 1)) @ weighted)


def fit_head(x: csr_matrix, y: NDArray[np.bool_], weights: NDArray[np.float64]) -> tuple[NDArray[np.float32], float]:  # fmt: skip
    """A logistic regression; a head with under three examples stays silent."""
    if y.sum() < 3:
        return np.zeros(x.shape[1], np.float32), -8.0
    model = LogisticRegression(C=STRENGTH, solver="liblinear", random_state=SEED, max_iter=200)
    # Abuse is rare: its examples count for more, though not so much that precision goes.
    balance = np.where(y, min(8.0, np.sqrt((~y).sum() / y.sum())), 1.0)
    model.fit(x, y, sample_weight=weights * balance)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


def _fit(texts: Sequence[Text]) -> tuple[Any, ...]:
    units = encode(texts)
    kept, idf = _weigh(units)
    x = matrix(units.features, kept, idf)
    weights = np.array([texts[i].weight for i in units.text])
    heads = []
    for i, name in enumerate(HEADS):
        known = np.array([(t.teaches is None or name in t.teaches) for t in texts])[units.text]
        heads.append(fit_head(x[known], units.labels[known, i], weights[known]))
    rows = np.stack([h[0] for h in heads], axis=1)
    return kept, idf, rows, np.array([h[1] for h in heads], np.float32)


def _logits(units: Units, fitted: tuple[Any, ...]) -> NDArray[np.float64]:
    kept, idf, rows, intercepts = fitted
    return np.asarray(matrix(units.features, kept, idf) @ rows) + intercepts


def _calibrate(logits: NDArray[np.float64], y: NDArray[np.bool_]) -> dict[str, float]:
    """Platt scaling (Platt 1999): slope and offset of a logistic curve over the raw score."""
    if y.sum() < 5:
        return {"slope": 1.0, "offset": 0.0}
    model = LogisticRegression(C=1e4, solver="lbfgs").fit(logits[:, None], y)
    return {"slope": float(model.coef_[0, 0]), "offset": float(model.intercept_[0])}


def left_out_logits(texts: Sequence[Text], extra: Sequence[Text]) -> tuple[Units, NDArray[np.float64]]:  # fmt: skip
    """Raw scores of every text by a model that saw nothing of its hand."""
    hands = sorted({t.hand for t in texts})
    units = encode(texts)
    hand_of = np.array([hands.index(texts[i].hand) for i in units.text])
    logits = np.zeros((len(hand_of), len(HEADS)))
    for fold in range(min(FOLDS, len(hands))):
        out = np.array([h % FOLDS == fold for h in range(len(hands))])
        others = [t for t in [*texts, *extra] if not out[hands.index(t.hand)]]
        fitted = _fit(others)
        held = out[hand_of]
        part = Units(
            units.features[held], units.labels[held], units.text[held], units.lengths[held]
        )
        logits[held] = _logits(part, fitted)
    return units, logits


def train(documents: Sequence[Document]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Returns the card (without hashes and metrics) and the arrays of the weights file."""
    training = [d for d in documents if split_of(d.hand) == "train"]
    dev = [d for d in documents if split_of(d.hand) == "dev"]
    texts = texts_of(training)
    extra = augmented(training, texts)
    kept, idf, rows, intercepts = fitted = _fit([*texts, *extra])
    units, logits = left_out_logits(texts, extra)
    if dev:
        dev_units = encode(texts_of(dev))
        logits = np.concatenate([logits, _logits(dev_units, fitted)])
        labels = np.concatenate([units.labels, dev_units.labels])
    else:
        labels = units.labels
    calibration = {name: _calibrate(logits[:, i], labels[:, i]) for i, name in enumerate(HEADS)}
    card = {
        "format": FORMAT,
        "heads": list(HEADS),
        "means": list(MEANS),
        "calibration": calibration,
        "features": len(kept),
        "trained_on": {
            "hands": sorted({d.hand for d in training}),
            "documents": len(training),
            "turns": len(texts),
            "augmented_turns": len(extra),
        },
    }
    arrays = {
        "features": kept.astype(np.int64),
        "idf": idf,
        "weights": rows.astype(np.float16),
        "intercepts": intercepts,
    }
    return card, arrays


def classifier(card: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Classifier:
    """The model as inference sees it, half-precision weights included."""
    return Classifier.build(
        {"id": "unsaved", **card},
        arrays["features"],
        arrays["weights"].astype(np.float32),
        arrays["idf"],
        arrays["intercepts"],
    )


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
    from . import card as cards
    from . import evaluate

    documents = read_corpus()
    card, arrays = train(documents)
    raw = packed(arrays)
    digest = hashlib.sha256(raw).hexdigest()
    card |= {
        "id": f"linear-{digest[:12]}",
        "weights_sha256": digest,
        "corpus_sha256": corpus_hash(),
        "libraries": library_versions(),
    }
    splits = ("dev",) if arguments.no_test else ("dev", "test")
    card["metrics"] = {
        split: evaluate.report(classifier(card, arrays), documents, split) for split in splits
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
