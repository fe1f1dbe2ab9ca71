"""``python -m models.train``: fits, calibrates and writes the shipped model from the corpus.

Training hands fit the weights, and what weighs their scores, on predictions for hands that were left out
in turn. Constants were chosen on the dev hands. Test hands are only ever evaluated.
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

from corpora.hands import corpus_hash, split_of
from corpora.reader import MEANS, Document, read_corpus
from screening.classifier.model import FORMAT, Classifier, identity, library_versions
from screening.rules import RuleSet

from .augment import augmented, excerpts
from .encode import HEADS, WHOLE, encode, texts_of
from .heads import fit_and_leave_out
from .material import Material
from .stacking import fit_stack


def train(documents: Sequence[Document]) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Returns the card (without hashes and metrics) and the arrays of the weights file."""
    rules = RuleSet.load()
    written = [d for d in documents if split_of(d.hand) == "train"]
    training = Material.of([*written, *excerpts(written)], rules)
    extra = augmented(written, texts_of(written))
    extra_units = encode(extra)
    heads, unseen = fit_and_leave_out(training, extra, extra_units)
    stack, trees = fit_stack(training, unseen)
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
    from .side_by_side import side_by_side

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
    with side_by_side(products) as asked:
        card["metrics"] = {
            split: evaluate.report(documents, split, asked, noisy=["whole_product"])
            for split in (("dev",) if arguments.no_test else ("dev", "test"))
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
