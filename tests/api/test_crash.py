"""Twenty people decide at once while the server is killed again and again: nothing lost, nothing twice."""

import http.client
import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
from sqlalchemy import func, select

from api.auth import COOKIE, Auth
from screening.records import Conversation, Flag, Kind, Priority, ScreeningResult, Speaker, Turn
from screening.review import Role
from screening.sampling import Plan
from screening.store import Store
from screening.store import tables as t

PEOPLE, FLAGS = 20, 2000
#: Each has half of the next person's flags as well: every second flag is decided by two at once.
SHARE = FLAGS // PEOPLE
EACH = SHARE + SHARE // 2
SECRET = b"0123456789abcdef-crash"
KILLS = 4

#: The service as it is, but for the detectors, which nobody calls here.
SERVER = """
import sys
import uvicorn
from api.app import create_app
from screening.policy import load_policy
from screening.store import Store

app = create_app(Store.open(sys.argv[1]), None, load_policy(), secret=sys.argv[3].encode())
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="error", access_log=False)
"""


class Service:
    """The server's process, which can be killed without a word and started again."""

    def __init__(self, url):
        self.url = url
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, self.url, str(self.port), SECRET.decode()]
        )
        for _ in range(600):
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.05)
        pytest.fail("the server does not start")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Reviewer(threading.Thread):
    """Decides flag after flag; where the answer does not come, tries the same again."""

    def __init__(self, service, person, token, flags):
        super().__init__(daemon=True)
        auth = Auth(None, SECRET, secure=False)
        self.service, self.person, self.flags = service, person, flags
        self.headers = {
            "Cookie": f"{COOKIE}={auth._cookie.dumps(token)}",
            "X-CSRF-Token": auth.csrf(token),
            "Content-Type": "application/json",
        }
        self.answers, self.retries, self.connection, self.error = {}, 0, None, None

    def run(self):
        try:
            for flag in self.flags:
                self.answers[flag] = self.decide(flag)
        except Exception as error:
            self.error = error

    def decide(self, flag):
        body = {
            "answers": {"demand_validity": "no_demand", "means_acceptability": "unacceptable"},
            "outcome": "harassment",
            "reason": f"{self.person.name}が{flag}を見て判断した",
            "expected_state": "proposed",
        }
        while True:
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPConnection(
                        "127.0.0.1", self.service.port, timeout=30
                    )
                self.connection.request(
                    "POST", f"/v1/flags/{flag}/decisions", json.dumps(body), self.headers
                )
                answer = self.connection.getresponse()
                return answer.status, json.loads(answer.read())
            except (OSError, http.client.HTTPException, ValueError):
                self.connection = None
                self.retries += 1
                time.sleep(0.05)


def _flags(store):
    """Two thousand flags in two hundred conversations."""
    screened = []
    for n in range(FLAGS // 10):
        turns = tuple(Turn(f"家は知ってるぞ {n}", Speaker.CUSTOMER) for _ in range(10))
        flags = tuple(
            Flag("threat", "②-2", at, 0, 3, "家は知", 0.9, ("rule:x",), "理由", Priority.URGENT)
            for at in range(10)
        )
        conversation = Conversation(f"c-{n}", Kind.CALL, turns)
        screened.append(
            (conversation, ScreeningResult(conversation.id, True, "medical-care@1", "m", {}, flags))
        )
    return [flag for saved in store.save_many(screened) for flag in saved.flag_ids]


@pytest.mark.crash
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_decision_is_lost_and_none_is_doubled(kind, tmp_path, request):
    """Whatever was acknowledged stands, once, under who decided; the chain is whole."""
    if kind == "sqlite":
        url = f"sqlite:///{tmp_path / 'record.db'}"
    else:
        url = request.getfixturevalue("postgres").database()
    chance = random.Random(20261101)
    store = Store.open(url)
    store.set_plan(Plan(double_share=0.1, check_share=0))
    flags = _flags(store)
    people = [
        store.people.add_person(f"確認者{n}", "long enough 123", [Role.REVIEWER])
        for n in range(PEOPLE)
    ]
    tokens = [store.people.open_session(person) for person in people]
    service = Service(url)
    try:
        workers = [
            Reviewer(
                service,
                person,
                token,
                [flags[(SHARE * n + k) % FLAGS] for k in chance.sample(range(EACH), EACH)],
            )
            for n, (person, token) in enumerate(zip(people, tokens, strict=True))
        ]
        for worker in workers:
            worker.start()
        kills = 0
        while kills < KILLS:
            time.sleep(chance.uniform(0.3, 1.2))
            assert any(w.is_alive() for w in workers), "all was done before the server was killed"
            service.kill()
            kills += 1
            service.start()
        for worker in workers:
            worker.join()
    finally:
        service.kill()
    assert [w.error for w in workers if w.error] == []
    assert sum(w.retries for w in workers) >= KILLS

    with store.engine.connect() as connection:
        decided = connection.execute(select(t.decisions)).all()
        second = connection.execute(select(t.second_readings)).all()
        doubled = set(
            connection.execute(select(t.flags.c.id).where(t.flags.c.doubled.is_(True))).scalars()
        )
        states = dict(
            connection.execute(
                select(t.flags.c.state, func.count()).group_by(t.flags.c.state)
            ).all()
        )
    store_found = store.audit.verify()
    store.close()

    assert Counter(row.flag_id for row in decided) == Counter(flags)  # every flag once
    assert states == {"confirmed": FLAGS}
    twice = {f for f, count in Counter(f for w in workers for f in w.flags).items() if count > 1}
    assert {row.flag_id for row in second} == doubled & twice  # and every second reading once
    assert len(second) == len(doubled & twice) > FLAGS * 0.02
    first = {row.flag_id: row.person_id for row in decided}
    assert all(first[row.flag_id] != row.person_id for row in second)
    kept = {(row.flag_id, row.person_id): row.reason for row in (*decided, *second)}
    for worker in workers:
        for flag, (status, body) in worker.answers.items():
            mine = kept.get((flag, worker.person.id))
            if status == 201:  # what was acknowledged stands as it was given
                assert mine == f"{worker.person.name}が{flag}を見て判断した"
            else:  # and who was refused was told who had been first
                assert status == 409
                assert "確認者" in body["detail"]
    assert store_found.ok, store_found.problems[:5]
