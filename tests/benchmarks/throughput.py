"""Full screening against ``fugashi -Owakati`` on the same texts, on one core, in one run.

Everything is included: folding, offsets, tokens, rules, classifier, repetition, evidence, reasons
and the policy. ``ratio_whole_conversations`` lets ``raw`` parse every text that the product reads:
the agent's turns are folded, encoded and scored too, though not tokenised. ``ratio_customer_texts``
lets it parse the customer's alone, and so charges the product for reading the agent's.

    python -m tests.benchmarks.throughput [FILE…]

Without files the two halves of the corpus are measured, the ordinary week first. Half of the hard
half is harassment, which costs most: every finding needs its rule, its words and its reason.
"""

from __future__ import annotations

import argparse
import gc
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import fugashi

from corpora.export import conversation_of
from corpora.reader import HALVES, read_corpus
from screening.errors import Reject
from screening.intake import read
from screening.records import Conversation, Kind, Speaker, Turn
from screening.screener import default_screener
from screening.view import SCREENED


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


WORKER = """
import json, sys, time
began = time.perf_counter()
from screening.intake import read
from screening.screener import default_screener
from screening.view import SCREENED
screener = default_screener()
items = read([sys.argv[1]])
next(iter(screener.screen_many([next(items)])))
started = time.perf_counter() - began
for _ in screener.screen_many(items):
    pass
with open("/proc/self/status") as file:
    status = dict(line.split(":", 1) for line in file)
memory = {
    "peak_memory_mb": round(int(status["VmHWM"].split()[0]) / 1024),
    "of_it_shared_between_workers_mb": round(int(status["RssFile"].split()[0]) / 1024),
}
print(json.dumps({"start_s": round(started, 2), **memory}))
"""


def worker(conversations: list[Conversation]) -> dict[str, Any]:
    """Seconds until the first answer, and memory in MB, of a process that does nothing else.

    The peak is the kernel's VmHWM: ``ru_maxrss`` of a child begins at its parent's. The pages of the
    dictionary's files, which all workers share, count in full.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for conversation in conversations:
            file.write(json.dumps(conversation.to_json(), ensure_ascii=False) + "\n")
        file.flush()
        done = subprocess.run(
            [sys.executable, "-c", WORKER, file.name], capture_output=True, text=True, check=True
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure(conversations: list[Conversation], *, rounds: int = 7) -> dict[str, Any]:
    """Ratios are medians over rounds that alternate baseline and product; times in microseconds."""
    everything = [turn.text for c in conversations for turn in c.turns if turn.text]
    same = [
        turn.text
        for c in conversations
        for turn in c.turns
        if turn.text and (c.kind is Kind.EMAIL or turn.speaker in SCREENED)
    ]
    raw = fugashi.Tagger("-Owakati")
    screener = default_screener()
    list(screener.screen_many(conversations))
    gc.collect()
    gc.freeze()
    triples = [
        (
            _seconds(lambda: [raw.parse(text) for text in same]),
            _seconds(lambda: list(screener.screen_many(conversations))),
            _seconds(lambda: [raw.parse(text) for text in everything]),
        )
        for _ in range(rounds)
    ]
    single = [
        Conversation("u", Kind.CALL, (Turn(text, Speaker.CUSTOMER),))
        for text in same
        if len(text) < 200
    ][:3000]
    for conversation in single[:200]:
        screener.screen(conversation)
    alone = sorted(_seconds(lambda c=c: screener.screen(c)) for c in single)
    answers = list(screener.screen_many(conversations))
    return {
        "conversations": len(conversations),
        "texts_screened": len(same),
        "characters_screened": sum(map(len, same)),
        "conversations_flagged": sum(a.needs_review for a in answers),
        "ratio_customer_texts": round(statistics.median(a / b for a, b, _ in triples), 3),
        "ratio_whole_conversations": round(statistics.median(c / b for _, b, c in triples), 3),
        "raw_us_per_text": round(1e6 * statistics.median(a for a, _, _ in triples) / len(same), 2),
        "one_utterance_p50_us": round(1e6 * alone[len(alone) // 2]),
        "one_utterance_p99_us": round(1e6 * alone[int(len(alone) * 0.99)]),
        **worker(conversations),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    if arguments.paths:
        sets = {"files": [c for c in read(arguments.paths) if not isinstance(c, Reject)]}
    else:
        documents = read_corpus()
        sets = {half: [conversation_of(d) for d in documents if d.half == half] for half in HALVES}
    report: dict[str, Any] = {
        name: measure(conversations, rounds=arguments.rounds)
        for name, conversations in sets.items()
    }
    report["python"] = platform.python_version()
    print(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
