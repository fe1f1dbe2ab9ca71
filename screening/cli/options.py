"""Options that several commands share."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

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


def _url(text: str) -> str:
    if text.startswith("sqlite:///"):
        Path(text.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    return text
