"""A drafted reason says what is judged and what was answered, in sentences that a person would sign."""

import itertools
from dataclasses import replace

import pytest

from api.console import drafts
from api.console.policies import others
from screening.policy import Assessment, OutcomeKind, assess, load_policy

POLICY = load_policy()
PLACE = "7番の発話"


def _text(policy, category, answers, kind):
    found = assess(policy, category, answers)
    outcome = next(o for o in found.outcomes if o.kind is kind)
    return drafts.text(policy, outcome, found, PLACE)


def _medical(demand, means, kind):
    answers = {"demand_validity": demand, "means_acceptability": means}
    return _text(POLICY, "threat", answers, kind)


@pytest.mark.parametrize(
    ("demand", "means", "kind", "said"),
    [
        (
            "no_demand",
            "unacceptable",
            OutcomeKind.HARASSMENT,
            "7番の発話に「脅迫」に当たる言動がある。"
            "要求はしておらず、手段・態様は相当な範囲を超える。",
        ),
        (
            "valid",
            "acceptable",
            OutcomeKind.COMPLAINT,
            "7番の発話の「脅迫」の候補について、"
            "要求の内容には妥当な理由があり、手段・態様は相当な範囲である。",
        ),
        (
            "undetermined",
            "undetermined",
            OutcomeKind.CONSULTATION,
            "7番の発話の「脅迫」の候補について、"
            "要求内容の妥当性も手段・態様の相当性もまだ判断できない。関係する人と協議する。",
        ),
        (
            "undetermined",
            "unacceptable",
            OutcomeKind.CONSULTATION,
            "7番の発話の「脅迫」の候補について、"
            "要求内容の妥当性はまだ判断できず、手段・態様は相当な範囲を超える。"
            "関係する人と協議する。",
        ),
        (
            "valid",
            "acceptable",
            OutcomeKind.ERROR,
            "7番の発話を「脅迫」とした候補が誤っているため、この候補では言動を判断しない。",
        ),
    ],
)
def test_each_outcome_has_a_reason_of_its_own(demand, means, kind, said):
    """The answers stand where they bear on the outcome, each once."""
    assert _medical(demand, means, kind) == said


def test_a_duplicate_leaves_room_for_its_original():
    """And says nothing about answers that it does not rest on."""
    said = _medical("no_demand", "unacceptable", OutcomeKind.DUPLICATE)
    assert drafts.ORIGINAL in said
    assert "範囲" not in said


def test_a_criterion_of_any_policy_may_say_how_the_sentence_on_it_begins():
    """Without that, its title and the answer stand beside each other."""
    demand, means = POLICY.criteria
    other = replace(
        POLICY, criteria=(replace(demand, subject=""), replace(means, subject="言い方は"))
    )
    given = {"demand_validity": "invalid", "means_acceptability": "unacceptable"}
    assert _text(other, "threat", given, OutcomeKind.HARASSMENT) == (
        "7番の発話に「脅迫」に当たる言動がある。"
        "要求内容の妥当性は「妥当な理由がない」、言い方は相当な範囲を超える。"
    )


def test_where_nothing_is_asked_the_draft_says_what_stands_there():
    """Conduct that comes from illness is not judged: who is consulted reads what it is about."""
    category = next(
        c.id
        for c in POLICY.categories.values()
        if c.route is None and not assess(POLICY, c.id, {}).questions
    )
    said = _text(POLICY, category, {}, OutcomeKind.CONSULTATION)
    name = POLICY.categories[category].name
    assert said == f"{PLACE}に「{name}」に関わる言葉がある。関係する人と協議する。"


@pytest.mark.parametrize("place", [PLACE, "本文", "会話全体（根拠は3番の発話・5番の発話）"])
@pytest.mark.parametrize("name", [id for id, _ in others()])
def test_every_policy_and_answer_reads_as_sentences(name, place):
    """Nothing is empty, said twice, or joined without going on, whatever the category."""
    policy = load_policy(name)
    ways = [*itertools.product(*([(c.id, a.id) for a in c.answers] for c in policy.criteria))]
    for category in policy.categories.values():
        for way in ways:
            found: Assessment = assess(policy, category.id, dict(way))
            for outcome in found.outcomes:
                if not outcome.open:
                    continue
                said = drafts.text(policy, outcome, found, place)
                assert said.endswith("。")
                for wrong in (
                    "、、",
                    "。。",
                    "、。",
                    "ある、",
                    "ない、",
                    "超える、",
                    "である。である",
                ):
                    assert wrong not in said, said
