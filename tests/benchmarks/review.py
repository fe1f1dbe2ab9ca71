"""Server time of the review's pages: the queue with many flags, and a case of many turns.

    python -m tests.benchmarks.review [--flags 100000] [--turns 2000] [--postgres | --database URL]

Fills a record (a SQLite file that is thrown away; with ``--postgres`` a database of a real server of its
own, thrown away as well; or the empty database of a URL), decides a tenth of it, then answers the same
questions as a browser would ask, through the whole service in this process. Prints the median and the
slowest of each in milliseconds, and the median of this process's processor time, which other work on the
machine does not lengthen; both include the client's part, and the latter leaves out what a database
server spends. Exits with 1 where the queue takes more than 200 ms or the case and the numbers more than
300 ms of wall time in the median, or with ``--processor`` of processor time.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from fastapi.testclient import TestClient
from sqlalchemy import bindparam, select, text

from api.app import create_app
from screening.policy import Policy, load_policy
from screening.records import (
    Conversation,
    Flag,
    Kind,
    Priority,
    ScreeningResult,
    Speaker,
    Turn,
)
from screening.review import Decision, FlagState, Person, Role
from screening.sampling import Plan
from screening.screener import default_screener
from screening.store import Store, conversations, decisions, moments
from screening.store import tables as t
from tests import postgres

QUEUE_MS, CASE_MS = 200, 300
#: One flag of so many gets a decision, as the record holds it, so that the numbers have something to count.
DECIDED_EVERY = 10
PASSWORD = "a long pass phrase"
ROUNDS = 15
OUTCOME = {
    "answers": {"demand_validity": "no_demand", "means_acceptability": "unacceptable"},
    "outcome": "harassment",
    "reason": "家族への害をほのめかした",
}


def fill(store: Store, policy: Policy, count: int) -> None:
    """So many flags, two to a conversation, over sixty days, in all categories and channels.

    The rows are those that ``conversations.save`` would write, written many at a time.
    """
    chance = random.Random(7)
    names = list(policy.categories)
    priorities = list(Priority)
    start = datetime.now(UTC) - timedelta(days=60)
    with store.engine.begin() as connection:
        drawing = conversations.Drawing.of(connection)
        for first in range(0, count // 2, 5000):
            rows: dict[str, list[dict[str, Any]]] = {"c": [], "s": [], "f": []}
            for n in range(first, min(first + 5000, count // 2)):
                moment = start + timedelta(days=60) * (2 * n / count)
                turns = (Turn("はい", Speaker.AGENT), Turn("家は知ってるぞ", Speaker.CUSTOMER))
                conversation = Conversation(
                    f"c-{n}",
                    Kind.CALL,
                    turns,
                    customer_id=f"k-{n % (count // 8 or 1)}",
                    occurred_at=moment.isoformat(),
                    channel=chance.choice(["phone", "chat"]),
                )
                content = conversations.pack(conversation)
                digest, key = sha256(content.encode()).hexdigest(), uuid4().hex
                trade = chance.choice(["介護", "薬局"])
                rows["c"].append(
                    {
                        "key": key,
                        "external_id": conversation.id,
                        "sha256": digest,
                        "kind": "call",
                        "customer_id": conversation.customer_id,
                        "occurred_at": conversation.occurred_at,
                        "content": content,
                        "created_at": moments.kept(moment),
                        "channel": conversation.channel,
                        "trade": trade,
                        "day": moments.day(moments.kept(moment)),
                    }
                )
                rows["s"].append(
                    {
                        "id": n + 1,
                        "conversation_key": key,
                        "policy": policy.version,
                        "model": "m",
                        "needs_review": True,
                        "scores": "{}",
                        "source": "",
                        "created_at": moments.kept(moment),
                    }
                )
                for name in chance.sample(names, 2):
                    flag = Flag(
                        name,
                        "②-2",
                        1,
                        0,
                        3,
                        "家は知",
                        chance.uniform(0.5, 1),
                        ("rule:x", "classifier"),
                        "理由",
                        chance.choice(priorities),
                    )
                    rows["f"].append(
                        conversations.flag_values(
                            flag,
                            key=key,
                            sha256=digest,
                            screening_id=n + 1,
                            policy=policy.version,
                            conversation=conversation,
                            trade=trade,
                            queued=True,
                            drawing=drawing,
                            now=moment,
                        )
                    )
            connection.execute(t.conversations.insert(), rows["c"])
            connection.execute(t.screenings.insert(), rows["s"])
            connection.execute(t.flags.insert(), rows["f"])
        if store.engine.dialect.name == "postgresql":
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence('screenings', 'id'), :n)"),
                {"n": count // 2},
            )


def long_case(store: Store, policy: Policy, turns: int) -> str:
    """One call of so many turns with sixty flags; the key of it."""
    said = tuple(
        Turn("何度も同じことを聞かせないでください、責任者を出してください", Speaker(who), n, n + 1)
        for n, who in zip(range(turns), ["agent", "customer"] * turns, strict=False)
    )
    flags = tuple(
        Flag("persistence", "②-5", at, 0, 5, "何度も同じ", 0.8, ("rule:x",), "理由", Priority.HIGH)
        for at in range(1, turns, max(2, turns // 60 // 2 * 2))
    )
    conversation = Conversation("long", Kind.CALL, said, customer_id="k-1")
    result = ScreeningResult("long", True, policy.version, "m", {}, flags)
    return store.save(conversation, result).key


def _decide(store: Store, person: Person) -> None:
    """Decisions on a tenth of the flags, written as ``decisions.append`` does but all at once."""
    f = t.flags.c
    with store.engine.begin() as connection:
        ids = connection.execute(
            select(f.id, f.created_at).where(f.state == FlagState.PROPOSED.value).order_by(f.id)
        ).all()[::DECIDED_EVERY]
        rows = []
        for n, row in enumerate(ids):
            outcome, state = (
                ("harassment", FlagState.CONFIRMED)
                if n % 3
                else ("legitimate_complaint", FlagState.DISMISSED)
            )
            at = datetime.fromisoformat(row.created_at) + timedelta(hours=1 + n % 60)
            rows.append(
                decisions.decision_values(
                    Decision(
                        row.id, person.id, OUTCOME["answers"], outcome, OUTCOME["reason"],
                        min(at, datetime.now(UTC)), FlagState.PROPOSED, state, "p",
                    )
                )
                | {
                    "from_state": FlagState.PROPOSED.value,
                    "illness_suspected": False,
                    "illness_consulted": False,
                }
            )  # fmt: skip
        connection.execute(t.decisions.insert(), rows)
        moved = {"state": bindparam("to_state"), "first_decided_at": bindparam("decided_at")}
        connection.execute(
            t.flags.update().where(f.id == bindparam("flag_id")).values(moved),
            [{name: r[name] for name in ("flag_id", "to_state", "decided_at")} for r in rows],
        )
    if store.engine.dialect.name == "postgresql":
        # What the server does by itself within minutes: a centre's rows have not just been written.
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def measured(work: Callable[[], Any]) -> dict[str, float]:
    work()
    taken, busy = [], []
    for _ in range(ROUNDS):
        began, busy_before = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - began) * 1000)
        busy.append((time.process_time() - busy_before) * 1000)
    return {
        "median_ms": round(statistics.median(taken), 1),
        "slowest_ms": round(max(taken), 1),
        "processor_ms": round(statistics.median(busy), 1),
    }


def run(url: str, count: int, turns: int) -> dict[str, Any]:
    store = Store.open(url)
    policy = load_policy()
    store.adopt(policy)
    store.set_plan(Plan(double_share=0.05, check_share=0))
    began = time.perf_counter()
    fill(store, policy, count)
    key = long_case(store, policy, turns)
    filled = time.perf_counter() - began
    people = {}
    for role in (Role.REVIEWER, Role.APPROVER):
        people[role] = store.people.add_person(str(role), PASSWORD, [role])
    second = store.people.add_person("second", PASSWORD, [Role.REVIEWER])
    waiting = store.flags(limit=200).items
    for row in waiting:
        if row.flag.category in policy.categories and row.doubled:
            try:
                store.decide(row.id, second, policy=policy, **OUTCOME)
            except Exception:
                continue  # a care signal: its outcomes are others
    _decide(store, second)
    app = create_app(store, default_screener(), policy, secret=b"0123456789abcdef-bench")
    with TestClient(app) as client:
        answer = client.post("/v1/session", json={"name": "reviewer", "password": PASSWORD})
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]

        def get(path: str, **asked: Any) -> Callable[[], None]:
            def ask() -> None:
                answer = client.get(path, params=asked)
                assert answer.status_code == 200, answer.text

            return ask

        month = (datetime.now(UTC) - timedelta(days=30)).date().isoformat()
        page = client.get("/v1/flags", params={"limit": 50}).json()
        deep = page["next"]
        for _ in range(5):
            deep = client.get("/v1/flags", params={"limit": 200, "after": deep}).json()["next"]
        questions = {
            "queue": get("/v1/flags"),
            "queue page (console)": get("/"),
            "queue with words": get("/v1/flags", words=True),
            "queue, far down": get("/v1/flags", after=deep),
            "queue by category": get("/v1/flags", category="threat"),
            "queue by channel and trade": get("/v1/flags", channel="chat", trade="介護"),
            "queue by period": get("/v1/flags", since=month),
            "queue by policy": get("/v1/flags", policy="medical-care"),
            "queue, all states": get("/v1/flags", state=["proposed", "confirmed", "dismissed"]),
            "mine": get("/v1/flags", mine=True),
            "case": get(f"/v1/conversations/{key}"),
            "decided (console)": get("/decided"),
            "case page (console)": get(f"/cases/{key}"),
        }
        found = {name: measured(work) for name, work in questions.items()}
        for days in ("91", "all"):
            ask = get("/numbers", days=days)
            found[f"numbers, warm, {days}"] = measured(ask)

            def cold(ask: Callable[[], None] = ask) -> None:
                app.state.figures.stale()
                ask()

            found[f"numbers, cold, {days}"] = measured(cold)

        def next_flag() -> None:
            assert client.post("/v1/flags/next").status_code == 200

        found["next flag, claimed"] = measured(next_flag)
    store.close()
    return {
        "python": platform.python_version(),
        "database": url.partition(":")[0],
        "flags": page["total"],
        "turns": turns,
        "filled_s": round(filled, 1),
        "server_time": found,
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flags", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=2_000)
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--database", metavar="URL", help="an empty one; it is filled and left")
    where.add_argument("--postgres", action="store_true", help="a real server, thrown away after")
    parser.add_argument("--processor", action="store_true", help="judge by processor time")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as after:
        url = given.database or f"sqlite:///{folder}/record.db"
        if given.postgres:
            server = postgres.start()
            after.callback(server.stop)
            url = server.database()
        found = run(url, given.flags, given.turns)
    print(json.dumps(found, ensure_ascii=False, indent=2))
    judged = "processor_ms" if given.processor else "median_ms"
    slow = [
        name
        for name, taken in found["server_time"].items()
        if taken[judged] > (CASE_MS if name.startswith(("case", "numbers")) else QUEUE_MS)
    ]
    for name in slow:
        print(f"too slow: {name}", file=sys.stderr)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
