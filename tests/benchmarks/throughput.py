"""Full screening against ``fugashi -Owakati`` over the same utterances, on one core, in one run.

Everything is included: folding, offsets, tokens, rules, classifier, repetition, evidence, reasons
and the policy. ``raw`` parses every utterance of the same conversations once, the agent's too.

    python -m tests.benchmarks.throughput [JSONL…]

Without files, the texts are the corpus's documents.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import fugashi

from corpora.export import conversation_of
from corpora.reader import read_corpus
from screening.errors import Reject
from screening.intake import read
from screening.records import Conversation, Kind, Speaker, Turn
from screening.screener import default_screener


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(conversations: list[Conversation], *, rounds: int = 5) -> dict[str, Any]:
    """Ratios are medians over rounds that alternate baseline and product; times in microseconds."""
    texts = [turn.text for c in conversations for turn in c.turns if turn.text]
    raw = fugashi.Tagger("-Owakati")
    start = time.perf_counter()
    screener = default_screener()
    list(screener.screen_many(conversations[:50]))
    started = time.perf_counter() - start
    list(screener.screen_many(conversations))
    pairs = [
        (
            _seconds(lambda: [raw.parse(text) for text in texts]),
            _seconds(lambda: list(screener.screen_many(conversations))),
        )
        for _ in range(rounds)
    ]
    single = [
        Conversation("u", Kind.CALL, (Turn(t.text, Speaker.CUSTOMER),))
        for c in conversations
        for t in c.turns
        if t.speaker is Speaker.CUSTOMER and t.text and len(t.text) < 200
    ][:3000]
    for conversation in single[:200]:
        screener.screen(conversation)
    alone = sorted(_seconds(lambda c=c: screener.screen(c)) for c in single)
    return {
        "utterances": len(texts),
        "characters": sum(map(len, texts)),
        "ratio_to_raw": round(statistics.median(a / b for a, b in pairs), 3),
        "raw_us_per_utterance": round(1e6 * statistics.median(a for a, _ in pairs) / len(texts), 2),
        "one_utterance_p50_us": round(1e6 * alone[len(alone) // 2]),
        "one_utterance_p99_us": round(1e6 * alone[int(len(alone) * 0.99)]),
        "start_s": round(started, 2),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "python": platform.python_version(),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    conversations = (
        [c for c in read(arguments.paths) if not isinstance(c, Reject)]
        if arguments.paths
        else [conversation_of(d) for d in read_corpus()]
    )
    print(json.dumps(measure(conversations, rounds=arguments.rounds), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
