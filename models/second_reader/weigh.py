"""``python -m models.second_reader.weigh``: exports the trained networks, and weighs their word.

How the two readers' words make one is fitted on the dev hands, from which neither learnt. Writes what
inference reads, and the figures of the product with the second reader into its card.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from corpora.export import conversation_of
from corpora.hands import corpus_hash, split_of
from corpora.reader import HALVES, MEANS, Document, read_corpus
from models import ablation, evaluate
from models.card import of_reader
from models.encode import HEADS, encode, texts_of
from models.side_by_side import side_by_side
from models.stacking import WHOLE_BALANCE
from screening.classifier import Classifier
from screening.classifier.facts import logits
from screening.classifier.model import ANY
from screening.policy import load_policy
from screening.rules import RuleSet
from screening.screener import Screener
from screening.second_reader.reader import FORMAT, SecondReader, identity, networks_of
from screening.second_reader.weighing import (
    JUDGED_FEATURES,
    UNIT_FEATURES,
    WHOLE_FEATURES,
    Sentences,
    judged_features,
    likeliest,
    unit_features,
)
from screening.view import Viewer

from . import pretrained
from .export import export
from .network import Network

Floats = NDArray[np.float32]
SHIPPED = Path(__file__).parent / "shipped"
BUILT = Path("build/second_reader")
#: Of the dev documents that hold a means or a care sign, this share at least must be read again.
READ_AGAIN = 0.98
#: What a harmless document counts beside a harmful one; chosen on the dev hands.
PRIOR_ODDS = 1.6
#: What a conversation that holds a category in which a miss is worst (``evaluate.CRITICAL``) counts beside
#: one that does not, when it is decided whether one does; chosen on the dev hands.
CRITICAL_BALANCE = 20.0
#: Inverse strength of the L2 penalty; the numbers are few and the documents hundreds.
STRENGTH = 1.0
#: Groups of hands, left out in turn so that sentences are weighed with judgements of unseen documents.
GROUPS = 5


@dataclass(slots=True)
class Said:
    """What both readers say of one document; logits but for the first reader's probabilities."""

    judged: float
    sentences: Sentences
    own: Floats
    first_units: Floats
    first_whole: Floats

    @property
    def whole(self) -> Floats:
        return self.sentences.whole


class _Recorder:
    """In the place of a ``Weighing``: has everything read again, keeps it, and changes nothing."""

    def __init__(self) -> None:
        self.said: list[Said] = []

    def worth_reading(self, judged: Floats, highest: Floats) -> NDArray[np.bool_]:
        return np.ones(len(judged), np.bool_)

    def judgement(self, first: float, whole: Floats, units: Floats) -> float:
        empty = np.zeros((0, len(HEADS)), np.float32)
        self.said.append(Said(first, Sentences(empty, empty, whole), units, empty, empty))
        return first

    def of_units(self, first: Floats, second: Sentences, judged: float) -> Floats:
        self.said[-1].sentences, self.said[-1].first_units = second, first.copy()
        return first

    def of_whole(self, first: Floats, second: Floats, units: Floats, judged: float) -> Floats:
        self.said[-1].first_whole = first.copy()
        return first


def heard(
    reader: SecondReader, model: Classifier, documents: Sequence[Document]
) -> tuple[list[Document], list[Said]]:
    """The documents in which enough was said to be read, and what both readers say of each."""
    recorder = _Recorder()
    viewer = Viewer(model, RuleSet.load(), replace(reader, weighing=recorder))
    read = [d for d in documents if viewer.view([conversation_of(d)]).read_again[0]]
    return read, recorder.said


def read_again(screener: Screener, documents: Sequence[Document]) -> dict[str, float]:
    """By half the share of the harmless documents that the second reader reads."""
    shares = {}
    for half in HALVES:
        harmless = [d for d in documents if d.half == half and not d.labels & frozenset(MEANS)]
        read = [screener.viewer.view([conversation_of(d)]).read_again[0] for d in harmless]
        shares[half] = round(sum(read) / max(1, len(read)), 4)
    return shares


def fit(documents: Sequence[Document], said: Sequence[Said]) -> dict[str, Any]:
    """The card's ``weighing``."""
    means = [i for i, name in enumerate(HEADS) if name in MEANS]
    others = [i for i, name in enumerate(HEADS) if name not in MEANS and name != ANY]
    truth = np.array([bool(d.labels & frozenset(MEANS)) for d in documents])
    known = np.array([judged_features(s.judged, s.whole, s.own) for s in said])
    weights = np.where(truth, 1.0, PRIOR_ODDS)
    judge = LogisticRegression(C=STRENGTH, max_iter=1000).fit(known, truth, sample_weight=weights)
    hands = sorted({d.hand for d in documents})
    group = np.array([hands.index(d.hand) % GROUPS for d in documents])
    judged = np.zeros(len(documents))
    for number in range(GROUPS):
        out = group == number
        model = LogisticRegression(C=STRENGTH, max_iter=1000).fit(known[~out], truth[~out], sample_weight=weights[~out])  # fmt: skip
        judged[out] = model.decision_function(known[out])
    units = encode(texts_of(documents))
    of_units = np.concatenate(
        [
            unit_features(s.first_units, s.sentences, j)
            for s, j in zip(said, judged.tolist(), strict=True)
        ]
    )
    assert len(of_units) == len(units.text)
    own = units.own
    rows = {i: of_units[own, i] for i in range(len(HEADS))}
    labels = {i: units.labels[own, i] for i in rows}
    unit_rows: dict[int, list[float]] = {}
    for alike in ([HEADS.index(ANY)], means, others):
        unit_rows |= _shared(rows, labels, alike)
    in_turn = np.zeros((int(units.text.max()) + 1, len(HEADS)), np.bool_)
    np.logical_or.at(in_turn, units.text, units.labels)
    over, right = [], []
    for i in means:
        logit = rows[i] @ np.array(unit_rows[i][:-1]) + unit_rows[i][-1]
        over.append(logit[logit > 0])
        right.append(in_turn[units.text[own], i][logit > 0])
    slope = LogisticRegression(C=1e4, fit_intercept=False).fit(np.concatenate(over)[:, None], np.concatenate(right))  # fmt: skip
    best = np.array([likeliest(s.own) for s in said])
    first_whole, whole = np.array([s.first_whole for s in said]), np.array([s.whole for s in said])
    of_whole = {
        i: np.column_stack([logits(first_whole[:, i]), whole[:, i], best[:, i], judged])
        for i in (*means, *others)
    }
    there = {i: np.array([HEADS[i] in d.labels for d in documents]) for i in of_whole}
    balance = {i: CRITICAL_BALANCE if HEADS[i] in evaluate.CRITICAL else WHOLE_BALANCE for i in of_whole}  # fmt: skip
    whole_rows = _shared(of_whole, there, means, balance) | _shared(of_whole, there, others, balance)  # fmt: skip
    watched = [*means, HEADS.index("self_harm_risk")]
    highest = np.array([s.first_units[:, watched].max(initial=0) for s in said])
    holds = truth | there[HEADS.index("self_harm_risk")]
    read_from, or_likely = _bounds(np.array([s.judged for s in said]), highest, holds)
    return {
        "read_from": read_from,
        "or_likely": or_likely,
        "watched": [HEADS[i] for i in watched],
        "judged": [*map(float, judge.coef_[0]), float(judge.intercept_[0])],
        "units": {HEADS[i]: row for i, row in sorted(unit_rows.items())},
        "above_even": float(slope.coef_[0, 0]),
        "whole": {HEADS[i]: whole_rows.get(i, _never(WHOLE_FEATURES)) for i in range(len(HEADS))},
    }


def _never(features: Sequence[str]) -> list[float]:
    """Coefficients of a head that is not weighed."""
    return [*[0.0] * len(features), -20.0]


def _bounds(judged: Floats, highest: Floats, holds: NDArray[np.bool_]) -> tuple[float, float]:
    """From which judgement on, or from which likelihood of a sentence on, to read again, so that of the
    documents that hold something ``READ_AGAIN`` are read, and of the others as few as can be."""
    spared = int((1 - READ_AGAIN) * holds.sum())
    choices = []
    for likely in (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5):
        rest = np.sort(judged[holds & (highest < likely)])
        bound = float(rest[spared]) if len(rest) > spared else float(judged.max()) + 1
        read = (judged >= bound) | (highest >= likely)
        choices.append((float(read[~holds].mean()), bound, likely))
    _, bound, likely = min(choices)
    return bound, likely


def _shared(
    rows: dict[int, Any],
    labels: dict[int, NDArray[np.bool_]],
    heads: Sequence[int],
    balance: dict[int, float] | None = None,
) -> dict[int, list[float]]:
    """One logistic regression for these heads, with an intercept for each: coefficients by head."""
    count = len(rows[heads[0]])
    which = csr_matrix((np.ones(count * len(heads)), (np.arange(count * len(heads)), np.repeat(np.arange(len(heads)), count))))  # fmt: skip
    x = hstack([csr_matrix(np.concatenate([rows[i] for i in heads])), which]).tocsr()
    y = np.concatenate([labels[i] for i in heads])
    weights = np.ones(len(y))
    if balance:
        weights = np.concatenate([np.where(labels[i], balance[i], 1.0) for i in heads])
    model = LogisticRegression(C=STRENGTH, max_iter=2000).fit(x, y, sample_weight=weights)
    known = rows[heads[0]].shape[1]
    coefficients = [float(c) for c in model.coef_[0]]
    return {
        i: [*coefficients[:known], float(model.intercept_[0]) + coefficients[known + n]]
        for n, i in enumerate(heads)
    }


def exported(trained: Sequence[Path], output: Path) -> dict[str, Any]:
    """Exports the networks of these folders, of different windows, and the tokenizer that they share;
    returns what the card says of them.

    Raises:
        ValueError: where they do not share one, for they learnt from different corpora, or where two have
            the same window.
    """
    shared = {(folder / "tokenizer.json").read_bytes() for folder in trained}
    if len(shared) != 1:
        raise ValueError(f"{', '.join(map(str, trained))}: no tokenizer in common; train both anew")
    learnt = {folder: torch.load(folder / "network.pt") for folder in trained}
    if len({kept["window"] for kept in learnt.values()}) != len(learnt):
        raise ValueError(
            f"{', '.join(map(str, trained))}: two networks of one window; give one of them"
        )
    for name in output.glob("network-*.onnx"):
        name.unlink()
    networks, taught_by = {}, {}
    for kept in learnt.values():
        network = Network(pretrained.read(pretrained.bundled()), kept["pieces"])
        network.load_state_dict(kept["state"])
        name = f"network-{kept['window']}.onnx"
        export(network, output / name)
        networks[name], taught_by[name] = kept["window"], kept["taught_by"]
    (output / "tokenizer.json").write_bytes(shared.pop())
    return {"networks": dict(sorted(networks.items())), "taught_by": taught_by}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m models.second_reader.weigh", description=__doc__)  # fmt: skip
    parser.add_argument(
        "trained", type=Path, nargs="*", default=[BUILT / str(w) for w in (256, 512)]
    )
    parser.add_argument("--output", type=Path, default=SHIPPED)
    parser.add_argument(
        "--keep-network", action="store_true", help="weigh the networks that stand in the output"
    )
    parser.add_argument("--no-test", action="store_true", help="leave the test hands alone")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    if arguments.keep_network:
        before = json.loads((arguments.output / "card.json").read_text(encoding="utf-8"))
        known = {part: before[part] for part in ("networks", "taught_by")}
    else:
        known = exported(arguments.trained, arguments.output)
    tokenizer = (arguments.output / "tokenizer.json").read_bytes()
    model = Classifier.load()
    corpus = read_corpus()
    documents = [d for d in corpus if split_of(d.hand) == "dev"]
    of_units = {name: _never(UNIT_FEATURES) for name in HEADS}
    of_whole = {name: _never(WHOLE_FEATURES) for name in HEADS}
    unweighed = {"read_from": 0.0, "or_likely": 0.0, "watched": [], "judged": [0.0] * (len(JUDGED_FEATURES) + 1), "units": of_units, "above_even": 1.0, "whole": of_whole}  # fmt: skip
    card: dict[str, Any] = {
        "format": FORMAT,
        "id": "unweighed",
        "heads": list(HEADS),
        "weighing": unweighed,
        "weighed_with": model.id,
        "corpus_sha256": corpus_hash(),
        **known,
    }
    networks = [(arguments.output / name).read_bytes() for name in networks_of(card)]
    reader = SecondReader.build(card, networks, tokenizer)
    card["weighing"] = fit(*heard(reader, model, documents))
    card["id"] = identity(card, networks, tokenizer)
    reader = SecondReader.build(card, networks, tokenizer)
    screener = Screener(model, RuleSet.load(), load_policy("medical-care"), reader)
    with side_by_side({"with_reader": ablation.screened(screener)}) as asked:
        card["metrics"] = {
            split: evaluate.report(corpus, split, asked, noisy=["with_reader"])
            for split in (("dev",) if arguments.no_test else ("dev", "test"))
        }
    card["read_again"] = read_again(screener, documents)
    text = json.dumps(card, ensure_ascii=False, indent=1, sort_keys=True)
    (arguments.output / "card.json").write_text(text + "\n", encoding="utf-8")
    (arguments.output / "CARD.md").write_text(of_reader(card, model.card), encoding="utf-8")
    print(f"{card['id']}: {sum(map(len, networks)) / 1e6:.1f} MB, weighed with {model.id}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
