"""Pairs of a sentence that must be flagged and its nearest harmless neighbour."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .reader import CATEGORIES, CorpusError

COLUMNS = ("id", "category", "flagged", "harmless", "reason")


@dataclass(frozen=True, slots=True)
class Contrast:
    id: str
    hand: str
    category: str
    flagged: str
    harmless: str
    reason: str


def read_contrasts(root: Path | None = None) -> Iterator[Contrast]:
    """All pairs, file by file; the file's name is the hand's.

    Raises:
        CorpusError: for a row that lacks a column, or names a category that there is not.
    """
    folder = (root or Path(__file__).parent) / "contrasts"
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            for number, row in enumerate(rows, 1):
                if (number == 1 and tuple(row) == COLUMNS) or not row:
                    continue
                if len(row) != len(COLUMNS) or not all(row):
                    raise CorpusError(path, number, f"expected the columns {', '.join(COLUMNS)}")
                if row[1] not in CATEGORIES:
                    raise CorpusError(path, number, f"unknown category {row[1]!r}")
                yield Contrast(row[0], path.stem, *row[1:])
