"""Words that nobody asked for never leave the server, and whoever asks stands in the log."""

import io
import re
from dataclasses import replace

import pypdf
import pytest

from api.console.conversation import Marked, bubbles
from screening.records import Conversation, Kind, Speaker, Turn
from screening.review import FlagState
from screening.steps import Act, Readiness
from screening.store.queue import Filters

from .talk import REVIEWER, found, url


def _looks(store, name):
    auditor = store.people.named("監査 律")
    person = store.people.named(name)
    return store.audit.entries(auditor, actor=person.id, action="look")


def test_no_flagged_words_in_any_answer_until_asked(client, signed_in, store):
    """The queue and every case of it: none of the flagged sentences is anywhere in the page."""
    signed_in("確認 花子")
    page = store.flags(limit=30).items
    queue = client.get("/").text
    for flag in page:
        # One character or two stand in any text.
        if len(flag.flag.text) > 2:
            assert flag.flag.text not in queue
            case = client.get(f"/cases/{flag.conversation_key}?flag={flag.id}").text
            assert flag.flag.text not in case
    assert sum(e.detail["count"] for e in _looks(store, "確認 花子")) == 0


def test_asking_for_all_words_is_in_the_log(client, signed_in, store):
    """One entry with how many words were opened."""
    signed_in("確認 花子")
    first = store.flags(limit=1).items[0]
    answer = client.get(f"/cases/{first.conversation_key}?flag={first.id}&words=shown")
    assert first.flag.text in answer.text
    last = _looks(store, "確認 花子")[0]
    assert last.subject == f"conversation:{first.conversation_key}"
    assert last.detail["count"] >= 1


def test_opening_one_part_sends_that_part_only(client, signed_in, store):
    """The fragment holds the sentence and nothing else of the conversation."""
    csrf = signed_in("確認 花子")
    first = store.flags(limit=1).items[0]
    page = client.get(f"/cases/{first.conversation_key}?flag={first.id}").text
    name = page.split("data-now")[0].rsplit('value="', 1)[1].split('"')[0]
    answer = client.post(
        f"/cases/{first.conversation_key}/words",
        data={"csrf": csrf, "part": name, "flag": first.id},
        headers={"hx-request": "true"},
    )
    assert "<html" not in answer.text
    assert first.flag.text in answer.text
    assert _looks(store, "確認 花子")[0].detail["count"] == 1


@pytest.mark.parametrize("part", ["0-0-99999", "x", "", "999999-0-1", "../1"])
def test_a_part_that_is_none_opens_nothing(client, signed_in, store, part):
    """Only what the page itself would veil can be asked for."""
    csrf = signed_in("確認 花子")
    first = store.flags(limit=1).items[0]
    answer = client.post(
        f"/cases/{first.conversation_key}/words",
        data={"csrf": csrf, "part": part, "flag": first.id},
        headers={"hx-request": "true"},
    )
    assert answer.status_code == 404


def test_words_need_the_sessions_token(client, signed_in, store):
    """Another site cannot have words opened in somebody's name."""
    signed_in("確認 花子")
    first = store.flags(limit=1).items[0]
    answer = client.post(f"/cases/{first.conversation_key}/words", data={"part": "0-0-1"})
    assert answer.status_code == 403


def test_an_administrator_reads_no_case(client, signed_in, store):
    """Managing accounts opens no conversation, no report, no word."""
    signed_in("管理 梢")
    first = store.flags(limit=1).items[0]
    for path in (
        f"/cases/{first.conversation_key}",
        f"/cases/{first.conversation_key}/report",
        f"/cases/{first.conversation_key}/report.pdf",
        "/training",
        "/check",
    ):
        assert client.get(path).status_code == 403, path
    assert first.flag.text not in client.get("/?words=shown").text


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("確認 花子", "/audit", 403),
        ("確認 花子", "/people", 403),
        ("承認 一", "/check", 403),
        ("承認 一", "/people", 403),
        ("監査 律", "/people", 403),
        ("監査 律", "/numbers", 200),
        ("承認 一", "/disputes", 200),
    ],
)
def test_pages_are_for_their_roles(client, signed_in, name, path, status):
    """What the navigation does not show, the address does not open."""
    signed_in(name)
    assert client.get(path).status_code == status


@pytest.mark.parametrize("store", ["busy"], indirect=True)
def test_a_report_is_masked_unless_asked_for_and_prints_japanese(client, signed_in, store):
    """The PDF holds the Japanese of the page, with an embedded font."""
    signed_in("承認 一")
    decided = store.flags(Filters(states=(FlagState.CONFIRMED,)), limit=1).items[0]
    masked = client.get(f"/cases/{decided.conversation_key}/report").text
    raw = client.get(f"/cases/{decided.conversation_key}/report?raw=1").text
    assert decided.conversation_id not in masked
    assert decided.conversation_id in raw
    answer = client.get(f"/cases/{decided.conversation_key}/report.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    document = pypdf.PdfReader(io.BytesIO(answer.content))
    text = "".join(page.extract_text() for page in document.pages)
    assert "事案の報告書" in text
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in document.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert all("+" in name for name in fonts), "a subset of each font is embedded"
    assert _looks(store, "承認 一")


@pytest.mark.parametrize("store", ["busy"], indirect=True)
def test_training_cases_leave_as_one_file(client, signed_in, store):
    """Chosen cases come as a page, as PDF or as JSON lines; none without a choice."""
    csrf = signed_in("承認 一")
    decided = store.flags(Filters(states=(FlagState.CONFIRMED,)), limit=2).items
    chosen = {f"case-{f.conversation_key}": "1" for f in decided}
    keys = {f.conversation_key for f in decided}
    lines = client.post("/training/export", data=chosen | {"csrf": csrf, "format": "jsonl"})
    assert len(lines.text.splitlines()) == len(keys)
    assert not any(f.conversation_id in lines.text for f in decided)
    pdf = client.post("/training/export", data=chosen | {"csrf": csrf, "format": "pdf"})
    assert pdf.content.startswith(b"%PDF")
    assert client.post("/training/export", data={"csrf": csrf}).status_code == 422


@pytest.mark.parametrize("store", ["busy"], indirect=True)
def test_every_table_of_the_dashboard_is_a_csv_and_names_nobody(client, signed_in, store):
    """Each table that the page links to downloads; no person who decided is in any."""
    import re

    signed_in("承認 一")
    page = client.get("/numbers").text
    links = set(re.findall(r'href="(/numbers/[a-z]+\.csv[^"]*)"', page))
    assert len(links) >= 9
    for link in links:
        answer = client.get(link.replace("&amp;", "&"))
        assert answer.status_code == 200
        assert answer.content.startswith(b"\xef\xbb\xbf")
        for name in ("次郎", "三好", "花子"):
            assert name not in answer.text
    assert "次郎" not in page
    assert client.get("/numbers/nothing.csv").status_code == 404


@pytest.mark.parametrize("store", ["busy"], indirect=True)
def test_an_approval_is_recorded_and_stands_in_the_report(client, signed_in, store):
    """What stands inside is done first; then an approver approves, and the report says who and when."""
    csrf = signed_in("承認 一")
    row = next(
        r
        for r in store.steps.waiting(roles=["approver"])
        if r.step.planned.title.startswith("行為をやめる") and not r.disputed
    )
    for before in store.steps.of_case(row.conversation_key):
        done = {entry.act for entry in before.step.entries}
        if before.step.planned.response in dict(row.step.planned.requires) and Act.DONE not in done:
            owner = "承認 一" if "approver" in before.step.planned.owner_roles else "三好 文"
            store.steps.act(
                before.id, store.people.named(owner), Act.DONE, note="決まりのとおり行った"
            )
    answer = client.post(f"/steps/{row.id}", data={"csrf": csrf, "do": "approve", "note": ""})
    assert answer.status_code == 200
    assert "記録しました" in answer.text
    raw = client.get(f"/cases/{row.conversation_key}/report?raw=1").text
    assert "承認 一が承認した" in raw
    masked = client.get(f"/cases/{row.conversation_key}/report").text
    assert "承認 一が" not in masked
    assert client.post(f"/steps/{row.id}", data={"csrf": csrf, "do": "cancel"}).status_code == 422


@pytest.mark.parametrize("store", ["busy"], indirect=True)
def test_a_reviewer_approves_nothing(client, signed_in, store):
    """The core refuses, and the page says which role it takes."""
    csrf = signed_in("確認 花子")
    row = store.steps.waiting(readiness=Readiness.WAITING)[0]
    answer = client.post(f"/steps/{row.id}", data={"csrf": csrf, "do": "approve"})
    assert answer.status_code == 403
    assert "承認した" not in client.get(f"/cases/{row.conversation_key}/report?raw=1").text


@pytest.mark.parametrize("shown", [False, True])
def test_a_reason_quotes_nothing_until_the_words_are_asked_for(client, signed_in, store, shown):
    """Queue and case give the reason, but the words in it stay back with the words themselves."""
    signed_in("確認 花子")
    quoted = "手がかりの言葉：「(?!…」)"
    flag = next(
        f for f in store.flags(limit=100).items if re.search(quoted, f.flag.why) and f.flag.text
    )
    assert not re.search(quoted, client.get("/").text)
    page = client.get(f"/cases/{flag.conversation_key}?flag={flag.id}{'&words=shown' * shown}").text
    assert "手がかりの言葉：「" in page
    assert bool(re.search(quoted, page)) == shown


def test_words_that_a_person_moved_a_flag_from_stay_covered(client, signed_in, made):
    """Opening where it points now quotes nothing of where the detector pointed."""
    csrf = signed_in(REVIEWER)
    why = "「脅迫」のおそれ：手がかりの言葉：「この役立たず」（会話全体の見立て99%）"
    (flag,) = made(replace(found("verbal_abuse", 3, "この役立たず"), why=why))
    form = {"csrf": csrf, "flag": flag.id}
    span = form | {"kind": "span", "turn": "5", "said": "いつになったら"}
    assert client.post(f"/cases/{flag.conversation_key}/corrections", data=span).status_code == 200
    case = client.get(url(flag)).text
    parts = re.findall(r'name="part" value="([^"]+)"', case)
    said = [
        client.post(
            f"/cases/{flag.conversation_key}/words",
            data=form | {"part": part},
            headers={"hx-request": "true"},
        ).text
        for part in parts
        if part.startswith("4-")
    ]
    (opened,) = [answer for answer in said if "いつになったら" in answer]
    assert 'id="cited"' in opened
    assert "役立たず" not in opened


def test_only_a_turn_with_nothing_to_hide_or_to_mark_is_plain():
    """What is plain goes into the page as it is, so a veil, even an opened one, or a mark rules it out."""
    said = ["はい", "殺すぞ", "家は知ってる", "死ね"]
    turns = tuple(Turn(text, Speaker.CUSTOMER) for text in said)
    found = bubbles(
        Conversation("c", Kind.CALL, turns),
        [Marked("f", 2, 0, 2, ())],
        veils={1: [(0, 3)], 3: [(0, 2)]},
        opened=["3-0-2"],
    )
    assert [b.plain for b in found] == ["はい", None, None, None]
    assert [s.text for s in found[1].segments] == [""]
    assert "".join(s.text for b in found for s in b.segments) == "はい家は知ってる死ね"
