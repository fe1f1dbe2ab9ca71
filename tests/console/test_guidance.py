"""What the page says on the way to a decision is true, and stands where it helps."""

import re

import pytest
from playwright.sync_api import expect

from api.console import words
from screening.policy import load_policy
from screening.review import FlagState

pytestmark = pytest.mark.browser
POLICY = load_policy()
SMALL = {"width": 1366, "height": 768}


@pytest.fixture
def flag(store):
    """The first flag of the queue."""
    return store.flags(limit=1).items[0]


@pytest.fixture
def case(page, flag):
    """A reviewer's page at the first flag, on a small laptop."""
    page.set_viewport_size(SMALL)
    _open(page, flag)
    return page


def _open(page, flag):
    page.goto(f"/cases/{flag.conversation_key}?flag={flag.id}")
    page.wait_for_selector("#decision")
    page.wait_for_function("window.htmx !== undefined")


def _answer(page, *keys):
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_selector("#outcomes input[value=duplicate]:enabled", state="attached")


class TestOutcomes:
    def test_none_is_to_be_chosen_before_the_questions_are_answered(self, case):
        """The core takes no decision without the answers, and the page says exactly that."""
        assert case.locator("#outcomes input:enabled").count() == 0
        assert "に答えると選べます" in case.locator("#outcomes legend").inner_text()
        grounds = case.locator("#outcomes .conditions").text_content()
        assert "いつでも選べます" not in grounds
        assert "どの答えでも選べます" in grounds
        case.keyboard.press("z")
        assert case.locator("#lack").inner_text() == "先にこの問いに答えてください。"
        _answer(case, "3", "w")
        case.keyboard.press("z")
        assert case.is_checked("#outcomes input[value=intake_error]")
        assert "に答えると選べます" not in case.locator("#outcomes").text_content()

    def test_a_hint_under_an_answer_is_true(self, case):
        """What judges nothing stays open with every answer, and the hint does not say otherwise."""
        hints = [h.strip() for h in case.locator("fieldset [id^=ahead-]").all_text_contents()]
        assert len(hints) > 6
        assert {h[-1] for h in hints} == {"他"}, hints
        assert not any("のみ" in h for h in hints)
        _answer(case, "1", "q")
        assert case.locator("#outcomes input[value=intake_error]").is_enabled()


class TestMissing:
    def test_an_answer_that_is_missing_is_asked_for_beside_its_question(self, case):
        """In the page's own words, with the focus there; the browser says nothing of its own."""
        case.keyboard.press("3")
        case.keyboard.press("Enter")
        group = case.locator("fieldset", has=case.locator("[name=means_acceptability]"))
        assert group.locator("[role=alert]").inner_text() == "答えを選んでください。"
        assert case.evaluate("document.activeElement.name") == "means_acceptability"
        assert case.evaluate("document.querySelector('#decision').noValidate")
        _answer(case, "w")
        assert case.locator("#lack").count() == 0
        case.keyboard.press("Enter")
        assert case.locator("#lack").inner_text() == "結論を選んでください。"

    def test_a_reason_that_is_missing_is_asked_for_and_the_way_out_is_shown(self, case):
        """Inside the box a letter is a letter: the hint says Esc, and c is no longer offered."""
        _answer(case, "3", "w")
        case.keyboard.press("a")
        assert case.locator(".reason kbd.bare").is_visible()
        case.keyboard.press("Enter")
        assert "理由を5文字以上で書いてください" in case.locator("[data-hint]").inner_text()
        assert case.evaluate("document.activeElement.id") == "reason"
        assert not case.locator(".reason kbd.bare").is_visible()
        assert case.locator(".reason .inside").inner_text() == "Esc で欄を出る"
        case.keyboard.press("Shift+Tab")
        case.keyboard.press("Enter")
        assert "判断した" in case.locator("#reason").input_value()


class TestDraft:
    def test_without_answers_it_says_what_comes_first(self, case):
        """And nothing is put into the box."""
        case.keyboard.press("c")
        assert case.locator("[data-hint]").inner_text() == "先に二つの問いに答えてください"
        case.keyboard.press("3")
        case.keyboard.press("c")
        said = case.locator("[data-hint]").inner_text()
        assert said == "先に「手段・態様の相当性」に答えてください"
        _answer(case, "w")
        case.keyboard.press("c")
        expect(case.locator("[data-hint]")).to_have_text("先に結論を選んでください")
        assert case.locator("#reason").input_value() == ""

    def test_it_follows_the_outcome_and_replaces_itself_only(self, case, flag):
        """Another outcome, another draft; what the reviewer wrote stays."""
        _answer(case, "3", "w")
        case.keyboard.press("a")
        case.keyboard.press("c")
        box = case.locator("#reason")
        first = box.input_value()
        assert first.startswith(f"{flag.flag.turn + 1}番の発話（")
        assert "手段・態様は相当な範囲を超える" in first
        case.keyboard.type("録音も確かめた。")
        case.keyboard.press("Escape")
        case.keyboard.press("z")
        case.keyboard.press("c")
        second = box.input_value()
        assert "検出の誤り" in second
        assert "相当な範囲" not in second
        assert second.endswith("録音も確かめた。")

    def test_it_comes_with_answers_that_are_still_on_their_way(self, case):
        """Fast fingers on a slow line get the draft all the same."""
        case.route(
            "**/consequences*", lambda route: (case.wait_for_timeout(300), route.continue_())
        )
        for key in ("3", "w", "a", "c"):
            case.keyboard.press(key)
        expect(case.locator("#reason")).to_have_value(re.compile("カスタマーハラスメントに当たる"))


def test_a_duplicate_names_its_original_or_says_that_it_is_not_listed(page, store):
    """Nothing is passed over in silence."""
    flag = next(
        f for f in store.flags(limit=60).items if len(store.case(f.conversation_key).flags) > 2
    )
    _open(page, flag)
    _answer(page, "3", "w")
    page.keyboard.press("x")
    page.locator("#reason").fill("前の連絡で確認した件と同じ")
    page.locator("#decision button.primary").click()
    assert "どの候補と重複しているか" in page.locator("#lack").inner_text()
    assert page.evaluate("document.activeElement.name") == "duplicate_of"
    page.locator("[name=duplicate_of]").select_option("none")
    page.locator("#decision button.primary").click()
    page.wait_for_selector("button[data-key=u]")
    assert store.flag(flag.id).outcome == "duplicate"
    assert store.flag(flag.id).duplicate_of is None


def test_a_corrected_place_is_marked_said_and_taken_back(page, store):
    """The mark moves at once; the record says from where to where; one button puts it back."""
    flag = next(f for f in store.flags(limit=60).items if len(f.flag.text) > 4)
    _open(page, flag)
    page.keyboard.press("v")
    page.wait_for_selector("mark.now")
    shorter = flag.flag.text[:3]

    def details():
        page.locator("details[aria-label=訂正] > summary").click()
        page.locator("summary", has_text="箇所を直す").click()

    details()
    page.locator("[data-selection]").first.fill(flag.flag.text[:-1])
    page.get_by_role("button", name="箇所を訂正").click()
    page.wait_for_selector("text=訂正を記録しました")
    assert page.locator("mark.now").first.inner_text() == flag.flag.text[:-1]
    assert page.locator(".finding blockquote").inner_text() == flag.flag.text[:-1]
    start, end = flag.flag.start, flag.flag.end
    page.locator("details[aria-label=記録] > summary").click()
    said = page.locator("[aria-label=記録] .log").inner_text()
    assert f"番の{words.characters(start, end)}「{flag.flag.text}」 → " in said
    assert f"{words.characters(start, end - 1)}「{flag.flag.text[:-1]}」" in said
    page.keyboard.press("v")
    page.wait_for_selector(".veil")
    assert shorter not in page.locator("[aria-label=記録] .log").text_content()
    page.keyboard.press("v")
    page.wait_for_selector("mark.now")
    details()
    page.get_by_role("button", name="検出の箇所に戻す").click()
    page.wait_for_selector("text=訂正を記録しました")
    assert page.locator("mark.now").first.inner_text() == flag.flag.text


def test_a_definition_that_is_cut_opens_by_key(case):
    """On a low window it stands in one line until it is asked for."""
    summary = case.locator(".summary > summary")
    cut = "e => e.scrollWidth > e.clientWidth"
    assert summary.evaluate(cut)
    summary.focus()
    case.keyboard.press("Enter")
    assert not summary.evaluate(cut)
    assert summary.bounding_box()["height"] > 25


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


def test_the_desk_leads_back_to_what_was_left(case, flag):
    """By key or click; words stay open and what was typed stays."""
    case.keyboard.press("o")
    case.wait_for_selector("mark.now")
    case.keyboard.press("r")
    case.keyboard.type("途中まで書いた理由")
    case.keyboard.press("Escape")
    case.keyboard.press("b")
    case.wait_for_url("**/desk")
    assert case.get_by_role("link", name="前の画面に戻る").is_visible()
    case.keyboard.press("Escape")
    case.wait_for_url("**/cases/**")
    assert case.locator("mark.now").first.inner_text() in flag.flag.text or flag.flag.text
    assert case.locator("#reason").input_value() == "途中まで書いた理由"
    case.reload()
    case.wait_for_selector("mark.now")
