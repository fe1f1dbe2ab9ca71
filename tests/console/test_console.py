"""A reviewer's work in a real browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from screening.review import FlagState

pytestmark = pytest.mark.browser


def _serious(page):
    found = Axe().run(page).response["violations"]
    return [
        (v["id"], n["html"])
        for v in found
        for n in v["nodes"]
        if v["impact"] in ("serious", "critical")
    ]


def _open_first(page):
    page.keyboard.press("j")
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
    assert first.flag.why.partition("おそれ：")[2] in row.inner_text()
    assert row.locator(".priority").inner_text() == "至急"


def test_a_case_shows_the_evidence_in_place(page, store):
    """The words of the flag are marked inside the conversation."""
    first = store.flags(limit=1).items[0]
    _open_first(page)
    assert page.locator("mark#evidence").inner_text() == first.flag.text
    assert page.locator(".bubble").count() >= 2


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
    assert "②" in page.locator("#why-harassment").inner_text()


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
    from screening.policy import load_policy
    from screening.review import Role

    first = store.flags(limit=1).items[0]
    _open_first(page)
    other = store.people.add_person("別の 次郎", "a long pass phrase", [Role.REVIEWER])
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


def test_filters_narrow_the_queue(page, store):
    """Choosing a kind lists that kind only."""
    page.get_by_label("種類").select_option("email")
    page.get_by_role("button", name="絞り込む").click()
    page.wait_for_url("**kind=email*")
    assert page.locator("[data-row]").count() == min(50, store.flags(kind="email").total)


@pytest.mark.parametrize("width", [1280, 820])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_for_assistive_technology(page, width, scheme):
    """axe-core finds nothing serious on any page, on a desk or a tablet, in light or dark."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    for path in ("/", "/decided", "/policy"):
        page.goto(path)
        assert _serious(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto("/")
    page.locator("[data-row]").first.click()
    page.wait_for_selector("#decision")
    assert _serious(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_it_works_without_scripts(chromium, server, store):
    """Signing in, answering and deciding are plain forms."""
    context = chromium.new_context(java_script_enabled=False, base_url=server)
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("名前").fill("確認 花子")
    page.get_by_label("パスワード").fill("a long pass phrase")
    page.get_by_role("button", name="サインイン").click()
    page.locator("[data-row]").first.click()
    assert page.locator("#decision").is_visible()
    context.close()
