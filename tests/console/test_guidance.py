"""What the page says on the way to a decision is true, and stands where it helps."""

import re

import pytest
from playwright.sync_api import expect

from api.console import words

from .talk import POLICY, SMALL, answer, opened

pytestmark = pytest.mark.browser


class TestOutcomes:
    def test_what_is_about_conduct_waits_for_the_answers(self, case):
        """The core decides without them what is no conduct of the customer's, and the page says so."""
        free = {o.id for o in POLICY.outcomes if not o.of_conduct}
        enabled = case.locator("#outcomes input:enabled").evaluate_all(
            "all => all.map((x) => x.value)"
        )
        assert set(enabled) == free
        assert "に答えると選べます" in case.locator("#outcomes legend").inner_text()
        keys = case.locator("#outcomes legend kbd")
        named = keys.evaluate_all("all => all.map((x) => x.title)")
        assert named == [o.label for o in POLICY.outcomes if o.id in free]
        grounds = case.locator("#outcomes .conditions").text_content()
        assert "いつでも選べます" in grounds
        assert "どの答えでも選べます" in grounds
        case.keyboard.press("a")
        assert case.locator("#lack").inner_text() == "先にこの問いに答えてください。"
        answer(case, "3", "w")
        case.keyboard.press("z")
        assert case.is_checked("#outcomes input[value=intake_error]")
        expect(case.locator("#outcomes")).not_to_contain_text("に答えると選べます")

    @pytest.mark.parametrize("way", ["key", "click"])
    def test_what_judges_nobody_asks_nothing(self, case, store, flag, way):
        """A recogniser's mistake is no conduct: nobody's answer is made up for it, and one given stays."""
        case.keyboard.press("w")
        expect(case.locator("#ahead-demand_validity-valid")).to_have_text("→ 当たる")
        if way == "key":
            case.keyboard.press("z")
        else:
            box = case.locator("#outcomes label:has(input[value=intake_error])").bounding_box()
            case.mouse.click(box["x"] + 40, box["y"] + 8)
        case.wait_for_selector("#outcomes input[value=intake_error]:checked", state="attached")
        assert case.locator("[name=demand_validity]:checked").count() == 0
        assert case.is_checked("[name=means_acceptability][value=unacceptable]")
        assert case.locator("#lack").count() == 0
        case.keyboard.press("c")
        with case.expect_navigation():
            case.keyboard.press("Control+Enter")
        decided = store.case(flag.conversation_key).decisions[-1].decision
        assert (decided.outcome, decided.answers) == (
            "intake_error",
            {"means_acceptability": "unacceptable"},
        )

    def test_a_hint_under_an_answer_is_true(self, case):
        """What judges nothing stays open with every answer, and the hint does not say otherwise."""
        hints = [h.strip() for h in case.locator("fieldset [id^=ahead-]").all_text_contents()]
        assert len(hints) > 6
        assert set(hints) <= {"", "→ 当たる", "→ 当たらない", "→ 保留など"}
        assert not any("のみ" in h for h in hints)
        answer(case, "1", "q")
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
        answer(case, "w")
        assert case.locator("#lack").count() == 0
        case.keyboard.press("Enter")
        assert case.locator("#lack").inner_text() == "結論を選んでください。"

    def test_a_reason_that_is_missing_is_asked_for_and_the_way_out_is_shown(self, case):
        """Inside the box a letter is a letter: the hint says Esc, and c is no longer offered."""
        answer(case, "3", "w")
        case.keyboard.press("a")
        assert case.locator(".reason button kbd.bare").is_visible()
        case.keyboard.press("Enter")
        assert "理由を5文字以上で書いてください" in case.locator("[data-hint]").inner_text()
        assert case.evaluate("document.activeElement.id") == "reason"
        assert not case.locator(".reason button kbd.bare").is_visible()
        assert case.locator(".reason .inside").inner_text() == "Esc で欄を出る"
        case.keyboard.press("Shift+Tab")
        case.keyboard.press("Enter")
        assert "相当な範囲を超える" in case.locator("#reason").input_value()


def test_a_corrected_place_is_marked_said_and_taken_back(page, store):
    """The mark moves at once; the record says from where to where; one button puts it back."""
    flag = next(f for f in store.flags(limit=60).items if len(f.flag.text) > 4)
    opened(page, flag)
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
    """On a low window it stands in two lines at most until it is asked for."""
    summary = case.locator(".summary > summary")
    case.evaluate("document.querySelector('.summary > summary').append('長い説明'.repeat(30))")
    cut = "e => e.scrollHeight > e.clientHeight"
    assert summary.evaluate(cut)
    summary.focus()
    case.keyboard.press("Enter")
    assert not summary.evaluate(cut)
    assert summary.bounding_box()["height"] > 25


def test_outcomes_come_into_view_with_the_last_answer_and_an_open_choice_is_said(visit, store):
    """A demand without a good reason, put within bounds, is left to the person: the page says so."""
    page = visit("確認 花子", viewport=SMALL)
    flag = store.flags(only=("service_change_demand",), all_flags=True, limit=1).items[0]
    opened(page, flag)
    open_ = page.locator("[data-either]")
    answer(page, "2", "w")
    expect(page.locator("#outcomes .choices label").first).to_be_in_viewport(ratio=0.9)
    assert not open_.count()
    page.keyboard.press("q")
    expect(open_).to_contain_text(
        "「カスタマーハラスメントに当たる」とも「ハラスメントに当たらない"
    )
    # The draft cannot say what made the difference, and asks for it.
    page.keyboard.press("d")
    page.keyboard.press("c")
    expect(page.locator("[data-hint]")).to_contain_text("分かれ目")


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


def test_one_key_opens_every_word_that_a_flag_on_the_whole_rests_on(page, store):
    """All at once, each look recorded, and the count at the top follows."""
    page.set_viewport_size(SMALL)
    for flag in store.flags(limit=200).items:
        if flag.flag.turn is None:
            opened(page, flag)
            if page.locator("[data-now]").count() > 1:
                break
    else:
        pytest.fail("no flag on the whole with several veiled words")
    asked, below = page.locator("[data-now]").count(), page.locator("#decision").bounding_box()["y"]
    before = int(page.locator("#opened").inner_text())
    assert page.locator("#cited [data-open]").count() == 1
    page.keyboard.press("o")
    expect(page.locator("[data-now]")).to_have_count(0)
    expect(page.locator("#opened")).to_have_text(str(before + asked))
    assert page.locator("#cited [data-open]").count() == 0
    assert page.locator("#decision").bounding_box()["y"] == below
    page.reload()
    assert page.locator("[data-now]").count() == 0


def test_words_that_are_opened_stand_in_the_panel_as_well(case, flag):
    assert case.locator("#cited blockquote").count() == 0
    assert flag.flag.text not in case.locator("#panel").inner_text()
    case.keyboard.press("o")
    expect(case.locator("#cited blockquote")).to_have_text(flag.flag.text)


def test_a_question_that_changes_no_conclusion_says_so(case):
    """Only once it is so, and not where another answer would decide."""
    same = case.locator("#alike-demand_validity")
    assert same.inner_text() == ""
    case.keyboard.press("w")
    expect(same).to_have_text("結論は同じ")
    assert case.locator("#alike-means_acceptability").inner_text() == ""


def test_the_next_flag_is_asked_about_anew_and_another_conversation_is_announced(page, store):
    """But for the demand, which is the conversation's, what is asked is about the words at hand, and the page
    says which."""
    items = store.flags(limit=200).items
    flag = next(
        f for f in items if sum(o.conversation_key == f.conversation_key for o in items) == 2
    )
    opened(page, flag)
    answer(page, "3", "w")
    for outcome in "azzzzzz":
        page.keyboard.press(outcome)
        page.keyboard.press("c")
        expect(page.locator("#reason")).not_to_have_value("")
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
        page.wait_for_selector("#decision")
        if flag.conversation_key not in page.url:
            break
        assert page.locator("text=次の会話に移りました").count() == 0
        scopes = page.locator("#decision .scope").all_inner_texts()
        assert re.search("番の発話|会話全体|印の付いた箇所", scopes[1])
        answered = page.locator("#decision input[type=radio]:checked")
        assert answered.evaluate_all("all => all.every((x) => x.name == 'demand_validity')")
        assert bool(answered.count()) == (scopes[0] == "先ほどと同じ答え")
    assert page.locator("text=次の会話に移りました").count() == 1


def test_the_button_says_what_is_still_missing(case):
    """Without a reason it names the key of the draft; with one, the key that decides."""
    button = case.locator("#decision button.wide")
    assert "先に理由（c で下書き）" in re.sub(r"\s+", " ", button.inner_text())
    assert "Enter" not in button.inner_text()
    case.fill("#reason", "九番の発話で、押さえつけたと述べている。")
    case.keyboard.press("Escape")
    assert "先に理由" not in button.inner_text()
    assert "Enter" in button.inner_text()


def test_the_button_says_what_it_decides(case):
    """The outcome chosen may be out of sight when the reason is signed."""
    button = case.locator("#decision button.wide")
    assert "決定して次へ" in button.inner_text()
    answer(case, "3", "w")
    case.keyboard.press("a")
    assert "「カスタマーハラスメントに当たる」と決定" in button.inner_text()
    case.keyboard.press("q")
    expect(button).to_contain_text("決定して次へ")


def test_a_key_that_opens_nothing_says_so(case):
    case.keyboard.press("o")
    expect(case.locator("#cited blockquote")).to_be_visible()
    case.keyboard.press("o")
    expect(case.locator("[data-hint]")).to_have_text("この候補の根拠に、伏せた言葉はありません")
