"""``screening rescore IN --out DIR``"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..rescore import Done, archive_files, compare, rescore
from .options import add_second_reader


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "rescore", help="アーカイブ（JSONL・Parquetのフォルダ）を検査し直す"
    )
    parser.add_argument("source", type=Path, metavar="IN")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--policy", default="medical-care", help="方針のid、またはYAMLファイル")
    add_second_reader(parser)
    parser.add_argument("--workers", type=int, metavar="N", help="並列数（既定はコア数）")
    parser.add_argument("--compare", type=Path, metavar="DIR", help="前回の --out と比べる")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    finished: list[Done] = []
    console = Console(stderr=True)
    columns = (TextColumn("検査中"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("", total=len(archive_files(arguments.source)))
        for done in rescore(
            arguments.source,
            arguments.out,
            policy=arguments.policy,
            second_reader=arguments.second_reader,
            workers=arguments.workers,
        ):
            finished.append(done)
            progress.advance(task)
    _summary(finished)
    if arguments.compare:
        change = compare(arguments.compare, arguments.out)
        print(
            f"新たに確認が必要：{change.conversations_gained}件、不要になった：{change.conversations_lost}件"
        )
        for name in sorted({*change.gained, *change.lost}):
            print(f"  {name}: +{change.gained.get(name, 0)} -{change.lost.get(name, 0)}")
    bad = [d for d in finished if d.status == "failed" or d.rejects]
    for done in bad:
        reason = done.reason or f"{done.rejects}件が読めませんでした（{done.name}.rejects.jsonl）"
        print(f"  {done.name}: {reason}", file=sys.stderr)
    return 3 if bad else 0


def _summary(finished: list[Done]) -> None:
    by_status = {s: sum(d.status == s for d in finished) for s in ("screened", "skipped", "failed")}
    print(
        f"ファイル：検査{by_status['screened']}、済み{by_status['skipped']}、失敗{by_status['failed']}"
        f"／会話{sum(d.conversations for d in finished)}件、"
        f"確認が必要{sum(d.needs_review for d in finished)}件、"
        f"候補{sum(d.flags for d in finished)}件"
    )
