"""``screening people add`` and ``screening keys add``"""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from ..errors import ScreeningError
from ..review import Role
from ..store import Store
from .options import add_database


def add(commands: Any) -> None:
    people = commands.add_parser("people", help="確認する人の登録")
    actions = people.add_subparsers(dest="action", required=True, metavar="ACTION")
    person = actions.add_parser("add", help="人を登録する（パスワードは標準入力か画面で）")
    person.add_argument("name")
    person.add_argument(
        "--role",
        action="append",
        choices=[r.value for r in Role if r is not Role.MACHINE],
        help="役割（繰り返し可、既定は reviewer）",
    )
    add_database(person)
    person.set_defaults(run=run_add_person)
    keys = commands.add_parser("keys", help="機械が使うAPIキー")
    actions = keys.add_subparsers(dest="action", required=True, metavar="ACTION")
    key = actions.add_parser("add", help="APIキーを作り、一度だけ表示する")
    key.add_argument("name")
    add_database(key)
    key.set_defaults(run=run_add_key)


def run_add_person(arguments: argparse.Namespace) -> int:
    password = (
        getpass.getpass("パスワード（12文字以上）: ")
        if sys.stdin.isatty()
        else sys.stdin.readline().rstrip("\n")
    )
    if len(password) < 12:
        raise ScreeningError("パスワードは12文字以上にしてください")
    roles = frozenset(Role(r) for r in arguments.role or [Role.REVIEWER])
    store = Store.open(arguments.database)
    store.people.add_person(arguments.name, password, roles)
    print(f"{arguments.name} を登録しました（{'・'.join(sorted(roles))}）")
    return 0


def run_add_key(arguments: argparse.Namespace) -> int:
    print(Store.open(arguments.database).people.add_api_key(arguments.name))
    print("この鍵は二度と表示されません。保管してください。", file=sys.stderr)
    return 0
