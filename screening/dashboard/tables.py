"""A table of the dashboard, for the page and as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """``title``, ``note`` and ``columns`` are Japanese, for people; ``rows`` hold plain values.

    ``note`` says what is counted and over which time.
    """

    id: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def csv(self) -> str:
        """RFC 4180 with a byte-order mark, without which spreadsheets misread Japanese."""
        out = io.StringIO(newline="")
        out.write("\ufeff")
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(self.columns)
        writer.writerows([_cell(c) for c in row] for row in self.rows)
        return out.getvalue()


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    # A cell that begins like a formula would be one in a spreadsheet.
    return f"'{text}" if isinstance(value, str) and text[:1] in "=+-@\t\r" else text
