"""``screening inbox run``"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from threading import Event
from typing import Any

from ..errors import ScreeningError
from ..inbox import KEYWORD, Account, Counts, Security
from ..inbox import run as watch
from ..screener import default_screener
from ..store import Store
from .options import add_database, add_second_reader, add_shadow, shadowed


def add(commands: Any) -> None:
    parser = commands.add_parser("inbox", help="メールボックスを見張る")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    command = actions.add_parser(
        "run",
        help="新着メールを検査し、該当候補にキーワードを付け、確認待ちに入れる（削除・送信はしない）",
        epilog="パスワードは環境変数 SCREENING_IMAP_PASSWORD で渡します。",
    )
    command.add_argument("--host", required=True)
    command.add_argument("--port", type=int)
    command.add_argument("--user", required=True)
    command.add_argument("--mailbox", default="INBOX")
    command.add_argument("--keyword", default=KEYWORD, help=f"付けるキーワード（既定 {KEYWORD}）")
    command.add_argument(
        "--security", choices=[s.value for s in Security], default=Security.TLS.value
    )
    command.add_argument("--policy", default="medical-care")
    add_second_reader(command)
    add_shadow(command)
    command.add_argument("--once", action="store_true", help="一度だけ見て終わる")
    add_database(command)
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    password = os.environ.get("SCREENING_IMAP_PASSWORD")
    if not password:
        raise ScreeningError("環境変数 SCREENING_IMAP_PASSWORD にパスワードを入れてください")
    account = Account(
        arguments.host,
        arguments.user,
        password,
        arguments.port,
        Security(arguments.security),
        arguments.mailbox,
        arguments.keyword,
    )
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def report(counts: Counts) -> None:
        if any((counts.screened, counts.rejected)):
            print(
                f"{counts.screened}通を検査、{counts.flagged}通に候補、{counts.rejected}通は読めません",
                file=sys.stderr,
                flush=True,
            )

    store = Store.open(arguments.database)
    screener = default_screener(arguments.policy, second_reader=arguments.second_reader)
    screener = shadowed(screener, arguments, store)
    watch(account, store, screener, stop=stop, once=arguments.once, on_look=report)
    return 0
