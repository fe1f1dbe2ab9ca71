"""Transcripts of each product's format, written here after its published schema."""

import json

import pytest

from screening.errors import Reject
from screening.intake import read
from screening.records import Kind, Speaker

C, A, U = Speaker.CUSTOMER, Speaker.AGENT, Speaker.UNKNOWN


def _only(path, **options):
    (conversation,) = list(read([path], **options))
    assert not isinstance(conversation, Reject), str(conversation)
    return conversation


def _said(conversation):
    return [(t.speaker, t.text) for t in conversation.turns]


def _times(conversation):
    return [(t.start_ms, t.end_ms) for t in conversation.turns]


@pytest.fixture
def write(tmp_path):
    def put(content, name="input.json"):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        return path

    return put


CONTACT_LENS = {
    "Version": "1.1.0",
    "Channel": "VOICE",
    "CustomerMetadata": {"ContactId": "0d1e-contact"},
    "Participants": [
        {"ParticipantId": "7f0c1a9e-0000", "ParticipantRole": "CUSTOMER"},
        {"ParticipantId": "b8d2aa11-0000", "ParticipantRole": "AGENT"},
    ],
    "Transcript": [
        {
            "ParticipantId": "b8d2aa11-0000",
            "Content": "お電話ありがとうございます。",
            "BeginOffsetMillis": 0,
            "EndOffsetMillis": 1800,
            "Id": "t-1",
            "LoudnessScore": [70.1],
        },
        {
            "ParticipantId": "7f0c1a9e-0000",
            "Content": "修理はまだですか。",
            "BeginOffsetMillis": 2000,
            "EndOffsetMillis": 3500,
            "Id": "t-2",
            "LoudnessScore": [77.0],
        },
    ],
}


def test_contact_lens_joins_participants_for_the_role(write):
    """Participants may be UUIDs; the role stands beside them in another list."""
    conversation = _only(write(CONTACT_LENS))
    assert (conversation.id, conversation.kind) == ("0d1e-contact", Kind.CALL)
    assert _said(conversation) == [(A, "お電話ありがとうございます。"), (C, "修理はまだですか。")]
    assert _times(conversation) == [(0, 1800), (2000, 3500)]


def test_call_analytics_reads_numbers_that_are_strings(write):
    """Offsets and confidences come as strings; the turn's confidence is the mean of its words'."""
    document = {
        "JobName": "job-7",
        "Transcript": [
            {
                "ParticipantRole": "CUSTOMER",
                "Content": "返金 して ください",
                "BeginOffsetMillis": "500",
                "EndOffsetMillis": "900",
                "LoudnessScores": [80.0],
                "Items": [
                    {"Type": "pronunciation", "Confidence": "0.9", "Content": "返金"},
                    {"Type": "pronunciation", "Confidence": "0.7", "Content": "して"},
                    {"Type": "punctuation", "Confidence": "0.0", "Content": "。"},
                ],
            }
        ],
    }
    conversation = _only(write(document))
    assert _said(conversation) == [(C, "返金してください")]
    assert _times(conversation) == [(500, 900)]
    assert conversation.turns[0].confidence == pytest.approx(0.8)


def test_genesys_times_become_relative_to_the_conversation(write):
    """Genesys counts milliseconds since 1970, calls the customer external, and writes a transcript a leg."""
    begin = 1_761_955_200_000
    phrase = {"text": "もしもし", "startTimeMs": begin + 250, "duration": {"milliseconds": 600}}
    document = {
        "conversationId": "g-1",
        "conversationStartTime": begin,
        "mediaType": "call",
        "transcripts": [
            {"phrases": [phrase | {"participantPurpose": "external"}]},
            {"phrases": [phrase | {"text": "はい、窓口です", "participantPurpose": "internal", "startTimeMs": begin}]},
        ],
    }  # fmt: skip
    conversation = _only(write(document))
    assert conversation.id == "g-1"
    assert _said(conversation) == [(A, "はい、窓口です"), (C, "もしもし")]
    assert _times(conversation) == [(0, 600), (250, 850)]
    assert conversation.occurred_at.startswith("2025-11-01T")


def test_whisper_keeps_what_tells_a_loop(write):
    """verbose_json names no speakers; its compression ratio travels with the turn."""
    document = {
        "task": "transcribe",
        "language": "japanese",
        "duration": 4.0,
        "text": "まだですか。まだですか。",
        "segments": [
            {
                "id": 0,
                "start": 0.0,
                "end": 2.0,
                "text": "まだですか。",
                "avg_logprob": -0.1,
                "compression_ratio": 3.1,
                "no_speech_prob": 0.01,
            },
            {"id": 1, "start": 2.0, "end": 4.0, "text": "まだですか。", "compression_ratio": 0.9},
        ],
    }
    conversation = _only(write(document))
    assert _said(conversation) == [(U, "まだですか。"), (U, "まだですか。")]
    assert _times(conversation) == [(0, 2000), (2000, 4000)]
    assert conversation.turns[0].compression_ratio == 3.1


def test_diarised_whisper_takes_roles_from_the_role_map(write):
    """A voice called A is nobody until the role map says who."""
    document = {
        "task": "transcribe",
        "text": "…",
        "segments": [
            {"type": "transcript.text.segment", "start": 0.0, "end": 1.0, "text": "はい", "speaker": "agent"},
            {"type": "transcript.text.segment", "start": 1.0, "end": 2.0, "text": "遅い", "speaker": "A"},
        ],
    }  # fmt: skip
    path = write(document)
    assert _said(_only(path)) == [(A, "はい"), (U, "遅い")]
    assert _said(_only(path, role_map={"A": C})) == [(A, "はい"), (C, "遅い")]


VTT = """WEBVTT

00:00:01.000 --> 00:00:03.000
<v 受付 花>おはようございます。</v>

00:00:05.000 --> 00:00:10.000
<v 客>いつ直るの &amp; いくら
<v 受付 花>確認いたします
"""


def test_webvtt_splits_a_cue_of_two_voices(write):
    """A cue may hold two voices; entities are read; a name has a role only by the role map."""
    path = write(VTT, "call.vtt")
    assert [s for s, _ in _said(_only(path))] == [U, C, U]
    told = _only(path, role_map={"受付花": A})
    assert _said(told) == [
        (A, "おはようございます。"),
        (C, "いつ直るの & いくら"),
        (A, "確認いたします"),
    ]
    assert _times(told)[1:] == [(5000, 10000), (5000, 10000)]


def test_the_content_decides_the_format_not_the_name(write):
    """A transcript in a file called otherwise is still that transcript."""
    assert _said(_only(write(VTT, "call.json")))[0][1] == "おはようございます。"
    assert _only(write(CONTACT_LENS, "export.txt")).id == "0d1e-contact"


def test_format_overrides_what_the_content_says(write):
    """--format reads the input as named, and says so where that fails."""
    (reject,) = list(read([write(VTT, "a.vtt")], format="contact_lens"))
    assert isinstance(reject, Reject)
    with pytest.raises(ValueError, match="形式"):
        list(read([write(VTT, "a.vtt")], format="no-such-format"))


def test_native_lines_keep_their_fields(write):
    """The neutral contract is read as it is written, and written as it is read."""
    row = {
        "id": "c-1",
        "kind": "call",
        "customer_id": "k-9",
        "started_at": "2026-11-01T09:00:00+09:00",
        "channel": "phone",
        "turns": [
            {
                "speaker": "customer",
                "text": "はい",
                "start_ms": 0,
                "end_ms": 900,
                "confidence": 0.93,
            }
        ],
    }
    mail = {
        "id": "m-1",
        "kind": "email",
        "sent_at": "2026-11-02T10:00:00+09:00",
        "from": "客 <k@example.jp>",
        "subject": "件名",
        "body": "本文\n> 引用です\n",
    }
    lines = "\n".join(json.dumps(r, ensure_ascii=False) for r in (row, mail))
    read_back = list(read([write(lines, "a.jsonl")]))
    assert [c.to_json() for c in read_back] == [row, mail]
    assert read_back[1].turns[1].not_own == ((3, 9),)


def _eml(headers, body):
    return "\r\n".join([*headers, "", ""]).encode("ascii") + body


BASE = ("From: Kyaku <kyaku@example.jp>", "Date: Mon, 02 Nov 2026 10:00:00 +0900", "Message-ID: <x1@example.jp>")  # fmt: skip
BODY = "①の件、㈱山田です。返金してください。\n"


@pytest.mark.parametrize(
    ("charset", "codec", "encoding"),
    [
        ("UTF-8", "utf-8", "8bit"),
        ("Shift_JIS", "cp932", "8bit"),
        ("windows-31j", "cp932", "8bit"),
        ("EUC-JP", "euc_jp", "8bit"),
    ],
)
def test_mail_charsets(write, charset, codec, encoding):
    """What mailers call Shift_JIS is CP932, with its circled numbers."""
    body = BODY if codec != "euc_jp" else BODY.replace("①", "1").replace("㈱", "(株)")
    raw = _eml(
        [*BASE, f"Content-Type: text/plain; charset={charset}", f"Content-Transfer-Encoding: {encoding}"],
        body.encode(codec),
    )  # fmt: skip
    conversation = _only(write(raw, "a.eml"))
    assert conversation.turns[1].text.strip() == body.strip()
    assert conversation.id == "x1@example.jp"
    assert conversation.customer_id == "kyaku@example.jp"


def test_iso_2022_jp_with_signs_that_the_standard_lacks(write):
    """①, ㈱ and half-width kana come in ISO-2022-JP mail although its tables lack them."""
    raw = _eml(
        [*BASE, "Subject: =?ISO-2022-JP?B?GyRCSlY2YhsoQg==?=", "Content-Type: text/plain; charset=ISO-2022-JP"],
        "①ｶｰﾄﾞの件".encode("iso2022_jp_ext", "ignore") and b"\x1b$B-!\x1b(I6]D^\x1b$B$N7o\x1b(B",
    )  # fmt: skip
    conversation = _only(write(raw, "a.eml"))
    assert conversation.turns[0].text == "返金"
    assert conversation.turns[1].text.startswith("①")
    assert conversation.turns[1].text.endswith("の件")
    assert "\x1b" not in conversation.turns[1].text


def test_html_mail_is_read_as_its_words(write):
    """Tags, styles and scripts are no words; quoted HTML stays visible and is not the sender's."""
    html = (
        "<html><head><style>p{color:red}</style></head><body><p>修理は<b>まだ</b>ですか。</p>"
        "<blockquote type=cite><p>役立たずと言われました</p></blockquote></body></html>"
    )
    raw = _eml([*BASE, "Content-Type: text/html; charset=utf-8"], html.encode())
    body = _only(write(raw, "a.eml")).turns[1]
    assert "修理はまだですか。" in body.text
    assert "color" not in body.text
    (span,) = body.not_own
    assert "役立たず" in body.text[span[0] : span[1]]


def test_a_mail_without_charset_is_guessed(write):
    """Old mailers send CP932 and say nothing."""
    raw = _eml(BASE, "先月の請求が二重になっています。至急確認してください。".encode("cp932"))
    assert "二重" in _only(write(raw, "a.eml")).turns[1].text


def test_a_mail_without_a_body_is_a_mail(write):
    """An empty mail is screened by its subject."""
    raw = _eml([*BASE, "Subject: =?UTF-8?B?6L+U6YeR?="], b"")
    conversation = _only(write(raw, "a.eml"))
    assert [t.text for t in conversation.turns] == ["返金", ""]


def test_twenty_levels_of_mime(write):
    """The words at the bottom of a deep nest are read."""
    inner = "Content-Type: text/plain; charset=utf-8\r\n\r\n底の本文です\r\n"
    for level in range(20):
        mark = f"b{level}"
        inner = f'Content-Type: multipart/mixed; boundary="{mark}"\r\n\r\n--{mark}\r\n{inner}\r\n--{mark}--\r\n'
    raw = ("\r\n".join(BASE) + "\r\nMIME-Version: 1.0\r\n" + inner).encode()
    assert "底の本文です" in _only(write(raw, "a.eml")).turns[1].text
