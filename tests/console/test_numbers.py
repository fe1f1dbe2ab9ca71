"""The page of numbers: every figure against every other, against its CSV, and against the record."""

import csv
import io
import re
from collections import Counter

import pytest
from sqlalchemy import text

from screening.errors import ReviewError
from screening.policy import load_policy
from screening.review import FlagState
from screening.store import Filters

POLICY = load_policy()
BUSY = pytest.mark.parametrize("store", ["busy"], indirect=True)
FINAL = (FlagState.CONFIRMED, FlagState.DISMISSED)
OUTCOME = {
    "answers": {"demand_validity": "no_demand", "means_acceptability": "unacceptable"},
    "outcome": "harassment",
    "reason": "家族への害をほのめかした",
}


def _tiles(page):
    """By name: the plain text of each tile."""
    found = re.findall(
        r'<section class="card tile" aria-label="([^"]+)">(.*?)</section>', page, re.S
    )
    return {name: re.sub(r"<[^>]+>", " ", body) for name, body in found}


def _csvs(client, page):
    """By table: its rows as a link of the page leads to them."""
    found = {}
    for link in set(re.findall(r'href="(/numbers/[a-z]+\.csv[^"]*)"', page)):
        answer = client.get(link.replace("&amp;", "&"))
        assert answer.status_code == 200
        rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        found[re.search(r"/numbers/([a-z]+)", link)[1]] = rows[1:]
    return found


def _number(pattern, words):
    return int(re.search(pattern, re.sub(r"\s+", " ", words))[1])


def _sum(rows, column):
    return sum(int(row[column]) for row in rows)


def _nav(page):
    return int(re.search(r'確認待ち<span class="count">(\d+)</span>', page)[1])


@BUSY
@pytest.mark.parametrize("days", ["28", "91", "all"])
def test_tiles_tables_and_the_record_agree(client, signed_in, store, days):
    """Flags, conversations, judged, waiting and repeats are each one number wherever they stand."""
    signed_in("承認 一")
    page = client.get(f"/numbers?days={days}").text
    tiles, tables = _tiles(page), _csvs(client, page)
    assert len(tables) == 9
    per_hundred = tiles["会話100件あたりの候補"]
    flags = _number(r"候補 (\d+)件", per_hundred)
    conversations = _number(r"会話 (\d+)件に", per_hundred)
    assert flags == _sum(tables["weeks"], 2)
    assert conversations == _sum(tables["weeks"], 1)
    rated = tiles["該当と確認した率"]
    judged, confirmed = _number(r"判断済み (\d+)件", rated), _number(r"該当 (\d+)件", rated)
    categories = tables["categories"]
    assert (confirmed, judged) == (_sum(categories, 4), _sum(categories, 5))
    assert judged + _sum(categories, 6) == flags
    assert judged == _sum(tables["waits"], 1)
    repeated = _number(r"(\d+) ?人", tiles["くり返しの連絡"])
    assert repeated == sum(int(n) for times, n in tables["contacts"] if int(times) > 1)
    if days == "all":
        everything = [f for f in _all(store) if f.named not in POLICY.routed]
        assert flags == len(everything)
        assert judged == sum(f.state in FINAL for f in everything)
        assert confirmed == sum(f.state is FlagState.CONFIRMED for f in everything)
        with store.engine.begin() as connection:
            assert (
                conversations
                == connection.execute(text("SELECT count(*) FROM conversations")).scalar_one()
            )
        by_name = Counter(POLICY.categories[f.named].name for f in everything)
        assert by_name == {row[0]: int(row[5]) + int(row[6]) for row in categories}


def _all(store):
    """Every flag that asks for a review, page by page."""
    found, after = [], None
    while True:
        page = store.flags(states=tuple(FlagState), limit=200, after=after)
        held = store.flags(Filters(states=tuple(FlagState), place="held"), limit=200).items
        found += page.items
        after = page.next
        if after is None:
            return [*found, *held]


@BUSY
def test_what_waits_is_what_the_lists_show(client, signed_in, store):
    """The tile, its parts, the forecast's first day and the head of every page."""
    signed_in("監査 律")
    page = client.get("/numbers").text
    tile = re.sub(r"\s+", " ", _tiles(page)["いま確認待ち（期間によらない）"])
    total, held = _number(r"(\d+) ?件", tile), _number(r"後回し (\d+)", tile)
    assert held == store.flags(Filters(place="held", without=tuple(POLICY.routed))).total == 1
    assert total - held == store.flags(without=POLICY.routed).total == _nav(page)
    parts = [_number(rf"{label} (\d+)", tile) for label in ("緊急", "優先", "通常")]
    assert sum(parts) + held == total
    care = store.flags(only=POLICY.routed, all_flags=True).total
    assert _number(r"ケア (\d+)", tile) == care
    assert float(_csvs(client, page)["forecast"][0][1]) == total


def _read_once(store):
    """A flag that one reviewer has decided and that waits for a second, blind reading."""
    jiro = store.people.named("別の 次郎")
    for flag in store.flags(without=POLICY.routed, limit=200).items:
        if flag.doubled:
            try:
                store.decide(flag.id, jiro, policy=POLICY, **OUTCOME)
            except ReviewError:  # another kind of category, or one that needs a consultation first
                continue
            return flag
    raise AssertionError("nothing is read twice")


@BUSY
def test_a_reviewers_own_count_has_what_waits_for_their_second_reading(client, signed_in, store):
    """Their head shows the queue and the second readings that are not of their own first decisions."""
    _read_once(store)
    signed_in("確認 花子")
    page = client.get("/numbers").text
    tile = _tiles(page)["いま確認待ち（期間によらない）"]
    total, held = _number(r"(\d+) ?件", tile), _number(r"後回し (\d+)", tile)
    second = _number(r"二人目の確認待ち (\d+)", tile)
    # The record may hold others that were read once before.
    assert second >= 1
    assert _nav(page) == total - held + second


def test_a_decision_and_its_undoing_show_at_once(client, signed_in, store):
    """The next page counts what was just decided, and what was just taken back."""
    csrf = signed_in("確認 花子")
    before = client.get("/numbers").text
    flag = next(f for f in store.flags(without=POLICY.routed, limit=50).items if not f.doubled)
    form = {"csrf": csrf, "state": "proposed", "decision": "0", **OUTCOME["answers"]}
    form |= {"outcome": "harassment", "reason": OUTCOME["reason"]}
    answer = client.post(f"/flags/{flag.id}/decide", data=form, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    after = client.get("/numbers").text
    assert _nav(after) == _nav(before) - 1
    tile = "いま確認待ち（期間によらない）"
    assert (
        _number(r"(\d+) ?件", _tiles(after)[tile])
        == _number(r"(\d+) ?件", _tiles(before)[tile]) - 1
    )
    client.post(f"/flags/{flag.id}/withdraw", data={"csrf": csrf, "reason": "取り違えた"})
    again = client.get("/numbers").text
    assert _nav(again) == _nav(before)
    assert _tiles(again)[tile] == _tiles(before)[tile]


def test_the_csv_is_of_the_page_it_hangs_on(client, signed_in, store):
    """What is decided after the page was shown is in the next page, not in this one's CSV."""
    csrf = signed_in("確認 花子")
    page = client.get("/numbers?days=all").text
    hanako = store.people.named("確認 花子")
    flag = next(f for f in store.flags(without=POLICY.routed, limit=50).items if not f.doubled)
    store.decide(flag.id, hanako, policy=POLICY, **OUTCOME)
    client.post(f"/flags/{flag.id}/work", data={"csrf": csrf, "do": "skipped"})
    judged = _number(r"判断済み (\d+)件", _tiles(page)["該当と確認した率"])
    assert _sum(_csvs(client, page)["categories"], 5) == judged


@BUSY
def test_decided_is_in_the_order_of_the_decisions(client, signed_in, store):
    """The newest first, with when and what, and nothing that says that it waits."""
    signed_in("監査 律")
    page = client.get("/decided").text
    assert "待ち</span>" not in page
    assert re.search(r"決定 (今日|\d+月\d+日) \d\d:\d\d", page)
    ids = re.findall(r'\?flag=([0-9a-f]{32})" data-row', page)
    with store.engine.begin() as connection:
        wanted = connection.execute(
            text(
                "SELECT flag_id FROM decisions JOIN flags ON flags.id = flag_id "
                "WHERE state IN ('confirmed', 'dismissed', 'on_hold') AND queued "
                "AND decisions.id IN (SELECT max(id) FROM decisions GROUP BY flag_id) "
                "ORDER BY decided_at DESC, decisions.id DESC"
            )
        ).scalars()
        routed = {f.id for f in _all(store) if f.named in POLICY.routed}
        expected = [i for i in wanted if i not in routed]
    more = re.search(r'class="more"><a class="button" href="([^"]+)"', page)[1]
    page = client.get(f"/decided{more.replace('&amp;', '&')}").text
    ids += re.findall(r'\?flag=([0-9a-f]{32})" data-row', page)
    assert len(ids) > 50
    assert ids == expected[:100]
    assert client.get("/decided?after=nowhere").status_code == 422


@BUSY
def test_a_blind_reader_sees_no_first_decision_among_the_decided(client, signed_in, store):
    """What waits for one's own second reading is not listed as decided; to others it is the newest."""
    flag = _read_once(store)
    signed_in("確認 花子")
    assert flag.id not in client.get("/decided").text
    signed_in("監査 律")
    assert re.search(r"\?flag=([0-9a-f]{32})", client.get("/decided").text)[1] == flag.id


@BUSY
def test_a_step_names_its_case(client, signed_in, store):
    """Which conversation, when, and for what."""
    signed_in("承認 一")
    page = client.get("/steps?all=1").text
    cases = re.findall(r"対象：(通話|メール)・[^「]+「([^」]+)」", page)
    assert len(cases) == len(re.findall(r'<li class="step', page)) > 0
    names = {c.name for c in POLICY.categories.values()}
    assert {name for _, name in cases} <= names


def test_the_desk_helps_before_anybody_has_set_it(client, signed_in):
    """Who may set it and how, public lines, and what the policy promises."""
    signed_in("確認 花子")
    page = client.get("/desk").text
    assert "0120-279-338" in page
    assert "総合労働相談コーナー" in page
    assert "管理者に伝えてください" in page
    assert "screening serve --desk" not in page
    assert POLICY.basis["社内-1"].text in page
    signed_in("管理 梢")
    assert "screening serve --desk" in client.get("/desk").text


def test_a_list_of_nobody_to_hand_over_to_says_why(client, signed_in, store):
    """Those who may take a flag are offered by name; without one it is said who could be."""
    signed_in("確認 花子")
    flag = store.flags(without=POLICY.routed, limit=1).items[0]
    address = f"/cases/{flag.conversation_key}?flag={flag.id}"
    page = client.get(address).text
    assert "別の 次郎</option>" in page
    assert "承認 一</option>" not in page
    admin = store.people.named("管理 梢")
    for name in ("別の 次郎", "三好 文"):
        store.people.set_active(store.people.named(name).id, False, admin)
    page = client.get(address).text
    assert "替われる人がまだいません" in page
    assert '<select name="to"' not in page
