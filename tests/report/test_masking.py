"""What masking takes out, and what it leaves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.report import mask

from .masking_table import UNSEEN, measure, rows

GONE = [
    ("佐藤です", "佐藤"),
    ("私、波多江 一郎と申します", "波多江"),
    ("ミナヅキと申します", "ミナヅキ"),
    ("受付の田中さんが言ったんだ", "田中"),
    ("くらげさんに聞いて", "くらげ"),
    ("東京都世田谷区北沢2丁目3番4号に住んでる", "北沢2丁目3番4号"),
    ("住所は〒156-0043です", "156-0043"),
    ("電話は090-1234-5678です", "1234-5678"),
    ("０３−１２３４−５６７８にかけろ", "５６７８"),
    ("〇九〇の一二三四の五六七八です", "一二三四"),
    ("09012345678に電話して", "09012345678"),
    ("口座は普通1234567です", "1234567"),
    ("カードは4111-1111-1111-1111", "1111"),
    ("会員番号は12345678", "12345678"),
    ("geko@example.jpに送れ", "geko@example.jp"),
]
LEFT = [
    "3月5日の14時に12000円払いました",
    "今度来たら包丁で刺してやるからな",
    "お客様はお母さんと看護師さんにお話しになりました",
    "1,980円を返してください",
    "通話は72分続きました",
]


@pytest.mark.parametrize(("text", "gone"), GONE)
def test_what_tells_who_somebody_is_goes(text, gone):
    """The part is not in the masked text, and a word for what it was stands there."""
    masked = mask(text).text
    assert gone not in masked
    assert "［" in masked


@pytest.mark.parametrize("text", LEFT)
def test_what_happened_stays(text):
    """Dates, amounts, durations, common nouns and the abuse itself are the evidence."""
    assert mask(text).text == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("生年月日は昭和30年1月2日です", "生年月日は［生年月日］です"),
        ("生年月日: 1955-01-02", "生年月日: ［生年月日］"),
        ("郵便番号は1560043です", "郵便番号は［住所・地名］です"),
        ("内線: 2210です", "内線: ［電話番号］です"),
    ],
)
def test_the_words_before_a_number_stay(text, left):
    """Its label and the particle after it say what stood there, and nobody's data."""
    assert mask(text).text == left


@given(st.text(alphabet="佐藤さん東京都090-1234〇一二、。（）abc@.jp ァｶﾞ㍿①\n🙂", max_size=60))
def test_any_text_has_an_answer_and_offsets_stay_inside(text):
    """Masking is total; every range of the original has a range in the masked text."""
    masked = mask(text)
    assert masked.span(0, len(text)) == (0, len(masked.text))
    for start in range(len(text)):
        a, b = masked.span(start, start + 1)
        assert 0 <= a <= b <= len(masked.text)


def test_a_range_beside_a_masked_part_keeps_its_words():
    """Offsets after a mask move with it."""
    text = "佐藤、お前を殴るぞ"
    masked = mask(text)
    start, end = masked.span(text.index("殴"), len(text))
    assert masked.text[start:end] == "殴るぞ"


def test_the_table_is_masked_as_well_as_it_was():
    """Of 121 marked parts 98 % go, and no more than one unmarked one does; what is missed is listed.

    The sentences are our own and the rules were tuned on them: live data will fare worse.
    """
    found = measure()
    assert found.rows == len(rows()) > 150
    assert found.recall >= 0.98, found.missed
    assert len(found.false) <= 1, found.false


def test_sentences_the_rules_never_saw_are_masked_as_well_as_is_said():
    """Of 31 marked parts nine in ten go; this is the figure that the documents give first."""
    found = measure(table=UNSEEN)
    assert found.recall >= 0.90, found.missed
    assert len(found.false) <= 1, found.false
