"""Repeated demands within one conversation, and what only looks like repetition."""

import pytest

from screening import repetition
from screening.records import Conversation, Kind, Speaker, Turn
from screening.text.analyzer import Analyzer

C, A = Speaker.CUSTOMER, Speaker.AGENT


def _find(*turns):
    """Each turn is ``(speaker, text)`` or a ``Turn``."""
    made = tuple(t if isinstance(t, Turn) else Turn(t[1], t[0]) for t in turns)
    conversation = Conversation("c", Kind.CALL, made)
    texts, places = [], []
    for turn in made:
        places.append(len(texts) if turn.speaker is C else None)
        if turn.speaker is C:
            texts.append(turn.text)
    batch = Analyzer({"content": repetition.content_hash}).analyze(texts)
    return repetition.find(conversation, batch, places)


def test_a_demand_said_in_other_words_is_found():
    """The same content words make the same demand, whatever stands around them."""
    found = _find(
        (C, "洗濯機の修理代を全額返金してください"),
        (A, "修理代のご返金はいたしかねます"),
        (C, "だから修理代の返金をしろって言ってるの、全額"),
        (A, "先ほど申し上げたとおりでございます"),
        (C, "納得できません、修理代は全額返金でしょう"),
    )
    assert [f.turns for f in found] == [(0, 2, 4)]


def test_different_questions_are_not_a_repetition():
    """Asking one thing after another is a conversation."""
    assert not _find(
        (C, "洗濯機の修理代はいくらですか"),
        (A, "一万円でございます"),
        (C, "配送の日程はいつになりますか"),
        (A, "来週でございます"),
        (C, "保証書の名義を変更したいのですが"),
    )


def test_answers_that_say_little_are_no_demand():
    """はい and そうですか may come as often as they like."""
    assert not _find(*[(C, "はい、そうです"), (A, "承知しました")] * 9)


def test_a_recogniser_loop_counts_once():
    """The same sentence again and again with nobody between is the machine's doing."""
    assert not _find(*[(C, "洗濯機の修理代を全額返金してください")] * 9)


@pytest.mark.parametrize(
    "doubtful",
    [
        Turn("洗濯機の修理代を全額返金してください", C, confidence=0.2),
        Turn("洗濯機の修理代を全額返金してください", C, compression_ratio=3.1),
        Turn("最後までご視聴ありがとうございました洗濯機の修理代", C),
    ],
)
def test_words_the_recogniser_may_have_made_up_do_not_count(doubtful):
    """Poor confidence, a text that compresses too well and closing formulas are left out."""
    assert not _find(doubtful, (A, "はい"), doubtful, (A, "はい"), doubtful)


def test_ninth_identical_question():
    """Nine times the same question, answered each time, is one repetition of nine."""
    turns = [
        (C, "解約の違約金がかかる理由を説明してください"),
        (A, "契約書の第三条のとおりです"),
    ] * 9
    (found,) = _find(*turns)
    assert found.count == 9
