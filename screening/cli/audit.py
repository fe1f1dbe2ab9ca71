"""``screening audit verify|head``"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..audit import read_head
from ..errors import ScreeningError
from ..store import Store
from .options import add_database


def add(commands: Any) -> None:
    parser = commands.add_parser("audit", help="監査の記録を確かめる")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    verify = actions.add_parser(
        "verify", help="記録がつながっていて、決定が書き換えられていないことを確かめる"
    )
    verify.add_argument(
        "--head",
        metavar="FILE",
        help="前に screening audit head で控えたファイル（- は標準入力）。末尾が切られていないかも見る",
    )
    add_database(verify)
    verify.set_defaults(run=run_verify)
    head = actions.add_parser("head", help="いちばん新しい記録の番号とハッシュを出す（控え用）")
    add_database(head)
    head.set_defaults(run=run_head)


def run_verify(arguments: argparse.Namespace) -> int:
    kept = None
    if arguments.head:
        try:
            text = sys.stdin.read() if arguments.head == "-" else Path(arguments.head).read_text()
        except (OSError, UnicodeDecodeError):
            raise ScreeningError(f"{arguments.head}: 控えを読めません") from None
        kept = read_head(text)
    found = Store.open(arguments.database).audit.verify(kept)
    for problem in found.problems:
        print(problem, file=sys.stderr)
    if found.ok:
        print(f"{found.entries}件の記録がつながっています（{found.head}）")
    return 0 if found.ok else 3


def run_head(arguments: argparse.Namespace) -> int:
    print(Store.open(arguments.database).audit.head())
    return 0
