"""Memory of one process over a million different utterances: flat once the dictionary is read.

    python -m tests.benchmarks.memory [MILLIONS]

The utterances are made by joining halves of the corpus's, so that words meet in ever new company.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator

from corpora.reader import read_corpus
from screening.records import Conversation, Kind, Speaker, Turn
from screening.screener import default_screener


def utterances(count: int) -> Iterator[Conversation]:
    texts = [t.text[:200] for d in read_corpus() for t in d.customer_turns]
    rng = random.Random(20261001)
    for number in range(count):
        a, b = rng.choice(texts), rng.choice(texts)
        text = f"{a[: len(a) // 2]}{number}{b[len(b) // 2 :]}"
        yield Conversation(str(number), Kind.CALL, (Turn(text, Speaker.CUSTOMER),))


def memory() -> dict[str, int]:
    """Resident MB: all of it, and the part that is this process's own."""
    with open("/proc/self/status", encoding="ascii") as file:
        status = dict(line.split(":", 1) for line in file)
    return {key: int(status[key].split()[0]) // 1024 for key in ("VmRSS", "RssAnon")}


def main() -> int:
    total = int(float(sys.argv[1] if len(sys.argv) > 1 else "1") * 1_000_000)
    screener = default_screener()
    for number, _ in enumerate(screener.screen_many(utterances(total)), 1):
        if number % (total // 10) == 0:
            print(json.dumps({"utterances": number, **memory()}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
