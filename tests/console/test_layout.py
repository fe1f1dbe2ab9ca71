"""Where things stand: nothing runs over anything else, out of the window, or into a column of one character."""

import pytest

from screening.policy import load_policy
from screening.review import FlagState

pytestmark = pytest.mark.browser
POLICY = load_policy()
WIDTHS = (1440, 1280, 1024, 768)
#: Text of three or more characters that a cell of a table or a part of a row breaks into single ones, and
#: text that reaches over its neighbour.
SQUEEZED = """() => [...document.querySelectorAll('main :is(td, th, .row span, .row b, .choices span)')]
  .filter((e) => {
    const text = e.innerText.trim();
    if (text.length < 2 || e.closest('.unseen')) return false;
    const style = getComputedStyle(e), size = parseFloat(style.fontSize);
    const inside = e.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return style.display !== 'inline' && inside > 0 && inside < 1.9 * size && e.clientHeight > 2.6 * size;
  })
  .map((e) => e.innerText)"""
OVER = """() => [...document.querySelectorAll('.row')].flatMap((row) => {
  const boxes = [...row.children].map((e) => [...e.querySelectorAll('*')].map((x) => x.getBoundingClientRect()));
  const touch = (a, b) =>
    a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  return boxes.flatMap((mine, i) => boxes.slice(i + 1).flat().filter((b) => mine.some((a) => touch(a, b))))
    .map(() => row.innerText);
})"""


@pytest.mark.parametrize("store", ["busy"], indirect=True)
def test_no_column_is_squeezed_and_no_words_run_over_others(visit, store):
    """In every list and every table, on a desk, a laptop and a tablet."""
    for name, paths in {
        "三好 文": [
            "/",
            "/?words=shown",
            "/care",
            "/decided",
            "/decided?words=shown",
            "/disputes",
            "/policy",
            "/training",
            "/numbers",
            "/numbers/thresholds",
        ],
        "監査 律": ["/audit"],
        "管理 梢": ["/people", "/steps?all=1"],
    }.items():
        page = visit(name)
        for path in paths:
            page.goto(path)
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true })")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                assert page.evaluate(SQUEEZED) == [], (path, width)
                assert page.evaluate(OVER) == [], (path, width)
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


def _case(page, flag):
    page.goto(f"/cases/{flag.conversation_key}?flag={flag.id}")
    page.wait_for_selector("#decision")
    page.wait_for_function("window.htmx !== undefined")


def _box(page, selector):
    return page.locator(selector).bounding_box()


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1280, 800), (1024, 768), (1920, 1080)])
@pytest.mark.parametrize("store", ["busy"], indirect=True)
def test_what_a_decision_is_signed_with_covers_no_outcome(visit, store, width, height):
    """The outcomes end where the reason begins, which stands inside the window, under the head of it."""
    page = visit("確認 花子", viewport={"width": width, "height": height})
    # What is handed on has one way only, and no outcomes to choose from.
    flags = [f for f in store.flags(limit=200).items if f.named not in POLICY.routed]
    longest = max(flags, key=lambda f: len(store.case(f.conversation_key).flags))
    whole = next(f for f in flags if f.flag.turn is None)
    for flag in (flags[0], longest, whole):
        _case(page, flag)
        for step in ("untouched", "answered", "at the end"):
            if step == "answered":
                # The third answers whether an illness speaks, where that is asked.
                for key in "3w9":
                    page.keyboard.press(key)
                page.wait_for_selector(
                    "#outcomes input[value=harassment]:not([disabled])", state="attached"
                )
            if step == "at the end":
                page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
            asked, sign, top = _box(page, ".asked"), _box(page, ".sign"), _box(page, ".top")
            assert asked["y"] + asked["height"] <= sign["y"] + 5, step
            assert _box(page, ".finding")["y"] >= top["y"] + top["height"], step
            end = _box(page, ".more-of")
            assert end["y"] + end["height"] <= height, step
            # Chosen by key, the last outcome comes into view above the line.
            last = page.locator("#outcomes .choices label").last
            last.scroll_into_view_if_needed()
            row = last.bounding_box()
            assert row["y"] >= asked["y"] - 1, step
            assert row["y"] + row["height"] <= sign["y"] + 1, step


def test_every_outcome_is_in_view_on_a_small_laptop(page, store):
    """At 1280×800 nobody scrolls to see what can be concluded before the words are opened."""
    page.set_viewport_size({"width": 1280, "height": 800})
    _case(page, store.flags(limit=1).items[0])
    assert page.evaluate("document.querySelector('.asked').scrollTop") == 0
    last = page.locator("#outcomes .choices label").last.bounding_box()
    assert last["y"] + last["height"] <= _box(page, ".sign")["y"]


def test_on_a_tablet_the_way_to_the_decision_stays_in_view(page, store):
    """The page opens at the evidence, far above what is decided on it."""
    page.set_viewport_size({"width": 768, "height": 1024})
    _case(page, store.flags(limit=1).items[0])
    way = page.locator(".to-decision")
    box = way.bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 1024
    way.click()
    page.wait_for_function("document.querySelector('#panel').getBoundingClientRect().top < 400")


def test_what_is_rarely_done_opens_over_the_questions_and_moves_nothing(page, store):
    """Escape closes it and gives the focus back; the questions stay where they were."""
    page.set_viewport_size({"width": 1280, "height": 800})
    _case(page, store.flags(limit=1).items[0])
    before = [_box(page, s) for s in (".finding", ".asked", ".sign")]
    summary = page.locator("details[aria-label=訂正] > summary")
    summary.focus()
    page.keyboard.press("Enter")
    sheet = page.locator("details[aria-label=訂正] .sheet").first
    assert sheet.bounding_box()["y"] >= 0
    assert [_box(page, s) for s in (".finding", ".asked", ".sign")] == before
    page.keyboard.press("Escape")
    assert not sheet.is_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


@pytest.mark.parametrize("store", ["busy"], indirect=True)
def test_a_notice_moves_no_panel(visit, store):
    """What was just done is said at the panel's foot; the questions stand where they always stand."""
    page = visit("確認 花子", viewport={"width": 1280, "height": 800})
    flag = store.flags(limit=1).items[0]
    _case(page, flag)
    page.evaluate("scrollTo(0, 0)")
    before = [_box(page, s)["y"] for s in (".panel", ".asked", "#turn-0")]
    page.goto(f"/cases/{flag.conversation_key}?flag={flag.id}&did=consulted")
    page.wait_for_selector(".panel > .notice")
    page.evaluate("scrollTo(0, 0)")
    assert [_box(page, s)["y"] for s in (".panel", ".asked", "#turn-0")] == before
    notice = _box(page, ".panel > .notice")
    assert notice["y"] + notice["height"] <= 800


@pytest.mark.parametrize("store", ["busy"], indirect=True)
def test_tabs_stay_where_they_are(visit, store):
    """Going from one tab of the queue to the next, the tabs themselves do not move."""
    page = visit("確認 花子")
    places = set()
    for tab in ("", "mine", "held", "escalated", "claimed"):
        page.goto(f"/?tab={tab}")
        places.add(page.locator(".tabs a").first.bounding_box()["x"])
    assert len(places) == 1


@pytest.mark.parametrize("store", ["busy"], indirect=True)
def test_a_decided_case_says_what_was_decided_without_a_click(visit, store):
    """Who, when and why stand open where there is nothing left to decide."""
    flag = store.flags(states=(FlagState.CONFIRMED,), limit=1).items[0]
    page = visit("承認 一")
    page.goto(f"/cases/{flag.conversation_key}?flag={flag.id}")
    decision = store.case(flag.conversation_key).decisions[0]
    assert page.get_by_text(decision.decision.reason).first.is_visible()


def test_an_empty_list_says_what_to_do(page):
    """A filter that nothing matches offers to drop it; a tab with nothing on it says what comes there."""
    page.goto("/?tab=mine&category=nothing")
    page.get_by_role("main").get_by_text("条件に合う候補はありません").wait_for()
    page.locator(".empty a").click()
    page.wait_for_url("**/?tab=mine")
    assert "自分あての候補はありません" in page.locator(".empty").inner_text()
