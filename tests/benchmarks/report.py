"""Time to write the report of a long call, masked and as it was said.

    python -m tests.benchmarks.report [--turns 2000]

A call of so many turns, of the corpora's own utterances one after the other, with sixty flags of which
half are confirmed. Prints the median milliseconds of processor time, and how often each of its texts was
read by the tokeniser.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import time
from datetime import UTC, datetime
from unittest import mock

from api import demo
from screening.policy import Policy, load_policy
from screening.records import Conversation, Flag, Kind, Priority, ScreeningResult, Turn
from screening.report import incident, masking
from screening.review import Role
from screening.store import Case, Store

ROUNDS = 7
FLAGS = 60


def long_call(turns: int) -> Conversation:
    said = (turn for call in demo.archive() for turn in call.turns)
    chosen = [
        Turn(turn.text, turn.speaker, n * 1000, n * 1000 + 900)
        for n, turn in enumerate(itertools.islice(itertools.cycle(said), turns))
    ]
    return Conversation("long", Kind.CALL, tuple(chosen), customer_id="k-1")


def _case(policy: Policy, conversation: Conversation) -> Case:
    store = Store.open("sqlite://")
    store.adopt(policy)
    person = store.people.add_person("確認 花子", "a long pass phrase", [Role.REVIEWER])
    places = range(0, len(conversation.turns), max(1, len(conversation.turns) // FLAGS))
    flags = tuple(
        Flag("threat", "②-2", at, 0, 1, conversation.turns[at].text[:1], 0.8, ("rule:x",), "理由", Priority.HIGH)
        for at in places
    )  # fmt: skip
    result = ScreeningResult(conversation.id, True, policy.version, "m", {}, flags)
    key = store.save(conversation, result).key
    for flag in store.case(key).flags[::2]:
        store.decide(
            flag.id,
            person,
            policy=policy,
            answers={"demand_validity": "no_demand", "means_acceptability": "unacceptable"},
            outcome="harassment",
            reason="家族への害をほのめかした",
        )
    case = store.case(key)
    store.close()
    return case


def measured(policy: Policy, case: Case, *, masked: bool) -> float:
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        incident(case, policy, masked=masked, now=datetime.now(UTC))
        taken.append((time.process_time() - began) * 1000)
    return round(statistics.median(taken), 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=2_000)
    policy = load_policy()
    case = _case(policy, long_call(parser.parse_args().turns))
    with mock.patch.object(masking, "tokenize", wraps=masking.tokenize) as read:
        incident(case, policy, masked=True, now=datetime.now(UTC))
    texts = {turn.text for turn in case.conversation.turns}
    found = {
        "turns": len(case.conversation.turns),
        "texts": len(texts),
        "readings": sum(call.args[0] in texts for call in read.call_args_list),
        "masked_ms": measured(policy, case, masked=True),
        "said_ms": measured(policy, case, masked=False),
    }
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
