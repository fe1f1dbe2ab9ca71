"""Parquet archives with the columns of the neutral contract; ``turns`` is a list of structs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from screening.errors import IntakeError
from screening.intake.contract import read_native
from screening.intake.origin import Located, Origin

_COLUMNS = (
    "id", "kind", "customer_id", "started_at", "channel", "turns", "sent_at", "from", "subject", "body",
)  # fmt: skip
#: A row may be a call of 50,000 turns: few of them become Python objects at a time.
_BATCH_ROWS = 256
_SLICE_ROWS = 16


def read_parquet(stream: BinaryIO, origin: Origin) -> Iterator[Located]:
    """Rows in order; the place is the row's number, from 1. A bad row does not stop the next."""
    try:
        table = pq.ParquetFile(stream)
        present = [name for name in _COLUMNS if name in table.schema_arrow.names]
        missing = [name for name in ("id", "kind") if name not in present]
        if missing:
            raise origin.error(
                "、".join(missing),
                "Parquet に必要な列がありません。標準形式と同じ列名で書き出してください。",
            )
        number = 0
        for batch in table.iter_batches(_BATCH_ROWS, columns=present):
            for offset in range(0, batch.num_rows, _SLICE_ROWS):
                for row in batch.slice(offset, _SLICE_ROWS).to_pylist():
                    number += 1
                    yield _read(row, origin.at(str(number)))
    except pa.ArrowException:
        yield (
            origin,
            origin.reject(
                "", "Parquet として読めません（破損か書き出し途中です）。書き出し直してください。"
            ),
        )


def _read(row: dict[str, object], origin: Origin) -> Located:
    if row.get("turns") is None:
        row.pop("turns", None)
    try:
        return origin, read_native(row, origin)
    except IntakeError as error:
        return origin, error.reject
