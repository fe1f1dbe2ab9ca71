"""Tokens: the fast walk equals fugashi, alone, in batches, in threads and in processes."""

import resource
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from hypothesis import given, settings

from screening.text import fold, tokenize
from screening.text.analyzer import Analyzer
from screening.text.features import lemma_hash
from screening.text.tokens import MAX_PIECE, pieces

from .test_fold import JAPANESE

TEXTS = [
    "お前ぶっころすぞ、カレー。\n  はい",
    "昨日届いた洗濯機なんですが、ふたが閉まらないんです",
    "タヒねや😀ｸｯｿ",
    "",
    " \n ",
    "いてまうど、こら！！！",
    "ABC-123番のお客様番号です",
]


def _words(text):
    return [(t.surface, t.start, t.end, t.lemma) for t in tokenize(fold(text).text)]


def _fast_words(texts):
    batch = Analyzer().analyze(texts)
    return [
        [(t.surface, t.start, t.end, t.lemma) for t in batch.tokens(i)] for i in range(len(texts))
    ]


def test_a_token_holds_what_rules_need():
    """Lemma unifies spelling, orth_base keeps what was written, the reading is katakana."""
    token = tokenize("ぶっころすぞ")[0]
    assert (token.surface, token.lemma, token.orth_base) == ("ぶっころす", "打ち殺す", "ぶっころす")
    assert (token.reading, token.pos, token.form) == ("ブッコロス", "動詞-一般", "終止形-一般")


def test_an_unknown_word_has_no_lemma():
    """What UniDic does not know keeps its surface alone."""
    token = tokenize("タヒねや")[0]
    assert (token.surface, token.lemma, token.reading) == ("タヒ", None, None)


@settings(max_examples=300)
@given(JAPANESE)
def test_the_fast_walk_equals_fugashi(text):
    """Any string: same tokens, same offsets, no exception."""
    batch = _NATIVE.analyze([text, "はい", text])
    expected = tokenize(fold(text).text)
    assert batch.tokens(0) == batch.tokens(2) == expected
    assert [t.surface for t in batch.tokens(1)] == ["はい"]
    assert _FUGASHI.analyze([text]).tokens(0) == expected


@given(JAPANESE)
def test_tokens_cover_all_but_white_space(text):
    """Tokens stand in order; between them there is only white space."""
    folded = fold(text).text
    at = 0
    for token in tokenize(folded):
        assert not folded[at : token.start].strip()
        assert folded[token.start : token.end] == token.surface
        at = token.end
    assert not folded[at:].strip()


def test_threads_and_processes_agree():
    """A tokeniser shared by many threads or run in other processes gives the same tokens."""
    expected = [_words(text) for text in TEXTS]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            assert list(pool.map(_words, TEXTS)) == expected
        assert all(words == expected for words in pool.map(_fast_words, [TEXTS] * 16))
    with ProcessPoolExecutor(2) as pool:
        assert list(pool.map(_fast_words, [TEXTS] * 2)) == [expected] * 2


def test_long_texts_are_cut_at_a_sentence():
    """Pieces join to the whole, none is too long, and cuts follow a line break or 。."""
    text = "本日は晴天なり。" * 1000 + "春夏秋冬" * 1250
    cuts = pieces(text)
    assert [c[0] for c in cuts[1:]] == [c[1] for c in cuts[:-1]]
    assert (cuts[0][0], cuts[-1][1]) == (0, len(text))
    assert all(0 < end - start <= MAX_PIECE for start, end in cuts)
    assert text[cuts[0][1] - 1] == "。"
    assert _NATIVE.analyze([text]).tokens(0) == tokenize(text)


@pytest.mark.timeout(120)
def test_memory_stays_flat():
    """Hundreds of thousands of different utterances leave the process as large as before."""
    analyzer = Analyzer()
    texts = [
        f"受付番号{i}番の{i % 97}件目の商品が{i % 13}日たっても届きません" for i in range(40_000)
    ]

    def round_of_texts():
        for at in range(0, len(texts), 500):
            analyzer.analyze(texts[at : at + 500])
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    first = round_of_texts()
    last = [round_of_texts() for _ in range(5)][-1]
    assert last - first < 8_000, "kB gained over 200,000 utterances"


def test_lemma_hashes_are_stable():
    """A lemma's hash is part of the model: it must never change."""
    assert lemma_hash("打ち殺す") == 3737848338


_NATIVE, _FUGASHI = Analyzer(), Analyzer(native=False)
