"""``screening serve`` and ``screening demo``, added to the command through an entry point."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from rich.console import Console
from rich.progress import track

from screening.cli.options import add_database, add_second_reader, add_shadow, shadowed
from screening.cli.secret import add_secret, secret
from screening.cli.table import show
from screening.contacts import Contacts
from screening.errors import ScreeningError
from screening.policy import load_policy
from screening.review import Role
from screening.screener import default_screener
from screening.store import Store

from . import demo
from .app import create_app
from .console.settings import Settings

#: Flags that the demo prints: the console that it opens shows them all.
_SHOWN = 8


def add(commands: Any) -> None:
    serve = commands.add_parser("serve", help="確認画面とAPIを動かす")
    _address(serve)
    serve.add_argument("--policy", default="medical-care")
    add_second_reader(serve)
    add_shadow(serve)
    serve.add_argument(
        "--https", action="store_true", help="HTTPSの後ろで動かす（cookieをHTTPSに限る）"
    )
    add_secret(serve)
    _console(serve)
    add_database(serve)
    serve.set_defaults(run=run_serve)
    show_it = commands.add_parser("demo", help="見本の会話を検査して、確認画面を開く")
    _address(show_it)
    show_it.add_argument("--no-serve", action="store_true", help="検査だけして終わる")
    show_it.add_argument(
        "--database", metavar="URL", default="sqlite:///var/demo.db", help=argparse.SUPPRESS
    )
    show_it.set_defaults(run=run_demo)


def _console(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--desk", default="", metavar="文", help="相談窓口（名前と番号。どの画面からも開ける）"
    )
    parser.add_argument("--desk-url", default="", metavar="URL", help="相談窓口のアドレス")
    parser.add_argument(
        "--recording-url",
        default="",
        metavar="URL",
        help="録音のアドレスの型（{id}・{key}・{seconds}・{milliseconds} が入る）",
    )
    parser.add_argument("--break-minutes", type=int, help="休憩を勧める分（既定は方針の reading）")
    parser.add_argument(
        "--break-words", type=int, help="休憩を勧める言葉の数（既定は方針の reading）"
    )


def _address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)


def _run(app: FastAPI, arguments: argparse.Namespace) -> int:
    # The access log is off: addresses hold identifiers of cases.
    config = uvicorn.Config(
        app, host=arguments.host, port=arguments.port, log_level="warning", access_log=False
    )
    server = uvicorn.Server(config)
    try:
        server.run()
    except SystemExit:
        raise ScreeningError(
            f"{arguments.host}:{arguments.port} を使えません。--port で別の番号を指定してください"
        ) from None
    except KeyboardInterrupt:
        pass
    return 0 if server.started else 2


def run_serve(arguments: argparse.Namespace) -> int:
    store = Store.open(arguments.database)
    policy = load_policy(arguments.policy)
    screener = default_screener(arguments.policy, second_reader=arguments.second_reader)
    app = create_app(
        store,
        shadowed(screener, arguments, store),
        policy,
        secret=secret(arguments.secret_file),
        secure_cookies=arguments.https,
        settings=Settings(
            recording_url=arguments.recording_url,
            desk=arguments.desk,
            desk_url=arguments.desk_url,
            break_minutes=arguments.break_minutes,
            break_words=arguments.break_words,
        ),
    )
    print(f"http://{arguments.host}:{arguments.port} （止めるには Ctrl-C）", flush=True)
    return _run(app, arguments)


def run_demo(arguments: argparse.Namespace) -> int:
    Path(arguments.database.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    store = Store.open(arguments.database)
    screener = default_screener()
    conversations = list(demo.archive())
    results = list(
        track(
            screener.screen_many(conversations, history=Contacts(conversations).before),
            "見本の会話を検査しています",
            total=len(conversations),
            console=Console(stderr=True),
        )
    )
    saved = store.save_many(list(zip(conversations, results, strict=True)), source="demo")
    if store.people.named(demo.NAME) is None:
        store.people.add_person(demo.NAME, demo.PASSWORD, [Role.REVIEWER])
    show(results, screener.policy, Console(), most=_SHOWN)
    new = sum(s.created for s in saved)
    print(f"\n{len(saved)}件を検査し、{new}件を新しく記録しました（{arguments.database}）。")
    print(f"サインイン：名前 {demo.NAME}　パスワード {demo.PASSWORD}")
    if arguments.no_serve:
        return 0
    app = create_app(store, screener, screener.policy, secret=secret(Path("var/demo-secret")))
    app.state.demo = {"name": demo.NAME, "password": demo.PASSWORD}
    print(f"確認画面：http://{arguments.host}:{arguments.port} （止めるには Ctrl-C）", flush=True)
    sys.stdout.flush()
    return _run(app, arguments)
