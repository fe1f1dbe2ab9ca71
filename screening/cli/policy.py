"""``screening policy check|show``"""

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
