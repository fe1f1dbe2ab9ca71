"""axe-core finds nothing on any page, in light and dark, on a desk, a laptop and a tablet."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from screening.policy import load_policy
from screening.review import FlagState

pytestmark = pytest.mark.browser
WIDTHS = (1440, 1024, 768)


def _violations(page):
    found = Axe().run(page).response["violations"]
    return [(v["id"], n["html"][:160]) for v in found for n in v["nodes"]]


def _sound(page, path, widths=WIDTHS):
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
    assert _violations(page) == [], path


@pytest.mark.parametrize("store", ["busy"], indirect=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_every_role(visit, chromium, server, store, scheme):
    """Each page of each role: no violation, and nothing to scroll sideways for."""
    open_flag = store.flags(limit=1).items[0]
    routed = load_policy().routed
    care = store.flags(only=routed, all_flags=True, limit=1).items[0]
    ill = store.flags(category="illness_related", all_flags=True, limit=1).items[0]
    decided = store.flags(states=(FlagState.CONFIRMED,), limit=1).items[0]
    pages = {
        "確認 花子": [
            "/",
            "/?words=shown",
            "/?tab=held",
            "/?category=nothing",
            "/care",
            "/care?tab=handed",
            "/decided",
            "/disputes",
            "/check",
            "/check?go=1",
            "/numbers",
            "/numbers/thresholds",
            "/numbers/thresholds?category=illness_related",
            "/training",
            "/policy",
            "/desk",
            f"/cases/{open_flag.conversation_key}?flag={open_flag.id}",
            f"/cases/{open_flag.conversation_key}?flag={open_flag.id}&words=shown",
            f"/cases/{care.conversation_key}?flag={care.id}",
            f"/cases/{ill.conversation_key}?flag={ill.id}",
            f"/cases/{open_flag.conversation_key}/under/mhlw-manual",
            f"/cases/{open_flag.conversation_key}/under/tokyo-guideline",
            "/nowhere",
        ],
        "承認 一": [
            "/steps",
            "/steps?all=1",
            f"/cases/{decided.conversation_key}?flag={decided.id}",
            f"/cases/{decided.conversation_key}/report",
            f"/cases/{decided.conversation_key}/report?raw=1",
        ],
        "監査 律": ["/audit", "/decided"],
        "管理 梢": ["/people", "/", "/steps?all=1"],
    }
    for name, paths in pages.items():
        page = visit(name, color_scheme=scheme)
        for path in paths:
            page.goto(path)
            _sound(page, path)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sign_in_and_the_help(visit, chromium, server, scheme):
    """Before and beside the pages: the sign-in, and the list of keys."""
    context = chromium.new_context(base_url=server, color_scheme=scheme)
    outside = context.new_page()
    outside.goto("/login")
    _sound(outside, "/login")
    context.close()
    page = visit("確認 花子", color_scheme=scheme)
    page.keyboard.press("?")
    page.wait_for_selector("#help[open]")
    assert _violations(page) == []


def test_nothing_jumps_when_answers_are_given(page):
    """The conversation and the questions stay where they are while outcomes open and close."""
    page.set_viewport_size({"width": 1440, "height": 1200})
    page.keyboard.press("Enter")
    page.wait_for_selector("#decision")

    def places():
        return [
            page.locator(selector).first.bounding_box()
            for selector in (".bubbles", ".finding", "#decision fieldset:nth-of-type(1)")
        ]

    before = places()
    page.keyboard.press("3")
    page.keyboard.press("w")
    page.wait_for_selector("#outcomes input[value=harassment]:not([disabled])", state="attached")
    assert places() == before
