"""``python -m corpora check|stats|agreement|export``: reads the corpus, counts it, writes it as JSONL."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from . import stats
from .contrasts import read_contrasts
from .hands import SPLITS, hands, split_of
from .reader import CorpusError, Document, corpus_files, read_corpus, read_file


def check(paths: list[Path]) -> int:
    """Reads files; reports the first error in each, then what was read."""
    documents: list[Document] = []
    status = 0
    for path in paths or corpus_files():
        try:
            read = list(read_file(path))
        except CorpusError as error:
            print(error, file=sys.stderr)
            status = 3
            continue
        unknown = sorted({d.hand for d in read} - set(hands()))
        for hand in unknown:
            print(
                f"{path}: hand {hand} is not in hands.tsv; add a row for it there", file=sys.stderr
            )
            status = 3
        documents += [d for d in read if d.hand not in unknown]
    try:
        sum(1 for _ in read_contrasts())
    except CorpusError as error:
        print(error, file=sys.stderr)
        status = 3
    print(stats.table(stats.count(documents)))
    return status


def export(output: Path | None, split: str | None, labels: bool) -> int:
    from .export import conversation_of, labels_of

    file = output.open("w", encoding="utf-8") if output else sys.stdout
    for document in read_corpus():
        if split is None or split_of(document.hand) == split:
            row = conversation_of(document).to_json()
            if labels:
                row["labels"] = labels_of(document)
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    if output:
        file.close()
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m corpora", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("agreement", help="print how far the two annotators agree")
    command = commands.add_parser("check", help="read files; report the first error in each")
    command.add_argument("paths", nargs="*", type=Path)
    command = commands.add_parser("stats", help="print the counts that the corpus is held to")
    command.add_argument("--json", action="store_true")
    command = commands.add_parser("export", help="write the neutral conversation JSONL")
    command.add_argument("--output", type=Path)
    command.add_argument("--split", choices=SPLITS)
    command.add_argument("--labels", action="store_true", help="with the labels beside")
    arguments = parser.parse_args()
    if arguments.command == "check":
        return check(arguments.paths)
    if arguments.command == "agreement":
        from .agreement import agreement, first_labels, second_labels, table
        from .spans import word_table

        documents = read_corpus()
        print(table(agreement(first_labels(documents), second_labels())))
        print()
        print(word_table(documents, split_of))
        return 0
    if arguments.command == "export":
        return export(arguments.output, arguments.split, arguments.labels)
    counts = stats.count(read_corpus())
    print(
        json.dumps(counts, ensure_ascii=False, indent=1) if arguments.json else stats.table(counts)
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
