"""``screening screen PATH…``"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ..contacts import Contacts
from ..errors import Reject, ScreeningError
from ..intake import FORMATS, read
from ..records import Conversation, ScreeningResult, Speaker
from ..screener import default_screener
from . import table
from .options import add_second_reader, known_contacts


def add(commands: Any) -> None:
    parser = commands.add_parser("screen", help="会話ファイル・メールを検査する")
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="ファイル、フォルダ、または - （標準入力）"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="結果をJSONLで書き出す")
    parser.add_argument(
        "--rejects", type=Path, metavar="FILE", help="読めなかったものをJSONLで書き出す"
    )
    parser.add_argument("--format", choices=FORMATS, help="形式を内容から判断せず、これとして読む")
    parser.add_argument(
        "--role-map",
        action="append",
        default=[],
        metavar="名前=customer|agent|system|unknown",
        help="話者名・チャネルの役割（繰り返し可、またはJSONファイル）",
    )
    parser.add_argument("--policy", default="medical-care", help="方針のid、またはYAMLファイル")
    add_second_reader(parser)
    parser.set_defaults(run=run)


def role_map(words: list[str]) -> dict[str, Speaker]:
    """Reads ``--role-map`` values.

    Raises:
        ScreeningError: for a value that is neither ``name=role`` nor a readable JSON file.
    """
    roles: dict[str, Speaker] = {}
    for word in words:
        name, equals, role = word.rpartition("=")
        try:
            if equals:
                roles[name] = Speaker(role)
            else:
                content = json.loads(Path(word).read_text(encoding="utf-8"))
                roles |= {str(k): Speaker(v) for k, v in content.items()}
        except (OSError, ValueError, AttributeError):
            allowed = "・".join(Speaker)
            raise ScreeningError(
                f"--role-map {word}: 「名前=役割」（役割は {allowed}）か、その対応を書いたJSONファイルを指定してください"
            ) from None
    return roles


def run(arguments: argparse.Namespace) -> int:
    screener = default_screener(arguments.policy, second_reader=arguments.second_reader)
    roles = role_map(arguments.role_map)
    rejects: list[Reject] = []

    def conversations() -> Iterator[Conversation]:
        for item in read(arguments.paths, format=arguments.format, role_map=roles):
            if isinstance(item, Reject):
                rejects.append(item)
            else:
                yield item

    # Files are read once more beforehand, so that their order makes no difference.
    contacts = known_contacts(arguments.paths, format=arguments.format, role_map=roles)
    history = Contacts().so_far if contacts is None else contacts.before
    results = _with_progress(screener.screen_many(conversations(), history=history))
    count = flagged = 0
    if arguments.output is None and sys.stdout.isatty():
        count, flagged = table.show(results, screener.policy, Console())
    else:
        with _opened(arguments.output) as file:
            for result in results:
                count += 1
                flagged += result.needs_review
                file.write(json.dumps(result.to_json(), ensure_ascii=False) + "\n")
    _report(arguments, count, flagged, rejects)
    return 3 if rejects else 0


def _opened(path: Path | None) -> TextIO:
    if path is None:
        # Closing standard output at the end of the ``with`` would hide a later error.
        return open(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False)
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise ScreeningError(
            f"{path}: 書き込めません（{error.strerror}）。別の場所を指定してください"
        ) from None


def _with_progress(results: Iterator[ScreeningResult]) -> Iterator[ScreeningResult]:
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from results
        return
    columns = (SpinnerColumn(), TextColumn("検査中 {task.completed}件"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=None)
        for result in results:
            progress.advance(task)
            yield result


def _report(arguments: argparse.Namespace, count: int, flagged: int, rejects: list[Reject]) -> None:
    print(f"{count}件を検査し、{flagged}件に確認が必要です。", file=sys.stderr)
    if not rejects:
        return
    print(f"読めなかったもの {len(rejects)}件：", file=sys.stderr)
    for reject in rejects[:50]:
        print(f"  {reject}", file=sys.stderr)
    if len(rejects) > 50:
        print(f"  …ほか{len(rejects) - 50}件（--rejects FILE で全件）", file=sys.stderr)
    if arguments.rejects:
        with _opened(arguments.rejects) as file:
            for reject in rejects:
                row = {"file": reject.file, "place": reject.place, "field": reject.field, "reason": reject.reason}  # fmt: skip
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
