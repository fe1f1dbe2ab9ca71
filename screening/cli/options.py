"""Options that several commands share."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..classifier import Classifier
from ..contacts import Contacts
from ..intake import read
from ..policy import load_policy
from ..records import Conversation, Speaker
from ..rehearsal import Shadowed
from ..screener import Screener
from ..store import Store

#: Where the record is kept when nothing else is said.
DATABASE = "sqlite:///var/screening.db"


def add_database(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--database",
        metavar="URL",
        default=os.environ.get("SCREENING_DATABASE", DATABASE),
        type=_url,
        help=f"記録の場所（環境変数 SCREENING_DATABASE、既定は {DATABASE}）",
    )


def add_second_reader(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--second-reader",
        action="store_true",
        help="一次の検出器が迷った会話を、二人目の読み手（小さなニューラルネット）でも読む。"
        "追加の部品 second-reader が要り、遅くなる",
    )


def add_shadow(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--shadow",
        metavar="草案",
        help="方針の草案でも検査し、違いだけを記録する（候補にはしない。screening policy shadow で見る）",
    )
    parser.add_argument(
        "--shadow-model", metavar="DIR", type=Path, help="同じく、学習した検出器の草案"
    )


def shadowed(screener: Screener, arguments: argparse.Namespace, store: Store) -> Screener:
    """``screener``, with the draft policy or model looking on where one was given."""
    if arguments.shadow is None and arguments.shadow_model is None:
        return screener
    draft = drafted(screener, arguments.shadow, arguments.shadow_model)
    return Shadowed(screener, draft, store.shadow.note)


def drafted(screener: Screener, policy: str | None, model: Path | None) -> Screener:
    """``screener`` with another policy, another model (a folder), or both."""
    return Screener(
        screener.model if model is None else Classifier.load(model),
        screener.rules,
        screener.policy if policy is None else load_policy(policy),
        screener.second_reader if model is None else None,
    )


def _url(text: str) -> str:
    if text.startswith("sqlite:///"):
        Path(text.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    return text


def known_contacts(
    paths: Sequence[str],
    *,
    format: str | None = None,
    role_map: Mapping[str, Speaker] | None = None,
) -> Contacts | None:
    """When the customers of these files got in touch; None where they can be read once only."""
    if not all(Path(path).is_file() or Path(path).is_dir() for path in paths):
        return None
    items = read(paths, format=format, role_map=role_map)
    return Contacts(item for item in items if isinstance(item, Conversation))
