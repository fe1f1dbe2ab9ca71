"""A decision on its way: it is shown, nothing comes between, and what was typed outlives a failure."""

import pytest
from playwright.sync_api import expect

from screening.review import FlagState

pytestmark = pytest.mark.browser
REASON = "家族への害をほのめかしているため"
DELAY = 2000


def _open(page, flag):
    page.goto(f"/cases/{flag.conversation_key}?flag={flag.id}")
    page.wait_for_selector("#decision")
    page.wait_for_function("window.htmx !== undefined")


def _fill(page, reason=REASON):
    page.keyboard.press("3")
    page.keyboard.press("w")
    page.wait_for_selector("#outcomes input[value=harassment]:not([disabled])", state="attached")
    page.keyboard.press("a")
    page.keyboard.press("r")
    page.keyboard.type(reason)
    page.keyboard.press("Escape")


def _slowly(page):
    page.route("**/decide", lambda route: (page.wait_for_timeout(DELAY), route.continue_()))


def test_undo_does_not_reach_past_a_decision_that_is_being_saved(page, store):
    """Pressing u meanwhile takes nothing back, least of all the decision before."""
    first = store.flags(limit=1).items[0]
    _open(page, first)
    _fill(page)
    page.keyboard.press("Enter")
    page.wait_for_selector("button[data-key=u]")
    second = page.url.split("flag=")[1].split("&")[0]
    assert second != first.id
    _fill(page)
    _slowly(page)
    page.keyboard.press("Enter")
    button = page.locator("#decision button.primary")
    expect(button).to_have_text("記録中…")
    assert button.get_attribute("aria-live") == "polite"
    assert page.locator("#decision").get_attribute("aria-busy") == "true"
    assert page.locator("button[data-key=u]").is_disabled()
    for key in ("u", "Enter", "g", "d"):
        page.keyboard.press(key)
    page.locator("#decision button.primary").click()
    page.wait_for_function("id => !location.href.includes('flag=' + id)", arg=second)
    page.wait_for_selector("button[data-key=u]:enabled")
    assert store.flag(first.id).state is FlagState.CONFIRMED
    assert store.flag(second).state is FlagState.CONFIRMED
    for flag_id in (first.id, second):
        case = store.case(store.flag(flag_id).conversation_key)
        mine = [d for d in case.decisions if d.decision.flag_id == flag_id]
        assert [d.decision.outcome for d in mine] == ["harassment"]


@pytest.mark.parametrize("how", ["abort", "500"])
def test_a_request_that_fails_says_so_and_keeps_what_was_typed(page, store, how):
    """In Japanese, beside the button; the same decision can then be sent again."""
    flag = store.flags(limit=1).items[0]
    _open(page, flag)
    _fill(page)
    answers = iter([how])

    def fail(route):
        if next(answers, "") == "abort":
            route.abort("connectionreset")
        else:
            route.fulfill(status=422, content_type="text/html", body="<p>x</p>")

    page.route("**/decide", fail)
    page.on("console", lambda _: None)
    page.keyboard.press("Enter")
    said = page.locator(".sign [role=alert]")
    said.wait_for()
    assert "記録" in said.inner_text()
    assert "残って" in said.inner_text()
    assert page.locator("#reason").input_value() == REASON
    assert page.is_checked("#outcomes input[value=harassment]")
    assert store.flag(flag.id).state is FlagState.PROPOSED
    expect(page.locator("#decision button.primary")).to_contain_text("と決定")
    page.unroute("**/decide")
    page.locator("#decision button.primary").click()
    page.wait_for_selector(".notice >> text=記録しました")
    assert store.flag(flag.id).state is FlagState.CONFIRMED
