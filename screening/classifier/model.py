"""Loads the shipped weights with their card, scores units of text and finds the deciding words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
from numba import njit
from numpy.lib.format import read_array_header_1_0, read_magic
from numpy.typing import NDArray

from ..errors import ModelError
from ..text.analyzer import Batch
from .encoder import SIZE, Encoder
from .facts import Floats, weighted_means
from .judgement import Judge
from .stack import Ready, Stack

#: Changes whenever the same text would be encoded otherwise; a model of another format is refused.
FORMAT = "linear-ngrams-3"
#: The head that answers "any means at all"; ranking by it beats the maximum over the others.
ANY = "any_means"
#: Libraries whose version decides what a text's features are.
LIBRARIES = ("fugashi", "unidic-lite")
#: Of a unit's strongest token, what a token must contribute to lengthen the evidence. Chosen on hands
#: left out: labelled words are most of their sentence, and a narrower pick loses a third of them.
_EVIDENCE_FLOOR = 0.0
#: Words that a reason names, at most.
WORDS = 3
#: Bytes that the processor reads at once.
_CACHE_LINE = 64


def library_versions() -> dict[str, str]:
    return {name: metadata.version(name) for name in LIBRARIES}


def identity(raw: bytes, stack: Mapping[str, Any]) -> str:
    """A model's name: it changes with its weights and with how their scores are weighed."""
    weighed = json.dumps(stack, ensure_ascii=False, sort_keys=True).encode()
    return f"linear-{hashlib.sha256(raw + weighed).hexdigest()[:12]}"


def _arrays(raw: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of an ``.npz`` by name, each unpacked at once: ``numpy.load`` does so in hundreds of
    pieces, and a thread that asks for the interpreter after each waits for one that is busy."""
    arrays = {}
    with ZipFile(BytesIO(raw)) as packed:
        for name in packed.namelist():
            array = BytesIO(packed.read(name))
            read_magic(array)
            shape, by_column, kind = read_array_header_1_0(array)
            values = np.frombuffer(array.getbuffer(), kind, offset=array.tell())
            arrays[name.removesuffix(".npy")] = values.reshape(shape, order="F" if by_column else "C")  # fmt: skip
    return arrays


def shipped() -> Traversable:
    """The folder of the model that comes with the product."""
    return resources.files("models") / "shipped"


@dataclass(slots=True)
class Weights:
    """Linear heads over one kind of unit: ``lines`` (features, columns), of which the first are the
    heads and the next is the norm's.

    A column holds whole steps of its ``scales``. Columns of zeros fill a row up to a power of two, and
    the first row begins with a cache line, so that no row of at most 32 columns lies in two.
    """

    row_of: NDArray[np.int32]
    lines: NDArray[np.int16]
    scales: Floats
    intercepts: Floats

    @classmethod
    def build(
        cls,
        features: NDArray[np.int64],
        rows: NDArray[np.float16],
        idf: Floats,
        intercepts: Floats,
    ) -> Weights:
        """From the kept features' numbers, weights (features, heads) in half floats, and inverse frequencies."""
        row_of = np.full(SIZE, -1, np.int32)
        row_of[features] = np.arange(len(features), dtype=np.int32)
        lines = _lines((len(rows), rows.shape[1] + 1))
        scales = _scaled(np.asarray(rows, np.float16).view(np.uint16), _HALVES, idf, lines)
        return cls(row_of, lines, scales, np.ascontiguousarray(intercepts, np.float32))

    @property
    def rows(self) -> NDArray[np.int16]:
        """The columns of the heads and of the norm alone, (features, heads + 1)."""
        return self.lines[:, : len(self.intercepts) + 1]

    def score(self, encoder: Encoder, batch: Batch, units: NDArray[np.int64]) -> Floats:
        """Linear scores, shape (units, heads)."""
        return encoder.score(batch, units, self.row_of, self.lines, self.scales, self.intercepts)

    def read(
        self, encoder: Encoder, batch: Batch
    ) -> tuple[NDArray[np.int64], NDArray[np.int32], Floats]:
        """The units of a batch, the text of each, and their linear scores."""
        return encoder.read(batch, self.row_of, self.lines, self.scales, self.intercepts)


#: What each pattern of 16 bits is as a number: Numba has no half floats.
_HALVES = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)


@njit(nogil=True, cache=True)
def _scaled(
    rows: NDArray[np.uint16], known: Floats, idf: Floats, lines: NDArray[np.int16]
) -> Floats:
    """Fills ``lines`` with the weights times ``idf`` and, in the next column, its square, in steps; returns
    each column's step. Arrays between would take four times the room, and half a second of a start."""
    count = rows.shape[1]
    scales = np.zeros(count + 1, np.float32)
    for i in range(len(rows)):
        for column in range(count):
            scales[column] = max(scales[column], abs(known[rows[i, column]] * idf[i]))
        scales[count] = max(scales[count], idf[i] * idf[i])
    for column in range(count + 1):
        scales[column] = scales[column] / np.float32(32767) if scales[column] else np.float32(1)
    for i in range(len(rows)):
        for column in range(count):
            lines[i, column] = np.int16(np.rint(known[rows[i, column]] * idf[i] / scales[column]))
        lines[i, count] = np.int16(np.rint(idf[i] * idf[i] / scales[count]))
    return scales


def _lines(shape: tuple[int, ...]) -> NDArray[np.int16]:
    """Zeros for rows of the ``shape``'s columns or more, laid out as ``Weights`` has them."""
    columns = 1 << (shape[1] - 1).bit_length()
    spare = np.zeros(shape[0] * columns + _CACHE_LINE // 2, np.int16)
    first = -spare.ctypes.data % _CACHE_LINE // 2
    return spare[first : first + shape[0] * columns].reshape(shape[0], columns)


@dataclass(slots=True)
class Classifier:
    """A loaded model; shared between threads, for it never changes.

    ``customer`` scores the customer's units: one column for each of ``heads``, then one for each of
    ``whole``, the heads that read a conversation as a whole. ``agent`` scores the agent's units, by
    their characters alone, for each of ``whole``.
    """

    id: str
    heads: tuple[str, ...]
    whole: tuple[str, ...]
    customer: Weights
    agent: Weights
    whole_intercepts: Floats
    stack: Stack
    ready: Ready
    judge: Judge
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
        if card.get("id") != identity(raw, card.get("stack", {})):
            raise ModelError(
                f"{folder}/card.json: the id {card.get('id')!r} is not that of its weights and stack;"
                " restore both files from one release, or run 'make train'"
            )
        if card.get("libraries") != library_versions():
            raise ModelError(
                f"{folder}/card.json: trained with {card.get('libraries')}, installed are"
                f" {library_versions()}; install those versions, or run 'make train'"
            )
        return cls.build(card, _arrays(raw))

    @classmethod
    def build(cls, card: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Classifier:
        """From a card and the arrays of its weights file; see ``models.train``."""

        def as_float(name: str) -> Floats:
            return arrays[name].astype(np.float32)

        whole = tuple(card["whole"])
        return cls(
            id=str(card["id"]),
            heads=tuple(card["heads"]),
            whole=whole,
            customer=Weights.build(
                arrays["features"], arrays["weights"], as_float("idf"), as_float("intercepts")
            ),
            agent=Weights.build(
                arrays["agent_features"],
                arrays["agent_weights"],
                as_float("agent_idf"),
                np.zeros(len(whole), np.float32),
            ),
            whole_intercepts=(intercepts := as_float("whole_intercepts")),
            stack=(stack := Stack.from_card(card["stack"], arrays)),
            ready=(ready := stack.ready(tuple(card["heads"]), whole)),
            judge=Judge.of(ready, stack.conversation, intercepts),
            card=card,
        )

    def read_whole(
        self,
        customer: Floats,
        customer_weights: NDArray[np.float64],
        customer_bounds: NDArray[np.int64],
        agent: Floats,
        agent_weights: NDArray[np.float64],
        agent_bounds: NDArray[np.int64],
    ) -> tuple[Floats, Floats]:
        """What the customer's and the agent's words say of each conversation, (n, whole) each.

        ``customer`` are the columns of ``whole`` of the customer's unit scores; ``…_bounds`` part the
        units into conversations.
        """
        n = len(customer_bounds) - 1
        said, answered = (np.zeros((n, len(self.whole)), np.float32) for _ in range(2))
        weighted_means(customer, customer_weights, customer_bounds, said)
        weighted_means(agent, agent_weights, agent_bounds, answered)
        return said + self.whole_intercepts, answered

    def evidence(
        self, encoder: Encoder, batch: Batch, unit: NDArray[np.int64], head: int
    ) -> tuple[tuple[int, int], list[tuple[int, int]]]:
        """The stretch of a unit that speaks for a head, and the words in it that speak most, each as
        [start, end) in the folded text.

        The stretch is the run of tokens with the greatest sum of contributions, each less a fixed part
        of the strongest one, so that words which merely accompany it stay out.
        """
        stretch, *words = encoder.evidence(batch, unit, self.customer.row_of, self.customer.lines, head, _EVIDENCE_FLOOR, WORDS)  # fmt: skip
        return stretch, sorted(words)
