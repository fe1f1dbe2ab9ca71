"""How far two people agree who label the same documents without seeing each other's labels.

The first labels are the writers' (``spans.FIRST`` where the corpus holds what was adjudicated later, the
corpus elsewhere); the second, by document, stand in ``second_annotation.tsv``.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .reader import CATEGORIES, MEANS, Document
from .spans import FIRST, read_spans

SECOND = Path(__file__).parent / "second_annotation.tsv"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Counts of documents by label of the first and second annotator, with F1 and alpha.

    ``f1`` is None where neither gave the label; ``alpha`` (Krippendorff 2004, nominal, two
    annotators, no missing values) where all values are alike.
    """

    category: str
    both: int
    first_only: int
    second_only: int
    neither: int

    @property
    def f1(self) -> float | None:
        marked = 2 * self.both + self.first_only + self.second_only
        return 2 * self.both / marked if marked else None

    @property
    def alpha(self) -> float | None:
        n = self.both + self.first_only + self.second_only + self.neither
        ones = 2 * self.both + self.first_only + self.second_only
        zeros = 2 * n - ones
        if not ones or not zeros:
            return None
        observed = (self.first_only + self.second_only) / n
        expected = 2 * ones * zeros / (2 * n * (2 * n - 1))
        return 1 - observed / expected


def second_labels(path: Path | None = None) -> dict[str, frozenset[str]]:
    """The second annotator's labels by document id.

    Raises:
        ValueError: for a label that is none of the corpus's, naming the line.
    """
    labels: dict[str, frozenset[str]] = {}
    with (path or SECOND).open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.reader(file, delimiter="\t"), 1):
            if row[0] == "id":
                continue
            names = frozenset(row[1].split(",")) - {"none"}
            if unknown := names.difference(CATEGORIES):
                raise ValueError(f"{path or SECOND}:{number}: unknown label {sorted(unknown)}")
            labels[row[0]] = names
    return labels


def first_labels(documents: Sequence[Document]) -> dict[str, frozenset[str]]:
    """The writers' labels by document id."""
    return {d.id: d.labels for d in documents} | {
        name: marks.labels for name, marks in read_spans(FIRST, documents).items()
    }


def agreement(
    first: Mapping[str, frozenset[str]], second: Mapping[str, frozenset[str]]
) -> tuple[Agreement, ...]:
    """For "any means" and each category, over the documents that were labelled twice."""
    twice = [name for name in first if name in second]

    def of(name: str, wanted: frozenset[str]) -> Agreement:
        pairs = [(bool(first[n] & wanted), bool(second[n] & wanted)) for n in twice]
        return Agreement(
            name,
            pairs.count((True, True)),
            pairs.count((True, False)),
            pairs.count((False, True)),
            pairs.count((False, False)),
        )

    any_means = of("any_means", frozenset(MEANS))
    return any_means, *(of(name, frozenset([name])) for name in CATEGORIES)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def table(rows: Sequence[Agreement]) -> str:
    """The agreement as Markdown."""
    lines = [
        "| 区分 | 両者 | 一人目だけ | 二人目だけ | 文書F1 | α |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{r.category}` | {r.both} | {r.first_only} | {r.second_only} | {_share(r.f1)} | {_share(r.alpha)} |"
        for r in rows
    ]
    known = [r.f1 for r in rows[1:] if r.f1 is not None]
    lines += ["", f"マクロF1（全区分の平均）：{sum(known) / len(known):.3f}"]
    return "\n".join(lines)
