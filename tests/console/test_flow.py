"""The way through a conversation: care asks nothing, undo loses nothing, words stay as they were left."""

import re
from html import unescape

from screening.corrections import Correction, CorrectionKind
from screening.records import Priority
from screening.review import FlagState
from screening.urgency import PRIORITIES

from .talk import GIVEN, POLICY, REVIEWER, decide, found, url

ROUTED = tuple(POLICY.routed)


class TestCare:
    def test_nothing_is_asked_before_the_hand_over(self, client, signed_in, store):
        """The page says what to do now and who takes it, and wants a reason alone."""
        csrf = signed_in(REVIEWER)
        flag = store.flags(only=ROUTED, all_flags=True, limit=1).items[0]
        page = client.get(url(flag)).text
        for criterion in POLICY.criteria:
            assert f'name="{criterion.id}"' not in page
            assert criterion.question not in page
        assert "いますぐすること" in page
        assert POLICY.response("urgent_care").title in page
        assert "今日中、確認者が行います" in page
        assert "対象ではありません" not in page
        form = {
            "csrf": csrf,
            "state": "proposed",
            "decision": "0",
            "outcome": "care_escalation",
            "reason": "死にたいという言葉があり、担当へ引き継ぐ",
        }
        answer = client.post(f"/flags/{flag.id}/decide", data=form, follow_redirects=False)
        assert answer.status_code == 303
        assert store.flag(flag.id).outcome == "care_escalation"

    def test_a_flag_set_right_to_self_harm_is_handed_over_as_well(
        self, client, signed_in, store, made
    ):
        """It leaves the queue, stands on the care list, and its page asks nothing."""
        csrf = signed_in(REVIEWER)
        flag = made()[0]
        form = {
            "csrf": csrf,
            "kind": "category",
            "flag": flag.id,
            "category": "self_harm_risk",
        }
        page = client.post(f"/cases/{flag.conversation_key}/corrections", data=form).text
        assert "いますぐすること" in page
        assert 'name="demand_validity"' not in page
        assert flag.id in client.get("/care").text
        assert flag.id not in client.get("/?category=threat").text
        assert flag.id not in {f.id for f in store.flags(without=ROUTED, limit=200).items}

    def test_nothing_is_promised_that_an_open_answer_decides(self, client, signed_in, made):
        """Possible symptoms lead to two different conclusions, as the manner is judged."""
        signed_in(REVIEWER)
        flag = made()[0]

        def ahead(answered=""):
            page = client.get(f"/flags/{flag.id}/consequences?{answered}").text
            return re.search(r'id="ahead-illness-speaker"[^>]*>([^<]*)<', page)[1]

        assert ahead() == ""
        assert ahead("means_acceptability=unacceptable") == "→ 保留など"
        assert ahead("means_acceptability=acceptable&demand_validity=valid") == "→ 当たらない"

    def test_a_question_that_opens_another_outcome_is_never_called_alike(
        self, client, signed_in, made
    ):
        """Whether a demand has a good reason decides between two ways to confirm it."""
        signed_in(REVIEWER)
        threat, unfounded = made(
            found("threat", 1, "家は知ってるぞ"), found("unfounded_demand", 3, "早くしてくれ")
        )

        def alike(flag):
            asked = f"/flags/{flag.id}/consequences?means_acceptability=unacceptable"
            return re.search(r'id="alike-demand_validity"[^>]*>([^<]*)<', client.get(asked).text)[
                1
            ].strip()

        assert alike(threat) == "結論は同じ"
        assert alike(unfounded) == ""

    def test_a_refusal_of_several_outcomes_is_said_once(self, client, signed_in, made):
        """And names the outcomes that it is about."""
        signed_in(REVIEWER)
        flag = made()[0]
        answered = "demand_validity=undetermined&means_acceptability=unacceptable"
        said = client.get(f"/flags/{flag.id}/consequences?{answered}").text
        shown = said.partition("<details")[0]
        assert shown.count("まだ判断できないため") == 1
        refusal = re.search(r'<p class="refusal">(.*?)</p>', shown, re.S)[1]
        for outcome in ("harassment", "equivalent_conduct", "legitimate_complaint"):
            assert POLICY.outcome(outcome).label in refusal


class TestUndo:
    def test_answers_and_reason_come_back_as_a_draft(self, client, signed_in, store, made):
        """The record still has the decision and that it was taken back."""
        csrf = signed_in(REVIEWER)
        flag = made()[0]
        assert decide(client, csrf, flag).status_code == 303
        page = client.post(f"/flags/{flag.id}/withdraw", data={"csrf": csrf}).text
        for name in ("no_demand", "unacceptable", "harassment"):
            assert re.search(rf'value="{name}"[^>]* checked', page), name
        assert f">{GIVEN['reason']}</textarea>" in page
        assert "カスタマーハラスメントに当たる</b>" in page
        assert "決定の取り消し</b>" in page
        made_ = [d.decision.outcome for d in store.case(flag.conversation_key).decisions]
        assert made_ == ["harassment", "withdrawn"]

    def test_it_is_the_draft_of_whoever_took_it_back(self, client, signed_in, store, made):
        """Nobody else is led by it."""
        csrf = signed_in(REVIEWER)
        flag = made()[0]
        decide(client, csrf, flag)
        client.post(f"/flags/{flag.id}/withdraw", data={"csrf": csrf})
        signed_in("別の 次郎")
        page = client.get(url(flag)).text
        assert not re.search(r'value="unacceptable"[^>]* checked', page)
        assert f">{GIVEN['reason']}</textarea>" not in page


class TestLists:
    def test_every_list_says_the_outcome_that_was_chosen(self, client, signed_in, store, made):
        """Queue, notice, chips, record and other contacts: never only what it did to the flag."""
        csrf = signed_in(REVIEWER)
        flags = made()
        later = made(number=2)[0]
        label = POLICY.outcome("duplicate").label
        answer = decide(client, csrf, flags[0], outcome="duplicate", duplicate_of=flags[1].id)
        notice = client.get(answer.headers["location"]).text
        assert f"を「{label}」と記録しました" in notice
        row = client.get("/decided?outcome=duplicate").text
        assert label in row
        assert "該当しない</b>" not in row
        assert client.get("/decided?outcome=harassment").text.count("data-row") == 0
        page = client.get(url(flags[0])).text
        assert f"決定済み：{label}" in page
        other = client.get(url(later)).text
        assert f"{label} 1件" in other

    def test_the_original_of_a_duplicate_is_chosen_and_linked(self, client, signed_in, store, made):
        """From the same conversation and from the customer's others, and shown where it is listed."""
        csrf = signed_in(REVIEWER)
        before = made()[0]
        flags = made(number=2)
        page = client.get(url(flags[0])).text
        assert f'<option value="{before.id}">' in page
        assert f'<option value="{flags[1].id}">' in page
        assert f'<option value="{flags[0].id}">' not in page
        assert decide(
            client, csrf, flags[0], outcome="duplicate", duplicate_of=before.id
        ).is_redirect
        assert store.flag(flags[0].id).duplicate_of == before.id
        link = f'href="{url(before)}"'
        assert link in client.get("/decided?outcome=duplicate").text
        assert link in client.get(url(flags[0])).text

    def test_like_chips_are_told_apart(self, client, signed_in, made):
        """By turn, and where even that is the same, by number."""
        signed_in(REVIEWER)
        page = client.get(url(made()[0])).text
        chips = re.findall(r'<li><a href="/cases/[^"]*flag=[^>]*title="([^"]*)"', page)
        assert len(chips) == 4
        assert len(set(chips)) == 4
        assert sum("5番の" in chip for chip in chips) == 2
        assert any("会話全体" in chip for chip in chips)


class TestWords:
    def test_harsh_words_that_nobody_flagged_are_veiled(self, client, signed_in, made):
        """The word alone; the rest of its sentence can be read."""
        signed_in(REVIEWER)
        flag = made()[0]
        page = client.get(url(flag)).text
        assert "役立たず" not in page
        assert "早くしてくれ" in page
        assert "役立たず" in client.get(f"{url(flag)}&words=shown").text

    def test_what_was_opened_stays_open_in_the_conversation_and_no_longer(
        self, client, signed_in, store, made
    ):
        """After a decision as well; the queue, or another conversation, closes it."""
        csrf = signed_in(REVIEWER)
        flags, other = made(), made(number=2)[0]
        where = f"/cases/{flags[0].conversation_key}/words"
        part = re.search(r'name="part" value="(1-[^"]*)"', client.get(url(flags[0])).text)[1]
        form = {"csrf": csrf, "part": part, "flag": flags[0].id}
        assert "家は知ってる" in client.post(where, data=form, headers={"hx-request": "true"}).text
        onward = decide(client, csrf, flags[0]).headers["location"]
        assert flags[0].conversation_key in onward
        page = client.get(onward).text
        assert "家は知ってる" in page
        assert "役立たず" not in page
        looks = store.audit.entries(store.people.named("監査 律"), action="look", limit=2)
        assert [(e.detail["count"], e.detail.get("again")) for e in looks] == [(0, 1), (1, None)]
        client.get("/")
        assert "家は知ってる" not in client.get(url(flags[1])).text
        client.get(f"{url(flags[1])}&words=shown")
        assert "役立たず" in client.get(url(flags[2])).text
        assert "役立たず" not in client.get(url(other)).text
        assert "役立たず" not in client.get(url(flags[2])).text

    def test_a_colleagues_words_are_veiled_in_the_record(self, client, signed_in, store, made):
        """Reasons repeat what was said."""
        csrf = signed_in(REVIEWER)
        flag = made()[0]
        decide(client, csrf, flag, reason="次は殺すと告げており②-2に当たる")
        page = client.get(url(flag)).text
        assert "次は…と告げており" in page
        assert "次は殺すと" in client.get(f"{url(flag)}&words=shown").text


class TestEvidence:
    def test_a_flag_of_the_whole_conversation_leads_to_its_turns(self, client, signed_in, made):
        """They are listed with links, marked, and the page goes to the first."""
        signed_in(REVIEWER)
        flag = next(f for f in made() if f.flag.turn is None)
        page = client.get(url(flag)).text
        assert '<a href="#turn-3">4番</a>、<a href="#turn-4">5番</a>' in page
        assert page.count("data-evidence") == 1
        assert re.search(r'id="turn-3"[^>]*data-evidence', page)
        assert page.count("根拠の発話</span>") == 2


def test_codes_stand_with_their_titles(client, signed_in, made):
    """Nobody has to know what a clause's number means."""
    signed_in(REVIEWER)
    flag = made()[0]
    page = client.get(url(flag)).text
    assert f"②-2 {POLICY.basis['②-2'].title}" in page
    legend = re.search(r'<p class="legend">(.*?)</p>', page, re.S)[1]
    cited = set(re.findall(r"（([^（）]*[①②]?[-－][0-9]+|病態|運用-\d)）", page))
    assert cited & set(POLICY.basis)
    for number in cited & set(POLICY.basis):
        assert f"<b>{number}</b> {POLICY.basis[number].title}" in unescape(legend)


def test_one_word_for_what_cannot_wait(client, signed_in):
    """The lists, the reasons and the filters say 緊急 and nothing else."""
    signed_in(REVIEWER)
    page = client.get("/").text
    assert PRIORITIES[Priority.URGENT] == "緊急"
    assert "至急" not in page


def test_corrections_of_a_decided_flag_name_the_way_to_care(client, signed_in, store, made):
    """A decided flag does not become urgent unseen; the page says what to do instead."""
    csrf = signed_in(REVIEWER)
    flag = made()[0]
    decide(client, csrf, flag)
    correction = Correction(CorrectionKind.CATEGORY, flag_id=flag.id, category="self_harm_risk")
    form = {"csrf": csrf, "kind": "category", "flag": flag.id, "category": correction.category}
    answer = client.post(f"/cases/{flag.conversation_key}/corrections", data=form)
    assert answer.status_code == 409
    assert "見落としを加える" in answer.text
    assert store.flag(flag.id).state is FlagState.CONFIRMED
