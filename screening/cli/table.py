"""Flags as a table that a person reads on a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..policy import Policy
from ..records import PRIORITIES, Flag, Priority, ScreeningResult

_STYLES = {Priority.URGENT: "bold red", Priority.HIGH: "yellow"}
_ORDER = tuple(Priority)


def show(
    results: Iterable[ScreeningResult], policy: Policy, console: Console, *, most: int | None = None
) -> tuple[int, int]:
    """Prints the flags, most urgent first, ``most`` of them if given and how many more there are; returns
    how many conversations there were, and how many need review.
    """
    table = Table(title="確認が必要な箇所（候補）", pad_edge=False)
    table.add_column("優先", no_wrap=True)
    table.add_column("会話", overflow="fold")
    table.add_column("条項", overflow="fold")
    table.add_column("発話", justify="right", no_wrap=True)
    table.add_column("語", overflow="fold", ratio=3)
    table.add_column("％", justify="right", no_wrap=True)
    table.add_column("理由", overflow="fold", ratio=4)
    count = flagged = 0
    rows: list[tuple[str, Flag]] = []
    for result in results:
        count += 1
        flagged += result.needs_review
        if result.needs_review:
            rows += [(result.id, flag) for flag in result.flags]
    rows.sort(key=lambda row: (_ORDER.index(row[1].priority), -row[1].score, row[0]))
    for identifier, flag in rows[:most]:
        table.add_row(
            Text(PRIORITIES[flag.priority], style=_STYLES.get(flag.priority, "")),
            Text(identifier),
            Text(f"{flag.provision} {policy.categories[flag.category].name}"),
            "全体" if flag.turn is None else str(flag.turn + 1),
            Text(flag.text.replace("\n", " ")[:80]),
            f"{flag.score * 100:.0f}",
            # The clause stands in its own column already.
            Text(flag.why.partition("おそれ：")[2] or flag.why),
        )
    if rows:
        console.print(table)
        if most is not None and len(rows) > most:
            console.print(f"ほか{len(rows) - most}件")
    else:
        console.print("確認が必要な箇所はありませんでした。")
    return count, flagged
