"""``screening policy check|show|coverage``"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from .. import policy


def add(commands: Any) -> None:
    parser = commands.add_parser("policy", help="方針の文書を検査・表示する")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="YAMLの方針を検査する（誤りは file:行:列 で示す）")
    check.add_argument("path")
    check.set_defaults(run=run_check)
    show = actions.add_parser("show", help="方針を読みやすい表で示す")
    show.add_argument("policy", nargs="?", default="medical-care")
    show.set_defaults(run=run_show)
    coverage = actions.add_parser("coverage", help="条項ごとに、使う所と確かめる例を示す")
    coverage.add_argument("policy", nargs="?", default="medical-care")
    coverage.set_defaults(run=run_coverage)


def run_check(arguments: argparse.Namespace) -> int:
    messages = policy.check(arguments.path)
    for message in messages:
        print(message, file=sys.stderr)
    if not messages:
        loaded = policy.load_policy(arguments.path)
        print(f"{arguments.path}: 問題ありません（{loaded.version}）")
    return 3 if messages else 0


def run_show(arguments: argparse.Namespace) -> int:
    print(policy.describe(policy.load_policy(arguments.policy)))
    return 0


def run_coverage(arguments: argparse.Namespace) -> int:
    traces = policy.coverage(policy.load_policy(arguments.policy))
    print("条項\t見出し\t区分\tほかに使う所\t確認例")
    for trace in traces:
        columns = (trace.categories, trace.used_by, trace.cases)
        print(trace.clause, trace.title, *("、".join(c) or "–" for c in columns), sep="\t")
    open_ = [trace.clause for trace in traces if not trace.complete]
    if open_:
        print(f"確認例のない条項：{'、'.join(open_)}", file=sys.stderr)
    return 3 if open_ else 0
