"""``screening policy``: what a compliance officer does with a policy document."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from .. import policy
from . import rehearse


def add(commands: Any) -> None:
    parser = commands.add_parser("policy", help="方針の文書を検査・表示・比較・下見する")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, help: str, run: Any, *names: str, default: str | None = None) -> Any:
        command = actions.add_parser(name, help=help)
        for word in names:
            command.add_argument(word, **({"nargs": "?", "default": default} if default else {}))
        command.set_defaults(run=run)
        return command

    action("check", "方針と確認例を検査する（誤りは file:行:列 で示す）", run_check, "path")
    action("show", "方針を読みやすい文で示す", run_show, "policy", default="medical-care")
    action("diff", "二つの方針の違いを示す", run_diff, "old", "new")
    action("test", "方針の確認例を一つずつ確かめる", run_test, "policy", default="medical-care")
    coverage = action(
        "coverage",
        "条項 → 文書の場所 → 確認例、条件・質問・例外の確認を示す",
        run_coverage,
        "policy",
        default="medical-care",
    )
    coverage.add_argument("--logic", action="store_true", help="条件・答え・例外・対応ごとにも示す")
    rehearse.add(actions)


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


def run_diff(arguments: argparse.Namespace) -> int:
    old, new = policy.load_policy(arguments.old), policy.load_policy(arguments.new)
    differences = policy.compare(old, new)
    print(f"{old.version} → {new.version}: 違い {len(differences)}件")
    for difference in differences:
        print(difference)
    return 0


def run_test(arguments: argparse.Namespace) -> int:
    results = policy.results(policy.load_policy(arguments.policy))
    failed = 0
    for name, title, problems in results:
        print(f"{'×' if problems else '○'} {name}: {title}")
        for problem in problems:
            print(f"    {problem}")
        failed += bool(problems)
    print(f"{len(results)}件のうち {len(results) - failed}件がそのとおりです")
    return 3 if failed else 0


def run_coverage(arguments: argparse.Namespace) -> int:
    loaded = policy.load_policy(arguments.policy)
    traces = policy.coverage(loaded)
    print("条項\t見出し\tもとの文書での場所\t行\t区分\tほかに使う所\t確認例")
    for trace in traces:
        columns = (trace.categories, trace.used_by, trace.cases)
        lists = ("、".join(c) or "–" for c in columns)
        print(trace.clause, trace.title, trace.place or "–", trace.line, *lists, sep="\t")
    parts = policy.logic(loaded)
    if arguments.logic:
        print("\n種類\t内容\t条項\t確認例")
        for part in parts:
            print(part.kind, part.name, part.clause, "、".join(part.cases) or "–", sep="\t")
    print()
    for kind in dict.fromkeys(p.kind for p in parts):
        mine = [p for p in parts if p.kind == kind]
        print(f"{kind}: {len(mine)}のうち{sum(bool(p.cases) for p in mine)}に確認例があります")
    open_ = [trace.clause for trace in traces if not trace.complete]
    untested = [f"{p.kind} {p.name}" for p in parts if not p.cases]
    for what, names in (("条項", open_), ("条件・答え・例外・対応", untested)):
        if names:
            print(f"確認例のない{what}：{'、'.join(names)}", file=sys.stderr)
    return 3 if open_ else 0
