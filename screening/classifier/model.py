"""Loads the shipped weights with their card, scores units of text and finds the deciding words."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ModelError
from ..text.analyzer import Batch
from .encoder import SIZE, Encoder, strongest

#: Changes whenever the same text would be encoded otherwise; a model of another format is refused.
FORMAT = "linear-ngrams-1"
#: The head that answers "any means at all"; ranking by it beats the maximum over the others.
ANY = "any_means"
#: Libraries whose version decides what a text's features are.
LIBRARIES = ("fugashi", "unidic-lite")
#: Of a unit's strongest token, what a token must contribute to lengthen the evidence.
_EVIDENCE_FLOOR = 0.22


def library_versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in LIBRARIES}


def shipped() -> Traversable:
    """The folder of the model that comes with the product."""
    return resources.files("models") / "shipped"


@dataclass(slots=True)
class Classifier:
    """A loaded model; shared between threads, for it never changes."""

    id: str
    heads: tuple[str, ...]
    row_of: NDArray[np.int32]
    weights: NDArray[np.float32]
    columns: NDArray[np.float32]
    intercepts: NDArray[np.float32]
    slopes: NDArray[np.float32]
    offsets: NDArray[np.float32]
    card: dict[str, Any] = field(repr=False)

    @classmethod
    def load(cls, folder: Path | Traversable | None = None) -> Classifier:
        """Loads ``weights.npz`` and ``card.json``.

        Raises:
            ModelError: where either is missing, or the card does not match the weights, this
                program's encoder or the installed libraries.
        """
        folder = folder or shipped()
        try:
            card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
            raw = (folder / "weights.npz").read_bytes()
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{folder}: no readable model here ({error}); run 'make train'"
            ) from None
        if card.get("format") != FORMAT:
            raise ModelError(
                f"{folder}/card.json: format {card.get('format')!r}, this program reads {FORMAT!r}"
                "; run 'make train'"
            )
        if hashlib.sha256(raw).hexdigest() != card.get("weights_sha256"):
            raise ModelError(
                f"{folder}/weights.npz is not the file its card describes (sha256 differs); restore"
                " both from one release, or run 'make train'"
            )
        if card.get("libraries") != library_versions():
            raise ModelError(
                f"{folder}/card.json: trained with {card.get('libraries')}, installed are"
                f" {library_versions()}; install those versions, or run 'make train'"
            )
        with (folder / "weights.npz").open("rb") as file, np.load(file) as arrays:
            features, rows = arrays["features"], arrays["weights"].astype(np.float32)
            idf = arrays["idf"].astype(np.float32)
            intercepts = arrays["intercepts"].astype(np.float32)
        return cls.build(card, features, rows, idf, intercepts)

    @classmethod
    def build(
        cls,
        card: dict[str, Any],
        features: NDArray[np.int64],
        rows: NDArray[np.float32],
        idf: NDArray[np.float32],
        intercepts: NDArray[np.float32],
    ) -> Classifier:
        """From the kept features' numbers, weights (features, heads), and inverse frequencies."""
        row_of = np.full(SIZE, -1, np.int32)
        row_of[features] = np.arange(len(features), dtype=np.int32)
        weights = np.concatenate([rows * idf[:, None], (idf * idf)[:, None]], axis=1)
        heads = tuple(card["heads"])
        calibration = [card["calibration"][head] for head in heads]
        return cls(
            id=str(card["id"]),
            heads=heads,
            row_of=row_of,
            weights=np.ascontiguousarray(weights, np.float32),
            columns=np.ascontiguousarray(weights[:, :-1].T, np.float32),
            intercepts=intercepts,
            slopes=np.array([c["slope"] for c in calibration], np.float32),
            offsets=np.array([c["offset"] for c in calibration], np.float32),
            card=card,
        )

    def probabilities(
        self, encoder: Encoder, batch: Batch, units: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Calibrated probabilities, shape (units, heads)."""
        logits = encoder.score(batch, units, self.row_of, self.weights, self.intercepts)
        logits *= self.slopes
        logits += self.offsets
        np.negative(logits, out=logits)
        np.exp(logits, out=logits)
        logits += 1
        result: NDArray[np.float32] = np.reciprocal(logits, out=logits)
        return result

    def evidence(
        self, encoder: Encoder, batch: Batch, unit: NDArray[np.int64], head: int
    ) -> tuple[int, int]:
        """The tokens of a unit that speak most for a head: [start, end) in the folded text.

        The run of tokens with the greatest sum of contributions, each less a fixed part of the
        strongest one, so that words which merely accompany it stay out.
        """
        characters = encoder.weigh(batch, unit, self.row_of, self.columns[head])
        unit_start, _, first, last, base = (int(x) for x in unit)
        if first == last:
            return unit_start - base, int(unit[1]) - base
        starts, ends = batch.start[first:last], batch.end[first:last]
        low, high = strongest(characters, starts, ends, base - unit_start, _EVIDENCE_FLOOR)
        return int(starts[low]), int(ends[high])
