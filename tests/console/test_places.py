"""Where a list and a conversation begin, where they lead, and what stays in place on the way."""

import pytest
from playwright.sync_api import expect

from api.console import words
from screening.review import FlagState

from .talk import SMALL

pytestmark = pytest.mark.browser


def test_the_first_row_is_chosen_from_the_start(page, store):
    """Enter opens it; j goes on to the second."""
    assert page.locator("[data-row][aria-current]").count() == 1
    rows = page.locator("[data-row]")
    assert rows.first.get_attribute("aria-current") == "true"
    page.keyboard.press("j")
    assert rows.nth(1).evaluate("e => e === document.activeElement")
    assert page.locator("[data-row][aria-current]").count() == 0
    page.goto("/")
    page.keyboard.press("Enter")
    page.wait_for_selector("#decision")
    assert store.flags(limit=1).items[0].id in page.url


def test_arrows_choose_a_row_as_the_letters_do(page):
    page.goto("/")
    shown = page.locator("[data-row]").evaluate_all("all => all.map((x) => x.getAttribute('href'))")
    for key, row in (("ArrowDown", 1), ("j", 2), ("ArrowUp", 1), ("k", 0), ("ArrowUp", 0)):
        page.keyboard.press(key)
        at = page.evaluate("document.activeElement.getAttribute('href')")
        assert at == shown[row], key


@pytest.mark.parametrize("store", ["busy"], indirect=True)
def test_a_notice_lies_over_no_turn_that_is_in_view_anyway(visit, store):
    """Evidence that the window shows as it is needs no scrolling, so that nothing slides under it."""
    page = visit("確認 花子", viewport=SMALL)
    flags = [f for f in store.flags(limit=200).items if f.flag.turn is not None]
    flag = min(flags, key=lambda f: f.flag.turn + 100 * (f.kind != "call"))
    assert flag.flag.turn < 5
    page.goto(f"/cases/{flag.conversation_key}?flag={flag.id}&did=consulted")
    notice = page.locator(".talk > .notice.good").bounding_box()
    turn = page.locator("#turn-0").bounding_box()
    assert turn["y"] >= notice["y"] + notice["height"]


def test_a_conversation_is_read_from_its_beginning_and_its_next_flag_in_place(visit, store):
    """The first of its flags that somebody opens leaves the conversation at its top, the next one scrolls."""
    page = visit("確認 花子", viewport=SMALL)
    flag = max(
        (f for f in store.flags(limit=400).items if f.flag.turn is not None and f.kind == "call"),
        key=lambda f: f.flag.turn,
    )
    assert flag.flag.turn > 8
    shown = "() => document.querySelector('[data-evidence]').getBoundingClientRect().bottom <= innerHeight"  # fmt: skip
    page.goto("/")
    page.evaluate("to => { location.href = to; }", f"/cases/{flag.conversation_key}?flag={flag.id}")
    page.wait_for_selector("#decision")
    assert page.evaluate("scrollY") == 0
    assert not page.evaluate(shown)
    page.evaluate("scrollTo(0, 60)")
    page.keyboard.press("v")
    page.wait_for_url("**words=shown")
    page.wait_for_selector("#decision")
    assert page.evaluate("scrollY") == 60
    with page.expect_navigation():
        page.evaluate("to => { location.href = to; }", f"{page.url.split('?')[0]}?flag={flag.id}")
    page.wait_for_selector("#decision")
    assert page.evaluate(shown)


@pytest.mark.parametrize("store", ["busy"], indirect=True)
def test_a_decided_row_says_which_conversation(visit, store):
    """Its trade and the turn stand in it, beside the kind and the time."""
    page = visit("承認 一")
    page.goto("/decided")
    flag = next(
        f
        for f in store.flags(states=(FlagState.CONFIRMED,), limit=50).items
        if page.locator(f"[data-row][href*='{f.id}']").count()
    )
    said = page.locator(f"[data-row][href*='{flag.id}'] .side").inner_text()
    assert words.place(flag) in said
    assert not flag.trade or flag.trade in said


def test_what_is_urgent_and_nobodys_fault_comes_first(page):
    """Whoever opens the list reads by name what waits in the other one."""
    said = page.locator(".notice.bad").inner_text()
    assert "自傷・自死のおそれ" in said
    assert "先に見て" in said
    page.get_by_role("link", name="ケアを開く").click()
    page.wait_for_url("**/care")


def test_the_next_conversation_stays_within_the_filter(page, store):
    """Whoever narrowed the list to mails goes on with mails, and g leads back to that list."""
    page.goto("/?kind=email")
    page.keyboard.press("Enter")
    page.wait_for_selector("#decision")
    kinds, first = {f.conversation_key: f.kind for f in store.flags(limit=200).items}, page.url
    for _ in range(12):
        page.keyboard.press("z")
        page.keyboard.press("c")
        expect(page.locator("#reason")).not_to_have_value("")
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
        page.wait_for_selector("#decision")
        if page.url.split("?")[0] != first.split("?")[0]:
            break
    key = page.url.split("?")[0].rsplit("/", 1)[1]
    assert key not in first
    assert kinds.get(key, "email") == "email"
    page.keyboard.press("g")
    page.wait_for_url("**/?kind=email")
    page.goto("/")
    page.keyboard.press("Enter")
    page.wait_for_selector("#decision")
    page.keyboard.press("g")
    page.wait_for_url(lambda url: url.endswith("/"))
