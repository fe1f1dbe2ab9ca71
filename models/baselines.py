"""What the product is compared with: a list of abusive words, and the textbook classifier."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from corpora.reader import CATEGORIES, Document

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

Predict = Callable[[Sequence[Document]], list[frozenset[str]]]


def keywords(documents: Sequence[Document]) -> list[frozenset[str]]:
    """Flags a document where a customer's turn holds a listed word."""
    return [
        frozenset(
            name
            for name, words in KEYWORDS.items()
            if any(word in turn.text for turn in document.customer_turns for word in words)
        )
        for document in documents
    ]


def char_tfidf(training: Sequence[Document]) -> Predict:
    """Character 1- to 4-gram TF-IDF and one-versus-rest logistic regression, turn by turn."""
    turns = [t for d in training for t in d.customer_turns]
    labels = np.array([[name in t.labels for name in CATEGORIES] for t in turns])
    usable = np.flatnonzero(labels.any(axis=0)) if len(turns) else np.array([], int)
    if not len(usable):
        return lambda documents: [frozenset() for _ in documents]
    model = make_pipeline(
        TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, sublinear_tf=True),
        OneVsRestClassifier(LogisticRegression(C=10, class_weight="balanced", solver="liblinear")),
    )
    model.fit([t.text for t in turns], labels[:, usable])

    def predict(documents: Sequence[Document]) -> list[frozenset[str]]:
        answers = []
        for document in documents:
            texts = [t.text for t in document.customer_turns]
            hits = (
                np.atleast_2d(model.predict(texts)).any(axis=0) if texts else np.zeros(len(usable))
            )
            answers.append(frozenset(CATEGORIES[usable[i]] for i in np.flatnonzero(hits)))
        return answers

    return predict
