"""Where a list and a conversation begin, where they lead, and what stays in place on the way."""

import pytest
from playwright.sync_api import expect

from api.console import words
from screening.records import Priority
from screening.review import FlagState

from .talk import SMALL, answer, found, opened

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
@pytest.mark.parametrize("width", [1024, 768])
def test_a_notice_lies_over_nothing_that_is_read_or_pressed(visit, store, width):
    """Beside the conversation, or, where there is no beside, over its foot, which can be scrolled from under it."""
    page = visit("確認 花子", viewport={"width": width, "height": 768})
    flag = next(f for f in store.flags(limit=200).items if f.kind == "call")
    page.goto(f"/cases/{flag.conversation_key}?flag={flag.id}&did=consulted")
    over = "s => { const at = document.querySelector('.panel > .notice.good').getBoundingClientRect(); return [...document.querySelectorAll(s)].filter((x) => { const r = x.getBoundingClientRect(); return r.height && r.left < at.right && at.left < r.right && r.top < at.bottom && at.top < r.bottom; }).length; }"  # fmt: skip
    if width < 861:
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    assert (
        page.evaluate(
            over, ".bubble, .talk button, .finding, .sign > button, .more-of, .to-decision"
        )
        == 0
    )


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


def test_the_next_flag_of_a_conversation_finds_it_where_it_stood(page, made):
    """Whoever has scrolled to where the words are decides, and reads on there."""
    flags = made(
        found("threat", 1, "家は知ってるぞ", priority=Priority.URGENT),
        found("verbal_abuse", 3, "この役立たず"),
    )
    page.set_viewport_size({"width": 1366, "height": 300})
    opened(page, flags[0])
    answer(page, "3", "w")
    page.keyboard.press("a")
    page.keyboard.press("c")
    page.evaluate("scrollTo(0, 90)")
    assert page.evaluate("scrollY") == 90
    before = page.locator("#turn-3").bounding_box()["y"]
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    page.wait_for_selector(".panel > .notice")
    assert flags[1].id in page.url
    assert page.evaluate("scrollY") == 90
    assert page.locator("#turn-3").bounding_box()["y"] == before
    page.evaluate("scrollTo(0, 0)")
    page.keyboard.press("p")
    page.wait_for_url(f"**{flags[0].id}*")
    expect(page.locator("#turn-1 mark.now, #turn-1 .veil.now")).to_be_in_viewport()


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
    assert "より先に" in said
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
