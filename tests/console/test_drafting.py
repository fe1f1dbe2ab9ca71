"""Drafts of a reason in the page: they follow the outcome and the answers, and leave what was typed."""

import re

import pytest
from playwright.sync_api import expect

from .talk import answer, opened

pytestmark = pytest.mark.browser

HARASSMENT = (
    "(?:[0-9]+番の発話|件名|本文|会話全体.*)に「.+」に当たる言動がある。"
    "要求はしておらず、手段・態様は相当な範囲を超える。"
)


class TestDraft:
    def test_without_answers_it_says_what_comes_first(self, case):
        """And nothing is put into the box."""
        case.keyboard.press("c")
        assert case.locator("[data-hint]").inner_text() == "先に二つの問いに答えてください"
        case.keyboard.press("3")
        case.keyboard.press("c")
        said = case.locator("[data-hint]").inner_text()
        assert said == "先に「手段・態様の相当性」に答えてください"
        answer(case, "w")
        case.keyboard.press("c")
        expect(case.locator("[data-hint]")).to_have_text("先に結論を選んでください")
        assert case.locator("#reason").input_value() == ""

    def test_it_follows_the_outcome_and_replaces_itself_only(self, case, flag):
        """Another outcome, another draft; what the reviewer wrote stays."""
        answer(case, "3", "w")
        case.keyboard.press("a")
        case.keyboard.press("c")
        box = case.locator("#reason")
        first = box.input_value()
        assert re.fullmatch(HARASSMENT, first)
        case.keyboard.type("録音も確かめた。")
        case.keyboard.press("Escape")
        case.keyboard.press("z")
        case.keyboard.press("c")
        second = box.input_value()
        assert "とした候補が誤っている" in second
        assert "相当な範囲" not in second
        assert second.endswith("録音も確かめた。")

    def test_as_it_was_drawn_it_goes_along_with_the_conclusion_and_the_answers(self, case):
        """So that nobody signs the reason of a conclusion that they left; what was mistaken goes with it."""
        box = case.locator("#reason")
        case.keyboard.press("z")
        case.get_by_role("button", name="話者").click()
        assert box.input_value().endswith("話者の取り違えと思われる。")
        answer(case, "3", "w")
        case.keyboard.press("a")
        expect(box).to_have_value(re.compile(f"^{HARASSMENT}$"))
        case.keyboard.press("2")
        expect(box).to_have_value(re.compile("に当たる言動がある。要求の内容には妥当な理由がなく"))
        expect(case.locator("#outcomes input[value=harassment]")).to_be_checked()

    def test_it_comes_with_answers_that_are_still_on_their_way(self, case):
        """Fast fingers on a slow line get the draft all the same."""
        case.route(
            "**/consequences*", lambda route: (case.wait_for_timeout(300), route.continue_())
        )
        for key in ("3", "w", "a", "c"):
            case.keyboard.press(key)
        expect(case.locator("#reason")).to_have_value(re.compile("相当な範囲を超える"))


def test_a_duplicate_names_its_original_or_says_that_it_is_not_listed(page, store):
    """Nothing is passed over in silence."""
    flag = next(
        f for f in store.flags(limit=60).items if len(store.case(f.conversation_key).flags) > 2
    )
    opened(page, flag)
    answer(page, "3", "w")
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


def test_a_mistake_names_its_cause_with_one_press(case):
    """Of a mistake the draft says what was taken for what, and a press more says how it came about."""
    assert not case.locator(".causes").is_visible()
    case.keyboard.press("z")
    case.wait_for_selector("#outcomes input[value=intake_error]:checked", state="attached")
    case.get_by_role("button", name="話者").click()
    case.keyboard.press("c")
    said = case.locator("#reason").input_value()
    assert "この候補では言動を判断しない。" in said
    assert said.endswith("話者の取り違えと思われる。")
    pressed = case.get_by_role("button", name="話者", pressed=True)
    expect(pressed).to_be_visible()
    pressed.click()
    assert "話者" not in case.locator("#reason").input_value()
    # By key the button stays where the keys are, and what is pressed again is no signature.
    meaning = case.get_by_role("button", name="意味", exact=True)
    meaning.focus()
    for pressed in ("true", "false", "true"):
        case.keyboard.press("Enter")
        expect(meaning).to_have_attribute("aria-pressed", pressed)
    case.fill("#reason", "書き起こしの誤りと思われる。")
    expect(meaning).to_have_attribute("aria-pressed", "false")
    expect(case.get_by_role("button", name="書き起こし")).to_have_attribute("aria-pressed", "true")


def test_in_a_small_laptops_window_answers_and_conclusion_stand_together(page, flag):
    """In what a browser leaves of 768 pixels nobody scrolls to see what they are about to sign."""
    page.set_viewport_size({"width": 1366, "height": 625})
    opened(page, flag)
    answer(page, "3", "w")
    page.keyboard.press("a")
    page.keyboard.press("c")
    expect(page.locator("#reason")).to_have_value(re.compile("に当たる言動がある。"))
    frame = page.locator(".asked").bounding_box()
    chosen = page.locator(".asked input:checked + span").all()
    assert len(chosen) == 3
    for each in chosen:
        box = each.bounding_box()
        assert box["y"] >= frame["y"] - 1
        assert box["y"] + box["height"] <= frame["y"] + frame["height"] + 1
    for below in (".sign", ".more-of"):
        box = page.locator(below).bounding_box()
        assert box["y"] + box["height"] <= 625
