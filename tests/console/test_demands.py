"""What the page says and asks of a demand, which a conversation has beside its flags."""

import re

import pytest

from screening.records import Priority

from .talk import POLICY, REVIEWER, decide, found, url


class TestDemands:
    @pytest.fixture
    def flags(self, made):
        return made(
            found("threat", 1, "家は知ってるぞ", priority=Priority.URGENT),
            found("service_change_demand", 4, "いつになったら", priority=Priority.NORMAL),
            found("apology_demand", 3, "早くしてくれ", priority=Priority.NORMAL),
        )

    def test_a_question_about_the_demand_shows_what_was_found(self, client, signed_in, flags):
        """In the conversation's order, beside that question alone; the words where they are open."""
        signed_in(REVIEWER)
        veiled = client.get(url(flags[0])).text
        assert veiled.count("見つかった要求") == 1
        asked = veiled[veiled.index("見つかった要求") :]
        named = [POLICY.categories[c].name for c in ("apology_demand", "service_change_demand")]
        places = [asked.index(f"番</a>（{name}）") for name in named]
        assert places == sorted(places)
        assert "早くしてくれ" not in asked
        shown = client.get(f"{url(flags[0])}&words=shown").text
        assert '4番</a>「早くしてくれ」<a href="#turn-4">5番</a>「いつになったら」' in shown

    def test_a_flag_that_is_the_demand_shows_no_other(self, client, signed_in, flags):
        signed_in(REVIEWER)
        assert "見つかった要求" not in client.get(url(flags[1])).text

    def test_what_was_found_by_mistake_is_not_shown(self, client, signed_in, flags):
        csrf = signed_in(REVIEWER)
        for flag in flags[1:]:
            assert decide(client, csrf, flag, outcome="intake_error").is_redirect
        assert "見つかった要求" not in client.get(url(flags[0])).text


class TestOneDemand:
    """What was demanded in a conversation is answered once for those of its flags that are no demands."""

    @pytest.fixture
    def flags(self, made):
        return made(
            found("threat", 1, "家は知ってるぞ", priority=Priority.URGENT),
            found("verbal_abuse", 3, "この役立たず"),
            found("apology_demand", 3, "早くしてくれ", priority=Priority.NORMAL),
        )

    def _answered(self, client, flag):
        page = client.get(url(flag)).text
        found = re.findall(r'<input type="radio" name="(\w+)" value="(\w+)"[^>]*checked', page)
        return dict(found), "先ほどと同じ答え" in page

    def test_a_reviewers_own_answer_stands_on_the_next_flag(self, client, signed_in, flags):
        """Only what is asked of the demand, and the page says where it comes from; nothing is decided."""
        csrf = signed_in(REVIEWER)
        assert self._answered(client, flags[1]) == ({}, False)
        assert decide(client, csrf, flags[0], demand_validity="invalid").is_redirect
        assert self._answered(client, flags[1]) == ({"demand_validity": "invalid"}, True)

    def test_a_demand_is_asked_about_for_itself(self, client, signed_in, flags):
        """It takes no other flag's answer, and gives none."""
        csrf = signed_in(REVIEWER)
        decide(client, csrf, flags[0])
        assert self._answered(client, flags[2]) == ({}, False)
        assert decide(client, signed_in("別の 次郎"), flags[2]).is_redirect
        assert self._answered(client, flags[1]) == ({}, False)

    def test_nobody_elses_answer_is_taken(self, client, signed_in, flags):
        decide(client, signed_in(REVIEWER), flags[0])
        signed_in("別の 次郎")
        assert self._answered(client, flags[1]) == ({}, False)

    def test_what_was_left_open_or_taken_back_is_asked_again(self, client, signed_in, flags):
        csrf = signed_in(REVIEWER)
        left = {"demand_validity": "undetermined", "outcome": "intake_error"}
        assert decide(client, csrf, flags[0], **left).is_redirect
        assert self._answered(client, flags[1]) == ({}, False)
        client.post(f"/flags/{flags[0].id}/withdraw", data={"csrf": csrf})
        again = client.app.state.store.flag(flags[0].id)
        assert decide(client, csrf, again, demand_validity="valid").is_redirect
        assert self._answered(client, flags[1])[1]
        client.post(f"/flags/{flags[0].id}/withdraw", data={"csrf": csrf})
        assert self._answered(client, flags[1]) == ({}, False)

    def test_a_refused_consultation_leaves_it_standing(self, client, signed_in, flags):
        csrf = signed_in(REVIEWER)
        decide(client, csrf, flags[0])
        form = {"csrf": csrf, "flag": flags[1].id, "with": POLICY.exemption.consult[0]}
        form |= {"held_on": "2999-01-01", "note": "相手の考えを聞いた"}
        refused = client.post(f"/cases/{flags[1].conversation_key}/consult", data=form)
        assert refused.status_code == 422
        assert "先ほどと同じ答え" in refused.text

    def test_a_refused_consultation_leaves_the_draft_of_a_decision(self, client, signed_in, flags):
        csrf = signed_in(REVIEWER)
        decide(client, csrf, flags[0], reason="家を知っていると告げた。")
        client.post(f"/flags/{flags[0].id}/withdraw", data={"csrf": csrf})
        form = {"csrf": csrf, "flag": flags[0].id, "with": POLICY.exemption.consult[0]}
        form |= {"held_on": "2999-01-01", "note": "相手の考えを聞いた"}
        refused = client.post(f"/cases/{flags[0].conversation_key}/consult", data=form)
        assert refused.status_code == 422
        assert refused.text.count("家を知っていると告げた。</textarea>") == 1
        assert "相手の考えを聞いた</textarea>" in refused.text


@pytest.mark.browser
def test_what_stood_from_another_flag_is_not_said_to_once_it_is_changed(page, made):
    """The page says whose answer stands there, and what is asked again when it is another one."""
    flags = made(
        found("threat", 1, "家は知ってるぞ", priority=Priority.URGENT),
        found("verbal_abuse", 3, "この役立たず"),
    )
    page.goto(url(flags[0]))
    for key in "2wac":
        page.keyboard.press(key)
        page.wait_for_timeout(300)
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    page.goto(url(flags[1]))
    scope = page.locator("#decision .scope").first
    assert scope.inner_text() == "先ほどと同じ答え"
    page.keyboard.press("1")
    assert scope.inner_text() == "この会話で"
