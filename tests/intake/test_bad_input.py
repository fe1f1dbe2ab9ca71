"""Whatever is wrong with one input is said with its file and place, and the others are read."""

import json
import random

import pytest

from screening.errors import Reject
from screening.intake import read
from screening.records import Conversation


def _row(number, **more):
    turns = [{"speaker": "customer", "text": "まだですか"}]
    return json.dumps(
        {"id": f"c-{number}", "kind": "call", "turns": turns} | more, ensure_ascii=False
    )


def _split(paths):
    items = list(read(paths))
    return (
        [i for i in items if isinstance(i, Conversation)],
        [i for i in items if isinstance(i, Reject)],
    )


@pytest.mark.parametrize(
    ("line", "place", "field"),
    [
        ('{"id": "x", "kind": "call"', "2", ""),
        (_row(9, turns="はい"), "2", "turns"),
        (_row(9, turns=[{"speaker": "customer"}]), "2", "turns[0].text"),
        (_row(9, turns=[{"speaker": "客さん", "text": "はい"}]), "2", "turns[0].speaker"),
        (_row(9, turns=[{"text": "はい", "start_ms": -5}]), "2", "turns[0].start_ms"),
        (_row(9, turns=[{"text": "はい", "confidence": 1.5}]), "2", "turns[0].confidence"),
        (_row(9, kind="fax"), "2", "kind"),
        (_row(9, id=""), "2", "id"),
        (_row(9, started_at="きのう"), "2", "started_at"),
        ('{"id": "m", "kind": "email", "subject": "件名"}', "2", "body"),
        ("[1, 2", "2", ""),
        ("42", "2", ""),
    ],
)
def test_an_invalid_line_is_rejected_and_the_others_go_on(tmp_path, line, place, field):
    """The reject names file, line and field; the lines around it are read."""
    path = tmp_path / "a.jsonl"
    path.write_text(f"{_row(1)}\n{line}\n{_row(3)}\n", encoding="utf-8")
    conversations, rejects = _split([path])
    assert [c.id for c in conversations] == ["c-1", "c-3"]
    (reject,) = rejects
    assert (reject.file, reject.place.split(":")[0], reject.field) == (str(path), place, field)
    assert reject.reason
    assert "まだですか" not in str(reject)


def test_a_folder_of_mixed_formats(tmp_path):
    """Each file is recognised by itself; what nobody can read is listed, hidden files are passed over."""
    (tmp_path / "a.jsonl").write_text(_row(1) + "\n", encoding="utf-8")
    (tmp_path / "b.vtt").write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nはい\n", encoding="utf-8")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "c.eml").write_bytes(b"From: a@example.jp\nSubject: x\n\nbody\n")
    (tmp_path / "empty.json").write_bytes(b"")
    (tmp_path / "photo.json").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    (tmp_path / "cut.json").write_text('{"Transcript": [{"ParticipantId": "A", "Cont', "utf-8")
    (tmp_path / ".hidden").write_text("x", "utf-8")
    conversations, rejects = _split([tmp_path])
    assert len(conversations) == 3
    assert {r.file.rpartition("/")[2] for r in rejects} == {"empty.json", "photo.json", "cut.json"}


def test_a_single_line_of_two_hundred_megabytes_is_refused_by_size(tmp_path):
    """The reject names the setting that raises the limit; the next line is read."""
    path = tmp_path / "big.jsonl"
    with path.open("wb") as file:
        file.write(b'{"id": "big", "kind": "call", "turns": [{"text": "')
        for _ in range(200):
            file.write(b"x" * 1_000_000)
        file.write(b'"}]}\n' + _row(2).encode() + b"\n")
    conversations, (reject,) = _split([path])
    assert [c.id for c in conversations] == ["c-2"]
    assert (reject.place.split(":")[0], "SCREENING_MAX_DOCUMENT_MIB" in reject.reason) == (
        "1",
        True,
    )


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    """Windows writes one before JSON lines and mails."""
    path = tmp_path / "bom.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + _row(1).encode())
    conversations, rejects = _split([path])
    assert ([c.id for c in conversations], rejects) == (["c-1"], [])


def test_a_wrong_encoding_is_named(tmp_path):
    """JSON in CP932 is not JSON (RFC 8259 §8.1): the remedy is said."""
    path = tmp_path / "sjis.jsonl"
    path.write_bytes(_row(1).encode("cp932"))
    conversations, (reject,) = _split([path])
    assert not conversations
    assert "UTF-8" in reject.reason


def test_lone_surrogates_become_replacement_characters(tmp_path):
    """Half an emoji can be neither stored nor sent; the offsets around it stay."""
    path = tmp_path / "s.jsonl"
    path.write_text(
        '{"id": "c", "kind": "call", "turns": [{"text": "あ\\ud83dい"}]}\n', encoding="utf-8"
    )
    (conversation,), rejects = _split([path])
    assert (conversation.turns[0].text, rejects) == ("あ\ufffdい", [])


def test_an_id_used_twice_in_a_run_is_reported(tmp_path):
    """The first stays; the second is no silent overwrite, whatever it holds."""
    path = tmp_path / "twice.jsonl"
    other = _row(1, turns=[{"speaker": "customer", "text": "別の話"}])
    path.write_text(f"{_row(1)}\n{_row(1)}\n{other}\n{_row(2)}\n", encoding="utf-8")
    conversations, rejects = _split([path])
    assert [c.id for c in conversations] == ["c-1", "c-2"]
    assert [r.place.split(":")[0] for r in rejects] == ["2", "3"]


def test_times_that_go_backwards_or_lack_keep_the_words(tmp_path):
    """An end before its start is dropped, a turn without times is kept."""
    turns = [
        {"text": "一", "start_ms": 900, "end_ms": 100},
        {"text": "二", "start_ms": 0, "end_ms": 50},
        {"text": "三"},
    ]
    path = tmp_path / "t.jsonl"
    path.write_text(_row(1, turns=turns), encoding="utf-8")
    (conversation,), rejects = _split([path])
    assert rejects == []
    assert [(t.start_ms, t.end_ms) for t in conversation.turns] == [(900, None), (0, 50), (None, None)]  # fmt: skip


def test_fifty_thousand_turns(tmp_path):
    """A very long chat is one conversation."""
    path = tmp_path / "long.jsonl"
    turns = [{"speaker": "agent", "text": str(n)} for n in range(50_000)]
    path.write_text(_row(1, turns=turns), encoding="utf-8")
    (conversation,), _ = _split([path])
    assert len(conversation.turns) == 50_000


def test_a_truncated_compressed_file_says_so(tmp_path):
    """A cut-off download is no short archive."""
    import gzip

    path = tmp_path / "a.jsonl.gz"
    rng = random.Random(7)
    lines = "\n".join(_row(n, note=rng.random()) for n in range(3000))
    path.write_bytes(gzip.compress(lines.encode())[:-900])
    conversations, rejects = _split([path])
    assert conversations
    assert "圧縮" in rejects[-1].reason


def test_a_missing_path_is_a_reject(tmp_path):
    conversations, (reject,) = _split([tmp_path / "nowhere"])
    assert (conversations, reject.file) == ([], str(tmp_path / "nowhere"))
