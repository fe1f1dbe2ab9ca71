"""The ``screening`` command: thin ways into the core, no logic of their own.

Exit status: 0 done, 2 bad usage, 3 done but some inputs were rejected (and listed).

Other packages add commands through the entry-point group ``screening.commands``: an object with
``add(subparsers)`` that sets ``run`` as each parser's default.
"""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import entry_points
from typing import Any

from .. import __version__
from ..errors import ScreeningError
from . import audit, corrections, inbox, people, policy, rescore, screen

DONE, USAGE, REJECTED = 0, 2, 3


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(
        prog="screening",
        description="通話の書き起こしとメールから、カスタマーハラスメントに当たるかもしれない言葉を挙げます。判断は人が行います。",
    )
    root.add_argument("--version", action="version", version=__version__)
    commands: Any = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in (screen, rescore, inbox, policy, people, corrections, audit):
        module.add(commands)
    for point in sorted(entry_points(group="screening.commands"), key=lambda p: p.name):
        point.load()(commands)
    return root


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns its exit status."""
    known = parser().parse_args(arguments)
    try:
        status: int = known.run(known)
    except ScreeningError as error:
        print(f"screening: {error}", file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("screening: 中断しました", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return DONE
    return status


if __name__ == "__main__":
    sys.exit(main())
