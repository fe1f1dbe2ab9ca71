"""``python -m corpora check [FILE…]``: reads files and says what is wrong with them."""

from __future__ import annotations

import argparse
import collections
import sys
from pathlib import Path

from .reader import CorpusError, corpus_files, read_file


def check(paths: list[Path]) -> int:
    labels: collections.Counter[str] = collections.Counter()
    documents = turns = 0
    status = 0
    for path in paths or corpus_files():
        try:
            for document in read_file(path):
                documents += 1
                turns += len(document.customer_turns)
                labels.update(x for t in document.turns for s in t.spans for x in s.labels)
                labels.update(f"doc:{x}" for x in document.doc_labels)
        except CorpusError as error:
            print(error, file=sys.stderr)
            status = 3
    print(f"{documents} documents, {turns} customer turns")
    print("  ".join(f"{name}={n}" for name, n in sorted(labels.items())))
    return status


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m corpora", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("check", help="read files; report the first error in each")
    command.add_argument("paths", nargs="*", type=Path)
    arguments = parser.parse_args()
    return check(arguments.paths)


if __name__ == "__main__":
    sys.exit(main())
