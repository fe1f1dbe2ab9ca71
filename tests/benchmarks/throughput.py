"""Full screening against ``fugashi -Owakati`` on the same texts, on one core, in one run.

Everything is included: folding, offsets, tokens, rules, classifier, repetition, evidence, reasons
and the policy. ``ratio_whole_conversations`` lets ``raw`` parse every text that the product reads:
the agent's turns are folded, encoded and scored too, though not tokenised. ``ratio_customer_texts``
lets it parse the customer's alone, and so charges the product for reading the agent's.

    python -m tests.benchmarks.throughput [--second-reader] [FILE…]

Without files the two halves of the corpus are measured, the ordinary week first. Half of the hard
half is harassment, which costs most: every finding needs its rule, its words and its reason. Beside the
tokenizer stand scikit-learn's character TF-IDF and one-versus-rest logistic regression (``vs_sklearn``,
which answers with scores alone), two processes beside one, and a profile by step.
"""

from __future__ import annotations

import argparse
import cProfile
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
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from corpora.export import conversation_of
from corpora.hands import split_of
from corpora.reader import CATEGORIES, HALVES, read_corpus
from screening.errors import Reject
from screening.intake import read
from screening.records import Conversation, Kind, Speaker, Turn
from screening.screener import Screener, default_screener
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
screener = default_screener(second_reader=sys.argv[2:] == ["second_reader"])
items = read([sys.argv[1]])
next(iter(screener.screen_many([next(items)])))
started = time.perf_counter() - began
went = time.perf_counter()
for _ in screener.screen_many(items):
    pass
took = time.perf_counter() - went
with open("/proc/self/status") as file:
    status = dict(line.split(":", 1) for line in file)
memory = {
    "peak_memory_mb": round(int(status["VmHWM"].split()[0]) / 1024),
    "of_it_shared_between_workers_mb": round(int(status["RssFile"].split()[0]) / 1024),
}
print(json.dumps({"start_s": round(started, 2), **memory, "took_s": took}))
"""


def worker(conversations: list[Conversation], *, second_reader: bool) -> dict[str, Any]:
    """Seconds until the first answer, and memory in MB, of a process that does nothing else.

    The peak is the kernel's VmHWM: ``ru_maxrss`` of a child begins at its parent's. The pages of the
    dictionary's files, which all workers share, count in full.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
        for conversation in conversations:
            file.write(json.dumps(conversation.to_json(), ensure_ascii=False) + "\n")
        file.flush()
        asked = [file.name, *(["second_reader"] if second_reader else [])]
        (found,) = _together(asked, 1)
        two = _together(asked, 2)
    # Both have to start, so only what they took afterwards is compared.
    took = found.pop("took_s")
    found["two_processes_ratio"] = round(2 * took / max(t["took_s"] for t in two), 2)
    return found


def _together(asked: list[str], count: int) -> list[dict[str, Any]]:
    """What this many workers report that do the same work at once."""
    running = [
        subprocess.Popen([sys.executable, "-c", WORKER, *asked], stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    return [json.loads(worker.communicate()[0]) for worker in running]


def sklearn_pipeline() -> Any:
    """Character TF-IDF and one-versus-rest logistic regression, as the tutorials have it, on the corpus."""
    turns = [t for d in read_corpus() for t in d.customer_turns if split_of(d.hand) == "train"]
    truth = np.array([[name in t.labels for name in CATEGORIES] for t in turns])
    kept = truth.any(axis=0)
    pipeline = make_pipeline(
        TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True),
        OneVsRestClassifier(SGDClassifier(loss="log_loss", random_state=0, max_iter=5, tol=None)),
    )
    return pipeline.fit([t.text for t in turns], truth[:, kept])


#: The steps of a profile, by the function in which the time of each is spent.
STEPS = {
    "folding_and_tokens": ("analyzer.py", "analyze"),
    "units_and_scores": ("model.py", "read"),
    "rule_anchors": ("view.py", "_worth_a_look"),
    "rule_matches": ("view.py", "_matches"),
    "judgement": ("judgement.py", "__call__"),
    "second_reader": ("again.py", "read_again"),
    "repetition": ("screener.py", "_repeated"),
    "evidence_and_reasons": ("screener.py", "_said"),
    "policy": ("propose.py", "propose"),
}


def profile(screener: Screener, conversations: list[Conversation]) -> dict[str, float]:
    """Each step's share of the time; what is left is arrays, records and the profiler itself."""
    profiler = cProfile.Profile()
    profiler.runcall(lambda: list(screener.screen_many(conversations)))
    entries = profiler.getstats()
    total = sum(entry.inlinetime for entry in entries)
    spent = dict.fromkeys(STEPS, 0.0)
    for entry in entries:
        if isinstance(entry.code, str):
            continue  # a built-in function
        path, function = entry.code.co_filename, entry.code.co_name
        for step, (file, name) in STEPS.items():
            if function == name and path.endswith(file) and "screening" in path:
                spent[step] += entry.totaltime
    return {step: round(seconds / total, 3) for step, seconds in spent.items() if seconds}


def measure(
    conversations: list[Conversation], *, rounds: int = 7, second_reader: bool = False
) -> dict[str, Any]:
    """Ratios are medians over rounds that alternate baseline and product; times in microseconds."""
    everything = [turn.text for c in conversations for turn in c.turns if turn.text]
    same = [
        turn.text
        for c in conversations
        for turn in c.turns
        if turn.text and (c.kind is Kind.EMAIL or turn.speaker in SCREENED)
    ]
    raw = fugashi.Tagger("-Owakati")
    screener = default_screener(second_reader=second_reader)
    pipeline = sklearn_pipeline()
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
    batch = [
        (
            _seconds(lambda: pipeline.predict_proba([t.text for c in single for t in c.turns])),
            _seconds(lambda: list(screener.screen_many(single))),
        )
        for _ in range(rounds)
    ]
    few = single[:200]
    one = _seconds(lambda: [pipeline.predict_proba([c.turns[0].text]) for c in few]) / len(few)
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
        "vs_sklearn_batch": round(statistics.median(a / b for a, b in batch), 2),
        "vs_sklearn_one_at_a_time": round(one / alone[len(alone) // 2], 1),
        "read_again": _read_again(screener, conversations),
        "profile": profile(screener, conversations),
        **worker(conversations, second_reader=second_reader),
    }


def _read_again(screener: Screener, conversations: list[Conversation]) -> float:
    """The share of conversations that the second reader read; 0 without one."""
    read = 0
    for at in range(0, len(conversations), 200):
        read += int(screener.viewer.view(conversations[at : at + 200]).read_again.sum())
    return round(read / len(conversations), 4)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--second-reader", action="store_true", help="let it read too")
    arguments = parser.parse_args()
    if arguments.paths:
        sets = {"files": [c for c in read(arguments.paths) if not isinstance(c, Reject)]}
    else:
        documents = read_corpus()
        sets = {half: [conversation_of(d) for d in documents if d.half == half] for half in HALVES}
    report: dict[str, Any] = {
        name: measure(conversations, rounds=arguments.rounds, second_reader=arguments.second_reader)
        for name, conversations in sets.items()
    }
    report["python"] = platform.python_version()
    print(json.dumps(report, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
