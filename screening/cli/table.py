"""Flags as a table that a person reads on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..records import Priority, ScreeningResult

_PRIORITIES = {Priority.URGENT: ("緊急", "bold red"), Priority.HIGH: ("高", "yellow"), Priority.NORMAL: ("通常", "")}  # fmt: skip


def show(results: Iterable[ScreeningResult], console: Console) -> tuple[int, int]:
    """Prints the flags; returns how many conversations there were, and how many need review."""
    table = Table(title="確認が必要な箇所（候補）", show_lines=False, pad_edge=False)
    for name, options in (
        ("優先", {}),
        ("会話", {"overflow": "fold"}),
        ("条項", {}),
        ("発話", {"justify": "right"}),
        ("語", {"overflow": "fold", "ratio": 3}),
        ("確からしさ", {"justify": "right"}),
        ("理由", {"overflow": "fold", "ratio": 4}),
    ):
        table.add_column(name, **options)
    count = flagged = 0
    for result in results:
        count += 1
        flagged += result.needs_review
        for flag in result.flags:
            label, style = _PRIORITIES[flag.priority]
            table.add_row(
                Text(label, style=style),
                Text(result.id),
                Text(flag.provision),
                "全体" if flag.turn is None else str(flag.turn + 1),
                Text(flag.text.replace("\n", " ")[:80]),
                f"{flag.score:.0%}",
                Text(flag.why),
            )
    if table.row_count:
        console.print(table)
    else:
        console.print("確認が必要な箇所はありませんでした。")
    return count, flagged
