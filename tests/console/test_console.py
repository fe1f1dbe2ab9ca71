"""A reviewer's work in a real browser."""

import pytest
from playwright.sync_api import expect

from api.console import words
from screening.policy import load_policy
from screening.review import FlagState

from .seed import PASSWORD

pytestmark = pytest.mark.browser


def _open_first(page):
    page.keyboard.press("Enter")
    page.wait_for_selector("#decision")


def _decide(page, reason="家族への害をほのめかしているため"):
    """No demand, unacceptable means, harassment: by keys alone."""
    page.keyboard.press("3")
    page.keyboard.press("w")
    page.wait_for_selector("#outcomes input[value=harassment]:not([disabled])", state="attached")
    page.keyboard.press("a")
    page.keyboard.press("r")
    page.keyboard.type(reason)
    page.keyboard.press("Control+Enter")


def test_whoever_is_not_signed_in_comes_to_the_sign_in(chromium, server):
    """A page asked for without a session leads to the sign-in and back."""
    page = chromium.new_page(base_url=server)
    page.goto("/policy")
    assert "/login?next=/policy" in page.url
    page.close()


def test_a_wrong_password_says_so(chromium, server):
    """The sign-in page explains and keeps the name."""
    page = chromium.new_page(base_url=server)
    page.goto("/login")
    page.get_by_label("名前").fill("確認 花子")
    page.get_by_label("パスワード").fill("wrong")
    page.get_by_role("button", name="サインイン").click()
    assert page.get_by_role("alert").inner_text()
    assert page.get_by_label("名前").input_value() == "確認 花子"
    page.close()


def test_the_queue_shows_the_most_urgent_first_and_why(page, store):
    """The first line is the record's first flag, with its clause and reason."""
    first = store.flags(limit=1).items[0]
    row = page.locator("[data-row]").first
    assert first.flag.provision in row.inner_text()
    assert (
        words.gist(words.reason(first.flag.why, shown=False), words.place(first))
        in row.inner_text()
    )
    assert row.locator(".priority").inner_text() == "緊急"


def test_a_case_shows_the_evidence_in_place_once_asked(page, store):
    """Words are veiled; v shows them all, marked inside the conversation, and v veils them again."""
    first = store.flags(limit=1).items[0]
    _open_first(page)
    assert first.flag.text not in page.content()
    page.keyboard.press("v")
    page.wait_for_selector("mark.now")
    assert page.locator("mark.now").first.inner_text() == first.flag.text
    assert page.locator(".bubble").count() >= 2
    page.keyboard.press("v")
    page.wait_for_selector(".veil")
    assert first.flag.text not in page.content()


def test_one_veil_opens_alone(page, store):
    """o opens the words of this flag and nothing else; the counter counts one."""
    first = store.flags(limit=1).items[0]
    _open_first(page)
    veils = page.locator(".bubbles .veil").count()
    page.keyboard.press("o")
    page.wait_for_selector("mark.now")
    assert first.flag.text in page.locator("mark.now").first.inner_text()
    assert page.locator(".bubbles .veil").count() == veils - 1
    page.keyboard.press("g")
    page.wait_for_selector("[data-row]")
    assert page.locator(".exposure b").inner_text() == "1"


def test_one_key_decides_and_goes_on_and_undo_brings_it_back(page, store):
    """A whole decision by keyboard, the next flag opens, and u takes it back."""
    first = store.flags(limit=1).items[0]
    _open_first(page)
    _decide(page)
    page.wait_for_selector(".notice")
    assert store.flag(first.id).state is FlagState.CONFIRMED
    assert f"flag={first.id}" not in page.url
    page.keyboard.press("u")
    page.wait_for_selector("text=決定を取り消しました")
    assert store.flag(first.id).state is FlagState.PROPOSED
    decisions = store.case(first.conversation_key).decisions
    assert [d.decision.outcome for d in decisions] == ["harassment", "withdrawn"]


def test_answers_open_and_block_outcomes_with_reasons(page):
    """Before anything is decided, the page shows what the answers allow and why not."""
    _open_first(page)
    harassment = page.locator("#outcomes input[value=harassment]")
    assert harassment.is_disabled()
    page.keyboard.press("1")
    page.keyboard.press("q")
    page.wait_for_selector(
        "#outcomes input[value=legitimate_complaint]:not([disabled])", state="attached"
    )
    assert harassment.is_disabled()
    why = page.locator(f"#{harassment.get_attribute('aria-describedby')}")
    assert "②" in why.text_content()
    assert "満たさない" in why.text_content()
    # That it is barred is said at the outcome, and why below, without anything to open.
    assert "選べません" in page.locator("#outcomes label:has(input[value=harassment])").inner_text()
    refusals = page.locator("#outcomes .refusal").all_inner_texts()
    assert any("カスタマーハラスメントに当たる" in said and "②" in said for said in refusals)


def test_what_an_answer_leads_to_is_said_before_it_is_given(page):
    """Nothing is answered yet, and each answer says which judgements it would leave."""
    _open_first(page)
    ahead = page.locator("#ahead-means_acceptability-acceptable")
    assert ahead.inner_text() == "→ 当たらない"
    both = ""
    assert page.locator("#ahead-demand_validity-valid").inner_text() == both
    page.keyboard.press("w")
    expect(page.locator("#ahead-demand_validity-valid")).to_have_text("→ 当たる")


def test_a_reason_is_asked_for(page, store):
    """Without a reason nothing is decided, and the page stays."""
    first = store.flags(limit=1).items[0]
    _open_first(page)
    _decide(page, reason="")
    page.wait_for_timeout(300)
    assert store.flag(first.id).state is FlagState.PROPOSED
    assert page.locator("#decision").is_visible()


def test_two_reviewers_on_one_flag(page, chromium, server, store):
    """Who comes second is told who was first; what they wrote is still there."""
    first = store.flags(limit=1).items[0]
    _open_first(page)
    other = store.people.named("別の 次郎")
    store.decide(
        first.id,
        other,
        policy=load_policy(),
        answers={"demand_validity": "no_demand", "means_acceptability": "acceptable"},
        outcome="legitimate_complaint",
        reason="強い口調だが正当な苦情",
    )
    with page.expect_response(lambda r: "/decide" in r.url) as answer:
        _decide(page)
    assert answer.value.status == 409
    page.wait_for_selector("text=別の 次郎さんが")
    assert "家族への害をほのめかしているため" in page.content()


def test_the_next_flag_is_one_that_nobody_else_looks_at(page, store):
    """After a decision the queue passes over what another reviewer has open, and says so in the list."""
    flags = store.flags(limit=40).items
    first = flags[0]
    second = next(f for f in flags if f.conversation_key != first.conversation_key)
    store.work.claim(second.id, store.people.named("別の 次郎"))
    page.reload()
    assert "別の 次郎さん" in page.locator(f"a[href*='{second.id}']").inner_text()
    page.goto(f"/cases/{first.conversation_key}?flag={first.id}")
    onward = ""
    for _ in range(8):
        onward = page.locator("a[data-key=n]").get_attribute("href")
        if first.conversation_key not in onward:
            break
        page.goto(onward)
    assert first.conversation_key not in onward
    assert second.id not in onward
    page.goto(f"/cases/{second.conversation_key}?flag={second.id}")
    assert "別の 次郎さんが確認中です" in page.content()
    assert page.locator("#decision").is_visible(), "a claim never blocks"


def test_filters_narrow_the_queue(page, store):
    """Choosing a kind lists that kind only."""
    page.locator("select[name=kind]").select_option("email")
    page.get_by_role("button", name="絞り込む").click()
    page.wait_for_url("**kind=email*")
    assert page.locator("[data-row]").count() == min(50, store.flags(kind="email").total)


def test_it_works_without_scripts(chromium, server, store):
    """Signing in, opening words, answering and deciding are plain forms."""
    context = chromium.new_context(java_script_enabled=False, base_url=server)
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("名前").fill("確認 花子")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="サインイン").click()
    page.locator("[data-row]").first.click()
    assert page.locator("#decision").is_visible()
    first = store.flags(limit=1).items[0]
    page.locator("button.veil.now").click()
    assert first.flag.text in page.locator("mark.now").first.inner_text()
    page.locator("input[value=no_demand]").check()
    page.locator("input[value=unacceptable]").check()
    page.locator("input[value=needs_consultation]").check()
    page.locator("#reason").fill("協議してから判断する")
    page.get_by_role("button", name="決定して次へ").click()
    assert store.flag(first.id).state is FlagState.ON_HOLD
    context.close()


def test_an_outcome_chosen_while_answers_are_on_their_way_stays_chosen(page):
    """On a slow line nobody's choice is lost when the conditions arrive after it."""
    _open_first(page)
    page.route("**/consequences*", lambda route: (page.wait_for_timeout(400), route.continue_()))
    page.keyboard.press("3")
    page.keyboard.press("q")
    page.wait_for_selector("#outcomes input[value=staff_conduct]:enabled", state="attached")
    page.keyboard.press("w")
    page.check("#outcomes input[value=staff_conduct]", force=True)
    page.wait_for_selector("#ahead-demand_validity-valid:has-text('→ 当たる')")
    page.wait_for_timeout(700)
    assert page.is_checked("#outcomes input[value=staff_conduct]")


def test_deciding_without_an_answer_points_to_the_first_question(page):
    """Not to the outcomes below it, which wait for the answers."""
    _open_first(page)
    page.locator("#decision button.primary").click()
    assert page.evaluate("document.activeElement.name") == "demand_validity"
