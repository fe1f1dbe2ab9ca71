"""The same conversations under each shipped policy and an invented one, from words to responses."""

import itertools

import pytest

from screening.errors import ReviewError
from screening.policy import OutcomeKind, Result, Side, assess, conclude, load_policy, shipped
from screening.records import Conversation, Kind, Speaker, Turn
from screening.review import FlagState, Role
from screening.screener import default_screener
from screening.steps import Act, StepState
from screening.store import Store

from .examples import HOTEL_FILE

ABUSE = "いい加減にしろ、この給料泥棒が。お前みたいな無能は死ね。頭おかしいんじゃないのか。"
FAIR = "昨日届いた歩行器の車輪が壊れていました。すみませんが、交換していただけますか。"
DESPAIR = "もう死にたいです。生きていても仕方がないので、今夜死のうと思っています。"


def _call(name, words, answer="はい、承知いたしました。"):
    turns = (Turn("お電話ありがとうございます。", Speaker.AGENT), Turn(words, Speaker.CUSTOMER))
    return Conversation(name, Kind.CALL, (*turns, Turn(answer, Speaker.AGENT)))


@pytest.fixture(scope="module")
def detectors():
    return default_screener()


@pytest.fixture(params=[*shipped(), HOTEL_FILE], ids=[*shipped(), "hotel"])
def policy(request):
    return load_policy(request.param)


@pytest.fixture
def store(tmp_path):
    opened = Store.open(f"sqlite:///{tmp_path / 'record.db'}")
    yield opened
    opened.close()


@pytest.fixture
def team(store):
    add = store.people.add_person
    return (
        add("確認 花子", "long enough 123", [Role.REVIEWER]),
        add("承認 一郎", "long enough 123", [Role.APPROVER]),
    )


def _answers_for(policy, category, kind):
    """Answers under which an outcome of ``kind`` is open, found in the policy alone."""
    outcomes = [o.id for o in policy.outcomes if o.kind is kind]
    for chosen in itertools.product(*([a.id for a in c.answers] for c in policy.criteria)):
        answers = dict(zip([c.id for c in policy.criteria], chosen, strict=True))
        for outcome in conclude(policy, category, answers).open:
            if outcome in outcomes:
                return answers, outcome
    return None


def test_abuse_is_found_decided_and_answered_step_by_step(policy, detectors, store, team):
    """Words, flag, decision by one person, care inside, approval by another, refusal, all on record."""
    reviewer, approver = team
    call = _call("c-1", ABUSE)
    result = detectors.with_policy(policy).screen(call)
    assert result.needs_review
    saved = store.save(call, result)
    assert {store.flag(f).state for f in saved.flag_ids} == {FlagState.PROPOSED}
    flag = store.flags(without=policy.routed).items[0]
    category = flag.flag.category
    assert flag.flag.provision in policy.basis
    answers, outcome = _answers_for(policy, category, OutcomeKind.HARASSMENT)
    decision = store.decide(
        flag.id, reviewer, policy=policy, answers=answers, outcome=outcome, reason="罵りを確認した"
    )
    assert (decision.to_state, decision.policy) == (FlagState.CONFIRMED, policy.version)
    rows = store.steps.of_case(saved.key)
    assert {row.step.planned.side for row in rows} == set(Side)
    for row in rows:
        who = approver if Role.APPROVER in row.step.planned.owner_roles else reviewer
        if row.step.state is StepState.OFFERED:
            with pytest.raises(ReviewError, match="承認"):
                store.steps.act(row.id, who, Act.DONE, note="行った内容を書いた")
            store.steps.act(row.id, approver, Act.APPROVE)
        store.steps.act(row.id, who, Act.DONE, note="行った内容を書いた")
    after = store.steps.of_case(saved.key)
    assert {row.step.state for row in after} == {StepState.DONE}
    seen = assess(
        policy,
        category,
        answers,
        outcome=outcome,
        recorded=[row.step.planned.response for row in after],
    )
    assert {d.id for d in seen.duties if d.standing in ("due", "open")} == {
        row.step.planned.response for row in after
    }


def test_a_fair_complaint_is_closed_as_one(policy, detectors, store, team):
    """A valid demand properly made opens no review by itself, and can be closed as a complaint."""
    call = _call("c-2", FAIR)
    result = detectors.with_policy(policy).screen(call)
    assert not result.needs_review
    saved = store.save(call, result)
    assert store.flags().total == 0
    start = FAIR.index("壊れて")
    flag = store.raise_flag(
        saved.key,
        team[0],
        policy=policy,
        turn=1,
        start=start,
        end=start + 4,
        reason="確かめておきたい言葉",
    )
    answers, outcome = _answers_for(policy, policy.unlisted.id, OutcomeKind.COMPLAINT)
    closed = store.decide(
        flag, team[0], policy=policy, answers=answers, outcome=outcome, reason="正当な申し出である"
    )
    assert closed.to_state is FlagState.DISMISSED
    assert all(row.step.planned.side is Side.INTERNAL for row in store.steps.of_case(saved.key))


def test_despair_takes_its_own_route_and_no_other(policy, detectors, store, team):
    """It never waits among harassment, can never be confirmed, and its route has a step at once."""
    call = _call("c-3", DESPAIR)
    saved = store.save(call, detectors.with_policy(policy).screen(call))
    urgent = store.flags(only=policy.routed).items
    assert urgent
    assert not {f.id for f in urgent} & {f.id for f in store.flags(without=policy.routed).items}
    flag = urgent[0]
    route = policy.categories[flag.flag.category].route
    for kind in (OutcomeKind.HARASSMENT, OutcomeKind.EQUIVALENT):
        assert _answers_for(policy, flag.flag.category, kind) is None
    answers, outcome = _answers_for(policy, flag.flag.category, OutcomeKind.CARE)
    assert outcome == route
    held = store.decide(
        flag.id, team[0], policy=policy, answers=answers, outcome=route, reason="ただちに引き継いだ"
    )
    assert held.to_state is FlagState.ON_HOLD
    assert store.steps.of_case(saved.key)


def test_a_look_under_another_policy_changes_no_decision(policy, detectors, store, team):
    """Whatever another policy would say, what was decided stays as it was."""
    own = load_policy()
    call = _call("c-4", ABUSE)
    saved = store.save(call, detectors.with_policy(own).screen(call))
    flag = store.flags(without=own.routed).items[0]
    answers, outcome = _answers_for(own, flag.flag.category, OutcomeKind.HARASSMENT)
    store.decide(
        flag.id, team[0], policy=own, answers=answers, outcome=outcome, reason="罵りを確認した"
    )
    before = store.case(saved.key)
    seen = detectors.with_policy(policy).screen(before.conversation)
    flagged = [f.category for f in seen.flags]
    for other in seen.flags:
        views = assess(policy, other.category, {}, flagged=flagged)
        assert not [
            c for c in views.outcomes if c.open and policy.outcome(c.id).result is Result.CONFIRMED
        ]
    assert store.case(saved.key) == before
