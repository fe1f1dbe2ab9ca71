"""A day's work of a reviewer, an approver and an auditor, by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from screening.review import FlagState
from screening.steps import Act

pytestmark = pytest.mark.browser


def _tab_to(page, selector, limit=120):
    """Presses Tab until the element has the focus: whatever can be done can be reached."""
    for _ in range(limit):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
            return
    raise AssertionError(f"{selector} cannot be reached with the Tab key")


def _choose(page, selector, value):
    """Tabs to a list and goes down it with the arrow key."""
    _tab_to(page, selector)
    for _ in range(60):
        if page.evaluate("document.activeElement.value") == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{value} cannot be chosen in {selector}")


def test_a_reviewers_day(visit, store):
    """Signs in, filters, reads, decides, undoes, holds, hands over, escalates, skips, corrects,
    consults the desk, checks an unflagged conversation, and signs out.
    """
    page = visit("確認 花子")
    keys = page.keyboard

    # The list of keys opens and closes; focus comes back.
    keys.press("?")
    page.wait_for_selector("#help[open]")
    keys.press("Enter")
    page.wait_for_selector("#help:not([open])", state="attached")

    # Filters: only threats.
    _choose(page, "select[name=category]", "threat")
    _tab_to(page, ".filters button")
    keys.press("Enter")
    page.wait_for_url("**category=threat*")
    assert {t.strip() for t in page.locator(".row .what b").all_inner_texts()} == {"脅迫"}
    keys.press("g")
    page.wait_for_url(re.compile("/$"))

    # Reads and decides the first, then takes it back.
    first = store.flags(limit=1).items[0]
    keys.press("Enter")
    page.wait_for_selector("#decision")
    keys.press("o")
    page.wait_for_selector("mark.now")
    keys.press("3")
    keys.press("w")
    page.wait_for_selector("#outcomes input[value=harassment]:not([disabled])", state="attached")
    keys.press("a")
    keys.press("c")
    assert "相当な範囲を超える" in page.locator("#reason").input_value()
    keys.press("Control+Enter")
    page.wait_for_selector(".notice")
    assert store.flag(first.id).state is FlagState.CONFIRMED
    keys.press("u")
    page.wait_for_selector("text=決定を取り消しました")
    assert store.flag(first.id).state is FlagState.PROPOSED

    # Skips without a word; nobody is told.
    keys.press(".")
    page.wait_for_selector("text=ほかの人に任せました")

    # Holds the next, hands over the one after it, escalates the third.
    for summary, before, said in (
        ("後回しにする", [], "後回しにしました"),
        ("担当を替える", [], "担当を替えました"),
        ("承認者に相談する", ["note"], "承認者に相談しました"),
    ):
        flag_id = re.search(r"flag=(\w+)", page.url)[1]
        details = page.locator(
            ".actions details", has=page.locator(f"summary:has-text('{summary}')")
        )
        details.evaluate("d => d.dataset.here = '1'")
        _tab_to(page, "details[aria-label=決定のほかに] > summary")
        keys.press("Enter")
        _tab_to(page, "details[data-here] summary")
        keys.press("Enter")
        for name in before:
            _tab_to(page, f"details[data-here] input[name={name}]")
            keys.type("判断基準の当てはめを相談したい")
        _tab_to(page, "details[data-here] button")
        keys.press("Enter")
        page.wait_for_selector(f"text={said}")
        assert flag_id not in page.url
    kinds = {
        e.kind for f in store.flags(limit=200).items for e in store.case(f.conversation_key).events
    }
    kinds |= {
        e.kind
        for place in ("held", "escalated")
        for f in store.flags(_place(place), limit=50).items
        for e in store.case(f.conversation_key).events
    }
    assert {"held", "handed", "escalated"} <= kinds

    # Sets the category right.
    details = page.locator("[aria-label=訂正] details", has_text="正しい区分")
    details.evaluate("d => d.dataset.here = '1'")
    _tab_to(page, "details[aria-label=訂正] > summary")
    keys.press("Enter")
    _tab_to(page, "details[data-here] summary")
    keys.press("Enter")
    _choose(page, "details[data-here] select", "intimidation")
    _tab_to(page, "details[data-here] button")
    keys.press("Enter")
    page.wait_for_selector("text=訂正を記録しました")
    expect(page.locator(".finding h2")).to_contain_text("威圧的な言動")

    # The desk is one key away, from here as from anywhere.
    keys.press("b")
    page.wait_for_url("**/desk")
    assert "内線2210" in page.content()

    # Checks a conversation in which nothing was found.
    _tab_to(page, "nav a[href='/check']")
    keys.press("Enter")
    page.wait_for_selector("[data-key=Enter]")
    keys.press("Enter")
    page.wait_for_selector("#decision")
    keys.press("1")
    keys.press("Enter")
    page.wait_for_selector("text=抜き取りの結果を記録しました")

    _tab_to(page, "form[action='/logout'] button")
    keys.press("Enter")
    page.wait_for_url("**/login")


def _place(name):
    from screening.store.queue import Filters

    return Filters(place=name)


@pytest.mark.parametrize("store", ["busy"], indirect=True)
def test_a_third_reviewer_settles_a_dispute(visit, store):
    """Both readings stand side by side; a third person's decision stands."""
    page = visit("確認 花子")
    dispute = store.readings.disputed(store.people.named("確認 花子"))[0]
    page.keyboard.press("Tab")
    _tab_to(page, "nav a[href='/disputes']")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-row]")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=二人の確認が分かれました")
    assert dispute.first.decision.reason in page.content()
    page.keyboard.press("3")
    page.keyboard.press("w")
    page.wait_for_selector("#outcomes input[value=harassment]:not([disabled])", state="attached")
    page.keyboard.press("a")
    page.keyboard.press("r")
    page.keyboard.type("二人の理由を読み、条項の文言に照らした")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/disputes*")
    assert not store.flag(dispute.flag.id).disputed


@pytest.mark.parametrize("store", ["busy"], indirect=True)
def test_an_approvers_day(visit, store):
    """Records and declines steps, sees what was escalated and confirmed, reads the report and the numbers."""
    page = visit("承認 一")
    keys = page.keyboard
    _tab_to(page, "nav a[href='/steps']")
    keys.press("Enter")
    page.wait_for_selector(".step")
    _tab_to(page, ".step form:has(button[value=decline]) input[name=note]", limit=400)
    keys.type("お客様から謝罪があったため")
    _tab_to(page, "button[value=decline]")
    keys.press("Enter")
    page.wait_for_selector("text=記録しました")
    declined = [
        e
        for flag in store.flags(states=(FlagState.CONFIRMED,), limit=200).items
        for row in store.steps.of_case(flag.conversation_key)
        for e in row.step.entries
        if e.act is Act.DECLINE
    ]
    assert {e.note for e in declined} == {"お客様から謝罪があったため"}
    keys.press("g")
    page.wait_for_url(re.compile("/$"))
    _tab_to(page, ".tabs a[href='?tab=escalated']")
    keys.press("Enter")
    page.wait_for_url("**tab=escalated*")
    keys.press("Enter")
    page.wait_for_selector(".finding")
    assert page.locator("#decision").count() == 0
    assert "決定するのは確認者です" in page.content()

    _tab_to(page, "nav a[href='/decided']")
    keys.press("Enter")
    page.wait_for_selector("[data-row]")
    keys.press("Enter")
    page.wait_for_selector(".finding")
    _tab_to(page, "a[href$='/report']")
    keys.press("Enter")
    page.wait_for_selector(".paper")
    assert "伏せた版" in page.content()
    _tab_to(page, "a[href$='report.pdf']")
    with page.expect_download() as download:
        keys.press("Enter")
    assert download.value.suggested_filename.endswith(".pdf")

    _tab_to(page, "nav a[href='/numbers']")
    keys.press("Enter")
    page.wait_for_selector(".chart")
    _tab_to(page, "a[href^='/numbers/weeks.csv']")
    with page.expect_download() as download:
        keys.press("Enter")
    assert download.value.suggested_filename.startswith("weeks-")


@pytest.mark.parametrize("store", ["busy"], indirect=True)
def test_an_auditors_day(visit, store):
    """Verifies the chain, filters decisions, opens a case, and finds their own look in the log."""
    page = visit("監査 律")
    keys = page.keyboard
    _tab_to(page, "nav a[href='/audit']")
    keys.press("Enter")
    page.wait_for_selector("text=監査の記録")
    keys.press("y")
    page.wait_for_selector(".notice")
    assert "すべてつながっていて" in page.locator(".notice").inner_text()
    _choose(page, "select[name=action]", "check")
    _tab_to(page, ".filters button")
    keys.press("Enter")
    page.wait_for_url("**action=check*")
    assert set(page.locator("tbody td:nth-child(4)").all_inner_texts()) == {"抜き取りの確認"}
    _tab_to(page, "nav a[href='/decided']")
    keys.press("Enter")
    page.wait_for_selector("[data-row]")
    keys.press("Enter")
    page.wait_for_selector(".finding")
    _tab_to(page, "nav a[href='/audit']")
    keys.press("Enter")
    page.wait_for_selector("tbody tr")
    row = page.locator("tbody tr").first.inner_text()
    assert "監査 律" in row
    assert "言葉を見た" in row
