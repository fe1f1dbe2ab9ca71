"""How far two people agree on the words: labels of spans given twice, and what was adjudicated.

``first_spans.tsv`` holds what a document's writer marked, ``second_spans.tsv`` what another marked who saw
none of it. Where they differed a third decided, not knowing whose a mark was; the corpus holds what was
adjudicated. Columns: the document; its turn, from 1, or ``doc`` for the whole, or ``-`` where nothing was
marked; where the words begin in the turn, in code points; labels, with commas between; and the words, a
line break written ``\\n``.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .reader import CATEGORIES, MEANS, Document, LabelledSpan

FIRST = Path(__file__).parent / "first_spans.tsv"
SECOND = Path(__file__).parent / "second_spans.tsv"
_COLUMNS = ["id", "turn", "start", "labels", "words"]


@dataclass(slots=True)
class Marks:
    """What one person marked in a document: by turn, from 0, the spans; and what only the whole shows."""

    turns: dict[int, list[LabelledSpan]] = field(default_factory=dict)
    whole: frozenset[str] = frozenset()

    @property
    def labels(self) -> frozenset[str]:
        return self.whole.union(*(s.labels for spans in self.turns.values() for s in spans))


#: By document.
Marked = dict[str, Marks]


def adjudicated(documents: Iterable[Document]) -> Marked:
    """What the corpus itself holds."""
    return {
        d.id: Marks({n: list(t.spans) for n, t in enumerate(d.turns) if t.spans}, d.doc_labels)
        for d in documents
    }


def read_spans(path: Path, documents: Iterable[Document]) -> Marked:
    """The spans of a file.

    Raises:
        ValueError: for a row that is none, or a document, turn, label or words that the corpus does not
            have, naming the line.
    """
    by_id = {d.id: d for d in documents}
    marked: Marked = {}
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
            if row == _COLUMNS:
                continue
            try:
                _read_row(row, by_id, marked)
            except ValueError as error:
                raise ValueError(f"{path}:{number}: {error}") from None
    return marked


def _read_row(row: Sequence[str], by_id: Mapping[str, Document], marked: Marked) -> None:
    if len(row) != len(_COLUMNS):
        raise ValueError(f"{len(row)} columns; write {', '.join(_COLUMNS)} with tabs between")
    name, turn, begins, names, said = row
    if (document := by_id.get(name)) is None:
        raise ValueError(f"no document {name!r}")
    marks = marked.setdefault(name, Marks())
    if turn == "-":
        return
    labels = tuple(names.split(","))
    if unknown := set(labels).difference(CATEGORIES):
        raise ValueError(f"unknown label {sorted(unknown)}")
    if turn == "doc":
        marks.whole |= frozenset(labels)
        return
    if not (turn.isdecimal() and begins.isdecimal()):
        raise ValueError("turn and start are whole numbers, or the turn is 'doc' or '-'")
    words, start, at = said.replace("\\n", "\n"), int(begins), int(turn) - 1
    held = document.turns[at] if 0 <= at < len(document.turns) else None
    if held is None or not words or held.text[start : start + len(words)] != words:
        raise ValueError(f"turn {turn} does not hold these words there")
    if held.speaker != "customer":
        raise ValueError(f"turn {turn} is not the customer's")
    marks.turns.setdefault(at, []).append(LabelledSpan(start, start + len(words), labels))


@dataclass(frozen=True, slots=True)
class WordAgreement:
    """``characters`` is the F1 of characters under any means, ``turns`` that of turns with any means, None
    where neither has any; ``one_only`` and ``other_only`` are turns that only one of the two marked."""

    documents: int
    characters: float | None
    turns: float | None
    one_only: int
    other_only: int


def word_agreement(documents: Sequence[Document], one: Marked, other: Marked) -> WordAgreement:
    """How far ``one`` agrees with ``other``, over the documents that both have."""
    both = [d for d in documents if d.id in one and d.id in other]
    common = marked = turns = one_only = other_only = 0
    for document in both:
        for number in range(len(document.turns)):
            a, b = (_under_means(m[document.id].turns.get(number, ())) for m in (one, other))
            common, marked = common + len(a & b), marked + len(a) + len(b)
            turns += bool(a and b)
            one_only += bool(a and not b)
            other_only += bool(b and not a)
    of_turns = 2 * turns + one_only + other_only
    return WordAgreement(
        len(both),
        2 * common / marked if marked else None,
        2 * turns / of_turns if of_turns else None,
        one_only,
        other_only,
    )


def _under_means(spans: Iterable[LabelledSpan]) -> set[int]:
    return {x for s in spans if frozenset(MEANS) & set(s.labels) for x in range(s.start, s.end)}


def word_table(documents: Sequence[Document], split_of: Callable[[str], str]) -> str:
    """By split and half: writer beside second annotator, and each beside what was adjudicated; Markdown."""
    first, second = read_spans(FIRST, documents), read_spans(SECOND, documents)
    decided = adjudicated(documents)
    pairs: Mapping[str, tuple[Marked, Marked]] = {
        "書き手と二人目": (first, second),
        "書き手と決めたもの": (first, decided),
        "二人目と決めたもの": (second, decided),
    }
    lines = [
        "| 組 | 分け | 文書 | 語の文字F1 | 発話F1 | 前だけ | 後だけ |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (one, other) in pairs.items():
        for split in ("train", "dev", "test"):
            for half in ("natural", "hard"):
                part = [d for d in documents if split_of(d.hand) == split and d.half == half]
                found = word_agreement(part, one, other)
                lines.append(
                    f"| {name} | {split} {half} | {found.documents} | {_share(found.characters)}"
                    f" | {_share(found.turns)} | {found.one_only} | {found.other_only} |"
                )
    return "\n".join(lines)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
