"""What the policy says is on the pages: its own route, its questions, its exemption, its other readings."""

import re
from datetime import UTC, datetime

import pytest

from screening.policy import load_policy
from screening.review import FlagState

POLICY = load_policy()
ROUTED = tuple(POLICY.routed)
REVIEWER = "確認 花子"


def _url(flag):
    return f"/cases/{flag.conversation_key}?flag={flag.id}"


def _routed(store):
    return store.flags(only=ROUTED, all_flags=True, limit=200).items


def test_words_of_self_harm_are_on_their_own_page_and_in_no_queue(client, signed_in, store):
    """Every routed flag stands under 緊急 and none among harassment, decided or not."""
    signed_in(REVIEWER)
    routed = _routed(store)
    assert routed
    care = "".join(_pages(client, "/care"))
    for flag in routed:
        assert flag.id in care
    queue = "".join(_pages(client, "/"))
    assert not any(flag.id in queue for flag in routed)
    assert queue.count("data-row") == store.flags(without=ROUTED).total > 0


def _pages(client, start):
    """A list from its first page to its last."""
    address = start
    while address:
        page = client.get(address).text
        yield page
        more = re.search(r'href="(\?[^"]*after=[^"]*)"', page)
        address = f"{start}{more[1].replace('&amp;', '&')}" if more else ""


def test_a_routed_flag_goes_its_way_and_the_list_comes_back(client, signed_in, store):
    """The page says that nobody is judged; after the decision the urgent list follows."""
    csrf = signed_in(REVIEWER)
    routed = _routed(store)
    keys = [f.conversation_key for f in routed]
    flag = next(f for f in routed if keys.count(f.conversation_key) == 1)
    page = client.get(_url(flag)).text
    assert "ハラスメントとして判断しません" in page
    answer = client.post(
        f"/flags/{flag.id}/decide",
        data={
            "csrf": csrf,
            "state": "proposed",
            "decision": "0",
            "demand_validity": "no_demand",
            "means_acceptability": "acceptable",
            "outcome": "care_escalation",
            "reason": "死にたいという言葉があり、担当へ引き継ぐ",
        },
        follow_redirects=False,
    )
    assert answer.headers["location"].startswith("/care")
    assert flag.id not in client.get("/care").text
    assert flag.id in client.get("/care?tab=handed").text
    assert flag.id not in client.get("/decided").text


def _threat(store):
    """The first threat in a conversation that shows no illness, so asks nothing about symptoms."""
    return next(
        f
        for f in store.flags(category="threat", limit=50).items
        if all(o.flag.category != "illness_related" for o in store.case(f.conversation_key).flags)
    )


def test_each_condition_says_whether_it_is_met_unmet_or_not_evaluated(client, signed_in, store):
    """Unanswered is "not evaluated" with its clause; an answer turns it to met or unmet."""
    signed_in(REVIEWER)
    flag = _threat(store)
    fresh = client.get(f"/flags/{flag.id}/consequences").text
    assert "未評価：" in fresh
    assert "判断基準①" in fresh
    said = client.get(
        f"/flags/{flag.id}/consequences?demand_validity=valid&means_acceptability=unacceptable"
    ).text
    assert "満たす：" in said
    assert "満たさない：" in said
    assert "未評価：" not in said
    harassment = re.search(r'value="harassment"[^>]*>', said)[0]
    complaint = re.search(r'value="legitimate_complaint"[^>]*>', said)[0]
    assert "disabled" not in harassment
    assert "disabled" in complaint


def test_possible_symptoms_block_harassment_until_a_consultation_is_on_record(
    client, signed_in, store
):
    """The exemption's question is asked, safety is due meanwhile, and the record of a talk opens it."""
    csrf = signed_in(REVIEWER)
    flag = store.flags(category="threat", limit=1).items[0]
    asked = (
        f"/flags/{flag.id}/consequences?demand_validity=no_demand&means_acceptability=unacceptable"
    )
    assert (
        "disabled"
        in re.search(r'value="harassment"[^>]*>', client.get(f"{asked}&illness=speaker").text)[0]
    )
    assert "協議の記録ができるまでの間も必要な対応" in client.get(f"{asked}&illness=speaker").text
    form = {
        "csrf": csrf,
        "flag": flag.id,
        "with": POLICY.exemption.consult[0],
        "name": "みどり事業所の田中さん",
        "held_on": "2026-11-02",
        "note": "夕方に不安が強まる。訪問を二人にする",
    }
    address = f"/cases/{flag.conversation_key}/consult"
    tomorrow = form | {"held_on": "2999-01-01"}
    refused = client.post(address, data=tomorrow)
    assert refused.status_code == 422
    assert "夕方に不安が強まる" in refused.text
    page = client.post(address, data=form).text
    assert "みどり事業所の田中さん" in page
    assert "2026年11月2日" in page
    opened = client.get(f"{asked}&illness=speaker").text
    assert "disabled" not in re.search(r'value="harassment"[^>]*>', opened)[0]


def test_a_reviewer_raises_what_no_list_names(client, signed_in, store):
    """The customer's words with a reason become a flag that waits; without a reason nothing does."""
    csrf = signed_in(REVIEWER)
    flag = next(
        f for f in store.flags(limit=50).items if f.flag.turn is not None and len(f.flag.text) > 3
    )
    form = {
        "csrf": csrf,
        "flag": flag.id,
        "turn": str(flag.flag.turn + 1),
        "said": flag.flag.text,
        "reason": "",
    }
    address = f"/cases/{flag.conversation_key}/raised"
    assert client.post(address, data=form).status_code == 422
    page = client.post(address, data=form | {"reason": "職員を孤立させる言い方を続けている"}).text
    assert POLICY.unlisted.name in page
    raised = [
        f for f in store.case(flag.conversation_key).flags if f.flag.category == POLICY.unlisted.id
    ]
    assert [f.state for f in raised] == [FlagState.PROPOSED]


def test_another_policy_is_looked_at_without_words_and_without_a_trace_in_the_case(
    client, signed_in, store
):
    """Other clauses, the same record; the look stands in the log with no words opened."""
    signed_in(REVIEWER)
    flag = next(f for f in store.flags(limit=50).items if len(f.flag.text) > 3)
    before = store.case(flag.conversation_key)
    page = client.get(f"/cases/{flag.conversation_key}/under/mhlw-manual").text
    assert load_policy("mhlw-manual").title in page
    assert "型-" in page
    assert flag.flag.text not in page
    assert store.case(flag.conversation_key) == before
    last = store.audit.entries(store.people.named("監査 律"), action="look")[0]
    assert (last.subject, last.detail["count"]) == (f"conversation:{flag.conversation_key}", 0)
    assert client.get(f"/cases/{flag.conversation_key}/under/nothing").status_code == 404


@pytest.mark.parametrize("store", ["busy"], indirect=True)
def test_the_simulator_agrees_with_the_record(client, signed_in, store):
    """At the threshold in force: as many flags a day, and of what precision, as the record has."""
    signed_in(REVIEWER)
    category = "threat"
    page = client.get(f"/numbers/thresholds?category={category}").text
    now = re.search(r'<tr class="now">.*?</tr>', page, re.S)[0]
    person = store.people.named(REVIEWER)
    past, days = store.shadow.past(person)
    mine = [p for p in past if p.category == category]
    judged = [p for p in mine if p.found is not None]
    cells = re.findall(r'<td class="n">([^<]*)</td>', now)
    assert cells[:3] == [
        f"{len(mine) / days:.2f}件",
        str(len(judged)),
        str(sum(p.found for p in judged)),
    ]
    assert "〜" in cells[4]
    assert client.get("/numbers/thresholds?category=nothing").status_code == 404


def test_two_decisions_on_the_same_sight_cannot_both_stand(client, signed_in, store):
    """A form that was opened before somebody held the flag again says what happened meanwhile."""
    csrf = signed_in(REVIEWER)
    flag = store.flags(category="threat", limit=1).items[0]
    other = store.people.named("別の 次郎")
    for _ in range(2):
        store.decide(
            flag.id,
            other,
            policy=POLICY,
            answers={"demand_validity": "undetermined", "means_acceptability": "undetermined"},
            outcome="needs_consultation",
            reason="録音を聞いてから判断する",
            now=datetime.now(UTC),
        )
    first = min(d.id for d in store.case(flag.conversation_key).decisions)
    answer = client.post(
        f"/flags/{flag.id}/decide",
        data={
            "csrf": csrf,
            "state": "on_hold",
            "decision": str(first),
            "demand_validity": "no_demand",
            "means_acceptability": "unacceptable",
            "outcome": "harassment",
            "reason": "家族への害をほのめかしている",
        },
    )
    assert answer.status_code == 409
    assert "別の 次郎さんが" in answer.text
