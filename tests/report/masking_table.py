"""How much personal data masking takes out, and how much it takes out that is none.

    python -m tests.report.masking_table [--misses]

``masking.tsv`` holds sentences of our own, in which [[…]] marks what tells who somebody is; a line break
is written as \\n. A mark counts as found where no character of it is left, whatever it is taken for. What
is masked and touches no mark is a false masking. The rules were tuned on ``masking.tsv``;
``masking_unseen.tsv`` was written afterwards and stays as it is, so that its figure means something.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from screening.report import Masked, mask

TABLE = Path(__file__).with_name("masking.tsv")
#: Written after the rules and measured once; nothing was tuned on them.
UNSEEN = Path(__file__).with_name("masking_unseen.tsv")
_MARK = re.compile(r"\[\[(.*?)\]\]")


@dataclass(frozen=True)
class Row:
    """A sentence without its marks, and the [start, end) of each."""

    text: str
    marks: tuple[tuple[int, int], ...]
    about: str


def rows(table: Path = TABLE) -> list[Row]:
    found = []
    for line in table.read_text(encoding="utf-8").splitlines()[1:]:
        sentence, about = line.split("\t")
        sentence = sentence.replace("\\n", "\n")
        marks = []
        for shift, match in enumerate(_MARK.finditer(sentence)):
            start = match.start() - 4 * shift
            marks.append((start, start + len(match[1])))
        found.append(Row(_MARK.sub(r"\1", sentence), tuple(marks), about))
    return found


@dataclass(frozen=True)
class Measured:
    """``missed`` and ``false`` are (sentence, part) for reading."""

    marks: int
    rows: int
    missed: tuple[tuple[str, str], ...]
    false: tuple[tuple[str, str], ...]

    @property
    def recall(self) -> float:
        return 1 - len(self.missed) / self.marks


def measure(masking: Callable[[str], Masked] = mask, table: Path = TABLE) -> Measured:
    missed, false, marks = [], [], 0
    read = rows(table)
    for row in read:
        taken = masking(row.text).taken
        gone = {i for start, end, _ in taken for i in range(start, end)}
        for start, end in row.marks:
            marks += 1
            # Spaces and hyphens between the parts of a mark tell nothing.
            left = [i for i in range(start, end) if i not in gone and row.text[i].isalnum()]
            if left:
                missed.append((row.text, row.text[start:end]))
        false += [
            (row.text, row.text[start:end])
            for start, end, _ in taken
            if not any(s < end and start < e for s, e in row.marks)
        ]
    return Measured(marks, len(read), tuple(missed), tuple(false))


if __name__ == "__main__":
    for table in (TABLE, UNSEEN):
        found = measure(table=table)
        print(
            f"{table.name}: {found.rows} sentences, {found.marks} marks: recall {found.recall:.3f}, "
            f"{len(found.false)} false maskings"
        )
        if "--misses" in sys.argv:
            for kind, parts in (("missed", found.missed), ("false", found.false)):
                for text, part in parts:
                    print(f"{kind}\t{part}\t{text!r}")
