"""A conversation of its own, with flags as a test wants them, and the way to decide on them."""

from screening.policy import load_policy
from screening.records import Flag, Priority, Speaker

POLICY = load_policy()
#: A small laptop.
SMALL = {"width": 1366, "height": 768}
REVIEWER = "確認 花子"
GIVEN = {
    "demand_validity": "no_demand",
    "means_acceptability": "unacceptable",
    "outcome": "harassment",
    "reason": "家族への害をほのめかしている",
}
SAID = (
    (Speaker.AGENT, "はい、窓口です。"),
    (Speaker.CUSTOMER, "家は知ってるぞ。覚えておけ。"),
    (Speaker.AGENT, "落ち着いてお話しください。"),
    (Speaker.CUSTOMER, "うるさい、この役立たずが。早くしてくれ。"),
    (Speaker.CUSTOMER, "いつになったら終わるんだ。"),
)


def found(category, turn, text, *, priority=Priority.HIGH, evidence=()):
    start = 0 if turn is None else SAID[turn][1].index(text)
    return Flag(
        category,
        POLICY.categories[category].provision,
        turn,
        start,
        start + len(text),
        text,
        0.9,
        ("rule:x",),
        "家のことを言っています",
        priority,
        evidence,
    )


def url(flag):
    return f"/cases/{flag.conversation_key}?flag={flag.id}"


def decide(client, csrf, flag, **more):
    form = {"csrf": csrf, "state": "proposed", "decision": str(flag.decision)} | GIVEN | more
    return client.post(f"/flags/{flag.id}/decide", data=form, follow_redirects=False)


def opened(page, flag):
    """The page of a flag, once its scripts are there."""
    page.goto(url(flag))
    page.wait_for_selector("#decision")
    page.wait_for_function("window.htmx !== undefined")


def answer(page, *keys):
    """Presses the keys and waits until the answers have opened what they open."""
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_selector("#outcomes input[value=needs_consultation]:enabled", state="attached")
