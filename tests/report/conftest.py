"""A customer who called three times, and two people who decided."""

import pytest

from screening.policy import load_policy
from screening.records import Conversation, Flag, Kind, Priority, ScreeningResult, Speaker, Turn
from screening.review import Role
from screening.store import Store

POLICY = load_policy()
THREAT = "佐藤、お前、夜道に気をつけろよ"


def conversation(number, *, turns, kind=Kind.CALL, day=1):
    return Conversation(
        id=f"c-{number}",
        kind=kind,
        turns=turns,
        customer_id="k-77",
        occurred_at=f"2026-10-{day:02d}T09:00:00+09:00",
        channel="phone",
    )


def call(number, said, answer="それはお受けできません。", day=1):
    return conversation(
        number,
        day=day,
        turns=(
            Turn("はい、窓口の鈴木です。", Speaker.AGENT, 0, 2000),
            Turn(said, Speaker.CUSTOMER, 2000, 65000),
            Turn(answer, Speaker.AGENT, 65000, 70000),
            Turn("090-1234-5678に折り返せ", Speaker.CUSTOMER, 70000, 75000),
        ),
    )


def result(conversation, *places, category="threat"):
    flags = tuple(
        Flag(
            category=category,
            provision=POLICY.categories[category].provision,
            turn=turn,
            start=start,
            end=end,
            text=conversation.turns[turn].text[start:end],
            score=0.9,
            detectors=("rule:threat.veiled", "classifier"),
            why="②-2（精神的な攻撃）の「脅迫」のおそれ：身の安全をほのめかしています",
            priority=Priority.URGENT,
        )
        for turn, start, end in places
    )
    return ScreeningResult(conversation.id, True, POLICY.version, "m", {}, flags)


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'record.db'}")
    yield opened
    opened.close()


@pytest.fixture
def decided(store):
    """The key of a case with one confirmed and one dismissed flag; two earlier contacts."""
    keys = []
    for number, day in ((1, 1), (2, 3), (3, 8)):
        c = call(number, THREAT, day=day)
        saved = store.save(c, result(c, (1, 6, 15), (3, 0, 17)))
        keys.append(saved.key)
    hanako = store.people.add_person("確認 花子", "a long pass phrase", [Role.REVIEWER])
    for flag in store.case(keys[2]).flags:
        threat = flag.flag.turn == 1
        store.decide(
            flag.id,
            hanako,
            policy=POLICY,
            answers={
                "demand_validity": "no_demand",
                "means_acceptability": "unacceptable" if threat else "acceptable",
            },
            outcome="harassment" if threat else "legitimate_complaint",
            reason="佐藤さんの身の安全をほのめかし②-2に当たる" if threat else "折り返しの求めだけ",
        )
    return keys
