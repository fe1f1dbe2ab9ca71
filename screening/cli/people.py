"""``screening people add|list|roles|stop|password`` and ``screening keys add|revoke``"""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import Any

from ..access import ROLES
from ..errors import NotFound
from ..review import Role
from ..store import Store
from .options import add_database

_ROLES = [r.value for r in Role if r is not Role.MACHINE]


def add(commands: Any) -> None:
    people = commands.add_parser("people", help="確認する人の登録")
    actions = people.add_subparsers(dest="action", required=True, metavar="ACTION")
    person = actions.add_parser("add", help="人を登録する（パスワードは標準入力か画面で）")
    person.add_argument("name")
    person.add_argument(
        "--role", action="append", choices=_ROLES, help="役割（繰り返し可、既定は reviewer）"
    )
    person.set_defaults(run=run_add_person)
    listed = actions.add_parser("list", help="登録した人と役割を見る")
    listed.set_defaults(run=run_list)
    roles = actions.add_parser("roles", help="役割を付け直す")
    roles.add_argument("name")
    roles.add_argument("--role", action="append", choices=_ROLES, required=True, help="繰り返し可")
    roles.set_defaults(run=run_roles)
    stop = actions.add_parser("stop", help="サインインできなくし、今のサインインも終わらせる")
    stop.add_argument("name")
    stop.set_defaults(run=run_stop)
    password = actions.add_parser("password", help="パスワードを付け直す（標準入力か画面で）")
    password.add_argument("name")
    password.set_defaults(run=run_password)
    keys = commands.add_parser("keys", help="機械が使うAPIキー")
    key_actions = keys.add_subparsers(dest="action", required=True, metavar="ACTION")
    key = key_actions.add_parser("add", help="APIキーを作り、一度だけ表示する")
    key.add_argument("name")
    key.set_defaults(run=run_add_key)
    revoke = key_actions.add_parser("revoke", help="APIキーを止める")
    revoke.add_argument("prefix", help="鍵の「.」より前の部分")
    revoke.set_defaults(run=run_revoke_key)
    for parser in (person, listed, roles, stop, password, key, revoke):
        add_database(parser)


def _password() -> str:
    if sys.stdin.isatty():
        return getpass.getpass("パスワード（12文字以上）: ")
    return sys.stdin.readline().rstrip("\n")


def _id(store: Store, name: str) -> str:
    person = store.people.named(name)
    if person is None:
        raise NotFound(f"「{name}」は登録されていません。screening people list で確かめてください")
    return person.id


def run_add_person(arguments: argparse.Namespace) -> int:
    roles = frozenset(Role(r) for r in arguments.role or [Role.REVIEWER])
    store = Store.open(arguments.database)
    store.people.add_person(arguments.name, _password(), roles)
    print(f"{arguments.name} を登録しました（{'・'.join(sorted(roles))}）")
    return 0


def run_list(arguments: argparse.Namespace) -> int:
    for account in Store.open(arguments.database).people.everyone():
        roles = "・".join(ROLES[r] for r in Role if r in account.person.roles)
        print(account.person.name, roles, "" if account.active else "停止中", sep="\t")
    return 0


def run_roles(arguments: argparse.Namespace) -> int:
    store = Store.open(arguments.database)
    person = store.people.set_roles(_id(store, arguments.name), map(Role, arguments.role))
    print(f"{person.name} の役割を付け直しました（{'・'.join(sorted(person.roles))}）")
    return 0


def run_stop(arguments: argparse.Namespace) -> int:
    store = Store.open(arguments.database)
    store.people.set_active(_id(store, arguments.name), False)
    print(f"{arguments.name} はもうサインインできません")
    return 0


def run_password(arguments: argparse.Namespace) -> int:
    store = Store.open(arguments.database)
    store.people.set_password(_id(store, arguments.name), _password())
    print(f"{arguments.name} のパスワードを付け直し、サインインを終わらせました")
    return 0


def run_add_key(arguments: argparse.Namespace) -> int:
    print(Store.open(arguments.database).people.add_api_key(arguments.name))
    print("この鍵は二度と表示されません。保管してください。", file=sys.stderr)
    return 0


def run_revoke_key(arguments: argparse.Namespace) -> int:
    Store.open(arguments.database).people.revoke_key(arguments.prefix)
    print(f"{arguments.prefix} を止めました")
    return 0
