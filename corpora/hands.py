"""Who wrote what: the split of hands, and a hash of everything a model learns from."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .reader import corpus_files

_HERE = Path(__file__).parent
SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, slots=True)
class Hand:
    """One writer; everything a hand wrote is in one split."""

    id: str
    split: str
    region: str
    age: int
    trades: tuple[str, ...]
    style: str


@lru_cache(maxsize=1)
def hands() -> dict[str, Hand]:
    with (_HERE / "hands.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {
            row["hand"]: Hand(
                row["hand"],
                row["split"],
                row["region"],
                int(row["age"]),
                tuple(row["trades"].split(",")),
                row["style"],
            )
            for row in rows
        }


def split_of(hand: str) -> str:
    """``train``, ``dev`` or ``test``.

    Raises:
        KeyError: for a hand that ``hands.tsv`` does not list.
    """
    return hands()[hand].split


def corpus_hash() -> str:
    """SHA-256 over the documents, contrasts and hands, by name and content."""
    digest = hashlib.sha256()
    for path in [
        *corpus_files(),
        *sorted((_HERE / "contrasts").glob("*.tsv")),
        _HERE / "hands.tsv",
    ]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
