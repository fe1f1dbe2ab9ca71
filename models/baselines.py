"""What the product is compared with: a list of abusive words, and the textbook classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from corpora.reader import CATEGORIES, Document
from screening.records import Conversation, Flag, Speaker

from .ablation import flag
from .evaluate import Answer

#: The kind of list that call-recording products ship with: words, whatever stands around them.
KEYWORDS = {
    "verbal_abuse": [
        "馬鹿",
        "バカ",
        "ばか",
        "アホ",
        "あほ",
        "死ね",
        "しね",
        "クソ",
        "くそ",
        "無能",
        "役立たず",
        "黙れ",
        "ふざけるな",
        "ふざけんな",
        "うるさい",
        "ボケ",
        "カス",
        "クズ",
        "給料泥棒",
        "頭おかしい",
    ],
    "threat": [
        "殺す",
        "殺し",
        "訴える",
        "火をつけ",
        "ぶっ殺",
        "潰す",
        "家族",
        "夜道",
        "覚えてろ",
        "ただじゃ",
    ],
    "dogeza_demand": ["土下座"],
    "sexual_harassment": ["下着", "エロ", "胸", "スリーサイズ", "彼氏", "デート", "セックス"],
    "online_exposure": ["晒す", "拡散", "SNS", "ネットに", "口コミ", "炎上"],
    "unauthorised_recording": ["録音", "撮影", "動画"],
    "compensation_demand": ["返金", "慰謝料", "弁償", "誠意", "金返せ"],
    "apology_demand": ["謝れ", "謝罪", "詫び"],
    "personal_targeting": ["名前を言え", "クビ", "辞めろ"],
    "self_harm_risk": ["死にたい", "自殺"],
}


def keywords(contacts: Sequence[tuple[Conversation, Any]]) -> list[Sequence[Flag]]:
    """Flags every listed word in a customer's turn."""
    return [
        [
            flag(name, at, place, place + len(word), text, 1.0, "keyword")
            for at, text in _said(conversation)
            for name, words in KEYWORDS.items()
            for word in words
            if (place := text.find(word)) >= 0
        ]
        for conversation, _ in contacts
    ]


def char_tfidf(training: Sequence[Document]) -> Answer:
    """Character 1- to 4-gram TF-IDF and one-versus-rest logistic regression, turn by turn."""
    turns = [t for d in training for t in d.customer_turns]
    labels = np.array([[name in t.labels for name in CATEGORIES] for t in turns])
    usable = np.flatnonzero(labels.any(axis=0)) if len(turns) else np.array([], int)
    if not len(usable):
        return lambda contacts: [() for _ in contacts]
    model = make_pipeline(
        TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True),
        OneVsRestClassifier(LogisticRegression(C=10, class_weight="balanced", solver="liblinear")),
    )
    model.fit([t.text for t in turns], labels[:, usable])

    def answer(contacts: Sequence[tuple[Conversation, Any]]) -> list[Sequence[Flag]]:
        texts = [(i, at, text) for i, (c, _) in enumerate(contacts) for at, text in _said(c)]
        found: list[list[Flag]] = [[] for _ in contacts]
        chances = model.predict_proba([text for _, _, text in texts])
        for row, head in np.argwhere(chances >= 0.5).tolist():
            i, at, text = texts[row]
            score = float(chances[row, head])
            found[i].append(flag(CATEGORIES[usable[head]], at, 0, len(text), text, score, "tfidf"))
        return list(found)

    return answer


def _said(conversation: Conversation) -> list[tuple[int, str]]:
    return [
        (at, turn.text)
        for at, turn in enumerate(conversation.turns)
        if turn.text and turn.speaker is not Speaker.AGENT and turn.speaker is not Speaker.SYSTEM
    ]
