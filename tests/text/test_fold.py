"""Folding and its way back."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.text import fold
from screening.text.analyzer import Analyzer

JAPANESE = st.text(
    st.one_of(
        st.sampled_from(
            "あいうえおっッーァｧｱｯﾞﾟ゛゙゚wWバカ死ね殺!！?？。、…　 \n\u200b\u200d\ufeff①㈱㍿㌔Å😀👨\u0301\x00\ud800\udfff"
        ),
        st.characters(min_codepoint=0x3000, max_codepoint=0x30FF),
        st.characters(min_codepoint=0xFF00, max_codepoint=0xFFEF),
        st.characters(),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("original", "folded"),
    [
        ("ﾊﾞｶ㍿①", "バカ株式会社1"),
        ("クッッッソ", "クッソ"),
        ("ふざけんなーーー！！！", "ふざけんなー!"),
        ("死\u200bね", "死ね"),
        ("死ねええええ", "死ねえ"),
        ("ＡＢＣ　１２３", "ABC 123"),
        ("ああ、ええ、そうです", "ああ、ええ、そうです"),
        ("か\u3099き", "がき"),
        ("お願いします", "お願いします"),
        ("\ud800\x07あ", "\ufffd あ"),
        ("", ""),
    ],
)
def test_spellings_fold_to_one(original, folded):
    """Width, elongation and zero-width characters leave one spelling; the rest stays."""
    assert fold(original).text == folded


@pytest.mark.parametrize(
    ("original", "found", "there"),
    [
        ("ﾊﾞｶ㍿です", "株式会社", "㍿"),
        ("㍿ﾊﾞｶです", "バカ", "ﾊﾞｶ"),
        ("もうクッッッソ腹立つ", "クッソ", "クッッッソ"),
        ("死\u200bねよ", "死ね", "死\u200bね"),
        ("ええ、死ねえええええよ", "死ねえ", "死ねえええええ"),
    ],
)
def test_evidence_is_shown_in_the_original(original, found, there):
    """A range of the folded text maps to the words as they were written."""
    folded = fold(original)
    at = folded.text.index(found)
    start, end = folded.span(at, at + len(found))
    assert original[start:end] == there


@given(JAPANESE)
def test_offsets_always_map_back(text):
    """Every folded character stems from a non-empty range of the original, in order."""
    folded = fold(text)
    folded.text.encode("utf-8")
    last = 0
    for at in range(len(folded.text)):
        start, end = folded.span(at, at + 1)
        assert 0 <= start < end <= len(text)
        assert start >= last or folded.span(at - 1, at) == (start, end)
        last = start


@given(JAPANESE)
def test_the_fast_path_folds_alike(text):
    """The compiled folding and the plain one give the same text and offsets."""
    assert _ANALYZER.analyze([text]).fold(0) == fold(text)


@given(st.text(st.characters(min_codepoint=0x3041, max_codepoint=0x9FFF), max_size=40))
def test_nothing_of_a_plain_text_is_lost(text):
    """Without runs, folding is NFKC of each unit, so no word goes missing."""
    if len(set(text)) == len(text) and not any(unicodedata.combining(c) for c in text):
        assert fold(text).text == unicodedata.normalize("NFKC", text)


_ANALYZER = Analyzer()
