"""``screening corrections export DIR``"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from .. import labels
from ..errors import ScreeningError
from ..records import Kind
from ..store import Store
from .options import add_database
from .secret import add_secret, secret

_FOLDERS = {Kind.CALL: "dialogues", Kind.EMAIL: "emails"}


def add(commands: Any) -> None:
    parser = commands.add_parser("corrections", help="確認と訂正を、学習の材料にする")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    export = actions.add_parser(
        "export", help="すべての候補が決定済みの会話を、コーパスの書式で書き出す"
    )
    export.add_argument("folder", type=Path, metavar="DIR")
    export.add_argument(
        "--golden", type=Path, metavar="FILE", help="訂正した一文を、関門の文（TSV）として書き出す"
    )
    add_database(export)
    add_secret(export)
    export.set_defaults(run=run_export)


def run_export(arguments: argparse.Namespace) -> int:
    texts: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    rows: list[str] = []
    waiting = unusable = 0
    key = secret(arguments.secret_file)
    for decided in Store.open(arguments.database).corrections.decided():
        if not labels.ready(decided):
            waiting += 1
            continue
        text = labels.document(decided, key=key)
        if text is None:
            unusable += 1
        else:
            texts[decided.conversation.kind].append(text)
            rows += labels.golden(decided)
    try:
        for kind, documents in texts.items():
            folder = arguments.folder / _FOLDERS[kind]
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{labels.HAND}.txt").write_text("\n".join(documents), encoding="utf-8")
        if arguments.golden:
            header = "id\texpected\ttext\tnote"
            arguments.golden.write_text(
                "\n".join([header, *dict.fromkeys(rows)]) + "\n", encoding="utf-8"
            )
    except OSError as error:
        raise ScreeningError(f"{error.filename}: 書き込めません（{error.strerror}）") from None
    written = sum(map(len, texts.values()))
    print(f"{written}件の会話を書き出しました（{arguments.folder}）")
    if waiting:
        print(f"未決定の候補がある会話 {waiting}件は含めていません", file=sys.stderr)
    if unusable:
        print(
            f"話者が分からない会話 {unusable}件は書き出せません。話者を訂正してください",
            file=sys.stderr,
        )
    return 3 if unusable else 0
