"""The installation's own secret: it signs sessions, and makes pseudonyms that nobody outside can guess."""

from __future__ import annotations

import argparse
import os
import secrets
from pathlib import Path

from ..errors import ScreeningError


def add_secret(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--secret-file",
        type=Path,
        default=Path("var/secret"),
        help="署名と仮名の鍵の置き場（なければ作る。既定 var/secret）",
    )


def secret(path: Path) -> bytes:
    """32 random bytes, made once and readable by their owner only.

    Raises:
        ScreeningError: where the file cannot be read or written, or holds less than 16 bytes.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            kept = path.read_bytes()
        else:
            kept = secrets.token_bytes(32)
            with os.fdopen(handle, "wb") as file:
                file.write(kept)
    except OSError as error:
        raise ScreeningError(f"{path}: 鍵を読み書きできません（{error.strerror}）") from None
    if len(kept) < 16:
        raise ScreeningError(f"{path}: 鍵が短すぎます。消すと、次に新しく作ります")
    return kept
